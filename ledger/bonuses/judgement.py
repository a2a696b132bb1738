"""Scorecards against a threshold: what may follow from them. Codes and integers only.

Each figure lies in an interval with 95 % certainty. A reward needs the worse end beyond the threshold, a sanction the
better end short of it; between the two, and with too few samples, neither follows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.bonuses.findings import judge, may_sanction
from ledger.bonuses.rule_file import SCORE, SHIPMENTS, Threshold, indicators_of
from ledger.codes import Role
from ledger.errors import MalformedRecord
from ledger.scores.card import OF_ROLE, POINTS
from ledger.scores.composite import Scorecard

SAMPLES = 30
"""Delivery events below which a score is provisional."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """A partner in one role. `value` in the indicator's unit; None where nothing, or too little, is known."""

    partner: int
    role: Role
    value: int | None
    may_reward: bool
    may_sanction: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "partner": self.partner,
            "role": self.role.name.lower(),
            "value": self.value,
            "may_reward": self.may_reward,
            "may_sanction": self.may_sanction,
        }


def threshold_of(indicator: str, limit: int, samples: int = SAMPLES) -> Threshold:
    """A threshold that somebody asks about: hundredths of a point for `score`, otherwise parts per million.

    Raises `MalformedRecord` for what no role has, and for numbers of shipments, which sanction nobody.
    """
    known = sorted({name for role in OF_ROLE for name in indicators_of(role)} - {SHIPMENTS})
    if indicator not in known:
        raise MalformedRecord("no such indicator", where="indicator", expected=", ".join(known), found=indicator[:80])
    most = POINTS if indicator == SCORE else _MILLION
    if not 0 <= limit <= most:
        raise MalformedRecord("not in range", where="threshold", expected=f"integer 0 to {most}", found=limit)
    return Threshold(indicator, limit, samples)


def judgements(threshold: Threshold, scorecards: Iterable[Scorecard]) -> Sequence[Judgement]:
    """What may follow for each scorecard of a role that has the threshold's indicator."""
    return [
        Judgement(
            card.partner, card.role, judged.value, may_reward=judged.met, may_sanction=may_sanction(threshold, card)
        )
        for card in scorecards
        if threshold.indicator in indicators_of(card.role)
        for judged in (judge(threshold, card),)
    ]
