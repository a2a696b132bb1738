"""From samples to a figure: value, interval, and the part that each sample has in the composite.

A sample is a delivery event, and good by the share of its packages or lines that are, or late by their mean. Each
weighs one, whatever it holds, so whoever splits what it delivers in a day moves nothing. Within a sample amounts are
summed, of each currency apart. A duration is over the median of its office.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.scores.card import POINTS, Indicator, Weighted
from ledger.scores.confidence import MILLION, Moments, ratio_of, wilson
from ledger.scores.counters import SampleRows, Weigh, lowest, summed
from ledger.scores.hidden import with_hidden
from ledger.scores.samples import LONGEST_LATE, Delivery

RATIOS = frozenset({Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN})
"""No shares: a mean, and two ratios without an upper end."""
BY_PACKAGE = frozenset(
    {
        Indicator.ON_TIME,
        Indicator.IN_FULL,
        Indicator.LEGS,
        Indicator.MEAN_LATE,
        Indicator.ON_TIME_IN_FULL,
        Indicator.NO_HOLD,
        Indicator.ATTESTED,
    }
)
"""Said of a shipment as a whole: within a sample it counts by its packages. The others count by what was due."""
_FINE = 10**12
"""Parts of a sample in which effects are reckoned."""
MICROPOINTS = 10_000
"""Millionths of a point in a hundredth of a point."""


def weigh_of(indicator: Indicator) -> Weigh:
    """By what the things that an indicator counts weigh within a sample."""
    if indicator is Indicator.OVER_MEDIAN:
        return Weigh.ALIKE
    return Weigh.PACKAGES if indicator in BY_PACKAGE else Weigh.DUE


class Means(NamedTuple):
    """What samples come to: each number of `counts`, over `scale`, so often. Each weighs one, whatever it holds.

    Whole numbers with a count each, in place of a fraction for every sample: of a million these would take most of the
    time.
    """

    scale: int
    counts: Counter[int]

    @classmethod
    def lowest(cls, means: Mapping[tuple[int, int], int]) -> "Means":
        """From fractions in lowest terms."""
        scale = lcm(*{weight for _, weight in means})
        counts: Counter[int] = Counter()
        for (good, weight), count in means.items():
            counts[good * (scale // weight)] += count
        return cls(scale, counts)

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]]) -> "Means":
        """From pairs (good, due) that are all of one due."""
        return cls(pairs[0][1], Counter(good for good, _ in pairs))

    def pairs(self) -> list[tuple[int, int]]:
        """Each sample as good of due, so that the figure is the sum of the ones over the sum of the others."""
        return [(good, self.scale) for good in self.counts.elements()]

    @property
    def samples(self) -> int:
        return self.counts.total()

    @property
    def good(self) -> int:
        return sum(good * count for good, count in self.counts.items())

    @property
    def due(self) -> int:
        return self.scale * self.samples

    @property
    def moments(self) -> Moments:
        good, due = self.good, self.due
        squares = sum(good * good * count for good, count in self.counts.items())
        return Moments(self.samples, good, due, (squares, good * self.scale, due * self.scale))


@figure(("by", "micropoints"), "good", "due", "shipment", "records")
@dataclass(frozen=True, slots=True)
class Effect:
    """What one sample did to the composite, in millionths of a point, rounded towards 0; and the records that say so.

    All effects of a scorecard sum to its score, but for rounding: each indicator starts from 0 points, good samples
    raise it and bad ones lower it, and what no score can show (under 0, over 100 points) is taken from the larger side.
    """

    micropoints: int
    good: int
    due: int
    shipment: bytes
    records: tuple[RecordId, ...]


CountedThing = tuple[int, int, tuple[RecordId, ...], Delivery]
"""What an indicator counted: good, due, the records that say so, and the delivery."""


def effect_of(micropoints: int, counted: CountedThing) -> Effect:
    good, due, records, delivery = counted
    return Effect(micropoints, good, due, delivery.shipment, records)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The samples of one indicator of one partner by group, and twice the median of each office. Two are equal that say
    the same, however their samples are kept.
    """

    indicator: Indicator
    groups: Mapping[str, SampleRows]
    medians: Mapping[str, int]

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._said == other._said

    @property
    def _said(self) -> tuple[object, ...]:
        groups = {group: (list(rows.each()), rows.worst) for group, rows in self.groups.items()}
        return self.indicator, groups, self.medians

    @property
    def good(self) -> int:
        return sum(rows.good for rows in self.groups.values())

    @property
    def due(self) -> int:
        """What was due in all; of durations, the medians."""
        if self.indicator is Indicator.OVER_MEDIAN:
            return sum(self._median(group) * rows.counted for group, rows in self.groups.items()) // 2
        return sum(rows.due for rows in self.groups.values())

    @property
    def samples(self) -> int:
        """Delivery events."""
        return len(set().union(*(rows.events for rows in self.groups.values())))

    @property
    def disputed(self) -> int:
        """How many things that were counted are good only if a dispute ends so."""
        return sum(len(rows.worst) for rows in self.groups.values())

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record of every sample, once."""
        named = (records for rows in self.groups.values() for records in rows.told())
        return tuple({record: None for records in named for record in records})

    @property
    def unit(self) -> int:
        return 1 if self.indicator is Indicator.MEAN_LATE else MILLION

    def value(self) -> Fraction:
        """In the indicator's unit: parts per million, or seconds."""
        means = self._means()
        return Fraction(means.good * self.unit, means.due)

    def interval(self, weighted: Weighted, hidden: int = 0) -> tuple[int, int]:
        """The ends between which the value lies with 95 % certainty, rounded outward; and, while something is disputed,
        whatever becomes of it; and whatever so many `hidden` shipments may be, those that are closed among them.
        """
        cases = [self._means(closed=not hidden)]
        if self.disputed:
            cases.append(self._means(at_worst=True, closed=not hidden))
        if hidden:
            top = LONGEST_LATE if self.indicator is Indicator.MEAN_LATE else 1
            cases = [Means.of(case) for means in cases for case in with_hidden(means.pairs(), hidden, top)]
        ends = [self._ends(weighted, means) for means in cases]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _ends(self, weighted: Weighted, means: Means) -> tuple[int, int]:
        if self.indicator not in RATIOS:
            return wilson(means.good, means.due, means.samples)
        low, high = sorted((weighted.zero, weighted.full))
        return ratio_of(means.moments, self.unit, low, high)

    def effects(self, weighted: Weighted, part: Fraction) -> tuple[Effect, ...]:
        """Everything that was counted, with what it did to a composite of which this indicator is `part`."""
        return tuple(map(effect_of, self.micropoints(weighted, part), self.counted()))

    def micropoints(self, weighted: Weighted, part: Fraction) -> list[int]:
        """What each thing that was counted did, in millionths of a point, rounded towards 0."""
        samples = list(self._comparable())
        span = (weighted.full - weighted.zero) * sum(due for _, due in samples)
        # Points: how far it lies from `zero`, by its share in what was due.
        points = [POINTS * (self.unit * good - weighted.zero * own) for good, own in samples]
        if span < 0:
            points, span = [-point for point in points], -span
        up, down = sum(point for point in points if point > 0), -sum(point for point in points if point < 0)
        most_up, most_down = min(up, down + POINTS * span), min(down, up)
        scale = part * MICROPOINTS / span
        raised = Fraction(most_up, up) * scale if up else Fraction(0)
        lowered = Fraction(most_down, down) * scale if down else Fraction(0)
        return [
            point * raised.numerator // raised.denominator
            if point > 0
            else -(-point * lowered.numerator // lowered.denominator)
            for point in points
        ]

    def counted(self) -> list[CountedThing]:
        """What each thing that was counted was, in the same order."""
        return [row for rows in self.groups.values() for row in rows.each()]

    def _means(self, *, at_worst: bool = False, closed: bool = True) -> Means:
        """What each sample comes to, whatever it holds: the figure is their mean. Without what is `closed`, if told so.
        Durations are twice over the median of their office (which is doubled too).
        """
        means: Counter[tuple[int, int]] = Counter()
        for group, rows in self.groups.items():
            if (at_worst and rows.worst) or not closed:
                sums = summed(rows.at_worst() if at_worst and rows.worst else rows.each(), self._weigh, closed=closed)
                own = Counter(lowest(good, weight) for good, weight in sums.values())
            else:
                own = rows.means(self._weigh)
            if self._timed:
                median = self._median(group)
                for (good, weight), count in own.items():
                    means[lowest(2 * good, weight * median)] += count
            else:
                means.update(own)
        return Means.lowest(means)

    def _comparable(self) -> Iterator[tuple[int, int]]:
        """Of everything that was counted good and due, as they may be summed over all samples."""
        for group, rows in self.groups.items():
            sums = summed(rows.each(), self._weigh)
            goods, weights = (2, self._median(group)) if self._timed else (1, 1)
            for good, due, _, delivery in rows.each():
                by = delivery.packages if self._weigh is Weigh.PACKAGES else 1
                whole = sums[delivery.event][1] * weights
                weight = weights if self._timed else due * by
                yield good * by * goods * _FINE // whole, weight * _FINE // whole

    @property
    def _timed(self) -> bool:
        return self.indicator is Indicator.OVER_MEDIAN

    @property
    def _weigh(self) -> Weigh:
        return weigh_of(self.indicator)

    def _median(self, office: str) -> int:
        return max(2, self.medians[office])  # where most take no time at all, a second is the measure


def mean_seconds(rows: SampleRows) -> list[int]:
    """The mean duration of each sample, in whole seconds, rounded down."""
    return [seconds // count for seconds, count in rows.event_sums(Weigh.ALIKE)]


def doubled_median(values: list[int]) -> int:
    """Twice the middle value, or the sum of the middle two: a whole number either way."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
