"""A home that grows by thousands of shipments in seconds, for what is read from it.

Records are signed, checked and logged as ever. Their outcomes are written by the log alone, which the embedded chain
would take minutes for: reading does not ask the chain. An audit of such a home finds just that.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from ledger.cli.demo.scribe import NO_HASH, NO_KEY, details, place, salt
from ledger.cli.sandbox import OPERATOR, Party, demo_key, found_trial, open_for_business, open_trial
from ledger.codes import ContractKind, Fulfilment, Mode, Purpose, Role, SplitReason, StatementKind
from ledger.codes import Outcome as Code
from ledger.common.gs1_keys import check_digit
from ledger.common.ids import RecordId
from ledger.common.keccak import keccak256
from ledger.common.periods import DAY, HOUR
from ledger.common.scopes import schema_hash
from ledger.errors import LadingError
from ledger.records.shipment_ids import child_id
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    UNLIMITED_LAG,
    Attestation,
    Child,
    Claims,
    Commercial,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Outcome,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.clock import ManualClock
from ledger.services.home.settings import read_settings
from ledger.services.relay.final_rejections import outcome_entry

START = 1_760_000_000
YEAR = 365 * DAY
PREFIX, SCHEMA = "9421900", "lading/authenticity/1"
GTIN = "0" + PREFIX + "00001" + check_digit("0" + PREFIX + "00001")
MAKER, AUDITOR = 2, 3
CARRIERS, SHOPS = range(4, 8), range(8, 18)
MANIFEST = 200
PACKAGES = 10
EVERY_STRAY = 10
"""Of so many shipments one was offered to nobody who signed: where it stands is told from its whole record."""


class GrownHome:
    """An open home with a maker, carriers, shops and an auditor; close it when done."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START)
        settings = read_settings({}, home=folder)
        found_trial(settings, self.clock, delay=HOUR)
        self.trial = open_trial(settings, self.clock)
        open_for_business(self.trial, Party(OPERATOR, "Operator", demo_key(folder, "operator")))
        self.trial.admit([(party(number), "", roles) for number, roles in _cast()])
        self.clock.advance(YEAR)
        self.trial.node.settle()
        self._blocks = count(1_000_000)
        self._manifests = count()
        self.shipments: list[RecordId] = []
        self.record([self.signed(_attestation(self.clock.now()), MAKER)])

    @property
    def node(self):  # type: ignore[no-untyped-def]
        return self.trial.node

    def close(self) -> None:
        self.trial.node.close()

    # --- growing -----------------------------------------------------------------------------------------------------

    def grow(self, shipments: int, lot: str = "") -> list[RecordId]:
        """So many more shipments of one lot each thousand, or of `lot`: opened, handed to a carrier, delivered.

        Each shipment has its turn of the year, two in three are late, and one in `EVERY_STRAY` was tendered before it
        was delivered or is under way still.
        """
        result: list[RecordId] = []
        while len(result) < shipments:
            result += self._manifest(min(MANIFEST, shipments - len(result)), lot)
        self.shipments += result
        return result

    def _manifest(self, size: int, lot: str) -> list[RecordId]:
        number = next(self._manifests)
        carrier, shop = CARRIERS[number % len(CARRIERS)], SHOPS[number % len(SHOPS)]
        opened = START + 2 * HOUR + number * 7 * HOUR % (YEAR - 30 * DAY)
        terms = [self.signed(_terms(lot or f"G{number // 5}", carrier, shop, opened), MAKER) for _ in range(size)]
        ids = self.record(terms, opened)
        self.record([self.signed(_handoff(ids, 0, MAKER, carrier, opened + DAY), MAKER, carrier)], opened + DAY)
        strays = ids[::EVERY_STRAY]
        offered = opened + 4 * DAY
        self.record([self.signed(_tender(one, carrier, shop, offered), carrier) for one in strays], offered)
        ended = opened + (5 + number % 3) * DAY
        straight = [one for one in ids if one not in set(strays)]
        if straight:
            self.record([self.signed(_handoff(straight, 1, carrier, shop, ended), carrier, shop)], ended)
        return ids

    def split(self, levels: int, each: int, lot: str) -> RecordId:
        """One shipment of `lot`, split level by level into `each`: the first of 1 + each + each² + … shipments."""
        leaves = each**levels
        opened = self.clock.now() - DAY
        (top,) = self.record([self.signed(_terms(lot, CARRIERS[0], SHOPS[0], opened, leaves), MAKER)], opened)
        level = [top]
        for _ in range(levels):
            leaves //= each
            splits = [_split(shipment, each, leaves, lot, opened) for shipment in level]
            self.record([self.signed(one, MAKER) for one in splits], opened)
            level = [RecordId(child_id(one.shipment, one.sequence, i)) for one in splits for i in range(each)]
        return top

    def signed(self, record: Record, *signers: int) -> SignedRecord:
        domain = self.node.home.domain
        return SignedRecord(record, tuple(party(one).key.sign(domain, record) for one in signers))

    def record(self, batch: Sequence[SignedRecord], block_time: int = 0, *, settled: bool = True) -> list[RecordId]:
        """Take records in, and if `settled` note that the chain applied them in a block of `block_time`; their ids."""
        if not batch:
            return []
        home = self.node.home
        for result in self.node.submission.replay(batch):
            if isinstance(result, LadingError):
                raise result
        block = next(self._blocks)
        ids = [home.domain.record_id(signed.record) for signed in batch]
        if not settled:
            return ids
        target = home.deployment.contracts[ContractKind.CUSTODY]
        entries = []
        for index, (signed, record_id) in enumerate(zip(batch, ids, strict=True)):
            items = len(signed.record.items) if isinstance(signed.record, Handoff) else 1
            codes = bytes([Code.APPLIED] * items)
            outcome = Outcome(record_id, target, block, block_time or self.clock.now(), NO_HASH, index, codes)
            entries.append(outcome_entry(home.domain, outcome, record_id))
        self.node.sequencer.append(entries, self.node.projector.catch_up)
        return ids


def _cast() -> Iterator[tuple[int, tuple[RoleRequest, ...]]]:
    yield MAKER, (RoleRequest(Role.SUPPLIER), RoleRequest(Role.BRAND, PREFIX), RoleRequest(Role.ISSUER, SCHEMA))
    yield AUDITOR, (RoleRequest(Role.AUDITOR),)
    yield from ((number, (RoleRequest(Role.CARRIER),)) for number in CARRIERS)
    yield from ((number, (RoleRequest(Role.RETAILER),)) for number in SHOPS)


def party(number: int) -> Party:
    return Party(number, f"Partner {number}", SigningKey(keccak256(b"bench key %d" % number)))


def _attestation(now: int) -> Attestation:
    return Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}", NO_HASH, START, now + YEAR, NO_HASH, Claims(salt(), "{}"), NO_HASH,
        details(),
    )  # fmt: skip


def _terms(lot: str, carrier: int, shop: int, opened: int, packages: int = PACKAGES) -> ShipmentTerms:
    commercial = Commercial(
        salt(), "PO-1", 1_000_000, "EUR", 20_000, "DAP", opened + 5 * DAY, 0, 200, 20_000, carrier, shop, 30 * DAY,
        3 * DAY, UNLIMITED_LAG, NO_HASH,
    )  # fmt: skip
    goods = Goods(salt(), GTIN, lot, NO_HASH, packages, "package", "", "Infant formula, 800 g")
    return ShipmentTerms(
        salt(), MAKER, shop, MAKER, NO_KEY, int(Purpose.ORIGINAL), (), packages, int(Mode.ROAD),
        int(Fulfilment.EXPRESS), place("NZ", "NZAKL", "Auckland"), place("CN", "CNNGB", "Ningbo"), (goods,), commercial,
        (), START + 3 * YEAR, details(),
    )  # fmt: skip


def _handoff(shipments: Sequence[RecordId], sequence: int, releaser: int, receiver: int, at: int) -> Handoff:
    items = tuple(HandoffItem(shipment, sequence, PACKAGES, 0) for shipment in sorted(shipments))
    where = place("NZ", "NZAKL", "Auckland")
    return Handoff(items, releaser, receiver, where, Load(salt(), ""), at, at + 3 * DAY, START + 3 * YEAR, details())


def _tender(shipment: bytes, by: int, to: int, at: int) -> Statement:
    return Statement(by, to, int(StatementKind.TENDER), shipment, 1, at, place("CN", "CNNGB", "Ningbo"), details())


def _split(shipment: bytes, each: int, packages: int, lot: str, at: int) -> Split:
    goods = Goods(salt(), GTIN, lot, NO_HASH, packages, "package", "", "Infant formula, 800 g")
    children = tuple(Child(packages, (goods,)) for _ in range(each))
    return Split(MAKER, shipment, 0, children, int(SplitReason.PARCELS), at, details())
