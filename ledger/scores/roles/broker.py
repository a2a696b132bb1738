"""What a broker's indicators count: clearances without its own faults, and how long they took.

Who signed a status on its word is the broker in it; where customs signed, who declared. The consignor, the consignee
and who has custody then are parties, not brokers: one that lodges its own declaration takes nobody's procedure over.
"""

from collections.abc import Iterator, Sequence

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Role
from ledger.common.periods import DAY
from ledger.records.types import NOBODY, Clearance
from ledger.scores.card import Indicator
from ledger.scores.samples import ANY_SEQUENCE, Case, Delivery, Event, Sample
from ledger.shipments.clock_stop import counted
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

Pair = tuple[bytes, int]

_DENIED = {ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED}


def broker_clearances(case: Case) -> Iterator[Sample]:
    """Procedures released without a hold or amendment of the broker's own making, and how long they took.

    A procedure is one jurisdiction and regime of one shipment. `OVER_MEDIAN` samples carry seconds from presented to
    released in `good`; what they are due is the office's median, filled in later.
    """
    for pair, steps in procedures_of(case.journeys, case.shipment).items():
        yield from _procedure(case, case.shipment, steps, office_of(pair))


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


def broker_in(journeys: Journeys, shipment: bytes, step: Found[Clearance]) -> int:
    """Who was the broker in this status of a clearance of `shipment`; 0: nobody, or a party to the shipment."""
    record = step.record
    broker = record.declarant if record.assurance == Assurance.AUTHORITY_SIGNED else record.by
    terms, said = journeys.terms_of(shipment).record, step.verified.place
    moves = journeys.moves(shipment)
    until = next((move.sequence for move in moves if move.verified.place > said), ANY_SEQUENCE)
    parties = terms.consignor, terms.consignee, journeys.holder_at(shipment, until)
    return NOBODY if broker in parties else broker


def broker_of(journeys: Journeys, shipment: bytes, steps: Sequence[Found[Clearance]]) -> int:
    """The broker of a procedure, the first that customs names, else the first that signed; 0: there was none."""
    named = sorted(steps, key=lambda step: step.record.assurance != Assurance.AUTHORITY_SIGNED)
    brokers = (broker_in(journeys, shipment, step) for step in named)
    return next((broker for broker in brokers if broker != NOBODY), NOBODY)


def at_office(delivery: Delivery, broker: int, first: Found[Clearance], report_lag: int) -> Delivery:
    """`delivery` as samples of a broker count: by broker, pair and the day of the procedure's first status."""
    record = first.record
    at = counted(record.occurredAt, first.verified.known, report_lag)
    office = office_of((record.jurisdiction, record.regime))
    return delivery._replace(event=Event(broker, NOBODY, b"", office, at // DAY), closed=False)


def _procedure(case: Case, shipment: bytes, steps: list[Found[Clearance]], office: str) -> Iterator[Sample]:
    """One that is still open is due once a fault of the broker's own holds it up; else nobody can say that it is."""
    broker = broker_of(case.journeys, shipment, steps)
    closing = next((s for s in steps if s.record.status in RELEASES or _denied(case.journeys, s, broker)), None)
    faults = [
        s
        for s in steps
        if _held_by(case.journeys, s, broker)
        or (s.record.status == ClearanceStatus.AMENDED and broker_in(case.journeys, shipment, s) == broker)
    ]
    decided = closing or next(iter(faults), None)
    lag = case.force.commercial.reportLag
    if broker == NOBODY or decided is None or _at(decided, lag) not in case.period:
        return
    released = closing is not None and closing.record.status in RELEASES
    records = tuple(dict.fromkeys((decided.verified.id, *(fault.verified.id for fault in faults))))
    role, delivery = Role.BROKER, at_office(case.delivery, broker, steps[0], lag)
    yield Sample(role, broker, Indicator.RELEASED, int(released and not faults), 1, records, delivery)
    borne = [s for s in steps if _bears(case.journeys, s, broker)]
    presented = next((s for s in borne if s.record.status == ClearanceStatus.PRESENTED), None)
    if closing in borne and released and presented is not None:
        seconds = max(0, _at(closing, lag) - _at(presented, lag))
        records = (presented.verified.id, closing.verified.id)
        yield Sample(role, broker, Indicator.OVER_MEDIAN, seconds, 0, records, delivery, office)


def _held_by(journeys: Journeys, step: Found[Clearance], broker: int) -> bool:
    own = step.record.status == ClearanceStatus.HELD and step.record.causedBy == broker
    return own and _bears(journeys, step, broker)


def _denied(journeys: Journeys, step: Found[Clearance], broker: int) -> bool:
    return step.record.status in _DENIED and _bears(journeys, step, broker)


def _bears(journeys: Journeys, step: Found[Clearance], broker: int) -> bool:
    """Whether a status counts against `broker`: customs signed it themselves, or the broker did (below assurance 3 both
    `by` and `declarant` sign), or endorsed it. Otherwise a rival and one party could put blame on it.
    """
    record = step.record
    if record.assurance == Assurance.AUTHORITY_SIGNED or broker in (record.by, record.declarant):
        return True
    return any(one.record.by == broker for one in journeys.endorsements(step.verified.id))


def _at(step: Found[Clearance], report_lag: int) -> int:
    """When it was: as customs itself says, or as a broker does within `report_lag`, who else would choose how fast it
    was, and in which period its fault fell.
    """
    record, known = step.record, step.verified.known
    if record.assurance == Assurance.AUTHORITY_SIGNED:
        return record.occurredAt
    return counted(record.occurredAt, known, report_lag)
