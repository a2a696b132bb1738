"""Path-switching flexibility: lanes on which another mode or carrier would do as well.

A lane is the countries of origin and destination. A mode, or a carrier, meets the expected windows of a lane where at
most one in ten of its delivery events there took longer than their market and mode are expected to take, of at least
`ENOUGH` that can be judged: fewer prove nothing. Events are those of scores (`ledger.scores.samples.Event`): what one
partner brings to one receiver and place in a day is one, however many shipments it is split into, and is late by the
share of them that are. A lane with such a way is judged, whatever way goods went.
"""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from ledger.network.contributions import Contribution, count_of
from ledger.scores.samples import Event

ENOUGH = 10
"""Delivery events with an expected window below which nothing is said of a way."""


class Flexibility(NamedTuple):
    """Lanes that are `judged`; those on which two modes or more meet the windows, two carriers or more, or either."""

    judged: int
    by_mode: int
    by_carrier: int
    flexible: int


_Events = dict[Event, tuple[int, int]]
"""Shipments of each event that can be judged, and those of them that took too long."""


class _Way(NamedTuple):
    origin: str
    destination: str
    kind: str
    number: int


def flexibility(contributions: Iterable[Contribution]) -> Flexibility:
    ways: dict[_Way, _Events] = {}
    for one in contributions:
        route, windowed = one.route, count_of(one, "windowed")
        if one.event is None or not route.origin or route.mode is None:
            continue
        for kind, number in (("mode", int(route.mode)), ("carrier", route.carrier)):
            events = ways.setdefault(_Way(route.origin, route.destination, kind, number), {})
            due, missed = events.get(one.event, (0, 0))
            events[one.event] = due + windowed, missed + count_of(one, "abnormal")
    proven = {way: events for way, events in ways.items() if len(events) >= ENOUGH}
    lanes: dict[str, list[tuple[str, str]]] = {"mode": [], "carrier": []}
    for way, events in proven.items():
        if 10 * sum((Fraction(missed, due) for due, missed in events.values()), Fraction(0)) <= len(events):
            lanes[way.kind].append(way[:2])
    choice = {kind: {lane for lane, count in Counter(found).items() if count > 1} for kind, found in lanes.items()}
    judged = {way[:2] for way in proven}
    return Flexibility(
        len(judged), len(choice["mode"]), len(choice["carrier"]), len(choice["mode"] | choice["carrier"])
    )
