"""The delay penalty: who owes what to whom for late goods, line by line, from verified records alone.

Every part of the goods has its clock (`ledger.penalties.lateness`), the parts of one promise one sum
(`ledger.penalties.families`). Owed is what follows whatever is still decided or shown; what a dispute may add is frozen
and shown apart. Integers only; every statement names the records it came from, and the checkpoints that decided when
they were known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from ledger.common.figure import Currency, Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.penalties.causes import LateCause, cause_of
from ledger.penalties.families import DAY_SQUARED, Family, families_of, head_of
from ledger.penalties.lateness import PortionLine
from ledger.penalties.recourse import LegLine, legs_of, shared_out
from ledger.records.evidence import CheckpointTime
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import Remark, TermsInForce, terms_in_force
from ledger.shipments.clock_stop import Moved, StopKind
from ledger.shipments.history import Journeys
from ledger.shipments.parts import stopped_above
from ledger.shipments.portions import part_of


@figure(
    "shipment", "liable", "beneficiary", "currency", "amount", "amount_high", "frozen", "uncapped", "cap", "alpha",
    "opened_at", "promised", "grace", "promised_at", "lost_after", "delivered_at", "stopped_at", "customs_seconds",
    "relief_seconds", "late_seconds", "settled", "indicative", "stays_with_liable", "share", "terms", "part_of",
    "family", "children", "portions", "legs", "remarks", "evidence", "times", "judged_at",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class PenaltyStatement:
    """Every line of one penalty. Amounts in minor units of `currency`, times in seconds UTC.

    `liable` owes `amount` to `beneficiary`; while `indicative`, `liable` has neither signed nor endorsed the terms. Up
    to `amount_high` it may become: `frozen` is what disputes and closed places add, so that `amount` is owed whatever
    comes of them. `family` is the shipment that states the penalty of these goods as a whole: where it is another, this
    is a child asked alone, whose share is known to one unit only (`amount` the floor, `amount_high` the ceiling).

    `share` is the part of the signed α and cap that this shipment carries (1 unless split from another). `alpha` and
    `cap` are that share, rounded down. `promised_at` includes the grace. `late_seconds`, `customs_seconds`,
    `relief_seconds`, `stopped_at` and `delivered_at` are those of the latest part: when its clock stopped, and the
    same if a delivery stopped it. `legs` is recourse: what they do not carry stays with `liable`. `times` are the
    checkpoints that decided when a record of the evidence was known or visible; `judged_at` is the time at which
    windows, disputes and goods under way were judged (None: the latest that any record was known, and goods under way
    left out).
    """

    shipment: bytes
    terms: RecordId
    currency: Currency
    liable: PartnerId
    beneficiary: PartnerId
    indicative: bool
    settled: bool
    share: Fraction
    alpha: int
    cap: int
    promised: Seconds
    grace: Seconds
    promised_at: Seconds
    lost_after: Seconds
    opened_at: Seconds
    delivered_at: Seconds | None
    stopped_at: Seconds | None
    customs_seconds: Seconds
    relief_seconds: Seconds
    late_seconds: Seconds
    uncapped: int
    amount: int
    amount_high: int
    portions: tuple[PortionLine, ...]
    legs: tuple[LegLine, ...]
    children: tuple[bytes, ...]
    family: bytes
    part_of: bytes | None
    remarks: tuple[Remark, ...]
    evidence: tuple[RecordId, ...]
    times: tuple[CheckpointTime, ...]
    judged_at: Seconds | None

    @property
    def frozen(self) -> int:
        """What is not owed while it is disputed, or a place is closed."""
        return self.amount_high - self.amount if any(line.disputed for line in self.portions) else 0

    @property
    def stays_with_liable(self) -> int:
        """What no leg's overrun carries."""
        return self.amount - sum(leg.amount for leg in self.legs)

    @property
    def cause(self) -> LateCause:
        """Why the latest of these goods are late, if they are."""
        return cause_of(latest_of(self.portions))

    @property
    def accrual_end(self) -> int:
        """Later than this no delay counts, nor for goods that never arrive."""
        return self.promised_at + self.lost_after


def penalty_of(
    shipment: bytes, records: Sequence[VerifiedRecord] | Journeys, at: int | None = None
) -> PenaltyStatement:
    """The penalty statement of `shipment` from the records that concern it, its ancestors and what became of its goods
    (others do not matter).

    `at` is the time at which windows, disputes and goods still under way are judged, in seconds UTC; None judges at the
    latest time that any record was known, and leaves out what is under way (late 0). Of a shipment that was split it is
    that of all its goods; of a child, floor and ceiling of what its own goods cost. A remainder of a short item is part
    of the shipment it was missing from: its statement is that shipment's.

    Raises `NotFound` when the terms are not among the records, or a part that the figure needs is withheld.
    """
    journeys = records if isinstance(records, Journeys) else Journeys(records)
    shipment = journeys.own_shipment(shipment)
    own, *_ = families_of(journeys, shipment, at)
    if own.head == shipment:
        return _exact(journeys, own, at)
    low, high = int(own.low), -int(-own.high // 1)
    return _statement(journeys, shipment, own, low, high, at, journeys.share(shipment))


def penalties(journeys: Journeys, at: int | None = None) -> Iterator[PenaltyStatement]:
    """The statement of every family, in the order in which their terms were added: nothing counts twice."""
    for shipment in journeys.openings():
        yield from family_statements(journeys, shipment, at)


def family_statements(journeys: Journeys, shipment: bytes, at: int | None = None) -> Iterator[PenaltyStatement]:
    """The statements of all goods opened as `shipment`: one, unless an amendment gave a child another currency."""
    for family in families_of(journeys, shipment, at):
        yield _exact(journeys, family, at)


def own_penalty_of(shipment: bytes, journeys: Journeys, at: int | None = None) -> PenaltyStatement:
    """What of its family's penalty falls on the goods under exactly this id, a remainder's too, to the unit."""
    head = head_of(journeys, shipment)
    families = families_of(journeys, journeys.own_shipment(head), at)
    own = Family(head, tuple(line for family in families for line in family.lines if line.part.promised == shipment))
    low, high = sum(line.amount for line in own.lines), sum(line.amount_high for line in own.lines)
    return _statement(journeys, shipment, own, low, high, at, journeys.portion(shipment).share)


def latest_of(lines: Iterable[PortionLine]) -> PortionLine | None:
    """The goods that decide how late a statement's are."""
    return max(lines, key=lambda line: (line.late_seconds, line.counted_until), default=None)


def _exact(journeys: Journeys, family: Family, at: int | None) -> PenaltyStatement:
    share = journeys.share(family.head)
    return _statement(journeys, family.head, family, int(family.low), int(family.high), at, share)


def _statement(
    journeys: Journeys,
    shipment: bytes,
    family: Family,
    amount: int,
    amount_high: int,
    at: int | None,
    share: Fraction,
) -> PenaltyStatement:
    lines = family.lines
    terms, force = journeys.terms_of(shipment), terms_in_force(journeys, shipment)
    commercial = force.commercial
    uncapped = sum((line.share * line.alpha * line.late_seconds * line.late_seconds for line in lines), Fraction(0))
    latest = latest_of(lines)
    stop = latest.stop if latest is not None else None
    travelled = [legs_of(journeys, line, terms.record.consignee) for line in lines]
    legs = shared_out([(line, legs) for line, (legs, _) in zip(lines, travelled, strict=True)])
    used = _evidence(journeys, terms.verified, force, lines, [m for _, moves in travelled for m in moves])
    return PenaltyStatement(
        shipment=shipment,
        terms=terms.verified.id,
        currency=commercial.currency,
        liable=PartnerId(commercial.liable),
        beneficiary=PartnerId(commercial.beneficiary),
        indicative=not force.bound,
        settled=all(line.settled for line in lines),
        share=share,
        alpha=part_of(commercial.alpha, share),
        cap=part_of(commercial.penaltyCap, share),
        promised=commercial.promisedAt,
        grace=commercial.grace,
        promised_at=commercial.promisedAt + commercial.grace,
        lost_after=commercial.lostAfter,
        opened_at=terms.verified.known,
        delivered_at=stop.at if stop is not None and stop.kind is StopKind.DELIVERY else None,
        stopped_at=stop.at if stop is not None else None,
        customs_seconds=latest.customs_seconds if latest else 0,
        relief_seconds=latest.relief_seconds if latest else 0,
        late_seconds=latest.late_seconds if latest else 0,
        uncapped=int(uncapped / DAY_SQUARED),
        amount=amount,
        amount_high=amount_high,
        portions=lines,
        legs=legs,
        children=journeys.children(shipment),
        family=family.head,
        part_of=stopped_above(journeys, shipment),
        remarks=force.remarks,
        evidence=tuple(record.id for record in used),
        times=_times(used),
        judged_at=at,
    )


def _evidence(
    journeys: Journeys,
    terms: VerifiedRecord,
    force: TermsInForce,
    lines: Sequence[PortionLine],
    moves: Sequence[Moved],
) -> tuple[VerifiedRecord, ...]:
    """Every record that the statement rests on, in log order."""
    used = [terms, *force.evidence]
    for moved in moves:
        used += moved.evidence
    for line in lines:
        part = line.part
        used += line.force.evidence
        for shipment, origin in part.portion.path:
            used += [origin.verified] if origin is not None else []
            used += [journeys.terms[shipment].verified] if shipment in journeys.terms else []
        for later in (part.later, part.consumed):
            if later is not None:
                sides = (force.commercial.beneficiary, journeys.terms_of(part.promised).record.consignee)
                signed = journeys.endorsements(later.verified.id)
                used += [later.verified, *(e.verified for e in signed if e.record.by in sides)]
        used += line.stop.evidence if line.stop else ()
        used += [line.ending.verified] if line.ending else []
        for held in line.holds:
            used += held.hold.evidence
        for tender in line.tenders:
            used += tender.evidence
    return tuple({record.id: record for record in sorted(used, key=attrgetter("facts.log_index"))}.values())


def _times(records: Sequence[VerifiedRecord]) -> tuple[CheckpointTime, ...]:
    """The checkpoints that decided when one of these records was known, or visible, the smallest first."""
    return tuple(
        sorted(
            {
                covered
                for record in records
                if (covered := record.facts.covered) is not None
                and not (record.facts.block_time_counts and record.block_time == record.evidenced)
            }
        )
    )
