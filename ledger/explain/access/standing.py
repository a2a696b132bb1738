"""Where a partner stands at a gate, in words."""

from collections.abc import Mapping
from typing import Any

from ledger.access.course import Course, Stage
from ledger.access.gates_file import SCORE, Gate, GateAction
from ledger.access.reading import Reading
from ledger.common.figure import to_json
from ledger.common.scopes import scope_text
from ledger.explain.score import NAMES
from ledger.explain.text import Text, phrase, say, term
from ledger.explain.units import moment, percent, points
from ledger.explain.words import spaced
from ledger.scores.card import Indicator

STAGES: Mapping[Stage, Text] = {
    Stage.GOOD: say("In good standing"),
    Stage.WATCHED: say("One period below"),
    Stage.PROBATION: say("On probation"),
    Stage.DUE: say("A change is due"),
    Stage.OUT: say("Access withdrawn"),
    Stage.RETURN: say("Return is due"),
}
ACTIONS: Mapping[GateAction, Text] = {
    GateAction.REVOKE_ROLE: say("The role is revoked"),
    GateAction.SUSPEND: say("The partner is suspended"),
}
_SENTENCES: Mapping[Stage, str] = {
    Stage.GOOD: phrase("No two closed periods on end are below the threshold."),
    Stage.WATCHED: phrase("The last closed period is below the threshold. A second one on end opens probation."),
    Stage.PROBATION: phrase(
        "Two closed periods on end are below the threshold. Until {until} you may appeal: a correction that the other "
        "side endorses, a relief, or a third's endorsement of a contested tender counts. Then both periods are read "
        "again."
    ),
    Stage.DUE: phrase(
        "Both periods are still below the threshold after the window to appeal. The change is prepared for the "
        "council; without its signatures nothing happens."
    ),
    Stage.OUT: phrase(
        "The council has withdrawn access. Two closed periods on end that are not below prepare a return."
    ),
    Stage.RETURN: phrase("Two closed periods on end were not below. The return is prepared for the council."),
}


def sentence(course: Course) -> Text:
    """What this stage means, and what may follow."""
    return say(_SENTENCES[course.stage], until=moment(course.until or 0))


def whose(gate: Gate) -> Text:
    """The role that it is about, with its scope."""
    role, scope = term("Role", spaced(gate.role.name.lower())), scope_text(gate.role, gate.scope)
    return say("{role} ({scope})", role=role, scope=scope) if scope else role


def gate_text(gate: Gate) -> Text:
    """What a gate asks for."""
    return say(
        "{figure} of {threshold}, {samples} delivery events a period",
        figure=say("Score") if gate.indicator == SCORE else NAMES[Indicator(gate.indicator)],
        threshold=value_text(gate, gate.threshold),
        samples=gate.samples,
    )


def value_text(gate: Gate, value: int | None) -> Text | str:
    """A figure in the gate's unit: points, or a share."""
    return points(value) if gate.indicator == SCORE else percent(value)


def reading_text(gate: Gate, reading: Reading) -> Text:
    """One period: the better end of its figure, of how many deliveries, from when to when."""
    return say(
        "{start} to {end}: at best {high}, {samples} delivery events, {records} records, as known at {taken}",
        start=moment(reading.period.start),
        end=moment(reading.period.end),
        high=value_text(gate, reading.high),
        samples=reading.samples,
        records=reading.records,
        taken=moment(reading.taken.time),
    )


def readings_of(course: Course) -> tuple[Reading, ...]:
    """The periods that decide: as read last."""
    return course.again or course.below or course.good


def stated(standing: Any) -> dict[str, Any]:
    """A standing (`ledger.services.figures.access.Standing`) as JSON, and beside it its sentences."""
    course, gate = standing.course, standing.gate
    return to_json(standing) | {
        "title": STAGES[course.stage],
        "explanation": [
            sentence(course),
            *(reading_text(course.gate or gate, reading) for reading in readings_of(course)),
        ],
    }
