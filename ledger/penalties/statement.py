"""The delay penalty: who owes what to whom for late goods, line by line, from verified records alone.

P = floor(α·late² / 86400²), at most `penaltyCap`, with late = t − t0 − customs in seconds, t0 = `promisedAt` +
`grace`, and t the counted time at which the clock stopped (see `ledger.shipments.clock_stop`), at most t0 +
`lostAfter`. Customs is the union of the holds that `liable` did not cause (see `ledger.shipments.customs_holds`),
within [opening, t]. Relief by amendment is taken out in the same way. Integers only; every statement names the records
it came from.

Goods of one shipment that travel apart (a short item leaves a remainder) count by their share:
floor(α·Σ shareᵢ·lateᵢ² / 86400²). A child of a split has a statement of its own, with its share of α and cap.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from ledger.common.figure import Currency, Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY
from ledger.penalties.lateness import PortionLine, lateness_of
from ledger.penalties.recourse import LegLine, legs_of, shared_out
from ledger.records.types import Commercial, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import Remark, TermsInForce, terms_in_force
from ledger.shipments.clock_stop import Moved, StopKind, stop_of
from ledger.shipments.history import WHOLE, Journeys, Portion, part_of


@figure(
    "shipment", "liable", "beneficiary", "currency", "amount", "uncapped", "cap", "alpha", "opened_at", "promised",
    "grace", "promised_at", "lost_after", "delivered_at", "stopped_at", "customs_seconds", "relief_seconds",
    "late_seconds", "settled", "indicative", "stays_with_liable", "share", "terms", "part_of", "children", "portions",
    "legs", "remarks", "evidence",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class PenaltyStatement:
    """Every line of one shipment's penalty. Amounts in minor units of `currency`, times in seconds UTC.

    `liable` owes `amount` to `beneficiary`; while `indicative`, `liable` has neither signed nor endorsed the terms.
    `share` is the part of the signed α and cap that this shipment carries (1 unless split from another). `alpha` and
    `cap` are that share, rounded down. `promised_at` includes the grace. `late_seconds`, `customs_seconds`,
    `relief_seconds`, `stopped_at` and `delivered_at` are those of the latest portion: when its clock stopped, and the
    same if a delivery stopped it. `legs` is recourse: what they do not carry stays with `liable`.
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
    portions: tuple[PortionLine, ...]
    legs: tuple[LegLine, ...]
    children: tuple[bytes, ...]
    part_of: bytes | None
    remarks: tuple[Remark, ...]
    evidence: tuple[RecordId, ...]

    @property
    def stays_with_liable(self) -> int:
        """What no leg's overrun carries."""
        return self.amount - sum(leg.amount for leg in self.legs)

    @property
    def accrual_end(self) -> int:
        """Later than this no delay counts, nor for goods that never arrive."""
        return self.promised_at + self.lost_after


def penalty_of(
    shipment: bytes, records: Sequence[VerifiedRecord] | Journeys, at: int | None = None
) -> PenaltyStatement:
    """The penalty statement of `shipment` from the records that concern it and its ancestors (others do not matter).

    `at` is the time at which goods still under way are judged, in seconds UTC; None leaves them out (late 0) and
    counts goods that ended without delivery to the end of accrual. A remainder of a short item is part of the
    shipment it was missing from: its statement is that shipment's.

    Raises `NotFound` when the terms are not among the records, or a part that the figure needs is withheld.
    """
    journeys = records if isinstance(records, Journeys) else Journeys(records)
    shipment = journeys.own_shipment(shipment)
    terms = journeys.terms_of(shipment)
    force = terms_in_force(journeys, shipment)
    stopped_above = _stopped_above(journeys, shipment, terms.record, force.commercial)
    portions = journeys.portions(shipment)
    lines: list[PortionLine] = []
    if stopped_above is None:
        for portion in portions:
            line = lateness_of(journeys, portion, terms.record, terms.verified.known, force, at)
            # A clock that runs on after a split runs on in the children, each with a statement of its own.
            if portion.split is None or line.stop is not None:
                lines.append(line)
    share = journeys.share(shipment)
    return _statement(journeys, shipment, share, force, portions, lines, stopped_above)


def penalties(journeys: Journeys, at: int | None = None) -> Iterator[PenaltyStatement]:
    """The statement of every shipment that stands for itself, in the order in which they were added."""
    for shipment in journeys.shipments():
        yield penalty_of(shipment, journeys, at)


def _stopped_above(journeys: Journeys, shipment: bytes, terms: ShipmentTerms, commercial: Commercial) -> bytes | None:
    """The ancestor whose clock had stopped before it was split: the penalty is stated there, not at its children."""
    origin = journeys.origins.get(shipment)
    above: bytes | None = None
    while origin is not None:
        if not origin.remainder and stop_of(journeys, journeys.portion(origin.parent), terms, commercial) is not None:
            above = journeys.own_shipment(origin.parent)
        origin = journeys.origins.get(origin.parent)
    return above


def _statement(
    journeys: Journeys,
    shipment: bytes,
    share: Fraction,
    force: TermsInForce,
    portions: Sequence[Portion],
    lines: Sequence[PortionLine],
    stopped_above: bytes | None,
) -> PenaltyStatement:
    commercial = force.commercial
    terms = journeys.terms_of(shipment)
    t0 = commercial.promisedAt + commercial.grace
    weight: int | Fraction = 0
    for line in lines:
        squared = line.late_seconds * line.late_seconds
        weight += squared if line.share is WHOLE else line.share * squared
    uncapped = int(commercial.alpha * weight // (DAY * DAY))
    cap = part_of(commercial.penaltyCap, share)
    amount = min(uncapped, cap)
    latest = max(lines, key=lambda line: (line.late_seconds, line.counted_until), default=None)
    stop = latest.stop if latest is not None else None
    by_id = {portion.shipment: portion for portion in portions}
    consignee = terms.record.consignee
    travelled = [legs_of(journeys, by_id[line.shipment], line, force, consignee) for line in lines]
    legs = shared_out(amount, [(line, match) for line, (match, _) in zip(lines, travelled, strict=True)])
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
        cap=cap,
        promised=commercial.promisedAt,
        grace=commercial.grace,
        promised_at=t0,
        lost_after=commercial.lostAfter,
        opened_at=terms.verified.known,
        delivered_at=stop.at if stop is not None and stop.kind is StopKind.DELIVERY else None,
        stopped_at=stop.at if stop is not None else None,
        customs_seconds=latest.customs_seconds if latest else 0,
        relief_seconds=latest.relief_seconds if latest else 0,
        late_seconds=latest.late_seconds if latest else 0,
        uncapped=uncapped,
        amount=amount,
        portions=tuple(lines),
        legs=legs,
        children=journeys.children(shipment),
        part_of=stopped_above,
        remarks=force.remarks,
        evidence=_evidence(terms.verified, force, by_id, lines, [m for _, moves in travelled for m in moves]),
    )


def _evidence(
    terms: VerifiedRecord,
    force: TermsInForce,
    portions: Mapping[bytes, Portion],
    lines: Sequence[PortionLine],
    moves: Sequence[Moved],
) -> tuple[RecordId, ...]:
    """Every record that the statement rests on, in log order."""
    used = [terms, *force.evidence]
    for moved in moves:
        used += moved.evidence
    for line in lines:
        portion = portions[line.shipment]
        used += [origin.verified for _, origin in portion.path if origin is not None]
        used += line.stop.evidence if line.stop else ()
        used += [line.ending.verified] if line.ending else []
        for held in line.holds:
            used += held.hold.evidence
        for tender in line.tenders:
            used += tender.stop.evidence
            used += [tender.contest] if tender.contest else []
    return tuple({record.id: None for record in sorted(used, key=attrgetter("facts.log_index"))})
