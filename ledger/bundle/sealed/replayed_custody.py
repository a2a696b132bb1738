"""What a bundle's records make of its shipments, by the rules of custody, in the order in which the chain took them.

An outcome that the rules do not give shows that an event before it was left out, or was another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.codes import Outcome as Code
from ledger.common.ids import to_hex
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.custody.slot import Holding
from ledger.custody.transition import MOVES_SHIPMENTS, effect_of
from ledger.errors import LadingError
from ledger.records.recovered import RecoveredRecord
from ledger.records.types import Clearance, Handoff, Outcome, Record, ShipmentTerms
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.registry.history import RegistryHistory
from ledger.seals.faults import Fault, refused


@dataclass
class ReplayedCustody:
    """A `transition.State` made of the bundle's records alone. `unseen`: shipments whose terms rest on shipments that
    are not in the bundle, or that such terms closed, so that nothing is known of them here.
    """

    holdings: dict[bytes, Holding] = field(default_factory=dict)
    clearances: dict[SlotKey, ClearanceSlot] = field(default_factory=dict)
    unseen: set[bytes] = field(default_factory=set)

    def holding(self, shipment: bytes) -> Holding | None:
        return self.holdings.get(shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return self.clearances.get(key)

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return 0  # it has a final outcome, so the chain found it ready


def replayed(told: Iterable[tuple[Outcome, RecoveredRecord]], history: RegistryHistory) -> ReplayedCustody:
    """The shipments after these outcomes, each with its record. Raises `NotSealed` for one that the
    rules do not give.
    """
    state = ReplayedCustody()
    for outcome, recovered in sorted(told, key=lambda entry: (entry[0].blockNumber, entry[0].eventIndex)):
        record, codes = recovered.record, tuple(outcome.outcomes)
        if not isinstance(record, MOVES_SHIPMENTS) or Code.REJECTED in codes:
            continue
        if isinstance(record, ShipmentTerms) and any(p.shipment not in state.holdings for p in record.parents):
            state.unseen |= {recovered.id, *(parent.shipment for parent in record.parents)}
            continue
        view = history.at_block(outcome.blockNumber, outcome.blockTime, outcome.eventIndex)
        signers = signers_of(view, record, recovered.keys)
        try:
            effect = effect_of(record, recovered.id, signers, RegistryFacts(view), state, outcome.blockTime)
        except LadingError as error:
            raise _other(
                outcome, f"the rules refuse what the chain recorded: {error.what}", error.expected, error.found
            ) from None
        for i, expected in enumerate(effect.outcomes):
            if codes[i : i + 1] != (expected,) and _known(record, i, state):
                what = f"the rules give item {i} another outcome than the chain"
                raise _other(outcome, what, f"outcome {int(expected)}", f"outcomes {to_hex(outcome.outcomes)}")
        state.holdings |= effect.holdings
        state.clearances |= effect.clearances
    return state


def _known(record: Record, item: int, state: ReplayedCustody) -> bool:
    """Whether the bundle is about the shipment of this item: others of a manifest are not in it."""
    if isinstance(record, Handoff | Clearance):
        shipment = record.items[item].shipment
    else:
        shipment = getattr(record, "shipment", b"")
        if not shipment:
            return True
    return shipment in state.holdings and shipment not in state.unseen


def _other(outcome: Outcome, what: str, expected: object, found: object) -> Exception:
    return refused(
        Fault.CUSTODY_STATE,
        what,
        where=f"block {outcome.blockNumber}, event {outcome.eventIndex}, record {to_hex(outcome.record)}",
        expected=expected,
        found=found,
        mend="A record that the chain took before it is missing.",
    )
