"""Tables of two databases that are compared by pages, and rows that the driver puts in by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.services.audit.findings import paired
from ledger.store import rows as store_rows
from ledger.store import rowwise
from ledger.store.cursors import Cursor
from ledger.store.database import Connection, Database
from ledger.store.rowwise import PAGE, Row
from ledger.store.tables import chain_cursor, meta

Two = tuple[Connection, Connection]
Edit = Callable[[list[Row]], list[Row]]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    databases = [Database.scratch(tmp_path / name) for name in ("one.db", "other.db")]
    with databases[0].write() as one, databases[1].write() as other:
        yield one, other
    for database in databases:
        database.close()


def entries(count: int) -> list[Row]:
    return [{"name": f"{i:06}", "value": str(i)} for i in range(count)]


def changed(rows: list[Row], at: int) -> list[Row]:
    return [*rows[:at], {**rows[at], "value": "other"}, *rows[at + 1 :]]


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_of_tables_that_are_the_same_nothing_is_left(two: Two, count: int) -> None:
    for connection in two:
        rowwise.insert(connection, "meta", entries(count))
    assert [list(rows) for rows in rowwise.unlike(*two, "meta")] == [[], []]


EDITS: dict[str, Edit] = {
    "the first": lambda rows: changed(rows, 0),
    "one of the second page": lambda rows: changed(rows, PAGE + 7),
    "the last": lambda rows: changed(rows, len(rows) - 1),
    "the first gone": lambda rows: rows[1:],
    "one gone": lambda rows: rows[: PAGE + 3] + rows[PAGE + 4 :],
    "the last gone": lambda rows: rows[:-1],
    "a page gone": lambda rows: rows[:PAGE],
    "one more": lambda rows: [*rows, {"name": "z", "value": ""}],
    "all gone": lambda _: [],
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("turned", [False, True])
def test_every_difference_is_left(two: Two, edit: str, turned: bool) -> None:
    mine, theirs = entries(2 * PAGE), EDITS[edit](entries(2 * PAGE))
    if turned:
        mine, theirs = theirs, mine
    for connection, rows in zip(two, (mine, theirs), strict=True):
        rowwise.insert(connection, "meta", rows)
    whole = [pair for pair in paired(mine, theirs, ("name",)) if pair[0] != pair[1]]
    left = [pair for pair in paired(*rowwise.unlike(*two, "meta"), ("name",)) if pair[0] != pair[1]]
    assert left == whole
    assert whole


@pytest.mark.parametrize("count", [1, 50])
def test_few_rows_and_many_are_put_in_alike(two: Two, count: int) -> None:
    one = two[0]
    store_rows.insert_new(one, meta, [dict(row) for row in entries(count)])
    store_rows.insert_new(one, meta, [{"name": row["name"], "value": "later"} for row in entries(count + 1)])
    assert list(rowwise.stream(one, "meta")) == [*entries(count), {"name": f"{count:06}", "value": "later"}]
    for block in (1, 2):
        store_rows.put(one, chain_cursor, [Cursor(f"{i:02}", block, b"h") for i in range(count)])
    found = list(rowwise.stream(one, "chain_cursor"))
    assert [(row["name"], row["block"]) for row in found] == [(f"{i:02}", 2) for i in range(count)]
