"""What a contract would say to a record, asked without a transaction."""

import logging

from ledger.chain.contracts import encode_call, revert_reason
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.services.figures.award_files import extras_of
from ledger.services.node.reader import LedgerReader

log = logging.getLogger("lading.node")


def no_preflight(_: SignedRecord, __: RecordId) -> str:
    return ""


def preflight(reader: LedgerReader, signed: SignedRecord, record_id: RecordId) -> str:
    """What the contract would say if the record were submitted now: the reason of its revert, or nothing.

    Nothing too when the contract cannot be asked: the relayer will find out.
    """
    try:
        with reader.home.database.read() as connection:
            target = reader.book.target(connection, signed.record, record_id)
            extras = extras_of(connection, signed)
        if target is None or extras is None:
            return ""
        result = reader.home.chain.call(target, encode_call(signed, *extras), sender=reader.keys.relayer_address)
    except LadingError as error:
        log.info("preflight: %s", error)
        return ""
    return "" if result.succeeded else str(revert_reason(result.output))
