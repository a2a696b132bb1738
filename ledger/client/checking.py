"""What a client believes of a service: nothing that the trust file's log has not signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.bundle.format import Trust
from ledger.client import answers
from ledger.client.calls import Flow
from ledger.client.flows import check_named, identified
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.common.json_fields import hex_bytes, integer, items, text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.leaf import Leaf, LogIdentity, Receipt
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Record


@dataclass(frozen=True, slots=True)
class Proved:
    """The record stands at `index` of the log, under these very signatures, in the tree of `size` leaves with `root`,
    which the log signed."""

    id: str
    index: int
    logged_at: int
    size: int
    root: str
    record: SignedRecord


def domains_of(trust: Trust) -> list[Domain]:
    """What signatures bind: a domain for each bonus pool, oldest first; one without where the trust file has none."""
    pools = [pool for pool in (trust.bonus_pool, *trust.later_pools) if pool is not None] or [bytes(20)]
    return [Domain(trust.genesis.consortium_id, trust.chain_id, pool) for pool in pools]


def domain_of(trust: Trust, record: Record, pool: bytes | None = None) -> Domain:
    """What a signature under `record` binds; under one about money `pool`, by default the newest.

    Raises `MalformedRecord` where the trust file names no such pool.
    """
    found = [domain for domain in domains_of(trust) if pool is None or domain.bonus_pool == pool]
    if record.MONEY and (trust.bonus_pool is None or not found):
        raise MalformedRecord("no such bonusPool", where="trust file", expected="a trust file that names the pool")
    return found[-1] if found else domains_of(trust)[-1]


def check_receipt(trust: Trust, data: object) -> Receipt:
    """A receipt that one of the trusted logs signed, of whatever record; raises `MalformedRecord` or
    `VerificationFailed`."""
    receipt = Receipt.from_json(data)
    log_of(trust, receipt).verify_receipt(receipt)
    return receipt


def check_leaf(receipt: Receipt, record_id: RecordId, signed: SignedRecord) -> None:
    """Raises `VerificationFailed` where the receipt is for another record, or for other signatures under it."""
    leaf = leaf_of(receipt, record_id, signed)
    if leaf != receipt.leaf_hash:
        raise VerificationFailed(
            "the receipt is for another leaf", where="receipt", expected=to_hex(leaf), found=to_hex(receipt.leaf_hash)
        )


def leaf_of(receipt: Receipt, record_id: RecordId, signed: SignedRecord) -> bytes:
    """The hash of the leaf that the record has at the receipt's time, under its signatures in this order."""
    return leaf_hash(Leaf.of(signed.record.NUMBER, record_id, signed.signature_bytes(), receipt.log_time).encode())


def shown(trust: Trust, told: Mapping[str, Any], wanted: RecordId) -> SignedRecord:
    """The record in an answer, which has to be the one that was asked for."""
    signed = SignedRecord.from_json({name: told.get(name) for name in ("type", "message", "signatures")})
    check_id(trust, signed.record, to_hex(wanted))
    return signed


def check_id(trust: Trust, record: Record, found: object) -> RecordId:
    """The record's id, once it is known to be the one that a service told. Raises `VerificationFailed`."""
    ids = [domain.record_id(record) for domain in domains_of(trust)]
    for one in ids:
        if to_hex(one) == found:
            return one
    raise VerificationFailed(
        "the service showed another record",
        where="record",
        expected=to_hex(ids[-1]),
        found=str(found)[:80],
        mend="Either it lies, or the trust file is of another consortium.",
    )


def log_of(trust: Trust, receipt: Receipt) -> LogIdentity:
    for log in trust.logs:
        if log.log_id == receipt.log_id:
            return log
    raise VerificationFailed(
        "the receipt is of a log that the trust file does not name",
        where="receipt",
        expected=", ".join(to_hex(log.log_id) for log in trust.logs),
        found=to_hex(receipt.log_id),
    )


def record(trust: Trust | None, value: str, token: str) -> Flow[answers.RecordView]:
    """A record, known to be the one that was asked for; without a trust file only said to be."""
    told = yield from identified(answers.RecordView, "/v1/records", value, "record", token)
    check_named(told.get("id"), value, "record")
    if trust is not None:
        shown(trust, told, RecordId(bytes_from_hex(value, 32, "record")))
    return told


def receipt_in(told: Mapping[str, Any]) -> object:
    log = told.get("log")
    return log.get("receipt") if isinstance(log, Mapping) else None


def proved(trust: Trust, record: str) -> Flow[Proved]:
    """Ask for a record, its receipt and its proof, and check each against the log's key.

    Raises `NotFound` while it is not under a checkpoint, `VerificationFailed` for whatever does not hold.
    """
    wanted = RecordId(bytes_from_hex(record, 32, "record"))
    told = yield from identified(answers.RecordView, "/v1/records", record, "record")
    proof = yield from identified(answers.InclusionProof, "/v1/records", record, "record", below="/proof")
    signed = shown(trust, told, wanted)
    receipt = check_receipt(trust, receipt_in(told))
    check_leaf(receipt, wanted, signed)
    note = text(proof.get("checkpoint"), "proof.checkpoint")
    head = log_of(trust, receipt).verify_checkpoint(note.encode())
    if trust.witnesses is not None:
        trust.witnesses.verify(note.encode())
    index = integer(proof.get("index"), "proof.index")
    if index != receipt.index:
        raise VerificationFailed("the proof is of another leaf", where="proof", expected=receipt.index, found=index)
    path = [hex_bytes(one, "proof.proof", 32) for one in items(proof.get("proof"), "proof.proof", 0, 64)]
    verify_inclusion(receipt.leaf_hash, index, head.size, path, head.root)
    return Proved(to_hex(wanted), index, receipt.log_time, head.size, to_hex(head.root), signed)
