"""Whether a scorecard reaches a threshold of a bonus rule.

A reward needs certainty in the receiver's favour: shares and scores are judged by the lower end of their interval,
which must lie above the threshold (of defects the upper end, below it); the number of shipments is a plain count, which
must reach it. Too few samples, or no figure at all, is *unknown*: not rewarded, and the line says so instead of showing
a bad figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS, BonusRule, Threshold
from ledger.codes import Role
from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.scores.composite import Scorecard
from ledger.scores.indicator_score import IndicatorStatus


class FindingReason(StrEnum):
    """Why a threshold counts as reached or not. Unknown is never reached."""

    REACHED = "reached"
    MISSED = "missed"
    NOTHING_DUE = "nothing_due"
    NO_VALUE = "no_value"
    TOO_FEW_SAMPLES = "too_few_samples"


@figure(
    ("indicator", "threshold.indicator"),
    ("limit", "threshold.limit"),
    ("least", "threshold.samples"),
    "value",
    "bound",
    "samples",
    "met",
    "reason",
)
@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a threshold was reached. `value` is None where nothing is known, `bound` the end of its interval that was
    compared (None for counts); `evidence` what it was computed from.
    """

    threshold: Threshold
    value: int | None
    bound: int | None
    samples: int
    reason: FindingReason
    evidence: tuple[RecordId, ...]

    @property
    def met(self) -> bool:
        return self.reason is FindingReason.REACHED


@figure("role", "benchmark", "quality")
@dataclass(frozen=True, slots=True)
class RoleFinding:
    """A party as judged in one role."""

    role: Role
    benchmark: Finding
    quality: Finding

    @property
    def met(self) -> bool:
        return self.benchmark.met and self.quality.met


def judge(threshold: Threshold, scorecard: Scorecard) -> Finding:
    """Whether a scorecard reaches `threshold`."""
    name, limit = threshold.indicator, threshold.limit
    if name == SHIPMENTS:
        met = scorecard.shipments >= limit
        return Finding(threshold, scorecard.shipments, None, scorecard.samples, _reason(met), scorecard.evidence)
    if name == SCORE:
        value, low, high = scorecard.score, scorecard.low, scorecard.high
        samples, evidence = scorecard.samples, scorecard.evidence
    else:
        entry = next((i for i in scorecard.indicators if i.indicator.value == name), None)
        if entry is None or entry.status is IndicatorStatus.UNKNOWN:
            return Finding(threshold, None, None, 0, FindingReason.NOTHING_DUE, ())
        value, low, high, samples = entry.value, entry.low, entry.high, entry.samples
        evidence = entry.evidence
    if low is None or high is None:
        return Finding(threshold, None, None, samples, FindingReason.NO_VALUE, evidence)
    if samples < threshold.samples:
        return Finding(threshold, value, None, samples, FindingReason.TOO_FEW_SAMPLES, evidence)
    bound, met = (high, high < limit) if name in AT_MOST else (low, low > limit)
    return Finding(threshold, value, bound, samples, _reason(met), evidence)


def may_sanction(threshold: Threshold, scorecard: Scorecard) -> bool:
    """Whether a scorecard certainly misses `threshold`: a sanction needs the better end of the interval beyond it.

    Between the two, and with too few samples, neither reward nor sanction follows. Counts of shipments sanction nobody.
    """
    name, limit = threshold.indicator, threshold.limit
    if name == SCORE:
        low, high, samples = scorecard.low, scorecard.high, scorecard.samples
    else:
        entry = next((i for i in scorecard.indicators if i.indicator.value == name), None)
        low, high, samples = (entry.low, entry.high, entry.samples) if entry is not None else (None, None, 0)
    if low is None or high is None or samples < threshold.samples:
        return False
    return low > limit if name in AT_MOST else high < limit


def _reason(met: bool) -> FindingReason:
    return FindingReason.REACHED if met else FindingReason.MISSED


def findings_of(rule: BonusRule, scorecards: Mapping[Role, Scorecard]) -> tuple[RoleFinding, ...]:
    return tuple(
        RoleFinding(role, judge(thresholds.benchmark, scorecards[role]), judge(thresholds.quality, scorecards[role]))
        for role, thresholds in rule.roles.items()
        if role in scorecards and scorecards[role].shipments > 0
    )
