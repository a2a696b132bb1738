"""How far the chain has been followed. Written in the transaction that appends what the blocks held.

It goes back only to read again what was missed: taking blocks in a second time adds nothing.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam

from ledger.store.rows import insert_one, selection, some, values_of
from ledger.store.rows import put as put_rows
from ledger.store.tables import chain_cursor

FOLLOWER = "follower"
"""How far the follower has come."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to and including `block` is in the log."""

    name: str
    block: int
    block_hash: bytes


_NAMED = selection(chain_cursor, Cursor).where(chain_cursor.c.name == bindparam("name"))


def get(connection: Connection, name: str) -> Cursor | None:
    found = some(connection, _NAMED, Cursor, name=name)
    return found[0] if found else None


def put(connection: Connection, name: str, block: int, block_hash: bytes) -> None:
    put_rows(connection, chain_cursor, [Cursor(name, block, block_hash)])


def advance(connection: Connection, since: Cursor | None, reached: Cursor) -> bool:
    """Move a cursor from `since` (None: it does not exist yet) to `reached`; False where it stands elsewhere."""
    if since is None:
        return insert_one(connection, chain_cursor, values_of(reached))
    c = chain_cursor.c
    there = chain_cursor.update().where(c.name == since.name, c.block == since.block, c.block_hash == since.block_hash)
    return connection.execute(there.values(**values_of(reached))).rowcount == 1


def rewind(connection: Connection, name: str, block: int, block_hash: bytes) -> None:
    """Follow the chain again from behind `block`, if it was followed further."""
    cursor = get(connection, name)
    if cursor is not None and cursor.block > block:
        put(connection, name, block, block_hash)
