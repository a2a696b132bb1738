"""Where boxes and lines lie: none on another, each below what it came from, the same for the same graph."""

import random

import pytest

from ledger.charts.provenance_graph import HEIGHT, WIDTH, layout


@pytest.mark.parametrize("seed", range(20))
def test_boxes_lie_below_what_they_came_from_and_on_no_other(seed: int) -> None:
    dice = random.Random(seed)
    parents: dict[str, list[str]] = {}
    for number in range(40):
        above = dice.sample(sorted(parents), min(len(parents), dice.randrange(3)))
        parents[f"n{number}"] = [*above, *dice.choice(([], ["outside"]))]
    drawn = layout(parents)
    at = {box.name: box for box in drawn.boxes}
    assert set(at) == set(parents)
    assert len(drawn.lines) == sum(len(set(own) & set(parents)) for own in parents.values()) > 10
    for line in drawn.lines:
        assert at[line.above].y + HEIGHT == line.y1 < line.y2 == at[line.below].y
    boxes = drawn.boxes
    for i, one in enumerate(boxes):
        assert 0 <= one.x <= drawn.width - WIDTH
        assert 0 <= one.y <= drawn.height - HEIGHT
        for other in boxes[i + 1 :]:
            assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    assert layout(parents) == drawn


def test_an_empty_graph_has_no_size() -> None:
    assert (layout({}).boxes, layout({}).height) == ((), 0)


def test_what_goes_in_last_stands_right_above_what_it_went_into() -> None:
    drawn = layout({"powder": (), "lactose": (), "used": ("powder",), "blend": ("used", "lactose")})
    y = {box.name: box.y for box in drawn.boxes}
    assert y["powder"] < y["used"] == y["lactose"] < y["blend"]
