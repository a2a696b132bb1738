"""What customs takes out of a delay: holds, presentations, releases, and whose word counts for whom."""

from ledger.codes import Assurance, ClearanceStatus
from ledger.records.shipment_ids import child_id
from tests.oracle.cases import Case, day, out_for_delivery
from tests.oracle.comparison import unlike
from tests.oracle.facts import DAY
from tests.oracle.story import CARRIER, PLATFORM, RETAILER, SECOND, SUPPLIER

HELD, RELEASED, PRESENTED = ClearanceStatus.HELD, ClearanceStatus.RELEASED, ClearanceStatus.PRESENTED


def delivered_after(*holds: tuple[ClearanceStatus, int, int]) -> Case:
    case = out_for_delivery()
    for status, when, assurance in holds:
        case.decide(status, when, assurance=assurance)
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    return case


CUSTOMS_ITSELF, BROKERS = Assurance.AUTHORITY_SIGNED, Assurance.BROKER_WORD


def test_a_hold_by_customs_is_taken_out_and_open_it_runs_to_the_stop() -> None:
    assert delivered_after((HELD, day(1), CUSTOMS_ITSELF), (RELEASED, day(4), CUSTOMS_ITSELF)).answer().low == 245_000
    assert delivered_after((HELD, day(1), CUSTOMS_ITSELF)).answer().low == 5_000


def test_a_hold_starts_when_the_goods_were_presented() -> None:
    case = delivered_after(
        (HELD, day(1), CUSTOMS_ITSELF), (PRESENTED, day(3), CUSTOMS_ITSELF), (RELEASED, day(4), CUSTOMS_ITSELF)
    )
    assert case.answer().low == 405_000  # one day out of ten


def test_holds_unite() -> None:
    case = delivered_after(
        (HELD, day(1), CUSTOMS_ITSELF), (HELD, day(2), CUSTOMS_ITSELF), (RELEASED, day(4), CUSTOMS_ITSELF)
    )
    assert case.answer().parts[case.root].customs == 3 * DAY


def test_who_caused_a_hold_is_not_excused() -> None:
    case = out_for_delivery()
    case.decide(HELD, day(1), caused_by=CARRIER)
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    assert case.answer().low == 500_000


def test_a_pair_that_nobody_named_before_needs_the_beneficiary() -> None:
    case = out_for_delivery()
    hold = case.decide(HELD, day(1), pair=(b"CH", 3))
    case.decide(RELEASED, day(4), pair=(b"CH", 3))
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    assert case.answer().low == 500_000
    case.endorse(PLATFORM, hold, day(11))
    assert case.answer().low == 245_000  # what stands on a word ends by customs' own release, whoever endorsed it


def test_a_pair_lodged_before_counts() -> None:
    case = out_for_delivery()
    case.decide(ClearanceStatus.LODGED, day(0), pair=(b"CH", 3), assurance=BROKERS, declarant=SUPPLIER)
    case.decide(HELD, day(1), pair=(b"CH", 3))
    case.decide(RELEASED, day(4), pair=(b"CH", 3))
    case.hand(CARRIER, RETAILER, day(10), sequence=1)
    assert case.answer().low == 245_000


def test_a_brokers_word_counts_once_the_other_side_bears_it() -> None:
    case = delivered_after((HELD, day(1), BROKERS), (RELEASED, day(4), BROKERS))
    assert case.answer().low == 500_000
    case.endorse(CARRIER, case.seen[2], day(11))
    assert case.answer().low == 500_000
    case.endorse(PLATFORM, case.seen[2], day(11))
    assert case.answer().low == 245_000


def test_a_brokers_release_ends_no_hold_of_customs_unless_liable_bears_it() -> None:
    case = delivered_after((HELD, day(1), CUSTOMS_ITSELF), (RELEASED, day(4), BROKERS))
    assert case.answer().low == 5_000
    case.endorse(CARRIER, case.seen[3], day(11))
    assert case.answer().low == 245_000


def test_a_hold_of_the_parent_runs_until_the_childs_release() -> None:
    case = out_for_delivery()
    case.decide(HELD, day(1))
    case.split(CARRIER, day(2), [100, 100], sequence=1)
    free, held = (child_id(case.root, 1, i) for i in range(2))
    case.decide(RELEASED, day(4), shipment=free)
    for child in (free, held):
        case.hand(CARRIER, RETAILER, day(10), shipment=child, packages=100)
    assert case.answer().low == (245_000 + 5_000) // 2


def test_a_seizure_is_a_hold_until_the_goods_next_move() -> None:
    case = out_for_delivery()
    case.decide(ClearanceStatus.SEIZED, day(1), pair=(b"CH", 3))
    case.hand(CARRIER, SECOND, day(4), sequence=1)
    case.hand(SECOND, RETAILER, day(10), sequence=2)
    assert case.answer().low == 245_000


def test_new_terms_end_no_seizure() -> None:
    case = out_for_delivery()
    case.decide(ClearanceStatus.SEIZED, day(1), pair=(b"CH", 3))
    later = case.onward((SUPPLIER, CARRIER), day(2), sequence=1)
    case.hand(CARRIER, SECOND, day(4), shipment=later.id)
    case.hand(SECOND, RETAILER, day(10), shipment=later.id, sequence=1)
    assert case.answer().low == 245_000
    assert unlike(case.seen, case.root, day(60)) == {}
