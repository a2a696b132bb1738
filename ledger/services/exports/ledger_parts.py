"""Which private parts of a whole ledger a reader gets in its bundle: those that every answer to it may rest on."""

from collections.abc import Callable, Mapping

from ledger.attested import fx
from ledger.attested.rate_card import RATE_CARD, parse_rates
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation
from ledger.services.views.records import Reader, RecordViews
from ledger.store import openings
from ledger.store.database import Connection
from ledger.store.records import StoredRecord

FOR_PARTNERS: Mapping[bytes, Callable[[str], bool]] = {
    RATE_CARD: lambda claims: parse_rates(claims).for_partners,
    schema_hash(fx.SCHEMA): lambda claims: fx.parse_table(claims).for_partners,
}
"""By schema: whether the claims of an attestation say that every partner may plan with them."""


def may_open(connection: Connection, views: RecordViews, row: StoredRecord, reader: Reader) -> bool:
    """Whether `reader`, a partner, may read the private parts of a record: by its right to it, or because it is a rate
    card, or a table of rates of exchange, that every partner may read.
    """
    if views.right_to(connection, row.record, row.record_id, reader) is not None:
        return True
    record = row.record
    if not isinstance(record, Attestation) or not reader.may_read(row.type_number):
        return False
    told = FOR_PARTNERS.get(record.schema)
    whole = openings.richest(connection, row) if told is not None else None
    if told is None or not isinstance(whole, Attestation) or isinstance(whole.claims, Withheld):
        return False
    try:
        return told(whole.claims.text)
    except MalformedRecord:
        return False
