"""The contracts' event `Recorded(bytes32 id, uint8 type, bytes call, bytes outcomes)`, as Solidity lays it out."""

from dataclasses import dataclass

from ledger.common.ids import RecordId
from ledger.common.keccak import keccak256
from ledger.seals.faults import Fault, refused
from ledger.seals.results import EvmEvent

RECORDED_TOPIC = keccak256(b"Recorded(bytes32,uint8,bytes,bytes)")
_WORD = 32


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a contract says of a record: its id, its type number, the call that brought it, an outcome byte an item."""

    record_id: RecordId
    type_number: int
    call: bytes
    outcomes: bytes


def recorded_in(event: EvmEvent) -> Recorded | None:
    """What `event` says; None for one of another kind. Raises `NotSealed` for data that no compiler lays out so."""
    if len(event.topics) != 3 or event.topics[0] != RECORDED_TOPIC:
        return None
    data, where = event.data, f"block {event.block}, event {event.index}"
    call, at = _bytes(data, 0, 2 * _WORD, where)
    outcomes, end = _bytes(data, _WORD, at, where)
    if end != len(data):
        raise refused(Fault.ENCODING, "bytes after the event's data", where=where, expected=end, found=len(data))
    return Recorded(RecordId(event.topics[1]), int.from_bytes(event.topics[2]), call, outcomes)


def _bytes(data: bytes, head: int, start: int, where: str) -> tuple[bytes, int]:
    """The bytes whose offset stands at `head` and must be `start`, and where their padding ends."""
    offset, length = (int.from_bytes(data[at : at + _WORD]) for at in (head, start))
    body = start + _WORD
    end = body + length + -length % _WORD
    if offset != start or end > len(data) or any(data[body + length : end]):
        raise refused(Fault.ENCODING, "not the data of a Recorded event", where=where, expected=start, found=offset)
    return data[body : body + length], end
