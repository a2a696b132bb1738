"""Goods that part and come together again: splits, partial and short deliveries, remainders, merges, returns."""

import pytest

from ledger.cli.demo.scribe import details
from ledger.codes import ExceptionBit, Purpose, SplitReason, StatementKind
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import RuleBroken
from ledger.records.types import Child, ShipmentRef, Split
from tests.e2e.stage import (
    ALPHA,
    CAP,
    CARRIER,
    CONSUMER,
    HOUR,
    MAKER,
    PROMISED,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    hexed,
    key_of,
    remainder,
)

LATE = DAY
"""Every shipment of the stage has half a day of grace, so goods that arrive a day and a half after are a day late."""


def late_by(stage: Stage, opened: int, seconds: int) -> None:
    """Move the clock to `seconds` after promise and grace of what was opened at `opened`."""
    stage.clock.move_to(opened + PROMISED + DAY // 2 + seconds)
    stage.settle()


def test_a_split_shipment_is_delivered_in_two_parts_each_with_its_own_lateness(stage: Stage) -> None:
    opened = stage.now
    whole = stage.open(10)
    stage.hand(MAKER, CARRIER, (whole, 0, 10))
    small, large = stage.split(CARRIER, whole, 1, 4, 6)
    assert stage.status(whole) == "closed into children"
    assert stage.view(whole).children == hexed(small, large)
    assert stage.held_by(small) == (CARRIER, 4, 0)
    late_by(stage, opened, -DAY)
    stage.hand(CARRIER, SHOP, (small, 0, 4))
    late_by(stage, opened, LATE)
    stage.hand(CARRIER, SHOP, (large, 0, 6))
    assert (stage.status(small), stage.status(large)) == ("delivered", "delivered")
    assert stage.penalty(small).amount == 0
    late = stage.penalty(large)
    assert (late.late_seconds, late.amount, late.cap) == (LATE, ALPHA * 6 // 10, CAP * 6 // 10)
    whole_figure = stage.penalty(whole)
    assert (whole_figure.amount, whole_figure.late_seconds) == (late.amount, LATE), "one sum for all parts"
    stage.audited()


def test_children_add_up_and_only_the_holder_splits(stage: Stage) -> None:
    whole = stage.open(10)
    stage.hand(MAKER, CARRIER, (whole, 0, 10))
    for by, packages, reason in ((CARRIER, (4, 5), "do not add up"), (MAKER, (4, 6), "does not hold")):
        children = tuple(Child(count, ()) for count in packages)
        record = Split(by, whole, 1, children, int(SplitReason.PARTIAL), stage.now, details())
        with pytest.raises(RuleBroken, match=reason):
            stage.submit(record, by)
    assert stage.held_by(whole) == (CARRIER, 10, 1)


def test_what_is_missing_stays_with_the_releaser_until_it_is_found_and_handed_on(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    late_by(stage, opened, -HOUR)
    stage.hand(CARRIER, SHOP, (goods, 1, 7, SHORT))
    missing = remainder(goods, 1)
    assert stage.held_by(goods) == (SHOP, 7, 2)
    assert stage.held_by(missing) == (CARRIER, 3, 0)
    assert stage.view(missing).flags == ("remainder",)
    assert stage.status(missing) == "missing"
    (open_one,) = stage.node.reader.views.open_against(CARRIER)
    assert (open_one.shipment, open_one.delivery) == (to_hex(missing), to_hex(goods))
    assert open_one.text == "3 packages missing, open against Partner 3"
    stage.state(StatementKind.FOUND, CARRIER, missing, 0)
    assert stage.status(missing) == "found"
    assert [one.status for one in stage.node.reader.views.open_against(CARRIER)] == ["found"]
    late_by(stage, opened, 2 * DAY)
    stage.hand(CARRIER, SHOP, (missing, 0, 3))
    assert stage.status(missing) == "delivered"
    assert stage.node.reader.views.open_against(CARRIER) == []
    # Seven packages on time, three two days late: α · 3/10 · 2².
    assert stage.penalty(goods).amount == ALPHA * 3 * 4 // 10
    stage.audited()


def test_a_missing_package_that_never_turns_up_is_declared_lost_and_costs_to_the_end_of_accrual(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.hand(CARRIER, SHOP, (goods, 1, 9, SHORT))
    missing = remainder(goods, 1)
    stage.state(StatementKind.LOST, CARRIER, missing, 0)
    assert stage.status(missing) == "lost"
    assert stage.node.reader.views.open_against(CARRIER) == []
    with pytest.raises(RuleBroken, match="ended"):
        stage.hand(CARRIER, SHOP, (missing, 0, 1))
    late_by(stage, opened, 40 * DAY)
    # α · 1/10 · 30², but no more than a tenth of the cap.
    assert stage.penalty(goods).uncapped == ALPHA * 900 // 10
    assert stage.penalty(goods).amount == CAP // 10
    stage.audited()


def test_a_remainder_can_be_short_again_on_its_way(stage: Stage) -> None:
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.hand(CARRIER, WAREHOUSE, (goods, 1, 6, SHORT))
    first = remainder(goods, 1)
    stage.hand(CARRIER, WAREHOUSE, (first, 0, 3, SHORT))
    second = remainder(first, 0)
    assert [stage.held_by(one) for one in (goods, first, second)] == [
        (WAREHOUSE, 6, 2), (WAREHOUSE, 3, 1), (CARRIER, 1, 0),
    ]  # fmt: skip
    stage.hand(WAREHOUSE, SHOP, (goods, 2, 6), (first, 1, 3))
    stage.hand(CARRIER, SHOP, (second, 0, 1))
    assert {stage.status(one) for one in (goods, first, second)} == {"delivered"}
    assert stage.penalty(goods).amount == 0
    stage.audited()


def test_the_story_of_what_is_missing_counts_as_it_was_when_it_went_missing(stage: Stage) -> None:
    """What became of a part later changes no count of how the part began."""
    goods = stage.open(10)
    kept, other = stage.split(MAKER, goods, 0, 6, 4)
    stage.hand(MAKER, CARRIER, (kept, 0, 6), (other, 0, 5, ExceptionBit.OVER))
    stage.hand(CARRIER, SHOP, (kept, 1, 3, SHORT))
    assert stage.view(kept).steps[0].text.startswith("6 packages split off")
    assert stage.view(other).steps[0].text.startswith("4 packages split off")
    first = remainder(kept, 1)
    assert "Missing from it: 3 packages, still missing, and open against" in stage.view(kept).steps[-1].note
    stage.state(StatementKind.FOUND, CARRIER, first, 0)
    stage.hand(CARRIER, SHOP, (first, 0, 2, SHORT))
    stage.state(StatementKind.LOST, CARRIER, remainder(first, 0), 0)
    assert "Missing from it: 3 packages: 2 delivered, 1 lost." in stage.view(kept).steps[-1].note
    beginning = stage.view(first).steps[0]
    assert beginning.text.startswith("3 packages missing from a short delivery")
    assert beginning.packages == 3


def test_two_shipments_merge_into_one(stage: Stage) -> None:
    one, other = stage.open(4, consignee=WAREHOUSE), stage.open(6, consignee=WAREHOUSE)
    stage.hand(MAKER, CARRIER, (one, 0, 4), (other, 0, 6))
    stage.hand(CARRIER, WAREHOUSE, (one, 1, 4), (other, 1, 6))
    parents = (ShipmentRef(one, 2), ShipmentRef(other, 2))
    merged = stage.open(10, consignor=WAREHOUSE, consignee=SHOP, liable=SECOND, parents=parents, purpose=Purpose.MERGE)
    assert stage.status(one) == stage.status(other) == "closed into onward"
    assert set(stage.view(merged).parents) == set(hexed(one, other))
    assert stage.view(one).onward == hexed(merged)
    stage.hand(WAREHOUSE, SECOND, (merged, 0, 10))
    stage.hand(SECOND, SHOP, (merged, 1, 10))
    assert stage.status(merged) == "delivered"
    stage.audited()


def test_goods_under_way_are_diverted_to_another_consignee_by_onward_terms(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    late_by(stage, opened, DAY)
    diverted = stage.open(
        10,
        consignor=SHOP,
        consignee=WAREHOUSE,
        holder=CARRIER,
        beneficiary=WAREHOUSE,
        parents=(ShipmentRef(goods, 1),),
        purpose=Purpose.ONWARD,
    )
    late_by(stage, opened, 5 * DAY)
    stage.hand(CARRIER, WAREHOUSE, (diverted, 0, 10))
    assert (stage.status(goods), stage.status(diverted)) == ("closed into onward", "delivered")
    # The old clock stopped when the new terms opened, a day late; the new one has ten days from then.
    assert stage.penalty(goods).late_seconds == DAY
    assert stage.penalty(diverted).amount == 0
    stage.audited()


def test_only_its_consignor_or_consignee_diverts_an_undelivered_shipment(stage: Stage) -> None:
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    with pytest.raises(RuleBroken, match="consignor or consignee"):
        stage.open(
            10, consignor=WAREHOUSE, consignee=WAREHOUSE, holder=CARRIER, parents=(ShipmentRef(goods, 1),),
            purpose=Purpose.ONWARD,
        )  # fmt: skip


def test_a_consumer_receives_with_a_one_time_key_and_sends_back_with_it(stage: Stage) -> None:
    order = stage.open(1, consignor=SHOP, consignee=0, recipient_key=CONSUMER.address, beneficiary=SHOP)
    stage.hand(SHOP, CARRIER, (order, 0, 1))
    stage.hand(CARRIER, 0, (order, 1, 1), by=(CARRIER, CONSUMER))
    assert stage.status(order) == "delivered"
    back_key = key_of("the consumer's return label")
    back = stage.open(
        1,
        consignor=SHOP,
        consignee=SHOP,
        holder=0,
        parents=(ShipmentRef(order, 2),),
        purpose=Purpose.RETURN,
        recipient_key=back_key.address,
        signers=(SHOP, CONSUMER),
    )
    stage.hand(0, CARRIER, (back, 0, 1), by=(CARRIER, back_key))
    stage.hand(CARRIER, SHOP, (back, 1, 1))
    assert (stage.status(order), stage.status(back)) == ("closed into onward", "delivered")
    stage.audited()


def test_a_replacement_names_what_was_lost_and_leaves_it_as_it_is(stage: Stage) -> None:
    goods = stage.open(2)
    stage.hand(MAKER, CARRIER, (goods, 0, 2))
    stage.state(StatementKind.LOST, CARRIER, goods, 1)
    again = stage.open(2, parents=(ShipmentRef(goods, 1),), purpose=Purpose.REPLACEMENT)
    assert (stage.status(goods), stage.status(again)) == ("lost", "open")
    stage.audited()
