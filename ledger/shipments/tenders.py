"""Tenders: "I offered delivery, nobody signed", and what becomes of them.

A tender counts at its visible time, from a day before the promise on, if its place is the destination, and as if it had
never been made once the goods move on otherwise than RECORDS allows, unless it has stood for 30 days. It stands unless
the consignee or the consignor contests it, visible within `tenderWindow`. Contested, it is disputed for 30 days; then
it falls, for who tenders bears the proof, unless until then a third endorsed it and none endorsed the contest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import Purpose, Role, StatementKind
from ledger.common.figure import Seconds, figure
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.types import Commercial, ShipmentTerms, Statement
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part, reaches
from ledger.shipments.places import received_at, tendered_at
from ledger.shipments.portions import Found, Move

LOCKER = 1 << Role.LOCKER
DISPUTE = 30 * DAY
"""How long a contested tender is disputed; and how long one has stood that nothing undoes any more."""
_THIRDS = LOCKER | 1 << Role.WAREHOUSE | 1 << Role.AUTHORITY | 1 << Role.AUDITOR


class TenderState(StrEnum):
    """What a tender is worth at the time of judgement. Open and disputed are not decided yet."""

    OPEN = "open"
    STANDS = "stands"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    FALLEN = "fallen"
    EARLY = "early"
    ELSEWHERE = "elsewhere"
    MOVED_ON = "moved_on"


_STOPS = {TenderState.OPEN, TenderState.STANDS, TenderState.DISPUTED, TenderState.UPHELD}
_DECIDED = {TenderState.STANDS, TenderState.UPHELD}


@figure(
    ("record", "verified"), ("claimed_at", "occurred_at"), ("counted_at", "at"), "state", "place_closed",
    "contestable_until", ("contested_by", "contest"), "disputed_until", "endorsed_by",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Tender:
    """A tender of these goods by who held them then. `at` is its visible time, seconds UTC. `place_closed`: the place
    of it or of the destination is not shown, so that nobody can say whether it counts. `contest` is the first record
    that contested it in time, `endorsed_by` what thirds signed under it or under that.
    """

    verified: VerifiedRecord
    evidence: tuple[VerifiedRecord, ...]
    occurred_at: Seconds
    at: Seconds
    state: TenderState
    place_closed: bool
    contestable_until: Seconds
    contest: VerifiedRecord | None
    disputed_until: Seconds | None
    endorsements: tuple[VerifiedRecord, ...]

    @property
    def endorsed_by(self) -> tuple[RecordId, ...]:
        return tuple(endorsement.id for endorsement in self.endorsements)

    @property
    def stops(self) -> bool:
        """Whether it stops the clock of what is owed at least."""
        return self.state in _STOPS

    @property
    def certain(self) -> bool:
        """Whether it stops the clock whatever is still decided or shown."""
        return self.state in _DECIDED and not self.place_closed

    @property
    def settled(self) -> bool:
        return self.state not in (TenderState.OPEN, TenderState.DISPUTED)


def tenders_of(
    journeys: Journeys, part: Part, terms: ShipmentTerms, commercial: Commercial, at: int
) -> tuple[Tender, ...]:
    """Every tender of these goods to their consignee by who held them then, as it stands at `at`, in log order."""
    result: list[Tender] = []
    for shipment, origin in part.portion.path:
        statements = journeys.statements(shipment) if shipment in part.home else []
        for match in statements:
            record = match.record
            if (
                record.kind != StatementKind.TENDER
                or record.counterparty != terms.consignee
                or (origin is not None and record.sequence > origin.sequence)
                or journeys.holder_at(shipment, record.sequence) != record.by
            ):
                continue
            result.append(_tender(journeys, part, match, statements, terms, commercial, at))
    return tuple(result)


def _tender(
    journeys: Journeys,
    part: Part,
    found: Found[Statement],
    statements: Sequence[Found[Statement]],
    terms: ShipmentTerms,
    commercial: Commercial,
    at: int,
) -> Tender:
    record, corrections = corrected(journeys, found)
    seen = found.verified.visible
    until = seen + commercial.tenderWindow
    contest = _contest(found, statements, terms, until)
    disputed_until = contest.visible + DISPUTE if contest is not None else None
    here = tendered_at(terms.destination, record.place)
    moved_on = _moved_on(journeys, part, found, terms)
    endorsements: tuple[VerifiedRecord, ...] = ()
    if seen < commercial.promisedAt - DAY:
        state = TenderState.EARLY
    elif here is False:
        state = TenderState.ELSEWHERE
    elif moved_on:
        state = TenderState.MOVED_ON
    elif contest is None:
        state = TenderState.STANDS if at > until else TenderState.OPEN
    else:
        last = contest.visible + DISPUTE
        for_it = thirds_of(journeys, part, found.verified, (terms, commercial), last)
        against = thirds_of(journeys, part, contest, (terms, commercial), last)
        endorsements = (*for_it, *against)
        decided = TenderState.UPHELD if for_it and not against else TenderState.FALLEN
        state = TenderState.DISPUTED if at <= last else decided
    return Tender(
        found.verified,
        (found.verified, *corrections, *([contest] if contest else ()), *endorsements),
        record.occurredAt,
        seen,
        state,
        here is None or moved_on is None,
        until,
        contest,
        disputed_until,
        endorsements,
    )


def _contest(
    tender: Found[Statement], statements: Sequence[Found[Statement]], terms: ShipmentTerms, until: int
) -> VerifiedRecord | None:
    """The first contest that answers this tender: after it by block and event, and visible in its window."""
    tendered = tender.verified.place
    return min(
        (
            other.verified
            for other in statements
            if other.record.kind == StatementKind.CONTEST
            and other.record.by in (terms.consignee, terms.consignor)
            and other.record.sequence == tender.record.sequence
            and tendered < other.verified.place
            and other.verified.visible <= until
        ),
        key=lambda contest: contest.place,
        default=None,
    )


def _moved_on(journeys: Journeys, part: Part, tender: Found[Statement], terms: ShipmentTerms) -> bool | None:
    """Whether the goods went on, while the tender had not stood for 30 days, to somebody new who is neither their
    consignee nor a locker at the destination, or under new terms that are no return; None while a closed place hides
    it.
    """
    last = tender.verified.visible + DISPUTE
    names = [shipment for shipment, _ in part.portion.path]
    tendered = names.index(tender.record.shipment)
    later = [
        (i, new)
        for i, (name, parted) in enumerate(part.portion.path)
        if i >= tendered and parted is None
        for new in journeys.onward(name)
    ]
    returned = next((i for i, new in later if new.record.purpose == Purpose.RETURN), len(names))
    holders, hidden = {terms.holder, tender.record.by}, False
    arrived: tuple[int, int] | None = None
    for move in part.portion.moves:
        place = names.index(move.shipment)
        if move.refused or place > returned:
            continue
        if reaches(journeys, move, terms):
            arrived = place, move.sequence
            break
        if (place, move.sequence) < (tendered, tender.record.sequence):
            holders.add(move.receiver)
        elif not (move.receiver in holders or move.verified.visible > last):
            here = _to_locker_here(move, terms)
            if here is False:
                return True
            hidden = hidden or here is None
    if any(i < returned and new.verified.visible <= last for i, new in later if arrived is None or i < arrived[0]):
        return True
    return None if hidden else False


def locker_here(move: Move, terms: ShipmentTerms) -> bool | None:
    """Whether a locker took the goods at the destination, not from their consignor; None where a place is closed."""
    return _to_locker_here(move, terms) if move.releaser != terms.consignor else False


def _to_locker_here(move: Move, terms: ShipmentTerms) -> bool | None:
    if move.handoff is None or not to_locker(move):
        return False
    return received_at(terms.destination, move.handoff.place)


def to_locker(move: Move) -> bool:
    """Whether a locker took the goods, wherever."""
    return move.handoff is not None and not move.refused and bool(move.verified.roles_of(move.receiver) & LOCKER)


def thirds_of(
    journeys: Journeys, part: Part, target: VerifiedRecord, by: tuple[ShipmentTerms, Commercial], last: int
) -> tuple[VerifiedRecord, ...]:
    """Endorsements of `target`, visible up to `last`, by somebody of standing who has no part in the shipment, which
    travels `by` these terms.
    """
    terms, commercial = by
    signed = [e.verified for e in journeys.endorsements(target.id) if e.verified.visible <= last]
    if not signed:
        return ()
    parties = {commercial.liable, commercial.beneficiary, terms.consignor, terms.consignee, terms.holder}
    involved = parties | _signers(journeys, part)
    return tuple(e for e in signed if e.signers[0] not in involved and e.roles_of(e.signers[0]) & _THIRDS)


def _signers(journeys: Journeys, part: Part) -> set[int]:
    """Whoever held these goods or signed anything of them but endorsements of tenders and contests."""
    papers: list[VerifiedRecord] = []
    result: set[int] = set()
    for move in part.portion.moves:
        result |= {move.releaser, move.receiver}
        papers.append(move.verified)
    for shipment, origin in part.portion.path:
        statements = [match.verified for match in journeys.statements(shipment)]
        plain = [*(match.verified for match in journeys.clearances(shipment)), *([origin.verified] if origin else [])]
        if shipment in journeys.terms:
            plain.append(journeys.terms[shipment].verified)
        papers += [*statements, *plain]
        for paper in (*plain, *(move.verified for move in part.portion.moves if move.shipment == shipment)):
            papers += [endorsement.verified for endorsement in journeys.endorsements(paper.id)]
        for paper in (*plain, *statements):
            papers += [amendment.verified for amendment in journeys.amendments(paper.id)]
    return result | {signer for paper in papers for signer in paper.signers}
