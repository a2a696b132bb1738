"""Proof that a log lied: a record that bears on a bundle's subject, left out although the log gave a receipt for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ledger import merkle
from ledger.bundle.subject import bears_on, parse_subject
from ledger.common.ids import RecordId, to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.leaf import Leaf, LogIdentity, Receipt
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Record


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """A signed record together with the receipt that the log gave for it."""

    signed: SignedRecord
    receipt: Receipt

    @classmethod
    def from_json(cls, data: object) -> "HeldReceipt":
        """Parse `{"record": {type, message, signatures}, "receipt": {…}}`; raises `MalformedRecord`."""
        if not isinstance(data, dict) or set(data) != {"record", "receipt"}:
            raise MalformedRecord("not a record with its receipt", where="receipt", expected="record and receipt")
        return cls(SignedRecord.from_json(data["record"]), Receipt.from_json(data["receipt"]))


def check_not_omitted(
    held: HeldReceipt,
    log: LogIdentity,
    size: int,
    subject: str,
    records: Mapping[RecordId, Record],
    indexes: Mapping[RecordId, int],
    domains: Sequence[Domain],
    traced: Collection[bytes] = (),
    schemas: Collection[bytes] = (),
) -> str:
    """Raise `VerificationFailed` when the record was due in the bundle and is not there; else say why it is no lie.

    `traced`: of a trace, the shipments that its figures name. `schemas`: those that the scorecard reads numbers from.

    1. The receipt is the log's, and about this record.
    2. In the bundle, at the receipt's place: nothing is amiss.
    3. Logged after the bundle's checkpoint, or about something else: it was not due.
    4. Otherwise the log called a list complete that is not.
    """
    # 1. The receipt.
    record, receipt = held.signed.record, held.receipt
    log.verify_receipt(receipt)
    leaf_hashes = {
        record_id: Leaf.of(record.NUMBER, record_id, held.signed.signature_bytes(), receipt.log_time)
        for record_id in (domain.record_id(record) for domain in domains)
    }
    matching = [i for i, leaf in leaf_hashes.items() if merkle.leaf_hash(leaf.encode()) == receipt.leaf_hash]
    if not matching:
        raise VerificationFailed(
            "the receipt is not about this record", where="receipt", expected=to_hex(receipt.leaf_hash)
        )
    record_id = matching[0]
    name = f"{type(record).__name__} {to_hex(record_id)}"
    # 2. Present.
    if record_id in indexes:
        if indexes[record_id] != receipt.index:
            raise VerificationFailed(
                "the log has the record at another place than it promised",
                where=name,
                expected=receipt.index,
                found=indexes[record_id],
                mend="Receipt and checkpoint together prove that the log lied.",
            )
        return f"{name} is in the bundle, where its receipt says"
    # 3. Not due.
    if receipt.index >= size:
        return f"{name} was logged after this checkpoint"
    if not bears_on(parse_subject(subject), record_id, record, receipt.index, records, traced, schemas):
        return f"{name} does not bear on {subject}"
    # 4. Omitted.
    raise VerificationFailed(
        "a record was left out that the log called complete without it",
        where=name,
        expected=f"the leaf {receipt.index}, as the receipt promises",
        found="not in the bundle",
        mend="Receipt and complete statement together prove that the log lied.",
    )
