"""Each rule of the delay penalty, stated in words and shown on a small case.

α is 100 a day², promised is the end of day 10, the cap 10,000, the carrier owes the shop: so n days late cost 100·n².
"""

from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, HoldCause, Outcome, Purpose, StatementKind
from ledger.common.figure import to_json
from ledger.errors import NotFound
from ledger.explain.penalties.penalty import explain
from ledger.penalties.lateness import HoldReason
from ledger.penalties.recourse import apportion
from ledger.penalties.statement import penalties, penalty_of
from ledger.records.evidence import CheckpointTimes
from ledger.records.types import NOBODY
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.default_terms import default_terms
from ledger.shipments.history import Journeys
from ledger.shipments.tenders import LOCKER as LOCKER_ROLE
from tests.unit.history import (
    BROKER,
    CARRIER,
    DAY,
    HOUR,
    LOCKER,
    MAKER,
    SECOND,
    SHOP,
    UNLIMITED,
    US_IMPORT,
    History,
)


@pytest.fixture
def history() -> History:
    return History()


def delivered(history: History, day: int, **terms: Any) -> bytes:
    """A shipment that goes straight from the carrier to the shop on that day."""
    shipment = history.terms(**terms)
    history.handoff(shipment, CARRIER, SHOP, day * DAY)
    return shipment


def hold(history: History, shipment: bytes, held: int, released: int | None, **more: Any) -> VerifiedRecord:
    """A hold in days."""
    record = history.clearance(ClearanceStatus.HELD, shipment, held * DAY, **more)
    if released is not None:
        history.clearance(ClearanceStatus.RELEASED, shipment, released * DAY)
    return record


# --- the promise -----------------------------------------------------------------------------------------------------


def test_the_promise_is_the_last_second_on_time(history: History) -> None:
    on_time = history.terms()
    history.handoff(on_time, CARRIER, SHOP, 10 * DAY)
    second_late = history.terms(alpha=DAY * DAY)
    history.handoff(second_late, CARRIER, SHOP, 10 * DAY + 1)
    assert penalty_of(on_time, history.records).amount == 0
    assert penalty_of(second_late, history.records).late_seconds == 1
    assert penalty_of(second_late, history.records).amount == 1


def test_the_penalty_grows_with_the_square_of_the_days_late(history: History) -> None:
    assert [penalty_of(delivered(history, 10 + n), history.records).amount for n in range(5)] == [
        0,
        100,
        400,
        900,
        1600,
    ]


def test_grace_is_added_to_the_promise(history: History) -> None:
    statement = penalty_of(delivered(history, 14, grace=DAY), history.records)
    assert (statement.promised_at, statement.late_seconds, statement.amount) == (11 * DAY, 3 * DAY, 900)


def test_the_amount_is_rounded_down(history: History) -> None:
    shipment = history.terms(alpha=1)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY - 1)
    assert penalty_of(shipment, history.records).amount == 3  # (2 days − 1 s)² = 3.99995 days²


def test_no_more_than_the_cap_is_owed(history: History) -> None:
    statement = penalty_of(delivered(history, 22), history.records)
    assert (statement.uncapped, statement.amount) == (14_400, 10_000)


def test_accrual_stops_at_lost_after(history: History) -> None:
    statement = penalty_of(delivered(history, 40, lostAfter=5 * DAY), history.records)
    assert (statement.late_seconds, statement.amount) == (5 * DAY, 2500)


def test_a_promise_of_nothing_is_never_late(history: History) -> None:
    assert penalty_of(delivered(history, 30, promisedAt=0), history.records).amount == 0


def test_default_terms_reach_the_cap_after_ten_days() -> None:
    """Cap: the smaller of freight and 10 % of value; α is a hundredth of it."""
    assert (default_terms(1_000_000, 30_000).penalty_cap, default_terms(1_000_000, 30_000).alpha) == (30_000, 300)
    assert default_terms(100_000, 30_000).penalty_cap == 10_000


# --- the counted time ------------------------------------------------------------------------------------------------


def test_back_dating_gains_nothing_beyond_the_report_lag(history: History) -> None:
    """Counted is the later of the claimed time and known − reportLag."""
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 10 * DAY, known=14 * DAY)
    statement = penalty_of(shipment, history.records)
    assert statement.delivered_at == statement.stopped_at == 13 * DAY


def test_an_unlimited_report_lag_counts_the_claimed_time(history: History) -> None:
    shipment = history.terms(reportLag=UNLIMITED)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY, known=4000 * DAY)
    assert penalty_of(shipment, history.records).amount == 400


def test_known_is_the_earlier_of_logged_and_block_time(history: History) -> None:
    shipment = history.terms(reportLag=0)
    history.handoff(shipment, CARRIER, SHOP, 11 * DAY)
    late_block = history.records[-1]
    facts = late_block.facts
    assert late_block.known == min(facts.logged_at, facts.block_time or 0)


def test_only_what_the_chain_applied_counts(history: History) -> None:
    shipment = history.terms()
    for outcome in (Outcome.STALE, Outcome.NOT_HELD, Outcome.AHEAD, Outcome.COUNT):
        history.handoff(shipment, CARRIER, SHOP, 11 * DAY, outcome=outcome)
    assert penalty_of(shipment, history.records).delivered_at is None
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY, outcome=Outcome.APPLIED_IN_BREACH)
    assert penalty_of(shipment, history.records).amount == 400


def test_a_handoff_to_somebody_on_the_way_is_no_delivery(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SECOND, 9 * DAY)
    assert penalty_of(shipment, history.records, at=12 * DAY).amount == 400


def test_an_override_is_never_counted_as_a_delivery(history: History) -> None:
    shipment = history.terms()
    history.override(shipment, CARRIER, SHOP, 9 * DAY)
    assert penalty_of(shipment, history.records, at=12 * DAY).amount == 400


# --- clocks that stop without delivery -------------------------------------------------------------------------------


def test_a_counter_signed_refusal_stops_the_clock(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY, packages=0)
    history.handoff(shipment, CARRIER, SHOP, 19 * DAY)
    statement = penalty_of(shipment, history.records)
    assert statement.amount == 400
    assert statement.portions[0].stop is not None
    assert statement.portions[0].stop.kind is StopKind.REFUSAL


def test_a_refusal_by_somebody_on_the_way_does_not(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SECOND, 9 * DAY, packages=0)
    history.handoff(shipment, CARRIER, SHOP, 13 * DAY)
    assert penalty_of(shipment, history.records).amount == 900


def test_a_lockers_receipt_stops_the_clock(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, LOCKER, 11 * DAY, receiver_roles=LOCKER_ROLE)
    history.handoff(shipment, LOCKER, SHOP, 19 * DAY)
    assert penalty_of(shipment, history.records).amount == 100


def test_a_locker_on_the_way_is_a_leg_and_no_delivery(history: History) -> None:
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, LOCKER, 1 * DAY, receiver_roles=LOCKER_ROLE)
    history.handoff(shipment, LOCKER, CARRIER, 2 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    assert penalty_of(shipment, history.records).amount == 400


def test_a_tender_that_nobody_contests_stops_the_clock(history: History) -> None:
    shipment = history.terms()
    history.statement(StatementKind.TENDER, shipment, CARRIER, 11 * DAY, counterparty=SHOP)
    history.handoff(shipment, CARRIER, SHOP, 19 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.late_seconds) == (100, DAY)


def test_later_terms_that_the_consignee_endorsed_stop_the_clock_at_their_opening(history: History) -> None:
    shipment = history.terms()
    onward = history.terms(known=12 * DAY, parents=[shipment], purpose=Purpose.ONWARD, promisedAt=20 * DAY)
    history.handoff(onward, CARRIER, SHOP, 21 * DAY)
    history.endorse(onward, SHOP, 12 * DAY)
    assert penalty_of(shipment, history.records).amount == 400
    assert penalty_of(onward, history.records).amount == 100


@pytest.mark.parametrize("stopped_by", [kind for kind in StopKind if kind is not StopKind.DELIVERY])
def test_what_stops_the_clock_without_a_delivery_delivers_nothing(history: History, stopped_by: StopKind) -> None:
    """A statement says when the clock stopped, and when goods were delivered only if both sides signed for that."""
    shipment = history.terms()
    match stopped_by:
        case StopKind.LOCKER:
            history.handoff(shipment, CARRIER, LOCKER, 11 * DAY, receiver_roles=LOCKER_ROLE)
        case StopKind.REFUSAL:
            history.handoff(shipment, CARRIER, SHOP, 11 * DAY, packages=0)
        case StopKind.TENDER:
            history.statement(StatementKind.TENDER, shipment, CARRIER, 11 * DAY, counterparty=SHOP)
        case StopKind.ONWARD:
            onward = history.terms(known=11 * DAY, parents=[shipment], purpose=Purpose.ONWARD, promisedAt=20 * DAY)
            history.endorse(onward, SHOP, 11 * DAY)
    statement = penalty_of(shipment, history.records)
    stop = statement.portions[0].stop
    assert stop is not None
    assert stop.kind is stopped_by
    assert (statement.stopped_at, statement.delivered_at) == (11 * DAY, None)
    assert (to_json(statement)["stopped_at"], to_json(statement)["delivered_at"]) == (11 * DAY, None)


def test_a_replacement_does_not_stop_the_clock_of_what_it_replaces(history: History) -> None:
    shipment = history.terms()
    history.statement(StatementKind.LOST, shipment, CARRIER, 11 * DAY)
    history.terms(known=12 * DAY, parents=[shipment], purpose=Purpose.REPLACEMENT)
    assert penalty_of(shipment, history.records).amount == 10_000


# --- never delivered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [StatementKind.LOST, StatementKind.LEFT, StatementKind.DESTROYED, StatementKind.ABANDONED]
)
def test_goods_that_end_undelivered_cost_up_to_the_cap(history: History, kind: StatementKind) -> None:
    shipment = history.terms()
    history.statement(kind, shipment, CARRIER, 5 * DAY, counterparty=MAKER)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.settled) == (10_000, True)


def test_goods_under_way_are_judged_at_the_time_that_is_passed_in(history: History) -> None:
    shipment = history.terms()
    assert [penalty_of(shipment, history.records, at=day * DAY).amount for day in (9, 11, 12, 60)] == [
        0,
        100,
        400,
        10_000,
    ]
    assert not penalty_of(shipment, history.records, at=12 * DAY).settled
    assert penalty_of(shipment, history.records).amount == 0


# --- customs ---------------------------------------------------------------------------------------------------------


def test_a_hold_that_the_liable_partner_did_not_cause_is_taken_out(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, 5)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.customs_seconds, statement.late_seconds, statement.amount) == (2 * DAY, 2 * DAY, 400)


def test_a_hold_that_the_liable_partner_caused_is_not(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, 5, caused_by=CARRIER, cause=HoldCause.DOCUMENTS)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.customs_seconds, statement.amount) == (0, 1600)
    assert statement.portions[0].holds[0].reason is HoldReason.CAUSED_BY_LIABLE


def test_a_hold_that_somebody_else_caused_is_taken_out(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, 5, caused_by=BROKER, cause=HoldCause.DOCUMENTS)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).amount == 400


def test_overlapping_holds_count_once(history: History) -> None:
    """The union of the intervals, over jurisdictions and regimes."""
    shipment = history.terms(requires=[US_IMPORT, replace(US_IMPORT, jurisdiction=b"MX")])
    history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY, jurisdiction=b"US")
    history.clearance(ClearanceStatus.HELD, shipment, 4 * DAY, jurisdiction=b"MX")
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY, jurisdiction=b"US")
    history.clearance(ClearanceStatus.RELEASED, shipment, 6 * DAY, jurisdiction=b"MX")
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 3 * DAY


def test_a_hold_before_arrival_excuses_nothing(history: History) -> None:
    """It counts from the later of held and presented."""
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.HELD, shipment, 1 * DAY)
    history.clearance(ClearanceStatus.PRESENTED, shipment, 4 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == DAY


def test_where_nothing_says_presented_a_hold_counts_from_held(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 1, 5)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 4 * DAY


def test_goods_released_before_they_were_presented_were_not_held(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 1, 3)
    history.clearance(ClearanceStatus.PRESENTED, shipment, 4 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 0


def test_an_open_hold_ends_when_the_clock_stops(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 9, None)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.customs_seconds, statement.late_seconds) == (5 * DAY, 0)


def test_a_hold_before_the_opening_is_clipped_to_it(history: History) -> None:
    shipment = history.terms(known=4 * DAY, requires=[US_IMPORT])
    hold(history, shipment, 3, 5)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == DAY


def test_inspection_and_amendment_do_not_end_a_hold(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, None)
    history.clearance(ClearanceStatus.INSPECTED, shipment, 4 * DAY)
    history.clearance(ClearanceStatus.AMENDED, shipment, 5 * DAY)
    history.clearance(ClearanceStatus.RELEASED_WITH_CONDITIONS, shipment, 6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 3 * DAY


def test_a_hold_after_release_counts_again(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 1, 2)
    hold(history, shipment, 5, 8)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 4 * DAY


def test_holds_count_by_when_they_occurred_not_by_when_they_were_logged(history: History) -> None:
    """Held on day 3 but told after the release of day 5: two days, not all the days until delivery."""
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
    history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY, known=6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 20 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.customs_seconds, statement.late_seconds) == (2 * DAY, 8 * DAY)
    assert [line.hold.end for line in statement.portions[0].holds] == [5 * DAY]


def test_a_corrected_time_decides_which_release_ends_a_hold(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
    held = history.clearance(ClearanceStatus.HELD, shipment, 6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == 8 * DAY
    history.amend(held.id, AmendmentKind.CORRECTION, {"occurredAt": 4 * DAY}, held.signers, 15 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == DAY


def test_a_release_in_the_second_of_the_hold_ends_it_only_if_it_came_after(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
    history.clearance(ClearanceStatus.HELD, shipment, 5 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).customs_seconds == DAY


def test_a_brokers_word_counts_once_the_beneficiary_endorsed_it(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    held = hold(history, shipment, 3, 5, assurance=Assurance.BROKER_WORD)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records).amount == 1600
    history.endorse(held.id, CARRIER, 15 * DAY)
    assert penalty_of(shipment, history.records).amount == 1600
    endorsement = history.endorse(held.id, SHOP, 15 * DAY)
    statement = penalty_of(shipment, history.records)
    assert statement.amount == 400
    assert endorsement.id in statement.evidence


# --- who owes --------------------------------------------------------------------------------------------------------


def test_a_penalty_is_indicative_until_the_liable_partner_signed_or_endorsed_the_terms(history: History) -> None:
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, SHOP, 12 * DAY)
    assert penalty_of(shipment, history.records).indicative
    history.endorse(shipment, SHOP, 12 * DAY)
    assert penalty_of(shipment, history.records).indicative
    history.endorse(shipment, CARRIER, 13 * DAY)
    statement = penalty_of(shipment, history.records)
    assert not statement.indicative
    assert (statement.liable, statement.beneficiary) == (CARRIER, SHOP)


def test_who_signed_the_terms_is_bound(history: History) -> None:
    assert not penalty_of(delivered(history, 12), history.records).indicative
    assert penalty_of(delivered(history, 12, liable=NOBODY), history.records).indicative


def test_each_leg_answers_for_its_overrun(history: History) -> None:
    """The maker passes on at once; the carrier is one day over its deadline, the second carrier three."""
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY, due=4 * DAY)
    history.handoff(shipment, CARRIER, SECOND, 5 * DAY, due=9 * DAY)
    history.handoff(shipment, SECOND, SHOP, 12 * DAY)
    statement = penalty_of(shipment, history.records)
    assert [(leg.partner, leg.overrun_seconds, leg.amount) for leg in statement.legs] == [
        (CARRIER, DAY, 100),
        (SECOND, 3 * DAY, 300),
    ]
    assert statement.stays_with_liable == 0


@pytest.mark.parametrize(("told", "amounts"), [(6 * DAY, [400, 0]), (6 * DAY + 1, [100, 300]), (40 * DAY, [100, 300])])
def test_two_who_work_together_move_no_deadline_once_they_know_who_overran(
    history: History, told: int, amounts: list[int]
) -> None:
    """Releaser and receiver sign a leg's deadline and may correct it within the report lag; later a third pays."""
    shipment = history.terms(holder=MAKER, liable=MAKER)
    history.handoff(shipment, MAKER, SECOND, 1 * DAY, due=4 * DAY)
    leg = history.handoff(shipment, SECOND, CARRIER, 5 * DAY, due=9 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    history.amend(leg.id, AmendmentKind.CORRECTION, {"dueAt": 12 * DAY}, (SECOND, CARRIER), told)
    legs = penalty_of(shipment, history.records).legs
    assert [leg.amount for leg in legs] == amounts


def test_a_leg_is_net_of_customs(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.handoff(shipment, CARRIER, SECOND, 1 * DAY, due=8 * DAY)
    hold(history, shipment, 3, 5)
    history.handoff(shipment, SECOND, SHOP, 13 * DAY)
    (leg,) = penalty_of(shipment, history.records).legs
    assert (leg.customs_seconds, leg.overrun_seconds, leg.amount) == (2 * DAY, 3 * DAY, 100)


def test_a_hold_that_the_liable_partner_caused_is_nobody_elses_overrun(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.handoff(shipment, CARRIER, SECOND, 1 * DAY, due=10 * DAY)
    hold(history, shipment, 3, 5, caused_by=CARRIER)
    history.handoff(shipment, SECOND, SHOP, 12 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.legs[0].overrun_seconds, statement.stays_with_liable) == (400, 0, 400)


def test_without_any_overrun_the_penalty_stays_with_the_liable_partner(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SECOND, 1 * DAY, due=12 * DAY)
    history.handoff(shipment, SECOND, SHOP, 12 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.amount, statement.legs[0].amount, statement.stays_with_liable) == (400, 0, 400)


def test_the_split_over_legs_is_by_largest_remainder_and_ties_go_to_the_earlier_leg() -> None:
    assert apportion(10, [1, 1, 1]) == (4, 3, 3)
    assert apportion(5, [3, 3]) == (3, 2)
    assert apportion(100, [0, 2, 1]) == (0, 67, 33)
    assert apportion(7, [0, 0]) == (0, 0)


# --- goods that part -------------------------------------------------------------------------------------------------


def test_a_short_delivery_counts_its_part_and_the_remainder_runs_on(history: History) -> None:
    """Six of ten come two days late, four never: 0.6 · 400 and 0.4 · 100 · 30²."""
    shipment = history.terms(penaltyCap=10**9)
    remainder = history.short(shipment, CARRIER, SHOP, 12 * DAY, 6)
    assert penalty_of(shipment, history.records).amount == 240
    assert penalty_of(shipment, history.records, at=13 * DAY).amount == 240 + 360
    history.statement(StatementKind.LOST, remainder, CARRIER, 20 * DAY)
    assert penalty_of(shipment, history.records).amount == 240 + 36_000


def test_a_remainder_that_is_delivered_later_counts_its_own_days(history: History) -> None:
    shipment = history.terms()
    remainder = history.short(shipment, CARRIER, SHOP, 12 * DAY, 6)
    history.handoff(remainder, CARRIER, SHOP, 15 * DAY, packages=4)
    statement = penalty_of(shipment, history.records)
    assert statement.amount == (6 * 400 + 4 * 2500) // 10
    assert penalty_of(remainder, history.records) == statement


def test_partial_deliveries_are_rounded_down_once(history: History) -> None:
    shipment = history.terms(alpha=1, packages=3)
    remainder = history.short(shipment, CARRIER, SHOP, 11 * DAY, 1)
    history.handoff(remainder, CARRIER, SHOP, 11 * DAY, packages=2)
    assert penalty_of(shipment, history.records).amount == 1


def test_children_of_a_split_are_one_family_with_one_floor(history: History) -> None:
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [3, 7])
    history.handoff(first, CARRIER, SHOP, 12 * DAY, packages=3)
    history.handoff(second, CARRIER, SHOP, 40 * DAY, packages=7)
    assert penalty_of(first, history.records).amount == 120
    assert (penalty_of(second, history.records).cap, penalty_of(second, history.records).amount) == (7000, 7000)
    whole = penalty_of(shipment, history.records)
    assert (whole.amount, whole.children) == (7120, (first, second))
    assert [line.amount for line in whole.portions] == [120, 7000]
    assert [statement.amount for statement in penalties(Journeys(history.records))] == [7120], "counted once"


def test_a_split_after_delivery_leaves_the_penalty_where_it_was(history: History) -> None:
    shipment = delivered(history, 12)
    children = history.split(shipment, SHOP, 13 * DAY, [5, 5])
    assert penalty_of(shipment, history.records).amount == 400
    assert [penalty_of(child, history.records).amount for child in children] == [0, 0]
    assert penalty_of(children[0], history.records).part_of == shipment


def test_an_ancestors_open_hold_runs_until_the_childs_release(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, None)
    first, second = history.split(shipment, CARRIER, 4 * DAY, [5, 5])
    history.clearance(ClearanceStatus.RELEASED, first, 6 * DAY)
    for child in (first, second):
        history.handoff(child, CARRIER, SHOP, 15 * DAY, packages=5)
    assert penalty_of(first, history.records).customs_seconds == 3 * DAY
    assert penalty_of(second, history.records).customs_seconds == 12 * DAY


def test_every_package_is_counted_once(history: History) -> None:
    shipment = history.terms(packages=12)
    remainder = history.short(shipment, CARRIER, SECOND, 2 * DAY, 10)
    first, second = history.split(shipment, SECOND, 3 * DAY, [4, 6])
    left = history.short(second, SECOND, SHOP, 12 * DAY, 5)
    history.handoff(first, SECOND, SHOP, 12 * DAY, packages=4)
    history.handoff(remainder, CARRIER, SHOP, 12 * DAY, packages=2)
    history.handoff(left, SECOND, SHOP, 12 * DAY, packages=1)
    (statement,) = penalties(Journeys(history.records))
    assert statement.uncapped == statement.amount == 400
    assert [line.amount for line in statement.portions] == [133, 167, 33, 67]  # of 400: 4/12, 5/12, 1/12 and 2/12


# --- amendments ------------------------------------------------------------------------------------------------------


def test_agreed_relief_is_taken_out(history: History) -> None:
    shipment = delivered(history, 14)
    relief = {"periods": [{"from": 11 * DAY, "until": 13 * DAY}]}
    history.amend(shipment, AmendmentKind.RELIEF, relief, (MAKER, CARRIER, SHOP), 15 * DAY)
    statement = penalty_of(shipment, history.records)
    assert (statement.portions[0].relief_seconds, statement.amount) == (2 * DAY, 400)


def test_relief_and_customs_do_not_count_the_same_second_twice(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 10, 12)
    history.handoff(shipment, CARRIER, SHOP, 15 * DAY)
    relief = {"periods": [{"from": 11 * DAY, "until": 13 * DAY}]}
    history.amend(shipment, AmendmentKind.RELIEF, relief, (MAKER, CARRIER, SHOP), 16 * DAY)
    assert penalty_of(shipment, history.records).late_seconds == 2 * DAY


def test_relief_that_the_beneficiary_did_not_sign_changes_nothing(history: History) -> None:
    shipment = delivered(history, 14)
    history.amend(shipment, AmendmentKind.RELIEF, {"seconds": 3 * DAY}, (MAKER, CARRIER), 15 * DAY)
    statement = penalty_of(shipment, history.records)
    assert statement.amount == 1600
    assert len(statement.remarks) == 1


def test_new_terms_count_from_the_newest_amendment(history: History) -> None:
    shipment = delivered(history, 14)
    signers = (MAKER, CARRIER, SHOP)
    first = history.amend(
        shipment, AmendmentKind.TERMS, {"commercial": {"promisedAt": 12 * DAY, "alpha": "50"}}, signers, 15 * DAY
    )
    assert penalty_of(shipment, history.records).amount == 200
    history.amend(shipment, AmendmentKind.TERMS, {"commercial": {"alpha": "10"}}, signers, 16 * DAY, first.id)
    assert penalty_of(shipment, history.records).amount == 40


def test_an_amendment_that_does_not_follow_the_newest_stands_aside(history: History) -> None:
    shipment = delivered(history, 14)
    signers = (MAKER, CARRIER, SHOP)
    history.amend(shipment, AmendmentKind.TERMS, {"commercial": {"alpha": "50"}}, signers, 15 * DAY)
    history.amend(shipment, AmendmentKind.TERMS, {"commercial": {"alpha": "1"}}, signers, 16 * DAY)
    assert penalty_of(shipment, history.records).amount == 800


def test_who_is_liable_cannot_be_amended(history: History) -> None:
    shipment = delivered(history, 14)
    changes = {"commercial": {"liable": SECOND}}
    history.amend(shipment, AmendmentKind.TERMS, changes, (MAKER, CARRIER, SHOP), 15 * DAY)
    assert penalty_of(shipment, history.records).liable == CARRIER


def test_a_corrected_time_counts(history: History) -> None:
    shipment = history.terms()
    handoff = history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    history.amend(handoff.id, AmendmentKind.CORRECTION, {"occurredAt": 13 * DAY + HOUR}, (CARRIER, SHOP), 14 * DAY)
    assert penalty_of(shipment, history.records).delivered_at == 13 * DAY + HOUR


def test_a_correction_never_changes_who_got_what(history: History) -> None:
    shipment = history.terms()
    handoff = history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    history.amend(handoff.id, AmendmentKind.CORRECTION, {"receiver": SECOND}, (CARRIER, SHOP), 14 * DAY)
    assert penalty_of(shipment, history.records).delivered_at == 14 * DAY


# --- knowledge and evidence ------------------------------------------------------------------------------------------


def test_a_figure_is_as_known_at_a_size_of_the_log(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, 5)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    amounts = [
        penalty_of(shipment, list(as_known_at(history.records, n, CheckpointTimes())), at=14 * DAY).amount
        for n in range(1, 5)
    ]
    assert amounts == [1600, 0, 400, 400]


def test_a_statement_names_the_records_it_rests_on(history: History) -> None:
    other = delivered(history, 20)
    shipment = history.terms(requires=[US_IMPORT])
    held = hold(history, shipment, 3, 5)
    handoff = history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    evidence = penalty_of(shipment, history.records).evidence
    assert evidence[0] == shipment
    assert {held.id, handoff.id} <= set(evidence)
    assert other not in evidence
    assert len(evidence) == len(set(evidence)) == 4


def test_the_order_in_which_records_arrive_changes_nothing(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    hold(history, shipment, 3, 5)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert penalty_of(shipment, history.records[::-1]) == penalty_of(shipment, history.records)
    assert penalty_of(shipment, history.records * 2) == penalty_of(shipment, history.records)


def test_unknown_terms_and_withheld_terms_give_no_figure(history: History) -> None:
    with pytest.raises(NotFound, match="no applied terms"):
        penalty_of(bytes(32), history.records)
    pending = history.terms(applied=False)
    with pytest.raises(NotFound, match="no applied terms"):
        penalty_of(pending, history.records)


def test_words_and_json_tell_the_same_story(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.handoff(shipment, CARRIER, SECOND, 1 * DAY, due=8 * DAY)
    hold(history, shipment, 3, 5)
    hold(history, shipment, 6, 7, caused_by=CARRIER)
    history.handoff(shipment, SECOND, SHOP, 14 * DAY)
    statement = penalty_of(shipment, history.records)
    text = "\n".join(explain(statement))
    for words in (
        "taken out, not caused by the liable",
        "not taken out, caused by the liable",
        "owes partner 5 4.00 EUR",
    ):
        assert words in text
    data = to_json(statement)
    assert data["amount"] == 400
    assert sum(leg["amount"] for leg in data["legs"]) + data["stays_with_liable"] == data["amount"]
    assert data["evidence"] == ["0x" + record_id.hex() for record_id in statement.evidence]


def test_amounts_over_48_bits_are_decimal_strings_in_json(history: History) -> None:
    shipment = delivered(history, 12, alpha=10**20, penaltyCap=10**30)
    found = to_json(penalty_of(shipment, history.records))
    assert (found["alpha"], found["cap"], found["amount"]) == (str(10**20), str(10**30), str(4 * 10**20))
    assert found["late_seconds"] == 2 * DAY, "narrow ones stay numbers"
