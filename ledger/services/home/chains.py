"""The chain that the settings name, opened."""

from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.rpc import RpcChain
from ledger.records.evidence import EMBEDDED_CHAIN_ID
from ledger.services.home.clock import Clock
from ledger.services.home.settings import EMBEDDED, Settings


def open_chain(settings: Settings, clock: Clock, *, begin: bool = False) -> ChainClient:
    """The chain that the settings name; with `begin`, the embedded one begins now if it is new.

    Raises `StorageFailed` when there is none and none shall begin.
    """
    if settings.chain != EMBEDDED:
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    return EmbeddedChain(
        settings.home / "chain.db",
        chain_id=EMBEDDED_CHAIN_ID,
        genesis_time=clock.now() - 1 if begin else None,
        now=clock.now,
    )


def open_chain_reader(settings: Settings, clock: Clock | None = None) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain != EMBEDDED:
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    now = clock.now if clock else None
    return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, now=now)
