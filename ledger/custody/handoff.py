"""Custody on the move: handoffs, and the council's override.

A fault of the whole record raises; what is wrong with one item is that item's outcome, and the others apply. The order
of checks is that of the contract: shape, times, signatures, keys, roles; then per item unknown, ended, stale, ahead,
not held, wrong key, count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.codes import APPLIED, ExceptionBit, Gate, Outcome, Role, ShipmentState
from ledger.custody.checks import check_not_both_sides, check_occurred, check_signers, check_submit_by
from ledger.custody.slot import LAST_SEQUENCE, Decision, Flag, Holding, Lookup, Signer
from ledger.errors import MalformedRecord, NotPermitted
from ledger.records.shipment_ids import remainder_id
from ledger.records.signers import signing_partners
from ledger.records.types import NOBODY, Handoff, HandoffItem, Override

HANDLING_ROLES = (Role.CARRIER, Role.MAIN_CARRIER, Role.WAREHOUSE, Role.LOCKER)
HANDLING = sum(1 << role for role in HANDLING_ROLES)
# As plain numbers: to combine flags takes longer than all the rest of an item.
_REFUSED, _SHORT, _OVER = int(ExceptionBit.REFUSED), int(ExceptionBit.SHORT), int(ExceptionBit.OVER)


@dataclass(frozen=True, slots=True)
class Transfer:
    """The two sides of a movement. `handles`: the receiver has a handling role, so it may take anyone's goods."""

    releaser: int
    receiver: int
    releaser_key: bytes
    receiver_key: bytes
    handles: bool
    main_carrier: bool

    @classmethod
    def between(cls, releaser: Signer, receiver: Signer, record: Handoff | Override) -> "Transfer":
        named = record.receiver != NOBODY
        return cls(
            releaser=record.releaser,
            receiver=record.receiver,
            releaser_key=releaser.key,
            receiver_key=receiver.key,
            handles=named and bool(receiver.roles & HANDLING),
            main_carrier=named and bool(receiver.roles >> Role.MAIN_CARRIER & 1),
        )


def handoff(record: Handoff, signers: Sequence[Signer], lookup: Lookup, now: int) -> Decision:
    """What a manifest does when the chain records it at block time `now`.

    `signers` are releaser and receiver in the order of their signatures (a recipient key comes last). Raises
    `MalformedRecord`, `RuleBroken`, `BadSignature` or `NotPermitted` when the whole manifest is refused: then nothing
    changed. Otherwise every item has its outcome; items apply one after the other.
    """
    # 1. Shape.
    check_manifest(record)
    # 2. Times.
    check_occurred(record.occurredAt, now)
    check_submit_by(record.submitBy, now)
    # 3. Signatures and keys.
    releaser, receiver = _sides(record, signers)
    check_not_both_sides(releaser, receiver)
    # 4. Roles.
    transfer = Transfer.between(releaser, receiver, record)
    check_may_receive(receiver)
    for item in record.items:
        check_addressee(transfer, lookup(item.shipment))
    # 5. Items.
    changes: dict[bytes, Holding] = {}
    outcomes = []
    for item in record.items:
        outcome, changed = handoff_item(item, transfer, changes.get(item.shipment) or lookup(item.shipment))
        outcomes.append(outcome)
        changes |= changed
    return Decision(tuple(outcomes), changes)


def check_manifest(record: Handoff) -> None:
    """Raise `MalformedRecord` unless shipments ascend, each once, between two different sides."""
    record.check()
    before = bytes(32)
    for i, item in enumerate(record.items):
        if item.shipment <= before:
            raise MalformedRecord(
                "shipments do not ascend",
                where=f"items[{i}].shipment",
                expected=f"more than 0x{before.hex()}",
                found=f"0x{item.shipment.hex()}",
            )
        before = item.shipment
    if record.releaser == record.receiver:
        raise MalformedRecord("releaser and receiver are the same", where="receiver", found=record.receiver)


def handoff_item(
    item: HandoffItem, transfer: Transfer, holding: Holding | None
) -> tuple[Outcome, dict[bytes, Holding]]:
    """Outcome of one item, and the holdings that it changes: the shipment's own, and a short item's remainder."""
    if holding is None:
        return Outcome.UNKNOWN, {}
    slot = holding.slot
    if slot.state != ShipmentState.OPEN:
        return Outcome.ENDED, {}
    if item.sequence != slot.sequence:
        return (Outcome.STALE if item.sequence < slot.sequence else Outcome.AHEAD), {}
    if slot.custodian != transfer.releaser:
        return Outcome.NOT_HELD, {}
    if transfer.releaser == NOBODY and holding.recipient_key != transfer.releaser_key:
        return Outcome.WRONG_KEY, {}
    if transfer.receiver == NOBODY and holding.recipient_key != transfer.receiver_key:
        return Outcome.WRONG_KEY, {}
    if slot.sequence == LAST_SEQUENCE:
        return Outcome.FORBIDDEN, {}
    if not count_agrees(item.packages, item.exceptions, slot.packages):
        return Outcome.COUNT, {}
    return _move(item, transfer, holding)


def override(record: Override, receiver: Signer, lookup: Lookup, now: int, ready_at: int | None) -> Decision:
    """What an override does that the council and `receiver` have signed; the caller has checked the council's part.

    `ready_at` is when an announced override may move (None: not announced). Outcome ANNOUNCED is not final: it moves
    when submitted again from `ready_at` on. Raises like `handoff`.
    """
    check_override(record)
    check_signers(signing_partners(record), (receiver,))
    check_may_receive(receiver)
    holding = lookup(record.shipment)
    nobody = Signer(b"")
    transfer = Transfer.between(nobody, receiver, record)
    check_addressee(transfer, holding)
    # The releaser has vanished, its key with it: whoever the slot names as custodian is the one overridden.
    transfer = replace(transfer, releaser_key=holding.recipient_key if holding else b"")
    item = HandoffItem(record.shipment, record.sequence, record.packages, record.exceptions)
    outcome, changes = handoff_item(item, transfer, holding)
    if outcome not in APPLIED:
        return Decision((outcome,))
    if ready_at is None or now < ready_at:
        return Decision((Outcome.ANNOUNCED,))
    moved = changes[record.shipment]
    changes[record.shipment] = replace(moved, slot=replace(moved.slot, flags=moved.slot.flags | Flag.OVERRIDDEN))
    return Decision((outcome,), changes)


def check_override(record: Override) -> None:
    """Raise `MalformedRecord` unless packages pass between two different partners."""
    record.check()
    if record.releaser == record.receiver:
        raise MalformedRecord("releaser and receiver are the same", where="receiver", found=record.receiver)
    if record.packages == 0:
        raise MalformedRecord("an override takes packages over", where="packages", expected="1 or more", found=0)


def count_agrees(packages: int, exceptions: int, held: int) -> bool:
    """Whether the exceptions say what the count says: refused is 0 packages, short fewer than held, over more."""
    expected = 0
    if packages == 0:
        expected = _REFUSED
    elif packages < held:
        expected = _SHORT
    elif packages > held:
        expected = _OVER
    return exceptions & (_REFUSED | _SHORT | _OVER) == expected


def check_may_receive(receiver: Signer) -> None:
    if receiver.suspended:
        raise NotPermitted("a suspended partner receives nothing", where="receiver", found=receiver.partner)


def check_addressee(transfer: Transfer, holding: Holding | None) -> None:
    """Raise `NotPermitted` unless the receiver handles goods, or is the consignee of these."""
    if transfer.handles or holding is None or holding.slot.consignee == transfer.receiver:
        return
    raise NotPermitted(
        "the receiver has no handling role and is not the consignee",
        where="receiver",
        expected=f"carrier, main carrier, warehouse, locker, or partner {holding.slot.consignee}",
        found=transfer.receiver,
    )


def _move(item: HandoffItem, transfer: Transfer, holding: Holding) -> tuple[Outcome, dict[bytes, Holding]]:
    slot = holding.slot
    if item.packages == 0:
        return Outcome.APPLIED, {item.shipment: replace(holding, slot=replace(slot, sequence=slot.sequence + 1))}
    delivered = transfer.receiver == slot.consignee
    moved = slot.moved(transfer.receiver, item.packages, ShipmentState.DELIVERED if delivered else ShipmentState.OPEN)
    changes = {item.shipment: Holding(moved, holding.recipient_key)}
    if item.packages < slot.packages:
        left = slot.fresh(slot.packages - item.packages, flags=slot.flags | Flag.REMAINDER)
        changes[remainder_id(item.shipment, item.sequence)] = replace(holding, slot=left)
    if not slot.requirements:
        return Outcome.APPLIED, changes
    gates = (Gate.HANDOVER if transfer.main_carrier else Gate(0)) | (Gate.DELIVERY if delivered else Gate(0))
    return (Outcome.APPLIED_IN_BREACH if slot.missing(gates) else Outcome.APPLIED), changes


def _sides(record: Handoff, signers: Sequence[Signer]) -> tuple[Signer, Signer]:
    """Releaser and receiver; the recipient key's signature stands last, whichever side it is."""
    check_signers(signing_partners(record), signers)
    first, last = signers
    return (last, first) if record.releaser == NOBODY else (first, last)
