"""What suppliers, warehouses, brokers and customs did for one shipment: how long it took them, and whether it was good.

| role | time | fault |
|---|---|---|
| supplier | opening of the terms to the first handoff | not on time in full at its own delivery point |
| warehouse | taken in to passed on | passed on with a shortage or damage that is new |
| broker | presented to released, as in its score | not released without a hold or amendment of its own |
| customs | presented to released, both signed by customs itself | none is counted |

Times and faults of suppliers and brokers are those of scorecards (`ledger.scores.roles`), so nobody has to count twice.
A partner is a warehouse in what it took in with that role in force.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Role
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER, Period
from ledger.errors import NotFound
from ledger.network.contributions import processing_of, second_of
from ledger.network.lane_times import Lane, lane_of
from ledger.network.routes import route_of
from ledger.records.types import NOBODY
from ledger.scores.card import Indicator
from ledger.scores.incremental import may_change_until
from ledger.scores.roles.broker import at_office, broker_clearances, procedures_of
from ledger.scores.roles.supplier import supplier_delivery
from ledger.scores.samples import Case, Event, case_of, event_of, own_moves
from ledger.shipments.clock_stop import moved
from ledger.shipments.history import Journeys
from ledger.shipments.per_shipment import PerShipment


class Served(NamedTuple):
    """What `partner` did in one `event` for one shipment: `seconds` that it took, and `good` of 0 or 1; None where
    that is not known. `records`: those that say so.
    """

    role: Role
    partner: int
    event: Event
    seconds: int | None
    good: int | None
    records: tuple[RecordId, ...]


class ServedShipment(NamedTuple):
    """Everything that was done for a shipment of `lane`; it belongs to the period in which `second` lies."""

    lane: Lane
    second: int
    served: tuple[Served, ...]


class KeptServed:
    """Of all shipments, while journeys grow, as `ledger.network.contributions.KeptContributions`."""

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys
        self.kept = PerShipment(self._made)

    def of(self, shipment: bytes, at: int) -> ServedShipment | None:
        """As judged at `at`; None where a part that the figures need is withheld here."""
        return self.kept.of(shipment, at)

    def _made(self, shipment: bytes, at: int | None) -> tuple[ServedShipment | None, int]:
        case = case_of(self._journeys, shipment, Period(0, FOREVER, at or 0))
        if case is None:
            return None, 0
        try:
            served = tuple(one for role in ROLES.values() for one in role(case))
        except NotFound:
            return None, 0
        split = case.portion.split
        until = max(may_change_until(case), split.record.occurredAt if split is not None else 0)
        return ServedShipment(lane_of(route_of(case)), second_of(case), served), until


def _suppliers(case: Case) -> Iterator[Served]:
    supplier = case.terms.consignor
    for sample in supplier_delivery(case):
        if sample.indicator is Indicator.ON_TIME_IN_FULL:
            yield Served(Role.SUPPLIER, supplier, sample.delivery.event, None, sample.good, sample.records)
    if (processing := processing_of(case)) is not None:
        yield Served(Role.SUPPLIER, supplier, case.delivery.event, processing.seconds, None, (processing.record,))


def _warehouses(case: Case) -> Iterator[Served]:
    """Each handoff under exactly this id by who had taken the goods in as a warehouse."""
    moves = [move for move in case.portion.moves if not move.refused and move.handoff is not None]
    bad = {move.verified.id for move, new in own_moves(case.portion) if new}
    for taken, passed in pairwise(moves):
        partner = taken.receiver
        if passed.shipment != case.shipment or passed.releaser != partner or partner in case.outsiders:
            continue
        if not taken.verified.roles_of(partner) >> Role.WAREHOUSE & 1:
            continue
        came, left = (moved(case.journeys, move, case.force.commercial).at for move in (taken, passed))
        event = event_of(case.terms, partner, passed.receiver, left)
        records = (taken.verified.id, passed.verified.id)
        good = int(passed.verified.id not in bad)
        yield Served(Role.WAREHOUSE, partner, event, max(0, left - came), good, records)


def _brokers(case: Case) -> Iterator[Served]:
    for sample in broker_clearances(case):
        timed = sample.indicator is Indicator.OVER_MEDIAN
        seconds, good = (sample.good, None) if timed else (None, sample.good)
        yield Served(Role.BROKER, sample.partner, sample.delivery.event, seconds, good, sample.records)


def _customs(case: Case) -> Iterator[Served]:
    """Of each procedure the last presentation before the first release, where customs itself signed both."""
    lag = case.force.commercial.reportLag
    for steps in procedures_of(case.journeys, case.shipment).values():
        presented = None
        for step in (one for one in steps if one.record.assurance == Assurance.AUTHORITY_SIGNED):
            if step.record.status == ClearanceStatus.PRESENTED:
                presented = step
            elif step.record.status in RELEASES:
                if presented is not None and presented.record.by == step.record.by != NOBODY:
                    event = at_office(case.delivery, step.record.by, steps[0], lag).event
                    seconds = max(0, step.record.occurredAt - presented.record.occurredAt)
                    records = (presented.verified.id, step.verified.id)
                    yield Served(Role.CUSTOMS, step.record.by, event, seconds, None, records)
                break


ROLES: Mapping[Role, Callable[[Case], Iterator[Served]]] = {
    Role.SUPPLIER: _suppliers,
    Role.WAREHOUSE: _warehouses,
    Role.BROKER: _brokers,
    Role.CUSTOMS: _customs,
}
