"""The chain that the settings name, opened."""

from collections.abc import Callable

from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.jsonrpc import HttpNode
from ledger.chain.nodes import Nodes, Place, nowhere
from ledger.chain.rpc import RpcChain
from ledger.errors import Misconfigured
from ledger.records.evidence import EMBEDDED_CHAIN_ID
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import Consortium
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.store import cursors
from ledger.store.database import Database

PATIENCE = 60
"""Seconds for which a command that reads a network goes on asking while no node answers."""
PlaceOf = Callable[[], Place | None]


def open_chain(
    settings: Settings, clock: Clock, *, begin: bool = False, place: PlaceOf = nowhere, patience: float = 0
) -> ChainClient:
    """The chain that the settings name; with `begin`, the embedded one begins now if it is new.

    Of a network nothing is asked yet; `place` and `patience` as in `Nodes`. Raises `StorageFailed` when there is no
    embedded chain and none shall begin.
    """
    if settings.chain != EMBEDDED:
        return _network(settings, place, patience)
    return EmbeddedChain(
        settings.home / "chain.db",
        chain_id=EMBEDDED_CHAIN_ID,
        genesis_time=clock.now() - 1 if begin else None,
        now=clock.now,
    )


def open_chain_reader(settings: Settings, clock: Clock | None = None, *, place: PlaceOf = nowhere) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain != EMBEDDED:
        return _network(settings, place, PATIENCE)
    now = clock.now if clock else None
    return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, now=now)


def place_of(consortium: Consortium, database: Database) -> Place:
    """How far this home has come on its chain: the block to which it was followed, or that of the deployment."""
    with database.read() as connection:
        cursor = cursors.get(connection, cursors.FOLLOWER)
    if cursor is None:
        return founded_at(consortium)
    return Place(consortium.deployment.chain_id, cursor.block, cursor.block_hash)


def founded_at(consortium: Consortium) -> Place:
    """Where the consortium's contracts were deployed: what its chain holds, for who has no database to ask."""
    deployment = consortium.deployment
    return Place(deployment.chain_id, deployment.block, deployment.block_hash)


def with_id(chain_id: int) -> Place:
    """The chain that a trust file names, for who knows no block of it yet."""
    return Place(chain_id)


def require_embedded(settings: Settings, what: str) -> None:
    """Raise `Misconfigured` when the settings name a network, which `what` cannot use."""
    if settings.chain != EMBEDDED:
        raise Misconfigured(
            f"{what} wants a chain of its own",
            where="LADING_CHAIN",
            expected=EMBEDDED,
            found="a network",
            mend="Unset LADING_CHAIN.",
        )


def require_shared(settings: Settings, what: str) -> None:
    """Raise `Misconfigured` unless the settings name a chain and a database that several processes can use at once."""
    if settings.chain == EMBEDDED:
        raise Misconfigured(
            f"{what} shares its chain with other processes, and the embedded chain is one process's alone",
            where="LADING_CHAIN",
            expected="the URLs of a network's nodes",
            found=EMBEDDED,
            mend="Use `lading serve`, which does all the work itself, or a network: docs/guides/network.md.",
        )
    if (file := Database.file_of(settings.database_url)) is not None:
        raise Misconfigured(
            f"{what} shares its database with other processes",
            where="LADING_DATABASE_URL",
            expected="postgresql+psycopg://…",
            found=f"SQLite, {file}",
            mend="Use `lading serve`, which does all the work itself, or PostgreSQL.",
        )


def _network(settings: Settings, place: PlaceOf, patience: float) -> RpcChain:
    nodes = Nodes([HttpNode(url) for url in settings.nodes], place, patience=patience)
    return RpcChain(nodes, finality_depth=settings.finality_depth or None, in_flight=settings.in_flight)
