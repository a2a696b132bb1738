"""What the public sees of a score: closed calendar quarters, once and for ever, and so coarse that nothing is solved.

Prices follow from two answers that differ by one shipment. So there is one answer a quarter: as known at the first
checkpoint evidenced 30 days after its end, in whole points and per cent, without what is about money. Records, counts
and effects are for the partner itself and for auditors.
"""

from dataclasses import dataclass
from fractions import Fraction

from ledger.codes import Role
from ledger.common.figure import Points, figure
from ledger.common.ids import PartnerId
from ledger.common.periods import DAY, HOUR, Period
from ledger.scores.card import POINTS, Indicator
from ledger.scores.composite import Scorecard, ScoreStatus, without_private
from ledger.scores.flags import FlagKind
from ledger.scores.indicator_score import IndicatorStatus

PUBLISHED_AFTER = 30 * DAY
"""Seconds from the end of a quarter until its figures are taken."""
WHOLE_POINT = 100
WHOLE_PERCENT = 10_000


@figure(("name", "indicator"), "status", "weight", "value", "low", "high", "points")
@dataclass(frozen=True, slots=True)
class PublicIndicator:
    """One indicator: shares and ratios in whole per cent (multiples of 10,000 parts per million), times in whole hours
    (multiples of 3,600 seconds), points whole (multiples of 100). `weight`: of all that is not about money.
    """

    indicator: Indicator
    status: IndicatorStatus
    weight: Fraction
    value: int | None
    low: int | None
    high: int | None
    points: Points | None


@figure("partner", "role", "period", "card", "status", "score", "low", "high", "samples", "provisional", "known_weight",
        "flags", "indicators")  # fmt: skip
@dataclass(frozen=True, slots=True)
class PublicScorecard:
    """The published score of `partner` in `role`: whole points in hundredths, None where there is none, as `status`
    says. `samples`: delivery events. `period.at`: when the checkpoint was evidenced that it was taken at.
    """

    partner: PartnerId
    role: Role
    period: Period
    card: bytes
    status: ScoreStatus
    score: Points | None
    low: Points | None
    high: Points | None
    samples: int
    provisional: bool
    known_weight: Fraction
    flags: tuple[FlagKind, ...]
    indicators: tuple[PublicIndicator, ...]


def public_card(full: Scorecard) -> PublicScorecard:
    """What may be published of a scorecard."""
    card = without_private(full)
    whole = sum((entry.weight for entry in card.indicators), Fraction(0))
    indicators = tuple(
        PublicIndicator(
            indicator=entry.indicator,
            status=entry.status,
            weight=entry.weight / whole,
            value=_down(entry.value, _grain(entry.indicator)),
            low=_down(entry.low, _grain(entry.indicator)),
            high=_up(entry.high, _grain(entry.indicator)),
            points=_down(entry.points, WHOLE_POINT),
        )
        for entry in card.indicators
        if isinstance(entry.indicator, Indicator)
    )
    return PublicScorecard(
        partner=card.partner,
        role=card.role,
        period=card.period,
        card=card.card,
        status=card.status,
        score=_down(card.score, WHOLE_POINT),
        low=_down(card.low, WHOLE_POINT),
        high=None if card.high is None else min(POINTS, _up(card.high, WHOLE_POINT) or 0),
        samples=card.samples,
        provisional=card.provisional,
        known_weight=card.known_weight,
        flags=tuple(flag.kind for flag in card.flags if flag.kind is not FlagKind.INTERESTED_ISSUER),
        indicators=indicators,
    )


def _grain(indicator: Indicator) -> int:
    return HOUR if indicator is Indicator.MEAN_LATE else WHOLE_PERCENT


def _down(value: int | None, grain: int) -> int | None:
    return None if value is None else value - value % grain


def _up(value: int | None, grain: int) -> int | None:
    return None if value is None else value + -value % grain
