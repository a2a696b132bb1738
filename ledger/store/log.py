"""Appending to the log: index, time, leaf, record, opened parts, outbox row and pending slots in one transaction.

The head row is locked first, so that several processes can append: indexes have no gap and log times never decrease.
Whoever submits locks it too, before it changes outbox or slots.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, literal, select, union_all

from ledger.common.ids import RecordId, to_hex
from ledger.errors import Conflict, MalformedRecord, StorageFailed
from ledger.log.leaf import Leaf
from ledger.merkle import leaf_hash
from ledger.records.disclosure import parts_for, split
from ledger.records.index_keys import Concern
from ledger.records.signing import SignedRecord
from ledger.records.types import Checkpoint, Outcome
from ledger.store import changes, outbox, proposals, traces
from ledger.store import pending as pending_slots
from ledger.store.openings import erased_of_many, rows_for
from ledger.store.pending import Slot
from ledger.store.projections import outcomes
from ledger.store.projections.projected import projection_state
from ledger.store.rows import chunks, in_list, insert_many, mark
from ledger.store.tables import changes as counted
from ledger.store.tables import log_head, openings, pending, record_index, records
from ledger.store.tables import outbox as outbox_table
from ledger.store.traces import Traces

_SIZE, _PROJECTED = "log size", "projected size"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that was checked and is ready for the log.

    `signed` carries the private parts opened as far as they are known, signatures in canonical order. `slots` are the
    (shipment, sequence) pairs that it would consume: while it is pending, no other record may. `relay` puts it into
    the outbox for the chain, to be submitted until `submit_by` (0: no limit); with `waits`, not before others are
    there. `concerns` are its index entries. `settles`: the record whose final outcome this is; its slots become free
    and its outbox row final.
    """

    signed: SignedRecord
    record_id: RecordId
    concerns: tuple[Concern, ...] = ()
    slots: tuple[Slot, ...] = ()
    relay: bool = False
    waits: bool = False
    submit_by: int = 0
    settles: RecordId | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a record stands in the log. `new` is False when it was there before."""

    record_id: RecordId
    index: int
    leaf_hash: bytes
    log_time: int
    new: bool


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log has `size` leaves; the last was logged at `log_time`."""

    size: int
    log_time: int


_HEAD = select(log_head.c.size, log_head.c.log_time)
_HELD_HEAD = _HEAD.with_for_update()
"""Kept, as nothing is asked more often."""


def head(connection: Connection) -> LogHead:
    return _head(connection, _HEAD)


def reached(connection: Connection) -> tuple[int, int, dict[str, int]]:
    """How many leaves there are, how many of them the projections contain, and what `ledger.store.changes` counts.

    In one statement: it is asked before each kept answer. Raises `StorageFailed` as `head` does.
    """
    query = union_all(
        select(literal(_SIZE), log_head.c.size),
        select(literal(_PROJECTED), projection_state.c.size),
        select(counted.c.kind, counted.c.count),
    )
    found = dict.fromkeys((_PROJECTED, *changes.KINDS), 0) | {row[0]: row[1] for row in connection.execute(query)}
    if _SIZE not in found:
        raise _headless()
    return found.pop(_SIZE), found.pop(_PROJECTED), found


def hold(connection: Connection) -> LogHead:
    """As `head`; until this transaction ends no other appends, nor changes what waits for the chain or who may consume
    what. Whoever changes several rows of those does this first: in any other order two might wait for each other.
    """
    return _head(connection, _HELD_HEAD)


def _head(connection: Connection, query: Select[tuple[int, int]]) -> LogHead:
    row = connection.execute(query).first()
    if row is None:
        raise _headless()
    return LogHead(row.size, row.log_time)


def _headless() -> StorageFailed:
    return StorageFailed(
        "the row that says how long the log is is gone",
        where="log_head",
        mend="The database was edited or damaged: put the newest copy back.",
    )


def append(connection: Connection, entries: Sequence[Entry], now: int) -> list[Appended | Conflict]:
    """Give each entry its place, in the given order; entry i's result is result i.

    A record that is in the log already keeps its first place, and nothing about it changes. An entry whose slot
    another pending record holds gets a `Conflict` with both ids, and leaves no trace. Everything is undone unless the
    caller's transaction commits. Raises `MalformedRecord` for a type that is no leaf.
    """
    for entry in entries:
        if isinstance(entry.signed.record, Checkpoint):
            raise MalformedRecord("checkpoints are not leaves of the log", where="type")
    # 1. Lock the head; from here on this is the only appender.
    before = hold(connection)
    size, log_time = before.size, max(now, before.log_time)
    # 2. What is there already, and who holds the slots.
    there = traces.of(connection, (e.record_id for e in entries), (slot.scope for e in entries for slot in e.slots))
    standing = _standing(connection, there.logged)
    freed = {e.settles for e in entries if e.settles is not None}
    holders = pending_slots.holders(connection, (s for e in entries for s in e.slots if s.scope in there.pending))
    results: list[Appended | Conflict] = []
    accepted: list[tuple[Entry, Appended]] = []
    for entry in entries:
        first = standing.get(entry.record_id)
        if first is None:
            conflict = _conflict(entry, holders)
            if conflict:
                results.append(conflict)
                continue
            leaf = Leaf.of(entry.signed.record.NUMBER, entry.record_id, entry.signed.signature_bytes(), log_time)
            index = size + len(accepted)
            appended = Appended(entry.record_id, index, leaf_hash(leaf.encode()), log_time, new=True)
            accepted.append((entry, appended))
            standing[entry.record_id] = Appended(entry.record_id, index, appended.leaf_hash, log_time, new=False)
            holders |= dict.fromkeys(entry.slots, entry.record_id)
            results.append(appended)
        else:
            results.append(first)
    # 3. Write.
    if accepted:
        _write(connection, accepted, freed, there)
        sign = mark(connection)
        text = f'UPDATE "log_head" SET "size" = {sign}, "log_time" = {sign}'  # noqa: S608 ours
        connection.exec_driver_sql(text, (size + len(accepted), log_time))
    return results


def _standing(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, Appended]:
    result: dict[RecordId, Appended] = {}
    table = records.c
    wanted = (table.record_id, table.log_index, table.leaf_hash, table.log_time)
    for chunk in chunks(record_ids):
        for record_id, index, leaf, log_time in in_list(connection, wanted, table.record_id, chunk):
            result[record_id] = Appended(record_id, index, leaf, log_time, new=False)
    return result


def _conflict(entry: Entry, holders: dict[Slot, RecordId]) -> Conflict | None:
    for slot in entry.slots:
        holder = holders.get(slot)
        if holder is not None and holder != entry.record_id:
            return Conflict(
                "another record that consumes the same sequence is pending",
                where=f"{to_hex(slot.scope[:32])} sequence {slot.sequence}",
                first=to_hex(holder),
                second=to_hex(entry.record_id),
                mend="Wait for the first one's outcome, then sign for the sequence that holds then.",
            )
    return None


def _write(connection: Connection, accepted: list[tuple[Entry, Appended]], freed: set[RecordId], there: Traces) -> None:
    record_rows: list[dict[str, object]] = []
    opening_rows: list[dict[str, object]] = []
    index_rows: list[dict[str, object]] = []
    slot_rows: list[dict[str, object]] = []
    outbox_rows: list[dict[str, object]] = []
    # Somebody may have completed a proposal elsewhere: what was opened in it belongs to the record all the same.
    proposed = proposals.take(connection, (p.record_id for _, p in accepted if p.record_id in there.proposed))
    # In a log that was begun anew, records come again of which parts were erased.
    erased = erased_of_many(connection, there.erased)
    for entry, place in accepted:
        public, parts = split(entry.signed.record)
        if place.record_id in proposed:
            parts = {**parts_for(public, proposed[place.record_id]), **parts}
        for erasure in erased.get(place.record_id, ()):
            parts.pop(erasure.path, None)
        record_rows.append(
            {
                "record_id": place.record_id,
                "log_index": place.index,
                "type_number": public.NUMBER,
                "log_time": place.log_time,
                "leaf_hash": place.leaf_hash,
                "signatures": entry.signed.signature_bytes(),
                "message": public.to_text(),
            }
        )
        opening_rows += rows_for(place.record_id, parts)
        index_rows += [{"kind": c.kind, "key": c.key, "log_index": place.index} for c in entry.concerns]
        slot_rows += [{"scope": s.scope, "sequence": s.sequence, "record_id": place.record_id} for s in entry.slots]
        if entry.relay:
            outbox_rows.append(
                outbox.new_row(place.record_id, place.index, public.NUMBER, entry.submit_by, waits=entry.waits)
            )
    for table, rows in (
        (records, record_rows),
        (openings, opening_rows),
        (record_index, index_rows),
        (pending, slot_rows),
        (outbox_table, outbox_rows),
    ):
        insert_many(connection, table, rows)
    outcomes.note(
        connection,
        (
            (entry.record_id, entry.signed.record, place.index)
            for entry, place in accepted
            if isinstance(entry.signed.record, Outcome)
        ),
    )
    outbox.settle(connection, freed)
