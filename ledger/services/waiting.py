"""Records that arrive before their predecessors: they wait, within bounds, instead of being refused.

An offline dock hands in what was signed hours ago, in whatever order. An item of a manifest, a split, a statement or a
clearance that is ahead of its shipment gets the outcome *ahead* from the contract, and terms over a parent that is not
there yet revert; the relayer submits them again when their shipments move, until `submitBy`.
"""

from collections.abc import Iterator, Sequence

from ledger.clearance import EMPTY, SlotKey
from ledger.codes import Purpose, ShipmentState
from ledger.custody import Holding, Signer, Slot
from ledger.effects import Overlay, State
from ledger.errors import RuleBroken
from ledger.ids import RecordId, to_hex
from ledger.records import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement

MOST_AHEAD = 32
"""A record may wait for at most so many predecessors of a shipment."""
_LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)


def with_parents(record: Record, signers: Sequence[Signer], state: State) -> State:
    """`state` as it will be once the parents are there that terms wait for; the rest of the terms is checked on it."""
    if not isinstance(record, ShipmentTerms):
        return state
    expected: dict[bytes, Holding] = {}
    for parent in record.parents:
        holding = state.holding(parent.shipment)
        if holding is None or (holding.slot.state in _LIVE and parent.sequence > holding.slot.sequence):
            slot = Slot(
                custodian=record.holder,
                consignee=record.consignor,
                consignor=record.consignor,
                packages=record.packages,
                sequence=parent.sequence,
                state=ShipmentState.LOST if record.purpose == Purpose.REPLACEMENT else ShipmentState.OPEN,
            )
            expected[parent.shipment] = Holding(slot, signers[-1].key)
    return Overlay(state, expected) if expected else state


def check_not_far_ahead(record: Record, state: State) -> None:
    """Raise `RuleBroken` for a record that names a sequence too far beyond the one that stands."""
    for where, shipment, named, current in _named(record, state):
        if named - current > MOST_AHEAD:
            raise RuleBroken(
                "too far ahead of the shipment",
                where=where,
                expected=f"at most {current + MOST_AHEAD}",
                found=f"{named} of {to_hex(shipment)}",
                mend="Submit what came before first.",
            )


def _named(record: Record, state: State) -> Iterator[tuple[str, bytes, int, int]]:
    """Where a record names a sequence: field, shipment, the sequence named, the one that stands (0: unknown)."""
    match record:
        case Clearance():
            for i, item in enumerate(record.items):
                key = SlotKey(RecordId(item.shipment), record.jurisdiction, record.regime)
                yield f"items[{i}].sequence", item.shipment, item.sequence, (state.clearance(key) or EMPTY).sequence
        case Handoff():
            for i, moved in enumerate(record.items):
                yield f"items[{i}].sequence", moved.shipment, moved.sequence, _standing(state, moved.shipment)
        case ShipmentTerms():
            for i, parent in enumerate(record.parents):
                yield f"parents[{i}].sequence", parent.shipment, parent.sequence, _standing(state, parent.shipment)
        case Split() | Statement() | Override():
            yield "sequence", record.shipment, record.sequence, _standing(state, record.shipment)
        case _:
            pass


def _standing(state: State, shipment: bytes) -> int:
    holding = state.holding(shipment)
    return holding.slot.sequence if holding else 0
