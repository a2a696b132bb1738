"""What a broker's indicators count: clearances without its own faults, and how long they took."""

from collections.abc import Iterator

from ledger.codes import RELEASES, ClearanceStatus, Role
from ledger.common.periods import DAY
from ledger.records.types import NOBODY, Clearance
from ledger.scores.card import Indicator
from ledger.scores.samples import Case, Delivery, Event, Sample
from ledger.shipments.clock_stop import counted
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

Pair = tuple[bytes, int]

_DENIED = {ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED}


def broker_clearances(case: Case) -> Iterator[Sample]:
    """Procedures released without a hold or amendment of the broker's own making, and how long they took.

    A procedure is one jurisdiction and regime of one shipment; its broker is the declarant. `OVER_MEDIAN` samples
    carry seconds from presented to released in `good`; what they are due is the office's median, filled in later.
    """
    for portion in case.portions.values():
        for pair, steps in procedures_of(case.journeys, portion.shipment).items():
            yield from _procedure(case, steps, office_of(pair))


def procedures_of(journeys: Journeys, shipment: bytes) -> dict[Pair, list[Found[Clearance]]]:
    """The clearances of exactly this shipment id by jurisdiction and regime, each by sequence."""
    procedures: dict[Pair, list[Found[Clearance]]] = {}
    for match in journeys.clearances(shipment):
        procedures.setdefault((match.record.jurisdiction, match.record.regime), []).append(match)
    return procedures


def office_of(pair: Pair) -> str:
    """The name of the office that a jurisdiction and regime are: `CN/1`."""
    jurisdiction, regime = pair
    return f"{jurisdiction.decode('ascii', 'replace')}/{regime}"


def at_office(delivery: Delivery, declarant: int, first: Found[Clearance], report_lag: int) -> Delivery:
    """`delivery` as samples of a broker count: by declarant, pair and the day of the procedure's first status."""
    record = first.record
    at = counted(record.occurredAt, first.verified.known, report_lag)
    office = office_of((record.jurisdiction, record.regime))
    return delivery._replace(event=Event(declarant, NOBODY, b"", office, at // DAY), closed=False)


def _procedure(case: Case, steps: list[Found[Clearance]], office: str) -> Iterator[Sample]:
    """One that is still open is due once a fault of the broker's own holds it up; else nobody can say that it is."""
    broker = next((s.record.declarant for s in steps if s.record.declarant != NOBODY), NOBODY)
    closing = next((s for s in steps if s.record.status in RELEASES | _DENIED), None)
    faults = [
        s
        for s in steps
        if (s.record.status == ClearanceStatus.HELD and s.record.causedBy == broker)
        or (s.record.status == ClearanceStatus.AMENDED and s.record.by == broker)
    ]
    decided = closing or next(iter(faults), None)
    if broker == NOBODY or decided is None or decided.record.occurredAt not in case.period:
        return
    released = closing is not None and closing.record.status in RELEASES
    records = tuple(dict.fromkeys((decided.verified.id, *(fault.verified.id for fault in faults))))
    role, delivery = Role.BROKER, at_office(case.delivery, broker, steps[0], case.force.commercial.reportLag)
    yield Sample(role, broker, Indicator.RELEASED, int(released and not faults), 1, records, delivery)
    presented = next((s for s in steps if s.record.status == ClearanceStatus.PRESENTED), None)
    if closing is not None and released and presented is not None:
        seconds = max(0, closing.record.occurredAt - presented.record.occurredAt)
        records = (presented.verified.id, closing.verified.id)
        yield Sample(role, broker, Indicator.OVER_MEDIAN, seconds, 0, records, delivery, office)
