"""A small consortium on paper and its log, of which the vectors of bundles are made.

No chain and no clock: outcomes are written as the contracts would give them, from fixed keys, salts and times.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from ledger import merkle
from ledger.bonuses.award import Award
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.award_cutoff import Cutoff
from ledger.bundle.figures import award_for
from ledger.bundle.format import TRUST, Bundle, BundledRecord
from ledger.bundle.last_leaf import LastLeaf
from ledger.bundle.times import AnchoredIn, TimedCheckpoint, Times, decisive, times_digest
from ledger.codes import ContractKind, RegistryAction, Role
from ledger.codes import Outcome as Code
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import KeyAddress, PartnerId, RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.log.leaf import Leaf
from ledger.log.multi_proof import subset_path
from ledger.records.eip712 import Withheld, part_hash
from ledger.records.evidence import Basis, CheckpointTime, Evidence
from ledger.records.signing import SignedRecord, recover
from ledger.records.types import (
    Attestation,
    BonusAgreement,
    Commercial,
    Details,
    Endorsement,
    Handoff,
    HandoffItem,
    Load,
    Observation,
    Outcome,
    Place,
    Recall,
    Record,
    RegistryChange,
    Revocation,
    Share,
    ShipmentTerms,
)
from ledger.records.verification import VerifiedRecord, as_known_at, verify_record
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory
from ledger.registry.partner_book import BookEntry, signed_book
from ledger.scores.card import parse_card
from ledger.shipments.default_terms import LOST_AFTER, REPORT_LAG, TENDER_WINDOW
from ledger.shipments.outcome_facts import facts_of
from scripts.vectors.keys import CONSORTIUM, COUNCIL, DOMAIN, LOG, address, digest, key, salt

START = 1_767_225_600
PERIOD = START + HOUR
MAKER, CARRIER, SHOP, JUDGE = 1, 2, 3, 4
DEFAULT = (resources.files("ledger.scores") / "cards" / "default.toml").read_bytes()
CARD = DEFAULT.replace(b'"Lading default scorecard"', b'"Card of the vectors"')
RULE = f"""format = "lading/bonus-rule/1"
title = "Bonus of the vectors"
card = "{to_hex(parse_card(CARD).hash)}"
grace = 3_600

[carrier.benchmark]
indicator = "shipments"
threshold = 1
samples = 0

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 10_000
samples = 1
""".encode()
NO_HASH = bytes(32)
REGISTRY = digest("registry")[:20]
CUSTODY = digest("custody ledger")[:20]
ATTESTATIONS = digest("attestation registry")[:20]
LOG_ONLY = (Endorsement, Observation)


class PaperLog:
    """A log with the outcomes that the chain would have given; records are a minute apart, each in its own block."""

    def __init__(self) -> None:
        self.genesis = Genesis(CONSORTIUM, 2, 0, tuple(KeyAddress(address(name)) for name in COUNCIL))
        self.history = RegistryHistory(self.genesis)
        self.entries: list[tuple[SignedRecord, RecordId, int]] = []
        self.anchors: dict[int, AnchoredIn] = {}
        self._passed = 0

    def pass_time(self, seconds: int) -> None:
        self._passed += seconds

    def add(self, record: Record, *names: str) -> RecordId:
        """Log a record signed by the keys called `names`, and its outcome where it has a chain track."""
        record_id = DOMAIN.record_id(record)
        signatures = tuple(key(name).sign_digest(record_id) for name in names)
        self._log(SignedRecord(record, signatures), record_id)
        if isinstance(record, LOG_ONLY):
            return record_id
        number = len(self.entries)
        target = REGISTRY if isinstance(record, RegistryChange) else DOMAIN.bonus_pool if record.MONEY else CUSTODY
        if isinstance(record, Attestation | Revocation | Recall):
            target = ATTESTATIONS
        codes = bytes([Code.APPLIED] * (len(record.items) if isinstance(record, Handoff) else 1))
        outcome = Outcome(record_id, target, number, self.now() - 30, digest(f"transaction/{number}"), 0, codes)
        index = self._log(SignedRecord(outcome, ()), DOMAIN.record_id(outcome))
        if isinstance(record, RegistryChange):
            keys = [recover(record_id, signature) for signature in signatures]
            self.history.apply(record, keys, RecordedAt(number, outcome.blockTime, 0, index))
        return record_id

    def _log(self, signed: SignedRecord, record_id: RecordId) -> int:
        self.entries.append((signed, record_id, self.now()))
        return len(self.entries) - 1

    def now(self) -> int:
        return START + self._passed + 60 * len(self.entries)

    def anchor(self) -> int:
        """The chain takes the checkpoint of what is logged: its size. No witness is asked."""
        size = len(self.entries)
        self.anchors[size] = AnchoredIn(size, self.now(), digest(f"anchor/{size}"))
        return size

    @property
    def evidence(self) -> Evidence:
        """Blocks count on this chain."""
        times = (CheckpointTime(size, anchor.block_time, Basis.CHAIN) for size, anchor in self.anchors.items())
        return Evidence.of_chain(DOMAIN.chain_id, times)

    def with_closed_prices(self, shipment: RecordId) -> "PaperLog":
        """The same log as whoever does not have the commercial part of `shipment` knows it."""
        result = copy(self)
        result.entries = list(self.entries)
        for at, (signed, record_id, time) in enumerate(self.entries):
            terms = signed.record
            if record_id == shipment and isinstance(terms, ShipmentTerms):
                closed = replace(terms, commercial=Withheld(part_hash(terms.commercial)))
                result.entries[at] = (SignedRecord(closed, signed.signatures), record_id, time)
        return result

    def trust(self) -> bytes:
        identity = LOG.identity
        return canonical_json(
            {
                "lading": TRUST,
                "consortiumId": to_hex(CONSORTIUM),
                "genesis": {
                    "council": [to_hex(member) for member in self.genesis.council],
                    "threshold": self.genesis.threshold,
                    "delay": self.genesis.delay,
                },
                "chainId": DOMAIN.chain_id,
                "registry": to_hex(REGISTRY),
                "logs": [{"origin": identity.origin, "key": to_hex(identity.public_key)}],
            }
        )

    def trust_with_partners(self) -> bytes:
        """The same with a partner book, as of all records."""
        view = self.history.now(self.now())
        entries = [
            BookEntry(partner, f"Partner {partner}", "", {key: a.scopes for key, a in view.keys_of(partner)})
            for partner, _ in view.partners()
        ]
        book = signed_book(LOG, len(self.entries), view.council().members, entries)
        return canonical_json(parse_json(self.trust()) | {"partners": book.to_json()})

    def leaf_hashes(self) -> list[bytes]:
        return [
            merkle.leaf_hash(Leaf.of(s.record.NUMBER, i, s.signature_bytes(), time).encode())
            for s, i, time in self.entries
        ]

    def bundle(
        self,
        subject: str,
        left_out: Sequence[int],
        figures: Callable[[Sequence[VerifiedRecord]], dict[str, Any]],
        rules: Sequence[str],
        cutoff: Sequence[int] = (),
    ) -> bytes:
        """The bundle of all entries but those at `left_out`. `cutoff`: of an award its size and the one before."""
        hashes = self.leaf_hashes()
        kept = [index for index in range(len(self.entries)) if index not in left_out]
        records = tuple(
            BundledRecord(self.entries[i][0], i, self.entries[i][2], hashes[i]) for i in kept
        )  # fmt: skip
        size, root = len(hashes), merkle.root(hashes)
        known = self.verified(kept)
        timed = tuple(self._timed(anchored, hashes) for anchored in sorted(decisive(known).union(cutoff)))
        leaves = [self._last_leaf(anchored, hashes) for anchored in cutoff]
        return Bundle(
            subject=subject,
            origin=LOG.identity.origin,
            checkpoint=LOG.checkpoint(size, root).decode(),
            proof=tuple(subset_path(kept, size, lambda start, stop: merkle.root(hashes[start:stop]))),
            records=records,
            complete=LOG.complete(subject, size, [self.entries[i][1] for i in kept]),
            rules=tuple(sorted(rules)),
            times=Times(None, timed, LOG.times(subject, size, times_digest(None, timed))),
            figures=figures(known),
            cutoff=Cutoff(leaves[0], leaves[1]) if leaves else None,
            last=self._last_leaf(size, hashes) if subject.startswith(("shipment/", "partner/")) else None,
        ).to_bytes()

    def _timed(self, size: int, hashes: Sequence[bytes]) -> TimedCheckpoint:
        note = LOG.checkpoint(size, merkle.root(hashes[:size])).decode()
        return TimedCheckpoint(note, tuple(merkle.consistency_proof(hashes, size)), self.anchors[size])

    def _last_leaf(self, size: int, hashes: Sequence[bytes]) -> LastLeaf:
        signed, record_id, time = self.entries[size - 1]
        leaf = Leaf.of(signed.record.NUMBER, record_id, signed.signature_bytes(), time)
        return LastLeaf(leaf.encode(), tuple(merkle.inclusion_proof(hashes[:size], size - 1)))

    def verified(self, kept: Sequence[int]) -> list[VerifiedRecord]:
        """The entries at `kept` but for outcomes, as whoever has just these verifies them."""
        events: dict[bytes, list[tuple[int, Outcome]]] = {}
        for i in kept:
            body = self.entries[i][0].record
            if isinstance(body, Outcome):
                events.setdefault(body.record, []).append((i, body))
        result = []
        for i in kept:
            signed, record_id, time = self.entries[i]
            if not isinstance(signed.record, Outcome):
                facts = facts_of(i, time, events.get(record_id, []), self.evidence)
                result.append(verify_record(signed, DOMAIN, facts, self.history, _NoContext()))
        return result


class _NoContext:
    """Nobody on paper signs with a recipient key or amends anything."""

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:  # noqa: ARG002 - the protocol's
        return None

    def record(self, record_id: bytes) -> Record | None:  # noqa: ARG002 - the protocol's
        return None


@dataclass(frozen=True)
class Played:
    """Two late shipments, and a bonus for both. `others`: the leaves of the second, `money` those of the bonus, `later`
    the one that ends its period. `sizes`: at which the award is computed, and the anchored one before.
    """

    log: PaperLog
    late: RecordId
    others: list[int]
    money: list[int]
    later: int
    sizes: tuple[int, int]
    agreement: BonusAgreement
    award: Award
    award_id: RecordId

    def known(self, log: PaperLog) -> list[VerifiedRecord]:
        """What `log`, this one or as somebody knows it, knew at the award's size."""
        size = self.sizes[0]
        return list(as_known_at(log.verified(range(size)), size, log.evidence.times))


def play(anchor: bytes | None = None) -> Played:
    """The council adopts a card for a period that begins afterwards; two shipments; something after it; the award.

    `anchor`: the contract that takes checkpoints, where the council shall open it.
    """
    log = PaperLog()
    changes: list[tuple[RegistryAction, dict[str, Any]]] = [
        *((RegistryAction.ADMIT, {"partner": n, "key": address(f"partner/{n}"), "document": digest(f"enrolment/{n}")})
          for n in (MAKER, CARRIER, SHOP)),
        *((RegistryAction.GRANT_ROLE, {"partner": n, "role": int(role)})
          for n, role in ((MAKER, Role.SUPPLIER), (CARRIER, Role.CARRIER), (SHOP, Role.RETAILER))),
        (RegistryAction.OPEN_CONTRACT, {"key": CUSTODY, "number": int(ContractKind.CUSTODY)}),
        (RegistryAction.OPEN_CONTRACT, {"key": DOMAIN.bonus_pool, "number": int(ContractKind.BONUS)}),
        *([(RegistryAction.OPEN_CONTRACT, {"key": anchor, "number": int(ContractKind.ANCHOR)})] if anchor else []),
        (RegistryAction.ADOPT_RULES, {"document": parse_card(CARD).hash, "number": PERIOD}),
    ]  # fmt: skip
    for sequence, (action, more) in enumerate(changes, 1):
        fields: dict[str, Any] = {
            "sequence": sequence, "notBefore": 0, "action": int(action), "partner": 0, "key": bytes(20), "role": 0,
            "scope": NO_HASH, "number": 0, "document": NO_HASH,
        }  # fmt: skip
        log.add(RegistryChange(**(fields | more)), *COUNCIL[:2])
    log.pass_time(HOUR)
    agreement = BonusAgreement(
        salt=salt("bundle/agreement"), parties=(Share(MAKER, 3_000), Share(CARRIER, 6_000)), awarder=SHOP,
        residual=SHOP, token=digest("token")[:20], currency="EUR", rule=parse_rule(RULE).hash, periodStart=PERIOD,
        periodEnd=PERIOD + 7 * DAY, disputeWindow=DAY, arbiter=JUDGE, arbiterWindow=DAY, deadline=PERIOD + 20 * DAY,
        claimUntil=PERIOD + 90 * DAY, details=Details(salt("bundle/agreement/details"), ""),
    )  # fmt: skip
    agreed = len(log.entries)
    agreement_id = log.add(agreement, f"partner/{MAKER}", f"partner/{CARRIER}")
    late = _ship(log, "late")
    before = len(log.entries)
    _ship(log, "other")
    earlier = log.anchor()
    log.pass_time(8 * DAY)
    log.add(Observation(CARRIER, digest("what the carrier saw"), log.now()), f"partner/{CARRIER}")
    size = log.anchor()
    known = list(as_known_at(log.verified(range(size)), size, log.evidence.times))
    award = award_for(agreement_id, agreement, RULE, parse_card(CARD), 1, 1_000_000, known)
    award_id = log.add(award.record(PartnerId(SHOP), LOG.identity.log_id, size), f"partner/{SHOP}")
    money = [agreed, agreed + 1, size, size + 1]
    others = list(range(before, earlier))
    return Played(log, late, others, money, earlier, (size, earlier), agreement, award, award_id)


def _ship(log: PaperLog, name: str) -> RecordId:
    begin = log.now()

    def details(label: str) -> Details:
        return Details(salt(f"bundle/{name}/{label}"), "")

    def place(label: str, country: str) -> Place:
        return Place(salt(f"bundle/{name}/{label}"), country, "", "", "")

    terms = ShipmentTerms(
        salt=salt(f"bundle/{name}/terms"),
        consignor=MAKER, consignee=SHOP, holder=MAKER, recipientKey=bytes(20), purpose=1, parents=(), packages=12,
        mode=3, fulfilment=0, origin=place("origin", "NZ"), destination=place("destination", "DE"), contents=(),
        commercial=Commercial(
            salt=salt(f"bundle/{name}/commercial"), orderRef=f"PO-{name}", value=2_000_000, currency="EUR",
            freight=90_000, incoterm="DAP", promisedAt=begin + 240, grace=60, alpha=10**11, penaltyCap=90_000,
            liable=CARRIER, beneficiary=SHOP, lostAfter=LOST_AFTER, tenderWindow=TENDER_WINDOW, reportLag=REPORT_LAG,
            rules=NO_HASH,
        ),
        requires=(), submitBy=begin + 14 * DAY, details=details("details"),
    )  # fmt: skip
    shipment = log.add(terms, f"partner/{MAKER}")
    for partner in (CARRIER, SHOP):
        log.add(Endorsement(partner, shipment), f"partner/{partner}")
    for sequence, (releaser, receiver) in enumerate(((MAKER, CARRIER), (CARRIER, SHOP))):
        handoff = Handoff(
            items=(HandoffItem(shipment, sequence, 12, 0),),
            releaser=releaser, receiver=receiver, place=place(f"handoff/{sequence}", "NZ"),
            load=Load(salt(f"bundle/{name}/load/{sequence}"), ""), occurredAt=log.now(),
            dueAt=begin + 270 if receiver == CARRIER else 0, submitBy=begin + 14 * DAY,
            details=details(f"handoff/{sequence}"),
        )  # fmt: skip
        log.add(handoff, f"partner/{releaser}", f"partner/{receiver}")
    return shipment
