"""From samples to a figure: value, interval, and the part that each sample has in the composite.

Every indicator is a ratio of sums, unit x Σ good / Σ due, once the samples are made comparable: amounts of different
currencies are not summed, so each currency's ratio counts by its shipments; a duration is due the median of its office.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.scores.card import POINTS, Indicator, Weighted
from ledger.scores.confidence import MILLION, ratio, wilson
from ledger.scores.counters import Rows
from ledger.scores.samples import Delivery

RATIOS = frozenset({Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN})
"""No shares: a mean, and two ratios without an upper end."""
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
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record of every sample, once."""
        named = (records for rows in self.groups.values() for _, _, records, _ in rows.each())
        return tuple({record: None for records in named for record in records})

    @property
    def unit(self) -> int:
        return 1 if self.indicator is Indicator.MEAN_LATE else MILLION

    def value(self) -> Fraction:
        """In the indicator's unit: parts per million, or seconds."""
        good, due = self._sums()
        return Fraction(good * self.unit, due)

    def interval(self, weighted: Weighted) -> tuple[int, int]:
        """The ends between which the value lies with 95 % certainty, rounded outward."""
        if self.indicator not in RATIOS:
            return wilson(self.good, self.due, self.samples)
        events: dict[bytes, list[int]] = {}
        for good, due, _, delivery in self._comparable():
            sums = events.setdefault(delivery.event, [0, 0])
            sums[0] += good
            sums[1] += due
        low, high = sorted((weighted.zero, weighted.full))
        return ratio([(good, due) for good, due in events.values()], self.unit, low, high)

    def effects(self, weighted: Weighted, part: Fraction) -> tuple[Effect, ...]:
        """Every sample with what it did to a composite of which this indicator is `part`."""
        samples = list(self._comparable())
        due = sum(sample[1] for sample in samples)
        span = (weighted.full - weighted.zero) * due
        # A sample's points: how far it lies from `zero`, by its share in what was due.
        points = [POINTS * (self.unit * good - weighted.zero * own) for good, own, _, _ in samples]
        if span < 0:
            points, span = [-point for point in points], -span
        up, down = sum(point for point in points if point > 0), -sum(point for point in points if point < 0)
        most_up, most_down = min(up, down + POINTS * span), min(down, up)
        raised = Fraction(most_up, up) if up else Fraction(0)
        lowered = Fraction(most_down, down) if down else Fraction(0)
        scale = part * MICROPOINTS / span
        raised, lowered = raised * scale, lowered * scale
        raws = (row for rows in self.groups.values() for row in rows.each())
        return tuple(
            Effect(int(point * (raised if point > 0 else lowered)), good, own, delivery.shipment, records)
            for point, (good, own, records, delivery) in zip(points, raws, strict=True)
        )

    def _comparable(self) -> Iterator[tuple[int, int, tuple[RecordId, ...], Delivery]]:
        """The samples with `good` and `due` that may be summed over all groups."""
        totals = {group: rows.due for group, rows in self.groups.items()}
        for group, rows in self.groups.items():
            if self.indicator is Indicator.OVER_MEDIAN:
                median = self._median(group)
                yield from ((2 * good, median, records, delivery) for good, _, records, delivery in rows.each())
            elif len(self.groups) > 1:
                factor = len(rows.deliveries) * prod(due for other, due in totals.items() if other != group)
                yield from (
                    (good * factor, due * factor, records, delivery) for good, due, records, delivery in rows.each()
                )
            else:
                yield from rows.each()

    def _sums(self) -> tuple[int, int]:
        if self.indicator is Indicator.OVER_MEDIAN or len(self.groups) > 1:
            samples = list(self._comparable())
            return sum(sample[0] for sample in samples), sum(sample[1] for sample in samples)
        return self.good, self.due

    def _median(self, office: str) -> int:
        return max(2, self.medians[office])  # where most take no time at all, a second is the measure


def doubled_median(values: list[int]) -> int:
    """Twice the middle value, or the sum of the middle two: a whole number either way."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
