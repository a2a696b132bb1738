"""Path-switching flexibility: lanes on which another mode or carrier would do as well.

A lane is the countries of origin and destination. A mode, or a carrier, meets the expected windows of a lane where at
most one in ten of its shipments there took longer than their market and mode are expected to take, of at least `ENOUGH`
that can be judged: fewer prove nothing. A lane with such shipments is judged, whatever way they went.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ledger.network.contributions import Contribution, count_of

ENOUGH = 10
"""Shipments with an expected window below which nothing is said of a way."""


class Flexibility(NamedTuple):
    """Lanes that are `judged`; those on which two modes or more meet the windows, two carriers or more, or either."""

    judged: int
    by_mode: int
    by_carrier: int
    flexible: int


def flexibility(contributions: Iterable[Contribution]) -> Flexibility:
    due: Counter[tuple[str, str, str, int]] = Counter()
    missed: Counter[tuple[str, str, str, int]] = Counter()
    for one in contributions:
        route, windowed = one.route, count_of(one, "windowed")
        if not windowed or not route.origin or route.mode is None:
            continue
        for way in (("mode", int(route.mode)), ("carrier", route.carrier)):
            key = route.origin, route.destination, *way
            due[key] += windowed
            missed[key] += count_of(one, "abnormal")
    judged = {key[:2] for key, count in due.items() if count >= ENOUGH}
    ways = Counter(key[:3] for key, count in due.items() if count >= ENOUGH and 10 * missed[key] <= count)
    lanes = {
        kind: {key[:2] for key, count in ways.items() if key[2] == kind and count > 1} for kind in ("mode", "carrier")
    }
    return Flexibility(len(judged), len(lanes["mode"]), len(lanes["carrier"]), len(lanes["mode"] | lanes["carrier"]))
