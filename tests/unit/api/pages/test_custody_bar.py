"""The custody bar: everything lies on its axis, in order, and says no more than it was given."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.api.pages.shipment.custody_bar import STRETCH, THIN, WHOLE, Axis, Kind, Picture, Row, axis_of, picture
from ledger.codes import ClearanceStatus, StatementKind
from ledger.penalties.statement import penalty_of
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.course.spans import HeldView, StayView
from tests.unit.history import CARRIER, CUSTOMS, DAY, MAKER, SECOND, SHOP, US_IMPORT, History

NAMES = [PartnerName(number, f"Partner {number}") for number in range(1, 9)]
TIME = st.integers(0, 2**40 - 1)


def stays(*times: int, ended: bool = False) -> list[StayView]:
    """One after another from each of `times`; the last goes on, or with `ended` ends at the last of them."""
    ends: list[int | None] = [*times[1:], *([] if ended else [None])]
    return [StayView(NAMES[i % 8], since, until, 10) for i, (since, until) in enumerate(zip(times, ends, strict=False))]


@pytest.mark.parametrize(
    ("times", "promise", "end", "beyond"),
    [
        ((0, 10 * DAY), 0, 10 * DAY, False),
        ((0, 10 * DAY), 20 * DAY, 20 * DAY, False),
        ((0, 10 * DAY), 5 * DAY, 10 * DAY, False),
        ((0, 10 * DAY), (STRETCH + 1) * 10 * DAY, (STRETCH + 1) * 10 * DAY, False),
        ((0, 10 * DAY), 2**40 - 1, (STRETCH + 1) * 10 * DAY, True),
        ((7, 7), 0, 8, False),
    ],
    ids=["none", "ahead", "passed", "as far as it goes", "too far", "no time has passed"],
)
def test_the_axis_holds_all_times_and_a_promise_that_is_not_too_far(
    times: tuple[int, ...], promise: int, end: int, beyond: bool
) -> None:
    axis, found = axis_of(times, promise)
    assert (axis, found) == (Axis(min(times), end), beyond)


@given(st.lists(TIME, min_size=1), TIME, st.lists(st.tuples(TIME, TIME), max_size=5))
def test_whatever_signers_say_every_bar_lies_on_the_axis(
    times: list[int], now: int, held: list[tuple[int, int]]
) -> None:
    holds = [HeldView("CN", "import", "risk", min(span), max(span)) for span in held]
    found = picture(stays(*sorted(times)), holds, None, 0, now)
    assert found is not None
    assert found.start < found.end
    assert len(found.bars) == len(times) + len(held)
    for bar in found.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WHOLE
        assert bar.width >= THIN
    places = [bar.x for bar in found.row(Row.CUSTODY)]
    assert places == sorted(places)
    assert all(0 <= mark.x <= WHOLE for mark in found.marks)


def test_a_holder_keeps_its_number_when_goods_come_back() -> None:
    line = [StayView(NAMES[0], 0, 10, 5), StayView(NAMES[1], 10, 20, 5), StayView(NAMES[0], 20, 30, 5)]
    found = picture(line, [], None, 0, 30)
    assert found is not None
    assert [bar.number for bar in found.row(Row.CUSTODY)] == [1, 2, 1]
    assert [(holder.number, holder.partner) for holder in found.holders] == [(1, NAMES[0]), (2, NAMES[1])]
    assert [mark.kind for mark in found.marks] == [], "what has ended has no now"


def test_nobody_has_had_it() -> None:
    assert picture([], [], None, 0, 10) is None


# --- the clock -------------------------------------------------------------------------------------------------------


def drawn(history: History, shipment: bytes, now: int, *, stays_at: tuple[int, ...], **more: Any) -> Picture:
    statement = penalty_of(shipment, history.records, now)
    (line,) = statement.portions
    found = picture(stays(*stays_at, **more), [], line, statement.opened_at, now)
    assert found is not None
    return found


def test_late_goods_ran_on_time_until_the_promise_and_late_from_there() -> None:
    history = History()
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 13 * DAY)
    found = drawn(history, shipment, 20 * DAY, stays_at=(0, 13 * DAY), ended=True)
    assert [(bar.kind, bar.start, bar.end, bar.open) for bar in found.row(Row.CLOCK)] == [
        (Kind.IN_TIME, 0, 10 * DAY, False),
        (Kind.LATE, 10 * DAY, 13 * DAY, False),
    ]
    assert [(mark.kind, mark.at) for mark in found.marks] == [("promise", 10 * DAY), ("stop", 13 * DAY)]


def test_a_clock_that_runs_is_drawn_as_going_on() -> None:
    history = History()
    shipment = history.terms()
    early, late = (drawn(history, shipment, day * DAY, stays_at=(0,)) for day in (4, 12))
    assert [(bar.kind, bar.open) for bar in early.row(Row.CLOCK)] == [(Kind.IN_TIME, True)]
    assert [(bar.kind, bar.open) for bar in late.row(Row.CLOCK)] == [(Kind.IN_TIME, False), (Kind.LATE, True)]
    assert [mark.kind for mark in early.marks] == ["promise", "now"]


def test_a_hold_that_is_taken_out_lies_over_the_clock_and_one_that_is_not_does_not() -> None:
    for caused_by, kinds in ((MAKER, [Kind.IN_TIME, Kind.LATE, Kind.TAKEN_OUT]), (CARRIER, [Kind.IN_TIME, Kind.LATE])):
        history = History()
        shipment = history.terms(requires=[US_IMPORT])
        history.clearance(ClearanceStatus.HELD, shipment, 9 * DAY, by=CUSTOMS, caused_by=caused_by)
        history.clearance(ClearanceStatus.RELEASED, shipment, 12 * DAY, by=CUSTOMS)
        history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
        found = drawn(history, shipment, 20 * DAY, stays_at=(0, 14 * DAY), ended=True)
        assert [bar.kind for bar in found.row(Row.CLOCK)] == kinds


def test_a_tender_is_marked_by_what_became_of_it() -> None:
    history = History()
    shipment = history.terms()
    history.statement(StatementKind.TENDER, shipment, CARRIER, 10 * DAY, counterparty=SHOP)
    assert "open" in [mark.kind for mark in drawn(history, shipment, 11 * DAY, stays_at=(0,)).marks]
    assert "stands" in [mark.kind for mark in drawn(history, shipment, 30 * DAY, stays_at=(0,)).marks]
    early = History()
    shipment = early.terms()
    early.statement(StatementKind.TENDER, shipment, CARRIER, DAY, counterparty=SHOP)
    assert "fell" in [mark.kind for mark in drawn(early, shipment, 30 * DAY, stays_at=(0,)).marks]


def test_without_a_promise_there_is_no_clock() -> None:
    history = History()
    shipment = history.terms(promisedAt=0)
    history.handoff(shipment, CARRIER, SECOND, 3 * DAY)
    found = drawn(history, shipment, 20 * DAY, stays_at=(0, 3 * DAY))
    assert found.row(Row.CLOCK) == ()
    assert [mark.kind for mark in found.marks] == ["now"]
