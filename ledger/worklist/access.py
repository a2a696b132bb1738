"""What waits because of a gate: the partner's window to appeal, and a change that is prepared for the council."""

from collections.abc import Iterator

from ledger.access.course import Course, Stage
from ledger.access.gates_file import Gate
from ledger.worklist.items import Action, Item, Kind


def of_partner(gate: Gate, course: Course) -> Iterator[Item]:
    """What the partner itself is told: on probation until when it may appeal; then that a change is due."""
    if course.stage is Stage.PROBATION and course.until is not None:
        yield Item(Kind.PROBATION, Action.LOOK, gate.gates, course.since, until=course.until, detail=gate.name)
    elif course.stage is Stage.DUE:
        yield Item(Kind.ACCESS_DUE, Action.LOOK, gate.gates, course.since, detail=gate.name)


def of_council(partner: int, gate: Gate, course: Course) -> Item:
    """A change that is prepared about `partner`, for those who decide and those who look on."""
    detail = f"{gate.name}.{partner}"
    facts: dict[str, int | str] = {"gate": gate.name, "about": partner}
    return Item(Kind.ACCESS_CHANGE, Action.LOOK, gate.gates, course.since, detail=detail, partner=partner, facts=facts)
