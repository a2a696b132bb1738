"""Transactions to the chain: raw bytes and hash are stored before they are sent, and looked up ever after.

Once one is in a final block of the embedded chain, its bytes are in that chain's file and no longer here.

An intent is text that names what the transaction is for, such as ``record:0x…`` or ``anchor:0x…:128``. One that carries
several records has the hash of their ids in its name, see `name_of`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, text, update

from ledger.common.ids import RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.store.rows import chunks, selection, some
from ledger.store.tables import MAY_BE_MINED, carried, transactions

STORED, SENT, UNKNOWN, MINED, DROPPED = "stored", "sent", "unknown", "mined", "dropped"
OPEN = (STORED, SENT, UNKNOWN)
"""May still be mined."""


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """`sender`: 20 bytes; `hash`: 32; `record_ids`: what it carries, in its order; none for an anchor and the like."""

    intent: str
    record_ids: tuple[RecordId, ...]
    sender: bytes
    nonce: int
    raw: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """`state`: stored (may or may not have been sent), sent, unknown (ask the node), mined, dropped (can never be).

    `record_id` is the only record that it carries; for one that carries several, ask `records_of`. `raw` is empty where
    it was left to the chain.
    """

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
            "record_id": t.record_ids[0] if len(t.record_ids) == 1 else None,
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
    several = [
        {"sender": t.sender, "nonce": t.nonce, "position": position, "record_id": record_id}
        for t in new
        if len(t.record_ids) > 1
        for position, record_id in enumerate(t.record_ids)
    ]
    if several:
        connection.execute(carried.insert(), several)


def name_of(record_ids: Sequence[bytes]) -> str:
    """The intent of a transaction that carries these records."""
    if len(record_ids) == 1:
        return f"record:{to_hex(record_ids[0])}"
    return f"records:{to_hex(keccak256(b''.join(record_ids)))}"


def of_record(connection: Connection, record_id: RecordId) -> list[StoredTransaction]:
    """Every transaction that carries the record, alone or with others, the oldest first."""
    t = transactions.c
    among = select(t.id).join(carried, (carried.c.sender == t.sender) & (carried.c.nonce == t.nonce))
    query = (
        selection(transactions, StoredTransaction)
        .where((t.record_id == record_id) | t.id.in_(among.where(carried.c.record_id == record_id)))
        .order_by(t.id)
    )
    return some(connection, query, StoredTransaction)


def under_way(connection: Connection, record_ids: Iterable[RecordId], followed: int) -> set[RecordId]:
    """Those of the records that a transaction carries which may still be mined, or was after the block `followed`."""
    t = transactions.c
    moving = t.state.in_(OPEN) | ((t.state == MINED) & (t.block_number > followed))
    together = select(carried.c.record_id).join(
        transactions, (carried.c.sender == t.sender) & (carried.c.nonce == t.nonce)
    )
    result: set[RecordId] = set()
    for chunk in chunks(record_ids):
        result |= set(connection.scalars(select(t.record_id).where(t.record_id.in_(chunk), moving)))
        result |= set(connection.scalars(together.where(carried.c.record_id.in_(chunk), moving)))
    return result


def records_of(connection: Connection, stored: Sequence[StoredTransaction]) -> dict[bytes, tuple[RecordId, ...]]:
    """What each transaction carries, by its hash, in its order; without those that carry nothing."""
    result = {t.hash: (t.record_id,) for t in stored if t.record_id is not None}
    by_place = {(t.sender, t.nonce): t.hash for t in stored if t.record_id is None}
    several: dict[bytes, list[RecordId]] = {}
    for chunk in chunks(by_place):
        query = (
            select(carried.c.sender, carried.c.nonce, carried.c.record_id)
            .where(carried.c.sender.in_({sender for sender, _ in chunk}), carried.c.nonce.in_([n for _, n in chunk]))
            .order_by(carried.c.position)
        )
        for sender, nonce, record_id in connection.execute(query):
            if (sender, nonce) in by_place:
                several.setdefault(by_place[sender, nonce], []).append(record_id)
    return result | {key: tuple(ids) for key, ids in several.items()}


_OF_SENDER = selection(transactions, StoredTransaction).where(transactions.c.sender == bindparam("sender"))
_UNFINISHED = _OF_SENDER.where(text(MAY_BE_MINED)).order_by(transactions.c.nonce).limit(bindparam("most"))
_DROPPED = _OF_SENDER.where(transactions.c.state == DROPPED).order_by(transactions.c.id.desc()).limit(bindparam("most"))


def unfinished(connection: Connection, sender: bytes, limit: int = 1000) -> list[StoredTransaction]:
    """The sender's transactions that are neither mined nor dropped, by nonce."""
    return some(connection, _UNFINISHED, StoredTransaction, sender=sender, most=limit)


def dropped(connection: Connection, sender: bytes, limit: int) -> list[StoredTransaction]:
    """The sender's newest transactions that were given up."""
    return some(connection, _DROPPED, StoredTransaction, sender=sender, most=limit)


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


def leave_to_chain(connection: Connection, hashes: Sequence[bytes]) -> None:
    """Forget the bytes of transactions that are in a final block of a chain which keeps them."""
    for chunk in chunks(hashes):
        where = (transactions.c.hash.in_(chunk), transactions.c.state == MINED)
        connection.execute(update(transactions).where(*where).values(raw=b""))


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


_HIGHEST_NONCE = select(func.max(transactions.c.nonce)).where(transactions.c.sender == bindparam("sender"))


def next_nonce(connection: Connection, sender: bytes) -> int:
    """One more than the highest nonce ever stored for `sender`, 0 when there is none."""
    highest = connection.scalar(_HIGHEST_NONCE, {"sender": sender})
    return 0 if highest is None else highest + 1
