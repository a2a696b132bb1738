"""How far the chain has been followed. Written in the transaction that appends what the blocks held."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.store.rows import one
from ledger.store.rows import put as put_rows
from ledger.store.tables import chain_cursor


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to and including `block` is in the log."""

    name: str
    block: int
    block_hash: bytes


def get(connection: Connection, name: str) -> Cursor | None:
    return one(connection, chain_cursor, Cursor, chain_cursor.c.name == name)


def put(connection: Connection, name: str, block: int, block_hash: bytes) -> None:
    put_rows(connection, chain_cursor, [Cursor(name, block, block_hash)])
