"""What each scorecard indicator counts, one small function an indicator.

Everything that was due counts, overdue, lost and tendered too; goods that customs still excuse do not count yet.
"""

from collections.abc import Callable, Iterator

from ledger.codes import ClearanceStatus, Purpose, Role, StatementKind
from ledger.delivery import StopKind, counted
from ledger.errors import MalformedRecord
from ledger.gs1 import Product, parse_lots, parse_product, recall_covers
from ledger.ids import RecordId
from ledger.journeys import Found, Journeys, Move, part_of
from ledger.records import NOBODY, Clearance
from ledger.recourse import legs_of
from ledger.score_card import Indicator
from ledger.score_samples import Case, Sample, own_moves, products_of
from ledger.spans import measure

DAY = 86_400
LONGEST_LATE = 14 * DAY
_LOSSES = {StatementKind.LOST, StatementKind.DESTROYED}
_RELEASED = {ClearanceStatus.RELEASED, ClearanceStatus.RELEASED_WITH_CONDITIONS}
_DENIED = {ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED}


def samples_of(case: Case) -> Iterator[Sample]:
    """Every sample that one shipment gives, for whichever partners."""
    for measure_case in SHIPMENT_INDICATORS:
        yield from measure_case(case)


# --- carrier ---------------------------------------------------------------------------------------------------------


def carrier_time(case: Case) -> Iterator[Sample]:
    """Shipments on time, mean late seconds (at most 14 days each) and penalty over freight, for who is liable."""
    liable = case.statement.liable
    if liable in (NOBODY, case.terms.consignor) or not case.lines or not case.came_due:
        return
    late = case.statement.late_seconds
    stopped = all(line.stop is not None for line in case.lines)
    if not stopped and not late:
        return  # overdue, but excused until now: not known yet
    line = max(case.lines, key=lambda entry: entry.late_seconds)
    event, records, other = case.event(line), case.proof(line), case.statement.beneficiary
    role = Role.CARRIER
    yield Sample(role, liable, Indicator.ON_TIME, int(not late), 1, event, records, other)
    yield Sample(role, liable, Indicator.MEAN_LATE, min(late, LONGEST_LATE), 1, event, records, other)
    commercial = case.force.commercial
    freight = part_of(commercial.freight, case.statement.share)
    if freight:
        amount = case.statement.amount
        yield Sample(role, liable, Indicator.PENALTY, amount, freight, event, records, other, group=commercial.currency)


def carrier_goods(case: Case) -> Iterator[Sample]:
    """In full and undamaged: what a carrier passed on without new exceptions; lost in its hands counts against it."""
    consignor, consignee = case.terms.consignor, case.terms.consignee
    for portion in case.portions.values():
        for move, new in own_moves(portion):
            if move.releaser != consignor and move.verified.known in case.period:
                yield Sample(
                    Role.CARRIER,
                    move.releaser,
                    Indicator.IN_FULL,
                    int(not new),
                    1,
                    move.verified.id,
                    (move.verified.id,),
                    move.receiver,
                )
        for found in case.journeys.statements(portion.shipment):
            by, known = found.record.by, found.verified.known
            if found.record.kind in _LOSSES and by not in (consignor, consignee) and known in case.period:
                record = found.verified.id
                yield Sample(Role.CARRIER, by, Indicator.IN_FULL, 0, 1, record, (record,), consignee)


def carrier_legs(case: Case) -> Iterator[Sample]:
    """Legs out by `dueAt`, net of the holds that the leg's partner did not cause."""
    for line in case.lines:
        portion = case.portions[line.shipment]
        legs, _ = legs_of(case.journeys, portion, line, case.force, case.terms.consignee)
        own = {move.verified.id for move in portion.moves if move.shipment == portion.shipment}
        for leg in legs:
            if leg.handoff not in own or not case.period.due(leg.due_at):
                continue
            spans = [h.span for h in line.holds if h.hold.confirmed and h.hold.caused_by != leg.partner]
            excused = measure((*spans, *case.force.relief_spans), leg.start, leg.out_at)
            good = leg.out_at - leg.due_at - excused <= 0
            yield Sample(
                Role.CARRIER,
                leg.partner,
                Indicator.LEGS,
                int(good),
                1,
                leg.handoff,
                (leg.handoff,),
                case.terms.consignee,
            )


# --- supplier --------------------------------------------------------------------------------------------------------


def supplier_delivery(case: Case) -> Iterator[Sample]:
    """On time in full at the supplier's own delivery point, and defective packages.

    The delivery point follows the Incoterm: under E, F and C terms where the supplier hands over, else (D terms, or
    none named) the destination.
    """
    supplier = case.terms.consignor
    if not case.lines or not case.came_due:
        return
    other = case.terms.consignee
    line = max(case.lines, key=lambda entry: entry.late_seconds)
    event, records = case.event(line), case.proof(line)
    moves = [(m, new) for p in case.portions.values() for m, new in own_moves(p)]
    first = next(((m, new) for m, new in moves if m.releaser == supplier), None)
    if case.force.commercial.incoterm[:1].upper() in ("E", "F", "C"):
        if first is not None:
            move, new = first
            good = _moved_at(case, move) <= case.t0 and not new
            event, records = move.verified.id, (case.statement.terms, move.verified.id)
        else:
            good = False
    else:
        lines = case.lines_for(supplier)
        delivered = all(entry.stop is not None and entry.stop.kind is StopKind.DELIVERY for entry in lines)
        late = max(entry.late_seconds for entry in lines)
        if not delivered and not late and not any(entry.stop for entry in lines):
            return  # overdue, but excused until now: not known yet
        good = delivered and not late and not any(new for _, new in moves)
    role = Role.SUPPLIER
    yield Sample(role, supplier, Indicator.ON_TIME_IN_FULL, int(good), 1, event, records, other)
    packages = part_of(case.terms.packages, case.statement.share) or 1
    bad, proofs = _defects(case, moves)
    yield Sample(role, supplier, Indicator.DEFECTS, min(bad, packages), packages, event, (*records, *proofs), other)


def supplier_papers(case: Case) -> Iterator[Sample]:
    """No hold by the supplier's papers, where customs dealt with the goods at all."""
    supplier = case.terms.consignor
    if not case.lines or not case.came_due:
        return
    said = [c.verified.id for p in case.portions.values() for c in case.journeys.clearances(p.shipment)]
    if not said:
        return
    own = [
        h.hold.held.id for line in case.lines for h in line.holds if h.hold.confirmed and h.hold.caused_by == supplier
    ]
    event = case.event(case.lines[0])
    records = tuple(own) or tuple(said[-1:])
    yield Sample(Role.SUPPLIER, supplier, Indicator.NO_HOLD, int(not own), 1, event, records, case.terms.consignee)


def supplier_attestations(case: Case) -> Iterator[Sample]:
    """Attestations valid at release, owed for every shipment whose contents name a GTIN."""
    supplier = case.terms.consignor
    own = case.portions[case.shipment]
    release = next((move for move in own.moves if move.releaser == supplier and not move.refused), None)
    if case.shipment not in case.journeys.terms or release is None:
        return
    at = _moved_at(case, release)
    products = products_of(case.terms)
    if at not in case.period or not products:
        return
    proofs = [attested(case.journeys, product, at) for product in products]
    good = all(proof is not None for proof in proofs)
    records = (case.shipment, *(proof for proof in proofs if proof is not None))
    yield Sample(
        Role.SUPPLIER,
        supplier,
        Indicator.ATTESTED,
        int(good),
        1,
        release.verified.id,
        tuple(RecordId(r) for r in records),
        case.terms.consignee,
    )


# --- broker ----------------------------------------------------------------------------------------------------------


def broker_clearances(case: Case) -> Iterator[Sample]:
    """Procedures released without a hold or amendment of the broker's own making, and how long they took.

    A procedure is one jurisdiction and regime of one shipment; its broker is the declarant. `OVER_MEDIAN` samples
    carry seconds from presented to released in `good`; what they are due is the office's median, filled in later.
    """
    for portion in case.portions.values():
        procedures: dict[tuple[bytes, int], list[Found[Clearance]]] = {}
        for found in case.journeys.clearances(portion.shipment):
            procedures.setdefault((found.record.jurisdiction, found.record.regime), []).append(found)
        for (jurisdiction, regime), steps in procedures.items():
            yield from _procedure(case, steps, f"{jurisdiction.decode('ascii', 'replace')}/{regime}")


def _procedure(case: Case, steps: list[Found[Clearance]], office: str) -> Iterator[Sample]:
    broker = next((s.record.declarant for s in steps if s.record.declarant != NOBODY), NOBODY)
    closing = next((s for s in steps if s.record.status in _RELEASED | _DENIED), None)
    if broker == NOBODY or closing is None or closing.record.occurredAt not in case.period:
        return
    faults = [
        s.verified.id
        for s in steps
        if (s.record.status == ClearanceStatus.HELD and s.record.causedBy == broker)
        or (s.record.status == ClearanceStatus.AMENDED and s.record.by == broker)
    ]
    released = closing.record.status in _RELEASED
    event, other = closing.verified.id, case.terms.consignor
    good = released and not faults
    role = Role.BROKER
    yield Sample(role, broker, Indicator.RELEASED, int(good), 1, event, (event, *faults), other)
    presented = next((s for s in steps if s.record.status == ClearanceStatus.PRESENTED), None)
    if released and presented is not None:
        seconds = max(0, closing.record.occurredAt - presented.record.occurredAt)
        records = (presented.verified.id, event)
        yield Sample(role, broker, Indicator.OVER_MEDIAN, seconds, 0, event, records, other, group=office)


# --- records in time -------------------------------------------------------------------------------------------------


def records_in_a_day(case: Case) -> Iterator[Sample]:
    """Records known within 24 h of the time they claim. Whoever counts them counts each record once, by its event."""
    parties = (case.terms.consignor, case.terms.consignee, NOBODY)
    for portion in case.portions.values():
        for move in portion.moves:
            if move.handoff is None or move.shipment != portion.shipment or move.verified.known not in case.period:
                continue
            good = move.verified.known - move.handoff.occurredAt <= DAY
            for partner, other in ((move.releaser, move.receiver), (move.receiver, move.releaser)):
                if partner not in parties:
                    record = move.verified.id
                    yield Sample(Role.CARRIER, partner, Indicator.RECORDS, int(good), 1, record, (record,), other)
        for found in case.journeys.clearances(portion.shipment):
            record, by, known = found.verified.id, found.record.by, found.verified.known
            if by == found.record.declarant and known in case.period:
                good = known - found.record.occurredAt <= DAY
                yield Sample(Role.BROKER, by, Indicator.RECORDS, int(good), 1, record, (record,), case.terms.consignor)


SHIPMENT_INDICATORS: tuple[Callable[[Case], Iterator[Sample]], ...] = (
    carrier_time,
    carrier_goods,
    carrier_legs,
    supplier_delivery,
    supplier_papers,
    supplier_attestations,
    broker_clearances,
    records_in_a_day,
)


# --- parts -----------------------------------------------------------------------------------------------------------


def _moved_at(case: Case, move: Move) -> int:
    known = move.verified.known
    return known if move.handoff is None else counted(move.handoff.occurredAt, known, case.force.commercial.reportLag)


def _defects(case: Case, moves: list[tuple[Move, int]]) -> tuple[int, list[RecordId]]:
    """Packages defective when they left the supplier, returned, or recalled; and the records that say so."""
    bad = 0
    proofs: list[RecordId] = []
    for move, new in moves:
        if move.releaser == case.terms.consignor and new:
            bad += move.packages
            proofs.append(move.verified.id)
    for shipment in case.portions:
        for onward in case.journeys.onward(shipment):
            if onward.record.purpose == Purpose.RETURN:
                bad += onward.record.packages
                proofs.append(onward.verified.id)
    recalls = _recalls(case) if case.journeys.recalls else []
    if recalls:
        bad += part_of(case.terms.packages, case.statement.share)
        proofs += recalls
    return bad, proofs


def _recalls(case: Case) -> list[RecordId]:
    found = []
    for product in products_of(case.terms):
        for recall in case.journeys.recalls:
            try:
                covered = recall_covers(parse_product(recall.record.subject), parse_lots(recall.record.lots), product)
            except MalformedRecord:
                continue
            if covered:
                found.append(recall.verified.id)
    return found


def attested(journeys: Journeys, product: Product, at: int) -> RecordId | None:
    """An attestation of the product, or of a wider one it belongs to, that was valid and not revoked at `at`."""
    for wider in product.generalised():
        for found in journeys.attestations.get(wider.path(), ()):
            record = found.record
            valid = record.validFrom <= at and (record.validUntil == 0 or at <= record.validUntil)
            revoked = any(
                r.record.effectiveFrom <= at and r.record.by == record.by
                for r in journeys.revocations.get(found.verified.id, ())
            )
            if valid and not revoked and found.verified.known <= at + DAY:
                return found.verified.id
    return None
