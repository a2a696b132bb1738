"""What a gate reads of one partner in one period, as known at one checkpoint: the figure's interval, in doubt for the
partner.
"""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from ledger.access.gates_file import SCORE, SPOILED_BY_OTHERS, Gate
from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.merkle import sorted_root
from ledger.records.evidence import CheckpointTime
from ledger.scores.card import POINTS, AttestedNumber
from ledger.scores.composite import Scorecard


@figure("period", "taken", "card", "samples", "withheld", "low", "high", "records", "root")
@dataclass(frozen=True, slots=True)
class Reading:
    """The figure of `period`, judged at its `at`, as known at the checkpoint `taken`, by the scorecard `card`.

    `low` and `high` in the gate's unit, None where nothing is known or hidden parts leave no bound; `withheld`: hidden
    shipments that may bear on it. `records`: how many it rests on; `root`: the RFC 9162 root over their sorted ids.
    """

    period: Period
    taken: CheckpointTime
    card: bytes
    samples: int
    withheld: int
    low: int | None
    high: int | None
    records: int
    root: bytes


def reading_of(gate: Gate, card: Scorecard, taken: CheckpointTime, evidence: Collection[RecordId]) -> Reading:
    """What `gate` reads on a scorecard of its role, made from what was known at `taken`; it rests on `evidence`."""
    low, high, samples = _interval(gate, card)
    root = sorted_root(evidence)
    return Reading(card.period, taken, card.card, samples, card.withheld, low, high, len(evidence), root)


def evidence_of(gate: Gate, card: Scorecard) -> tuple[RecordId, ...]:
    """Every record that the figure rests on, ascending."""
    if gate.indicator == SCORE:
        return card.evidence
    return tuple(sorted({r for e in card.indicators if e.indicator == gate.indicator for r in e.evidence}))


def is_below(gate: Gate, reading: Reading) -> bool:
    """Whether the figure is certainly below the threshold: with enough samples, the better end of its interval is.

    What is unknown is not below.
    """
    return reading.samples >= gate.samples and reading.high is not None and reading.high < gate.threshold


def _interval(gate: Gate, card: Scorecard) -> tuple[int | None, int | None, int]:
    if gate.indicator == SCORE:
        return card.low, None if card.high is None else _best(card), card.samples
    for entry in card.indicators:
        if entry.indicator == gate.indicator:
            return entry.low, entry.high, min(entry.samples, card.samples)
    return None, None, 0


def _best(card: Scorecard) -> int:
    """The composite's better end, rounded up, where what others can lower alone is at its best: also numbers that
    issuers attest, of which there are no samples.

    As `ledger.scores.composite` adds up: where something is hidden, also what nothing is known of is at its best.
    """
    whole = sum((entry.weight for entry in card.indicators), Fraction(0))
    hidden, total = bool(card.withheld or card.closed), Fraction(0)
    for entry in card.indicators:
        part = entry.weight / whole if hidden else entry.part
        by_others = entry.indicator in SPOILED_BY_OTHERS or isinstance(entry.indicator, AttestedNumber)
        free = by_others or entry.points_high is None
        total += part * (POINTS if free else entry.points_high or 0)
    return min(POINTS, -int(-total // 1))
