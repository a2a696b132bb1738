"""What stops the clock, and what undoes a stop: tenders, thirds, lockers, later terms."""

from dataclasses import replace

import pytest

from ledger.codes import ExceptionBit, Purpose, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id
from tests.oracle.cases import HERE, OPENED, TERMS, THERE, Case, day, out_for_delivery
from tests.oracle.comparison import unlike
from tests.oracle.facts import HOUR, Seen
from tests.oracle.penalty import Answer
from tests.oracle.story import CARRIER, LOCKER, PLATFORM, RETAILER, SECOND, SUPPLIER, THIRD, WAREHOUSE


def owes(answer: Answer) -> tuple[int, int]:
    return answer.low, answer.high


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


def test_new_terms_after_a_refusal_undo_the_tender_and_not_the_refusal() -> None:
    case, _ = tendered()
    case.hand(CARRIER, RETAILER, day(8), sequence=1, packages=0, exceptions=ExceptionBit.REFUSED)
    assert case.answer().low == 20_000
    case.onward((SUPPLIER, CARRIER), day(9), sequence=2)
    assert case.answer().low == 320_000
    assert unlike(case.seen, case.root, day(60)) == {}


def test_an_earlier_holder_is_who_had_the_goods_before_the_tender() -> None:
    case, _ = tendered()
    case.hand(CARRIER, LOCKER, day(3), sequence=1)
    case.hand(LOCKER, CARRIER, day(4), sequence=2)
    assert case.answer().low == 20_000
    case.hand(CARRIER, LOCKER, day(12), sequence=3, place=THERE)  # it had them since, and they go elsewhere
    assert case.answer().low == 1_000_000
    assert unlike(case.seen, case.root, day(60)) == {}


@pytest.mark.parametrize(("of_the_tender", "low"), [(True, 1_000_000), (False, 510_000)])
def test_a_third_may_hold_other_children_of_the_split(low: int, *, of_the_tender: bool) -> None:
    case = out_for_delivery()
    case.split(CARRIER, day(1), [100, 100], sequence=1)
    tendered, other = (child_id(case.root, 1, i) for i in range(2))
    tender = case.say(StatementKind.TENDER, CARRIER, day(2), shipment=tendered)
    case.say(StatementKind.CONTEST, RETAILER, day(3), shipment=tendered)
    case.endorse(WAREHOUSE, tender, day(4))
    case.hand(CARRIER, WAREHOUSE, day(50), shipment=tendered if of_the_tender else other, packages=100)
    assert case.answer().low == low
    assert unlike(case.seen, case.root, day(60)) == {}


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
