"""Vectors of bundles: a small consortium on paper, its log, bundles that hold and bundles that do not.

No chain and no clock: outcomes are written as the contracts would give them, from fixed keys, salts and times.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ledger import merkle
from ledger.bonus_rules import parse_rule
from ledger.bonuses import Award
from ledger.bundle import verify_bundle
from ledger.bundle_format import BUNDLE, MAX_RULES, TRUST, Bundle, BundledRecord, parse_trust
from ledger.canonical import canonical_json
from ledger.checkpoint import Leaf
from ledger.codes import ContractKind, RegistryAction, Role
from ledger.codes import Outcome as Code
from ledger.errors import MalformedRecord
from ledger.figures import award_figures, award_for, partner_figures, shipment_figures
from ledger.governing import Measure
from ledger.ids import KeyAddress, PartnerId, RecordId, to_hex
from ledger.journeys import Journeys
from ledger.notes import MAX_NOTE
from ledger.outcome_facts import facts_of
from ledger.penalties import DAY, LOST_AFTER, REPORT_LAG, TENDER_WINDOW
from ledger.records import (
    BY_NUMBER,
    BonusAgreement,
    Checkpoint,
    Commercial,
    Details,
    Endorsement,
    Handoff,
    HandoffItem,
    Load,
    Outcome,
    Place,
    Record,
    RegistryChange,
    Share,
    ShipmentTerms,
)
from ledger.registry import Genesis, RecordedAt, RegistryHistory
from ledger.schema import HEX32, message_schema, part_schemas
from ledger.score_card import parse_card
from ledger.score_samples import Period
from ledger.signing import SignedRecord, recover
from ledger.structs import part_hash
from ledger.subset_proofs import subset_path
from ledger.verification import VerifiedRecord, as_known_at, verify_record
from scripts.vectors.keys import CONSORTIUM, COUNCIL, DOMAIN, LOG, address, digest, key, salt

START = 1_767_225_600
HOUR = 3600
PERIOD = START + HOUR
MAKER, CARRIER, SHOP, JUDGE = 1, 2, 3, 4
DEFAULT = (resources.files("ledger") / "cards" / "default.toml").read_bytes()
CARD = DEFAULT.replace(b'"Lading default scorecard"', b'"Card of the vectors"')
RULE = f"""format = "lading/bonus-rule/1"
title = "Bonus of the vectors"
card = "{to_hex(parse_card(CARD).hash)}"

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
LOG_ONLY = (Endorsement,)
SUBJECT = "^((shipment|award)/0x[0-9a-f]{64}|partner/[1-9][0-9]{0,12})$"
RECORD_TYPES = {kind.__name__: kind for kind in BY_NUMBER.values() if kind is not Checkpoint}


class PaperLog:
    """A log with the outcomes that the chain would have given; records are a minute apart, each in its own block."""

    def __init__(self) -> None:
        self.genesis = Genesis(CONSORTIUM, 2, 0, tuple(KeyAddress(address(name)) for name in COUNCIL))
        self.history = RegistryHistory(self.genesis)
        self.entries: list[tuple[SignedRecord, RecordId, int]] = []
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
    ) -> bytes:
        """The bundle of all entries but those at `left_out`."""
        hashes = self.leaf_hashes()
        kept = [index for index in range(len(self.entries)) if index not in left_out]
        records = tuple(
            BundledRecord(self.entries[i][0], i, self.entries[i][2], hashes[i]) for i in kept
        )  # fmt: skip
        size, root = len(hashes), merkle.root(hashes)
        return Bundle(
            subject=subject,
            origin=LOG.identity.origin,
            checkpoint=LOG.checkpoint(size, root).decode(),
            proof=tuple(subset_path(kept, size, lambda start, stop: merkle.root(hashes[start:stop]))),
            records=records,
            complete=LOG.complete(subject, size, [self.entries[i][1] for i in kept]),
            rules=tuple(rules),
            figures=figures(self.verified(kept)),
        ).to_bytes()

    def verified(self, kept: Sequence[int]) -> list[VerifiedRecord]:
        """The entries at `kept` but for outcomes, as whoever has just these verifies them."""
        events: dict[bytes, list[tuple[int, Outcome]]] = {}
        for i in kept:
            body = self.entries[i][0].record
            if isinstance(body, Outcome):
                events.setdefault(body.record, []).append((i, body))
        found = []
        for i in kept:
            signed, record_id, time = self.entries[i]
            if not isinstance(signed.record, Outcome):
                facts = facts_of(i, time, events.get(record_id, []))
                found.append(verify_record(signed, DOMAIN, facts, self.history, _NoContext()))
        return found


class _NoContext:
    """Nobody on paper signs with a recipient key or amends anything."""

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:  # noqa: ARG002 - the protocol's
        return None

    def record(self, record_id: bytes) -> Record | None:  # noqa: ARG002 - the protocol's
        return None


@dataclass(frozen=True)
class Played:
    """Two late shipments, and a bonus for both. `others`: the leaves of the second, `money` those of the bonus."""

    log: PaperLog
    late: RecordId
    others: list[int]
    money: list[int]
    agreement: BonusAgreement
    award: Award
    award_id: RecordId

    @property
    def known(self) -> list[VerifiedRecord]:
        """What the log knew at the award's size."""
        size = self.money[2]
        return list(as_known_at(self.log.verified(range(size)), size))


def play() -> Played:
    """The council adopts a card for a period that begins afterwards; two shipments; then the award."""
    log = PaperLog()
    changes: list[tuple[RegistryAction, dict[str, Any]]] = [
        *((RegistryAction.ADMIT, {"partner": n, "key": address(f"partner/{n}"), "document": digest(f"enrolment/{n}")})
          for n in (MAKER, CARRIER, SHOP)),
        *((RegistryAction.GRANT_ROLE, {"partner": n, "role": int(role)})
          for n, role in ((MAKER, Role.SUPPLIER), (CARRIER, Role.CARRIER), (SHOP, Role.RETAILER))),
        (RegistryAction.OPEN_CONTRACT, {"key": CUSTODY, "number": int(ContractKind.CUSTODY)}),
        (RegistryAction.OPEN_CONTRACT, {"key": DOMAIN.bonus_pool, "number": int(ContractKind.BONUS)}),
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
    log.pass_time(8 * DAY)
    size = len(log.entries)
    known = list(as_known_at(log.verified(range(size)), size))
    award = award_for(agreement_id, agreement, RULE, parse_card(CARD), 1, 1_000_000, known)
    award_id = log.add(award.record(PartnerId(SHOP), LOG.identity.log_id, size), f"partner/{SHOP}")
    money = [agreed, agreed + 1, size, size + 1]
    return Played(log, late, list(range(before, size)), money, agreement, award, award_id)


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


def bundles() -> dict[str, str]:
    """File name below `docs/vectors` to its text."""
    played = play()
    log, late = played.log, played.late
    period = Period(PERIOD, PERIOD + DAY, PERIOD + DAY)
    measure = Measure(parse_card(CARD), PERIOD)
    texts = {
        "shipment": log.bundle(
            f"shipment/{to_hex(late)}", [*played.others, *played.money],
            lambda known: shipment_figures(Journeys(known), late, None), [],
        ),
        "partner": log.bundle(
            f"partner/{CARRIER}", [*played.others, *played.money],
            lambda known: partner_figures(Journeys(known), CARRIER, period, None, measure), [CARD.decode()],
        ),
        "award": log.bundle(
            f"award/{to_hex(played.award_id)}", [],
            lambda _: award_figures(played.award, played.agreement, played.known, log.history.now(0)),
            [RULE.decode(), CARD.decode()],
        ),
    }  # fmt: skip
    return {
        "bundles/trust.json": log.trust().decode(),
        **{f"bundles/{name}.json": data.decode() for name, data in texts.items()},
        "bundles/bad.json": _text(_bad(played, {name: json.loads(data) for name, data in texts.items()})),
        "bundles/bad-trust.json": _text(_bad_trust(json.loads(log.trust()))),
        "bundles/bundle.schema.json": _text(schema()),
    }


def _bad(played: Played, good: dict[str, Any]) -> dict[str, Any]:
    """Edits of the good bundles as JSON Patch (RFC 6902), printed canonically afterwards, and the step that fails."""
    log = played.log
    left_out = [*played.others, *played.money]
    trust = parse_trust(log.trust())
    shipment, award = good["shipment"], good["award"]
    numbers = {record["type"]: n for n, record in enumerate(shipment["records"])}
    terms, handoff, outcome = (numbers[name] for name in ("ShipmentTerms", "Handoff", "Outcome"))
    commercial = ShipmentTerms.from_json(shipment["records"][terms]["message"]).commercial
    opened = next(n for n, record in enumerate(award["records"]) if record["type"] == "ShipmentTerms")
    money = next(n for n, record in enumerate(award["records"]) if record["type"] == "BonusAward")
    note = shipment["checkpoint"]
    changed_root = "\n".join(["vectors.lading.example/log", "999", *note.split("\n")[2:]])
    gap = _without(log, left_out, 2)
    omitted = _without(log, left_out, shipment["records"][numbers["Endorsement"]]["index"])
    statement = "/figures/penalties/statements/0"
    own = CARD.replace(b"zero = 950_000", b"zero = 1")

    def set_(path: str, value: Any) -> dict[str, Any]:
        return {"op": "replace", "path": path, "value": value}

    def card(text: bytes) -> list[dict[str, Any]]:
        return [set_("/rules/0", text.decode()), set_("/figures/scores/card", to_hex(parse_card(text).hash))]

    withheld = to_hex(part_hash(commercial))
    cases: list[tuple[str, str, str, list[dict[str, Any]]]] = [
        ("another format", "shipment", "format", [set_("/lading", "bundle/2")]),
        ("unknown field", "shipment", "format", [{"op": "add", "path": "/remark", "value": ""}]),
        ("a record without its index", "shipment", "format", [{"op": "remove", "path": "/records/0/index"}]),
        ("hex in capitals", "shipment", "format", [set_("/proof/0", shipment["proof"][0].upper().replace("X", "x"))]),
        ("the first record twice", "shipment", "format",
         [{"op": "add", "path": "/records/0", "value": shipment["records"][0]}]),
        ("a log that is not trusted", "shipment", "log", [set_("/origin", "other.example/log")]),
        ("a checkpoint of another size", "shipment", "checkpoint", [set_("/checkpoint", changed_root)]),
        ("a signature line of somebody else", "shipment", "checkpoint",
         [set_("/checkpoint", note + "— witness.example AAAAAAAA\n")]),
        ("the log's own signature twice", "shipment", "checkpoint",
         [set_("/checkpoint", note + note.split("\n\n")[1])]),
        ("an opened part altered", "shipment", "inclusion",
         [set_(f"/records/{terms}/message/commercial/alpha", "1")]),
        ("another log time", "shipment", "inclusion",
         [set_(f"/records/{handoff}/logTime", shipment["records"][handoff]["logTime"] - 1)]),
        ("signatures in another order", "shipment", "inclusion",
         [set_(f"/records/{handoff}/signatures", shipment["records"][handoff]["signatures"][::-1])]),
        ("an outcome altered", "shipment", "inclusion", [set_(f"/records/{outcome}/message/outcomes", "0x02")]),
        ("a record dropped", "shipment", "inclusion", [{"op": "remove", "path": f"/records/{handoff}"}]),
        ("a hash of the proof dropped", "shipment", "inclusion", [{"op": "remove", "path": "/proof/0"}]),
        ("the total of the signed award altered", "award", "inclusion",
         [set_(f"/records/{money}/message/total", "1000001")]),
        ("a registry change omitted, the proof mended", "shipment", "registry", gap),
        ("an endorsement omitted, the proof mended", "shipment", "complete", omitted),
        ("another subject", "shipment", "complete", [set_("/subject", f"shipment/0x{'00' * 32}")]),
        ("a lower penalty", "shipment", "figures", [set_(f"{statement}/amount", 1)]),
        ("a leg's share moved", "shipment", "figures", [set_(f"{statement}/legs/0/amount", 1)]),
        ("delivered goods judged at a time", "shipment", "figures", [set_(f"{statement}/at", PERIOD)]),
        ("other words", "shipment", "figures", [set_("/figures/summary", "nobody owes anything")]),
        ("no figures", "shipment", "figures", [set_("/figures", {})]),
        ("a rule file that no figure names", "shipment", "figures", [set_("/rules", ["x = 1"])]),
        ("prices withheld", "shipment", "figures", [set_(f"/records/{terms}/message/commercial", withheld)]),
        ("another scorecard under the same hash", "partner", "figures", [set_("/rules/0", own.decode())]),
        ("a scorecard of one's own", "partner", "figures", card(own)),
        ("the default card though another was adopted", "partner", "figures", card(DEFAULT)),
        ("a period that began before the card", "partner", "figures",
         [set_("/figures/scores/period/start", PERIOD - 1)]),
        ("another period", "partner", "figures", [set_("/figures/scores/period/end", PERIOD + DAY + 1)]),
        ("a better indicator", "partner", "figures", [set_("/figures/scores/cards/0/indicators/0/good", 9)]),
        ("a scorecard left out", "partner", "figures", [{"op": "remove", "path": "/figures/scores/cards/0"}]),
        ("a penalty left out", "partner", "figures", [{"op": "remove", "path": statement}]),
        ("prices withheld, and the penalty left out", "partner", "figures",
         [set_(f"/records/{terms}/message/commercial", withheld), {"op": "remove", "path": statement}]),
        ("a withheld part that is not", "partner", "figures",
         [set_("/figures/withheld", [
             {"shipment": to_hex(played.late), "record": to_hex(played.late), "part": "contents"},
         ])]),
        ("an award line altered", "award", "figures", [set_("/figures/award/lines/1/amount", "600000")]),
        ("an award's total altered", "award", "figures", [set_("/figures/award/total", "1000001")]),
        ("an award without its rule file", "award", "figures", [{"op": "remove", "path": "/rules/0"}]),
        ("an award by another card", "award", "figures", [set_("/rules/1", DEFAULT.decode())]),
        ("prices withheld behind an award", "award", "figures",
         [set_(f"/records/{opened}/message/commercial", withheld)]),
    ]  # fmt: skip
    vectors = []
    for name, of, step, patch in cases:
        found = [entry for entry in verify_bundle(canonical_json(patched(good[of], patch)), trust) if not entry.ok]
        if [entry.name for entry in found] != [step]:
            raise AssertionError(f"{name}: expected {step} to fail, found {found}")
        vectors.append({"name": name, "of": f"{of}.json", "patch": patch, "step": step, "why": found[0].why})
    return {
        "remark": "apply the patch (RFC 6902) to the file, print it as RFC 8785: this step fails",
        "vectors": vectors,
    }


def _bad_trust(good: dict[str, Any]) -> dict[str, Any]:
    """Texts that are no trust file, though all but the last say much the same as the good one."""
    genesis, logs = good["genesis"], good["logs"]
    edits: list[tuple[str, dict[str, Any]]] = [
        ("an unknown field", {"remark": ""}),
        ("a number as text", {"genesis": genesis | {"threshold": "2"}}),
        ("a negative chain id", {"chainId": -1}),
        ("a council as text", {"genesis": genesis | {"council": genesis["council"][0]}}),
        ("an unknown field of a log", {"logs": [logs[0] | {"name": "ours"}]}),
        ("a log twice", {"logs": logs * 2}),
        ("no log", {"logs": []}),
        ("hex in capitals", {"registry": "0x" + good["registry"][2:].upper()}),
        ("another format", {"lading": "trust/2"}),
    ]
    texts = [(name, canonical_json(good | edit).decode()) for name, edit in edits]
    texts.append(("not canonical", json.dumps(good)))
    texts.append(("a final line break", canonical_json(good).decode() + "\n"))
    vectors = []
    for name, text in texts:
        try:
            parse_trust(text.encode())
        except MalformedRecord as error:
            vectors.append({"name": name, "text": text, "why": str(error)})
        else:
            raise AssertionError(f"{name}: taken as a trust file")
    return {"remark": "none of these texts is a trust file", "vectors": vectors}


def _without(log: PaperLog, left_out: Sequence[int], index: int) -> list[dict[str, Any]]:
    """The patch that leaves a record out and mends the proof, as only who has the whole tree can."""
    hashes = log.leaf_hashes()
    kept = [i for i in range(len(hashes)) if i not in left_out]
    place = kept.index(index)
    kept.remove(index)
    proof = subset_path(kept, len(hashes), lambda start, stop: merkle.root(hashes[start:stop]))
    return [
        {"op": "remove", "path": f"/records/{place}"},
        {"op": "replace", "path": "/proof", "value": [to_hex(value) for value in proof]},
    ]


def patched(document: Any, patch: Sequence[dict[str, Any]]) -> Any:
    """`document` after a JSON Patch of add, remove and replace; RFC 6902, pointers without escapes."""
    result = json.loads(json.dumps(document))
    for entry in patch:
        *parents, last = entry["path"][1:].split("/")
        target = result
        for name in parents:
            target = target[int(name)] if isinstance(target, list) else target[name]
        place = int(last) if isinstance(target, list) else last
        if entry["op"] == "remove":
            del target[place]
        elif entry["op"] == "add" and isinstance(target, list):
            target.insert(place, entry["value"])
        else:
            target[place] = entry["value"]
    return result


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a bundle."""
    signature = {"type": "string", "pattern": "^0x[0-9a-f]{130}$"}
    number = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
    frame = {
        "signatures": {"type": "array", "items": signature, "maxItems": 200},
        "index": number,
        "logTime": number,
        "leafHash": HEX32,
    }
    kinds = sorted(RECORD_TYPES.items())
    statement = {
        "logId": HEX32,
        "size": number,
        "subject": {"type": "string"},
        "root": HEX32,
        "signature": {"type": "string", "pattern": "^0x[0-9a-f]{128}$"},
    }
    figures = {
        "penalties": _object({"statements": {"type": "array", "items": {"type": "object"}}}),
        "scores": {"type": "object", "required": ["card", "cards", "period"]},
        "summary": {"type": "string"},
        "withheld": {"type": "array", "items": {"type": "object"}},
        "award": {"type": "object"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lading bundle",
        "description": "See docs/bundle.md. The text must be RFC 8785 canonical JSON, which no schema can say.",
        **_object(
            {
                "lading": {"const": BUNDLE},
                "subject": {
                    "type": "string",
                    "pattern": "^((shipment|award)/0x[0-9a-f]{64}|partner/[1-9][0-9]{0,12})$",
                },
                "origin": {"type": "string", "minLength": 1, "maxLength": 255},
                "checkpoint": {"type": "string", "maxLength": MAX_NOTE},
                "proof": {"type": "array", "items": HEX32},
                "records": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"anyOf": [{"$ref": f"#/$defs/record.{name}"} for name, _ in kinds]},
                },
                "complete": _object(statement),
                "rules": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_RULES},
                "figures": {"type": "object", "properties": figures, "additionalProperties": False},
            }
        ),
        "$defs": {
            **{
                f"record.{name}": _object({"type": {"const": name}, "message": {"$ref": f"#/$defs/{name}"}, **frame})
                for name, _ in kinds
            },
            **{name: message_schema(kind) for name, kind in kinds},
            **part_schemas(),
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
