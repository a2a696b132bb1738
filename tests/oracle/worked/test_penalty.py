"""Cases whose numbers were worked out by hand from RECORDS.md: they hold the oracle itself."""

from dataclasses import replace

import pytest

from ledger.codes import AmendmentKind, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from tests.oracle.cases import PRICES, PROMISED, TERMS, Case, day, out_for_delivery
from tests.oracle.facts import DAY
from tests.oracle.penalty import Answer, child_alone
from tests.oracle.story import CARRIER, RETAILER, SUPPLIER


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
