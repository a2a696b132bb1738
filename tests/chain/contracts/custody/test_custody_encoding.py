"""Whoever submits a record chooses how its call is encoded; what the contract takes, the log must be able to read.

Otherwise a stranger could move goods by a properly signed record that no log ever learns.
"""

import pytest

from ledger.chain.client import Log
from ledger.chain.events import RecordedEvent, decode_event
from ledger.codes import Purpose
from ledger.records.types import Handoff, Record, ShipmentTerms, Split
from tests.chain.contracts.consortium import CARRIER, DOMAIN, MAKER, sign
from tests.chain.contracts.custody_world import FUNCTIONS, World, require, world

LISTS = {Handoff: ((0, 4),), ShipmentTerms: ((6, 2), (14, 4)), Split: ((3, 2),)}
"""Of each record the fields that are lists, with the number of words of an item."""
HEADS = {Handoff: 9, ShipmentTerms: 17, Split: 7}
WORD = 32


def word(value: int) -> bytes:
    return (value % 2**256).to_bytes(WORD, "big")


def records(w: World) -> list[tuple[Record, bytes]]:
    parent, shipment = w.open(), w.open()
    terms = w.terms(parents=(w.reference(parent),), purpose=Purpose.ONWARD, requires=(require("DE"), require("US")))
    manifest = w.manifest(MAKER, CARRIER, w.item(shipment))
    split = w.splitting(w.open(), MAKER, [4, 6])
    return [(terms, sign(terms, MAKER)), (manifest, sign(manifest, MAKER, CARRIER)), (split, sign(split, MAKER))]


def turned_round(call: bytes, record: Record, signatures: bytes) -> bytes:
    """The same arguments with every list before the struct that points to it, and nothing after the last signature."""
    body = call[4:]

    def at(position: int) -> int:
        return int.from_bytes(body[position : position + WORD], "big")

    struct = at(0)
    head = [body[struct + WORD * i : struct + WORD * (i + 1)] for i in range(HEADS[type(record)])]
    lists = b""
    places = {}
    for index, words in LISTS[type(record)]:
        start = struct + int.from_bytes(head[index], "big")
        places[index] = 2 * WORD + len(lists)
        lists += body[start : start + WORD * (1 + words * at(start))]
    new_struct = 2 * WORD + len(lists)
    for index, place in places.items():
        head[index] = word(place - new_struct)
    signed_at = new_struct + WORD * len(head)
    return b"".join((call[:4], word(new_struct), word(signed_at), lists, *head, word(len(signatures)), signatures))


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("form", ["plain", "trailing bytes", "no padding", "lists before the struct"])
def test_what_the_contract_takes_can_be_read(which: int, form: str) -> None:
    w = world()
    record, signatures = records(w)[which]
    call = w.members.custody.data(FUNCTIONS[type(record)], record, signatures)
    if form == "trailing bytes":
        call += b"\xff" * 45
    elif form == "no padding":
        call = call[: len(call) - -len(signatures) % WORD]
    elif form == "lists before the struct":
        call = turned_round(call, record, signatures)
    events, _, _ = w.members.evm.run(w.members.custody.address, call)
    (event,) = events
    log = Log(event.address, event.topics, event.data, 1, bytes(WORD), 0)
    read = decode_event(log, "CustodyLedger", DOMAIN)
    assert isinstance(read, RecordedEvent), read
    assert read.signed.signature_bytes() == signatures
    assert read.signed.record == record
