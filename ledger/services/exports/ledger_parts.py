"""Which private parts of a whole ledger a reader gets in its bundle: those that every answer to it may rest on."""

from ledger.attested.rate_card import RATE_CARD, parse_rates
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation
from ledger.services.views.records import Reader, RecordViews
from ledger.store import openings
from ledger.store.database import Connection
from ledger.store.records import StoredRecord


def may_open(connection: Connection, views: RecordViews, row: StoredRecord, reader: Reader) -> bool:
    """Whether `reader`, a partner, may read the private parts of a record: by its right to it, or because it is a rate
    card that every partner may read.
    """
    if views.right_to(connection, row.record, row.record_id, reader) is not None:
        return True
    record = row.record
    if not isinstance(record, Attestation) or not reader.may_read(row.type_number):
        return False
    return record.schema == RATE_CARD and _for_partners(connection, row)


def _for_partners(connection: Connection, row: StoredRecord) -> bool:
    whole = openings.richest(connection, row)
    if not isinstance(whole, Attestation) or isinstance(whole.claims, Withheld):
        return False
    try:
        return parse_rates(whole.claims.text).for_partners
    except MalformedRecord:
        return False
