"""Whose legs a penalty goes back to: cases worked out by hand, each with the same answer of oracle and product."""

from dataclasses import replace

import pytest

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from tests.oracle.cases import PRICES, TERMS, Case, day, out_for_delivery
from tests.oracle.comparison import unlike
from tests.oracle.facts import DAY, HOUR
from tests.oracle.product import product
from tests.oracle.story import CARRIER, LOCKER, MAIN, PLATFORM, RETAILER, SECOND, SUPPLIER

HELD, RELEASED = ClearanceStatus.HELD, ClearanceStatus.RELEASED
HALF_HOUR = HOUR // 2


def borne(case: Case, at: int = 0) -> list[tuple[int, int, int]]:
    """Partner, overrun and amount of each leg that bears something, in the order of custody."""
    assert unlike(case.seen, case.root, at or day(60)) == {}
    return [(leg.partner, leg.overrun, leg.amount) for leg in case.answer(at).recourse if leg.amount]


def two_legs(between: tuple[tuple[float, float, int], ...] = ()) -> Case:
    """CARRIER four days over its deadline, SECOND four, the goods ten days late; holds by begin, end and who caused."""
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    case.hand(CARRIER, SECOND, day(5), sequence=1, due=day(6))
    for held, released, caused_by in between:
        case.decide(HELD, day(held), caused_by=caused_by)
        case.decide(RELEASED, day(released))
    case.hand(SECOND, RETAILER, day(10), sequence=2)
    return case


def test_recourse_follows_the_overruns_net_of_customs() -> None:
    case = two_legs(((2, 3, 0),))
    assert case.answer().low == 405_000
    assert borne(case) == [(CARRIER, 3 * DAY, 173_571), (SECOND, 4 * DAY, 231_429)]


def test_units_that_are_left_go_to_the_larger_remainder_and_of_equal_ones_to_the_earlier_leg() -> None:
    case = Case(replace(TERMS, commercial=replace(PRICES, alpha=5)))
    case.hand(SUPPLIER, CARRIER, day(-3), due=day(-2))
    case.hand(CARRIER, SECOND, day(-1), sequence=1, due=day(-1))
    case.hand(SECOND, MAIN, day(0), sequence=2, due=day(0))
    case.hand(MAIN, RETAILER, day(1), sequence=3)
    assert borne(case) == [(CARRIER, DAY, 2), (SECOND, DAY, 2), (MAIN, DAY, 1)]


def test_what_no_leg_overran_stays_with_liable() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(10))
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    assert (case.answer().low, borne(case)) == (500_000, [])


def test_the_consignee_has_nothing_to_pass_on() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, day(10), sequence=1, due=day(2))
    assert (case.answer().low, borne(case)) == (500_000, [])


def test_a_disputed_part_has_recourse_for_what_is_owed_alone() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1)
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=1)
    assert case.answer(day(10)).frozen == 480_000
    assert borne(case, day(10)) == [(CARRIER, DAY, 20_000)]


def test_later_terms_that_do_not_count_end_no_leg_and_their_legs_count() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    later = case.onward((SUPPLIER, CARRIER), day(2), sequence=1)
    case.hand(CARRIER, SECOND, day(5), shipment=later.id, due=day(6))
    case.hand(SECOND, RETAILER, day(10), shipment=later.id, sequence=1)
    assert borne(case) == [(CARRIER, 4 * DAY, 250_000), (SECOND, 4 * DAY, 250_000)]
    case.endorse(PLATFORM, later, day(11))
    assert borne(case) == [(CARRIER, DAY, 20_000)], "once they count, the clock stopped at their opening"


def test_pieces_that_travelled_apart_under_later_terms_have_legs_of_their_own() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    later = case.onward((SUPPLIER, CARRIER), day(2), sequence=1)
    case.split(CARRIER, day(3), [100, 100], shipment=later.id)
    early, late = (child_id(later.id, 0, i) for i in range(2))
    case.hand(CARRIER, RETAILER, day(4), shipment=early, packages=100)
    case.hand(CARRIER, SECOND, day(4), shipment=late, packages=100, due=day(5))
    case.hand(SECOND, RETAILER, day(10), shipment=late, packages=100, sequence=1)
    assert case.answer().parts[case.root].low == 40_000 + 250_000
    assert borne(case) == [(CARRIER, 3 * DAY, 40_000), (CARRIER, 3 * DAY, 93_750), (SECOND, 5 * DAY, 156_250)]


def test_no_leg_ends_before_it_began() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(4), due=day(1))
    case.hand(CARRIER, SECOND, day(2), sequence=1, due=day(6), now=day(4.5))  # counts at 3.5
    case.hand(SECOND, RETAILER, day(10), sequence=2)
    assert borne(case) == [(CARRIER, 3 * DAY, 214_286), (SECOND, 4 * DAY, 285_714)]


def test_what_begins_after_the_clock_stopped_is_no_leg_of_the_penalty() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    case.hand(CARRIER, LOCKER, day(2), sequence=1)
    case.hand(LOCKER, SECOND, day(6), sequence=2, due=day(1))
    case.hand(SECOND, RETAILER, day(10), sequence=3)
    assert borne(case) == [(CARRIER, DAY, 20_000)]


def test_an_override_ends_a_leg_when_it_was_known() -> None:
    case = Case()
    case.hand(SUPPLIER, CARRIER, day(0), due=day(1))
    moved = case.override(CARRIER, SECOND, day(3))
    case.seen[-1] = replace(moved, logged_at=moved.logged_at - HALF_HOUR)  # visible half an hour after it was known
    case.hand(SECOND, RETAILER, day(10), sequence=2)
    assert borne(case) == [(CARRIER, 2 * DAY - HALF_HOUR, 500_000)]


def test_a_hold_that_liable_caused_is_of_its_own_leg_and_of_no_other() -> None:
    assert borne(two_legs(((7, 9, CARRIER),))) == [(CARRIER, 4 * DAY, 333_333), (SECOND, 2 * DAY, 166_667)]
    assert borne(two_legs(((2, 4, CARRIER),))) == [(CARRIER, 4 * DAY, 250_000), (SECOND, 4 * DAY, 250_000)]


def test_relief_lessens_what_is_owed_and_not_who_overran() -> None:
    case = two_legs()
    case.amend(AmendmentKind.RELIEF, {"seconds": 2 * DAY})
    assert borne(case) == [(CARRIER, 4 * DAY, 160_000), (SECOND, 4 * DAY, 160_000)]


@pytest.mark.parametrize("start", [2, 7])
def test_relief_of_the_time_of_one_leg_moves_nothing_onto_another(start: int) -> None:
    """Granted as a period, as the product lets it be: `liable` and `beneficiary` sign it, the other legs do not."""
    named, plain = two_legs(), two_legs()
    named.amend(AmendmentKind.RELIEF, {"periods": [{"from": day(start), "until": day(start + 2)}]})
    plain.amend(AmendmentKind.RELIEF, {"seconds": 2 * DAY})
    statement = product(named.seen, named.root, day(60))
    assert [(leg.partner, leg.overrun_seconds, leg.amount) for leg in statement.legs] == borne(plain)


def test_what_is_short_after_a_refusal_is_a_part_of_its_own() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, day(2), sequence=1, packages=0, exceptions=ExceptionBit.REFUSED)
    case.hand(CARRIER, SECOND, day(3), sequence=2, packages=50, exceptions=ExceptionBit.SHORT)
    rest = remainder_id(case.root, 2)
    assert {own: part.low for own, part in case.answer().parts.items()} == {case.root: 5_000, rest: 15_000}
    assert unlike(case.seen, case.root, day(60)) == {}
