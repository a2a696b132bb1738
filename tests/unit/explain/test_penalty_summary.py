"""A penalty in a sentence, and where goods stand, on small cases: who owes what, why, and what may still change it.

α is 100 a day², promised is the end of day 10 (1970-01-11 00:00:00 UTC), the carrier owes the shop.
"""

import pytest

from ledger.codes import ClearanceStatus, StatementKind
from ledger.explain.penalties.penalty_summary import gist, standing
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.shipments.history import Journeys
from ledger.shipments.status import ShipmentStatus, status_of
from ledger.shipments.tenders import LOCKER as LOCKER_ROLE
from tests.unit.history import BROKER, CARRIER, DAY, LOCKER, SECOND, SHOP, US_IMPORT, History

OWES = f"Partner {CARRIER} owes partner {SHOP}"


@pytest.fixture
def history() -> History:
    return History()


def stated(history: History, shipment: bytes, at: int | None = None) -> PenaltyStatement:
    return penalty_of(shipment, history.records, at)


def where(history: History, shipment: bytes) -> ShipmentStatus:
    return status_of(Journeys(history.records), shipment)


def test_a_late_delivery_says_when_it_came_and_when_it_was_due(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    said = gist(stated(history, shipment))
    assert said.startswith(f"{OWES} 4.00 EUR, because the goods arrived on 1970-01-13 00:00:00 UTC, 2 days ")
    assert "after the last second on time (1970-01-11 00:00:00 UTC)" in said


def test_in_time_is_said_plainly(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    assert gist(stated(history, shipment)).startswith(
        "Nothing is owed: the goods arrived on 1970-01-10 00:00:00 UTC, in"
    )


def test_what_customs_took_out_is_told_with_what_is_left(history: History) -> None:
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.HELD, shipment, 9 * DAY, caused_by=BROKER)
    history.clearance(ClearanceStatus.RELEASED, shipment, 10 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 13 * DAY)
    said = gist(stated(history, shipment))
    assert "3 days after the last second on time" in said
    assert "1 day of customs holds that the liable partner did not cause taken out, 2 days count" in said


def test_the_most_that_terms_allow_is_said_to_be_that(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SHOP, 25 * DAY)
    assert "100.00 EUR, the most that the terms allow, because" in gist(stated(history, shipment))


def test_a_running_clock_says_how_far_it_can_go(history: History) -> None:
    shipment = history.terms()
    early, late = stated(history, shipment, 5 * DAY), stated(history, shipment, 12 * DAY)
    assert gist(early).startswith("Nothing is owed so far: the goods have not arrived, and are due by 1970-01-11")
    assert gist(late).startswith(f"{OWES} 4.00 EUR, because the goods have not arrived, 2 days after")
    assert standing(late)[0].startswith(
        "The clock is running: what is owed grows until the goods arrive, to 100.00 EUR"
    )


def test_goods_that_are_lost_cost_what_the_end_of_accrual_costs_at_once(history: History) -> None:
    shipment = history.terms(penaltyCap=1_000_000)
    history.statement(StatementKind.LOST, shipment, CARRIER, 2 * DAY)
    for day in (5, 12, 40):
        statement = stated(history, shipment, day * DAY)
        assert gist(statement).startswith(f"{OWES} 900.00 EUR, because the goods never arrived (lost)")
        assert not any("grows" in sentence for sentence in standing(statement))


def test_what_cannot_grow_any_more_is_not_said_to_grow(history: History) -> None:
    """At the most that the terms allow, and after the end of accrual, goods under way or lost change nothing."""
    capped, accrued = history.terms(), history.terms(penaltyCap=1_000_000)
    for shipment, at in ((capped, 25 * DAY), (accrued, 41 * DAY)):
        statement = stated(history, shipment, at)
        assert statement.amount
        assert not any("grows" in sentence for sentence in standing(statement))


def test_goods_that_never_arrived_and_those_that_parted_are_told_apart(history: History) -> None:
    shipment = history.terms()
    remainder = history.short(shipment, CARRIER, SHOP, 12 * DAY, 6)
    history.statement(StatementKind.DESTROYED, remainder, CARRIER, 13 * DAY, counterparty=SHOP)
    said = gist(stated(history, shipment))
    assert "because 4 of the packages never arrived (destroyed), and the clock ran on for 30 days" in said
    assert "The goods went in 2 portions" in said
    halves = history.terms()
    history.split(halves, CARRIER, 2 * DAY, [5, 5])
    assert "5 of the packages have not arrived" in gist(stated(history, halves))


def test_a_tender_may_still_be_contested(history: History) -> None:
    shipment = history.terms()
    history.statement(StatementKind.TENDER, shipment, CARRIER, 11 * DAY, counterparty=SHOP)
    fresh = stated(history, shipment, 12 * DAY)
    assert "because delivery of the goods was offered on 1970-01-12 00:00:00 UTC, 1 day after" in gist(fresh)
    assert standing(fresh)[0] == ("The clock runs on if the offered delivery is contested by 1970-01-15 00:00:00 UTC.")
    assert standing(stated(history, shipment, 20 * DAY))[:1] != standing(fresh)[:1]


def test_terms_without_promise_or_liable_owe_nothing(history: History) -> None:
    assert gist(stated(history, history.terms(promisedAt=0))) == "The terms promise no time, so nothing can be late."
    nobody = history.terms(liable=0)
    assert gist(stated(history, nobody)).startswith("The terms name nobody who is liable")


# --- where goods stand -----------------------------------------------------------------------------------------------


def test_the_last_thing_that_happened_says_where_goods_stand(history: History) -> None:
    shipment = history.terms(promisedAt=6 * DAY)
    assert where(history, shipment) is ShipmentStatus.OPEN
    history.statement(StatementKind.TENDER, shipment, CARRIER, 4 * DAY, counterparty=SHOP)
    assert where(history, shipment) is ShipmentStatus.OPEN, "that was too early to count"
    history.statement(StatementKind.TENDER, shipment, CARRIER, 5 * DAY, counterparty=SHOP)
    assert where(history, shipment) is ShipmentStatus.TENDERED
    history.handoff(shipment, CARRIER, SHOP, 6 * DAY, packages=0)
    assert where(history, shipment) is ShipmentStatus.REFUSED
    history.handoff(shipment, CARRIER, SECOND, 7 * DAY)
    assert where(history, shipment) is ShipmentStatus.IN_TRANSIT
    history.handoff(shipment, SECOND, LOCKER, 8 * DAY, packages=0, receiver_roles=LOCKER_ROLE)
    assert where(history, shipment) is ShipmentStatus.IN_TRANSIT


def test_a_tender_of_another_step_or_by_another_hand_stands_nowhere(history: History) -> None:
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SECOND, 5 * DAY)
    history.statement(StatementKind.TENDER, shipment, CARRIER, 6 * DAY, counterparty=SHOP)
    assert where(history, shipment) is ShipmentStatus.IN_TRANSIT, "the carrier does not hold it any more"
    history.statement(StatementKind.TENDER, shipment, CARRIER, 4 * DAY, counterparty=SHOP, sequence=0, known=7 * DAY)
    assert where(history, shipment) is ShipmentStatus.IN_TRANSIT, "it moved after that offer"


def test_what_is_missing_can_be_found(history: History) -> None:
    shipment = history.terms()
    remainder = history.short(shipment, CARRIER, SHOP, 12 * DAY, 6)
    assert where(history, remainder) is ShipmentStatus.MISSING
    history.statement(StatementKind.FOUND, remainder, CARRIER, 13 * DAY)
    assert where(history, remainder) is ShipmentStatus.FOUND
    history.handoff(remainder, CARRIER, SECOND, 14 * DAY, packages=4)
    assert where(history, remainder) is ShipmentStatus.IN_TRANSIT
