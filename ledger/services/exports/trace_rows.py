"""The rows of a traceability sheet: what each record behind a trace says in the words of 21 CFR part 1, subpart S."""

from collections.abc import Callable, Iterator
from functools import cache

from ledger.codes import APPLIED, ExceptionBit, Outcome, Purpose, ShipmentState
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId, to_hex
from ledger.explain.words import spaced, word
from ledger.formats.food_traceability import elements, events
from ledger.formats.food_traceability.elements import (
    NOT_RECORDED,
    NOT_TRACED,
    PRIVATE,
    Document,
    Lot,
    Proof,
    moment,
)
from ledger.products.recall_tracing import Way
from ledger.records.types import Amendment, Commercial, Goods, Handoff, Load, Place
from ledger.registry.history import RegistryView
from ledger.services.exports.trace_keepers import Keepers, place_told
from ledger.services.exports.traced_records import TracedRecords, is_made, is_move
from ledger.services.products.lot_tracing import NAMED
from ledger.store.projections.shipments import CustodyStep, Shipment

_CHANGES_COUNT = ExceptionBit.SHORT | ExceptionBit.OVER | ExceptionBit.REFUSED | ExceptionBit.WRONG_GOODS
_PLACES = ("GLN", "UN/LOCODE")


class Rows:
    """`name`: of a partner, with its GLN. `proof`: of a record, for the rows of a shipment. `described`: how a GTIN's
    brand names the product in public, empty where it does not; with it the product that was asked for, if any.
    """

    def __init__(
        self,
        traced: TracedRecords,
        view: RegistryView,
        name: Callable[[int], str],
        proof: Callable[[RecordId, bytes], Proof],
        described: tuple[Callable[[str], str], Product | None],
    ) -> None:
        self._traced = traced
        self._view = view
        self._name = name
        self._proof = proof
        self._described, self._asked = described
        self._keepers = Keepers(traced, view, name)
        self._lots_of = cache(self._lots)

    def all(self) -> Iterator[events.Row]:
        """Shipment by shipment in order of opening, each with its line."""
        for shipment, row in self._traced.shipments.items():
            yield self._shipment(row)
            yield from self._opening(shipment, row)
            for step in self._traced.lines.get(shipment, ()):
                if step.kind != "opened" or not self._is_told(shipment, step):
                    yield from self._step(row, step)
        yield from self._amendments()

    # --- events ------------------------------------------------------------------------------------------------------

    def _opening(self, shipment: bytes, row: Shipment) -> Iterator[events.Row]:
        terms = self._traced.terms(shipment)
        if row.parent is not None or terms is None:
            return
        record_id, at, by, place = RecordId(shipment), moment(row.opened_at), self._name(terms.consignor), terms.origin
        document, proof = self._document(record_id, shipment), self._proof(record_id, shipment)
        if is_made(terms):
            used = [("used", lot) for parent in terms.parents for lot in self._lots_of(parent.shipment)]
            for side, lot in (*used, *(("produced", lot) for lot in self._lots_of(shipment))):
                yield events.Transformation(side, lot, at, by, place_told(place), document, proof)
        elif terms.purpose == Purpose.ORIGINAL:
            for lot in self._lots_of(shipment):
                yield events.InitialPacking(lot, at, by, place_told(place), document, proof)

    def _is_told(self, shipment: bytes, step: CustodyStep) -> bool:
        """Whether an opening has rows of its own."""
        terms = self._traced.terms(shipment)
        made = terms is not None and terms.purpose in (Purpose.ORIGINAL, Purpose.TRANSFORMATION)
        return made and step.outcome in APPLIED

    def _step(self, row: Shipment, step: CustodyStep) -> Iterator[events.Row]:
        shipment = row.shipment
        if not is_move(step) or step.kind != "handoff":
            yield self._custody(shipment, step)
            return
        handoff = self._traced.open.get(step.record_id)
        place = place_told(handoff.place) if isinstance(handoff, Handoff) else elements.Place()
        noted, at = _noted(step.exceptions), moment(step.occurred_at)
        document, proof = self._document(step.record_id, shipment), self._proof(step.record_id, shipment)
        giver, taker = self._name(step.from_partner), self._name(step.to_partner)
        opened_with = self._traced.contents.get(shipment, (None, 0))[1]
        lots = [_counted(lot, step, opened_with) for lot in self._lots_of(shipment)]
        if not self._keepers.transports(step.from_partner):
            to, where, basis = self._keepers.recipient(row, step)
            for lot in lots:
                yield events.Shipping(lot, at, giver, place, to, where, basis, taker, noted, document, proof)
        if not self._keepers.transports(step.to_partner):
            source, where = self._keepers.source(row, step)
            for lot in lots:
                yield events.Receiving(lot, at, taker, place, source, where, giver, noted, document, proof)
        if self._keepers.transports(step.from_partner) and self._keepers.transports(step.to_partner):
            yield self._custody(shipment, step)

    def _custody(self, shipment: bytes, step: CustodyStep) -> events.Row:
        return events.Custody(
            event=step.kind,
            at=moment(step.occurred_at),
            giver=self._name(step.from_partner),
            taker=self._name(step.to_partner),
            packages=step.packages,
            exceptions=_noted(step.exceptions),
            outcome=word(Outcome, step.outcome),
            proof=self._proof(step.record_id, shipment),
        )

    def _amendments(self) -> Iterator[events.Row]:
        """What was corrected later: rows say what was signed first."""
        for record_id, record in self._traced.open.items():
            if isinstance(record, Amendment):
                target, at = to_hex(record.target), moment(self._traced.rows[record_id].log_time)
                proof = self._proof(record_id, b"")
                yield events.Custody(f"amendment of {target}", at, "", "", 0, "", "log only", proof)

    # --- what they say -----------------------------------------------------------------------------------------------

    def _lots(self, shipment: bytes) -> tuple[Lot, ...]:
        contents, packages = self._traced.contents.get(shipment, (None, 0))
        if contents:
            inherited = packages == 0
            return tuple(self._lot(shipment, goods, inherited=inherited) for goods in contents)
        row = self._traced.around.get(shipment)
        count = row.packages if row is not None else NOT_RECORDED
        why = NOT_RECORDED if contents == () else PRIVATE if row is not None else NOT_TRACED
        certain = any(shipment in w and w[shipment].certainty == NAMED for w in self._traced.ways.values())
        if certain and self._asked is not None:  # by the trace itself, which the reader may see
            lot, gtin = self._asked.lot or why, self._asked.gtin
            product = self._described(gtin) or why
        else:
            lot = gtin = product = why
        source, basis = self._lot_source(shipment, gtin, lot)
        return (Lot(lot, gtin, product, why, why, count, source, basis),)

    def _lot(self, shipment: bytes, goods: Goods, *, inherited: bool) -> Lot:
        row = self._traced.around.get(shipment)
        source, basis = self._lot_source(shipment, goods.gtin, goods.lot)
        return Lot(
            code=goods.lot or NOT_RECORDED,
            gtin=goods.gtin or NOT_RECORDED,
            product=goods.description or self._described(goods.gtin) or NOT_RECORDED,
            quantity=NOT_RECORDED if inherited else goods.quantity,
            unit=NOT_RECORDED if inherited else goods.unit or NOT_RECORDED,
            packages=self._traced.contents[shipment][1] or (row.packages if row is not None else NOT_RECORDED),
            source=source,
            source_basis=basis,
        )

    def _lot_source(self, shipment: bytes, gtin: str, lot: str) -> tuple[str, str]:
        """Where the lot was first recorded, and by which shipments' terms. The rule asks where its code was assigned:
        that is nothing a record says, and so it is told what this is.
        """
        sources = sorted(self._traced.sources.get(shipment, frozenset()))
        holding = [one for one in sources if _has(self._traced.contents.get(one, (None, 0))[0], gtin, lot)]
        if len(sources) == 1:
            holding = sources
        told = [(one, terms) for one in holding if (terms := self._traced.terms(one)) is not None]
        if not told:
            return (NOT_TRACED if not sources else NOT_RECORDED), NOT_RECORDED
        places = "; ".join(dict.fromkeys(f"{self._name(terms.consignor)}, {_told(terms.origin)}" for _, terms in told))
        return places, "first recorded by " + " ".join(to_hex(one) for one, _ in told)

    def _document(self, record_id: RecordId, shipment: bytes) -> Document:
        """What the goods travelled with, else what they were ordered by, else the record itself."""
        record = self._traced.open.get(record_id)
        if isinstance(record, Handoff) and isinstance(record.load, Load) and record.load.identifier:
            return Document("Load (SSCC, container or waybill)", record.load.identifier)
        terms = self._traced.terms(shipment)
        if terms is not None and isinstance(terms.commercial, Commercial) and terms.commercial.orderRef:
            return Document("Order", terms.commercial.orderRef)
        return Document("Ledger record", to_hex(record_id))

    def _shipment(self, row: Shipment) -> events.Row:
        ways = {way: traced[row.shipment] for way, traced in self._traced.ways.items() if row.shipment in traced}
        terms = self._traced.terms(row.shipment)
        parents = [row.parent] if row.parent is not None else [one.shipment for one in terms.parents] if terms else []
        sides = {Way.UP: "what they came from", Way.DOWN: "what became of them"}
        return events.Shipment(
            shipment=to_hex(row.shipment),
            direction="the goods themselves" if len(ways) > 1 else "".join(sides[way] for way in ways),
            certainty=next(iter(ways.values())).certainty,
            status=spaced(ShipmentState(row.state).name),
            packages=row.packages,
            consignor=self._name(row.consignor),
            consignee=self._name(row.consignee),
            holder=self._name(row.custodian),
            opened_at=moment(row.opened_at),
            came_from=" ".join(map(to_hex, parents)),
        )


def _counted(lot: Lot, step: CustodyStep, opened_with: int) -> Lot:
    """The lot as a handoff moved it: how much of it is known only where all packages went along as they were."""
    whole = opened_with == step.packages and not step.exceptions & _CHANGES_COUNT
    quantity, unit = (lot.quantity, lot.unit) if whole else (NOT_RECORDED, NOT_RECORDED)
    if PRIVATE in (lot.quantity, lot.unit):
        quantity = unit = PRIVATE
    return Lot(lot.code, lot.gtin, lot.product, quantity, unit, step.packages, lot.source, lot.source_basis)


def _told(place: object) -> str:
    """A place in one cell: what is known of it."""
    if not isinstance(place, Place):
        return f"place {PRIVATE}"
    codes = [f"{name} {code}" for name, code in zip(_PLACES, (place.gln, place.locode), strict=True) if code]
    return ", ".join([*codes, *(part for part in (place.name, place.country) if part)]) or f"place {NOT_RECORDED}"


def _has(contents: tuple[Goods, ...] | None, gtin: str, lot: str) -> bool:
    return any((goods.gtin, goods.lot) == (gtin, lot) for goods in contents or ())


def _noted(mask: int) -> str:
    return ", ".join(spaced(bit.name or "") for bit in ExceptionBit(mask))
