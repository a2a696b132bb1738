"""The short way for what customs do most: one procedure, perhaps presented, held once, released.

The hold is caused by nobody in particular, does not rest on a broker's word alone, and was neither endorsed nor
corrected: then it is one span of time. For whatever else customs do `plain_hold` answers None, and the general way
(`ledger.holds`, `ledger.score_broker`) decides.
"""

from typing import NamedTuple

from ledger.codes import Assurance, ClearanceStatus, Role
from ledger.journeys import Found, Journeys
from ledger.records import NOBODY, Clearance
from ledger.score_card import Indicator
from ledger.score_samples import DAY, Delivery, Period
from ledger.spans import Span, clip
from ledger.tallies import Books

_PRESENTED, _HELD, _RELEASED = (
    int(status) for status in (ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED)
)
_COURSES = ((_PRESENTED, _HELD, _RELEASED), (_HELD, _RELEASED))
_BROKER, _WORD = Role.BROKER, int(Assurance.BROKER_WORD)
_CLEAN, _RECORDS = (Indicator.RELEASED.value, ""), (Indicator.RECORDS.value, "")
_OVER_MEDIAN = Indicator.OVER_MEDIAN.value


class PlainHold(NamedTuple):
    """`steps` in order, the last one the release; `span` as it bears on the penalty."""

    steps: tuple[Found[Clearance], ...]
    span: Span

    @property
    def seconds(self) -> int:
        return self.span[1] - self.span[0]


def plain_hold(journeys: Journeys, said: list[Found[Clearance]], opened_at: int, until: int) -> PlainHold | None:
    """The hold that customs' records about a shipment, by sequence, amount to, between its opening and the stop of its
    clock; None when the general way decides.
    """
    first = said[0].record
    if tuple(step.record.status for step in said) not in _COURSES:
        return None
    before = 0
    for verified, record in said:
        if (
            record.occurredAt < before
            or record.jurisdiction != first.jurisdiction
            or record.regime != first.regime
            or record.causedBy != NOBODY
            or journeys.amendments(verified.id)
            or journeys.endorsements(verified.id)
        ):
            return None
        before = record.occurredAt
    held = said[-2].record
    if held.assurance == _WORD:
        return None
    return PlainHold(tuple(said), clip((held.occurredAt, min(before, until)), opened_at, until))


def count_hold(hold: PlainHold, period: Period, delivery: Delivery, books: Books) -> None:
    """Count the broker's samples of the procedure."""
    steps, released = hold.steps, hold.steps[-1]
    shelf = books.shelves[_BROKER]
    broker = next((step.record.declarant for step in steps if step.record.declarant != NOBODY), NOBODY)
    if broker != NOBODY and released.record.occurredAt in period:
        name, presented = released.verified.id, steps[0]
        shelf[broker][_CLEAN].extend((1, 1, (name,), delivery))
        if presented.record.status == _PRESENTED:
            seconds = released.record.occurredAt - presented.record.occurredAt
            office = f"{released.record.jurisdiction.decode('ascii', 'replace')}/{released.record.regime}"
            shelf[broker][_OVER_MEDIAN, office].extend((seconds, 0, (presented.verified.id, name), delivery))
    for verified, record in steps:
        known, by = verified.known, record.by
        if by == record.declarant and known in period:
            if len(record.items) > 1:
                if (_BROKER, by, verified.id) in books.once:
                    continue
                books.once.add((_BROKER, by, verified.id))
            shelf[by][_RECORDS].extend((int(known - record.occurredAt <= DAY), 1, (verified.id,), delivery))
