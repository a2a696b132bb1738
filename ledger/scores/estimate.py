"""From samples to a figure: value, interval, and the part that each sample has in the composite.

A sample is a delivery event, and good by the share of its packages or lines that are, or late by their mean. Each
weighs one, whatever it holds, so whoever splits what it delivers in a day moves nothing. Within a sample amounts are
summed, of each currency apart. A duration is over the median of its office.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.scores.card import POINTS, Indicator, Weighted
from ledger.scores.confidence import MILLION, ratio, wilson
from ledger.scores.counters import Rows
from ledger.scores.hidden import with_hidden
from ledger.scores.samples import LONGEST_LATE, Delivery, Event

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


Counted = tuple[int, int, tuple[RecordId, ...], Delivery]
"""What an indicator counted: good, due, the records that say so, and the delivery."""


def effect_of(micropoints: int, counted: Counted) -> Effect:
    good, due, records, delivery = counted
    return Effect(micropoints, good, due, delivery.shipment, records)


@dataclass(frozen=True, slots=True)
class Tally:
    """The samples of one indicator of one partner by group, and twice the median of each office."""

    indicator: Indicator
    groups: Mapping[str, Rows]
    medians: Mapping[str, int]

    @property
    def good(self) -> int:
        return sum(rows.good for rows in self.groups.values())

    @property
    def due(self) -> int:
        """What was due in all; of durations, the medians."""
        if self.indicator is Indicator.OVER_MEDIAN:
            return sum(self._median(group) * len(rows.deliveries) for group, rows in self.groups.items()) // 2
        return sum(rows.due for rows in self.groups.values())

    @property
    def samples(self) -> int:
        """Delivery events."""
        return len({delivery.event for rows in self.groups.values() for delivery in rows.deliveries})

    @property
    def disputed(self) -> int:
        """How many things that were counted are good only if a dispute ends so."""
        return sum(len(rows.worst) for rows in self.groups.values())

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record of every sample, once."""
        named = (records for rows in self.groups.values() for _, _, records, _ in rows.each())
        return tuple({record: None for records in named for record in records})

    @property
    def unit(self) -> int:
        return 1 if self.indicator is Indicator.MEAN_LATE else MILLION

    def value(self) -> Fraction:
        """In the indicator's unit: parts per million, or seconds."""
        pairs = self._pairs()
        return Fraction(sum(good for good, _ in pairs) * self.unit, sum(due for _, due in pairs))

    def interval(self, weighted: Weighted, hidden: int = 0) -> tuple[int, int]:
        """The ends between which the value lies with 95 % certainty, rounded outward; and, while something is disputed,
        whatever becomes of it; and whatever so many `hidden` shipments may be, those that are closed among them.
        """
        cases = [self._pairs(), *([self._pairs(at_worst=True)] if self.disputed else [])]
        if hidden:
            cases = [self._pairs(closed=False), *([self._pairs(at_worst=True, closed=False)] if self.disputed else [])]
            top = LONGEST_LATE if self.indicator is Indicator.MEAN_LATE else 1
            cases = [case for pairs in cases for case in with_hidden(pairs, hidden, top)]
        ends = [self._ends(weighted, pairs) for pairs in cases]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _ends(self, weighted: Weighted, pairs: list[tuple[int, int]]) -> tuple[int, int]:
        if self.indicator not in RATIOS:
            return wilson(sum(good for good, _ in pairs), sum(due for _, due in pairs), len(pairs))
        low, high = sorted((weighted.zero, weighted.full))
        return ratio(pairs, self.unit, low, high)

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

    def counted(self) -> list[Counted]:
        """What each thing that was counted was, in the same order."""
        return [row for rows in self.groups.values() for row in rows.each()]

    def _pairs(self, *, at_worst: bool = False, closed: bool = True) -> list[tuple[int, int]]:
        """Each sample as good of due, so that the figure is the sum of the ones over the sum of the others.

        A sample weighs one, whatever it holds. Without what is `closed`, if told so.
        """
        sums = self._sums(at_worst=at_worst, closed=closed)
        means = [Fraction(good, weight) for good, weight in sums.values()]
        scale = lcm(*{mean.denominator for mean in means})
        return [(int(mean * scale), scale) for mean in means]

    def _sums(self, *, at_worst: bool = False, closed: bool = True) -> dict[tuple[str, Event], list[int]]:
        """What each sample holds: good, and what that is of."""
        sums: dict[tuple[str, Event], list[int]] = {}
        for group, good, weight, delivery in self._weighed(at_worst=at_worst):
            if delivery.closed and not closed:
                continue
            entry = sums.setdefault((group, delivery.event), [0, 0])
            entry[0] += good
            entry[1] += weight
        return sums

    def _weighed(self, *, at_worst: bool = False) -> Iterator[tuple[str, int, int, Delivery]]:
        """What was counted by group, in what may be summed within a sample: packages, lines, money, or seconds twice
        over the office's median (which is doubled too).
        """
        timed = self.indicator is Indicator.OVER_MEDIAN
        for group, rows in self.groups.items():
            for good, due, _, delivery in rows.at_worst() if at_worst and rows.worst else rows.each():
                by = delivery.packages if self.indicator in BY_PACKAGE else 1
                yield (
                    (group, 2 * good, self._median(group), delivery)
                    if timed
                    else (group, good * by, due * by, delivery)
                )

    def _comparable(self) -> Iterator[tuple[int, int]]:
        """Of everything that was counted good and due, as they may be summed over all samples."""
        sums = self._sums()
        for group, good, weight, delivery in self._weighed():
            whole = sums[group, delivery.event][1]
            yield good * _FINE // whole, weight * _FINE // whole

    def _median(self, office: str) -> int:
        return max(2, self.medians[office])  # where most take no time at all, a second is the measure


def mean_seconds(rows: Rows) -> list[int]:
    """The mean duration of each sample, in whole seconds, rounded down."""
    events: dict[Event, list[int]] = {}
    for good, _, _, delivery in rows.each():
        events.setdefault(delivery.event, []).append(good)
    return [sum(seconds) // len(seconds) for seconds in events.values()]


def doubled_median(values: list[int]) -> int:
    """Twice the middle value, or the sum of the middle two: a whole number either way."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
