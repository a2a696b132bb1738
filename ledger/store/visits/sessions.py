"""Sessions of readers, by the hash of their token, and challenges that have served; both until they expire."""

from sqlalchemy import Connection, delete, select

from ledger.common.ids import KeyAddress
from ledger.store.rows import insert_one
from ledger.store.tables import challenges, sessions


def use(connection: Connection, nonce: str, expires: int) -> bool:
    """Note that the challenge with this nonce has served; False when it had before, in whatever process."""
    return insert_one(connection, challenges, {"nonce": nonce, "expires": expires})


def begin(connection: Connection, token_hash: bytes, key: KeyAddress, expires: int) -> None:
    connection.execute(sessions.insert().values(token_hash=token_hash, key=key, expires=expires))


def key_of(connection: Connection, token_hash: bytes, now: int) -> KeyAddress | None:
    """The key that signed in, while its session lasts."""
    query = select(sessions.c.key).where(sessions.c.token_hash == token_hash, sessions.c.expires >= now)
    key: bytes | None = connection.scalar(query)
    return None if key is None else KeyAddress(key)


def end(connection: Connection, token_hash: bytes) -> None:
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def remove_expired(connection: Connection, now: int) -> None:
    for table in (sessions, challenges):
        connection.execute(delete(table).where(table.c.expires < now))
