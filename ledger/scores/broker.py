"""What a broker's indicators count: clearances without its own faults, and how long they took."""

from collections.abc import Iterator

from ledger.codes import RELEASES, ClearanceStatus, Role
from ledger.records.types import NOBODY, Clearance
from ledger.scores.card import Indicator
from ledger.scores.samples import Case, Sample
from ledger.shipments.history import Found

_DENIED = {ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED}


def broker_clearances(case: Case) -> Iterator[Sample]:
    """Procedures released without a hold or amendment of the broker's own making, and how long they took.

    A procedure is one jurisdiction and regime of one shipment; its broker is the declarant. `OVER_MEDIAN` samples
    carry seconds from presented to released in `good`; what they are due is the office's median, filled in later.
    """
    for portion in case.portions.values():
        procedures: dict[tuple[bytes, int], list[Found[Clearance]]] = {}
        for match in case.journeys.clearances(portion.shipment):
            procedures.setdefault((match.record.jurisdiction, match.record.regime), []).append(match)
        for (jurisdiction, regime), steps in procedures.items():
            yield from _procedure(case, steps, f"{jurisdiction.decode('ascii', 'replace')}/{regime}")


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
    role, delivery = Role.BROKER, case.delivery
    yield Sample(role, broker, Indicator.RELEASED, int(released and not faults), 1, records, delivery)
    presented = next((s for s in steps if s.record.status == ClearanceStatus.PRESENTED), None)
    if closing is not None and released and presented is not None:
        seconds = max(0, closing.record.occurredAt - presented.record.occurredAt)
        records = (presented.verified.id, closing.verified.id)
        yield Sample(role, broker, Indicator.OVER_MEDIAN, seconds, 0, records, delivery, office)
