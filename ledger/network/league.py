"""Carriers of one lane side by side: time, cost and penalties, each with its interval, for whoever gives traffic.
Others who work on a lane are compared likewise, by time and faults (`ledger.network.leagues`).

One sample is a delivery event, as in scores (`ledger.scores.samples`): what one carrier brings to one receiver and
place in a day, however many shipments it is. Time is the median of deliveries, cost that of freight per package, each
with an exact interval of 95 % from order statistics; penalty is its share of the freight. A carrier is placed behind
those that are better with certainty, whose intervals end before its own begins: who cannot be told apart is tied. Under
thirty samples nobody has a rank, under ten nothing is said. Goods that did not arrive count for the penalty.

A shipment is its carrier's who is liable for it, and put its name to that: it promised the time, is paid the freight
and owes the penalty, whoever else it lets carry. Where nobody such is liable, it is whose who delivered it, or held it
last.

W. J. Conover, Practical Nonparametric Statistics (3rd edition, 1999), section 3.2: intervals for quantiles.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isqrt
from typing import NamedTuple

from ledger.codes import Role
from ledger.common.distribution import distribution
from ledger.common.figure import Currency, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY, Period
from ledger.network.contributions import Contribution, KeptContributions, Sums
from ledger.network.lane_times import Lane, lane_of
from ledger.network.sight import shipments_under
from ledger.records.types import NOBODY, Commercial, ShipmentTerms
from ledger.scores.composite import NO_SCORE_BELOW, PROVISIONAL_BELOW
from ledger.scores.confidence import MILLION, ratio
from ledger.scores.samples import destination_of
from ledger.shipments.history import Journeys

WORST_PENALTY = 50_000
"""Parts per million of the freight that one imagined event more costs, as scorecards imagine it."""
_EXACT = 1_000
"""Samples up to which the binomial is summed; beyond it is bounded by two standard deviations, which is wider."""


class LeagueBy(StrEnum):
    """What a league is in order of; less is better of each."""

    TIME = "time"
    COST = "cost"
    PENALTY = "penalty"
    FAULTS = "faults"


FIGURES: Mapping[Role, tuple[LeagueBy, ...]] = {
    Role.CARRIER: (LeagueBy.TIME, LeagueBy.COST, LeagueBy.PENALTY),
    Role.SUPPLIER: (LeagueBy.TIME, LeagueBy.FAULTS),
    Role.WAREHOUSE: (LeagueBy.TIME, LeagueBy.FAULTS),
    Role.BROKER: (LeagueBy.TIME, LeagueBy.FAULTS),
    Role.CUSTOMS: (LeagueBy.TIME,),
}
"""Who is compared, and by what."""


@figure("value", "low", "high", "samples", "provisional", "rank", "tied")
@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a partner with its interval. `rank`: one more than there are partners that are certainly better;
    None while it is `provisional`, of under thirty samples. `tied`: with how many others it cannot be told apart.
    """

    value: int
    low: int
    high: int
    samples: int
    rank: int | None = None
    tied: int = 0

    @property
    def provisional(self) -> bool:
        return self.samples < PROVISIONAL_BELOW


@figure("partner", "shipments", "delivered", "events", "time", "cost", "penalty", "faults", "records", "evidence")
@dataclass(frozen=True, slots=True)
class LeagueEntry:
    """A partner on the lane: seconds, minor units a package, parts per million of the freight, and of the events; None
    under ten samples, and of what its role is not compared by.

    `events`: delivery events, those of goods that did not arrive included; `delivered`: those whose time is known.
    `evidence`: the `records` that it rests on.
    """

    partner: PartnerId
    shipments: int
    delivered: int
    events: int
    time: Measured | None
    cost: Measured | None
    penalty: Measured | None
    faults: Measured | None
    evidence: tuple[RecordId, ...]

    @property
    def records(self) -> int:
        return len(self.evidence)

    def with_(self, by: LeagueBy, measured: Measured | None) -> "LeagueEntry":
        """The same with another of its figures."""
        match by:
            case LeagueBy.TIME:
                return replace(self, time=measured)
            case LeagueBy.COST:
                return replace(self, cost=measured)
            case LeagueBy.PENALTY:
                return replace(self, penalty=measured)
            case LeagueBy.FAULTS:
                return replace(self, faults=measured)

    def by(self, by: LeagueBy) -> Measured | None:
        figures = (self.time, self.cost, self.penalty, self.faults)
        return dict(zip(LeagueBy, figures, strict=True))[by]


@figure("period", "role", "currency", "entries", "hidden")
@dataclass(frozen=True, slots=True)
class League:
    """`currency`: of cost and penalty, the one in which most shipments of the lane are; empty for none. `entries` in
    order of the figure asked for: first by rank, then those without one. `hidden`: shipments with closed parts.
    """

    period: Period
    role: Role
    currency: Currency
    entries: tuple[LeagueEntry, ...]
    hidden: int


class _Event(NamedTuple):
    carrier: int
    receiver: int
    key: bytes
    destination: str
    day: int


@dataclass(slots=True)
class _Sample:
    """What one delivery event comes to."""

    shipments: int = 0
    packages: int = 0
    times: list[int] = field(default_factory=list)
    freight: dict[str, int] = field(default_factory=dict)
    penalties: dict[str, int] = field(default_factory=dict)
    freighted: dict[str, int] = field(default_factory=dict)
    """Packages whose freight is stated, by currency."""
    evidence: dict[RecordId, None] = field(default_factory=dict)


def lanes(
    journeys: Journeys, period: Period, wanted: Callable[[ShipmentTerms], bool], kept: KeptContributions
) -> Mapping[Lane, int]:
    """How many shipments under terms that are `wanted` the period has on each lane whose ends are known."""
    result: dict[Lane, int] = {}
    for _, one in _contributions(journeys, period, wanted, kept):
        if one is not None and one.route.origin and one.route.destination:
            result[lane_of(one.route)] = result.get(lane_of(one.route), 0) + 1
    return result


def league(
    journeys: Journeys,
    period: Period,
    lane: Lane,
    by: LeagueBy,
    seen: tuple[Callable[[ShipmentTerms], bool], KeptContributions],
) -> League:
    """The carriers of `lane` in `period` by one figure; of shipments under terms that are wanted (`seen`: which, and
    what single shipments add).
    """
    events: dict[_Event, _Sample] = {}
    hidden = 0
    for shipment, one in _contributions(journeys, period, *seen):
        if one is None:
            hidden += 1
        elif lane_of(one.route) == lane:
            terms = journeys.terms_of(shipment).record
            carrier = _carrier(journeys, shipment, one, terms)
            if carrier not in (NOBODY, terms.consignor, terms.consignee):
                _add(events, carrier, one, terms)
    currency = _currency(events.values())
    entries = [_entry(carrier, own, currency) for carrier, own in sorted(_by_carrier(events).items())]
    return League(period, Role.CARRIER, currency, in_order(entries, by), hidden)


def in_order(entries: Sequence[LeagueEntry], by: LeagueBy) -> tuple[LeagueEntry, ...]:
    """With their ranks by each figure, in order of one."""
    for each in LeagueBy:
        entries = _ranked(entries, each)
    return tuple(sorted(entries, key=lambda entry: _order(entry, by)))


def median_interval(values: Sequence[int]) -> tuple[int, int]:
    """Ends between which the median of what these are drawn from lies with at least 95 % certainty, in the values
    themselves; the smallest and the largest where they are too few for that (under six).

    The k-th smallest to the k-th largest, k the largest with 2 P(Bin(n, 1/2) < k) ≤ 5 %. Raises `ValueError` for none.
    """
    ordered, n = sorted(values), len(values)
    k = max(1, _outside(n))
    return ordered[k - 1], ordered[n - k]


def _outside(n: int) -> int:
    if n > _EXACT:
        return (n - isqrt(4 * n) - 1) // 2
    k, term, below = 0, 1, 0
    while k < n and 40 * (below + term) <= 1 << n:
        below += term
        term = term * (n - k) // (k + 1)
        k += 1
    return k


def _contributions(
    journeys: Journeys, period: Period, wanted: Callable[[ShipmentTerms], bool], kept: KeptContributions
) -> Iterable[tuple[bytes, Contribution | None]]:
    """What each shipment of the period adds, None for one with closed parts."""
    for shipment in shipments_under(journeys, wanted):
        one = kept.of(shipment, period.at)
        if one is None:
            yield shipment, None
        elif one.second in period:
            yield shipment, one


def _carrier(journeys: Journeys, shipment: bytes, one: Contribution, terms: ShipmentTerms) -> int:
    """Whose shipment it is: the liable partner's, if it signed or endorsed the terms or signed for the goods."""
    signed = journeys.terms_of(shipment).verified
    liable = terms.commercial.liable if isinstance(terms.commercial, Commercial) else NOBODY
    if liable not in (NOBODY, terms.consignor, terms.consignee) and (
        signed.signed_by(liable)
        or any(found.record.by == liable for found in journeys.endorsements(signed.id))
        or any(move.verified.signed_by(liable) for move in journeys.portion(shipment).moves)
    ):
        return liable
    if one.times:
        return one.route.carrier
    moves = journeys.moves(shipment)
    return int(moves[-1].receiver) if moves else terms.holder


def _add(events: dict[_Event, _Sample], carrier: int, one: Contribution, terms: ShipmentTerms) -> None:
    key = terms.recipientKey if terms.consignee == NOBODY else b""
    place = destination_of(terms) or ""
    sample = events.setdefault(_Event(carrier, terms.consignee, key, place, one.second // DAY), _Sample())
    sums = Sums.of([one])
    sample.shipments += sums.shipments
    sample.packages += sums.packages
    sample.times += one.times
    sample.evidence |= dict.fromkeys(one.evidence)
    for currency, freight in sums.freight.items():
        sample.freight[currency] = sample.freight.get(currency, 0) + freight
        sample.freighted[currency] = sample.freighted.get(currency, 0) + sums.packages
    for currency, penalty in sums.penalties.items():
        sample.penalties[currency] = sample.penalties.get(currency, 0) + penalty


def _currency(samples: Iterable[_Sample]) -> str:
    counts: dict[str, int] = {}
    for sample in samples:
        for currency in sample.freight:
            counts[currency] = counts.get(currency, 0) + 1
    return min(counts, key=lambda one: (-counts[one], one), default="")


def _by_carrier(events: Mapping[_Event, _Sample]) -> dict[int, list[_Sample]]:
    result: dict[int, list[_Sample]] = {}
    for event, sample in events.items():
        if sample.shipments:
            result.setdefault(event.carrier, []).append(sample)
    return result


def _entry(carrier: int, samples: Sequence[_Sample], currency: str) -> LeagueEntry:
    times = [sum(one.times) // len(one.times) for one in samples if one.times]
    paid = [one for one in samples if one.freight.get(currency) and one.freighted.get(currency)]
    costs = [one.freight[currency] // one.freighted[currency] for one in paid]
    return LeagueEntry(
        PartnerId(carrier),
        sum(one.shipments for one in samples),
        sum(len(one.times) for one in samples),
        len(samples),
        median_of(times),
        median_of(costs),
        _penalty([(one.penalties.get(currency, 0), one.freight[currency]) for one in paid]),
        None,
        tuple(sorted({record for one in samples for record in one.evidence})),
    )


def median_of(values: Sequence[int]) -> Measured | None:
    """The median with its interval; None under ten values."""
    if len(values) < NO_SCORE_BELOW:
        return None
    return Measured(distribution(values).median or 0, *median_interval(values), len(values))


def _penalty(pairs: Sequence[tuple[int, int]]) -> Measured | None:
    if len(pairs) < NO_SCORE_BELOW:
        return None
    value = sum(penalty for penalty, _ in pairs) * MILLION // sum(freight for _, freight in pairs)
    return Measured(value, *ratio(pairs, MILLION, 0, WORST_PENALTY), len(pairs))


def _ranked(entries: Sequence[LeagueEntry], by: LeagueBy) -> list[LeagueEntry]:
    """With the ranks by one figure, of those with samples enough."""
    rivals = [one for entry in entries if (one := entry.by(by)) is not None and not one.provisional]
    result = []
    for entry in entries:
        own = entry.by(by)
        if own is not None and not own.provisional:
            rank = 1 + sum(other.high < own.low for other in rivals)
            tied = sum(other.low <= own.high and own.low <= other.high for other in rivals) - 1
            own = replace(own, rank=rank, tied=tied)
        result.append(entry.with_(by, own))
    return result


def _order(entry: LeagueEntry, by: LeagueBy) -> tuple[bool, int, bool, int, int]:
    own = entry.by(by)
    if own is None:
        return True, 0, True, 0, entry.partner
    return own.rank is None, own.rank or 0, False, own.value, entry.partner
