"""What is shown of a record's place in the log: its status, the log's receipt, and since when it is known."""

from ledger.common.ids import to_hex
from ledger.explain.words import spaced
from ledger.log.leaf import LogSigner
from ledger.records.verification import Facts
from ledger.services.views.models import LogTrack, ReceiptView
from ledger.store.checkpoints import StoredCheckpoint
from ledger.store.records import StoredRecord


def log_track(row: StoredRecord, facts: Facts | None, signer: LogSigner, anchored: StoredCheckpoint | None) -> LogTrack:
    """`anchored`: the newest checkpoint that the chain has. `facts`: None where an edited row speaks of the record."""
    receipt = signer.receipt(row.log_index, row.leaf_hash, row.log_time)
    return LogTrack(
        status="anchored" if anchored is not None and row.log_index < anchored.size else "accepted",
        index=row.log_index,
        logged_at=row.log_time,
        known_at=facts.known if facts else None,
        known_by=spaced(facts.basis.name) if facts else "",
        leaf_hash=to_hex(row.leaf_hash),
        receipt=ReceiptView(
            to_hex(receipt.log_id),
            receipt.index,
            to_hex(receipt.leaf_hash),
            receipt.log_time,
            to_hex(receipt.signature),
        ),
    )
