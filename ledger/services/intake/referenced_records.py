"""Records about another record that is not here yet: an amendment before its target, an answer before its recall.

Who must sign an amendment follows from its target, and nothing of such a record can be checked before the other is
here. So it is kept as a proposal, visible and until it expires, and completed as soon as the other record is in the
log. An endorsement needs none of this: it names what was signed, and may come first.
"""

from ledger.common.ids import RecordId, to_hex
from ledger.errors import Busy, NotPermitted
from ledger.records.recovered import RecoveredRecord
from ledger.records.types import Amendment, Attestation, Recall, RecallAnswer, Record, Revocation
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import proposals, records
from ledger.store.database import Connection

_NAMED: dict[type[Record], tuple[str, ...]] = {
    Amendment: ("target", "previous"),
    RecallAnswer: ("recall",),
    Revocation: ("target",),
    Recall: ("supersedes",),
    Attestation: ("accreditation",),
}
TYPES = tuple(kind.NUMBER for kind in _NAMED)


def named(record: Record) -> dict[str, RecordId]:
    """The records that have to come before `record`, by the field that names them."""
    fields = {field: RecordId(getattr(record, field)) for field in _NAMED.get(type(record), ())}
    return {field: record_id for field, record_id in fields.items() if any(record_id)}


def missing(connection: Connection, record: Record) -> tuple[str, ...]:
    """In words, those of them that the log does not have."""
    wanted = named(record)
    there = records.get_many(connection, wanted.values()) if wanted else {}
    return tuple(f"record {to_hex(i)} as {field}" for field, i in wanted.items() if i not in there)


def check_kept(
    connection: Connection, recovered: RecoveredRecord, registry: CurrentRegistry, now: int, most: int
) -> None:
    """Raise `NotPermitted` unless a partner answers for what is kept unchecked, `Busy` when it has `most` such already.

    Each key is counted for itself.
    """
    keys = recovered.keys
    answering = [key for key in keys if registry.signer(key, recovered.record.NUMBER)]
    if not answering:
        raise NotPermitted(
            "signed by no partner",
            where="signatures",
            expected="a partner's key",
            found=", ".join(f"{to_hex(key)} ({registry.describe(key)})" for key in keys) or "no signature",
        )
    for key in answering:
        if proposals.signed_by(connection, key, types=TYPES, now=now, besides=recovered.id) >= most:
            raise Busy(f"{most} records about others, signed by this key, are not complete yet", retry_after=3_600)
