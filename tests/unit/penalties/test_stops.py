"""Attempts to stop the penalty's clock, or to keep it running, by what one party says or does alone.

A delivery eight days late owes 500,000 here; promised is the end of day 10.
"""

from typing import Any

import pytest

from ledger.codes import Purpose, Role, StatementKind
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Place
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.tenders import LOCKER as LOCKER_ROLE
from ledger.shipments.tenders import TenderState
from tests.unit.history import CARRIER, DAY, EIGHT_DAYS_COST, HOUR, LOCKER, MAKER, SALT, SECOND, SHOP, History

OWED = 500_000
ANYWHERE = Place(SALT, "", "", "", "the shop")
HAMBURG, ROTTERDAM = Place(SALT, "DE", "DEHAM", "", ""), Place(SALT, "NL", "NLRTM", "", "")
CLOSED = Withheld(bytes(32))
THIRD, DEPOT = 40, 41
WAREHOUSE = 1 << Role.WAREHOUSE


@pytest.fixture
def history() -> History:
    return History()


def opened(history: History, **terms: Any) -> bytes:
    return history.terms(destination=HAMBURG, **(EIGHT_DAYS_COST | terms))


def tendered(history: History, shipment: bytes, day: int, by: int = CARRIER, **more: Any) -> bytes:
    values: dict[str, Any] = {"counterparty": SHOP, "place": HAMBURG} | more
    return history.statement(StatementKind.TENDER, shipment, by, day * DAY, **values).id


def figure(history: History, shipment: bytes, day: int = 60) -> tuple[int, int]:
    """Owed and frozen, judged that day."""
    statement = penalty_of(shipment, history.records, day * DAY)
    return statement.amount, statement.frozen


def late_by_eight(history: History, shipment: bytes) -> None:
    history.handoff(shipment, CARRIER, SHOP, 18 * DAY)


# --- tenders ---------------------------------------------------------------------------------------------------------


def test_a_tender_that_nobody_contests_stops_the_clock_when_it_was_visible(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (0, 0)


def test_a_back_dated_tender_gains_nothing(history: History) -> None:
    """Logged 9.5 days back by a friendly operator: it counts from the block that recorded it, without reportLag."""
    shipment = opened(history)
    tendered(history, shipment, 9, known=9 * DAY, block_time=18 * DAY + 12 * HOUR)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (OWED, 0)


def test_a_false_tender_is_disputed_for_thirty_days_and_then_falls(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    assert figure(history, shipment, 41) == (0, OWED)
    assert figure(history, shipment, 42) == (0, OWED), "the last second of the dispute"
    assert figure(history, shipment, 43) == (OWED, 0)


def test_a_tender_is_disputed_while_it_can_be_contested(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    late_by_eight(history, shipment)
    assert figure(history, shipment, 13) == (0, OWED)
    assert figure(history, shipment, 14) == (0, 0)


def test_an_early_tender_counts_for_nothing(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 8)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (OWED, 0)
    assert penalty_of(shipment, history.records).portions[0].tenders[0].state is TenderState.EARLY
    in_time = opened(history)
    tendered(history, in_time, 9)
    late_by_eight(history, in_time)
    assert figure(history, in_time) == (0, 0)


def test_a_tender_elsewhere_counts_for_nothing(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10, place=ROTTERDAM)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (OWED, 0)


@pytest.mark.parametrize(
    ("destination", "place", "agrees"),
    [
        (Place(SALT, "DE", "DEHAM", "4006381333931", ""), Place(SALT, "DE", "DEHAM", "4006381333931", ""), True),
        (Place(SALT, "DE", "DEHAM", "4006381333931", ""), Place(SALT, "DE", "DEHAM", "4006381333948", ""), False),
        (Place(SALT, "DE", "DEHAM", "4006381333931", ""), Place(SALT, "DE", "DEHAM", "", ""), False),
        (Place(SALT, "DE", "", "", ""), Place(SALT, "DE", "DEBRV", "", ""), True),
        (ANYWHERE, ROTTERDAM, True),
    ],
)
def test_the_finest_code_that_the_terms_name_decides_where_a_tender_was(
    history: History, destination: Place, place: Place, agrees: bool
) -> None:
    shipment = history.terms(destination=destination, **EIGHT_DAYS_COST)
    tendered(history, shipment, 10, place=place)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == ((0, 0) if agrees else (OWED, 0))


@pytest.mark.parametrize(("destination", "place"), [(HAMBURG, CLOSED), (CLOSED, HAMBURG), (ANYWHERE, CLOSED)])
def test_a_hidden_tender_is_a_range_and_no_failure(history: History, destination: Any, place: Any) -> None:
    """A place that was closed or erased may hide that the tender was elsewhere."""
    shipment = history.terms(destination=destination, **EIGHT_DAYS_COST)
    tendered(history, shipment, 10, place=place)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (0, OWED)


def test_only_consignee_and_consignor_contest(history: History) -> None:
    for by, frozen in ((SHOP, OWED), (MAKER, OWED), (SECOND, 0)):
        shipment = opened(history)
        tendered(history, shipment, 10)
        history.statement(StatementKind.CONTEST, shipment, by, 12 * DAY)
        late_by_eight(history, shipment)
        assert figure(history, shipment, 20) == (0, frozen)


def test_a_contest_counts_when_it_was_visible_in_the_window(history: History) -> None:
    """A contest logged in time by the operator alone, and recorded too late, contests nothing."""
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY, known=12 * DAY, block_time=13 * DAY + 1)
    late_by_eight(history, shipment)
    assert figure(history, shipment, 20) == (0, 0)


def test_a_contest_answers_every_tender_of_its_sequence_before_it_and_none_after(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    tendered(history, shipment, 11)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (OWED, 0)
    tendered(history, shipment, 12, sequence=0)
    amount = 7_813 * 4
    assert figure(history, shipment) == (amount, 0), "two days late"
    states = [tender.state for tender in penalty_of(shipment, history.records, 60 * DAY).portions[0].tenders]
    assert states == [TenderState.FALLEN, TenderState.FALLEN, TenderState.STANDS]


def test_a_contest_answers_no_tender_of_a_later_block_whenever_it_became_visible(history: History) -> None:
    """On the embedded chain a record is visible once it is logged, which may turn the order of blocks around."""
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY, block_time=11 * DAY, own_clock=True)
    history.statement(
        StatementKind.TENDER, shipment, CARRIER, 11 * DAY, counterparty=SHOP, place=HAMBURG, own_clock=True
    )
    late_by_eight(history, shipment)
    first, second = penalty_of(shipment, history.records, 60 * DAY).portions[0].tenders
    assert (first.state, second.state) == (TenderState.FALLEN, TenderState.STANDS)


def test_a_tender_by_somebody_who_did_not_hold_the_goods_then_changes_nothing(history: History) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, SECOND, 5 * DAY)
    tendered(history, shipment, 10)
    history.handoff(shipment, SECOND, SHOP, 18 * DAY)
    assert figure(history, shipment) == (OWED, 0)


def test_a_third_that_bears_a_tender_out_upholds_it(history: History) -> None:
    shipment = opened(history)
    tender = tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    history.endorse(tender, THIRD, 30 * DAY, roles=WAREHOUSE)
    assert figure(history, shipment, 41) == (0, OWED)
    assert figure(history, shipment, 43) == (0, 0)


def test_a_third_that_bears_the_contest_out_as_well_decides_nothing(history: History) -> None:
    shipment = opened(history)
    tender = tendered(history, shipment, 10)
    contest = history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    history.endorse(tender, THIRD, 30 * DAY, roles=WAREHOUSE)
    history.endorse(contest.id, THIRD + 9, 31 * DAY, roles=1 << Role.AUDITOR)
    assert figure(history, shipment) == (OWED, 0)


@pytest.mark.parametrize(
    ("by", "roles", "day"),
    [(THIRD, 0, 30), (THIRD, WAREHOUSE, 43), (CARRIER, WAREHOUSE, 30), (SHOP, WAREHOUSE, 30), (SECOND, WAREHOUSE, 30)],
)
def test_no_party_late_comer_or_stranger_upholds_a_tender(history: History, by: int, roles: int, day: int) -> None:
    """The second carrier once held the goods; the last endorsement came after the dispute."""
    shipment = opened(history)
    history.handoff(shipment, CARRIER, SECOND, DAY)
    history.handoff(shipment, SECOND, CARRIER, 2 * DAY)
    tender = tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    history.endorse(tender, by, day * DAY, roles=roles)
    assert figure(history, shipment) == (OWED, 0)


def test_who_signed_something_else_of_the_shipment_is_no_third(history: History) -> None:
    shipment = opened(history)
    history.endorse(shipment, THIRD, DAY, roles=WAREHOUSE)
    tender = tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    late_by_eight(history, shipment)
    history.endorse(tender, THIRD, 30 * DAY, roles=WAREHOUSE)
    assert figure(history, shipment) == (OWED, 0)


def test_a_tender_on_the_way_is_void_once_the_goods_move_on(history: History) -> None:
    """Offered in Hamburg, nobody contests, and then they go to another carrier: nothing was offered for good."""
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.handoff(shipment, CARRIER, SECOND, 14 * DAY)
    history.handoff(shipment, SECOND, SHOP, 18 * DAY)
    assert figure(history, shipment) == (OWED, 0)


def test_a_tender_that_has_stood_for_thirty_days_is_not_undone(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.handoff(shipment, CARRIER, SECOND, 41 * DAY)
    history.handoff(shipment, SECOND, SHOP, 45 * DAY)
    assert figure(history, shipment) == (0, 0)


def test_a_tender_is_not_undone_by_a_move_that_was_back_dated_into_its_thirty_days(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.handoff(shipment, CARRIER, SECOND, 39 * DAY, known=41 * DAY)
    history.handoff(shipment, SECOND, SHOP, 45 * DAY)
    assert figure(history, shipment) == (0, 0)


# --- lockers ---------------------------------------------------------------------------------------------------------


def test_a_locker_visited_on_the_way_stops_nothing(history: History) -> None:
    """Dropped into a locker at the destination for two days, fetched again, and delivered late."""
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 8 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    history.handoff(shipment, LOCKER, CARRIER, 10 * DAY)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (OWED, 0)


def test_a_locker_elsewhere_or_one_that_the_consignor_filled_stops_nothing(history: History) -> None:
    elsewhere = opened(history)
    history.handoff(elsewhere, CARRIER, LOCKER, 9 * DAY, receiver_roles=LOCKER_ROLE, place=ROTTERDAM)
    by_maker = opened(history, holder=MAKER)
    history.handoff(by_maker, MAKER, LOCKER, 9 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    for shipment in (elsewhere, by_maker):
        assert figure(history, shipment, 18) == (OWED, 0)


def test_a_locker_at_the_destination_stops_the_clock_while_the_goods_stay(history: History) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 10 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    assert figure(history, shipment, 18) == (0, 0)
    assert penalty_of(shipment, history.records).delivered_at is None


@pytest.mark.parametrize(("known", "owed"), [(13 * DAY, 0), (13 * DAY - 1, OWED)])
def test_goods_that_lay_in_the_locker_for_the_window_were_there_by_visible_times(
    history: History, known: int, owed: int
) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 10 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    history.handoff(shipment, LOCKER, CARRIER, 14 * DAY, known=known)
    late_by_eight(history, shipment)
    assert figure(history, shipment) == (owed, 0)


def test_a_locker_at_a_closed_place_is_a_range(history: History) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 10 * DAY, receiver_roles=LOCKER_ROLE, place=CLOSED)
    history.handoff(shipment, LOCKER, SHOP, 18 * DAY)
    assert figure(history, shipment) == (0, OWED)


# --- later terms -----------------------------------------------------------------------------------------------------


def onward(history: History, shipment: bytes, day: int, **more: Any) -> bytes:
    values: dict[str, Any] = {"purpose": Purpose.ONWARD, "promisedAt": 90 * DAY, "consignor": MAKER} | more
    return history.terms(known=day * DAY, parents=[shipment], **values)


def test_onward_terms_that_neither_beneficiary_nor_consignee_signed_stop_nothing(history: History) -> None:
    shipment = opened(history)
    later = onward(history, shipment, 9)
    history.handoff(later, CARRIER, SHOP, 18 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.delivered_at) == (OWED, 18 * DAY)


def test_not_even_by_a_chain_of_terms_and_hands(history: History) -> None:
    shipment = opened(history)
    first = onward(history, shipment, 5)
    history.handoff(first, CARRIER, SECOND, 6 * DAY)
    second = onward(history, first, 7, holder=SECOND)
    history.handoff(second, SECOND, SHOP, 18 * DAY)
    assert figure(history, shipment) == (OWED, 0)


def test_later_terms_that_the_consignee_signed_stop_the_clock_at_their_known_time(history: History) -> None:
    shipment = opened(history)
    first = onward(history, shipment, 5)
    second = onward(history, first, 12, consignor=SHOP)
    history.handoff(second, CARRIER, SHOP, 18 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.stopped_at) == (7_813 * 4, 12 * DAY)
    stop = statement.portions[0].stop
    assert stop is not None
    assert stop.kind is StopKind.ONWARD


def test_goods_that_end_under_terms_that_do_not_count_run_to_the_end_of_accrual(history: History) -> None:
    shipment = opened(history, penaltyCap=10**9)
    later = onward(history, shipment, 9)
    history.statement(StatementKind.LOST, later, CARRIER, 11 * DAY)
    assert figure(history, shipment, 12) == (7_813 * 900, 0)


def test_merged_goods_count_as_spread_evenly_over_the_new_packages(history: History) -> None:
    """Two shipments become one of 20 packages, of which 5 come late by two days and 15 on time."""
    shipment, other = opened(history), opened(history)
    merged = history.terms(
        known=5 * DAY, parents=[shipment, other], purpose=Purpose.MERGE, packages=20, promisedAt=90 * DAY
    )
    rest = history.short(merged, CARRIER, SHOP, 9 * DAY, 15)
    history.handoff(rest, CARRIER, SHOP, 12 * DAY, packages=5)
    for parent in (shipment, other):
        assert figure(history, parent) == (7_813 * 4 // 4, 0)


def test_transformed_goods_run_to_the_end_of_accrual_unless_it_was_agreed(history: History) -> None:
    for by, owed in ((MAKER, 7_813 * 900), (SHOP, 0)):
        shipment = opened(history, penaltyCap=10**9)
        made = onward(history, shipment, 9, purpose=Purpose.TRANSFORMATION, consignor=by)
        history.handoff(made, CARRIER, SHOP, 10 * DAY)
        assert figure(history, shipment, 12) == (owed, 0)


def test_a_handoff_to_the_consignee_of_other_terms_is_no_delivery(history: History) -> None:
    shipment = opened(history)
    later = onward(history, shipment, 5, consignee=SECOND)
    history.handoff(later, CARRIER, SECOND, 6 * DAY)
    assert figure(history, shipment, 18) == (OWED, 0)


# --- ordinary days ---------------------------------------------------------------------------------------------------


def test_a_subcontractor_who_brings_goods_back_to_the_depot_keeps_its_tender(history: History) -> None:
    shipment = opened(history, holder=DEPOT)
    history.handoff(shipment, DEPOT, SECOND, 9 * DAY)
    tendered(history, shipment, 10, by=SECOND)
    history.handoff(shipment, SECOND, DEPOT, 11 * DAY)
    history.handoff(shipment, DEPOT, SECOND, 17 * DAY)
    history.handoff(shipment, SECOND, SHOP, 18 * DAY)
    assert figure(history, shipment) == (0, 0)


def test_a_tender_that_ends_in_a_locker_at_the_destination_or_in_a_return_stands(history: History) -> None:
    locked, returned = opened(history), opened(history)
    for shipment in (locked, returned):
        tendered(history, shipment, 10)
    history.handoff(locked, CARRIER, LOCKER, 12 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    back = onward(history, returned, 20, purpose=Purpose.RETURN, consignee=MAKER)
    history.handoff(back, CARRIER, MAKER, 25 * DAY)
    assert [figure(history, shipment) for shipment in (locked, returned)] == [(0, 0), (0, 0)]


def test_a_parcel_that_nobody_collects_from_the_right_locker_was_there(history: History) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 10 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    history.handoff(shipment, LOCKER, CARRIER, 20 * DAY)
    back = onward(history, shipment, 21, purpose=Purpose.RETURN, consignee=MAKER)
    history.handoff(back, CARRIER, MAKER, 25 * DAY)
    assert figure(history, shipment) == (0, 0)


def test_a_parcel_that_goes_into_a_return_from_the_locker_at_once_was_there(history: History) -> None:
    shipment = opened(history)
    history.handoff(shipment, CARRIER, LOCKER, 10 * DAY, receiver_roles=LOCKER_ROLE, place=HAMBURG)
    back = onward(history, shipment, 11, purpose=Purpose.RETURN, consignee=MAKER, holder=LOCKER)
    history.handoff(back, LOCKER, MAKER, 12 * DAY)
    assert figure(history, shipment) == (0, 0)


def test_a_delivery_tendered_on_a_sunday_and_made_on_monday_is_in_time(history: History) -> None:
    """Promised for Sunday, day 10, offered that day, shut; the contest of Thursday comes too late."""
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.handoff(shipment, CARRIER, SHOP, 11 * DAY)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 13 * DAY + 1, sequence=0)
    assert figure(history, shipment) == (0, 0)


def said(statement: PenaltyStatement) -> tuple[int, int, int]:
    return statement.amount, statement.amount_high, statement.frozen


def test_figures_say_when_they_were_judged_and_from_to(history: History) -> None:
    shipment = opened(history)
    tendered(history, shipment, 10)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 12 * DAY)
    statement = penalty_of(shipment, history.records, 18 * DAY)
    assert said(statement) == (0, OWED, OWED)
    assert statement.judged_at == 18 * DAY
    assert not statement.settled
