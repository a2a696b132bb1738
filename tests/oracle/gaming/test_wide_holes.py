"""Holes that the wide search found in the rules as they are written, each with the figures that the letter gives.

As in `test_holes.py`, a case changes together with RECORDS.md. The accepted table names them, and docs/adr/0021.
"""

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Outcome
from tests.oracle.breaches import breaches
from tests.oracle.cases import Case, day, out_for_delivery
from tests.oracle.gaming.figures import Interest, figures
from tests.oracle.product import counted_breaches, product
from tests.oracle.story import BROKER, CARRIER, RETAILER, SECOND, SUPPLIER

HELD, PRESENTED, RELEASED = ClearanceStatus.HELD, ClearanceStatus.PRESENTED, ClearanceStatus.RELEASED


def late_leg() -> Case:
    """The second carrier is four days over the deadline that it signed, the goods ten days late."""
    case = out_for_delivery()
    case.hand(CARRIER, SECOND, day(1), sequence=1, due=day(6))
    case.hand(SECOND, RETAILER, day(10), sequence=2)
    return case


def borne_by_the_second(case: Case) -> tuple[int, int]:
    statement = product(case.seen, case.root, day(60))
    oracle = case.answer()
    assert [(leg.partner, leg.amount) for leg in statement.legs] == [(SECOND, statement.amount)]
    assert [leg.amount for leg in oracle.recourse] == [oracle.low]
    return statement.amount, statement.legs[0].amount


def test_recourse_follows_what_liable_and_beneficiary_agree_on_later() -> None:
    case = late_leg()
    assert borne_by_the_second(case) == (500_000, 500_000)
    case.amend(AmendmentKind.TERMS, {"alpha": 10_000})  # supplier, carrier and platform; not who bears it
    assert borne_by_the_second(case) == (1_000_000, 1_000_000)


def test_a_brokers_word_against_a_gate_makes_a_breach_of_what_others_signed() -> None:
    counts = []
    for speaks in (False, True):
        case = out_for_delivery()
        case.hand(CARRIER, RETAILER, day(2), sequence=1, outcome=Outcome.APPLIED_IN_BREACH)
        case.decide(RELEASED, day(1), now=day(3))  # customs reports late: no breach
        if speaks:
            case.decide(HELD, day(1.5), assurance=Assurance.BROKER_WORD, declarant=SUPPLIER, now=day(40))
        assert breaches(case.root, case.seen) == counted_breaches(case.seen, case.root)
        counts.append(len(breaches(case.root, case.seen)))
    assert counts == [0, 1]


def test_own_word_a_broker_presents_on_paper_when_the_release_is_near() -> None:
    taken = []
    for presented in (1, 3.875):
        case = out_for_delivery()
        case.decide(PRESENTED, day(presented), assurance=Assurance.BROKER_WORD)
        case.decide(RELEASED, day(4))
        time = Interest("broker's time-over-median", b"", BROKER)
        taken.append(figures(case.seen, day(60)).burden(time)[0])
    assert taken == [3 * 86400, 3 * 3600]
