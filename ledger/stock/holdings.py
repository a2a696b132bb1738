"""Stock from custody at any second: who holds which goods, where, since when, and to whom they are due.

Nobody counts: what a partner has is what both sides signed over to it and it has not passed on. `ledger.stock.courses`
says at which second goods move. Quantities are those that terms and splits state; where only packages say how goods
were parted they are spread evenly, and not exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.figure import Seconds
from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.records.types import NOBODY
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.history import Journeys
from ledger.stock.contents import Contents, Line, contents
from ledger.stock.courses import Course, Location, Step, courses

Stores = Callable[[int], bool]
"""Whether a partner keeps goods, as a warehouse or a shop does, rather than carrying them."""


class HoldingState(StrEnum):
    """Where goods are on their way. `missing`: a short receipt left them behind, and nobody says that it has them."""

    ON_HAND = "on_hand"
    IN_TRANSIT = "in_transit"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Holding:
    """What `holder` has under one shipment. `since`: when it got them; `made_at`: when these goods came to be, or were
    first recorded. `consignee` is 0 for a consumer. `due_at`: the last second on time at the consignee, grace included;
    None where the consignee has them, or prices are withheld. `records`: the opening, and what brought them to the
    holder.
    """

    shipment: RecordId
    holder: int
    place: Location | None
    packages: int
    goods: tuple[Line, ...]
    closed: bool
    since: Seconds
    made_at: Seconds
    consignee: int
    due_at: Seconds | None
    state: HoldingState
    records: tuple[RecordId, ...]


class Stock:
    """All courses and contents at once, asked at as many times as wanted."""

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys
        self.courses = courses(journeys)
        self.contents = contents(journeys, self.courses)

    def at(self, second: int, stores: Stores) -> Iterator[Holding]:
        """What every partner holds at `second` (UTC), parents before what came of them; consumers hold no stock."""
        for shipment, course in self.courses.items():
            step = course.at(second)
            if step is not None and step.holder != NOBODY:
                yield self._holding(RecordId(shipment), course, step, (second, stores))

    def _holding(self, shipment: RecordId, course: Course, step: Step, asked: tuple[int, Stores]) -> Holding:
        terms = self._journeys.terms_of(shipment)
        consignee = terms.record.consignee
        arrived = step.holder == consignee
        goods: Contents = self.contents[shipment].part(step.packages, course.steps[0].packages)
        return Holding(
            shipment=shipment,
            holder=step.holder,
            place=step.place,
            packages=step.packages,
            goods=goods.lines,
            closed=goods.closed,
            since=step.at,
            made_at=course.made_at,
            consignee=consignee,
            due_at=None if arrived else self._due_at(shipment),
            state=_state(course, step, arrived, asked),
            records=tuple(dict.fromkeys((terms.verified.id, step.record))),
        )

    def _due_at(self, shipment: bytes) -> int | None:
        try:
            commercial = terms_in_force(self._journeys, shipment).commercial
        except NotFound:
            return None
        return commercial.promisedAt + commercial.grace


def _state(course: Course, step: Step, arrived: bool, asked: tuple[int, Stores]) -> HoldingState:
    second, stores = asked
    first = step is course.steps[0]
    if course.remainder and first and (course.found_at is None or course.found_at > second):
        return HoldingState.MISSING
    if arrived or (first and not course.remainder) or stores(step.holder):
        return HoldingState.ON_HAND
    return HoldingState.IN_TRANSIT
