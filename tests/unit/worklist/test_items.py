"""Order, urgency, pages and counts of items."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.common.periods import DAY, FOREVER
from ledger.errors import MalformedRecord
from ledger.worklist.items import SIGNED, Action, Count, Item, Kind, Place, counts_of, page_of, together

NOW = 1_000_000
places = st.builds(
    Place,
    st.sampled_from([0, NOW, FOREVER]) | st.integers(0, FOREVER),
    st.integers(0, 9),
    st.binary(min_size=0, max_size=3),
    st.sampled_from(list(map(str, Kind))),
    st.sampled_from(["", "CN1", "0xab"]),
)


def item(until: int, since: int = 0, subject: bytes = b"\1", kind: Kind = Kind.CUSTODY) -> Item:
    return Item(kind, Action.HAND_ON, subject, since, until=until)


@pytest.mark.parametrize(
    ("until", "urgent"), [(NOW + DAY, True), (NOW + DAY + 1, False), (NOW - 1, True), (FOREVER, False)]
)
def test_an_item_is_urgent_from_a_day_before_it_runs_out(until: int, urgent: bool) -> None:
    assert item(until).urgent(NOW) is urgent


def test_what_runs_out_first_stands_first_and_the_oldest_of_what_never_does() -> None:
    listed = [item(NOW + 5), item(NOW + 1, since=9), item(FOREVER, since=3), item(FOREVER, since=2)]
    shown, following = page_of(random.Random(1).sample(listed, 4), None, 10)
    assert [(i.until, i.since) for i in shown] == [(NOW + 1, 9), (NOW + 5, 0), (FOREVER, 2), (FOREVER, 3)]
    assert following is None


@given(st.lists(places, unique=True, max_size=12), st.integers(1, 5))
def test_pages_together_are_the_list(all_places: list[Place], limit: int) -> None:
    items = [Item(Kind(p.kind), Action.LOOK, p.subject, p.since, until=p.until, detail=p.detail) for p in all_places]
    seen: list[Place] = []
    after: Place | None = None
    while True:
        shown, following = page_of(items, after, limit)
        seen += [i.place for i in shown]
        if following is None:
            break
        assert len(shown) == limit
        after = Place.parse(str(following))
    assert seen == sorted(all_places)


@given(places)
def test_a_place_is_read_from_what_it_prints(place: Place) -> None:
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "", "1~2~0x~custody", "1~2~0x~custody~~", "01~2~0x~custody~", "1~2~0xzz~custody~", "1~2~0xAB~custody~",
        "1~2~0x~nothing~", f"{FOREVER + 1}~2~0x~custody~", "-1~2~0x~custody~", "1~2~ab~custody~", "x~2~0x~custody~",
        "1~2~0xa~custody~", "1\u0662~2~0x~custody~",
    ],
)  # fmt: skip
def test_other_texts_are_no_places(text: str) -> None:
    with pytest.raises(MalformedRecord, match="no place in a worklist"):
        Place.parse(text)


def test_counts_are_by_kind_in_its_order() -> None:
    some = counts_of([item(NOW), item(FOREVER), item(FOREVER, kind=Kind.RECALL)], NOW)
    assert together([*some, Count("custody", 3, 1), Count("missing", 0, 0)]) == (
        Count("custody", 5, 2),
        Count("recall", 1, 0),
    )


def test_every_action_but_to_sign_and_to_look_signs_a_record() -> None:
    assert set(Action) - set(SIGNED) == {Action.SIGN, Action.LOOK}
    assert Item(Kind.SIGNATURE, Action.SIGN, b"", 0, type_number=9).scope == 9
    assert Item(Kind.ANSWERS, Action.LOOK, b"", 0).scope == 0
    assert Item(Kind.MISSING, Action.ACCOUNT, b"", 0).scope == 5
