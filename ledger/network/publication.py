"""What the public sees of the network: whole per cent and hours of closed quarters, and nothing about a few shipments.

There is one partition, by mode, and no total beside it: a second one that differs from it by one shipment tells that
shipment by subtraction. A group of fewer than ten shipments is not shown apart but with others, as `other`: never one
alone. A figure of fewer than ten events is unknown to the public.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.codes import HoldCause
from ledger.common.figure import figure
from ledger.common.ids import PartnerId
from ledger.common.periods import HOUR, Period
from ledger.network.performance import NetworkFigures, network
from ledger.network.routes import EXPECTED, GROUPS, By, Route, Windows
from ledger.shipments.history import Journeys

PUBLIC_GROUPS = By.MODE
"""Lanes and markets follow from places, which are private, and carriers have scores of their own."""
FEWEST = 10
"""Shipments of a group, and events of a figure, below which the public sees neither."""
OTHER = "other"
_WHOLE_PERCENT = 10_000


@figure("partner", "failure_ppm")
@dataclass(frozen=True, slots=True)
class PublicNode:
    partner: PartnerId
    failure_ppm: int


@figure("shipments", "mean_seconds", "median_seconds", "p90_seconds", "abnormal_ppm", "legs_ppm", "first_time_ppm",
        "customs_seconds", "held_seconds", "nodes")  # fmt: skip
@dataclass(frozen=True, slots=True)
class PublicNetwork:
    """Figures of a group, each None (or left out) below ten events: times in seconds, whole hours; shares in parts per
    million, whole per cent. They mean what those of `ledger.network.performance.NetworkFigures` mean.
    """

    shipments: int
    mean_seconds: int | None
    median_seconds: int | None
    p90_seconds: int | None
    abnormal_ppm: int | None
    legs_ppm: int | None
    first_time_ppm: int | None
    customs_seconds: Mapping[HoldCause, int]
    held_seconds: int | None
    nodes: tuple[PublicNode, ...]


def public_network(journeys: Journeys, period: Period, windows: Windows = EXPECTED) -> dict[str, PublicNetwork]:
    """What may be published of the network in `period`, by group of `PUBLIC_GROUPS`."""
    by = GROUPS[PUBLIC_GROUPS]
    apart = network(journeys, period, by, windows)
    small = merged({group: figures.shipments for group, figures in apart.items()})
    if small:

        def with_others(route: Route) -> str:
            group = by(route)
            return OTHER if group in small else group

        apart = network(journeys, period, with_others, windows)
    return {group: _public(figures) for group, figures in apart.items() if figures.shipments >= FEWEST}


def merged(shipments: Mapping[str, int]) -> frozenset[str]:
    """The groups that are shown together: all that are too small, and the next larger ones until they are enough."""
    small: list[str] = []
    count = 0
    for group in sorted(shipments, key=lambda group: (shipments[group], group)):
        if shipments[group] >= FEWEST and (not small or (count >= FEWEST and len(small) > 1)):
            break
        small.append(group)
        count += shipments[group]
    return frozenset(small)


def _public(figures: NetworkFigures) -> PublicNetwork:
    timed, cleared = figures.timed >= FEWEST, figures.procedures >= FEWEST
    return PublicNetwork(
        shipments=figures.shipments,
        mean_seconds=_whole(figures.mean_seconds, HOUR) if timed else None,
        median_seconds=_whole(figures.median_seconds, HOUR) if timed else None,
        p90_seconds=_whole(figures.p90_seconds, HOUR) if timed else None,
        abnormal_ppm=_whole(figures.abnormal_ppm, _WHOLE_PERCENT) if figures.windowed >= FEWEST else None,
        legs_ppm=_whole(figures.legs_ppm, _WHOLE_PERCENT) if figures.legs_due >= FEWEST else None,
        first_time_ppm=_whole(figures.first_time_ppm, _WHOLE_PERCENT) if cleared else None,
        customs_seconds={
            cause: seconds - seconds % HOUR for cause, seconds in figures.customs_seconds.items() if cleared
        },
        held_seconds=_whole(figures.held_seconds, HOUR) if cleared else None,
        nodes=tuple(
            PublicNode(node.partner, node.failure_ppm - node.failure_ppm % _WHOLE_PERCENT)
            for node in figures.by_node
            if node.handled >= FEWEST and node.failure_ppm is not None
        ),
    )


def _whole(value: int | None, grain: int) -> int | None:
    return None if value is None else value - value % grain
