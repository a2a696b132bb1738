"""A home that is open: what every service is given, in one object."""

from dataclasses import dataclass
from functools import cached_property

from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.deploy import Deployment
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.rpc import RpcChain
from ledger.common.ids import LogId
from ledger.records.signing import Domain
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import EMBEDDED_CHAIN_ID, Consortium
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.store.database import Database


@dataclass(frozen=True)
class Home:
    """Settings, the consortium founded here, and the open database and chain. Secrets are not part of it."""

    settings: Settings
    consortium: Consortium
    database: Database
    chain: ChainReader
    clock: Clock

    @property
    def deployment(self) -> Deployment:
        return self.consortium.deployment

    @property
    def log_id(self) -> LogId:
        return self.consortium.log.log_id

    @cached_property
    def domain(self) -> Domain:
        """That of evidence, and of money under the first bonus pool."""
        return self.deployment.domain()

    def close(self) -> None:
        self.chain.close()
        self.database.close()


def open_chain(settings: Settings, clock: Clock) -> ChainClient:
    """The chain that the settings name; the embedded one begins now if it is new."""
    if settings.chain != EMBEDDED:
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    return EmbeddedChain(
        settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, genesis_time=clock.now() - 1, now=clock.now
    )


def open_chain_reader(settings: Settings, clock: Clock | None = None) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain != EMBEDDED:
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    now = clock.now if clock else None
    return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, now=now)
