"""A map of the ways of a plan: the places that they pass, and the part of the world that shows them all.

Pure geometry on the plane of `world.svg`, as `ledger.api.pages.shipment.world_map`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.api.pages.shipment.world_map import ROUND, Frame, Point, frame_of, worlds_in
from ledger.planning.distances import Position
from ledger.planning.routes.plan import Way


@dataclass(frozen=True, slots=True)
class Spot:
    point: Point
    code: str


@dataclass(frozen=True, slots=True)
class RouteMap:
    """`lines`: a way each, the best first, over those of its places whose position is known. `missing`: the others."""

    spots: tuple[Spot, ...]
    lines: tuple[tuple[Point, ...], ...]
    missing: tuple[str, ...]
    frame: Frame
    worlds: tuple[int, ...]


def route_map(ways: Sequence[Way], known: Mapping[bool, Mapping[str, Position]]) -> RouteMap | None:
    """None where no place of any way is known."""
    passed = [[way.legs[0].origin, *(leg.destination for leg in way.legs)] for way in ways]
    codes = list(dict.fromkeys(code for codes in passed for code in codes))
    found: dict[str, Point] = {}
    for code in codes:
        position = known[False].get(code) or known[True].get(code)
        if position is not None:
            found[code] = _near(position, next(iter(found.values()), None))
    if not found:
        return None
    lines = tuple(tuple(found[code] for code in codes if code in found) for codes in passed)
    frame = frame_of(list(found.values()))
    spots = tuple(Spot(point, code) for code, point in found.items())
    return RouteMap(spots, lines, tuple(code for code in codes if code not in found), frame, worlds_in(frame))


def _near(position: Position, first: Point | None) -> Point:
    """The place on the plane, at most half round the earth from the first."""
    x = position.longitude
    if first is not None:
        x = first.x + (x - first.x + ROUND // 2) % ROUND - ROUND // 2
    return Point(x, -position.latitude)
