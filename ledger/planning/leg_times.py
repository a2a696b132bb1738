"""How long a partner's deliveries took on a lane, by the records that show it.

Times are those of `ledger.network`: from the first handoff on the way to the counter-signed delivery. Whoever delivered
is taken for the carrier of the way.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ledger.codes import Mode
from ledger.common.distribution import distribution
from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.network.contributions import KeptContributions, count_of
from ledger.network.lane_times import ENOUGH, Lane, lane_of
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys


class Basis(StrEnum):
    """What a leg's time rests on: the carrier's own deliveries on the lane, those of all carriers there, or what
    whoever asks has stated because no delivery tells."""

    CARRIER = "carrier"
    LANE = "lane"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class LegTime:
    """Half of `samples` deliveries took no longer than `p50` seconds, nine in ten no longer than `p90`, and half of
    their shipments were held by customs for no longer than `customs` of these."""

    p50: int
    p90: int
    basis: Basis
    samples: int = 0
    records: tuple[RecordId, ...] | None = ()
    customs: int = 0

    @property
    def thin(self) -> bool:
        """There are too few deliveries to rely on, or none."""
        return self.samples < ENOUGH


Stated = Mapping[tuple[str, str, Mode], LegTime]
"""By countries or UN/LOCODEs of both ends, and mode."""


@dataclass(frozen=True)
class LegTimes:
    """What is known of legs. `verified`: by lane and carrier, and by lane of all carriers (0)."""

    verified: Mapping[tuple[Lane, int], LegTime] = field(default_factory=dict)
    stated: Stated = field(default_factory=dict)

    def of(self, origin: str, destination: str, mode: Mode, carrier: int) -> LegTime | None:
        """Of a leg between two places. The carrier's own deliveries count where there are enough of them, else all
        carriers' on the lane, even if few; only where there is none, what was stated, for the places before their
        countries."""
        lane = Lane(origin[:2], destination[:2], mode)
        own, everybody = self.verified.get((lane, carrier)), self.verified.get((lane, 0))
        if own is not None and not own.thin:
            return own
        if everybody is not None:
            return everybody
        return self.stated.get((origin, destination, mode)) or self.stated.get((origin[:2], destination[:2], mode))


def verified_times(
    journeys: Journeys, period: tuple[int, int], wanted: Callable[[ShipmentTerms], bool], kept: KeptContributions
) -> dict[tuple[Lane, int], LegTime]:
    """The times of all deliveries under terms that are `wanted`, of the shipments that count from the first second of
    `period` on, as judged at its last."""
    since, at = period
    times: defaultdict[tuple[Lane, int], list[int]] = defaultdict(list)
    held: defaultdict[tuple[Lane, int], list[int]] = defaultdict(list)
    records: defaultdict[tuple[Lane, int], dict[RecordId, None]] = defaultdict(dict)
    for shipment in journeys.shipments():
        try:
            if not wanted(journeys.terms_of(shipment).record):
                continue
        except NotFound:
            continue
        one = kept.of(shipment, at)
        if one is None or one.second < since or not one.times or not one.route.origin or not one.route.destination:
            continue
        for key in ((lane_of(one.route), one.route.carrier), (lane_of(one.route), 0)):
            times[key].extend(one.times)
            held[key].append(count_of(one, "held_seconds"))
            records[key].update(dict.fromkeys(one.evidence))
    return {key: _time(key[1], values, held[key], tuple(records[key])) for key, values in times.items()}


def _time(carrier: int, values: list[int], held: list[int], records: tuple[RecordId, ...]) -> LegTime:
    spread, p50 = distribution(values), distribution(values).median or 0
    basis = Basis.CARRIER if carrier else Basis.LANE
    customs = min(p50, distribution(held).median or 0)
    return LegTime(p50, spread.p90 or 0, basis, spread.count, records, customs)
