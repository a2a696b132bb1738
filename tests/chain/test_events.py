"""From event to record: everything a contract can emit, however its caller encoded it."""

import random
from typing import Any

import pytest

from ledger.chain.abi import AbiType, encode, selector
from ledger.chain.client import Log
from ledger.chain.contracts import (
    CONTRACT_OF_KIND,
    REGISTRY,
    contract_of,
    contract_values,
    encode_call,
    function_for,
    has_chain_track,
    record_functions,
    revert_reason,
)
from ledger.chain.events import RecordedEvent, Undecodable, decode_event, item_count, rebuild
from ledger.common.ids import ConsortiumId
from ledger.errors import NotFound
from ledger.records.eip712 import Struct, Withheld
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import RECORDS, Checkpoint, Claim, Handoff, Outcome, Record
from ledger.seals.recorded import RECORDED_TOPIC
from tests.samples import sample

DOMAIN = Domain(ConsortiumId(b"\x07" * 32), 31_415, b"\x0b" * 20)
CHAINED = [kind for kind in RECORDS if has_chain_track(kind)]
LOG_ONLY = {"RecallAnswer", "Amendment", "Endorsement", "Observation", "Outcome"}


def log_of(call: bytes, record_id: bytes, number: int, outcomes: bytes) -> Log:
    topics = (RECORDED_TOPIC, record_id, number.to_bytes(32, "big"))
    data = encode([AbiType("bytes"), AbiType("bytes")], [call, outcomes])
    return Log(b"\x01" * 20, topics, data, 7, b"\x02" * 32, 3)


def emitted(record: Record, *extras: Any, signatures: int = 2) -> Log:
    signed = SignedRecord(record, (b"\x1b" * 65,) * signatures)
    call = encode_call(signed, *extras)
    return log_of(call, DOMAIN.record_id(record), record.NUMBER, b"\x01" * item_count(record))


def withheld(record: Record) -> Record:
    """The record as its contract knows it."""
    return rebuild(type(record), _tuples(contract_values(record)))


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def test_every_record_with_a_chain_track_has_its_function() -> None:
    assert {kind.__name__ for kind in RECORDS} - {kind.__name__ for kind in CHAINED} == LOG_ONLY
    for name in (REGISTRY, *CONTRACT_OF_KIND.values()):
        for function in record_functions(name):
            assert contract_of(function.record) == name
            names = [part for part, _ in function.inputs[0].parts]
            assert names == [member.name for member in function.record.members()]


@pytest.mark.parametrize("kind", [k for k in CHAINED if k not in (Claim, Checkpoint)])
@pytest.mark.parametrize("items", [1, 2, 200])
def test_a_record_comes_back_with_the_same_id(kind: type[Record], items: int) -> None:
    source = random.Random(f"{kind.__name__} {items}")
    for edge in ("", "least", "most"):
        record = sample(kind, source, edge=edge, items=items)
        event = decode_event(emitted(record), contract_of(kind) or "", DOMAIN)
        assert isinstance(event, RecordedEvent), event
        assert event.record_id == DOMAIN.record_id(record) == DOMAIN.record_id(event.signed.record)
        assert event.signed.record == withheld(record)
        assert event.signed.signatures == (b"\x1b" * 65,) * 2
        assert event.extras == ()


def test_extra_arguments_choose_the_function() -> None:
    source = random.Random(1)
    claim, checkpoint = sample(Claim, source), sample(Checkpoint, source)
    proof = [source.randbytes(32) for _ in range(3)]
    for record, extras in ((claim, (1, 4, proof)), (claim, ([(1, 5), (2, 6)],)), (checkpoint, (proof,))):
        event = decode_event(emitted(record, *extras, signatures=1), contract_of(type(record)) or "", DOMAIN)
        assert isinstance(event, RecordedEvent), event
        assert event.signed.record == record
        assert len(event.extras) == len(extras)
    assert function_for(Claim, 3).name == "claim"
    assert function_for(Claim, 1).name == "claimResidual"
    with pytest.raises(NotFound):
        function_for(Claim)
    with pytest.raises(NotFound):
        function_for(Outcome)


def test_a_call_whose_parts_lie_elsewhere_is_the_same_record() -> None:
    record = withheld(sample(Handoff, random.Random(2), items=2))
    plain = encode_call(SignedRecord(record, (b"\x1b" * 65,)))
    head, body = plain[:4], plain[4:]
    # Push everything behind the two offsets back by a gap of rubbish, and put rubbish at the end as well.
    offsets = [int.from_bytes(body[i : i + 32], "big") + 320 for i in (0, 32)]
    moved = b"".join(offset.to_bytes(32, "big") for offset in offsets) + b"\xee" * 320 + body[64:] + b"\xee" * 77
    event = decode_event(
        log_of(head + moved, DOMAIN.record_id(record), record.NUMBER, b"\x01\x01"), "CustodyLedger", DOMAIN
    )
    assert isinstance(event, RecordedEvent)
    assert event.signed == SignedRecord(record, (b"\x1b" * 65,))


def test_what_is_not_what_it_says_is_undecodable() -> None:
    record = withheld(sample(Handoff, random.Random(3), items=2))
    signed = SignedRecord(record, (b"\x1b" * 65,))
    call, record_id, number = encode_call(signed), DOMAIN.record_id(record), record.NUMBER
    for log, why in (
        (log_of(call, b"\x05" * 32, number, b"\x01\x01"), "not the record's id"),
        (log_of(call, record_id, number + 1, b"\x01\x01"), "not a call"),
        (log_of(b"", record_id, number, b"\x01\x01"), "not a call"),
        (log_of(call[:4], record_id, number, b"\x01\x01"), "too early"),
        (log_of(call, record_id, number, b"\x01"), "not one outcome"),
        (log_of(call, record_id, number, b"\x01" * 3), "not one outcome"),
    ):
        event = decode_event(log, "CustodyLedger", DOMAIN)
        if why:
            assert isinstance(event, Undecodable)
            assert why in event.why
    assert isinstance(
        decode_event(log_of(call, record_id, number, b"\x01\x01"), "ClearanceLedger", DOMAIN), Undecodable
    )
    other = Domain(ConsortiumId(b"\x08" * 32))
    assert isinstance(decode_event(log_of(call, record_id, number, b"\x01\x01"), "CustodyLedger", other), Undecodable)


def test_events_of_other_kinds_are_passed_over() -> None:
    for topics in ((), (b"\x01" * 32,), (RECORDED_TOPIC,), (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)):
        assert decode_event(Log(b"\x01" * 20, topics, b"", 1, bytes(32), 0), "BonusPool", DOMAIN) is None


@pytest.mark.parametrize("kind", [k for k in CHAINED if k not in (Claim, Checkpoint)])
def test_no_damage_makes_the_follower_stumble(kind: type[Record]) -> None:
    source = random.Random(kind.__name__)
    whole = emitted(sample(kind, source, items=2))
    for _ in range(400):
        data = bytearray(whole.data)
        for _ in range(source.randrange(1, 5)):
            data[source.randrange(len(data))] = source.choice([0, 1, 0x20, 0x7F, 0x80, 0xFF, source.randrange(256)])
        cut = bytes(data[: source.choice([len(data), source.randrange(len(data) + 1)])])
        event = decode_event(Log(whole.address, whole.topics, cut, 1, bytes(32), 0), contract_of(kind) or "", DOMAIN)
        # Padding and rubbish between the parts may change; the record may not.
        assert event is not None
        assert isinstance(event, Undecodable) or event.record_id == whole.topics[1]


def test_private_parts_opened_or_withheld_give_the_same_call() -> None:
    source = random.Random(5)
    for kind in CHAINED:
        if kind in (Claim, Checkpoint):
            continue
        record = sample(kind, source)
        assert encode_call(SignedRecord(record, ())) == encode_call(SignedRecord(withheld(record), ()))
        assert not list(_opened(withheld(record)))


def _opened(value: Struct) -> Any:
    for member in value.members():
        part = getattr(value, member.name)
        if member.private and not isinstance(part, Withheld):
            yield part


def test_revert_reasons_are_read_from_the_abis_and_never_raise() -> None:
    words = (7).to_bytes(32, "big") + bytes(12) + b"\x09" * 20
    assert str(revert_reason(selector("CustodyNotItsKey(uint40,address)") + words)) == (
        "CustodyNotItsKey(partner: 7, key: 0x0909090909090909090909090909090909090909)"
    )
    plain = encode([AbiType("string")], ["no funds"])
    assert str(revert_reason(selector("Error(string)") + plain)) == "Error(text: no funds)"
    assert (
        str(revert_reason(selector("Panic(uint256)") + (0x11).to_bytes(32, "big")))
        == "Panic(text: arithmetic overflow)"
    )
    assert revert_reason(b"").name == "NoReason"
    assert revert_reason(b"\x01\x02").name == "Unknown"
    assert revert_reason(selector("CustodyNotItsKey(uint40,address)") + b"short").name == "Unknown"
    assert revert_reason(selector("Error(string)") + b"\xff" * 64).name == "Unknown"
