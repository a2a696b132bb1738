"""What is left of a plan when a place, a mode or a partner of one of its ways fails."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from ledger.codes import Mode
from ledger.common.figure import Amount, Pattern, Seconds, figure
from ledger.planning.routes.legs import Leg, PlaceCode, Without


class Fails(StrEnum):
    PLACE = "place"
    MODE = "mode"
    PARTNER = "partner"


@figure("fails", "name", "cost", "more", "arrives", "places", "modes", "partners")
@dataclass(frozen=True, slots=True)
class Failure:
    """What the best way costs when this place, mode or partner of a way fails, how much `more` that is than the best
    way of the plan, and when it arrives; all None: there is no way then. It goes over `places`, by `modes`, with
    `partners`, one a leg.
    """

    fails: Fails
    name: Annotated[str, Pattern("[A-Za-z0-9_]{1,20}")]
    cost: Amount | None
    more: Amount | None
    arrives: Seconds | None
    legs: tuple[Leg, ...] = ()

    @property
    def places(self) -> tuple[PlaceCode, ...]:
        return tuple(leg.origin for leg in self.legs[:1]) + tuple(leg.destination for leg in self.legs)

    @property
    def modes(self) -> tuple[Mode, ...]:
        return tuple(leg.mode for leg in self.legs)

    @property
    def partners(self) -> tuple[int, ...]:
        return tuple(leg.partner for leg in self.legs)


Part = tuple[Fails, str]
"""What may fail: its kind, and its name as in a failure."""


def parts_of(legs: Iterable[Leg]) -> Iterator[tuple[Part, Without]]:
    """Each place between the ends of a way, each mode and partner of it, and what a way without it may not use."""
    way = list(legs)
    for leg in way[:-1]:
        yield (Fails.PLACE, leg.destination), Without(places=frozenset((leg.destination,)))
    for mode in dict.fromkeys(leg.mode for leg in way):
        yield (Fails.MODE, mode.name.lower()), Without(modes=frozenset((mode,)))
    for partner in dict.fromkeys(leg.partner for leg in way):
        yield (Fails.PARTNER, str(partner)), Without(partners=frozenset((partner,)))
