"""Cases whose numbers were worked out by hand from RECORDS.md: they hold the oracle itself."""

from dataclasses import replace

import pytest

from ledger.codes import AmendmentKind, Purpose, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id, remainder_id
from tests.oracle.cases import HERE, OPENED, PRICES, PROMISED, TERMS, THERE, Case, day, out_for_delivery
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.penalty import Answer, child_alone
from tests.oracle.story import CARRIER, LOCKER, PLATFORM, RETAILER, SECOND, SUPPLIER, THIRD, WAREHOUSE


def owes(answer: Answer) -> tuple[int, int]:
    return answer.low, answer.high


@pytest.mark.parametrize(("late", "alpha", "cap", "owed"), [(10, 5_000, 10**6, 500_000), (8, 7_813, 500_000, 500_000)])
def test_late_days_squared_times_alpha_up_to_the_cap(late: int, alpha: int, cap: int, owed: int) -> None:
    case = Case(replace(TERMS, commercial=replace(PRICES, alpha=alpha, penaltyCap=cap)))
    case.hand(SUPPLIER, RETAILER, day(late))
    assert owes(case.answer()) == (owed, owed)
    assert case.answer().parts[case.root].late_low == late * DAY


def test_floor_of_a_single_second() -> None:
    case = Case(replace(TERMS, commercial=replace(PRICES, alpha=DAY * DAY)))
    case.hand(SUPPLIER, RETAILER, PROMISED + 7)
    assert case.answer().low == 49
    case = Case(replace(TERMS, commercial=replace(PRICES, alpha=DAY * DAY - 1)))
    case.hand(SUPPLIER, RETAILER, PROMISED + 7)
    assert case.answer().low == 48


def test_two_hundred_children_owe_what_the_whole_would() -> None:
    case = out_for_delivery()
    case.split(CARRIER, day(1), [1] * 200, sequence=1)
    for i in range(200):
        child = child_id(case.root, 1, i)
        case.hand(CARRIER, RETAILER, day(10), shipment=child, packages=1)
    answer = case.answer()
    assert owes(answer) == (500_000, 500_000)
    assert {part.low for part in answer.parts.values()} == {2_500}
    assert len(answer.parts) == 200


def test_odd_shares_are_floored_once_and_spread_by_largest_remainder() -> None:
    case = Case(replace(TERMS, packages=3, commercial=replace(PRICES, alpha=1, penaltyCap=100)))
    case.split(SUPPLIER, day(0), [1, 1, 1])
    children = [child_id(case.root, 0, i) for i in range(3)]
    for child in children:
        case.hand(SUPPLIER, RETAILER, day(2), shipment=child, packages=1)
    answer = case.answer()
    assert answer.low == 4  # 3 × 4/3
    assert [answer.parts[child].low for child in children] == [2, 1, 1]
    assert [child_alone(case.root, child, case.seen, day(60)) for child in children] == [(1, 2)] * 3


def test_a_short_delivery_leaves_the_remainder_running() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, PROMISED, sequence=1, packages=50)
    rest = remainder_id(case.root, 1)
    case.hand(CARRIER, RETAILER, day(10), shipment=rest, packages=150)
    answer = case.answer()
    assert owes(answer) == (375_000, 375_000)  # three quarters of 500,000
    assert answer.parts[case.root].low == 0


def test_shares_multiply_at_each_parting() -> None:
    case = out_for_delivery()
    case.split(CARRIER, day(0), [100, 100], sequence=1)
    first, second = (child_id(case.root, 1, i) for i in range(2))
    case.hand(CARRIER, RETAILER, PROMISED, shipment=first, packages=100)
    case.split(CARRIER, day(0), [25, 75], shipment=second)
    small, large = (child_id(second, 0, i) for i in range(2))
    case.hand(CARRIER, RETAILER, day(10), shipment=small, packages=25)  # 1/8 of 500,000
    case.hand(CARRIER, RETAILER, day(2), shipment=large, packages=75)  # 3/8 of 20,000
    assert case.answer().low == 62_500 + 7_500


def test_over_adds_no_share() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, day(10), sequence=1, packages=260)
    assert case.answer().low == 500_000


def test_back_dating_reaches_no_further_than_the_report_lag() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, PROMISED, sequence=1, now=day(6))
    assert case.answer().low == 125_000  # known six days late, less one day: 25 × 5,000


def test_undelivered_runs_to_the_time_asked_and_ends_with_accrual() -> None:
    case = out_for_delivery()
    assert case.answer(day(4)).low == 80_000
    assert case.answer(day(60)).low == 1_000_000
    case.say(StatementKind.LOST, CARRIER, day(1), sequence=1)
    assert case.answer(day(2)).low == 1_000_000
    assert case.answer(day(2)).parts[case.root].t_low == day(30)


def test_refusal_by_the_consignee_stops() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, day(2), sequence=1, packages=0)
    case.split(CARRIER, day(3), [100, 100], sequence=2)
    assert case.answer().low == 20_000
    assert set(case.answer().parts) == {case.root}


def tendered() -> tuple[Case, Seen]:
    case = out_for_delivery()
    return case, case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1)


def test_an_uncontested_tender_stands_after_its_window() -> None:
    case, _ = tendered()
    assert owes(case.answer(day(4))) == (20_000, 80_000)
    assert owes(case.answer(day(6))) == (20_000, 20_000)


def test_a_contest_freezes_for_thirty_days_and_then_the_tender_falls() -> None:
    case, _ = tendered()
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=1)
    answer = case.answer(day(10))
    assert (*owes(answer), answer.frozen) == (20_000, 500_000, 480_000)
    assert owes(case.answer(day(40))) == (1_000_000, 1_000_000)


def test_a_contest_out_of_its_window_or_at_another_sequence_answers_nothing() -> None:
    case, _ = tendered()
    case.say(StatementKind.CONTEST, RETAILER, day(5.1), sequence=1)
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=0)
    assert owes(case.answer(day(10))) == (20_000, 20_000)


@pytest.mark.parametrize(("by", "stands"), [(THIRD, True), (PLATFORM, False), (WAREHOUSE, True), (SECOND, False)])
def test_a_third_under_a_contested_tender_decides(by: int, *, stands: bool) -> None:
    case, tender = tendered()
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=1)
    case.endorse(by, tender, day(4))
    assert case.answer(day(40)).low == (20_000 if stands else 1_000_000)


def test_a_third_under_the_contest_too_lets_the_tender_fall() -> None:
    case, tender = tendered()
    contest = case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=1)
    case.endorse(THIRD, tender, day(4))
    case.endorse(WAREHOUSE, contest, day(5))
    assert case.answer(day(40)).low == 1_000_000


def test_a_custodian_is_no_third() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, WAREHOUSE, day(0), sequence=1)
    tender = case.say(StatementKind.TENDER, WAREHOUSE, day(2), sequence=2)
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=2)
    case.endorse(WAREHOUSE, tender, day(4))
    assert case.answer(day(40)).low == 1_000_000


def test_a_tender_is_void_once_the_goods_move_on_but_not_back() -> None:
    case, _ = tendered()
    case.hand(CARRIER, SUPPLIER, day(4), sequence=1)
    assert case.answer(day(20)).low == 20_000  # back to an earlier holder
    case.hand(SUPPLIER, SECOND, day(5), sequence=2)
    assert case.answer(day(20)).low == 1_000_000  # 20² × 5,000 is over the cap


def test_a_tender_elsewhere_or_too_early_is_none_and_a_closed_place_is_a_range() -> None:
    case = out_for_delivery()
    case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1, place=THERE)
    case.say(StatementKind.TENDER, CARRIER, day(-1.5), sequence=1)
    assert owes(case.answer(day(10))) == (500_000, 500_000)
    case = Case(replace(TERMS, destination=Withheld(HERE.hash_struct())))
    case.hand(SUPPLIER, CARRIER, OPENED + HOUR, place=THERE)
    case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1)
    assert owes(case.answer(day(10))) == (20_000, 500_000)


def test_a_locker_stops_while_the_goods_lie_there_and_for_good_after_the_window() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, LOCKER, day(2), sequence=1)
    assert case.answer(day(10)).low == 20_000
    short, long = replace(case, seen=[]), replace(case, seen=[])
    short.seen, long.seen = [*case.seen], [*case.seen]
    short.hand(LOCKER, CARRIER, day(4), sequence=2)
    long.hand(LOCKER, CARRIER, day(5), sequence=2)
    assert short.answer(day(10)).low == 500_000
    assert long.answer(day(10)).low == 20_000


def test_later_terms_stop_only_if_beneficiary_or_consignee_bears_them() -> None:
    case = out_for_delivery()
    later = case.onward((SUPPLIER, CARRIER), day(2), sequence=1)
    assert case.answer(day(10)).low == 500_000
    case.endorse(PLATFORM, later, day(9))
    assert case.answer(day(10)).low == 20_000


def test_goods_under_later_terms_stop_when_they_reach_the_consignee() -> None:
    case = out_for_delivery()
    later = case.onward((SUPPLIER, CARRIER), day(2), sequence=1)
    case.hand(CARRIER, RETAILER, day(4), shipment=later.id)
    assert case.answer(day(10)).low == 80_000


def test_an_unsigned_transformation_runs_to_the_end_of_accrual() -> None:
    case = out_for_delivery()
    case.onward((SUPPLIER, CARRIER), day(2), sequence=1, purpose=Purpose.TRANSFORMATION)
    assert case.answer(day(3)).low == 1_000_000


def test_relief_is_taken_out_if_all_signed() -> None:
    case = out_for_delivery()
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    case.amend(AmendmentKind.RELIEF, {"seconds": 3 * DAY}, SUPPLIER, CARRIER)
    assert case.answer().low == 500_000
    case.amend(AmendmentKind.RELIEF, {"seconds": 2 * DAY})
    assert case.answer().low == 320_000


def test_an_amended_child_keeps_its_share_of_the_whole_at_its_own_rate() -> None:
    for currency, low, others in (("EUR", 375_000, []), ("USD", 125_000, [250_000])):
        case = out_for_delivery()
        case.split(CARRIER, day(0), [50, 150], sequence=1)
        children = [child_id(case.root, 1, i) for i in range(2)]
        change: dict[str, int | str] = {"shipment": "0x" + children[0].hex(), "alpha": 10_000, "currency": currency}
        case.amend(AmendmentKind.TERMS, change)
        case.hand(CARRIER, RETAILER, day(10), shipment=children[0], packages=50)  # 1/4 of 1,000,000
        case.hand(CARRIER, RETAILER, day(10 / 3**0.5), shipment=children[1], packages=150)  # 3/4 of 166,666
        answer = case.answer()
        assert abs(answer.low - low) <= 1
        assert [other[2] for other in answer.others] == others


def test_indicative_until_liable_bears_the_terms() -> None:
    case = Case()
    assert not case.answer().indicative
    case.seen[0] = replace(case.seen[0], signers=(SUPPLIER,))
    assert case.answer().indicative
    case.amend(AmendmentKind.RELIEF, {"seconds": DAY})
    assert case.answer().indicative, "a relief says nothing of the rest"
    amended = replace(case, seen=case.seen[:1])
    amended.amend(AmendmentKind.TERMS, {"grace": DAY})
    assert not amended.answer().indicative
    case.endorse(CARRIER, case.seen[0], day(1))
    assert not case.answer().indicative


def test_known_moves_an_hour_at_most_and_visible_is_the_block() -> None:
    seen = replace(Case().seen[0], logged_at=1_000, evidenced=90_000, block_time=100_000)
    assert (seen.known, seen.visible) == (86_400, 100_000)
    assert replace(seen, logged_at=89_000).known == 89_000
    assert replace(seen, logged_at=95_000).known == 90_000
    own = replace(seen, own_clock=True, evidenced=None)
    assert (own.known, own.visible) == (1_000, 100_000)
    assert replace(own, evidenced=120_000).visible == 120_000
