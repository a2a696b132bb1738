"""The course of each shipment in time: who held it, with how many packages, where, from its opening to its end.

A handoff moves goods at the second that both sides signed, as they last corrected it, though never before what came
before it in the chain's order nor after it was known. What nobody or one side alone signed a time for moves them when
it became known: openings, splits, statements, overrides, seizures. A shipment that closes into others ends in the
second in which these open, so that at any time goods are in one place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ledger.codes import Assurance, ClearanceStatus, Purpose, StatementKind
from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.provenance.contents import Counted, Text
from ledger.records.eip712 import Withheld
from ledger.records.types import Handoff, Place, ShipmentRef, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.clock_stop import ENDING_STATEMENTS
from ledger.shipments.history import Journeys
from ledger.shipments.portions import WHOLE, Found, Move


@figure("country", "locode", "gln", "name")
class Location(NamedTuple):
    """A place without its salt: two records that name the same one agree. Codes as in `Place`, empty where none is."""

    country: Text
    locode: Text
    gln: Text
    name: Text


class Step(NamedTuple):
    """From `at` (UTC seconds) on `holder` (0: a consumer) had `packages`, which are `share` of the goods that the
    shipment opened with: what comes over the count adds none, what is short leaves its part behind. `record` says so.

    `since`: when the holder got these goods, under whatever name. `place`: where that was signed, in the terms or the
    handoff `placed_by`; None where nobody says or it is withheld.
    """

    at: int
    since: int
    holder: int
    packages: int
    share: Fraction
    place: Location | None
    placed_by: RecordId | None
    record: RecordId


@dataclass(slots=True)
class Course:
    """`steps` from the opening on, never empty. `ended_at`: since when the goods are no more under this name (None:
    they are). `made_at`: when these goods came to be, or first were recorded. `found_at`: for what a short receipt left
    behind, since when somebody is known to have it (None: nobody is). `part`: how much it opened with of what its
    parent did; all, where terms opened it. `closed`: a correction of one of its handoffs is withheld here.
    `delivered`: where in the chain's order its consignee got it, before which customs can still end it.
    """

    shipment: bytes
    steps: list[Step]
    made_at: int
    remainder: bool = False
    found_at: int | None = None
    ended_at: int | None = None
    part: Fraction = WHOLE
    closed: bool = False
    delivered: tuple[int, ...] | None = None

    @property
    def opened_at(self) -> int:
        return self.steps[0].at

    def at(self, second: int) -> Step | None:
        """The last step up to `second`; None before the opening and from the end on."""
        if second < self.opened_at or (self.ended_at is not None and second >= self.ended_at):
            return None
        return next(step for step in reversed(self.steps) if step.at <= second)


def courses(journeys: Journeys) -> dict[bytes, Course]:
    """Of every shipment whose own terms are among the records, what came of others after these. Parents of terms that
    are not among the records are left out of account: the goods are then as old as these terms.
    """
    result: dict[bytes, Course] = {}
    missing: set[bytes] = set()
    for shipment in journeys.shipments():
        todo = [shipment]
        while todo:  # no recursion: goods may have been split and joined a thousand times
            name = todo[-1]
            origin = journeys.origins.get(name)
            if name in result or name in missing:
                todo.pop()
            elif origin is not None and (origin.parent in missing or not _is_known(journeys, origin.parent)):
                missing.add(name)
            elif above := [one for one in _above(journeys, name) if one not in result and one not in missing]:
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
    parents = _taken_over(journeys.terms[shipment].record)
    return [ref.shipment for ref in parents if _is_known(journeys, ref.shipment)]


def _taken_over(terms: ShipmentTerms) -> tuple[ShipmentRef, ...]:
    """The parents that these terms close; a replacement only names its parents."""
    return () if terms.purpose == Purpose.REPLACEMENT else terms.parents


def _course(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    origin = journeys.origins.get(shipment)
    opened = _terms if origin is None else _remainder if origin.remainder else _child
    course = opened(journeys, shipment, known)
    consignee = journeys.terms_of(shipment).record.consignee
    for move in journeys.moves(shipment):
        if not move.refused:
            _follow(journeys, course, move)
            if move.receiver == consignee:
                course.delivered = move.verified.place
    if course.remainder:
        found = [s.verified.known for s in journeys.statements(shipment) if s.record.kind == StatementKind.FOUND]
        found += [step.at for step in course.steps[1:2]]
        course.found_at = max(course.opened_at, min(found)) if found else None
    return course


def _terms(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    verified, terms = journeys.terms[shipment]
    parents = [known[ref.shipment] for ref in _taken_over(terms) if ref.shipment in known]
    opened_at = max([verified.known, *(parent.steps[-1].at for parent in parents)])
    for parent in parents:
        parent.ended_at = opened_at
    places = {(parent.steps[-1].place, parent.steps[-1].placed_by) for parent in parents}
    where = {place for place, _ in places}
    place, placed_by = (
        min(places) if len(where) == 1 and None not in where else (location_of(terms.origin), verified.id)
    )
    same = parents and terms.purpose != Purpose.TRANSFORMATION
    made_at = min(parent.made_at for parent in parents) if same else opened_at
    since = min(parent.steps[-1].since for parent in parents) if same else opened_at
    step = Step(opened_at, since, terms.holder, terms.packages, WHOLE, place, placed_by, verified.id)
    return Course(shipment, [step], made_at)


def _child(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    origin = journeys.origins[shipment]
    parent, split = known[origin.parent], journeys.split_of(origin.parent)
    counts = [child.packages for child in split.record.children] if split is not None else []
    before, packages = parent.steps[-1], counts[origin.index]
    opened_at = parent.ended_at = max(before.at, origin.verified.known)
    part = before.share * Fraction(packages, sum(counts))
    step = before._replace(at=opened_at, packages=packages, share=WHOLE, record=origin.verified.id)
    course = Course(shipment, [step], parent.made_at, part=part, closed=parent.closed)
    course.delivered = parent.delivered
    return course


def _remainder(journeys: Journeys, shipment: bytes, known: dict[bytes, Course]) -> Course:
    """What the releaser had before the short receipt, less what was received."""
    origin = journeys.origins[shipment]
    parent = known[origin.parent]
    here = next(i for i, step in enumerate(parent.steps) if i and step.record == origin.verified.id)
    before, after = parent.steps[here - 1], parent.steps[here]
    packages, part = before.packages - after.packages, before.share - after.share
    left = before._replace(at=after.at, packages=packages, share=WHOLE, record=origin.verified.id)
    return Course(shipment, [left], parent.made_at, remainder=True, part=part, closed=parent.closed)


def _follow(journeys: Journeys, course: Course, move: Move) -> None:
    before, verified, handoff = course.steps[-1], move.verified, move.handoff
    at, place, placed_by = verified.known, None, None
    if handoff is not None:
        if journeys.amendments(verified.id):
            handoff, readable = _corrected(journeys, Found(verified, handoff))
            course.closed = course.closed or not readable
        at, place, placed_by = min(at, handoff.occurredAt), location_of(handoff.place), verified.id
    at, counted = max(before.at, at), Counted(before.packages, before.share).after(move.packages)
    course.steps.append(Step(at, at, move.receiver, *counted, place, placed_by, verified.id))


def _corrected(journeys: Journeys, found: Found[Handoff]) -> tuple[Handoff, bool]:
    """The handoff as both last corrected it, and whether that can be read here; else as signed.

    Nothing is owed by when goods are in stock, so that any correction of both counts, however late.
    """
    try:
        return corrected(journeys, found)[0], True
    except NotFound:
        return found.record, False


def location_of(place: Place | Withheld) -> Location | None:
    """None for a place that says nothing of where it is."""
    if isinstance(place, Withheld):
        return None
    where = Location(place.country, place.locode, place.gln, place.name)
    return where if any(where) else None


def _end_alone(journeys: Journeys, course: Course) -> None:
    """What one record about this shipment alone ended: of several the first, for the others found it ended."""
    if course.ended_at is not None:
        return
    stated = [s.verified for s in journeys.statements(course.shipment) if s.record.kind in ENDING_STATEMENTS]
    if ends := [*stated, *_ends_by_customs(journeys, course)]:
        first = min(ends, key=lambda verified: verified.place)
        course.ended_at = max(course.steps[-1].at, first.known)


def _ends_by_customs(journeys: Journeys, course: Course) -> Iterator[VerifiedRecord]:
    """Customs itself ends what is not delivered, for a pair that the terms require."""
    clearances = journeys.clearances(course.shipment)
    if not clearances:
        return
    required = {(pair.jurisdiction, pair.regime) for pair in journeys.terms_of(course.shipment).record.requires}
    for verified, record in clearances:
        ends = record.status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
        own = record.assurance == Assurance.AUTHORITY_SIGNED and (record.jurisdiction, record.regime) in required
        if ends and own and (course.delivered is None or verified.place < course.delivered):
            yield verified
