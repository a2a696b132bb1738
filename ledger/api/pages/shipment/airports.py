"""Where airports lie, by UN/LOCODE: for goods that go by air.

A UN/LOCODE takes the IATA code of its airport or city where there is one (UN/CEFACT Recommendation 16), but other
places have three letters that are some airport's, too. Among codes that UNECE's list calls airports one in sixty lies
elsewhere than the airport of its letters; among the others three in five. So nothing else is looked up here.
"""

from collections.abc import Iterable
from functools import cache

from airportsdata import load, load_iata_macs

from ledger.api.pages.shipment.world_map import Point


@cache
def known_airports() -> dict[str, Point]:
    """By UN/LOCODE; a city with several airports lies in their middle."""
    cities = {
        found["country"] + city: _middle([_point(one["lat"], one["lon"]) for one in found["airports"].values()])
        for city, found in load_iata_macs().items()
    }
    return cities | {one["country"] + iata: _point(one["lat"], one["lon"]) for iata, one in load("IATA").items()}


def _point(latitude: float, longitude: float) -> Point:
    return Point(round(longitude * 10), round(-latitude * 10))


def _middle(points: Iterable[Point]) -> Point:
    """Of points that are near each other; no such city lies at the antimeridian."""
    xs, ys = zip(*points, strict=True)
    return Point(sum(xs) // len(xs), sum(ys) // len(ys))
