"""A map of the places of a shipment, by UN/LOCODE: where each lies, and the part of the world that shows them all.

Pure geometry on the plane of `world.svg`: tenths of a degree, x to the east and y to the south. A way goes round the
shorter side of the earth, so places may lie beyond ±180°, where the world is drawn again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ledger.api.pages.libraries import FOLDER
from ledger.services.views.course.private_parts import PlaceView, PrivateView

ROUND = 3600
LEAST_WIDTH = 500
"""No map shows less than 50 degrees: the outline is too coarse for that."""
TOP, BOTTOM = -850, 600
"""Nobody ships to the poles."""
OVERLAP = 300
"""So far land that crosses the antimeridian goes on beyond it."""
MARGIN = 6
"""Part of the width that stays free on each side."""


class Point(NamedTuple):
    x: int
    y: int


class Frame(NamedTuple):
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the way by `number`; `point` None where nobody knows where its code lies. `planned`: the destination,
    which the goods have not reached for all that is known."""

    number: int
    place: PlaceView
    point: Point | None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """What is drawn at one point: the numbers of the places there."""

    point: Point
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """`places` in their order, drawn at `spots`, in a `frame` (None: nobody knows where they lie); `worlds`: by how far
    the world is drawn aside. `gone` and `planned`: the ways between."""

    places: tuple[Place, ...]
    spots: tuple[Spot, ...]
    frame: Frame | None
    worlds: tuple[int, ...]
    gone: tuple[Point, ...]
    planned: tuple[Point, ...]


@cache
def known_places() -> dict[str, Point]:
    """Where UN/LOCODEs lie, by code; empty where the library was not built."""
    try:
        read = json.loads((FOLDER / "world.json").read_bytes())
    except FileNotFoundError:
        return {}
    return {code: Point(x, y) for code, (x, y) in read.items()}


def map_of(private: PrivateView | None, *, arrived: bool, known: Mapping[str, Point]) -> Map | None:
    """The map of what the reader may see of a shipment's places; None where that is none. `arrived`: it has ended, so
    that its destination is no plan."""
    if private is None:
        return None
    seen = [place for place in (private.origin, *(stop.place for stop in private.stops)) if place is not None]
    ahead = private.destination
    way: list[tuple[PlaceView, bool]] = []
    for place in seen:
        if _names(place) and (not way or not _same(way[-1][0], place)):
            way.append((place, False))
    if ahead is not None and _names(ahead) and not (way and _same(way[-1][0], ahead)):
        way.append((ahead, not arrived))
    if not way:
        return None
    found = _shorter_way([known.get(place.locode) for place, _ in way])
    places = tuple(
        Place(number, place, point, planned)
        for number, ((place, planned), point) in enumerate(zip(way, found, strict=True), 1)
    )
    drawn = [place for place in places if place.point is not None]
    points = [point for point in found if point is not None]
    gone = tuple(place.point for place in drawn if place.point and not place.planned)
    ends = tuple(place.point for place in drawn if place.point and place.planned)
    frame = frame_of(points) if points else None
    return Map(
        places, _spots(drawn), frame, worlds_in(frame) if frame else (), gone, (*gone[-1:], *ends) if ends else ()
    )


def frame_of(points: Sequence[Point]) -> Frame:
    """The part of the plane that shows all `points`, twice as wide as high, or four to three where it has to be."""
    left, right = min(p.x for p in points), max(p.x for p in points)
    upper, lower = min(p.y for p in points), max(p.y for p in points)
    width = max(LEAST_WIDTH, (right - left) * MARGIN // (MARGIN - 2))
    height = min(BOTTOM - TOP, max(width // 2, (lower - upper) * MARGIN // (MARGIN - 2)))
    width = max(width, height * 4 // 3)
    y = (upper + lower - height) // 2
    return Frame((left + right - width) // 2, max(TOP, min(y, BOTTOM - height)), width, height)


def worlds_in(frame: Frame) -> tuple[int, ...]:
    """By how far the world has to be drawn aside to fill `frame`."""
    first = (frame.x - OVERLAP + ROUND // 2) // ROUND
    last = (frame.x + frame.width + OVERLAP + ROUND // 2) // ROUND
    return tuple(number * ROUND for number in range(first, last + 1))


def _shorter_way(points: Iterable[Point | None]) -> list[Point | None]:
    """The same points, each at most half round the earth from the one before it; the first stays where it is."""
    result: list[Point | None] = []
    before: int | None = None
    for point in points:
        if point is None:
            result.append(None)
            continue
        before = point.x if before is None else before + (point.x - before + ROUND // 2) % ROUND - ROUND // 2
        result.append(Point(before, point.y))
    return result


def _spots(places: Iterable[Place]) -> tuple[Spot, ...]:
    numbers: dict[Point, list[int]] = {}
    for place in places:
        if place.point is not None:
            numbers.setdefault(place.point, []).append(place.number)
    return tuple(Spot(point, tuple(found)) for point, found in numbers.items())


def _names(place: PlaceView) -> bool:
    return bool(place.locode or place.country or place.name or place.gln)


def _same(one: PlaceView, other: PlaceView) -> bool:
    """By the codes, where both have one: names of gates and docks differ within a port."""
    if one.locode and other.locode:
        return one.locode == other.locode
    return (one.country, one.gln, one.name) == (other.country, other.gln, other.name)
