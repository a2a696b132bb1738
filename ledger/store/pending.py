"""Who may consume what: for a (scope, sequence) at most one record is pending."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete

from ledger.common.ids import RecordId
from ledger.store.rows import chunks, in_list, insert_new
from ledger.store.tables import pending

_COLUMNS = (pending.c.scope, pending.c.sequence, pending.c.record_id)


class Slot(NamedTuple):
    """`scope`: a shipment id, or shipment ‖ jurisdiction (2 bytes) ‖ regime (1 byte) for a clearance."""

    scope: bytes
    sequence: int


def holders(connection: Connection, slots: Iterable[Slot]) -> dict[Slot, RecordId]:
    """The pending record of each slot that has one."""
    wanted = set(slots)
    result: dict[Slot, RecordId] = {}
    for chunk in chunks({slot.scope for slot in wanted}):
        for scope, sequence, record_id in in_list(connection, _COLUMNS, pending.c.scope, chunk):
            if (slot := Slot(scope, sequence)) in wanted:
                result[slot] = record_id
    return result


def take(connection: Connection, wanted: Mapping[Slot, RecordId]) -> None:
    """Let these records hold these slots, but for slots that are held already."""
    rows = [{"scope": s.scope, "sequence": s.sequence, "record_id": record_id} for s, record_id in wanted.items()]
    insert_new(connection, pending, rows)


def of_scope(connection: Connection, scope: bytes) -> list[tuple[int, RecordId]]:
    """What is pending on a shipment (or clearance), by sequence."""
    return of_scopes(connection, [scope]).get(scope, [])


def of_scopes(connection: Connection, scopes: Iterable[bytes]) -> dict[bytes, list[tuple[int, RecordId]]]:
    """As `of_scope`, for each of these on which anything is pending."""
    result: dict[bytes, list[tuple[int, RecordId]]] = {}
    for chunk in chunks(scopes):
        for scope, sequence, record_id in in_list(connection, _COLUMNS, pending.c.scope, chunk):
            result.setdefault(scope, []).append((sequence, record_id))
    return {scope: sorted(found) for scope, found in result.items()}


def free(connection: Connection, record_ids: Iterable[RecordId]) -> None:
    """Free every slot that these records hold; their outcomes are final."""
    for chunk in chunks(record_ids):
        connection.execute(delete(pending).where(pending.c.record_id.in_(chunk)))
