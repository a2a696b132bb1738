"""Where places lie, for plans: the same places and airports as on the maps of shipments."""

from collections.abc import Mapping
from functools import cache

from ledger.api.pages.shipment.airports import known_airports
from ledger.api.pages.shipment.world_map import Point, known_places
from ledger.planning.distances import Position


@cache
def positions() -> Mapping[bool, Mapping[str, Position]]:
    """By UN/LOCODE: under True airports, for goods by air; under False all other places."""
    return {False: _positions(known_places()), True: _positions(known_airports())}


def _positions(points: Mapping[str, Point]) -> dict[str, Position]:
    return {code: Position(-point.y, point.x) for code, point in points.items()}
