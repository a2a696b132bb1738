"""Whose legs a penalty goes back to: overruns of `dueAt`, net of customs.

Readings, where RECORDS.md leaves one open:

1. A leg is a handoff with a deadline that moved the goods, to anybody but the first consignee: who has nothing to pass
   on has no leg. It runs from where the handoff counts to where the goods next pass to somebody else, as far as t: what
   began after t is none. Of two claimed times in the wrong order the later one ends the leg: none ends before it began.
2. Terms pass nothing on: their `holder` had the goods already. So a leg goes on under later terms that do not count,
   and handoffs under these are legs of the first promise too (ADR 0003).
3. An override passes the goods on when it was known.
4. Net of the customs time that the penalty leaves out; whoever is not `liable` answers for no hold that `liable` caused
   either (ADR 0003). Relief is no customs: it lessens what is owed, not who overran.
5. Pieces of a part that travelled apart under later terms have their own lateness, so each has its own amount and legs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from ledger.records.types import Commercial, Handoff
from tests.oracle.facts import Seen
from tests.oracle.holds import Holds, covered
from tests.oracle.lines import Line, Step, counted
from tests.oracle.travels import World


def spread(exact: Sequence[Fraction]) -> list[int]:
    """What each gets of the floor of the sum, by largest remainder; where these are equal, who comes first."""
    shares = [floor(value) for value in exact]
    left = floor(sum(exact, Fraction(0))) - sum(shares)
    ranked = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])  # stable: ties stay in order
    for i in ranked[:left]:
        shares[i] += 1
    return shares


@dataclass(frozen=True)
class Leg:
    """`amount` is what `partner` bears of the penalty of a piece of the part `own`; `overrun` in seconds."""

    own: bytes
    partner: int
    handoff: bytes
    overrun: int
    amount: int


def recourse(world: World, terms: Seen, line: Line, com: Commercial, t: int, owed: int) -> list[Leg]:
    """The low amount of a piece over its legs by their overruns; none where no leg overran: it stays with `liable`."""
    passings = [s for s in line.steps if s.passes_on]
    holds = Holds(world, terms, com, line)
    overruns = [
        (step, _overrun(step, passings[i + 1 : i + 2], holds, com, t))
        for i, step in enumerate(passings)
        if not step.reaches_consignee_of(terms)
    ]
    late = [(step, overrun) for step, overrun in overruns if overrun]
    total = sum(overrun for _, overrun in late)
    amounts = spread([Fraction(owed * overrun, total) for _, overrun in late])
    return [
        Leg(line.own, step.receiver, step.seen.id, overrun, amount)
        for (step, overrun), amount in zip(late, amounts, strict=True)
    ]


def _overrun(step: Step, after: list[Step], holds: Holds, com: Commercial, t: int) -> int:
    record = step.seen.record
    if not isinstance(record, Handoff) or not record.dueAt:
        return 0
    start = counted(step.seen, com.reportLag)
    if start > t:
        return 0
    end = min(t, max(start, after[0].passed_at(com.reportLag))) if after else t
    spans = holds.spans(t, whoever_caused=step.receiver != com.liable)
    return max(0, end - record.dueAt - covered(spans, max(start, holds.root.known), end))
