"""Records that only the log takes: what they say must have something to be about, and be readable to the numbers.

No contract checks them, so acceptance does. Whoever signs an amendment or a recall's answer counts on its effect; one
that could have none is refused, and says why. An endorsement may come before its target: it names what was signed.
"""

from ledger.common.ids import RecordId, to_hex
from ledger.errors import Conflict, MalformedRecord, NotFound, RuleBroken
from ledger.records.types import Amendment, Recall, RecallAnswer, Record
from ledger.services.state import shipment_state
from ledger.shipments.amendments import check_amendment
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.pending import Slot

NOTHING = bytes(32)


def check(connection: Connection, record: Record, record_id: RecordId) -> None:
    """Raise `NotFound`, `RuleBroken`, `Conflict` or `MalformedRecord` for a record that could have no effect."""
    match record:
        case Amendment():
            check_amendment(record, _target(connection, record.target, "target"))
            _check_newest(connection, record, record_id)
        case RecallAnswer():
            recall = _target(connection, record.recall, "recall")
            if not isinstance(recall, Recall):
                raise MalformedRecord("not a recall", where="recall", expected="Recall", found=type(recall).__name__)
            dealt_with = record.quarantined + record.disposed
            if dealt_with > record.found:
                raise RuleBroken(
                    "more was dealt with than found",
                    where="found",
                    expected=f"at least {dealt_with}",
                    found=record.found,
                )
        case _:
            pass


def slots(record: Record) -> tuple[Slot, ...]:
    """What the record takes for ever: one amendment alone names another, or none, as the one before it."""
    if not isinstance(record, Amendment):
        return ()
    return (Slot(record.target + b"amended", int.from_bytes(record.previous[:6])),)


def newest_amendment(connection: Connection, target: bytes) -> RecordId | None:
    """The amendment of `target` that the next one has to name in `previous`; None while there is none.

    Each names the one before it; of two that name the same, the first logged stands.
    """
    newest: RecordId | None = None
    for row in records.listing(connection, "record", to_hex(target), types=(Amendment.NUMBER,), limit=1000):
        record = row.record
        if isinstance(record, Amendment) and record.target == target and record.previous == (newest or NOTHING):
            newest = row.record_id
    return newest


def _check_newest(connection: Connection, record: Amendment, record_id: RecordId) -> None:
    newest = newest_amendment(connection, record.target)
    if record.previous == (newest or NOTHING):
        return
    if newest is None:
        raise RuleBroken("no amendment of this record came before", where="previous", expected=to_hex(NOTHING))
    raise Conflict(
        "another amendment came before",
        where="previous",
        first=to_hex(newest),
        second=to_hex(record_id),
        mend="Name the newest amendment in `previous` and sign anew.",
    )


def _target(connection: Connection, record_id: bytes, where: str) -> Record:
    row = records.get(connection, RecordId(record_id))
    if row is None:
        raise NotFound("no such record here", where=where, found=to_hex(record_id), mend="Submit that record first.")
    return shipment_state.opened(connection, row)
