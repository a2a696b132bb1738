"""Parts that travel apart under one promise: splitting and leaving behind change nothing that was not agreed."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Purpose
from ledger.penalties.families import spread
from ledger.penalties.statement import own_penalty_of, penalties, penalty_of
from ledger.records.shipment_ids import remainder_id
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, EIGHT_DAYS_COST, MAKER, SHOP, US_IMPORT, History

ALL = (MAKER, CARRIER, SHOP)


@pytest.fixture
def history() -> History:
    return History()


def owed(history: History, at: int | None = None) -> int:
    return sum(statement.amount for statement in penalties(Journeys(history.records), at))


def test_two_hundred_children_owe_what_the_whole_owes(history: History) -> None:
    """A penalty of 81 was worth nothing in 200 parts of which each was rounded down."""
    shipment = history.terms(packages=200, alpha=1)
    children = history.split(shipment, CARRIER, 9 * DAY, [1] * 200)
    history.handoff(children, CARRIER, SHOP, 19 * DAY, packages=1)
    whole = penalty_of(shipment, history.records)
    assert whole.amount == owed(history) == 81
    assert [line.amount for line in whole.portions] == [1] * 81 + [0] * 119, "ties in the order of their paths"


def test_eight_days_late_owe_the_same_however_the_goods_were_split(history: History) -> None:
    shipment = history.terms(packages=7, **EIGHT_DAYS_COST)
    first, second = history.split(shipment, CARRIER, 2 * DAY, [3, 4])
    left = history.short(second, CARRIER, SHOP, 18 * DAY, 1)
    thirds = history.split(first, CARRIER, 3 * DAY, [1, 1, 1])
    history.handoff(thirds, CARRIER, SHOP, 18 * DAY, packages=1)
    history.handoff(left, CARRIER, SHOP, 18 * DAY, packages=3)
    assert owed(history) == 500_000
    assert [line.share for line in penalty_of(shipment, history.records).portions] == [
        *[Fraction(1, 7)] * 4,
        Fraction(3, 7),
    ]


def test_a_child_asked_alone_is_floor_to_ceiling_of_its_own_term(history: History) -> None:
    shipment = history.terms(packages=3, alpha=100)
    children = history.split(shipment, CARRIER, 2 * DAY, [1, 1, 1])
    history.handoff(children, CARRIER, SHOP, 12 * DAY, packages=1)
    alone = [penalty_of(child, history.records) for child in children]
    assert [(s.amount, s.amount_high, s.frozen, s.family) for s in alone] == [(133, 134, 0, shipment)] * 3
    journeys = Journeys(history.records)
    assert [own_penalty_of(child, journeys).amount for child in children] == [134, 133, 133]
    assert penalty_of(shipment, history.records).amount == 400


@given(
    st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12),
    st.integers(0, 11),
    st.fractions(min_value=0, max_value=1000),
)
@settings(max_examples=300)
def test_no_parts_share_moves_anothers_by_more_than_one_unit(
    terms: list[Fraction], place: int, other: Fraction
) -> None:
    before = spread(terms)
    changed = list(terms)
    changed[place % len(terms)] = other
    after = spread(changed)
    assert sum(before) == int(sum(terms))
    for i, (one, two) in enumerate(zip(before, after, strict=True)):
        assert int(terms[i]) <= one <= -int(-terms[i] // 1)
        assert i == place % len(terms) or abs(one - two) <= 1


def test_over_adds_no_part(history: History) -> None:
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [5, 5])
    history.handoff(first, CARRIER, SHOP, 12 * DAY, packages=9, exceptions=ExceptionBit.OVER)
    history.handoff(second, CARRIER, SHOP, 9 * DAY, packages=5)
    assert [line.share for line in penalty_of(shipment, history.records).portions] == [Fraction(1, 2)] * 2
    assert owed(history) == 200


def test_what_was_delivered_or_refused_before_a_split_stays_one_part(history: History) -> None:
    delivered, refused = history.terms(), history.terms()
    history.handoff(delivered, CARRIER, SHOP, 12 * DAY)
    history.handoff(refused, CARRIER, SHOP, 12 * DAY, packages=0)
    for shipment, by in ((delivered, SHOP), (refused, CARRIER)):
        children = history.split(shipment, by, 13 * DAY, [5, 5])
        assert [line.amount for line in penalty_of(shipment, history.records).portions] == [400]
        assert penalty_of(children[0], history.records).part_of == shipment


def test_each_part_has_a_cap_of_its_own(history: History) -> None:
    """Nine late parcels at their cap leave the tenth what it owes."""
    shipment = history.terms(penaltyCap=1_000)
    first, second = history.split(shipment, CARRIER, 2 * DAY, [9, 1])
    history.handoff(first, CARRIER, SHOP, 30 * DAY, packages=9)
    history.handoff(second, CARRIER, SHOP, 11 * DAY, packages=1)
    assert [line.amount for line in penalty_of(shipment, history.records).portions] == [900, 10]


def test_an_amended_child_keeps_its_share_with_its_own_terms(history: History) -> None:
    """α and cap of the amendment are stated for the whole, and the child's term takes its part of them."""
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [4, 6])
    changes: dict[str, Any] = {"shipment": "0x" + first.hex(), "commercial": {"alpha": "50", "promisedAt": 11 * DAY}}
    history.amend(shipment, AmendmentKind.TERMS, changes, ALL, 3 * DAY)
    history.handoff(first, CARRIER, SHOP, 13 * DAY, packages=4)
    history.handoff(second, CARRIER, SHOP, 13 * DAY, packages=6)
    whole = penalty_of(shipment, history.records)
    assert [line.amount for line in whole.portions] == [4 * 50 * 4 // 10, 6 * 100 * 9 // 10]
    assert whole.amount == 80 + 540
    assert [line.promised_at for line in whole.portions] == [11 * DAY, 10 * DAY]


def test_a_child_that_is_split_again_keeps_what_was_agreed_for_it(history: History) -> None:
    """Who splits signs alone, and so undoes no amendment."""
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [4, 6])
    relief = {"shipment": "0x" + second.hex(), "seconds": 3 * DAY}
    history.amend(shipment, AmendmentKind.RELIEF, relief, ALL, 3 * DAY)
    raised = {"shipment": "0x" + first.hex(), "commercial": {"alpha": "1000"}}
    history.amend(shipment, AmendmentKind.TERMS, raised, ALL, 3 * DAY, history.records[-1].id)
    parts = history.split(first, CARRIER, 4 * DAY, [2, 2])
    history.handoff(parts, CARRIER, SHOP, 13 * DAY, packages=2)
    history.handoff(second, CARRIER, SHOP, 13 * DAY, packages=6)
    assert [line.amount for line in penalty_of(shipment, history.records).portions] == [1800, 1800, 0]


def test_a_child_of_another_currency_is_a_family_of_its_own(history: History) -> None:
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [4, 6])
    dollars = {"shipment": "0x" + first.hex(), "commercial": {"currency": "USD", "alpha": "10"}}
    history.amend(shipment, AmendmentKind.TERMS, dollars, ALL, 3 * DAY)
    history.handoff(first, CARRIER, SHOP, 13 * DAY, packages=4)
    history.handoff(second, CARRIER, SHOP, 13 * DAY, packages=6)
    statements = list(penalties(Journeys(history.records)))
    assert [(s.shipment, s.currency, s.amount) for s in statements] == [(shipment, "EUR", 540), (first, "USD", 36)]
    assert penalty_of(first, history.records).amount == 36


def test_parts_not_delivered_yet_run_on(history: History) -> None:
    shipment = history.terms()
    first, _ = history.split(shipment, CARRIER, 2 * DAY, [5, 5])
    history.handoff(first, CARRIER, SHOP, 12 * DAY, packages=5)
    assert [penalty_of(shipment, history.records, day * DAY).amount for day in (13, 14)] == [200 + 450, 200 + 800]


def test_what_a_short_item_left_may_be_amended_to_another_currency_too(history: History) -> None:
    shipment = history.terms(packages=4)
    history.handoff(shipment, CARRIER, SHOP, 16 * DAY, packages=3, exceptions=ExceptionBit.SHORT)
    rest = remainder_id(shipment, 0)
    dollars = {"shipment": "0x" + rest.hex(), "commercial": {"currency": "USD"}}
    history.amend(shipment, AmendmentKind.TERMS, dollars, (MAKER, CARRIER, SHOP), 17 * DAY)
    history.handoff(rest, CARRIER, SHOP, 18 * DAY, packages=1)
    whole, left = penalties(Journeys(history.records))
    assert (whole.shipment, whole.currency, whole.amount) == (shipment, "EUR", 36 * 100 * 3 // 4)
    assert (left.shipment, left.currency, left.amount, left.share) == (rest, "USD", 64 * 100 // 4, Fraction(1, 4))


def test_each_part_has_recourse_for_its_own_share(history: History) -> None:
    shipment = history.terms()
    first, second = history.split(shipment, CARRIER, 2 * DAY, [5, 5])
    history.handoff(first, CARRIER, 3, 3 * DAY, packages=5, due=9 * DAY)
    history.handoff(second, CARRIER, 9, 3 * DAY, packages=5, due=9 * DAY)
    history.handoff(first, 3, SHOP, 12 * DAY, packages=5)
    history.handoff(second, 9, SHOP, 9 * DAY, packages=5)
    legs = penalty_of(shipment, history.records).legs
    assert [(leg.partner, leg.amount) for leg in legs] == [(3, 200), (9, 0)]


def test_a_back_dated_split_keeps_no_hold_open(history: History) -> None:
    """Released on day 5 and split on day 6: whoever claims to have split on day 4 still inherits the release."""
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
    children = history.split(shipment, CARRIER, 4 * DAY, [5, 5], known=6 * DAY)
    history.handoff(children, CARRIER, SHOP, 14 * DAY, packages=5)
    assert [line.customs_seconds for line in penalty_of(shipment, history.records).portions] == [2 * DAY] * 2


def test_children_of_merged_goods_share_what_each_parent_owes(history: History) -> None:
    shipment, other = history.terms(), history.terms(alpha=200)
    merged = history.terms(
        known=5 * DAY, parents=[shipment, other], purpose=Purpose.MERGE, packages=20, promisedAt=90 * DAY
    )
    children = history.split(merged, CARRIER, 6 * DAY, [5, 15])
    history.handoff(children[0], CARRIER, SHOP, 12 * DAY, packages=5)
    history.handoff(children[1], CARRIER, SHOP, 9 * DAY, packages=15)
    assert [penalty_of(parent, history.records).amount for parent in (shipment, other)] == [100, 200]
