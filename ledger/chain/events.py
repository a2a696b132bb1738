"""From a contract's `Recorded` event back to the signed record that somebody submitted.

The event carries the raw call, so nothing has to be believed: the record is decoded from it, its id computed anew and
compared with the event's. Whoever called the contract chose how the call is encoded, so whatever lies in it ends in
`Undecodable`, never in an error.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.chain.abi import AbiType, decode
from ledger.chain.client import Log
from ledger.chain.contracts import RecordFunction, record_functions
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, MalformedRecord
from ledger.records.eip712 import Struct, Withheld
from ledger.records.signing import SIGNATURE_LENGTH, Domain, SignedRecord
from ledger.records.types import Record
from ledger.seals.recorded import RECORDED_TOPIC

S = TypeVar("S", bound=Struct)
_EVENT_DATA = (AbiType("bytes"), AbiType("bytes"))


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A record that a contract took. Private parts are withheld; `extras` are the call's further arguments.

    `outcomes` holds one byte (`codes.Outcome`) an item.
    """

    record_id: RecordId
    signed: SignedRecord
    extras: tuple[Any, ...]
    outcomes: bytes
    contract: str
    log: Log


@dataclass(frozen=True, slots=True)
class Undecodable:
    """An event that says a record was taken, but whose call holds none that Lading can carry."""

    log: Log
    why: str


def decode_event(log: Log, contract: str, domain: Domain) -> RecordedEvent | Undecodable | None:
    """What an event of `contract` says; None for events of other kinds, such as payments.

    `domain` must name the address of the bonus pool where the event is one of its.
    """
    if len(log.topics) != 3 or log.topics[0] != RECORDED_TOPIC:
        return None
    try:
        call, outcomes = decode(_EVENT_DATA, log.data)
        function = _function(contract, call, int.from_bytes(log.topics[2], "big"))
        values, *extras, signatures = decode(function.inputs, call[4:])
        record = rebuild(function.record, values)
        record.check()
        if len(signatures) % SIGNATURE_LENGTH:
            raise MalformedRecord("not whole signatures", where="signatures", found=f"{len(signatures)} bytes")
        record_id = domain.record_id(record)
        if record_id != log.topics[1]:
            raise MalformedRecord(
                "not the record's id", where="id", expected=to_hex(record_id), found=to_hex(log.topics[1])
            )
        if len(outcomes) != item_count(record):
            raise MalformedRecord(
                "not one outcome an item", where="outcomes", expected=item_count(record), found=len(outcomes)
            )
    except LadingError as error:
        return Undecodable(log, str(error))
    signed = SignedRecord(
        record, tuple(signatures[i : i + SIGNATURE_LENGTH] for i in range(0, len(signatures), SIGNATURE_LENGTH))
    )
    return RecordedEvent(record_id, signed, tuple(extras), outcomes, contract, log)


def item_count(record: Record) -> int:
    """How many outcomes a record has: one an item, or one for all of it."""
    items = getattr(record, "items", None)
    return len(items) if isinstance(items, tuple) else 1


def _function(contract: str, call: bytes, number: int) -> RecordFunction:
    for function in record_functions(contract):
        if function.selector == call[:4] and number == function.record.NUMBER:
            return function
    raise MalformedRecord("not a call that takes a record of this type", where="call", found=to_hex(call[:4]))


def rebuild(kind: type[S], values: dict[str, Any]) -> S:
    """The structure from what its contract received; private parts come back withheld."""
    fields: dict[str, Any] = {}
    for member in kind.members():
        value = values[member.name]
        if member.private:
            fields[member.name] = Withheld(value)
        elif member.struct and member.items:
            fields[member.name] = tuple(rebuild(member.struct, item) for item in value)
        elif member.struct:
            fields[member.name] = rebuild(member.struct, value)
        else:
            fields[member.name] = value
    return kind(**fields)
