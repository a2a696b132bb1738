"""Entries for the log, made without a network: real records, ids and signatures of keys that belong to nobody."""

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.common.ids import ConsortiumId, RecordId
from ledger.log.leaf import LogSigner
from ledger.records.index_keys import concerns
from ledger.records.signing import Domain, SignedRecord, SigningKey
from ledger.records.types import Endorsement, Outcome, Record
from ledger.services.intake.sequencer import Entry
from ledger.store.pending import Slot
from ledger.store.projections.shipments import Shipment

DOMAIN = Domain(ConsortiumId(b"store tests".ljust(32, b"\0")))
KEY = SigningKey(b"\7" * 32)
SIGNER = LogSigner("lading.test/log", Ed25519PrivateKey.from_private_bytes(b"\3" * 32))


def entry_of(
    record: Record, *, slots: tuple[Slot, ...] = (), relay: bool = False, settles: RecordId | None = None
) -> Entry:
    record_id = DOMAIN.record_id(record)
    signatures = () if isinstance(record, Outcome) else (KEY.sign_digest(record_id),)
    about = concerns(record_id, record)
    return Entry(SignedRecord(record, signatures), record_id, about, slots, relay, settles=settles)


def endorsement(number: int, *, slots: tuple[Slot, ...] = (), relay: bool = False) -> Entry:
    """A small record, another one for each number."""
    return entry_of(Endorsement(1, number.to_bytes(32, "big")), slots=slots, relay=relay)


def outcome(record_id: RecordId, codes: bytes, *, block: int = 7) -> Entry:
    return entry_of(Outcome(record_id, bytes(20), block, 1000, bytes(32), 0, codes), settles=record_id)


def endorsements(count: int, start: int = 0) -> list[Entry]:
    return [endorsement(number) for number in range(start, start + count)]


def rng(seed: int) -> random.Random:
    return random.Random(seed)


def shipment(number: int, *, opened: int | None = None, custodian: int = 2, parent: bytes | None = None) -> Shipment:
    """A row of the projection, another one for each number."""
    return Shipment(
        shipment=bytes([number]) * 32,
        terms=RecordId(bytes(32)),
        parent=parent,
        child_index=None if parent is None else number,
        parents="[]",
        consignor=1,
        consignee=3,
        custodian=custodian,
        recipient_key=bytes(20),
        purpose=1,
        mode=1,
        fulfilment=1,
        packages=2**32 - 1,
        sequence=0,
        state=1,
        requires="[]",
        released=0,
        flags=0,
        opened_at=2**40 - 1,
        opened_block=None,
        opened_index=number if opened is None else opened,
        ended_at=None,
        course=0,
    )
