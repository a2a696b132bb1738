"""The short way for plain journeys, which most are: opened, handed on whole, perhaps held by customs once, delivered.

No statements, splits, amendments or missing packages, and no locker on the way: then the penalty is a few additions.
For every other shipment `plain` answers None, and the general way (`ledger.penalties.statement`,
`ledger.scores.indicators`) decides. Both give the same, which random histories test.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.codes import Assurance, ClearanceStatus, Role
from ledger.common.periods import DAY
from ledger.common.spans import Span, clip
from ledger.records.eip712 import Withheld
from ledger.records.types import NOBODY, Clearance, Commercial, Handoff, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found, Move

DAY_SQUARED = DAY * DAY
_LOCKER = 1 << int(Role.LOCKER)
_PRESENTED, _HELD, _RELEASED = (
    int(status) for status in (ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED)
)
_COURSES = ((_PRESENTED, _HELD, _RELEASED), (_HELD, _RELEASED))
_ITSELF = int(Assurance.AUTHORITY_SIGNED)


class Step(NamedTuple):
    """A handoff in time: `known` as the log or chain knew it first, `at` as counted. Seconds UTC."""

    move: Move
    handoff: Handoff
    known: int
    at: int


class PlainHold(NamedTuple):
    """`steps` in order, the last one the release; `span` as it bears on the penalty."""

    steps: tuple[Found[Clearance], ...]
    span: Span

    @property
    def seconds(self) -> int:
        return self.span[1] - self.span[0]


class Plain(NamedTuple):
    """A delivered plain journey with its penalty. Its fields mean what those of `PenaltyStatement` mean."""

    terms: VerifiedRecord
    record: ShipmentTerms
    commercial: Commercial
    steps: tuple[Step, ...]
    promised_at: int
    counted_until: int
    late_seconds: int
    uncapped: int
    amount: int
    bound: bool
    hold: PlainHold | None

    @property
    def delivered_at(self) -> int:
        return self.steps[-1].at


def plain(journeys: Journeys, shipment: bytes) -> Plain | None:
    """The shipment's journey when it is plain and delivered; None when the general way must decide."""
    moves = journeys.plain_moves(shipment)
    if moves is None:
        return None
    terms = journeys.terms[shipment]
    record = terms.record
    commercial = record.commercial
    if isinstance(commercial, Withheld):
        return None
    lag, consignee = commercial.reportLag, record.consignee
    steps = []
    for move in moves:
        verified, handoff = move.verified, move.handoff
        if handoff is None:
            return None
        for roles in verified.roles:
            if roles & _LOCKER:
                return None
        known = verified.known
        at = handoff.occurredAt
        if at < known - lag:
            at = known - lag
        steps.append(Step(move, handoff, known, at))
        if (move.receiver == consignee) is (move is not moves[-1]):
            return None
    promised_at = commercial.promisedAt + commercial.grace
    until = steps[-1].at
    if until > promised_at + commercial.lostAfter:
        until = promised_at + commercial.lostAfter
    hold = None
    if said := journeys.clearances(shipment):
        hold = plain_hold(journeys, said, terms, until)
        if hold is None:
            return None
    late = max(0, until - promised_at - (hold.seconds if hold is not None else 0)) if commercial.promisedAt else 0
    uncapped = commercial.alpha * (late * late) // DAY_SQUARED
    liable = commercial.liable
    bound = liable != NOBODY and (
        liable in terms.verified.signers or any(e.record.by == liable for e in journeys.endorsements(shipment))
    )
    return Plain(
        terms.verified,
        record,
        commercial,
        tuple(steps),
        promised_at,
        until,
        late,
        uncapped,
        min(uncapped, commercial.penaltyCap),
        bound,
        hold,
    )


def beyond_accrual(found: Plain) -> Plain:
    """The same journey as if the penalty accrued until the delivery (see `ledger.penalties.lateness`)."""
    if found.counted_until == found.delivered_at:
        return found
    hold, until = found.hold, found.delivered_at
    if hold is not None:
        hold = hold._replace(span=_span(hold.steps, found.terms.known, until))
    late = max(0, until - found.promised_at - (hold.seconds if hold is not None else 0))
    return found._replace(counted_until=until, late_seconds=late if found.commercial.promisedAt else 0, hold=hold)


def plain_hold(
    journeys: Journeys, said: list[Found[Clearance]], terms: Found[ShipmentTerms], until: int
) -> PlainHold | None:
    """The hold that customs' records about a shipment, by sequence, amount to, between its opening and the stop of its
    clock; None when the general path decides.

    That is what customs do most: one procedure that the terms require, perhaps presented, held once, released, all
    signed by customs itself, the hold caused by nobody in particular, and nothing endorsed or corrected. Then it is one
    span of time.
    """
    first = said[0].record
    if tuple(step.record.status for step in said) not in _COURSES:
        return None
    if not any(r.jurisdiction == first.jurisdiction and r.regime == first.regime for r in terms.record.requires):
        return None
    before = 0
    for verified, record in said:
        if (
            record.occurredAt < before
            or record.assurance != _ITSELF
            or record.jurisdiction != first.jurisdiction
            or record.regime != first.regime
            or record.causedBy != NOBODY
            or journeys.amendments(verified.id)
            or journeys.endorsements(verified.id)
        ):
            return None
        before = record.occurredAt
    return PlainHold(tuple(said), _span(said, terms.verified.known, until))


def _span(steps: Sequence[Found[Clearance]], opened_at: int, until: int) -> Span:
    held, released = steps[-2].record.occurredAt, steps[-1].record.occurredAt
    return clip((held, min(released, until)), opened_at, until)
