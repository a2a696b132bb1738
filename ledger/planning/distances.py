"""How far places lie apart: the great circle between their coordinates, in whole kilometres.

Coordinates are known to a tenth of a degree, so a distance may be some 15 km off, and no ship or lorry goes along a
great circle. It is what a price per kilometre is reckoned on unless somebody states another distance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from ledger.codes import Mode

RADIUS = 6_371.0088
"""Mean radius of the earth in kilometres (IUGG 1980, R1)."""


class Position(NamedTuple):
    """Tenths of a degree, to the north and to the east."""

    latitude: int
    longitude: int


@dataclass(frozen=True)
class Distances:
    """By UN/LOCODE; those of `airports` for ways by air only. `stated` ones, by the two places in either order, before
    those on the globe."""

    known: Mapping[str, Position] = field(default_factory=dict)
    airports: Mapping[str, Position] = field(default_factory=dict)
    stated: Mapping[frozenset[str], int] = field(default_factory=dict)

    def between(self, one: str, other: str, mode: Mode) -> int | None:
        """Kilometres; None where nobody stated them and one of the places is not known here."""
        pair = frozenset((one, other))
        if pair in self.stated:
            return self.stated[pair]
        ends = [self._at(place, mode) for place in (one, other)]
        known = sorted(place for place in ends if place is not None)
        return great_circle(known[0], known[1]) if len(known) == len(ends) else None

    def _at(self, place: str, mode: Mode) -> Position | None:
        return (self.airports.get(place) if mode is Mode.AIR else None) or self.known.get(place)


def great_circle(one: Position, other: Position) -> int:
    """Kilometres along the great circle (haversine), rounded half to even."""
    (north1, east1), (north2, east2) = (tuple(radians(tenths / 10) for tenths in place) for place in (one, other))
    square = sin((north2 - north1) / 2) ** 2 + cos(north1) * cos(north2) * sin((east2 - east1) / 2) ** 2
    return round(2 * RADIUS * asin(min(1.0, sqrt(square))))
