"""Transactions to the chain: raw bytes and hash are stored before they are sent, and looked up ever after.

An intent is text that names what the transaction is for, such as ``record:0x…`` or ``anchor:0x…:128``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from ledger.common.ids import RecordId
from ledger.store.rows import columns, many, some
from ledger.store.tables import transactions

STORED, SENT, UNKNOWN, MINED, DROPPED = "stored", "sent", "unknown", "mined", "dropped"
OPEN = (STORED, SENT, UNKNOWN)
"""May still be mined."""


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """`sender`: 20 bytes; `hash`: 32; `record_id`: the record it carries, None for an anchor and the like."""

    intent: str
    record_id: RecordId | None
    sender: bytes
    nonce: int
    raw: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """`state`: stored (may or may not have been sent), sent, unknown (ask the node), mined, dropped (can never be)."""

    id: int
    intent: str
    record_id: RecordId | None
    sender: bytes
    nonce: int
    raw: bytes
    hash: bytes
    state: str
    created_at: int
    block_number: int | None
    problem: str


def store(connection: Connection, new: Sequence[NewTransaction], now: int) -> None:
    """Keep signed transactions; commit, and only then send them."""
    rows = [
        {
            "intent": t.intent,
            "record_id": t.record_id,
            "sender": t.sender,
            "nonce": t.nonce,
            "raw": t.raw,
            "hash": t.hash,
            "state": STORED,
            "created_at": now,
            "block_number": None,
            "problem": "",
        }
        for t in new
    ]
    if rows:
        connection.execute(transactions.insert(), rows)


def of_record(connection: Connection, record_id: RecordId) -> list[StoredTransaction]:
    return many(
        connection, transactions, StoredTransaction, transactions.c.record_id == record_id, order=(transactions.c.id,)
    )


def unfinished(connection: Connection, sender: bytes, limit: int = 1000) -> list[StoredTransaction]:
    """The sender's transactions that are neither mined nor dropped, by nonce."""
    query = (
        select(*columns(transactions, StoredTransaction))
        .where(transactions.c.sender == sender, transactions.c.state.in_(OPEN))
        .order_by(transactions.c.nonce)
        .limit(limit)
    )
    return some(connection, query, StoredTransaction)


def dropped(connection: Connection, sender: bytes, limit: int) -> list[StoredTransaction]:
    """The sender's newest transactions that were given up."""
    query = (
        select(*columns(transactions, StoredTransaction))
        .where(transactions.c.sender == sender, transactions.c.state == DROPPED)
        .order_by(transactions.c.id.desc())
        .limit(limit)
    )
    return some(connection, query, StoredTransaction)


def update_state(
    connection: Connection,
    hashes: Sequence[bytes],
    state: str,
    *,
    block_number: int | None = None,
    problem: str = "",
) -> None:
    """Note what became of transactions."""
    values = {"state": state, "block_number": block_number, "problem": problem}
    connection.execute(update(transactions).where(transactions.c.hash.in_(list(hashes))).values(**values))


def replace(connection: Connection, refused: bytes, raw: bytes, transaction_hash: bytes) -> None:
    """Put other bytes of the same intent and nonce in the place of the transaction with the hash `refused`.

    Of two transactions with one nonce, one at most is ever in a block.
    """
    values = {"raw": raw, "hash": transaction_hash, "state": STORED, "problem": ""}
    connection.execute(update(transactions).where(transactions.c.hash == refused).values(**values))


def has_nonce(connection: Connection, sender: bytes, nonce: int) -> bool:
    """Whether a transaction with this nonce was ever stored for `sender`."""
    where = (transactions.c.sender == sender, transactions.c.nonce == nonce)
    return bool(connection.scalar(select(func.count()).select_from(transactions).where(*where)))


def next_nonce(connection: Connection, sender: bytes) -> int:
    """One more than the highest nonce ever stored for `sender`, 0 when there is none."""
    highest = connection.scalar(select(func.max(transactions.c.nonce)).where(transactions.c.sender == sender))
    return 0 if highest is None else highest + 1
