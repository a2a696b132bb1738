"""A partner's score in a role and period, from verified records alone, with what raised and what lowered it.

score = Σ weight × points over the indicators that are known. Nothing owed is *unknown*, its weight spread over the
others; owed and missing counts as 0 by itself, because whatever was due is in the denominator. With less than 60 % of
the weight known there is no composite. Under 10 delivery events there is no score, from 10 to 29 it is provisional.

Points are hundredths of a point (0 to 10,000). `low` and `high` come from the indicators' intervals, rounded outward: a
sanction needs `high` below its threshold, a reward `low` above it (see `ledger.bonuses.award`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from math import ceil, floor
from typing import NamedTuple, Protocol

from ledger.codes import Role
from ledger.common.figure import Points, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.scores.attested import NumberTally
from ledger.scores.card import ABOUT_MONEY, POINTS, AttestedName, AttestedNumber, Card, Indicator, Weighted
from ledger.scores.estimate import CountedThing, Effect, Tally
from ledger.scores.flags import Flag

NO_SCORE_BELOW = 10
PROVISIONAL_BELOW = 30
LEAST_KNOWN = Fraction(60, 100)


class IndicatorStatus(StrEnum):
    """What is known of an indicator: unknown, where nothing was due; and to the public, where too few samples were.
    Missing: nobody attested the number, and the card says that it counts as 0 points then.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    MISSING = "missing"
    TOO_FEW = "too_few"


class ScoreStatus(StrEnum):
    """Whether there is a score, and why not. Provisional: of fewer than thirty delivery events.
    Hidden: parts of shipments are withheld, so that there is a range only.
    """

    KNOWN = "known"
    PROVISIONAL = "provisional"
    TOO_FEW_SAMPLES = "too_few_samples"
    TOO_LITTLE_KNOWN = "too_little_known"
    HIDDEN = "hidden"


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


@figure(
    "partner",
    "role",
    "period",
    "card",
    "status",
    "score",
    "low",
    "high",
    "samples",
    "shipments",
    "provisional",
    "known_weight",
    "withheld",
    "flags",
    "indicators",
)
@dataclass(frozen=True, slots=True)
class Scorecard:
    """The score of `partner` in `role`: hundredths of a point, None where there is none, as `status` says.

    `samples` counts delivery events, `shipments` shipments as opened by terms, however they were split. `known_weight`
    is the part of the card's weight that something was due for. `withheld` shipments that name the partner are not
    known: a part that decides it is withheld or erased here. Then there is no `score`, only the range that surely
    contains it.
    """

    partner: PartnerId
    role: Role
    period: Period
    card: bytes
    score: Points | None
    low: Points | None
    high: Points | None
    samples: int
    shipments: int
    provisional: bool
    known_weight: Fraction
    status: ScoreStatus
    withheld: int
    indicators: tuple[IndicatorScore, ...]
    flags: tuple[Flag, ...]

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record that the score rests on, ascending."""
        return tuple(sorted(set(chain.from_iterable(entry.evidence for entry in self.indicators))))

    @property
    def closed(self) -> tuple[RecordId, ...]:
        """The attestations that decide it and whose claims are withheld or erased here, ascending."""
        return tuple(sorted(set(chain.from_iterable(entry.closed for entry in self.indicators))))


class Scores(Protocol):
    """Whatever tells scores of a period, from lists or from columns."""

    def partners(self, role: Role) -> list[PartnerId]:
        """Everybody about whom something was due in this role, ascending."""

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """The score of `partner`; raises `NotFound` for a role that the card does not score."""


class Counted(NamedTuple):
    """What a score says besides its indicators: delivery events, shipments as opened by terms, of these the `hidden`
    ones that may be any sample of the partner, whether some are hidden of others with whom it is `compared`, and flags.
    """

    samples: int
    shipments: int
    hidden: int
    compared: bool
    flags: tuple[Flag, ...]


def scorecard(
    who: tuple[Role, int], period: Period, card: Card, tallies: Sequence[Tally | NumberTally], counted: Counted
) -> Scorecard:
    """The scorecard of a partner in a role from its `tallies`, one an indicator of the role in the card's order."""
    role, partner = who
    weights = card.of(role)
    weight = sum((w.weight for w, tally in zip(weights, tallies, strict=True) if _has_weight(tally)), Fraction(0))
    result = tuple(
        _indicator(w, tally, weight, counted.hidden, compared=counted.compared)
        for w, tally in zip(weights, tallies, strict=True)
    )
    composite, status = _composite(counted.samples, weight, result, counted.hidden)
    return Scorecard(
        partner=PartnerId(partner),
        role=role,
        period=period,
        card=card.hash,
        score=composite.score,
        low=composite.low,
        high=composite.high,
        samples=counted.samples,
        shipments=counted.shipments,
        provisional=counted.samples < PROVISIONAL_BELOW,
        known_weight=weight,
        status=status,
        withheld=counted.hidden,
        indicators=result,
        flags=counted.flags,
    )


def without_private(card: Scorecard) -> Scorecard:
    """The scorecard without what its indicators about money count, without attested numbers, whose claims are shown by
    right alone, and without those of fewer than ten samples, which would tell of single shipments: their weights are
    spread over the others.
    """
    kept = [
        entry
        for entry in card.indicators
        if entry.indicator not in ABOUT_MONEY and isinstance(entry.indicator, Indicator)
    ]
    few = {entry.indicator for entry in kept if 0 < entry.samples < NO_SCORE_BELOW}
    weight = sum((entry.weight for entry in kept if entry.samples >= NO_SCORE_BELOW), Fraction(0))
    whole = sum((entry.weight for entry in kept), Fraction(0))
    result = tuple(
        replace(
            _indicator(entry.weighted, Tally(entry.indicator, {}, {}), weight, 0, compared=False),
            status=IndicatorStatus.TOO_FEW,
        )
        if isinstance(entry.indicator, Indicator) and entry.indicator in few
        else _indicator(entry.weighted, entry.tally, weight, card.withheld, compared=entry.value is None)
        for entry in kept
    )
    known = weight / whole if whole else whole
    composite, status = _composite(card.samples, known, result, card.withheld)
    return replace(card, **composite._asdict(), known_weight=known, status=status, indicators=result)


class _Composite(NamedTuple):
    score: int | None
    low: int | None
    high: int | None


def _composite(
    samples: int, weight: Fraction, found: Sequence[IndicatorScore], hidden: int
) -> tuple[_Composite, ScoreStatus]:
    """The score of these indicators, `weight` of which is known, and whether there is one.

    With `hidden` shipments only its range: they may also make something due of which nothing is known. Likewise where
    an attested number is closed.
    """
    if samples < NO_SCORE_BELOW:
        return _Composite(None, None, None), ScoreStatus.TOO_FEW_SAMPLES
    if weight < LEAST_KNOWN:
        return _Composite(None, None, None), ScoreStatus.TOO_LITTLE_KNOWN
    if hidden or any(entry.closed for entry in found):
        whole = sum((entry.weight for entry in found), Fraction(0))
        worst = sum(entry.weight * (entry.points_low or 0) for entry in found) / whole
        best = (
            sum(entry.weight * (POINTS if entry.points_high is None else entry.points_high) for entry in found) / whole
        )
        return _Composite(None, int(worst), -int(-best // 1)), ScoreStatus.HIDDEN
    score = int(sum(entry.part * (entry.points or 0) for entry in found))
    low = int(sum(entry.part * (entry.points_low or 0) for entry in found))
    high = -int(-sum(entry.part * (entry.points_high or 0) for entry in found) // 1)
    return _Composite(score, low, high), ScoreStatus.PROVISIONAL if samples < PROVISIONAL_BELOW else ScoreStatus.KNOWN


def _by_size(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(effects, key=lambda effect: (-abs(effect.micropoints), effect.shipment, effect.records)))


def _has_weight(tally: Tally | NumberTally) -> bool:
    return tally.due if isinstance(tally, NumberTally) else bool(tally.groups)


def _indicator(
    weighted: Weighted, tally: Tally | NumberTally, known_weight: Fraction, hidden: int, *, compared: bool
) -> IndicatorScore:
    """`hidden` shipments may bear on it; `compared`: some are hidden of others, with whom this is compared."""
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
