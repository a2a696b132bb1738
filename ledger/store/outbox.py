"""What waits for the chain: one row a record with a chain track, written in the commit that accepted it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, update

from ledger.common.ids import RecordId
from ledger.store import pending
from ledger.store.rows import chunks, many, one, selection, some
from ledger.store.tables import outbox, record_index, records

PENDING, SENT, WAITING, FINAL = STATES = ("pending", "sent", "waiting", "final")
NEVER = 2**53 - 1
"""As `next_try`: only when something that the record concerns changes."""
_DUE = (PENDING, WAITING)
_OPEN = (PENDING, SENT, WAITING)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """`state`: pending (to be submitted when `next_try` has come), sent (a transaction is out), waiting (for another
    record, looked at again when `next_try` has come), final.

    `submit_by` 0 means no limit. `problem` says what happened last, in words.
    """

    record_id: RecordId
    log_index: int
    type_number: int
    state: str
    attempts: int
    next_try: int
    submit_by: int
    problem: str


def new_row(
    record_id: RecordId, log_index: int, type_number: int, submit_by: int, *, waits: bool = False
) -> dict[str, object]:
    return {
        "record_id": record_id,
        "log_index": log_index,
        "type_number": type_number,
        "state": WAITING if waits else PENDING,
        "attempts": 0,
        "next_try": 0,
        "submit_by": submit_by,
        "problem": "",
    }


def get(connection: Connection, record_id: RecordId) -> OutboxRow | None:
    return one(connection, outbox, OutboxRow, outbox.c.record_id == record_id)


def get_many(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, OutboxRow]:
    """Those of `record_ids` that have a row."""
    result: dict[RecordId, OutboxRow] = {}
    for chunk in chunks(record_ids):
        rows = many(connection, outbox, OutboxRow, outbox.c.record_id.in_(chunk))
        result |= {row.record_id: row for row in rows}
    return result


def without_final(connection: Connection, record_ids: Iterable[RecordId]) -> set[RecordId]:
    """Those of `record_ids` that have a row and no final outcome."""
    result: set[RecordId] = set()
    for chunk in chunks(record_ids):
        query = select(outbox.c.record_id).where(outbox.c.record_id.in_(chunk), outbox.c.state != FINAL)
        result |= set(connection.scalars(query))
    return result


_IN_STATE = (
    selection(outbox, OutboxRow)
    .where(outbox.c.state == bindparam("state"), outbox.c.log_index > bindparam("after"))
    .order_by(outbox.c.log_index)
    .limit(bindparam("most"))
)
_IN_STATE_AND_DUE = _IN_STATE.where(outbox.c.next_try <= bindparam("now"))


def due(connection: Connection, now: int, limit: int, after: int = -1) -> list[OutboxRow]:
    """Pending and waiting rows whose next try has come, in log order from beyond index `after`."""
    asked = {"after": after, "most": limit, "now": now}
    # Of each state apart, as the index has them: of both at once, the whole backlog would be sorted.
    rows = [row for state in _DUE for row in some(connection, _IN_STATE_AND_DUE, OutboxRow, state=state, **asked)]
    return sorted(rows, key=lambda row: row.log_index)[:limit]


def in_state(connection: Connection, state: str, limit: int, after: int = -1) -> list[OutboxRow]:
    """Rows in `state`, in log order from beyond index `after`."""
    return some(connection, _IN_STATE, OutboxRow, state=state, after=after, most=limit)


def left(connection: Connection) -> int:
    """How many rows have no final outcome."""
    query = select(func.count()).select_from(outbox).where(outbox.c.state.in_((PENDING, SENT, WAITING)))
    return int(connection.scalar(query) or 0)


def under_way(connection: Connection, now: int) -> int:
    """How many rows are due to be submitted, or were, and have no final outcome."""
    due = (outbox.c.state == PENDING) & (outbox.c.next_try <= now)
    return connection.scalar(select(func.count()).select_from(outbox).where((outbox.c.state == SENT) | due)) or 0


def oldest_under_way(connection: Connection) -> int | None:
    """When the first record was logged that is to be submitted, or was, and has no final outcome; None without any."""
    first = select(func.min(outbox.c.log_index)).where(outbox.c.state.in_((PENDING, SENT))).scalar_subquery()
    return connection.scalar(select(records.c.log_time).where(records.c.log_index == first))


def waiting(
    connection: Connection, kind: str = "", key: str = "", *, types: Sequence[int] = (), after: int = -1, limit: int
) -> list[OutboxRow]:
    """Rows that wait for other records, in log order from beyond index `after`: those that concern (`kind`, `key`) of
    `ledger.records.index_keys` if one is named, of `types` if any are."""
    query = selection(outbox, OutboxRow).where(outbox.c.state == WAITING, outbox.c.log_index > after)
    if kind:
        index = record_index.c
        query = query.join(record_index, index.log_index == outbox.c.log_index).where(
            index.kind == kind, index.key == key
        )
    if types:
        query = query.where(outbox.c.type_number.in_(types))
    return some(connection, query.order_by(outbox.c.log_index).limit(limit), OutboxRow)


def unfinished(connection: Connection, kind: str, key: str, *, limit: int) -> list[OutboxRow]:
    """Rows without a final outcome that concern (`kind`, `key`) of `ledger.records.index_keys`, newest first."""
    index = record_index.c
    query = (
        selection(outbox, OutboxRow)
        .join(record_index, index.log_index == outbox.c.log_index)
        .where(index.kind == kind, index.key == key, outbox.c.state.in_(_OPEN))
    )
    # In the order of the entries that name what is asked about, each of which the outbox's index finds by its state.
    return some(connection, query.order_by(index.log_index.desc()).limit(limit), OutboxRow)


def postpone(
    connection: Connection, record_ids: Iterable[RecordId], next_try: int, problem: str, *, state: str = PENDING
) -> None:
    """Back to `state`, one attempt more, not before `next_try`."""
    values = {"state": state, "attempts": outbox.c.attempts + 1, "next_try": next_try, "problem": problem}
    _change(connection, record_ids, values)


def put_back(connection: Connection, record_ids: Iterable[RecordId]) -> None:
    """Due, as if never submitted: nobody judged them, and the sequences that they hold stay theirs."""
    _change(connection, record_ids, {"state": PENDING, "next_try": 0, "problem": ""})


def rest(connection: Connection, row: OutboxRow, problem: str) -> None:
    """Wait until something that the record concerns changes, and for one try after its `submit_by`, if it has one."""
    again = row.submit_by + 1 if row.submit_by else NEVER
    _change(connection, [row.record_id], {"state": WAITING, "next_try": again, "problem": problem})


def wake(connection: Connection, shipments: Collection[str] | None = None) -> None:
    """Pending and waiting rows are due: those that concern `shipments` (0x-hex), or all of them."""
    waiting = (outbox.c.state.in_(_DUE), outbox.c.next_try > 0)
    if connection.scalar(select(func.count()).select_from(outbox).where(*waiting)) == 0:
        return
    if shipments is None:
        connection.execute(update(outbox).where(*waiting).values(next_try=0))
        return
    for chunk in chunks(shipments):
        index = record_index.c
        about = select(index.log_index).where(index.kind == "shipment", index.key.in_(chunk))
        connection.execute(update(outbox).where(*waiting, outbox.c.log_index.in_(about)).values(next_try=0))


def mark_sent(connection: Connection, record_ids: Iterable[RecordId]) -> None:
    """A transaction that carries them is stored; the follower, or the relayer's look at it, decides what comes next."""
    _change(connection, record_ids, {"state": SENT, "problem": ""})


def settle(connection: Connection, record_ids: Iterable[RecordId], problem: str = "") -> None:
    """Final: nothing is submitted any more, and the slots that the records held are free."""
    ids = list(record_ids)
    _change(connection, ids, {"state": FINAL, "problem": problem})
    pending.free(connection, ids)


def _change(connection: Connection, record_ids: Iterable[RecordId], values: dict[str, object]) -> None:
    for chunk in chunks(record_ids):
        connection.execute(
            update(outbox).where(outbox.c.record_id.in_(chunk), outbox.c.state != FINAL).values(**values)
        )
