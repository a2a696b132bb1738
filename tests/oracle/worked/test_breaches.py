"""Which breaches count, by cases worked out by hand from RECORDS.md."""

import pytest

from ledger.codes import Assurance, ClearanceStatus, Outcome
from ledger.records.shipment_ids import child_id
from tests.oracle.breaches import breaches
from tests.oracle.cases import day, out_for_delivery
from tests.oracle.story import CARRIER, RETAILER

HELD, RELEASED = ClearanceStatus.HELD, ClearanceStatus.RELEASED
CUSTOMS_ITSELF, BROKERS = Assurance.AUTHORITY_SIGNED, Assurance.BROKER_WORD
BREACH = Outcome.APPLIED_IN_BREACH


@pytest.mark.parametrize(
    ("decisions", "counts"),
    [
        ((), True),
        (((RELEASED, -1, CUSTOMS_ITSELF, 0),), False),
        (((RELEASED, 0, CUSTOMS_ITSELF, 0), (HELD, 0, CUSTOMS_ITSELF, 0)), False),
        (((RELEASED, -2, CUSTOMS_ITSELF, 0), (HELD, -1, CUSTOMS_ITSELF, 0)), True),
        (((RELEASED, -2, CUSTOMS_ITSELF, 9), (HELD, 1, CUSTOMS_ITSELF, 0)), False),
        (((RELEASED, -2, BROKERS, 0.5),), False),
        (((RELEASED, -2, BROKERS, 1.5),), True),
        (((RELEASED, 1, CUSTOMS_ITSELF, 0),), True),
    ],
)
def test_a_breach_counts_by_the_last_decision_before_it(
    decisions: tuple[tuple[ClearanceStatus, int, int, float], ...], *, counts: bool
) -> None:
    case = out_for_delivery()
    for status, when, assurance, lag in decisions:
        case.decide(status, day(when), assurance=assurance, now=day(when + lag))
    act = case.hand(CARRIER, RETAILER, day(0), sequence=1, outcome=BREACH)
    assert [b.record for b in breaches(case.root, case.seen)] == ([act.id] if counts else [])


def test_a_childs_breach_looks_at_its_ancestors_up_to_the_split() -> None:
    for when, counts in ((0.5, False), (1.5, True)):
        case = out_for_delivery()
        case.decide(RELEASED, day(when))
        case.split(CARRIER, day(1), [100, 100], sequence=1)
        child = child_id(case.root, 1, 0)
        case.hand(CARRIER, RETAILER, day(2), shipment=child, packages=100, outcome=BREACH)
        assert bool(breaches(case.root, case.seen)) == counts
