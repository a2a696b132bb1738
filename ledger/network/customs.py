"""What customs did to a shipment: seconds under hold by cause and office, and procedures that went through at once."""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.codes import RELEASES, ClearanceStatus, HoldCause
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER
from ledger.common.spans import Span, measure
from ledger.penalties.lateness import beyond_accrual, lateness_of
from ledger.scores.samples import Case
from ledger.shipments.amendments import corrected
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part

_STUMBLES = {
    ClearanceStatus.HELD,
    ClearanceStatus.REFUSED,
    ClearanceStatus.AMENDED,
    ClearanceStatus.SEIZED,
    ClearanceStatus.DESTROYED,
}


class Office(NamedTuple):
    """Who holds goods: a jurisdiction (two letters) under a regime (`ledger.codes.Regime`)."""

    jurisdiction: str
    regime: int


class Holds(NamedTuple):
    """Seconds under hold: of each cause, of each office and cause, and of any; with the records that held."""

    by_cause: Mapping[HoldCause, int]
    by_office: Mapping[tuple[Office, HoldCause], int]
    seconds: int
    evidence: tuple[RecordId, ...]


def holds_of(case: Case) -> Holds:
    """Each second once a cause, and once an office and cause: until goods part at the parent, from then on at each
    child.
    """
    spans: dict[HoldCause, list[Span]] = {}
    at_office: dict[tuple[Office, HoldCause], list[Span]] = {}
    evidence: dict[RecordId, None] = {}
    lines, portion = [line for line in case.lines if line.shipment == case.shipment], case.portion
    if not lines and portion.split is not None and case.statement.part_of is None:
        at = min(case.period.at, portion.split.record.occurredAt)
        line = lateness_of(case.journeys, Part(portion), case.terms, case.opened_at, case.force, at)
        lines = [beyond_accrual(case.journeys, line, case.terms, case.opened_at, at)]
    parted = case.journeys.origins.get(case.shipment)
    begun = parted.occurred_at if parted is not None else 0
    for line in lines:
        for held in line.holds:
            cause = HoldCause(held.hold.cause) if held.hold.cause in set(HoldCause) else HoldCause.UNKNOWN
            span = max(begun, held.span[0]), held.span[1]
            spans.setdefault(cause, []).append(span)
            at_office.setdefault((Office(held.jurisdiction, held.hold.regime), cause), []).append(span)
            evidence[held.hold.held.id] = None
    return Holds(
        {cause: measure(found, 0, FOREVER) for cause, found in spans.items()},
        {key: measure(found, 0, FOREVER) for key, found in at_office.items()},
        measure((span for found in spans.values() for span in found), 0, FOREVER),
        tuple(evidence),
    )


def procedures_of(case: Case) -> tuple[bool, ...]:
    """Of each customs procedure that began with this shipment and is due, whether it was released at the first time.
    One that was not over when the goods were split is over when it is for all of them.

    Due is what was released, stumbled or came to an end without a release, and what nobody released though the goods
    have arrived, ended or are overdue.
    """
    begun = {(c.record.jurisdiction, c.record.regime) for c in case.journeys.clearances(case.shipment)}
    above = {
        (c.record.jurisdiction, c.record.regime)
        for ancestor, origin in case.portion.path
        if origin is not None
        for c in case.journeys.clearances(ancestor)
    }
    overdue = case.statement.promised > 0 and case.t0 < case.period.at
    over = overdue or any(line.stop or line.ending for line in case.lines)
    outcomes = [_outcome(case.journeys, case.shipment, pair) for pair in sorted(begun - above)]
    return tuple(released and clean for released, clean in outcomes if released or not clean or over)


def _outcome(journeys: Journeys, shipment: bytes, pair: tuple[bytes, int]) -> tuple[bool, bool]:
    """Whether customs released all these goods, and whether nothing went wrong before that."""
    steps = [
        corrected(journeys, match)[0]
        for match in journeys.clearances(shipment)
        if (match.record.jurisdiction, match.record.regime) == pair
    ]
    for step in sorted(steps, key=lambda step: step.occurredAt):
        if step.status in RELEASES:
            return True, True
        if step.status in _STUMBLES:
            return any(later.status in RELEASES for later in steps), False
    parts = [_outcome(journeys, child, pair) for child in journeys.children(shipment)]
    return bool(parts) and all(released for released, _ in parts), all(clean for _, clean in parts)
