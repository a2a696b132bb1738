"""Each kind of finding, what it rests on, and that sound histories have none."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger.codes import ClearanceStatus, Outcome, Purpose, StatementKind
from ledger.common.figure import json_schema, to_json
from ledger.provenance.gaps import Finding, Gap, as_of, find_gaps
from ledger.records.eip712 import Withheld
from ledger.records.types import Details, Goods
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

SERIALS = b"\x11" * 32


def goods(quantity: int = 1, serials: bytes = bytes(32), unit: str = "KGM") -> Goods:
    return Goods(bytes(16), "09506000134352", "L1", serials, quantity, unit, "", "")


def gaps(history: History, at: int = 100 * DAY) -> tuple[Finding, ...]:
    return as_of(find_gaps(Journeys(history.records), history.records), at)


def codes(history: History, at: int = 100 * DAY) -> list[Gap]:
    return [one.code for one in gaps(history, at)]


def test_what_was_shipped_and_never_received_is_found_once_it_is_due() -> None:
    history = History()
    kept = history.terms(holder=MAKER)
    one = history.terms(holder=MAKER, promisedAt=10 * DAY, grace=DAY)
    history.handoff(one, MAKER, CARRIER, 2 * DAY)
    assert codes(history, 11 * DAY) == []
    (found,) = gaps(history, 11 * DAY + 1)
    assert (found.code, found.shipment, found.at) == (Gap.NEVER_RECEIVED, one, 11 * DAY)
    assert found.records == (history.records[1].id, history.records[2].id)
    assert kept != one
    history.handoff(one, CARRIER, SHOP, 20 * DAY)
    assert codes(history) == []


def test_who_holds_goods_from_the_opening_owes_them_too() -> None:
    """Its signature under the terms says that it has them: goods that go on under new names are asked for there."""
    history = History()
    one = history.terms(holder=CARRIER, promisedAt=10 * DAY)
    assert codes(history, 10 * DAY) == []
    assert codes(history, 10 * DAY + 1) == [Gap.NEVER_RECEIVED]
    other = history.terms(known=DAY, holder=CARRIER, parents=[one], promisedAt=20 * DAY)
    (found,) = gaps(history, 20 * DAY + 1)
    assert (found.code, found.shipment, found.records) == (Gap.NEVER_RECEIVED, other, (history.records[-1].id,))
    history.handoff(other, CARRIER, SHOP, 30 * DAY)
    assert codes(history) == []


@pytest.mark.parametrize("end", [StatementKind.LOST, StatementKind.DESTROYED, StatementKind.SOLD])
def test_what_ended_is_no_longer_under_way(end: StatementKind) -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.handoff(one, MAKER, CARRIER, 2 * DAY)
    history.statement(end, one, CARRIER, 3 * DAY)
    assert codes(history) == []


def test_children_are_asked_for_and_not_what_they_were_split_from() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.handoff(one, MAKER, CARRIER, 2 * DAY)
    first, second = history.split(one, CARRIER, 3 * DAY, [4, 6])
    history.handoff(first, CARRIER, SHOP, 4 * DAY, packages=4)
    assert [(found.code, found.shipment) for found in gaps(history)] == [(Gap.NEVER_RECEIVED, second)]


def test_what_a_short_receipt_left_behind_is_missing_until_somebody_has_it() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    rest = history.short(one, MAKER, SHOP, 2 * DAY, 7)
    (found,) = gaps(history)
    assert (found.code, found.shipment, found.records) == (Gap.LEFT_BEHIND, rest, (history.records[1].id,))
    history.statement(StatementKind.FOUND, rest, MAKER, 3 * DAY)
    assert codes(history) == []
    history.handoff(rest, MAKER, CARRIER, 4 * DAY, packages=3)
    assert codes(history) == [Gap.NEVER_RECEIVED]


def test_a_move_that_does_not_follow_on_the_one_before_is_broken_custody() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.handoff(one, MAKER, CARRIER, 2 * DAY)
    history.handoff(one, CARRIER, SECOND, 3 * DAY)
    history.handoff(one, SECOND, SHOP, 4 * DAY)
    assert codes(history) == []
    del history.records[2]
    (found,) = gaps(history)
    assert (found.code, found.records) == (Gap.CUSTODY_BROKEN, (history.records[1].id, history.records[2].id))
    other = History()
    two = other.terms(holder=MAKER)
    other.handoff(two, CARRIER, SHOP, 2 * DAY)
    assert codes(other) == [Gap.CUSTODY_BROKEN]


def test_a_refused_handoff_breaks_nothing_and_an_override_is_told() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.handoff(one, MAKER, CARRIER, 2 * DAY, packages=0)
    history.handoff(one, MAKER, CARRIER, 3 * DAY)
    history.override(one, CARRIER, SHOP, 4 * DAY)
    assert codes(history) == [Gap.OVERRIDDEN]


@pytest.mark.parametrize(
    ("out", "details", "found"),
    [
        (11, "", [Gap.MORE_OUT]),
        (9, "", [Gap.LESS_OUT]),
        (10, "", []),
        (9, '{"loss":{"quantity":1,"unit":"KGM","reason":"dust"}}', []),
        (9, '{"loss":{"quantity":"a lot","unit":"KGM","reason":"dust"}}', [Gap.LOSS_UNCLEAR]),
    ],
)
def test_what_does_not_balance_is_found(out: int, details: str, found: list[Gap]) -> None:
    history = History()
    parents = [history.terms(holder=MAKER, contents=[goods(5)]) for _ in range(2)]
    made = history.terms(
        holder=MAKER,
        parents=parents,
        purpose=Purpose.TRANSFORMATION,
        contents=[replace(goods(out), gtin="09506000134369")],
        details=Details(SALT, details),
    )
    told = gaps(history)
    assert [one.code for one in told] == found
    assert all(one.shipment == made and made in one.records for one in told)


def chain(history: History, *, purpose: Purpose, serials: bytes = SERIALS) -> list[bytes]:
    first = history.terms(holder=MAKER, contents=[goods(1, serials)])
    return [first, history.terms(holder=MAKER, parents=[first], contents=[goods(1, serials)], purpose=purpose)]


@pytest.mark.parametrize(("holder", "found"), [(0, []), (SHOP, [Gap.LESS_OUT])])
def test_a_consumer_may_keep_what_it_does_not_return(holder: int, found: list[Gap]) -> None:
    history = History()
    key = b"\x09" * 20
    one = history.terms(holder=MAKER, consignee=0, recipient=key, contents=[goods(3)])
    history.handoff(one, MAKER, 0, DAY)
    history.terms(
        consignor=SHOP, consignee=SHOP, holder=holder, recipient=key, parents=[one], purpose=Purpose.RETURN,
        contents=[goods(1)],
    )  # fmt: skip
    assert codes(history) == found


def test_serials_go_on_with_their_goods_and_are_nowhere_else() -> None:
    history = History()
    _, later = chain(history, purpose=Purpose.ONWARD)
    assert codes(history) == []
    twin = history.terms(holder=MAKER, contents=[goods(1, SERIALS)])
    (found,) = gaps(history)
    assert (found.code, found.shipment, found.others) == (Gap.SERIALS_TWICE, twin, (later,))
    other = History()
    chain(other, purpose=Purpose.ONWARD)
    other.terms(holder=MAKER, contents=[replace(goods(1, SERIALS), gtin="09506000134369")])
    assert codes(other) == []


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ((1, 1), []),  # whoever splits a set and names it by its root parts it
        ((2, 2), [Gap.MORE_OUT, Gap.SERIALS_TWICE]),
    ],
)
def test_a_split_parts_a_set_and_doubles_none(parts: tuple[int, int], found: list[Gap]) -> None:
    history = History()
    one = history.terms(holder=MAKER, contents=[goods(2, SERIALS)])
    named = [[goods(part, SERIALS)] for part in parts]
    first, second = history.split(one, MAKER, DAY, [5, 5], contents=named)
    assert codes(history) == found
    # What goes on from there is asked about once.
    history.terms(holder=MAKER, parents=[second], contents=[goods(parts[1], SERIALS)], purpose=Purpose.ONWARD)
    assert codes(history) == found
    assert all(one.others == (first,) for one in gaps(history) if one.code is Gap.SERIALS_TWICE)


def test_what_was_left_behind_takes_its_part_of_a_set_along() -> None:
    history = History()
    one = history.terms(holder=MAKER, contents=[goods(10, SERIALS)])
    rest = history.short(one, MAKER, SHOP, DAY, 8)
    history.terms(holder=MAKER, parents=[rest], packages=2, contents=[goods(2, SERIALS)], purpose=Purpose.ONWARD)
    history.terms(holder=SHOP, parents=[one], packages=8, contents=[goods(8, SERIALS)], purpose=Purpose.RETURN)
    assert Gap.SERIALS_TWICE not in codes(history)


@pytest.mark.parametrize(
    ("purpose", "again", "found"),
    [
        (Purpose.RETURN, 1, []),
        (Purpose.RETURN, 2, [Gap.SERIALS_TWICE]),
        (Purpose.ORIGINAL, 1, [Gap.SERIALS_TWICE]),
    ],
)
def test_what_was_sold_comes_back_once_and_as_a_return(purpose: Purpose, again: int, found: list[Gap]) -> None:
    history = History()
    one = history.terms(consignee=SHOP, holder=SHOP, contents=[goods(1, SERIALS)])
    history.statement(StatementKind.SOLD, one, SHOP, DAY)
    for _ in range(again):
        history.terms(
            known=2 * DAY, consignor=SHOP, consignee=MAKER, holder=SHOP, purpose=purpose, contents=[goods(1, SERIALS)]
        )
    assert codes(history) == found


def test_thousands_that_name_one_set_are_compared_in_no_time() -> None:
    """Each finding names one other: else so many twins would fill a memory with each other's names."""
    history = History()
    first = name = history.terms(holder=MAKER, contents=[goods(1, SERIALS)])
    for _ in range(400):
        name = history.terms(holder=MAKER, parents=[name], purpose=Purpose.ONWARD)
    twins = [history.terms(holder=MAKER, contents=[goods(1, SERIALS)]) for _ in range(400)]
    last = history.terms(holder=MAKER, parents=[name], contents=[goods(1, SERIALS)], purpose=Purpose.ONWARD)
    found = gaps(history, 0)
    assert {one.code for one in found} == {Gap.SERIALS_TWICE}
    assert [one.others for one in found] == [(first,)] * len(twins)
    assert last not in {one.shipment for one in found}


def test_a_clearance_needs_goods() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.clearance(ClearanceStatus.RELEASED, one, DAY)
    assert codes(history, 0) == []
    history.clearance(ClearanceStatus.RELEASED, bytes(31) + b"\x09", DAY)
    assert codes(history, 0) == [Gap.NO_GOODS]
    history.statement(StatementKind.LOST, one, MAKER, 2 * DAY)
    history.clearance(ClearanceStatus.REFUSED, one, 3 * DAY)
    assert codes(history, 0) == [Gap.NO_GOODS]
    late = history.clearance(ClearanceStatus.INSPECTED, one, 3 * DAY)
    assert [found.records[-1] for found in gaps(history, 0)][1:] == [late.id]


def test_what_was_made_into_other_goods_is_not_cleared_afterwards() -> None:
    history = History()
    used, sent, split = (history.terms(holder=MAKER) for _ in range(3))
    made = history.terms(known=DAY, holder=MAKER, parents=[used], purpose=Purpose.TRANSFORMATION)
    history.terms(known=DAY, holder=MAKER, parents=[sent], purpose=Purpose.ONWARD)
    history.split(split, MAKER, DAY, [4, 6])
    for shipment in (used, sent, split):
        history.clearance(ClearanceStatus.HELD, shipment, DAY)
    assert codes(history, 0) == []
    history.clearance(ClearanceStatus.RELEASED, [used, sent, split], DAY + 1)
    (found,) = gaps(history, 0)
    assert (found.code, found.shipment, found.records[0]) == (Gap.NO_GOODS, used, made)


def test_a_clearance_that_the_chain_knew_no_goods_for_is_found() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    told = history.clearance(ClearanceStatus.RELEASED, one, DAY)
    history.records[-1] = replaced(history, told.record, (Outcome.UNKNOWN,))
    assert codes(history, 0) == [Gap.NO_GOODS]


def replaced(history: History, record: object, outcomes: Sequence[Outcome]):  # type: ignore[no-untyped-def]
    history.records.pop()
    return history.log(record, (7,), DAY, outcomes=outcomes)  # type: ignore[arg-type]


def test_what_is_withheld_raises_nothing() -> None:
    history = History()
    one = history.terms(holder=MAKER, contents=[Withheld(bytes(32))])  # type: ignore[list-item]
    history.terms(holder=MAKER, parents=[one], purpose=Purpose.TRANSFORMATION, contents=[goods(9)])
    assert codes(history, 0) == []


def test_findings_are_figures() -> None:
    history = History()
    one = history.terms(holder=MAKER)
    history.short(one, MAKER, SHOP, 2 * DAY, 7)
    (found,) = gaps(history)
    assert set(to_json(found)) == set(json_schema(Finding)["properties"])
