"""Where the boxes and lines of a graph of shipments lie: a row for each step that goods took, inputs on top.

Integers throughout, so that the same graph gives the same picture. Boxes of a row stand in the order of the middle of
what they came from, which keeps most lines from crossing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, ACROSS, BETWEEN = 196, 82, 20, 44
"""Of a box, and of the space beside and below it, in the SVG's own units."""
PASSES = 4


@dataclass(frozen=True, slots=True)
class Box:
    """`x`, `y`: its upper left corner."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """From the bottom of `above` to the top of `below`."""

    above: str
    below: str
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Layout:
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def layout(parents: Mapping[str, Sequence[str]]) -> Layout:
    """`parents`: of each box, by name, parents before what came of them; those that are no boxes are left out."""
    above = {name: [one for one in dict.fromkeys(own) if one in parents] for name, own in parents.items()}
    level: dict[str, int] = {}
    for name, own in above.items():
        level[name] = 1 + max((level[parent] for parent in own), default=-1)
    below: dict[str, list[str]] = {name: [] for name in above}
    for name, own in above.items():
        for parent in own:
            below[parent].append(name)
    for name in reversed(level):  # what has no other parents stands right above what was made of it
        if not above[name] and below[name]:
            level[name] = min(level[one] for one in below[name]) - 1
    rows: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for name, depth in level.items():
        rows[depth].append(name)
    for turn in range(PASSES):
        beside = above if turn % 2 == 0 else below
        place = {name: (2 * i + 1) * 1000 // len(row) for row in rows for i, name in enumerate(row)}
        for row in rows:
            row.sort(key=lambda name: (_middle([place[one] for one in beside[name]], place[name]), name))
    width = max((len(row) for row in rows), default=0) * (WIDTH + ACROSS) + ACROSS
    boxes: dict[str, Box] = {}
    for depth, row in enumerate(rows):
        left = (width - len(row) * (WIDTH + ACROSS) + ACROSS) // 2
        for i, name in enumerate(row):
            boxes[name] = Box(name, left + i * (WIDTH + ACROSS), ACROSS + depth * (HEIGHT + BETWEEN))
    lines = tuple(
        Line(
            parent,
            name,
            boxes[parent].x + WIDTH // 2,
            boxes[parent].y + HEIGHT,
            boxes[name].x + WIDTH // 2,
            boxes[name].y,
        )
        for name, own in above.items()
        for parent in own
    )
    height = len(rows) * (HEIGHT + BETWEEN) - BETWEEN + 2 * ACROSS if rows else 0
    return Layout(width, height, tuple(boxes.values()), lines)


def _middle(places: Sequence[int], otherwise: int) -> int:
    return sum(places) // len(places) if places else otherwise
