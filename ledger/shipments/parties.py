"""Who has a part in a shipment, and what of it can be listed without reading its records: how it stands, since when
customs hold it, until when a delivery is disputed, and by when it was promised.

A list of shipments shows what each stands for at a glance; penalties are more exact (`ledger.penalties`): here neither
holds nor relief are taken out of a delay, and a contest is believed to answer the tender before it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Protocol

from ledger.codes import APPLIED, RELEASES, Assurance, ClearanceStatus, ShipmentState
from ledger.common.ids import to_hex
from ledger.records.eip712 import Withheld
from ledger.records.types import NOBODY, Amendment, Commercial, Place, ShipmentTerms
from ledger.shipments.amendments import commercial_after
from ledger.shipments.tenders import DISPUTE

EVERYBODY = ""
"""Whose list has all shipments."""


class Part(IntFlag):
    """What somebody is to a shipment. `HOLDER`: named by its terms as who holds the goods first. `CUSTODIAN`: held it
    at any time. `DECLARANT`, `BROKER`, `CUSTOMS`: signed a clearance that took effect, the latter with the authority's
    own signature."""

    CONSIGNOR = 1
    CONSIGNEE = 2
    HOLDER = 4
    RECIPIENT = 8
    LIABLE = 16
    BENEFICIARY = 32
    CUSTODIAN = 64
    DECLARANT = 128
    BROKER = 256
    CUSTOMS = 512


PRIVATE = Part.LIABLE | Part.BENEFICIARY
"""What the private terms alone tell."""
READS_TERMS = PRIVATE | Part.CONSIGNOR | Part.CONSIGNEE | Part.HOLDER | Part.RECIPIENT
"""Who may open the terms; the same as `ledger.services.views.records.may_open_terms`, which a test compares."""


class Course(IntFlag):
    """How a shipment went while it was under way, as far as its custody line alone tells. `MOVED`: somebody took it
    over. `STRAY`: tendered, refused or missing; where it stands depends on the clock and on what others sign, so its
    records are asked."""

    MOVED = 1
    STRAY = 2


class Step(Protocol):
    """A line of the custody chain, as the projection keeps it."""

    @property
    def kind(self) -> str: ...
    @property
    def from_partner(self) -> int: ...
    @property
    def to_partner(self) -> int: ...
    @property
    def packages(self) -> int: ...
    @property
    def outcome(self) -> int: ...
    @property
    def occurred_at(self) -> int: ...
    @property
    def block_time(self) -> int | None: ...


class Decision(Protocol):
    """A clearance record's effect on one shipment, as the projection keeps it."""

    @property
    def jurisdiction(self) -> str: ...
    @property
    def regime(self) -> int: ...
    @property
    def by(self) -> int: ...
    @property
    def declarant(self) -> int: ...
    @property
    def status(self) -> int: ...
    @property
    def assurance(self) -> int: ...
    @property
    def outcome(self) -> int: ...
    @property
    def occurred_at(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Promise:
    """What the private terms say of a shipment, as far as they are open here; times in seconds UTC.

    `due_at`: the last second on time, grace included, as amended. `report_lag`: as agreed. `origin`, `destination`: the
    UN/LOCODE, else the country. None: closed, or nothing is said.
    """

    order_ref: str | None = None
    origin: str | None = None
    destination: str | None = None
    due_at: int | None = None
    report_lag: int = 0


def course_after(before: Course, step: Step) -> Course:
    """The course of a shipment once `step` came to its line."""
    if step.outcome not in APPLIED:
        return before
    if step.kind in _MOVES and step.packages:
        return before | Course.MOVED
    return before | Course.STRAY if step.kind in ("tender", "handoff") else before


def promise_of(terms: ShipmentTerms, amendments: Iterable[Amendment], lineage: Iterable[bytes]) -> Promise:
    """What `terms`, opened as far as they are here, promise of the shipment that ends `lineage` (its ancestors first).

    `amendments` of the terms in log order. While one of them is closed, nobody can say what is due.
    """
    commercial = terms.commercial
    order_ref, due_at, report_lag = None, None, 0
    if isinstance(commercial, Commercial):
        order_ref = commercial.orderRef or None
        amended = commercial_after(commercial, amendments, {to_hex(one) for one in lineage})
        if amended is not None:
            report_lag = amended.reportLag
            due_at = amended.promisedAt + amended.grace if amended.promisedAt else None
    return Promise(order_ref, _code(terms.origin), _code(terms.destination), due_at, report_lag)


def _code(place: Place | Withheld) -> str | None:
    return (place.locode or place.country or None) if isinstance(place, Place) else None


def parts_of(
    terms: ShipmentTerms | None, custodian: int, steps: Iterable[Step], decisions: Iterable[Decision]
) -> dict[str, Part]:
    """Everybody's part in a shipment that `custodian` holds now. `terms`: opened as far as they are here; None while
    they are not here."""
    result: dict[str, Part] = {}

    def add(partner: int, part: Part) -> None:
        if partner != NOBODY:
            result[str(partner)] = result.get(str(partner), Part(0)) | part

    if terms is not None:
        add(terms.consignor, Part.CONSIGNOR)
        add(terms.consignee, Part.CONSIGNEE)
        add(terms.holder, Part.HOLDER)
        if any(terms.recipientKey):
            result[to_hex(terms.recipientKey)] = Part.RECIPIENT
        if isinstance(terms.commercial, Commercial):
            add(terms.commercial.liable, Part.LIABLE)
            add(terms.commercial.beneficiary, Part.BENEFICIARY)
    add(custodian, Part.CUSTODIAN)
    for step in steps:
        if step.outcome not in APPLIED:
            continue
        if step.kind == "opened":
            add(step.to_partner, Part.CUSTODIAN)
        elif step.kind in _MOVES:
            add(step.from_partner, Part.CUSTODIAN)
            if step.packages:
                add(step.to_partner, Part.CUSTODIAN)
    for decision in decisions:
        if decision.outcome in APPLIED:
            add(decision.declarant, Part.DECLARANT)
            if decision.assurance == Assurance.AUTHORITY_SIGNED:
                add(decision.by, Part.CUSTOMS)
            elif decision.by != decision.declarant:
                add(decision.by, Part.BROKER)
    return result


def held_since(state: int, decisions: Iterable[Decision]) -> int | None:
    """Since when customs hold the goods, by the times they claim; None where they do not, or the goods have ended.

    `decisions` in log order, those on ancestors until the goods parted before the shipment's own.
    """
    if state != ShipmentState.OPEN:
        return None
    since: dict[tuple[str, int], int] = {}
    for decision in decisions:
        pair = decision.jurisdiction, decision.regime
        if decision.outcome not in APPLIED:
            continue
        if decision.status in _HOLDS:
            since.setdefault(pair, decision.occurred_at)
        elif decision.status in _HOLD_ENDS:
            since.pop(pair, None)
    return min(since.values(), default=None)


def disputed_until(steps: Sequence[Step], parties: Iterable[int]) -> int | None:
    """Until when the last contested tender is disputed: 30 days from the block that recorded the contest, which one of
    `parties`, the consignor and the consignee, signed after a tender. None where none was contested."""
    tendered, until, contesting = False, None, set(parties)
    for step in steps:
        if step.outcome not in APPLIED or step.block_time is None:
            continue
        tendered = tendered or step.kind == "tender"
        if tendered and step.kind == "contest" and step.from_partner in contesting:
            until = step.block_time + DISPUTE
    return until


def stopped_at(state: int, ended_at: int | None, steps: Sequence[Step], report_lag: int) -> int | None:
    """When the promise was met or passed on: at the delivery as both signed it, but told within `report_lag`; or when
    the goods went on as others. None while they are under way, and where they ended otherwise: they are late for ever.
    """
    if state in _PASSED_ON or ended_at is None:
        return ended_at
    if state != ShipmentState.DELIVERED:
        return None
    last = next((step for step in reversed(steps) if step.kind in _MOVES and step.outcome in APPLIED), None)
    return ended_at if last is None else max(last.occurred_at, ended_at - report_lag)


def lineage_of(shipment: bytes, parent_of: Callable[[bytes], bytes | None]) -> tuple[bytes, ...]:
    """`shipment` and what it was split from or left behind by, the first ancestor first."""
    line = [shipment]
    while (parent := parent_of(line[-1])) is not None and parent not in line:
        line.append(parent)
    return tuple(reversed(line))


STATES: Mapping[str, ShipmentState] = {state.name.lower().replace("_", " "): state for state in ShipmentState}
"""The states in which a shipment has ended, and `open`, by their names in words."""
_MOVES = frozenset({"handoff", "override"})
_HOLDS = frozenset({ClearanceStatus.HELD, ClearanceStatus.SEIZED})
_HOLD_ENDS = frozenset({*RELEASES, ClearanceStatus.REFUSED, ClearanceStatus.DESTROYED})
_PASSED_ON = frozenset({ShipmentState.CLOSED_INTO_CHILDREN, ShipmentState.CLOSED_INTO_ONWARD})
