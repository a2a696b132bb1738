"""The key behind each signature, recovered once while it is remembered."""

from threading import Lock

from ledger.common.ids import KeyAddress, RecordId
from ledger.records.recovered import RecoveredRecord, recover_keys, recover_record
from ledger.records.signing import SignedRecord, recover
from ledger.store.records import StoredRecord

MOST_REMEMBERED = 20_000
"""Signatures; about 7 MB. From proposal to final outcome a record is read several times."""


class SignerKeys:
    """One per process and home.

    Only what was recovered here is known, by the digest and the signature themselves. Keys are never stored: whoever
    edits the database, a signature or a record, has it recovered anew and judged for what it is.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], KeyAddress] = {}
        self._lock = Lock()

    def recovered(self, signed: SignedRecord, record_id: RecordId) -> RecoveredRecord:
        """`signed`, whose digest is `record_id`, with its keys. Raises `BadSignature`."""
        return recover_record(signed, record_id, recover=self._recover)

    def of(self, row: StoredRecord) -> tuple[KeyAddress, ...]:
        """The key behind each signature of `row`, in their order. Raises `BadSignature`."""
        return recover_keys(row.record_id, row.signature_list, recover=self._recover)

    def _recover(self, digest: bytes, signature: bytes, where: str) -> KeyAddress:
        key = self._known.get((digest, signature))
        if key is None:
            key = recover(digest, signature, where)
            with self._lock:
                self._known[digest, signature] = key
                if len(self._known) > MOST_REMEMBERED:
                    del self._known[next(iter(self._known))]
        return key
