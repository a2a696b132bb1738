"""Final outcomes by record and item. The first stands; `codes.NOT_FINAL` are none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import cast

from sqlalchemy import Connection, bindparam, select, text

from ledger.codes import NOT_FINAL
from ledger.common.ids import RecordId
from ledger.records.types import Outcome
from ledger.store import records
from ledger.store.projections import projected
from ledger.store.projections.projected import outcomes
from ledger.store.rows import among, chunks, insert_new, many, selection
from ledger.store.tables import records as stored


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What the chain made of one item. `outcome` is a number of `codes.Outcome`; `log_index` that of the leaf."""

    record_id: RecordId
    item: int
    outcome: int
    outcome_record: RecordId
    block_number: int
    block_time: int
    transaction: bytes
    log_index: int


_OF_TYPES = (
    selection(outcomes, ItemOutcome)
    .where(outcomes.c.type_number.in_(bindparam("types", expanding=True)))
    .where(outcomes.c.log_index >= bindparam("since"), outcomes.c.item == 0)
    .order_by(outcomes.c.log_index)
)
"""Kept: it is asked for with every record that comes, and to put it together takes as long as to run it."""


def of(connection: Connection, record_id: RecordId) -> list[ItemOutcome]:
    """The final outcomes known of `record_id`, by item; items still waiting are missing."""
    return many(connection, outcomes, ItemOutcome, outcomes.c.record_id == record_id, order=(outcomes.c.item,))


def of_many(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, list[ItemOutcome]]:
    """As `of` for several records; those without an outcome are missing."""
    result: dict[RecordId, list[ItemOutcome]] = {}
    for row in among(connection, outcomes, ItemOutcome, outcomes.c.record_id, record_ids):
        result.setdefault(row.record_id, []).append(row)
    for items in result.values():
        items.sort(key=_by_item)
    return result


_by_item = attrgetter("item")


def of_types(connection: Connection, types: Sequence[int], since: int) -> list[ItemOutcome]:
    """First-item outcomes of records of `types` whose outcome leaf has a log index from `since` on, in log order."""
    found = connection.execute(_OF_TYPES, {"types": types, "since": since})
    return [ItemOutcome(*row) for row in found]


def in_block(connection: Connection, block: int, limit: int) -> list[RecordId]:
    """The records that have an outcome in this block, at most `limit`, in the order of the log."""
    query = (
        select(outcomes.c.record_id)
        .where(outcomes.c.block_number == block, text(projected.FIRST_ITEM))
        .order_by(outcomes.c.log_index)
        .limit(limit)
    )
    return [RecordId(found) for found in connection.scalars(query)]


def note(connection: Connection, leaves: Iterable[tuple[RecordId, Outcome, int]]) -> None:
    """Enter the items that have none yet, of `Outcome` records with their ids and log indexes, in the log's order.

    The log calls this in the appending transaction.
    """
    known = list(leaves)
    types = _types_of(connection, {outcome.record for _, outcome, _ in known})
    rows: list[dict[str, object]] = [
        {
            "record_id": outcome.record,
            "item": item,
            "outcome": code,
            "outcome_record": outcome_id,
            "block_number": outcome.blockNumber,
            "block_time": outcome.blockTime,
            "transaction": outcome.transaction,
            "log_index": log_index,
            "type_number": types.get(outcome.record, 0),
        }
        for outcome_id, outcome, log_index in known
        for item, code in enumerate(outcome.outcomes)
        if code not in NOT_FINAL
    ]
    insert_new(connection, outcomes, rows)


def _types_of(connection: Connection, record_ids: Iterable[bytes]) -> dict[bytes, int]:
    result: dict[bytes, int] = {}
    for chunk in chunks(record_ids):
        rows = connection.execute(select(stored.c.record_id, stored.c.type_number).where(stored.c.record_id.in_(chunk)))
        result |= {bytes(record_id): number for record_id, number in rows}
    return result


def rebuild(connection: Connection) -> None:
    """Enter the outcomes of every `Outcome` record of the log, in log order."""
    for some_rows in chunks(records.stream(connection, types=[Outcome.NUMBER])):
        note(connection, ((row.record_id, cast(Outcome, row.record), row.log_index) for row in some_rows))
