"""One indicator of a score: what is known of it, its points, and the range in which they surely lie.

Points are hundredths of a point (0 to 10,000). `low` and `high` come from its interval, rounded outward.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from ledger.common.figure import Points, figure
from ledger.common.ids import RecordId
from ledger.scores.attested import NumberTally
from ledger.scores.card import ABOUT_MONEY, POINTS, AttestedName, AttestedNumber, Indicator, Weighted
from ledger.scores.estimate import CountedThing, Effect, Tally


class IndicatorStatus(StrEnum):
    """What is known of an indicator: unknown, where nothing was due; and to the public, where too few samples were.
    Missing: nobody attested the number, and the card says that it counts as 0 points then.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    MISSING = "missing"
    TOO_FEW = "too_few"


@figure(
    "name",
    "status",
    "weight",
    "good",
    "due",
    "samples",
    "disputed",
    "value",
    "low",
    "high",
    "points",
    "lost",
    "raised",
    "lowered",
)
@dataclass(frozen=True, slots=True)
class IndicatorScore:
    """One indicator. `value`, `low` and `high` in its unit (parts per million, or seconds): value and low rounded down,
    high up.

    Where shipments are hidden (see `ledger.scores.hidden`) there is no `value` and no `points`, only the range; of what
    prices decide, or a comparison with others, not even that.

    `good` of `due` as counted, `disputed` of them only if a dispute ends so: the worse end of the interval is without
    them. `samples` delivery events. `part` is its part of the composite, and `lost` what the composite would gain if it
    had all its points.

    Of an attested number `due` counts the issuers whose numbers count, `good` those of them that are open here; there
    are no samples and no effects. `value` is the median, rounded down, `low` and `high` the same rounded down and up.
    """

    weighted: Weighted
    status: IndicatorStatus
    part: Fraction
    good: int
    due: int
    samples: int
    value: int | None
    low: int | None
    high: int | None
    points: Points | None
    points_low: int | None
    points_high: int | None
    lost: Points
    tally: Tally | NumberTally

    @property
    def indicator(self) -> Indicator | AttestedNumber:
        return self.weighted.indicator

    @property
    def name(self) -> Indicator | AttestedName:
        """What the indicator is called in a card."""
        indicator = self.weighted.indicator
        return indicator if isinstance(indicator, Indicator) else indicator.value

    @property
    def closed(self) -> tuple[RecordId, ...]:
        """The attestations that decide it and whose claims are withheld or erased here."""
        return self.tally.closed if isinstance(self.tally, NumberTally) else ()

    @property
    def weight(self) -> Fraction:
        return self.weighted.weight

    @property
    def disputed(self) -> int:
        """How many things that were counted hang on a dispute."""
        return self.tally.disputed

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """The records of every sample."""
        return self.tally.evidence

    def effects(self) -> tuple[Effect, ...]:
        """What each sample did to the composite, in the order in which they were counted."""
        if self.status is not IndicatorStatus.KNOWN or isinstance(self.tally, NumberTally):
            return ()
        return self.tally.effects(self.weighted, self.part)

    def micropoints(self) -> list[int]:
        """The same alone, without what it rests on."""
        if self.status is not IndicatorStatus.KNOWN or isinstance(self.tally, NumberTally):
            return []
        return self.tally.micropoints(self.weighted, self.part)

    def counted(self) -> list[CountedThing]:
        """What each of these was: good, due, records, delivery."""
        if self.status is not IndicatorStatus.KNOWN or isinstance(self.tally, NumberTally):
            return []
        return self.tally.counted()

    @property
    def raised(self) -> tuple[Effect, ...]:
        """The samples that raised the composite, or left it as it was, the largest effect first."""
        return _by_size(effect for effect in self.effects() if effect.micropoints >= 0)

    @property
    def lowered(self) -> tuple[Effect, ...]:
        """The samples that lowered the composite, the largest effect first."""
        return _by_size(effect for effect in self.effects() if effect.micropoints < 0)


def _by_size(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(effects, key=lambda effect: (-abs(effect.micropoints), effect.shipment, effect.records)))


def has_weight(tally: Tally | NumberTally) -> bool:
    """Whether something was due, or an attested number is, so that its weight is not spread."""
    return tally.due if isinstance(tally, NumberTally) else bool(tally.groups)


def indicator_score(
    weighted: Weighted, tally: Tally | NumberTally, known_weight: Fraction, hidden: int, *, compared: bool
) -> IndicatorScore:
    """What a tally comes to, `known_weight` being that of all indicators that have one. `hidden` shipments may bear on
    it; `compared`: some are hidden of others, with whom this is compared.
    """
    if isinstance(tally, NumberTally):
        return _attested_number(weighted, tally, known_weight)
    if not tally.groups:
        return IndicatorScore(weighted, IndicatorStatus.UNKNOWN, Fraction(0), *(0, 0, 0), *(None,) * 6, 0, tally)
    if (hidden and weighted.indicator in ABOUT_MONEY) or (compared and weighted.indicator is Indicator.OVER_MEDIAN):
        return _unbounded(weighted, tally, known_weight)
    value, (low, high) = tally.value(), tally.interval(weighted, hidden)
    worst, best = sorted((low, high), reverse=weighted.zero > weighted.full)
    points, part = weighted.points(value), weighted.weight / known_weight
    return IndicatorScore(
        weighted=weighted,
        status=IndicatorStatus.KNOWN,
        part=part,
        good=tally.good,
        due=tally.due,
        samples=tally.samples,
        value=None if hidden else int(value),
        low=low,
        high=high,
        points=None if hidden else points,
        points_low=weighted.points(worst),
        points_high=weighted.points_up(best),
        lost=0 if hidden else int((POINTS - points) * part),
        tally=tally,
    )


def _attested_number(weighted: Weighted, tally: NumberTally, known_weight: Fraction) -> IndicatorScore:
    issuers, closed = len(tally.said), len(tally.closed)
    if not tally.due:
        return IndicatorScore(weighted, IndicatorStatus.UNKNOWN, Fraction(0), *(0, 0, 0), *(None,) * 6, 0, tally)
    value, part = tally.value(), weighted.weight / known_weight
    points = 0 if value is None else weighted.points(value)
    return IndicatorScore(
        weighted=weighted,
        status=IndicatorStatus.KNOWN if issuers else IndicatorStatus.MISSING,
        part=part,
        good=issuers - closed,
        due=issuers,
        samples=0,
        value=None if value is None else floor(value),
        low=None if value is None else floor(value),
        high=None if value is None else ceil(value),
        points=None if closed else points,
        points_low=points,
        points_high=POINTS if closed else 0 if value is None else weighted.points_up(value),
        lost=0 if closed else int((POINTS - points) * part),
        tally=tally,
    )


def _unbounded(weighted: Weighted, tally: Tally, known_weight: Fraction) -> IndicatorScore:
    return IndicatorScore(
        weighted=weighted,
        status=IndicatorStatus.KNOWN,
        part=weighted.weight / known_weight,
        good=tally.good,
        due=tally.due,
        samples=tally.samples,
        value=None,
        low=None,
        high=None,
        points=None,
        points_low=0,
        points_high=POINTS,
        lost=0,
        tally=tally,
    )
