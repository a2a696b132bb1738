"""Who had goods before and after a handoff, transporters left out, as 21 CFR part 1, subpart S, asks for it."""

from collections.abc import Callable, Sequence
from functools import cache

from ledger.codes import Role
from ledger.common.ids import to_hex
from ledger.formats.food_traceability import elements
from ledger.formats.food_traceability.elements import NOT_RECORDED, NOT_TRACED, PRIVATE, SEVERAL
from ledger.records.eip712 import Withheld
from ledger.records.types import Handoff, Place
from ledger.registry.history import RegistryView
from ledger.services.exports.traced_records import TracedRecords, is_made
from ledger.store.projections.shipments import CustodyStep, Shipment

_CARRIERS = {Role.CARRIER, Role.MAIN_CARRIER}
_KEEPERS = {Role.SUPPLIER, Role.WAREHOUSE, Role.PLATFORM, Role.RETAILER, Role.BRAND, Role.CUSTOMS, Role.LOCKER}
_NOT_TRACED = NOT_TRACED, elements.Place(NOT_TRACED, NOT_TRACED, NOT_TRACED)
_SEVERAL = SEVERAL, elements.Place(SEVERAL, SEVERAL, SEVERAL)


class Keepers:
    """`name`: of a partner, with its GLN."""

    def __init__(self, traced: TracedRecords, view: RegistryView, name: Callable[[int], str]) -> None:
        self._traced = traced
        self._view = view
        self._name = name
        self.transports = cache(self._is_transporter)

    def recipient(self, row: Shipment, step: CustodyStep) -> tuple[str, elements.Place, str]:
        own = [
            one for one in self._traced.moves[row.shipment] if one.step >= step.step and one.shipment == row.shipment
        ]
        for later in own:
            if not self.transports(later.to_partner):
                handoff = self._traced.open.get(later.record_id)
                place = place_told(handoff.place) if isinstance(handoff, Handoff) else elements.Place()
                return self._name(later.to_partner), place, f"received: record {to_hex(later.record_id)}"
        terms = self._traced.terms(row.shipment)
        place = (
            place_told(terms.destination) if terms is not None else elements.Place(NOT_TRACED, NOT_TRACED, NOT_TRACED)
        )
        return self._name(row.consignee), place, "named by the terms; this shipment was not received yet"

    def source(self, row: Shipment, step: CustodyStep) -> tuple[str, elements.Place]:
        """The last before a move that was no transporter: by the handoffs before it, else who opened it first."""
        before = [one for one in self._traced.moves[row.shipment] if one.log_index < step.log_index or one == step]
        return self._last_keeper(row.shipment, before)

    def _last_keeper(self, shipment: bytes, moves: Sequence[CustodyStep]) -> tuple[str, elements.Place]:
        for earlier in reversed(moves):
            if not self.transports(earlier.from_partner):
                handoff = self._traced.open.get(earlier.record_id)
                place = place_told(handoff.place) if isinstance(handoff, Handoff) else elements.Place()
                return self._name(earlier.from_partner), place
        around = self._traced.around
        while (row := around.get(shipment)) is not None and row.parent is not None:
            shipment = row.parent
        terms = self._traced.terms(shipment)
        if row is None or terms is None:
            return _NOT_TRACED
        if not terms.parents or is_made(terms):
            return self._name(terms.consignor), place_told(terms.origin)
        # Opened over other shipments, perhaps by somebody who never had the goods: it is who had them there.
        found = {self._kept_before(parent.shipment) for parent in terms.parents}
        return found.pop() if len(found) == 1 else _SEVERAL

    def _kept_before(self, shipment: bytes) -> tuple[str, elements.Place]:
        moves = self._traced.moves.get(shipment)
        if moves and not self.transports(moves[-1].to_partner):
            handoff = self._traced.open.get(moves[-1].record_id)
            place = place_told(handoff.place) if isinstance(handoff, Handoff) else elements.Place()
            return self._name(moves[-1].to_partner), place
        return _NOT_TRACED if moves is None else self._last_keeper(shipment, moves)

    def _is_transporter(self, partner: int) -> bool:
        """Whether a partner's roles are those of a carrier alone, in force or not."""
        known = self._view.state.partner(partner) if partner else None
        roles = {role for role, _ in known.roles} if known is not None else set()
        return bool(roles & _CARRIERS) and not roles & _KEEPERS


def place_told(place: object) -> elements.Place:
    """A place of a record: each part as signed, or why it is unknown."""
    if isinstance(place, Withheld) or not isinstance(place, Place):
        return elements.Place(PRIVATE, PRIVATE, PRIVATE)
    named = ", ".join(part for part in (place.name, place.country) if part)
    return elements.Place(place.gln or NOT_RECORDED, place.locode or NOT_RECORDED, named or NOT_RECORDED)
