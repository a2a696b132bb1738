"""When the penalty's clock stopped, as counted, and how goods ended that never arrived.

A time that two signed counts as max(claimed, known − `reportLag`), so back-dating gains nothing. The earliest of these
stops the clock of a part:

- delivery: both signed, the consignee received;
- refusal: both signed that the consignee took nothing;
- locker: a partner with the locker role received at the destination, not from the consignor, and the goods stay there,
  lay there for `tenderWindow`, or went to the consignee or into a return;
- tender: see `ledger.shipments.tenders`;
- onward: later terms that the beneficiary or the consignee signed or endorsed, at their known time.

An override of the council is never counted as a handoff, so it is no delivery.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from ledger.codes import Assurance, ClearanceStatus, Purpose, StatementKind
from ledger.common.figure import Seconds
from ledger.records.types import Commercial, Handoff, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import told_in_time, versions
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part, reaches
from ledger.shipments.portions import Found, Move
from ledger.shipments.tenders import Tender, locker_here

ENDING_STATEMENTS = {
    StatementKind.LOST,
    StatementKind.LEFT,
    StatementKind.SOLD,
    StatementKind.DESTROYED,
    StatementKind.ABANDONED,
}


class StopKind(StrEnum):
    """Why a clock stopped, in the order that decides between two at the same second."""

    DELIVERY = "delivery"
    LOCKER = "locker_receipt"
    REFUSAL = "refusal"
    TENDER = "tender"
    ONWARD = "onward_terms"


class EndingKind(StrEnum):
    """How goods ended without a delivery: by a statement, by customs, or as the material of something else."""

    LOST = "lost"
    LEFT = "left"
    SOLD = "sold"
    DESTROYED = "destroyed"
    ABANDONED = "abandoned"
    SEIZED = "seized"
    DESTROYED_BY_CUSTOMS = "destroyed_by_customs"
    TRANSFORMED = "transformed"


_PRECEDENCE = {kind: rank for rank, kind in enumerate(StopKind)}


@dataclass(frozen=True, slots=True)
class Stop:
    """The clock stopped at `at` (counted; `occurred_at` as claimed). `certain`: whatever is still decided or shown.
    `open_until`: until when it may still be undone (None: no more).
    """

    kind: StopKind
    at: Seconds
    occurred_at: Seconds
    known: Seconds
    verified: VerifiedRecord
    evidence: tuple[VerifiedRecord, ...]
    certain: bool = True
    open_until: Seconds | None = None


class Stops(NamedTuple):
    """What stopped a clock first, at best for who is liable (`low`), and whatever is still decided or shown."""

    low: Stop | None
    high: Stop | None


@dataclass(frozen=True, slots=True)
class Ending:
    """The goods' journey ended without delivery: how, and the record that says so."""

    kind: EndingKind
    verified: VerifiedRecord


def counted(occurred_at: int, known: int, report_lag: int) -> int:
    return max(occurred_at, known - report_lag)


@dataclass(frozen=True, slots=True)
class Moved:
    """A move in time: `at` as counted, `due_at` the receiver's deadline for passing on (0: none)."""

    move: Move
    at: int
    occurred_at: int
    due_at: int
    evidence: tuple[VerifiedRecord, ...]


def moved(journeys: Journeys, move: Move, commercial: Commercial, *, stops: bool = False) -> Moved:
    """When a move counts. An override claims no time, so it counts from when it is known.

    Its signers correct it only while the handoff itself could still have been told in time: afterwards they know whose
    legs overran, and would move time or deadline at a third's cost. But of what `stops` the clock `liable` may always
    own that it was later.
    A time that they correct to an earlier one counts as known from when they first said it, not from the handoff; never
    later than what they had signed.
    """
    known, handoff, lag = move.verified.known, move.handoff, commercial.reportLag
    if handoff is None:
        return Moved(move, known, known, 0, (move.verified,))
    found = Found(move.verified, handoff)
    in_time = told_in_time(found, lag)

    def counts(paper: VerifiedRecord, before: Handoff, after: Handoff) -> bool:
        later = after.dueAt == before.dueAt and after.occurredAt >= handoff.occurredAt
        return (stops and later and paper.signed_by(commercial.liable)) or in_time(paper, before, after)

    said = list(versions(journeys, found, counts))
    record = said[-1][0]
    told = next(paper.known for version, paper in said if version.occurredAt == record.occurredAt)
    signed = counted(max(record.occurredAt, handoff.occurredAt), known, lag)
    at = min(signed, counted(record.occurredAt, told, lag))
    if journeys.late_corrections:
        return _as_corrected(journeys, Moved(move, at, record.occurredAt, record.dueAt, ()), said)
    return Moved(move, at, record.occurredAt, record.dueAt, tuple(paper for _, paper in said))


def _as_corrected(journeys: Journeys, now: Moved, said: Sequence[tuple[Handoff, VerifiedRecord]]) -> Moved:
    """At the earliest that both sides ever said, whenever they said it."""
    move = now.move
    papers = [paper for _, paper in said]
    if move.handoff is not None:
        for version, paper in versions(journeys, Found(move.verified, move.handoff)):
            if version.occurredAt < now.at and paper is not move.verified and _by_both(paper, move):
                now = replace(now, at=version.occurredAt, occurred_at=version.occurredAt)
                papers.append(paper)
    return replace(now, evidence=tuple(dict.fromkeys(papers)))


def _by_both(paper: VerifiedRecord, move: Move) -> bool:
    return paper.signed_by(move.releaser) and paper.signed_by(move.receiver)


def stops_of(
    journeys: Journeys, part: Part, terms: ShipmentTerms, commercial: Commercial, tenders: Sequence[Tender]
) -> Stops:
    """What stopped the clock of these goods first; None while it runs. `tenders` are those of these goods."""
    stops = sorted(
        _stops(journeys, part, terms, commercial, tenders),
        key=lambda stop: (stop.at, _PRECEDENCE[stop.kind], stop.verified.place),
    )
    return Stops(next(iter(stops), None), next((stop for stop in stops if stop.certain), None))


def ending_of(journeys: Journeys, part: Part) -> Ending | None:
    """How the journey of exactly these goods ended without delivery; None while it has not."""
    if part.consumed is not None:
        return Ending(EndingKind.TRANSFORMED, part.consumed.verified)
    return ended_alone(journeys, part.portion.shipment)


def ended_alone(journeys: Journeys, shipment: bytes) -> Ending | None:
    """How exactly this shipment ended by a statement or by customs; None where neither ended it."""
    for match in journeys.statements(shipment):
        if match.record.kind in ENDING_STATEMENTS:
            return Ending(EndingKind(StatementKind(match.record.kind).name.lower()), match.verified)
    return _customs_ending(journeys, shipment)


def _customs_ending(journeys: Journeys, shipment: bytes) -> Ending | None:
    """Only customs itself ends a shipment, and only for a pair that the terms require; a seized one under any."""
    required = {(pair.jurisdiction, pair.regime) for pair in journeys.terms_of(shipment).record.requires}
    seized: VerifiedRecord | None = None
    own = [c for c in journeys.clearances(shipment) if c.record.assurance == Assurance.AUTHORITY_SIGNED]
    for clearance in own:
        record = clearance.record
        needed = (record.jurisdiction, record.regime) in required
        if record.status == ClearanceStatus.SEIZED and needed:
            seized = seized or clearance.verified
        elif record.status == ClearanceStatus.DESTROYED and (needed or seized):
            return Ending(EndingKind.DESTROYED_BY_CUSTOMS, clearance.verified)
    return None if seized is None else Ending(EndingKind.SEIZED, seized)


def _stops(
    journeys: Journeys, part: Part, terms: ShipmentTerms, commercial: Commercial, tenders: Sequence[Tender]
) -> Iterator[Stop]:
    for i, move in enumerate(part.portion.moves):
        certain = True
        open_until: int | None = None
        if reaches(journeys, move, terms):
            kind = StopKind.REFUSAL if move.refused else StopKind.DELIVERY
        elif move.shipment in part.home and (here := locker_here(move, terms)) is not False:
            kind = StopKind.LOCKER
            stays, open_until = _kept(journeys, part, i, terms, commercial.tenderWindow)
            if not stays:
                continue
            certain = here is True
        else:
            continue
        when, known = moved(journeys, move, commercial, stops=True), move.verified.known
        yield Stop(kind, when.at, when.occurred_at, known, move.verified, when.evidence, certain, open_until)
    for tender in tenders:
        if tender.stops:
            until = None if tender.settled else tender.disputed_until or tender.contestable_until
            yield Stop(
                StopKind.TENDER,
                tender.at,
                tender.occurred_at,
                tender.verified.known,
                tender.verified,
                tender.evidence,
                tender.certain,
                until,
            )
    if part.later is not None:
        later = part.later.verified
        yield Stop(StopKind.ONWARD, later.known, later.known, later.known, later, (later,))


def _kept(journeys: Journeys, part: Part, received: int, terms: ShipmentTerms, window: int) -> tuple[bool, int | None]:
    """Whether a locker's receipt stops the clock, by where the goods went from there; and until when they must lie
    there to stop it for good (None: nothing undoes it).
    """
    move, moves = part.portion.moves[received], part.portion.moves
    until = move.verified.visible + window
    after = next((later for later in moves[received + 1 :] if not later.refused), None)
    names = [shipment for shipment, _ in part.portion.path]
    onward = next(
        (
            (i, new)
            for i, (name, parted) in enumerate(part.portion.path)
            if i >= names.index(move.shipment) and parted is None
            for new in journeys.onward(name)
        ),
        None,
    )
    if onward is not None and (after is None or names.index(after.shipment) > onward[0]):
        # New terms took the goods out of the locker: into a return for good, else as any other move does.
        _, new = onward
        return new.record.purpose == Purpose.RETURN or new.verified.visible >= until, None
    if after is None:
        return True, until
    return reaches(journeys, after, terms) or after.verified.visible >= until, None
