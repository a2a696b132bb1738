"""Where a partner stands at one gate: a pure function of closed periods, the council's acts and a time.

One closed period below the threshold is watched. A second one on end puts the partner on *probation*, which opens a
window to appeal: a correction that the other side endorses, a relief, a third's word for a contested tender change the
records. At the window's end both periods are read again as known then. If either is not below any more, the probation
is lifted; if both are, the council's change is *due*: prepared, and done by nobody but the council. It is due until a
later period closes that is not below. Who lost access by this gate is due to return after two closed periods on end
that are not below; one of few deliveries is not, for who has no access delivers little.

A period counts by the gates file that governs it, two together only by one and the same file, and none that began
before the partner's last return.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from ledger.access.gates_file import Gate
from ledger.access.reading import Reading, is_below
from ledger.common.figure import Seconds, figure

TOGETHER = 2
"""Periods on end."""


class Stage(StrEnum):
    GOOD = "in_good_standing"
    WATCHED = "one_period_below"
    PROBATION = "probation"
    DUE = "change_due"
    OUT = "access_withdrawn"
    RETURN = "return_due"


class Closing(NamedTuple):
    """A period whose figures were taken at `at`. `gate` as it governs the period, None where none of the name does;
    `reading` None: the partner was not scored, so nothing is known.
    """

    at: int
    gate: Gate | None
    reading: Reading | None


class Act(NamedTuple):
    """The council withdrew access, or gave it back, with effect at `at`. `gate`: the name of the gate whose evidence
    the council named; empty for none.
    """

    at: int
    lost: bool
    gate: str = ""


@figure("stage", "since", "until", "gate", "below", "again", "good")
@dataclass(frozen=True, slots=True)
class Course:
    """`since`: when this stage began; `until`: the end of the window to appeal, None in all other stages.

    `below`: the periods on end that were below, as first read; `again`: the first two of them as read at the window's
    end, where the change is due; `good`: those that were not since access was lost. `ours`: it was lost by this gate.
    """

    stage: Stage = Stage.GOOD
    since: Seconds = 0
    until: Seconds | None = None
    gate: Gate | None = None
    below: tuple[Reading, ...] = ()
    again: tuple[Reading, ...] = ()
    good: tuple[Reading, ...] = ()
    ours: bool = False
    returned: int = 0


Again = Callable[[Gate, Reading, int], Reading | None]
"""A period's reading as known at a later time; None while no checkpoint stands that late."""


def course(name: str, closings: Sequence[Closing], acts: Sequence[Act], again: Again, now: int) -> Course:
    """Where the partner stands at `now` at the gate of this name. `closings` and `acts` each in order of time."""
    timeline: list[Closing | Act] = sorted([*closings, *acts], key=lambda event: (event.at, isinstance(event, Act)))
    state = Course()
    for event in timeline:
        if event.at > now:
            break
        state = _appealed(state, event.at, again)
        state = _acted(state, event, name) if isinstance(event, Act) else _closed(state, event)
    return _appealed(state, now, again)


def _closed(state: Course, closing: Closing) -> Course:
    gate, reading = closing.gate, closing.reading
    below = gate is not None and reading is not None and is_below(gate, reading)
    if state.stage in (Stage.OUT, Stage.RETURN):
        return _out(state, closing, below=below)
    if gate is None or reading is None or not below or reading.period.start < state.returned:
        return Course(since=closing.at, returned=state.returned) if state.stage is not Stage.GOOD else state
    if state.stage is Stage.GOOD or not _follows(state, gate, reading):
        return _streak(gate, (reading,), closing.at, state.returned)
    if state.stage is Stage.WATCHED:
        return _streak(gate, (*state.below, reading), closing.at, state.returned)
    return replace(state, below=(*state.below, reading))


def _out(state: Course, closing: Closing, *, below: bool) -> Course:
    if closing.gate is None:
        return state  # no gate governs any more: only the council itself opens again
    if below:
        return replace(state, stage=Stage.OUT, since=state.since, good=())
    if state.stage is Stage.RETURN or closing.reading is None:
        return state
    good = (*state.good, closing.reading)
    if len(good) < TOGETHER or not state.ours:
        return replace(state, good=good[-TOGETHER:])
    return replace(state, stage=Stage.RETURN, since=closing.at, gate=closing.gate, good=good[-TOGETHER:])


def _acted(state: Course, act: Act, name: str) -> Course:
    if act.lost:
        return Course(Stage.OUT, act.at, ours=act.gate == name, returned=state.returned)
    return Course(since=act.at, returned=act.at)


def _appealed(state: Course, at: int, again: Again) -> Course:
    """After every window that ended by `at`."""
    while state.stage is Stage.PROBATION and state.gate is not None and state.until is not None and state.until <= at:
        gate, end = state.gate, state.until
        first, later = state.below[:TOGETHER], state.below[TOGETHER:]
        known = [again(gate, reading, end) for reading in first]
        read = tuple(reading for reading in known if reading is not None)
        if len(read) < len(first):
            return state  # nothing stands that late yet
        if all(is_below(gate, reading) for reading in read):
            return replace(state, stage=Stage.DUE, since=end, until=None, again=read)
        left = (*(read[-1:] if is_below(gate, read[-1]) else ()), *later)
        state = _streak(gate, left, end, state.returned)
    return state


def _streak(gate: Gate, below: tuple[Reading, ...], at: int, returned: int) -> Course:
    if len(below) >= TOGETHER:
        return Course(Stage.PROBATION, at, at + gate.appeal, gate, below, returned=returned)
    stage = Stage.WATCHED if below else Stage.GOOD
    return Course(stage, at, None, gate if below else None, below, returned=returned)


def _follows(state: Course, gate: Gate, reading: Reading) -> bool:
    """Whether a period joins those below: the next one, by the same gate of the same file."""
    return state.gate == gate and bool(state.below) and state.below[-1].period.end == reading.period.start
