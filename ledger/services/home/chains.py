"""The chain that the settings name, opened."""

import threading
from typing import Any, cast

from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable
from ledger.records.evidence import EMBEDDED_CHAIN_ID
from ledger.services.home.clock import Clock
from ledger.services.home.settings import EMBEDDED, Settings


def open_chain(settings: Settings, clock: Clock, *, begin: bool = False) -> ChainClient:
    """The chain that the settings name; with `begin`, the embedded one begins now if it is new.

    A network whose node does not answer is asked again at each use. Raises `StorageFailed` when there is no embedded
    chain and none shall begin.
    """
    if settings.chain != EMBEDDED:
        try:
            return _network(settings)
        except ChainUnavailable:
            return cast("ChainClient", _AwayNetwork(settings))
    return EmbeddedChain(
        settings.home / "chain.db",
        chain_id=EMBEDDED_CHAIN_ID,
        genesis_time=clock.now() - 1 if begin else None,
        now=clock.now,
    )


def open_chain_reader(settings: Settings, clock: Clock | None = None) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain != EMBEDDED:
        return _network(settings)
    now = clock.now if clock else None
    return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, now=now)


def _network(settings: Settings) -> RpcChain:
    return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)


class _AwayNetwork:
    """A network of which nobody could say yet what it is: a `ChainClient` once its node answers, `ChainUnavailable` at
    every use until then.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._network: RpcChain | None = None

    def __getattr__(self, name: str) -> Any:
        with self._turn:
            if self._network is None:
                self._network = _network(self._settings)
        return getattr(self._network, name)

    def close(self) -> None:
        if self._network is not None:
            self._network.close()
