"""What is a sample of its own, and when it is late: by the general way, the short way and as records arrive."""

from typing import Any

import pytest

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Purpose, Role, StatementKind
from ledger.common.periods import Period
from ledger.penalties.statement import own_penalty_of, penalty_of
from ledger.scores.card import Indicator, parse_card
from ledger.scores.incremental import Running
from ledger.scores.indicator_score import IndicatorScore
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, HOUR, MAKER, SECOND, SHOP, US_IMPORT, History

CARD = parse_card(default_card_text())
YEAR = Period(0, 365 * DAY, 365 * DAY)


def carrier(history: History, period: Period = YEAR, partner: int = CARRIER) -> dict[Indicator, IndicatorScore]:
    """The carrier's indicators, which all ways give alike, as do the scorecards of everybody else."""
    journeys = Journeys(history.records)
    tallies, general = Tallies(journeys, period), Tallies(journeys, period, shortcut=False)
    arriving = Running(Period(period.start, period.end, 0))
    for record in history.records[::-1]:
        arriving.add(record)
        arriving.judge(Period(period.start, period.end, record.known))
        arriving.owed()
    arriving.judge(period)
    for role in CARD.roles:
        assert tallies.partners(role) == general.partners(role) == arriving.partners(role)
        for one in tallies.partners(role):
            assert tallies.score(one, role, CARD) == general.score(one, role, CARD) == arriving.score(one, role, CARD)
    scorecard = tallies.score(partner, Role.CARRIER, CARD)
    assert scorecard.withheld == 0
    return {Indicator(entry.name): entry for entry in scorecard.indicators}


def test_what_a_short_item_left_behind_is_a_sample_of_its_own() -> None:
    """Six of ten packages come in time, the rest two days late."""
    history = History()
    rest = history.short(history.terms(), CARRIER, SHOP, 9 * DAY, 6)
    history.handoff(rest, CARRIER, SHOP, 12 * DAY, packages=4)
    found = carrier(history)
    on_time, late, full = (found[name] for name in (Indicator.ON_TIME, Indicator.MEAN_LATE, Indicator.IN_FULL))
    assert (on_time.samples, on_time.value) == (2, 500_000)
    assert (late.samples, late.value) == (2, DAY)
    assert (full.samples, full.value) == (2, 500_000), "short on the first day, whole on the other"


def test_a_part_that_comes_on_the_same_day_weighs_by_its_packages_in_one_sample() -> None:
    history = History()
    rest = history.short(history.terms(promisedAt=10 * DAY + 12 * HOUR), CARRIER, SHOP, 10 * DAY + HOUR, 6)
    history.handoff(rest, CARRIER, SHOP, 10 * DAY + 13 * HOUR, packages=4)
    on_time = carrier(history)[Indicator.ON_TIME]
    assert (on_time.samples, on_time.value) == (1, 600_000)


def test_what_an_override_left_behind_is_a_sample_of_its_own() -> None:
    """The council gives six packages to another, who delivers them in time; the rest never comes."""
    history = History()
    shipment = history.terms()
    history.handoff(shipment, CARRIER, SECOND, 2 * DAY)
    history.override(shipment, SECOND, CARRIER, 5 * DAY, 6, ExceptionBit.SHORT)
    history.handoff(shipment, CARRIER, SHOP, 9 * DAY, packages=6)
    on_time = carrier(history)[Indicator.ON_TIME]
    assert (on_time.samples, on_time.value) == (2, 500_000)


def test_each_of_what_came_apart_bears_its_part_of_the_freight_and_of_the_penalty() -> None:
    history = History()
    shipment = history.terms(freight=1_000)
    history.endorse(shipment, CARRIER, DAY)
    rest = history.short(shipment, CARRIER, SHOP, 9 * DAY, 6)
    history.handoff(rest, CARRIER, SHOP, 12 * DAY, packages=4)
    money = carrier(history)[Indicator.PENALTY]
    assert (money.good, money.due, money.samples) == (400 * 4 // 10, 600 + 400, 2)
    journeys = Journeys(history.records)
    assert [own_penalty_of(one, journeys).amount for one in (shipment, rest)] == [0, 160]
    assert penalty_of(shipment, journeys).amount == 160


@pytest.mark.parametrize("lost_after", [0, DAY, 30 * DAY])
def test_what_is_late_is_late_though_no_penalty_accrues(lost_after: int) -> None:
    """One comes two days late, one never."""
    history = History()
    late, never = history.terms(lostAfter=lost_after), history.terms(lostAfter=lost_after, promisedAt=40 * DAY)
    history.handoff(late, CARRIER, SHOP, 12 * DAY)
    history.statement(StatementKind.LOST, never, CARRIER, 41 * DAY)
    found = carrier(history)
    assert (found[Indicator.ON_TIME].samples, found[Indicator.ON_TIME].value) == (2, 0)
    assert found[Indicator.MEAN_LATE].value == (2 + 14) * DAY // 2
    assert penalty_of(late, history.records).late_seconds == min(lost_after, 2 * DAY)


def test_what_is_overdue_counts_though_no_penalty_accrues() -> None:
    history = History()
    history.handoff(history.terms(lostAfter=0, holder=MAKER), MAKER, CARRIER, DAY)
    found = carrier(history, Period(0, 365 * DAY, 13 * DAY))
    assert (found[Indicator.ON_TIME].good, found[Indicator.ON_TIME].due) == (0, 1)
    assert found[Indicator.MEAN_LATE].value == 3 * DAY
    assert found[Indicator.IN_FULL].value == 0


@pytest.mark.parametrize("lost_after", [0, 2 * DAY, 30 * DAY])
def test_a_hold_is_no_delay_though_no_penalty_accrues(lost_after: int) -> None:
    """Held from day 11 to 13 and delivered on day 14: two of four days are late."""
    history = History()
    shipment = history.terms(requires=[US_IMPORT], lostAfter=lost_after)
    history.clearance(ClearanceStatus.HELD, shipment, 11 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 13 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 14 * DAY)
    assert carrier(history)[Indicator.MEAN_LATE].value == 2 * DAY


@pytest.mark.parametrize("packages", [10, 9])
@pytest.mark.parametrize("promise", [{"lostAfter": 0}, {"lostAfter": 30 * DAY}, {"promisedAt": 0}])
def test_a_leg_is_judged_whether_or_not_a_penalty_accrues(promise: dict[str, Any], packages: int) -> None:
    """In on day 11, out on day 14, due on day 12. With a package missing no way is short."""
    history = History()
    shipment = history.terms(**promise)
    history.handoff(shipment, CARRIER, SECOND, 11 * DAY, due=12 * DAY)
    if packages < 10:
        history.short(shipment, SECOND, SHOP, 14 * DAY, packages)
    else:
        history.handoff(shipment, SECOND, SHOP, 14 * DAY)
    legs = carrier(history, partner=SECOND)[Indicator.LEGS]
    assert (legs.good, legs.due) == (0, 1)


def test_a_disputed_tender_is_a_fault_at_worst_though_no_penalty_accrues() -> None:
    history = History()
    shipment = history.terms(lostAfter=0)
    history.endorse(shipment, CARRIER, DAY)
    history.statement(StatementKind.TENDER, shipment, CARRIER, 10 * DAY, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 11 * DAY, counterparty=CARRIER)
    on_time = carrier(history, Period(0, 365 * DAY, 20 * DAY))[Indicator.ON_TIME]
    assert (on_time.value, on_time.disputed) == (1_000_000, 1)


def test_what_was_left_behind_in_another_currency_delivered_and_split_is_known() -> None:
    """The clock stopped before the split, so that the children have no penalty; nothing of them is withheld."""
    history = History()
    shipment = history.terms()
    rest = history.short(shipment, CARRIER, SHOP, 9 * DAY, 6)
    dollars = {"shipment": "0x" + rest.hex(), "commercial": {"currency": "USD"}}
    history.amend(shipment, AmendmentKind.TERMS, dollars, (MAKER, CARRIER, SHOP), 10 * DAY)
    history.handoff(rest, CARRIER, SHOP, 12 * DAY, packages=4)
    children = history.split(rest, SHOP, 13 * DAY, [1, 3])
    found = carrier(history)
    assert (found[Indicator.ON_TIME].samples, found[Indicator.ON_TIME].value) == (2, 500_000)
    statements = [own_penalty_of(one, Journeys(history.records)) for one in (shipment, rest, *children)]
    assert [(one.currency, one.amount) for one in statements] == [("EUR", 0), ("USD", 160), ("USD", 0), ("USD", 0)]


def test_terms_amended_for_what_was_left_behind_hold_for_it_alone() -> None:
    history = History()
    shipment = history.terms()
    rest = history.short(shipment, CARRIER, SHOP, 11 * DAY, 6)
    later = {"shipment": "0x" + rest.hex(), "commercial": {"promisedAt": 20 * DAY}}
    history.amend(shipment, AmendmentKind.TERMS, later, (MAKER, CARRIER, SHOP), 12 * DAY)
    history.handoff(rest, CARRIER, SHOP, 19 * DAY, packages=4)
    on_time = carrier(history)[Indicator.ON_TIME]
    assert (on_time.samples, on_time.value) == (2, 500_000)


def supplier(history: History) -> dict[Indicator, IndicatorScore]:
    carrier(history)  # compares the three ways
    scorecard = Tallies(Journeys(history.records), YEAR).score(MAKER, Role.SUPPLIER, CARD)
    return {Indicator(entry.name): entry for entry in scorecard.indicators}


@pytest.mark.parametrize(("second", "good"), [(9 * DAY, 1), (12 * DAY, 0)])
def test_a_supplier_that_hands_over_in_parts_is_judged_by_all_of_them(second: int, good: int) -> None:
    """FCA, promised for day 10: the first part leaves on day 2."""
    history = History()
    shipment = history.terms(holder=MAKER, incoterm="FCA")
    first, other = history.split(shipment, MAKER, DAY, (4, 6))
    history.handoff(first, MAKER, CARRIER, 2 * DAY, packages=4)
    history.handoff(other, MAKER, CARRIER, second, packages=6)
    assert supplier(history)[Indicator.ON_TIME_IN_FULL].good == good


def test_goods_that_the_supplier_never_held_went_at_the_opening() -> None:
    history = History()
    history.handoff(history.terms(holder=SECOND, incoterm="FCA"), SECOND, SHOP, 12 * DAY)
    assert supplier(history)[Indicator.ON_TIME_IN_FULL].good == 1


def test_a_return_of_what_was_split_after_the_delivery_is_a_defect() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, SHOP, 9 * DAY)
    _, back = history.split(shipment, SHOP, 10 * DAY, (1, 9))
    parties: dict[str, Any] = {"consignor": SHOP, "holder": SHOP, "consignee": MAKER}
    again = history.terms(known=11 * DAY, packages=9, parents=[back], purpose=Purpose.RETURN, **parties)
    history.handoff(again, SHOP, CARRIER, 12 * DAY, packages=9)
    defects = supplier(history)[Indicator.DEFECTS]
    assert (defects.good, defects.due) == (9, 10)


def test_a_refused_part_spoils_its_own_packages() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    part, _ = history.split(shipment, MAKER, DAY, (4, 6))
    refused: dict[str, Any] = {"packages": 0, "exceptions": ExceptionBit.DAMAGED | ExceptionBit.REFUSED}
    history.handoff(part, MAKER, SHOP, 9 * DAY, **refused)
    defects = supplier(history)[Indicator.DEFECTS]
    assert (defects.good, defects.due) == (4, 10)


def test_a_hold_that_customs_lays_to_the_suppliers_papers_counts_without_the_beneficiary() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, DAY)
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, caused_by=MAKER)
    history.clearance(ClearanceStatus.RELEASED, shipment, 4 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    papers = supplier(history)[Indicator.NO_HOLD]
    assert (papers.good, papers.due) == (0, 1)
