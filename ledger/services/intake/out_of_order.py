"""Records that arrive before their predecessors: they wait, within bounds, instead of being refused.

An offline dock hands in what was signed hours ago, in whatever order. An item of a manifest, a split, a statement or a
clearance that is ahead of its shipment has the outcome *ahead* from the contract, and terms over a parent that is not
there yet revert. Such a record is kept, holds no sequence, and costs no transaction until its shipment moves.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ledger.codes import NOT_FINAL, ClearanceStatus, Purpose, ShipmentState
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.common.periods import HOUR
from ledger.custody.clearance import EMPTY, ClearanceSlot, SlotKey
from ledger.custody.rules import Holding, Signer, Slot
from ledger.custody.transition import Effect, Overlay, RegistryAnswers, State, effect_of
from ledger.errors import Busy, RuleBroken
from ledger.records.index_keys import PARTNER, SHIPMENT
from ledger.records.recovered import RecoveredRecord
from ledger.records.signers import shipments_of
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement
from ledger.registry.history import RegistryView
from ledger.services.state import shipment_state
from ledger.services.state.signer_keys import SignerKeys
from ledger.store import outbox, records
from ledger.store.database import Connection

MOST_AHEAD = 32
"""A record may wait for at most so many predecessors of a shipment."""
ANNOUNCED = "announced; it moves after the council's delay"
"""What to say of an override that the chain has taken note of, and will let move later."""
_MOST_COUNTED = 100_000
_LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Awaited:
    """Where a record names a sequence: its item (of terms, the parent) names `sequence` of `shipment` in field `where`.

    `current` is the shipment's current sequence; None while nobody has opened it.
    """

    item: int
    where: str
    shipment: bytes
    sequence: int
    current: int | None


@dataclass(frozen=True, slots=True)
class RecordedState:
    """A `transition.State` of what the chain has recorded, and nothing else."""

    connection: Connection

    def holding(self, shipment: bytes) -> Holding | None:
        return shipment_state.holding(self.connection, shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return shipment_state.clearance(self.connection, key)

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return 0  # whether it was announced, and for when, the contract says


@dataclass(frozen=True, slots=True)
class ExpectedEffect:
    """What a record does to a state, and where it has to wait: those of its items have no final outcome yet.

    Terms that wait have their effect as if their parents were there already.
    """

    effect: Effect
    awaited: tuple[Awaited, ...]

    def stands_still(self, record: Record, decided: Collection[int]) -> bool:
        """Whether submitting would decide nothing: all items without a final outcome (not in `decided`) wait."""
        if isinstance(record, ShipmentTerms):
            return bool(self.awaited)  # one parent that is missing reverts them
        return set(range(len(self.effect.outcomes))) - set(decided) <= {one.item for one in self.awaited}


def expected_effect(
    record: Record,
    record_id: RecordId,
    signers: Sequence[Signer],
    registry: RegistryAnswers,
    state: State,
    now: int,
) -> ExpectedEffect:
    """`transition.effect_of` with an eye on what is ahead of `state`; raises as it does."""
    ahead = ahead_of(record, state)
    effect = effect_of(record, record_id, signers, registry, _with_parents(record, signers, ahead, state), now)
    waits = (one for one in ahead if isinstance(record, ShipmentTerms) or effect.outcomes[one.item] in NOT_FINAL)
    return ExpectedEffect(effect, tuple(waits))


def check_not_far_ahead(ahead: Sequence[Awaited]) -> None:
    """Raise `RuleBroken` for a sequence too far beyond the one that stands."""
    for one in ahead:
        current = one.current or 0
        if one.sequence - current > MOST_AHEAD:
            raise RuleBroken(
                "too far ahead of the shipment",
                where=one.where,
                expected=f"at most {current + MOST_AHEAD}",
                found=f"{one.sequence} of {to_hex(one.shipment)}",
                mend="Submit what came before first.",
            )


def check_not_too_many(
    connection: Connection, recovered: RecoveredRecord, view: RegistryView, signer_keys: SignerKeys, most: int
) -> None:
    """Raise `Busy` when one of the signers has `most` records waiting already, of those that it has signed itself.

    The recipient key of a shipment, which has no partner, is counted there.
    """
    record = recovered.record
    for key in recovered.keys:
        signer = view.signer(key, record.NUMBER)
        about = [(PARTNER, str(signer.partner))] if signer else [(SHIPMENT, to_hex(s)) for s in shipments_of(record)]
        for kind, name in about:
            waiting = outbox.waiting(connection, kind, name, limit=most)
            if len(waiting) < most:
                continue
            every = outbox.waiting(connection, kind, name, limit=_MOST_COUNTED)
            rows = records.get_many(connection, (row.record_id for row in every))
            mine = sum(any(_same(view, key, other) for other in signer_keys.of(row)) for row in rows.values())
            if mine >= most:
                raise Busy(f"{most} records of this signer wait for others already", retry_after=HOUR)


def _same(view: RegistryView, key: KeyAddress, other: KeyAddress) -> bool:
    mine, theirs = view.address(key), view.address(other)
    return key == other or (mine is not None and theirs is not None and 0 != mine.partner == theirs.partner)


def in_words(items: Collection[int]) -> str:
    """What to say of a record that waits for others."""
    return f"waits for its predecessor (items {', '.join(map(str, sorted(items)[:20]))})"


def ahead_of(record: Record, state: State) -> tuple[Awaited, ...]:
    """Where a record is ahead of `state`."""
    return tuple(one for one in named_sequences(record, state) if one.current is None or one.sequence > one.current)


def named_sequences(record: Record, state: State) -> Iterator[Awaited]:
    """Every place where a record names a sequence of a shipment; clearances count their own."""
    match record:
        case Clearance(status=ClearanceStatus.LODGED):
            # Recorded at any sequence: it waits for its shipment alone.
            for i, item in enumerate(record.items):
                yield Awaited(i, f"items[{i}].sequence", item.shipment, 0, 0 if state.holding(item.shipment) else None)
        case Clearance():
            for i, item in enumerate(record.items):
                known = state.holding(item.shipment) is not None
                slot = state.clearance(SlotKey(RecordId(item.shipment), record.jurisdiction, record.regime)) or EMPTY
                current = slot.sequence if known else None
                yield Awaited(i, f"items[{i}].sequence", item.shipment, item.sequence, current)
        case Handoff():
            for i, moved in enumerate(record.items):
                current = _current(state, moved.shipment)
                yield Awaited(i, f"items[{i}].sequence", moved.shipment, moved.sequence, current)
        case ShipmentTerms():
            for i, parent in enumerate(record.parents):
                current = _current(state, parent.shipment)
                yield Awaited(i, f"parents[{i}].sequence", parent.shipment, parent.sequence, current)
        case Split() | Statement() | Override():
            yield Awaited(0, "sequence", record.shipment, record.sequence, _current(state, record.shipment))
        case _:
            pass


def _with_parents(record: Record, signers: Sequence[Signer], ahead: Sequence[Awaited], state: State) -> State:
    """`state` as it will be once the parents are there that terms wait for; the rest of the terms is checked on it."""
    if not isinstance(record, ShipmentTerms) or not ahead:
        return state
    expected: dict[bytes, Holding] = {}
    for one in ahead:
        holding = state.holding(one.shipment)
        if holding is None or holding.slot.state in _LIVE:
            slot = Slot(
                custodian=record.holder,
                consignee=record.consignor,
                consignor=record.consignor,
                packages=record.packages,
                sequence=one.sequence,
                state=ShipmentState.LOST if record.purpose == Purpose.REPLACEMENT else ShipmentState.OPEN,
            )
            expected[one.shipment] = Holding(slot, signers[-1].key)
    return Overlay(state, expected)


def _current(state: State, shipment: bytes) -> int | None:
    holding = state.holding(shipment)
    return holding.slot.sequence if holding else None
