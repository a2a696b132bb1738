"""The course of each shipment in time: who held it, with how many packages, where, from its opening to its end.

A handoff moves goods at the second that both sides signed, though never before what came before it in the chain's order
nor after it was known. What nobody or one side alone signed a time for moves them when it became known: openings,
splits, statements, overrides, seizures. A shipment that closes into others ends in the second in which these open, so
that at any time goods are in one place.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ledger.codes import Purpose, StatementKind
from ledger.common.ids import RecordId
from ledger.records.eip712 import Withheld
from ledger.records.types import Place, ShipmentRef, ShipmentTerms
from ledger.shipments.clock_stop import ended_alone
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Move


class Location(NamedTuple):
    """A place without its salt: two records that name the same one agree. Codes as in `Place`, empty where none is."""

    country: str
    locode: str
    gln: str
    name: str


class Step(NamedTuple):
    """From `at` (UTC seconds) on `holder` (0: a consumer) had `packages`. `place`: where that was signed; None where
    nothing says or it is withheld. `record`: which says so.
    """

    at: int
    holder: int
    packages: int
    place: Location | None
    record: RecordId


@dataclass(slots=True)
class Course:
    """`steps` from the opening on, never empty. `ended_at`: since when the goods are no more under this name (None:
    they are). `made_at`: when these goods came to be, or first were recorded. `found_at`: for what a short receipt left
    behind, since when somebody is known to have it (None: nobody is).
    """

    shipment: bytes
    steps: list[Step]
    made_at: int
    remainder: bool = False
    found_at: int | None = None
    ended_at: int | None = None

    @property
    def opened_at(self) -> int:
        return self.steps[0].at

    def at(self, second: int) -> Step | None:
        """The last step up to `second`; None before the opening and from the end on."""
        if second < self.opened_at or (self.ended_at is not None and second >= self.ended_at):
            return None
        return next(step for step in reversed(self.steps) if step.at <= second)


def courses(journeys: Journeys) -> dict[bytes, Course]:
    """Of every shipment whose terms, and those of what it was made of, are among the records."""
    result: dict[bytes, Course] = {}
    missing: set[bytes] = set()
    for shipment in journeys.shipments():
        todo = [shipment]
        while todo:  # no recursion: goods may have been split and joined a thousand times
            name = todo[-1]
            if name in result or name in missing:
                todo.pop()
                continue
            above = [parent for parent in _above(journeys, name) if parent not in result]
            if any(parent in missing or not _is_known(journeys, parent) for parent in above):
                missing.add(name)
            elif above:
                todo += above
            else:
                result[name] = _course(journeys, name, result)
    for course in result.values():
        _end_alone(journeys, course)
    return result


def _is_known(journeys: Journeys, shipment: bytes) -> bool:
    return shipment in journeys.terms or shipment in journeys.origins


def _above(journeys: Journeys, shipment: bytes) -> list[bytes]:
    """What closed, or was short, for this one to open."""
    if (origin := journeys.origins.get(shipment)) is not None:
        return [origin.parent]
    return [ref.shipment for ref in _taken_over(journeys.terms[shipment].record)]


def _taken_over(terms: ShipmentTerms) -> tuple[ShipmentRef, ...]:
    """The parents that these terms close; a replacement only names its parents."""
    return () if terms.purpose == Purpose.REPLACEMENT else terms.parents


def _course(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    opened = _remainder if _is_remainder(journeys, shipment) else _child if shipment in journeys.origins else _terms
    course = opened(journeys, shipment, known)
    for move in journeys.moves(shipment):
        if not move.refused:
            course.steps.append(_step(move, course.steps[-1].at))
    if course.remainder:
        found = [s.verified.known for s in journeys.statements(shipment) if s.record.kind == StatementKind.FOUND]
        found += [step.at for step in course.steps[1:2]]
        course.found_at = max(course.opened_at, min(found)) if found else None
    return course


def _is_remainder(journeys: Journeys, shipment: bytes) -> bool:
    origin = journeys.origins.get(shipment)
    return origin is not None and origin.remainder


def _terms(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    verified, terms = journeys.terms[shipment]
    parents = [known[ref.shipment] for ref in _taken_over(terms)]
    opened_at = max([verified.known, *(parent.steps[-1].at for parent in parents)])
    for parent in parents:
        parent.ended_at = opened_at
    places = {parent.steps[-1].place for parent in parents}
    place = next(iter(places)) if len(places) == 1 else _shown(terms.origin)
    same = parents and terms.purpose != Purpose.TRANSFORMATION
    made_at = min(parent.made_at for parent in parents) if same else opened_at
    return Course(shipment, [Step(opened_at, terms.holder, terms.packages, place, verified.id)], made_at)


def _child(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    origin = journeys.origins[shipment]
    parent, split = known[origin.parent], journeys.split_of(origin.parent)
    before = parent.steps[-1]
    opened_at = parent.ended_at = max(before.at, origin.verified.known)
    packages = split.record.children[origin.index].packages if split else 0
    return Course(
        shipment, [before._replace(at=opened_at, packages=packages, record=origin.verified.id)], parent.made_at
    )


def _remainder(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    """What the releaser had before the short receipt, less what was received."""
    origin = journeys.origins[shipment]
    parent = known[origin.parent]
    here = next(i for i, step in enumerate(parent.steps) if i and step.record == origin.verified.id)
    before, after = parent.steps[here - 1], parent.steps[here]
    left = before._replace(at=after.at, packages=before.packages - after.packages, record=origin.verified.id)
    return Course(shipment, [left], parent.made_at, remainder=True)


def _step(move: Move, before: int) -> Step:
    known, place = move.verified.known, None
    if move.handoff is not None:
        known, place = min(known, move.handoff.occurredAt), _shown(move.handoff.place)
    return Step(max(before, known), move.receiver, move.packages, place, move.verified.id)


def _shown(place: Place | Withheld) -> Location | None:
    return None if isinstance(place, Withheld) else Location(place.country, place.locode, place.gln, place.name)


def _end_alone(journeys: Journeys, course: Course) -> None:
    """What one record about this shipment alone ended."""
    if course.ended_at is None and (ending := ended_alone(journeys, course.shipment)) is not None:
        course.ended_at = max(course.steps[-1].at, ending.verified.known)
