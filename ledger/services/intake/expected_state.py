"""The state that will hold once everything accepted so far is recorded: the projection plus what is pending."""

from collections.abc import Mapping

from ledger.codes import ShipmentState
from ledger.common.ids import RecordId
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.custody.rules import Holding
from ledger.custody.transition import Effect, effect_of
from ledger.errors import LadingError
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import pending, records
from ledger.store.database import Connection
from ledger.store.projections import outcomes


class ExpectedState:
    """A `transition.State` for one decision, or a few in a row: read once, remembered, thrown away."""

    def __init__(self, connection: Connection, registry: CurrentRegistry, now: int) -> None:
        self._connection = connection
        self._registry = registry
        self._now = now
        self._holdings: dict[bytes, Holding | None] = {}
        self._clearances: dict[SlotKey, ClearanceSlot | None] = {}
        self._applied: set[RecordId] = set()
        self._before: dict[bytes, dict[bytes, Holding | None]] = {}

    def holding(self, shipment: bytes) -> Holding | None:
        if shipment in self._holdings:
            return self._holdings[shipment]
        self._holdings[shipment] = shipment_state.holding(self._connection, shipment)
        if self._holdings[shipment] is None:
            self._apply_opener(shipment)
        for sequence, record_id in pending.of_scope(self._connection, shipment):
            current = self._holdings[shipment]
            if current is None or current.slot.state != ShipmentState.OPEN:
                break
            if sequence == current.slot.sequence:
                self._apply(record_id)
        return self._holdings[shipment]

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        if key not in self._clearances:
            self._clearances[key] = shipment_state.clearance(self._connection, key)
            for _, record_id in pending.of_scope(self._connection, clearance_scope(key)):
                self._apply(record_id)
        return self._clearances[key]

    def unopened(self, shipment: bytes) -> None:
        """Take as given that nothing opened `shipment`, as for terms that are not in the log: only they could have."""
        self._holdings.setdefault(shipment, None)

    def know(self, holdings: Mapping[bytes, Holding]) -> None:
        """Take in what was read of shipments on which nothing is pending."""
        self._holdings |= holdings

    def mark(self) -> None:
        """Where `undo` goes back to."""
        self._before = {}

    def undo(self) -> None:
        """Expect no more what was added to shipments since `mark`."""
        for shipment, before in self._before.items():
            self._holdings.pop(shipment, None)
            self._holdings |= before
        self._before = {}

    def add(self, effect: Effect) -> None:
        """From now on expect this too."""
        for shipment in effect.holdings:
            known = {shipment: self._holdings[shipment]} if shipment in self._holdings else {}
            self._before.setdefault(shipment, known)
        self._holdings |= effect.holdings
        self._clearances |= effect.clearances

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return None  # an announcement is known to the chain alone: until it moves, an override waits

    def _apply_opener(self, shipment: bytes) -> None:
        """Terms, splits and short items open shipments; of several that would, the first that may."""
        for row, _ in shipment_state.openers(self._connection, shipment):
            if not outcomes.of(self._connection, row.record_id):
                self._apply(row.record_id)
            if self._holdings.get(shipment) is not None:
                return

    def _apply(self, record_id: RecordId) -> None:
        if record_id in self._applied:
            return
        self._applied.add(record_id)
        row = records.get(self._connection, record_id)
        if row is None:
            return
        view = self._registry.now()
        signers = signers_of(view, row.record, self._registry.signer_keys.of(row))
        try:
            effect = effect_of(row.record, record_id, signers, RegistryFacts(view), self, self._now)
        except LadingError:
            # It was acceptable when it was taken; if the chain will refuse it now, it changes nothing.
            return
        self.add(effect)


def clearance_scope(key: SlotKey) -> bytes:
    """The scope under which a clearance's sequence is pending: shipment ‖ jurisdiction ‖ regime."""
    return key.shipment + key.jurisdiction + bytes([key.regime])
