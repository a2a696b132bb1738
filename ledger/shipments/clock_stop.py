"""When goods arrived, or when the penalty's clock stopped without an arrival, as counted.

A claimed time counts as max(claimed, known − `reportLag`), so back-dating gains nothing. The earliest of these stops
the clock of a portion of goods:

- delivery: both signed, the consignee received;
- refusal: both signed that the consignee took nothing;
- locker: a partner with the locker role received (unless it passed the goods on to somebody new: then it was a leg);
- tender: the holder offered delivery, and the addressee did not contest within `tenderWindow` of the tender's known
  time;
- onward: new terms took the goods over.

An override of the council is never counted as a handoff, so it is no delivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import ClearanceStatus, Role, StatementKind
from ledger.common.figure import Seconds, figure
from ledger.records.types import Commercial, ShipmentTerms, Statement
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.history import Found, Journeys, Move, Portion

LOCKER = 1 << Role.LOCKER
_ENDINGS = {
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
    """How goods ended without a delivery: by a statement, or by customs."""

    LOST = "lost"
    LEFT = "left"
    SOLD = "sold"
    DESTROYED = "destroyed"
    ABANDONED = "abandoned"
    SEIZED = "seized"
    DESTROYED_BY_CUSTOMS = "destroyed_by_customs"


_CUSTOMS_ENDINGS = {
    ClearanceStatus.SEIZED: EndingKind.SEIZED,
    ClearanceStatus.DESTROYED: EndingKind.DESTROYED_BY_CUSTOMS,
}
_PRECEDENCE = {kind: rank for rank, kind in enumerate(StopKind)}


@dataclass(frozen=True, slots=True)
class Stop:
    """The clock stopped at `at` (counted; `occurred_at` as claimed). `contestable_until` for a tender only."""

    kind: StopKind
    at: Seconds
    occurred_at: Seconds
    known: Seconds
    verified: VerifiedRecord
    evidence: tuple[VerifiedRecord, ...]
    contestable_until: Seconds | None = None


@figure(
    ("record", "stop.verified"),
    ("claimed_at", "stop.occurred_at"),
    ("counted_at", "stop.at"),
    ("contestable_until", "stop.contestable_until"),
    ("contested_by", "contest"),
)
@dataclass(frozen=True, slots=True)
class Tender:
    """A tender of these goods and what became of it: `contest` is the record that voided it in time, if any."""

    stop: Stop
    contest: VerifiedRecord | None


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


def moved(journeys: Journeys, move: Move, report_lag: int) -> Moved:
    """When a move counts. An override claims no time, so it counts from when it is known."""
    known = move.verified.known
    if move.handoff is None:
        return Moved(move, known, known, 0, (move.verified,))
    record, corrections = corrected(journeys, Found(move.verified, move.handoff))
    at = counted(record.occurredAt, known, report_lag)
    return Moved(move, at, record.occurredAt, record.dueAt, (move.verified, *corrections))


def stop_of(journeys: Journeys, portion: Portion, terms: ShipmentTerms, commercial: Commercial) -> Stop | None:
    """What stopped the clock of these goods first; None while it runs."""
    return min(
        _stops(journeys, portion, terms, commercial),
        key=lambda stop: (stop.at, _PRECEDENCE[stop.kind], stop.verified.log_index),
        default=None,
    )


def tenders_of(
    journeys: Journeys, portion: Portion, terms: ShipmentTerms, commercial: Commercial
) -> tuple[Tender, ...]:
    """Every tender of these goods to their consignee by who held them then, standing or contested, in log order."""
    tenders: list[Tender] = []
    for shipment, origin in portion.path:
        statements = journeys.statements(shipment)
        if not statements:
            continue
        for match in statements:
            record = match.record
            if (
                record.kind != StatementKind.TENDER
                or record.counterparty != terms.consignee
                or (origin is not None and record.sequence > origin.sequence)
                or journeys.holder_at(shipment, record.sequence) != record.by
            ):
                continue
            tenders.append(_tender(journeys, match, statements, commercial))
    return tuple(tenders)


def ending_of(journeys: Journeys, portion: Portion) -> Ending | None:
    """How the journey of exactly these goods ended without delivery; None while it has not."""
    for match in journeys.statements(portion.shipment):
        if match.record.kind in _ENDINGS:
            return Ending(EndingKind(StatementKind(match.record.kind).name.lower()), match.verified)
    for clearance in journeys.clearances(portion.shipment):
        status = clearance.record.status
        if status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED):
            return Ending(_CUSTOMS_ENDINGS[ClearanceStatus(status)], clearance.verified)
    return None


def _stops(journeys: Journeys, portion: Portion, terms: ShipmentTerms, commercial: Commercial) -> Iterator[Stop]:
    lag = commercial.reportLag
    for i, move in enumerate(portion.moves):
        if move.handoff is None:
            continue
        if move.receiver == terms.consignee:
            kind = StopKind.REFUSAL if move.refused else StopKind.DELIVERY
        elif move.verified.roles_of(move.receiver) & LOCKER and not move.refused:
            if _passed_on(portion.moves, i, terms):
                continue
            kind = StopKind.LOCKER
        else:
            continue
        when = moved(journeys, move, lag)
        yield Stop(kind, when.at, when.occurred_at, move.verified.known, move.verified, when.evidence)
    for tender in tenders_of(journeys, portion, terms, commercial):
        if tender.contest is None:
            yield tender.stop
    for onward in journeys.onward(portion.shipment):
        known = onward.verified.known
        yield Stop(StopKind.ONWARD, known, known, known, onward.verified, (onward.verified,))


def _passed_on(moves: tuple[Move, ...], received: int, terms: ShipmentTerms) -> bool:
    """Whether the locker gave the goods to somebody who is neither the consignee nor had them before."""
    before = {terms.holder, *(move.receiver for move in moves[:received] if not move.refused), terms.consignee}
    after = next((move for move in moves[received + 1 :] if not move.refused), None)
    return after is not None and after.receiver not in before


def _tender(
    journeys: Journeys, found: Found[Statement], statements: list[Found[Statement]], commercial: Commercial
) -> Tender:
    record, corrections = corrected(journeys, found)
    known = found.verified.known
    until = known + commercial.tenderWindow
    # A contest answers a tender that was there before it; within one second the log's order decides.
    tendered = (known, found.verified.log_index)
    contest = next(
        (
            other.verified
            for other in statements
            if other.record.kind == StatementKind.CONTEST
            and other.record.by == record.counterparty
            and other.record.sequence == record.sequence
            and tendered < (other.verified.known, other.verified.log_index)
            and other.verified.known <= until
        ),
        None,
    )
    at = counted(record.occurredAt, known, commercial.reportLag)
    evidence = (found.verified, *corrections)
    stop = Stop(StopKind.TENDER, at, record.occurredAt, known, found.verified, evidence, until)
    return Tender(stop, contest)
