"""What a supplier's indicators count, once for all goods of its terms, whatever they were split into.

Everything that was due counts, overdue, lost and tendered too; goods that customs still excuse do not count yet.
"""

from collections.abc import Container, Iterable, Iterator

from ledger.codes import Assurance, Purpose, Role
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.products.brand_authority import holders_at, speakers
from ledger.records.types import Attestation
from ledger.scores.card import Indicator
from ledger.scores.recalled import counted_recalls
from ledger.scores.samples import SHORT, Case, Delivery, OwnMove, Sample, Travelled, own_items, products_of
from ledger.shipments.clock_stop import StopKind, counted
from ledger.shipments.closed import names_of
from ledger.shipments.customs_holds import Hold
from ledger.shipments.gate_breaches import Breach, breaches
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found, Move

_OFFERED = {StopKind.DELIVERY, StopKind.LOCKER, StopKind.REFUSAL, StopKind.TENDER}
"""What stops the clock when the goods are at the destination: of all but the delivery the addressee signs nothing, or
that it refuses them."""


def supplier_delivery(case: Case) -> Iterator[Sample]:
    """On time in full at the supplier's own delivery point, and defective packages.

    The delivery point follows the Incoterm: under E, F and C terms where the supplier hands over (or the opening, for
    goods that it never held), else (D terms, or none named) the destination.
    """
    supplier = case.terms.consignor
    goods = case.travelled(supplier) if case.opened_here else ()
    if not goods or not case.came_due(t.line for t in goods):
        return
    items = _family_items(case, goods)
    records = case.proof(max((t.line for t in goods), key=lambda line: line.late_seconds))
    broke = [b.record.id for b in _family_breaches(case, goods) if b.releaser == supplier]
    best = None
    if case.force.commercial.incoterm[:1].upper() in ("E", "F", "C"):
        first = [_handed_over(t, supplier) for t in goods]
        new = {(item.move.verified.id, item.move.shipment) for item in items if item.new}
        good = all(_left_well(case, move, new) for move in first)
        records = case.statement.terms, *dict.fromkeys(move.verified.id for move in first if move is not None)
    else:
        delivered = all(t.line.stop is not None and t.line.stop.kind is StopKind.DELIVERY for t in goods)
        late = max(t.line.late_seconds for t in goods)
        if not delivered and not late and not any(t.line.stop for t in goods):
            return  # overdue, but excused until now: not known yet
        well = not late and not any(item.new for item in items) and not broke
        good = delivered and well
        offered = all(t.line.stop is not None and t.line.stop.kind in _OFFERED for t in goods)
        best = 1 if well and offered and not delivered else None
    role, delivery = Role.SUPPLIER, _delivery(case)
    good, records = good and not broke, (*records, *broke)
    yield Sample(role, supplier, Indicator.ON_TIME_IN_FULL, int(good), 1, records, delivery, best=best)
    packages = case.terms.packages or 1
    bad, proofs = _defects(case, goods, items)
    yield Sample(role, supplier, Indicator.DEFECTS, min(bad, packages), packages, (*records, *proofs), delivery)


def _handed_over(goods: Travelled, supplier: int) -> Move | None:
    """The handoff by which these goods left the supplier."""
    own = (move for move in goods.portion.moves if move.releaser == supplier and not move.refused)
    return next((move for move in own if move.handoff is not None), None)


def _left_well(case: Case, move: Move | None, new: Container[tuple[RecordId, bytes]]) -> bool:
    """In time, and without an exception that was new; None: the supplier handed nothing over."""
    if move is None:
        return case.terms.holder != case.terms.consignor and case.opened_at <= case.t0
    return _moved_at(case, move) <= case.t0 and (move.verified.id, move.shipment) not in new


def supplier_papers(case: Case) -> Iterator[Sample]:
    """No hold by the supplier's papers, where customs dealt with the goods at all."""
    supplier = case.terms.consignor
    goods = case.travelled() if case.opened_here else ()
    if not goods or not case.came_due(t.line for t in goods):
        return
    said = [c.verified.id for shipment in _family(goods) for c in case.journeys.clearances(shipment)]
    if not said:
        return
    holds = [h.hold for t in goods for h in t.line.holds if h.hold.caused_by == supplier]
    own = tuple(dict.fromkeys(hold.held.id for hold in holds if _answers(hold, supplier)))
    yield Sample(Role.SUPPLIER, supplier, Indicator.NO_HOLD, int(not own), 1, own or (said[-1],), _delivery(case))


def _answers(hold: Hold, supplier: int) -> bool:
    """Whether customs itself lays it to the supplier, or the supplier signed that: not a broker and another."""
    return hold.assurance == Assurance.AUTHORITY_SIGNED or hold.held.signed_by(supplier)


def supplier_attestations(case: Case) -> Iterator[Sample]:
    """Attestations valid at release, owed for every shipment whose contents name a GTIN.

    Goods that their supplier never held went at the opening; goods that it never released were to go by the promise.
    """
    supplier = case.terms.consignor
    products = products_of(case.terms) if case.opened_here else []
    if not products:
        return
    moves = {m.verified.id: m for t in case.travelled() for m in t.portion.moves}
    released = [_moved_at(case, m) for m in moves.values() if m.releaser == supplier and not m.refused]
    if released:
        at = min(released)
    elif case.terms.holder != supplier:
        at = case.opened_at
    elif case.statement.promised and case.t0 < case.period.at:
        at = case.t0
    else:
        return
    if at not in case.period:
        return
    proofs = [attested(case.journeys, product, at) for product in products]
    records = (case.statement.terms, *(proof for proof in proofs if proof is not None))
    yield Sample(Role.SUPPLIER, supplier, Indicator.ATTESTED, int(None not in proofs), 1, records, _delivery(case))


def _delivery(case: Case) -> Delivery:
    """The delivery event with all packages of the terms, whatever became of them."""
    return case.delivery._replace(packages=max(1, case.terms.packages))


def _moved_at(case: Case, move: Move) -> int:
    known = move.verified.known
    return known if move.handoff is None else counted(move.handoff.occurredAt, known, case.force.commercial.reportLag)


def _family(goods: Iterable[Travelled]) -> list[bytes]:
    """Every id under which these goods travelled."""
    return list(dict.fromkeys(shipment for t in goods for shipment, _ in t.portion.path))


def _family_breaches(case: Case, goods: Iterable[Travelled]) -> Iterator[Breach]:
    if case.terms.requires:
        for shipment in _family(goods):
            yield from breaches(case.journeys, shipment)


def _family_items(case: Case, goods: Iterable[Travelled]) -> list[OwnMove]:
    """Every handoff of these goods once, by the time at which it counts."""
    portions = {t.portion.shipment: t.portion for t in goods} | {case.shipment: case.portion}
    for shipment in _family(goods):
        if shipment not in portions:
            portions[shipment] = case.journeys.portion(shipment)
    items = [item for portion in portions.values() for item in own_items(portion)]
    return sorted(items, key=lambda item: (_moved_at(case, item.move), item.move.sequence))


def _defects(case: Case, goods: Iterable[Travelled], items: Iterable[OwnMove]) -> tuple[int, list[RecordId]]:
    """Packages defective when they left the supplier, returned, or recalled; and the records that say so.

    Of a short item those that are missing; of one that arrived damaged, or was refused for that, all that were held,
    for nobody says how many.
    """
    bad = 0
    proofs: list[RecordId] = []
    for move, new, held, missing in items:
        if move.releaser == case.terms.consignor and new:
            bad += held if new & ~SHORT else missing
            proofs.append(move.verified.id)
    for shipment in dict.fromkeys(name for one in _family(goods) for name in _with_splits(case.journeys, one)):
        for onward in case.journeys.onward(shipment):
            if onward.record.purpose == Purpose.RETURN and (taken := _taken_back(case, onward.verified.id)):
                bad += onward.record.packages
                proofs += onward.verified.id, taken
    products = products_of(case.terms) if case.journeys.recalls else []
    recalls = [recall for product in products for recall in counted_recalls(case.journeys, product, case.period.at)]
    if recalls:
        bad += case.terms.packages
        proofs += recalls
    return bad, proofs


def _with_splits(journeys: Journeys, shipment: bytes) -> Iterator[bytes]:
    """It and what it was split into: who received goods parts them before some go back."""
    yield shipment
    for child in journeys.children(shipment):
        for portion in journeys.portions(child):
            yield from _with_splits(journeys, portion.shipment)


def _taken_back(case: Case, terms: RecordId) -> RecordId | None:
    """The first record by which somebody else took goods on under these terms of a return; None: they lie where they
    are, and whoever sends them back says so alone.
    """
    moves = (move for name in names_of(case.journeys, terms) for move in case.journeys.moves(name))
    return next((move.verified.id for move in moves if move.packages), None)


def attested(journeys: Journeys, product: Product, at: int) -> RecordId | None:
    """An attestation of the product, or of a wider one it belongs to, that was valid and not revoked at `at`.

    It counts only from who speaks for the brand (see `ledger.products.brand_authority`).
    """
    about = [match for wider in product.generalised() for match in journeys.attestations.get(wider.path(), ())]
    valid = [match for match in about if _valid(journeys, match, at)]
    if not valid:
        return None
    authorisations = ((f.verified.id, f.record) for f in journeys.authorisations if _valid(journeys, f, at))
    chains = speakers(holders_at(journeys.brand_changes, product.gtin, at), authorisations)
    return next((match.verified.id for match in valid if match.record.by in chains), None)


def _valid(journeys: Journeys, found: Found[Attestation], at: int) -> bool:
    record = found.record
    in_time = record.validFrom <= at and (record.validUntil == 0 or at <= record.validUntil)
    return in_time and not journeys.is_revoked(found, at) and found.verified.known <= at + DAY
