"""Clearance: what customs and brokers sign about lists of shipments, and what it does to their gates.

The same rules stand in `contracts/src/ClearanceLedger.sol`, on purpose: random histories must give the same outcomes
in both. One slot (status and sequence) exists for each shipment, jurisdiction and regime. A record is refused as a
whole for its shape, its times and its signer (`check`); each item is then judged for itself (`judge`):

1. unknown     nobody opened such a shipment
2. stale       the sequence has been used, so another record stands in its place
3. ahead       a record before this one is missing
4. forbidden   the status cannot follow the one that stands; or a party to the shipment signs a decision; or a broker
               signs one where the shipment's terms do not let a broker relay; or the declarant on whose word it rests
               is neither consignor, consignee nor custodian

A lodged declaration is recorded at any sequence and changes no slot. Only customs itself ends a shipment by seizure or
destruction, and only for a pair that the terms require; a seized one it may destroy under any.

A delivered, lost or otherwise ended shipment still takes clearance records: they are facts. They leave its custody
alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ledger.codes import Assurance, ClearanceStatus, HoldCause, Outcome, Regime, ShipmentState
from ledger.common.ids import RecordId
from ledger.common.periods import CLOCK_SKEW
from ledger.errors import MalformedRecord, NotPermitted, RuleBroken
from ledger.records.content_checks import check_declarant
from ledger.records.types import Clearance

NO_STATUS = 0
LAST_SEQUENCE = 2**16 - 1
MAX_ITEMS = 200

_BEFORE_RELEASE = frozenset(ClearanceStatus) - {ClearanceStatus.LODGED, ClearanceStatus.RECALLED}
_AFTER_RELEASE = frozenset(
    {
        ClearanceStatus.HELD,
        ClearanceStatus.RELEASED,
        ClearanceStatus.RELEASED_WITH_CONDITIONS,
        ClearanceStatus.AMENDED,
        ClearanceStatus.RECALLED,
        ClearanceStatus.SEIZED,
        ClearanceStatus.DESTROYED,
    }
)
FOLLOWERS: Mapping[int, frozenset[ClearanceStatus]] = {
    NO_STATUS: _BEFORE_RELEASE,
    ClearanceStatus.LODGED: _BEFORE_RELEASE,
    ClearanceStatus.PRESENTED: _BEFORE_RELEASE,
    ClearanceStatus.HELD: _BEFORE_RELEASE,
    ClearanceStatus.INSPECTED: _BEFORE_RELEASE,
    ClearanceStatus.RELEASED: _AFTER_RELEASE,
    ClearanceStatus.RELEASED_WITH_CONDITIONS: _AFTER_RELEASE,
    ClearanceStatus.REFUSED: _BEFORE_RELEASE,
    ClearanceStatus.AMENDED: _BEFORE_RELEASE,
    ClearanceStatus.SEIZED: frozenset({ClearanceStatus.DESTROYED}),
    ClearanceStatus.DESTROYED: frozenset(),
    ClearanceStatus.RECALLED: _AFTER_RELEASE,
}
"""Which decision may follow which status (0 = none yet). Lodged stands in slots that an older contract wrote."""


class GateEffect(Enum):
    """What a status does to the gates of a required clearance while the shipment is under way."""

    LEAVE = "leave"
    OPEN = "open"
    CLOSE = "close"


_EFFECTS: Mapping[ClearanceStatus, GateEffect] = {
    ClearanceStatus.LODGED: GateEffect.LEAVE,
    ClearanceStatus.PRESENTED: GateEffect.LEAVE,
    ClearanceStatus.HELD: GateEffect.CLOSE,
    ClearanceStatus.INSPECTED: GateEffect.LEAVE,
    ClearanceStatus.RELEASED: GateEffect.OPEN,
    ClearanceStatus.RELEASED_WITH_CONDITIONS: GateEffect.OPEN,
    ClearanceStatus.REFUSED: GateEffect.CLOSE,
    ClearanceStatus.AMENDED: GateEffect.LEAVE,
    ClearanceStatus.SEIZED: GateEffect.CLOSE,
    ClearanceStatus.DESTROYED: GateEffect.CLOSE,
    ClearanceStatus.RECALLED: GateEffect.CLOSE,
}
_ENDS: Mapping[ClearanceStatus, ShipmentState] = {
    ClearanceStatus.SEIZED: ShipmentState.SEIZED,
    ClearanceStatus.DESTROYED: ShipmentState.DESTROYED,
}


def gate_effect(status: ClearanceStatus) -> GateEffect:
    """What `status` does to the gate. Only a decision about release moves it; papers and amendments do not."""
    return _EFFECTS[status]


@dataclass(frozen=True, slots=True)
class SlotKey:
    """One clearance: `shipment` is the id of its terms, `jurisdiction` two capital letters."""

    shipment: RecordId
    jurisdiction: bytes
    regime: int


@dataclass(frozen=True, slots=True)
class ClearanceSlot:
    """The standing of one clearance: `sequence` is what the next record must name, `status` 0 for none yet."""

    sequence: int = 0
    status: int = NO_STATUS


EMPTY = ClearanceSlot()


@dataclass(frozen=True, slots=True)
class CustomsRoles:
    """What `by` is: `customs` for the record's own jurisdiction. Roles are in force, and false when it is suspended."""

    customs: bool
    broker: bool
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """What custody knows of a shipment when the record arrives.

    `custodian` and `consignee` are 0 where the one-time recipient key stands. `required`: the terms require this very
    clearance (jurisdiction and regime), and with `relay` let a broker relay it. `seized`: customs has ended it so.
    """

    consignor: int
    consignee: int
    custodian: int
    required: bool
    relay: bool
    seized: bool

    def is_party(self, partner: int) -> bool:
        return partner in (self.consignor, self.consignee, self.custodian)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item. Unless `outcome` is APPLIED the slot is as before and nothing is pushed to custody.

    A lodged declaration leaves the slot alone too. `gate` and `ends` are for custody, which heeds them only while the
    shipment is under way (`ends` also turns a seized shipment into a destroyed one).
    """

    key: SlotKey
    outcome: Outcome
    slot: ClearanceSlot
    gate: GateEffect = GateEffect.LEAVE
    ends: ShipmentState | None = None


def check(record: Clearance, signer: CustomsRoles, clock: int) -> None:
    """Refuse the whole record for its shape, its times or its signer's roles; `clock` in UTC seconds.

    Raises `MalformedRecord` for the shape, `RuleBroken` for a time too far ahead, `NotPermitted` for the signer. That
    the signature is by a key of `record.by` is checked elsewhere, before.
    """
    check_clearance(record)
    if record.occurredAt > clock + CLOCK_SKEW:
        raise RuleBroken(
            "said to have occurred in the future",
            where="occurredAt",
            expected=f"at most {clock + CLOCK_SKEW}",
            found=record.occurredAt,
        )
    if signer.suspended:
        raise NotPermitted("a suspended partner clears nothing", where="by", found=f"partner {record.by}")
    if record.assurance == Assurance.AUTHORITY_SIGNED:
        if signer.customs:
            return
        raise NotPermitted(
            "only the customs authority of the jurisdiction signs with its own assurance",
            where="assurance",
            expected="customs of " + record.jurisdiction.decode(),
            found=f"partner {record.by}",
        )
    if not signer.broker and not (record.status == ClearanceStatus.LODGED and record.by == record.declarant):
        raise NotPermitted(
            "neither a broker, nor the declarant that lodges its own declaration",
            where="by",
            expected="a broker; for a lodged declaration also its declarant",
            found=f"partner {record.by}",
            mend=f"Customs of {record.jurisdiction.decode()} signs alone, with assurance 3.",
        )


def check_clearance(record: Clearance) -> None:
    """Raise `MalformedRecord` for items that do not ascend, and for codes that are none or do not fit each other."""
    _check_items(record)
    _check_codes(record)


def judge(
    record: Clearance,
    slots: Mapping[SlotKey, ClearanceSlot],
    shipments: Mapping[RecordId, ShipmentFacts],
) -> tuple[ItemResult, ...]:
    """What the record does to each of its items, in their order. `check` must have passed.

    `slots` holds at least the clearances of the record's items that exist, `shipments` the known shipments.
    """
    return tuple(
        _judge_item(
            record,
            SlotKey(RecordId(item.shipment), record.jurisdiction, record.regime),
            item.sequence,
            slots,
            shipments,
        )
        for item in record.items
    )


def outcomes(results: Sequence[ItemResult]) -> bytes:
    """One byte an item, as in the contract's event."""
    return bytes(result.outcome for result in results)


def _judge_item(
    record: Clearance,
    key: SlotKey,
    sequence: int,
    slots: Mapping[SlotKey, ClearanceSlot],
    shipments: Mapping[RecordId, ShipmentFacts],
) -> ItemResult:
    slot = slots.get(key, EMPTY)
    facts = shipments.get(key.shipment)
    if facts is None:
        return ItemResult(key, Outcome.UNKNOWN, slot)
    if record.status == ClearanceStatus.LODGED:
        return ItemResult(key, Outcome.APPLIED if may_clear(record, facts) else Outcome.FORBIDDEN, slot)
    if sequence < slot.sequence:
        return ItemResult(key, Outcome.STALE, slot)
    if sequence > slot.sequence:
        return ItemResult(key, Outcome.AHEAD, slot)
    status = ClearanceStatus(record.status)
    if status not in FOLLOWERS[slot.status] or slot.sequence == LAST_SEQUENCE or not may_clear(record, facts):
        return ItemResult(key, Outcome.FORBIDDEN, slot)
    ends = _by_customs(record) and (facts.required or facts.seized)
    return ItemResult(
        key,
        Outcome.APPLIED,
        ClearanceSlot(slot.sequence + 1, status),
        gate_effect(status),
        _ENDS.get(status) if ends else None,
    )


def may_clear(record: Clearance, facts: ShipmentFacts) -> bool:
    """Whether those who sign may say this of the shipment; a declarant that answers for it is a party to it."""
    if not _by_customs(record) and not facts.is_party(record.declarant):
        return False
    if record.status == ClearanceStatus.LODGED:
        return True
    return not facts.is_party(record.by) and (_by_customs(record) or facts.relay)


def _by_customs(record: Clearance) -> bool:
    """On the authority's own word; on any other a declarant answers too."""
    return record.assurance == Assurance.AUTHORITY_SIGNED


def _check_items(record: Clearance) -> None:
    if not 1 <= len(record.items) <= MAX_ITEMS:
        raise MalformedRecord(
            "wrong number of items", where="items", expected=f"1 to {MAX_ITEMS}", found=len(record.items)
        )
    previous = bytes(32)  # no digest is 0, so the first is not 0 either
    for i, item in enumerate(record.items):
        if item.shipment <= previous:
            raise MalformedRecord(
                "shipments must ascend, each once",
                where=f"items[{i}].shipment",
                expected="more than 0x" + previous.hex(),
                found="0x" + item.shipment.hex(),
            )
        previous = item.shipment


def _check_codes(record: Clearance) -> None:
    if len(record.jurisdiction) != 2 or not all(65 <= letter <= 90 for letter in record.jurisdiction):
        raise MalformedRecord(
            "not a jurisdiction",
            where="jurisdiction",
            expected="two capital letters (ISO 3166-1 alpha-2, or EU)",
            found="0x" + record.jurisdiction.hex(),
        )
    for name, code, codes in (
        ("regime", record.regime, Regime),
        ("status", record.status, ClearanceStatus),
        ("assurance", record.assurance, Assurance),
    ):
        if code not in codes.__members__.values():
            raise MalformedRecord("no such code", where=name, expected=f"1 to {len(codes)}", found=code)
    check_declarant(record)
    held = record.status == ClearanceStatus.HELD
    if held != (record.holdCause != 0) or record.holdCause > len(HoldCause):
        raise MalformedRecord(
            "a hold names its cause and nothing else does",
            where="holdCause",
            expected=f"1 to {len(HoldCause)}" if held else "0",
            found=record.holdCause,
        )
    if record.causedBy and not held:
        raise MalformedRecord("only a hold has a cause", where="causedBy", expected=0, found=record.causedBy)
