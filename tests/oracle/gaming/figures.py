"""What a log costs each partner: every figure of the product that somebody has an interest in, as burdens.

A burden is what a partner would have smaller: money that it owes or has to bear, breaches, the bad share of its score;
at best and at worst, as far as something is disputed. What a partner is owed is a burden below zero.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.common.periods import Period
from ledger.penalties.statement import penalties
from ledger.scores.card import Indicator
from ledger.scores.estimate import BY_PACKAGE
from ledger.scores.indicators import known_samples
from ledger.scores.samples import Event, Sample, case_of
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.history import Journeys
from tests.oracle.facts import Seen
from tests.oracle.product import verified

LESS_IS_BETTER: Final = frozenset({Indicator.DEFECTS, Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN})
Level = tuple[Fraction | int, ...]
"""One number, or two where a dispute is open: as things stand, and if it ends badly for somebody."""


class Interest(NamedTuple):
    """`figure` of `shipment` (0: of all) as `partner` looks at it."""

    figure: str
    shipment: bytes
    partner: int


@dataclass(frozen=True)
class Figures:
    """`burdens` by interest; `shares`: what the penalty of each part is, at least and at most, and its lineage."""

    burdens: dict[Interest, Level]
    shares: dict[bytes, tuple[int, int]]
    lineage: dict[bytes, frozenset[bytes]]

    def burden(self, interest: Interest) -> Level:
        """Who has no samples has nothing bad among them."""
        return self.burdens.get(interest, (0, 0))


def figures(seen: Sequence[Seen], at: int) -> Figures:
    """All figures of the log `seen`, judged at `at`."""
    journeys = Journeys(verified(seen))
    burdens: dict[Interest, Level] = {}
    shares: dict[bytes, tuple[int, int]] = {}
    lineage: dict[bytes, frozenset[bytes]] = {}
    for statement in penalties(journeys, at):
        root, low, high = statement.shipment, statement.amount, statement.amount_high
        burdens[Interest("debt", root, statement.liable)] = low, high
        burdens[Interest("claim", root, statement.beneficiary)] = -low, -high
        legs: Counter[int] = Counter()
        for leg in statement.legs:
            legs[leg.partner] += leg.amount
        burdens |= {Interest("recourse", root, partner): (amount,) for partner, amount in legs.items()}
        for line in statement.portions:
            shares[line.shipment] = line.amount, line.amount_high
            lineage[line.shipment] = frozenset(name for name, _ in line.part.portion.path)
    burdens |= _breaches(journeys)
    burdens |= _scores(journeys, at)
    return Figures(burdens, shares, lineage)


def _breaches(journeys: Journeys) -> dict[Interest, Level]:
    found = [breach for shipment in journeys.shipments() for breach in breaches(journeys, shipment)]
    signed = {(breach.record.id, partner) for breach in found for partner in (breach.releaser, breach.receiver)}
    counts = Counter(partner for _, partner in signed if partner)
    return {Interest("breaches", b"", partner): (count,) for partner, count in counts.items()}


def _scores(journeys: Journeys, at: int) -> dict[Interest, Level]:
    samples: dict[Interest, list[Sample]] = {}
    for sample in _samples(journeys, at):
        name = f"{sample.role.name.lower()}'s {sample.indicator.value}"
        samples.setdefault(Interest(name, b"", sample.partner), []).append(sample)
    return {interest: _bad(of) for interest, of in samples.items()}


def _samples(journeys: Journeys, at: int) -> Iterator[Sample]:
    period = Period(0, 2**40, at)
    for shipment in journeys.shipments():
        case = case_of(journeys, shipment, period)
        yield from (case and known_samples(case)) or ()


def _bad(samples: Sequence[Sample]) -> Level:
    """The bad share of what was due, as counted and with what is disputed fallen; seconds and money as they are."""
    good, worst = (_mean(samples, at_worst=at_worst) for at_worst in (False, True))
    return (good, worst) if samples[0].indicator in LESS_IS_BETTER else (1 - good, 1 - worst)


def _mean(samples: Sequence[Sample], *, at_worst: bool) -> Fraction:
    """Over the delivery events, each weighing one and good by the share of its packages, or of its lines; a record that
    several lines name counts once.
    """
    sums: dict[tuple[Event, str], list[int]] = {}
    once: set[bytes] = set()
    for sample in samples:
        if sample.once and sample.once in once:
            continue
        once.add(sample.once)
        weight = sample.delivery.packages if sample.indicator in BY_PACKAGE else 1
        good = sample.worst if at_worst and sample.worst is not None else sample.good
        entry = sums.setdefault((sample.delivery.event, sample.group), [0, 0])
        entry[0] += good * weight
        entry[1] += (sample.due or 1) * weight
    return sum((Fraction(good, due) for good, due in sums.values()), Fraction(0)) / len(sums)


def hurt(before: Figures, after: Figures) -> Iterator[Interest]:
    """Whose burden grew, where there was a figure before or nobody's leave is needed to be counted (scores)."""
    yield from (i for i in _all(before, after) if _exceeds(after.burden(i), before.burden(i)))


def served(before: Figures, after: Figures) -> Iterator[Interest]:
    """Whose burden shrank."""
    yield from (i for i in _all(before, after) if _exceeds(before.burden(i), after.burden(i)))


def moved_shares(before: Figures, after: Figures, touched: frozenset[bytes]) -> list[bytes]:
    """Parts that the act had nothing to do with, whose share moved by more than the unit of a remainder."""
    return [
        part
        for part, (low, high) in before.shares.items()
        if part in after.shares
        and not touched & (before.lineage[part] | after.lineage[part])
        and max(abs(low - after.shares[part][0]), abs(high - after.shares[part][1])) > 1
    ]


def _all(before: Figures, after: Figures) -> list[Interest]:
    opened = {interest.shipment for interest in before.burdens}  # who opens a shipment signs its terms, or is not bound
    return sorted(i for i in before.burdens.keys() | after.burdens.keys() if i.shipment in opened or not i.shipment)


def _exceeds(one: Level, other: Level) -> bool:
    return any(a > b for a, b in zip(one, other, strict=False))
