"""How long deliveries take on each lane, and when a shipment may be expected that is under way on one.

A lane is the countries of origin and destination and the mode of transport. Delivery times are those of the network's
figures (`ledger.network.performance`): from the first handoff on the way to the counter-signed delivery, as counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ledger.codes import Mode
from ledger.common.distribution import Distribution, distribution
from ledger.network.contributions import KeptContributions
from ledger.network.routes import Route
from ledger.network.sight import shipments_under
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys

ENOUGH = 10
"""Deliveries on a lane below which their times say little."""


class Lane(NamedTuple):
    """Countries, or names of places where no country is stated; mode None: not stated."""

    origin: str
    destination: str
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class Expected:
    """When a shipment may arrive: half of the lane's deliveries took no longer than to `median_at`, nine in ten than to
    `p90_at` (UTC seconds); None where the goods have not left yet. `times`: of the lane, in seconds. `left_at`: from
    when on they count. `thin`: there are too few of them to rely on.
    """

    lane: Lane
    times: Distribution
    left_at: int | None

    @property
    def thin(self) -> bool:
        return self.times.count < ENOUGH

    @property
    def median_at(self) -> int | None:
        return self._after(self.times.median)

    @property
    def p90_at(self) -> int | None:
        return self._after(self.times.p90)

    def _after(self, seconds: int | None) -> int | None:
        return None if self.left_at is None or seconds is None else self.left_at + seconds


def lane_of(route: Route) -> Lane:
    return Lane(route.origin, route.destination, route.mode)


def times_by_lane(
    journeys: Journeys, at: int, wanted: Callable[[ShipmentTerms], bool], kept: KeptContributions
) -> Mapping[Lane, Distribution]:
    """The delivery times of all shipments under terms that are `wanted`, as judged at `at`. Lanes of which a place is
    withheld or not stated are left out, for nobody knows which they are."""
    times: dict[Lane, list[int]] = {}
    for shipment in shipments_under(journeys, wanted):
        one = kept.of(shipment, at)
        if one is not None and one.times and one.route.origin and one.route.destination:
            times.setdefault(lane_of(one.route), []).extend(one.times)
    return {lane: distribution(values) for lane, values in times.items()}
