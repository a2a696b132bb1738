"""Splits and statements: what a holder does to, or says about, goods that stay where they are.

Neither has a `submitBy`, so what is wrong with the shipment's state is an outcome, which is final, and not a revert.
"""

from collections.abc import Sequence
from dataclasses import replace

from ledger.codes import APPLIED, WITNESSED, Gate, Outcome, ShipmentState, StatementKind
from ledger.custody.checks import check_not_both_sides, check_occurred, check_signers
from ledger.custody.slot import LAST_SEQUENCE, Decision, Holding, Lookup, Signer, Slot
from ledger.errors import MalformedRecord
from ledger.records.shipment_ids import child_id
from ledger.records.signers import signing_partners
from ledger.records.types import NOBODY, Split, Statement

_LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)
_ENDS = {
    StatementKind.LOST: ShipmentState.LOST,
    StatementKind.LEFT: ShipmentState.LEFT,
    StatementKind.SOLD: ShipmentState.SOLD,
    StatementKind.DESTROYED: ShipmentState.DESTROYED,
    StatementKind.ABANDONED: ShipmentState.ABANDONED,
}


def split(record: Split, signer: Signer, lookup: Lookup, now: int) -> Decision:
    """What a split does: its children, which add up, take the parent's place.

    Raises `MalformedRecord`, `RuleBroken` or `BadSignature` for faults of the record itself.
    """
    check_split(record)
    check_occurred(record.occurredAt, now)
    check_signers(signing_partners(record), (signer,))
    holding = lookup(record.shipment)
    outcome = _split_outcome(record, signer, holding)
    if outcome != Outcome.APPLIED or holding is None:
        return Decision((outcome,))
    parent = holding.slot
    closed = replace(parent, state=ShipmentState.CLOSED_INTO_CHILDREN, sequence=parent.sequence + 1)
    changes = {record.shipment: replace(holding, slot=closed)}
    for index, child in enumerate(record.children):
        changes[child_id(record.shipment, record.sequence, index)] = replace(holding, slot=parent.fresh(child.packages))
    return Decision((Outcome.APPLIED,), changes)


def check_split(record: Split) -> None:
    """Raise `MalformedRecord` for a child without packages."""
    record.check()
    for i, child in enumerate(record.children):
        if child.packages == 0:
            raise MalformedRecord("an empty child", where=f"children[{i}].packages", expected="1 or more", found=0)


def _split_outcome(record: Split, signer: Signer, holding: Holding | None) -> Outcome:
    if holding is None:
        return Outcome.UNKNOWN
    slot = holding.slot
    if (missed := _missed(record, slot)) is not None:
        return missed
    if record.by == NOBODY and signer.key != holding.recipient_key:
        return Outcome.WRONG_KEY
    if sum(child.packages for child in record.children) != slot.packages:
        return Outcome.COUNT
    return Outcome.FORBIDDEN if slot.sequence == LAST_SEQUENCE else Outcome.APPLIED


def state(record: Statement, signers: Sequence[Signer], lookup: Lookup, now: int) -> Decision:
    """What a statement does: the terminal kinds end the shipment, the others change nothing in the slot.

    A tender or find at an earlier sequence is recorded whoever signs it: the slot no longer knows that holder, and
    numbers count it only when `by` was the holder then. Raises like `split`.
    """
    check_statement(record)
    check_occurred(record.occurredAt, now)
    check_signers(signing_partners(record), signers)
    if len(signers) == 2:
        check_not_both_sides(signers[0], signers[1])
    holding = lookup(record.shipment)
    if holding is None:
        return Decision((Outcome.UNKNOWN,))
    if record.kind not in _ENDS:
        return Decision((_remark(record, signers[0], holding),))
    outcome = _ending(record, signers[-1], holding)
    if outcome not in APPLIED:
        return Decision((outcome,))
    ended = replace(holding.slot, state=_ENDS[StatementKind(record.kind)])
    return Decision((outcome,), {record.shipment: replace(holding, slot=ended)})


def check_statement(record: Statement) -> None:
    """Raise `MalformedRecord` for an unknown kind, or one that its partners cannot state."""
    record.check()
    if record.kind not in set(StatementKind):
        raise MalformedRecord("unknown code", where="kind", expected=f"1 to {max(StatementKind)}", found=record.kind)
    if record.kind != StatementKind.CONTEST:
        if record.by == NOBODY:
            raise MalformedRecord("the recipient key only contests", where="by", expected="a partner", found=NOBODY)
        if record.by == record.counterparty:
            raise MalformedRecord("its own counterparty", where="counterparty", found=record.counterparty)


def _remark(record: Statement, signer: Signer, holding: Holding) -> Outcome:
    """Outcome of a tender, contest or find."""
    slot = holding.slot
    contest, tender = record.kind == StatementKind.CONTEST, record.kind == StatementKind.TENDER
    earlier = record.sequence < slot.sequence
    if not contest and slot.state != ShipmentState.OPEN and not earlier and record.sequence == slot.sequence:
        return Outcome.ENDED
    if record.kind == StatementKind.FOUND and slot.state == ShipmentState.LOST:
        return Outcome.ENDED
    if record.sequence > slot.sequence:
        return Outcome.AHEAD
    if not contest and not earlier and record.by != slot.custodian:
        return Outcome.NOT_HELD
    if record.by == NOBODY and signer.key != holding.recipient_key:
        return Outcome.WRONG_KEY
    if contest and record.by not in (slot.consignee, slot.consignor):
        return Outcome.FORBIDDEN
    if tender and record.counterparty != slot.consignee:
        return Outcome.FORBIDDEN
    return Outcome.APPLIED


def _ending(record: Statement, witness: Signer, holding: Holding) -> Outcome:
    """Outcome of a terminal statement."""
    slot = holding.slot
    if (missed := _missed(record, slot)) is not None:
        return missed
    if record.kind in WITNESSED:
        if record.counterparty == NOBODY and witness.key != holding.recipient_key:
            return Outcome.WRONG_KEY
        if record.counterparty not in (slot.consignor, slot.consignee):
            return Outcome.FORBIDDEN
    return _sale(slot) if record.kind == StatementKind.SOLD else Outcome.APPLIED


def _missed(record: Split | Statement, slot: Slot) -> Outcome | None:
    """Why a record that closes a shipment does not meet it as it stands; None where it does."""
    if slot.state not in _LIVE:
        return Outcome.ENDED
    if record.sequence != slot.sequence:
        return Outcome.STALE if record.sequence < slot.sequence else Outcome.AHEAD
    return None if record.by == slot.custodian else Outcome.NOT_HELD


def _sale(slot: Slot) -> Outcome:
    return Outcome.APPLIED_IN_BREACH if slot.missing(Gate.SALE) else Outcome.APPLIED
