"""Which records a product's bundle holds, by the rule of `ledger.bundle.subject`, found by index."""

from collections.abc import Iterable

from ledger.bundle.subject import bears_on_product
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.records import index_keys
from ledger.records.types import Attestation, Recall, Revocation
from ledger.registry.history import RegistryView
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.documents import enrolments
from ledger.store.records import StoredRecord


def records_about(connection: Connection, product: Product, size: int) -> dict[RecordId, StoredRecord]:
    """The records below `size` that can turn the verdict on a product, the registry's and outcomes aside."""
    result: dict[RecordId, StoredRecord] = {}
    for prefix, types in (
        (f"01/{product.gtin}", (Attestation.NUMBER, Recall.NUMBER)),
        ("partner/", (Attestation.NUMBER,)),
    ):
        for row in records.under(connection, index_keys.SUBJECT, prefix, types=types, stop=size):
            if bears_on_product(product, row.record, ()):
                result[row.record_id] = row
    result |= records.naming(connection, result, types=(Revocation.NUMBER,), stop=size)
    return result


def enrolments_of(connection: Connection, view: RegistryView, rows: Iterable[StoredRecord]) -> list[bytes]:
    """The enrolment documents of the partners that signed these records, as far as they are kept here."""
    partners = {int(getattr(row.record, "by", 0)) for row in rows}
    entries = [entry for partner in sorted(partners) if (entry := view.partner(partner)) is not None]
    stored = [enrolments.get(connection, entry.document) for entry in entries]
    return [row.document for row in stored if row is not None]
