"""A partner's score in a role and period, from verified records alone, with what raised and what lowered it.

score = Σ weight × points over the indicators that are known. Nothing owed is *unknown*, its weight spread over the
others; owed and missing counts as 0 by itself, because whatever was due is in the denominator. With less than 60 % of
the weight known there is no composite. Under 10 delivery events there is no score, from 10 to 29 it is provisional.

Points are hundredths of a point (0 to 10,000). `low` and `high` come from the indicators' intervals, rounded outward: a
sanction needs `high` below its threshold, a reward `low` above it (see `ledger.bonuses.award`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import NamedTuple, Protocol

from ledger.codes import Role
from ledger.common.figure import Points, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.scores.attested import NumberTally
from ledger.scores.card import ABOUT_MONEY, POINTS, Card, Indicator
from ledger.scores.estimate import Tally
from ledger.scores.flags import Flag
from ledger.scores.indicator_score import IndicatorScore, IndicatorStatus, has_weight, indicator_score

NO_SCORE_BELOW = 10
PROVISIONAL_BELOW = 30
LEAST_KNOWN = Fraction(60, 100)


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
    weight = sum((w.weight for w, tally in zip(weights, tallies, strict=True) if has_weight(tally)), Fraction(0))
    result = tuple(
        indicator_score(w, tally, weight, counted.hidden, compared=counted.compared)
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
            indicator_score(entry.weighted, Tally(entry.indicator, {}, {}), weight, 0, compared=False),
            status=IndicatorStatus.TOO_FEW,
        )
        if isinstance(entry.indicator, Indicator) and entry.indicator in few
        else indicator_score(entry.weighted, entry.tally, weight, card.withheld, compared=entry.value is None)
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
