"""Whose the signatures are under a record that came from somebody else, before one's own is set beside them.

A service can show terms as nobody signed them: then the signatures under them are of no key that has a part in them.
"""

from ledger.bundle.format import Trust
from ledger.common.ids import RecordId, checksum_address
from ledger.errors import NotFound, VerificationFailed
from ledger.records.signers import expected_signers
from ledger.records.signing import SignedRecord, recover
from ledger.records.types import Record, ShipmentTerms


class NothingBeside:
    """A `SignerContext` of a record alone."""

    def terms_of(self, _: bytes) -> ShipmentTerms | None:
        return None

    def record(self, _: bytes) -> Record | None:
        return None


def check_signatures(trust: Trust, record_id: RecordId, signed: SignedRecord) -> None:
    """Raises `VerificationFailed` for a signature of a key that has no part in the record by the trust file's partner
    book, `BadSignature` for what is none.

    What no book can tell passes: a recipient's own key, and signers who follow from a record that is not at hand. So
    does everything where the trust file has no book.
    """
    book = trust.partners
    if book is None or not signed.signatures:
        return
    try:
        signers = expected_signers(signed.record, NothingBeside())
    except NotFound:
        return
    for i, signature in enumerate(signed.signatures):
        key = recover(record_id, signature, f"signatures[{i}]")
        if all(book.may_sign_for(signer, key, signed.record.NUMBER) is False for signer in signers):
            raise VerificationFailed(
                "the signature is of no key that has a part in this record",
                where=f"signatures[{i}]",
                found=checksum_address(key),
                mend=f"Either the record was altered after it was signed, or the key is newer than the trust file's "
                f"partner book ({book.size:,} records): then get a newer trust file.",
            )
