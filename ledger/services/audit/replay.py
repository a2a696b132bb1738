"""Registry, custody and clearance replayed from the beginning, by the pure rules alone and in the chain's order.

Nothing stored is read: keys, roles, holdings and clearances follow from the recorded events one after the other. What
the contracts said of each item must be what the rules say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain.events import RecordedEvent
from ledger.codes import Outcome as Code
from ledger.common.ids import KeyAddress
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.custody.rules import Holding, Slot
from ledger.custody.transition import MOVES_SHIPMENTS, effect_of
from ledger.records.types import KeyGrant, KeyRevoke, RegistryChange
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: block, its time, and the event's index in it."""

    block: int
    time: int
    index: int


class Rules:
    """All state that the contracts have made, as their own rules make it.

    Holdings are kept as the contract's storage words, so that a million shipments fit in memory.
    """

    def __init__(self, genesis: Genesis) -> None:
        self.history = RegistryHistory(genesis)
        self._slots: dict[bytes, tuple[int, bytes]] = {}
        self._clearances: dict[SlotKey, ClearanceSlot] = {}
        self._ready: dict[bytes, int] = {}

    def judge(self, event: RecordedEvent, place: Place, keys: Sequence[KeyAddress]) -> bytes | None:
        """One outcome an item, by the rules, and the state is changed; None for types that the rules leave alone.

        `keys`: who made each of the event's signatures.

        Raises the errors of the rule modules where the contract should have reverted.
        """
        record, record_id = event.signed.record, event.record_id
        if isinstance(record, RegistryChange | KeyGrant | KeyRevoke):
            at = RecordedAt(place.block, place.time, place.index, None)
            self.history.apply(record, keys, at)
            return bytes([Code.APPLIED])
        if not isinstance(record, MOVES_SHIPMENTS):
            return None
        view = self.history.at_block(place.block, place.time, place.index)
        signers, registry = signers_of(view, record, keys), RegistryFacts(view)
        effect = effect_of(record, record_id, signers, registry, self, place.time)
        if Code.ANNOUNCED in effect.outcomes:
            self._ready.setdefault(record_id, place.time + self.history.genesis.delay)
        for shipment, holding in effect.holdings.items():
            self._slots[shipment] = holding.slot.pack(), holding.recipient_key
        self._clearances |= effect.clearances
        return bytes(effect.outcomes)

    # --- ledger.custody.transition.State ------------------------------------------------------------------------------

    def holding(self, shipment: bytes) -> Holding | None:
        known = self._slots.get(shipment)
        return None if known is None else Holding(Slot.unpack(known[0]), known[1])

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return self._clearances.get(key)

    def override_ready_at(self, record_id: bytes) -> int | None:
        return self._ready.get(record_id)
