"""How a network performs: delivery and processing times, abnormal delays, legs, customs, cost, returns, choice of ways,
and failures by node.

A shipment belongs to the period in which its clock stopped (of goods that came apart: for the last of them), or,
while it runs, to that of its promise; one that was split before, to the period of the split. Delivery time runs
from the first handoff on the way (the opening, where the only handoff is the delivery) to the counter-signed delivery,
as counted. A delay is abnormal when delivery took longer than the market and mode are expected to take.
Integers only; a figure that nothing is known about is None.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, TypeVar

from ledger.codes import HoldCause
from ledger.common.distribution import distribution
from ledger.common.figure import Currency, Pattern, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.network.contributions import Contribution, KeptContributions, Sums, contribution_of
from ledger.network.flexibility import flexibility
from ledger.network.links import CostBase, LinkCost, bases_of, links_of
from ledger.network.routes import EXPECTED, Route, Windows
from ledger.network.sections import Section, SectionFigures
from ledger.network.sight import EVERYTHING, Sight
from ledger.shipments.history import Journeys
from ledger.shipments.return_reason import ReturnReason

K = TypeVar("K", bound=Hashable)
MILLION = 1_000_000


@figure("partner", "handled", "failed", "failure_ppm")
@dataclass(frozen=True, slots=True)
class NodeFigures:
    """Items that a partner passed on or lost, and how many of them with new exceptions or not at all."""

    partner: PartnerId
    handled: int
    failed: int

    @property
    def failure_ppm(self) -> int | None:
        return _ppm(self.failed, self.handled)


@figure(
    "shipments", "delivered", "packages", "timed", "mean_seconds", "median_seconds", "p90_seconds", "windowed",
    "abnormal", "legs_due", "legs_in_time", "legs_undated", "procedures", "first_time", "held_seconds", "abnormal_ppm",
    "legs_ppm", "first_time_ppm", "processed", "processing_mean_seconds", "processing_median_seconds",
    "processing_p90_seconds", "reached", "reached_packages", "returned", "returned_packages", "return_ppm", "reasons",
    "reasons_agreed", "sections", "lanes_judged", "lanes_by_mode", "lanes_by_carrier", "lanes_flexible", "flexible_ppm",
    "duty", "duties_hidden", "links", "bases", "customs_seconds", "freight", "penalties", "indicative",
    ("cost_per_shipment", "costs_per_shipment"), ("cost_per_package", "costs_per_package"), ("nodes", "by_node"),
    "records", "evidence",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """Figures of one group. Times in seconds, shares in parts per million, money in minor units, by each currency in
    which something was stated.

    `timed` deliveries have a delivery time, `windowed` also an expected window. `median` is the middle one, or the mean
    of the middle two rounded down; `p90` the smallest that at least nine in ten do not exceed. `evidence`: the records
    that opened, stopped and held the shipments. `customs_seconds` are those under a hold of that cause; `held_seconds`
    under any, where holds of two causes that overlap count once. `penalties` are a cost; `indicative` ones, whose
    liable has neither signed nor endorsed the terms, are none.

    `legs_undated`: handoffs to somebody who had to pass goods on, without a deadline for it. `processed` shipments have
    a processing time, from the opening of their terms to the first handoff. Of `reached` shipments, that were delivered
    or came back, some goods of `returned` went back under terms of purpose return; returns themselves are none of them,
    and goods that went on under later terms are counted where they stay. `reasons` counts packages, `reasons_agreed`
    those whose receiver bore the reason out. `bases`: what amounts are spread over. `duty`: paid as clearances state
    it, but for `duties_hidden` of them that are withheld. Lanes are as `ledger.network.flexibility` says.
    """

    shipments: int
    delivered: int
    packages: int
    timed: int
    mean_seconds: int | None
    median_seconds: int | None
    p90_seconds: int | None
    windowed: int
    abnormal: int
    legs_due: int
    legs_in_time: int
    legs_undated: int
    procedures: int
    first_time: int
    customs_seconds: Mapping[HoldCause, int]
    held_seconds: int
    freight: Mapping[Currency, int]
    penalties: Mapping[Currency, int]
    indicative: Mapping[Currency, int]
    processed: int
    processing_mean_seconds: int | None
    processing_median_seconds: int | None
    processing_p90_seconds: int | None
    reached: int
    reached_packages: int
    returned: int
    returned_packages: int
    reasons: Mapping[ReturnReason, int]
    reasons_agreed: Mapping[ReturnReason, int]
    sections: tuple[SectionFigures, ...]
    lanes_judged: int
    lanes_by_mode: int
    lanes_by_carrier: int
    lanes_flexible: int
    duty: Mapping[Currency, int]
    duties_hidden: int
    links: tuple[LinkCost, ...]
    bases: tuple[CostBase, ...]
    nodes: Mapping[int, NodeFigures]
    evidence: tuple[RecordId, ...]

    @property
    def by_node(self) -> tuple[NodeFigures, ...]:
        return tuple(self.nodes.values())

    @property
    def records(self) -> int:
        """How many the figures rest on."""
        return len(self.evidence)

    @property
    def costs_per_shipment(self) -> Mapping[Currency, int | None]:
        return {currency: self.cost_per_shipment(currency) for currency in self.freight}

    @property
    def costs_per_package(self) -> Mapping[Currency, int | None]:
        return {currency: self.cost_per_package(currency) for currency in self.freight}

    @property
    def abnormal_ppm(self) -> int | None:
        """The abnormal delay rate."""
        return _ppm(self.abnormal, self.windowed)

    @property
    def legs_ppm(self) -> int | None:
        """The compliance of legs."""
        return _ppm(self.legs_in_time, self.legs_due)

    @property
    def first_time_ppm(self) -> int | None:
        """The share of customs procedures released without hold, refusal or amendment."""
        return _ppm(self.first_time, self.procedures)

    @property
    def return_ppm(self) -> int | None:
        """The return rate: packages that went back, of those that had arrived or came back."""
        return _ppm(self.returned_packages, self.reached_packages)

    @property
    def flexible_ppm(self) -> int | None:
        """Path-switching flexibility: lanes with a choice, of those that can be judged."""
        return _ppm(self.lanes_flexible, self.lanes_judged)

    def cost_per_shipment(self, currency: str) -> int | None:
        """Freight and penalties over the shipments whose terms are in that currency, rounded down."""
        return self._spread(currency, "shipments")

    def cost_per_package(self, currency: str) -> int | None:
        return self._spread(currency, "packages")

    def base(self, currency: str) -> CostBase | None:
        return next((one for one in self.bases if one.currency == currency), None)

    def _spread(self, currency: str, over: str) -> int | None:
        base = self.base(currency)
        cost = self.freight.get(currency, 0) + self.penalties.get(currency, 0)
        return None if base is None else _over(cost, getattr(base, over))


@figure("figure", "before", "after", "difference")
@dataclass(frozen=True, slots=True)
class Change:
    """One figure in two periods; None where nothing was known."""

    figure: Annotated[str, Pattern("[a-z0-9_]+")]
    before: int | None
    after: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before


def network(
    journeys: Journeys,
    period: Period,
    by: Callable[[Route], str] | None = None,
    windows: Windows = EXPECTED,
    sight: Sight = EVERYTHING,
    kept: KeptContributions | None = None,
) -> dict[str, NetworkFigures]:
    """Figures of all shipments in `period`, grouped by what `by` says of their route, or together as "all".

    Only of shipments and papers that `sight` knows. Those whose commercial terms are withheld here are left out:
    nothing is known about them. `kept`: what each of them contributes, by the same `windows`; else it is worked out.
    """
    result = figures_by(journeys, period, by or (lambda _: "all"), windows, sight, kept)
    return {key: result[key] for key in sorted(result)}


def figures_by(
    journeys: Journeys,
    period: Period,
    by: Callable[[Route], K],
    windows: Windows = EXPECTED,
    sight: Sight = EVERYTHING,
    kept: KeptContributions | None = None,
) -> dict[K, NetworkFigures]:
    """What `network` gives, grouped by any key, in no order."""
    groups = contributions_by(journeys, period, by, windows, sight, kept)
    return {key: _figures(Sums.of(contributions, sight), contributions) for key, contributions in groups.items()}


def contributions_by(
    journeys: Journeys,
    period: Period,
    by: Callable[[Route], K],
    windows: Windows = EXPECTED,
    sight: Sight = EVERYTHING,
    kept: KeptContributions | None = None,
) -> dict[K, list[Contribution]]:
    """What `figures_by` adds up: each shipment of the period by itself."""
    groups: dict[K, list[Contribution]] = {}
    for shipment in journeys.shipments():
        try:
            if not sight.terms(journeys.terms_of(shipment).record):
                continue
        except NotFound:
            continue
        one = kept.of(shipment, period.at) if kept else contribution_of(journeys, shipment, period.at, windows)
        if one is not None and one.second in period:
            groups.setdefault(by(one.route), []).append(one)
    return groups


def compare(before: NetworkFigures, after: NetworkFigures) -> tuple[Change, ...]:
    """The plain figures of two periods side by side."""
    names = [f.name for f in fields(NetworkFigures) if f.type in ("int", "int | None", int, int | None)]
    names += ["abnormal_ppm", "legs_ppm", "first_time_ppm", "return_ppm", "flexible_ppm"]
    return tuple(Change(name, getattr(before, name), getattr(after, name)) for name in names)


def _figures(sums: Sums, contributions: Sequence[Contribution]) -> NetworkFigures:
    times, processing = distribution(sums.times), distribution(sums.processing)
    choice = flexibility(contributions)
    currencies = sorted({*sums.freight, *sums.penalties, *sums.indicative})
    handled = ((PartnerId(node), sums.handled[node], sums.failed[node]) for node in sorted(sums.handled))
    return NetworkFigures(
        shipments=sums.shipments,
        delivered=sums.delivered,
        packages=sums.packages,
        timed=times.count,
        mean_seconds=times.mean,
        median_seconds=times.median,
        p90_seconds=times.p90,
        windowed=sums.windowed,
        abnormal=sums.abnormal,
        legs_due=sums.legs_due,
        legs_in_time=sums.legs_in_time,
        legs_undated=sums.legs_undated,
        procedures=sums.procedures,
        first_time=sums.first_time,
        customs_seconds=dict(sorted(sums.customs_seconds.items())),
        held_seconds=sums.held_seconds,
        freight={currency: sums.freight[currency] for currency in currencies},
        penalties={currency: sums.penalties[currency] for currency in currencies},
        indicative={currency: sums.indicative[currency] for currency in currencies},
        processed=processing.count,
        processing_mean_seconds=processing.mean,
        processing_median_seconds=processing.median,
        processing_p90_seconds=processing.p90,
        reached=sums.reached,
        reached_packages=sums.reached_packages,
        returned=sums.returned,
        returned_packages=sums.returned_packages,
        reasons={reason: sums.reasons[reason] for reason in ReturnReason if sums.reasons[reason]},
        reasons_agreed={reason: sums.reasons_agreed[reason] for reason in ReturnReason if sums.reasons_agreed[reason]},
        sections=tuple(
            SectionFigures(section, sums.section_due[section], sums.section_in_time[section])
            for section in Section
            if sums.section_due[section]
        ),
        lanes_judged=choice.judged,
        lanes_by_mode=choice.by_mode,
        lanes_by_carrier=choice.by_carrier,
        lanes_flexible=choice.flexible,
        duty=dict(sorted(sums.duty.items())),
        duties_hidden=sums.duties_hidden,
        links=links_of(contributions, sums),
        bases=bases_of(contributions),
        nodes={node: NodeFigures(node, items, failed) for node, items, failed in handled},
        evidence=tuple(sums.evidence),
    )


def _over(total: int, count: int) -> int | None:
    return total // count if count else None


def _ppm(part: int, whole: int) -> int | None:
    return part * MILLION // whole if whole else None
