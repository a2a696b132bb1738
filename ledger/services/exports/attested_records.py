"""Which attestations a partner's bundle holds: those that its scorecard reads numbers from, and what took them back."""

from collections.abc import Collection

from ledger.common.ids import RecordId
from ledger.records import index_keys
from ledger.records.types import Attestation, Revocation
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.records import StoredRecord


def numbers_about(
    connection: Connection, partner: int, schemas: Collection[bytes], size: int
) -> dict[RecordId, StoredRecord]:
    """The records below `size` by which numbers of these `schemas` count about a partner, or count no more."""
    if not schemas:
        return {}
    about = records.about_many(
        connection, index_keys.SUBJECT, [f"partner/{partner}"], types=(Attestation.NUMBER,), stop=size
    )
    numbers = {
        name: row for name, row in about.items() if isinstance(row.record, Attestation) and row.record.schema in schemas
    }
    return numbers | records.naming(connection, numbers, types=(Revocation.NUMBER,), stop=size)
