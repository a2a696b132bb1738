"""Stock from custody at any second: who holds which goods, where, since when, and to whom they are due.

Nobody counts: what a partner has is what both sides signed over to it and it has not passed on. `ledger.stock.courses`
says at which second goods move. Quantities are those that terms and splits state; where only packages say how goods
were parted they are spread evenly, and not exact. What is asked of a second in the past is answered by all that is
known now, later corrections included.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.figure import Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.errors import NotFound
from ledger.provenance.contents import Contents, Line
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.history import Journeys
from ledger.stock.contents import contents
from ledger.stock.courses import Course, Location, Step, courses, location_of

Stores = Callable[[int], bool]
"""Whether a partner keeps goods, as a warehouse or a shop does, rather than carrying them."""


class HoldingState(StrEnum):
    """Where goods are on their way. `on_hand`: with their consignee, or with somebody who keeps goods. `in_transit`:
    with anybody else. `missing`: a short receipt left them behind, and nobody says that it has them.
    """

    ON_HAND = "on_hand"
    IN_TRANSIT = "in_transit"
    MISSING = "missing"


@figure(
    "shipment", "holder", "place", "packages", "state", "goods", "closed", "since", "made_at", "consignor", "consignee",
    "destination", "due_at", "records",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Holding:
    """What `holder` has under one shipment.

    `since`: when it got them; `made_at`: when these goods came to be, or were first recorded. `place`: where it got
    them, as the record `placed_by` says. `consignee` is 0 for a consumer. `due_at`: the last second on time at the
    consignee, grace included; None where the consignee has them, nothing was promised, or prices are withheld. `goods`,
    `closed`: as `Contents`, and closed too where a correction is withheld. `sources`: the terms and splits that state
    the goods. `records`: the opening, and what brought the goods to the holder.
    """

    shipment: RecordId
    holder: PartnerId
    place: Location | None
    packages: int
    goods: tuple[Line, ...]
    closed: bool
    since: Seconds
    made_at: Seconds
    consignee: PartnerId
    due_at: Seconds | None
    state: HoldingState
    records: tuple[RecordId, ...]
    consignor: PartnerId
    destination: Location | None
    placed_by: RecordId | None
    sources: tuple[RecordId, ...]

    @property
    def delivered(self) -> bool:
        """Whether the consignee has them."""
        return self.holder == self.consignee

    @property
    def on_its_way(self) -> bool:
        """Whether a partner waits for it: what is missing is with nobody who could bring it."""
        return not self.delivered and self.consignee != NOBODY and self.state is not HoldingState.MISSING

    @property
    def terms(self) -> RecordId:
        return self.records[0]


class Stock:
    """All courses and contents at once, asked at as many times as wanted."""

    def __init__(self, journeys: Journeys) -> None:
        self.journeys = journeys
        self.courses = courses(journeys)
        self.contents = contents(journeys, self.courses)
        self._papers: dict[RecordId, VerifiedRecord] = {}

    def paper(self, record: RecordId) -> VerifiedRecord:
        """What a holding names: the terms, the handoff, the override or the split with this id."""
        if (terms := self.journeys.terms.get(record)) is not None:
            return terms.verified
        if not self._papers:
            for shipment in self.courses:
                self._papers |= {move.verified.id: move.verified for move in self.journeys.moves(shipment)}
                if (split := self.journeys.split_of(shipment)) is not None:
                    self._papers[split.verified.id] = split.verified
        return self._papers[record]

    def at(
        self, second: int, stores: Stores, wanted: Callable[[ShipmentTerms, int], bool] | None = None
    ) -> Iterator[Holding]:
        """What every partner holds at `second` (UTC), parents before what came of them; consumers hold no stock.
        `wanted`: which are asked for, by their terms and their holder.
        """
        for shipment, course in self.courses.items():
            step = course.at(second)
            if step is None or step.holder == NOBODY:
                continue
            if wanted is None or wanted(self.journeys.terms_of(shipment).record, step.holder):
                yield self._holding(RecordId(shipment), course, step, (second, stores))

    def _holding(self, shipment: RecordId, course: Course, step: Step, asked: tuple[int, Stores]) -> Holding:
        verified, terms = self.journeys.terms_of(shipment)
        arrived = step.holder == terms.consignee
        goods: Contents = self.contents[shipment].part(step.share)
        return Holding(
            shipment=shipment,
            holder=PartnerId(step.holder),
            place=step.place,
            packages=step.packages,
            goods=goods.lines,
            closed=goods.closed or course.closed,
            since=step.since,
            made_at=course.made_at,
            consignee=PartnerId(terms.consignee),
            due_at=None if arrived else self._due_at(shipment),
            state=_state(course, step, arrived, asked),
            records=(verified.id, step.record) if step.record != verified.id else (verified.id,),
            consignor=PartnerId(terms.consignor),
            destination=location_of(terms.destination),
            placed_by=step.placed_by,
            sources=goods.sources,
        )

    def _due_at(self, shipment: bytes) -> int | None:
        try:
            commercial = terms_in_force(self.journeys, shipment).commercial
        except NotFound:
            return None
        return commercial.promisedAt + commercial.grace if commercial.promisedAt else None


def stock_at(journeys: Journeys, at: int, stores: Stores) -> tuple[Holding, ...]:
    """What every partner holds at `at` (UTC seconds). Whoever asks more than once keeps a `Stock`."""
    return tuple(Stock(journeys).at(at, stores))


def _state(course: Course, step: Step, arrived: bool, asked: tuple[int, Stores]) -> HoldingState:
    second, stores = asked
    left_behind = course.remainder and step is course.steps[0]
    if left_behind and (course.found_at is None or course.found_at > second):
        return HoldingState.MISSING
    return HoldingState.ON_HAND if arrived or stores(step.holder) else HoldingState.IN_TRANSIT
