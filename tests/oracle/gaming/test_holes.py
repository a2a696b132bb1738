"""Holes that the gaming search found in the rules as they are written, each with the numbers that the letter gives.

A case here changes together with RECORDS.md: it says what one party gains today, not what it should.
"""

from dataclasses import replace

from ledger.codes import ClearanceStatus, Purpose, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import ShipmentRef
from tests.oracle.cases import OPENED, PRICES, TERMS, Case, day, out_for_delivery
from tests.oracle.facts import HOUR
from tests.oracle.story import BUYER, CARRIER, LOCKER, PLATFORM, RETAILER, SUPPLIER, THIRD


def test_split_time_a_release_of_the_parent_after_a_split_reaches_no_child() -> None:
    owed = []
    for splits in (False, True):
        case = out_for_delivery()
        case.decide(ClearanceStatus.HELD, day(1))
        if splits:  # by `liable` alone, while the goods are held
            case.split(CARRIER, day(2), [100, 100], sequence=1)
        case.decide(ClearanceStatus.RELEASED, day(4))
        if splits:
            for i in range(2):
                case.hand(CARRIER, RETAILER, day(10), shipment=child_id(case.root, 1, i), packages=100)
        else:
            case.hand(CARRIER, RETAILER, day(10), sequence=1)
        owed.append(case.answer().low)
    assert owed == [245_000, 5_000]


def test_a_split_that_its_holder_dates_back_moves_nothing() -> None:
    owed = []
    for occurred in (5, 2):  # recorded on day 5 in either history, the release of day 4 on day 6
        case = out_for_delivery()
        case.decide(ClearanceStatus.HELD, day(1))
        case.split(CARRIER, day(occurred), [100, 100], sequence=1, now=day(5))
        case.decide(ClearanceStatus.RELEASED, day(4), now=day(6))
        for i in range(2):
            case.hand(CARRIER, RETAILER, day(10), shipment=child_id(case.root, 1, i), packages=100)
        owed.append(case.answer().low)
    assert owed == [245_000, 245_000]


def test_third_undone_long_after_the_dispute_ended() -> None:
    case = out_for_delivery()
    tender = case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1)
    case.say(StatementKind.CONTEST, RETAILER, day(3), sequence=1)
    case.endorse(THIRD, tender, day(4))
    assert case.answer(day(400)).low == 20_000
    case.endorse(THIRD, case.seen[0], day(399))
    assert case.answer(day(400)).low == 1_000_000


def test_moved_on_by_a_beneficiary_that_has_the_goods_back() -> None:
    case = Case(replace(TERMS, commercial=replace(PRICES, beneficiary=SUPPLIER)))
    case.hand(SUPPLIER, CARRIER, OPENED + HOUR)
    case.say(StatementKind.TENDER, CARRIER, day(2), sequence=1)
    case.hand(CARRIER, SUPPLIER, day(6), sequence=1)
    assert case.answer(day(12)).low == 20_000
    onward = replace(
        TERMS, consignee=BUYER, holder=SUPPLIER, purpose=Purpose.ONWARD, parents=(ShipmentRef(case.root, 2),)
    )
    case.take(onward, (SUPPLIER,), day(11))
    assert case.answer(day(12)).low == 605_000


def test_own_end_by_a_beneficiary_to_whom_the_council_moved_the_goods() -> None:
    case = Case(replace(TERMS, commercial=replace(PRICES, beneficiary=RETAILER)))
    case.hand(SUPPLIER, CARRIER, OPENED + HOUR)
    case.override(CARRIER, RETAILER, day(1))
    assert case.answer(day(4)).low == 80_000  # it has them since day 1, but an override is no handoff
    case.say(StatementKind.SOLD, RETAILER, day(3), sequence=2)
    assert case.answer(day(4)).low == 1_000_000


def test_endorsed_late_after_an_earlier_delivery_under_later_terms() -> None:
    case = out_for_delivery()
    later = case.onward((SUPPLIER, CARRIER), day(5), sequence=1)
    case.hand(CARRIER, RETAILER, day(4.5), shipment=later.id, now=day(5.25))
    assert case.answer().low == 101_250  # 4.5 days
    case.endorse(PLATFORM, later, day(9))
    assert case.answer().low == 125_000


def test_late_exit_from_a_locker_makes_the_stay_long_enough() -> None:
    owed = []
    for recorded in (3, 5):
        case = out_for_delivery()
        case.hand(CARRIER, LOCKER, day(2), sequence=1)
        case.hand(LOCKER, CARRIER, day(3), sequence=2, now=day(recorded))
        owed.append(case.answer(day(10)).low)
    assert owed == [500_000, 20_000]


def test_a_tender_stops_the_clock_of_packages_that_turn_out_to_be_missing() -> None:
    owed = []
    for tenders in (False, True):
        case = out_for_delivery()
        if tenders:
            case.say(StatementKind.TENDER, CARRIER, day(0), sequence=1)
        case.hand(CARRIER, RETAILER, day(0.25), sequence=1, packages=150)  # both sign that 50 of 200 were not there
        owed.append(case.answer().low - case.answer().parts[case.root].low)
        assert case.answer().parts[remainder_id(case.root, 1)].t_low == (day(0) if tenders else day(30))
    assert owed == [250_000, 0]
