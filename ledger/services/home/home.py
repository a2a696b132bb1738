"""A home that is open: what every service is given, in one object."""

from dataclasses import dataclass
from functools import cached_property

from ledger.chain.client import ChainReader
from ledger.chain.deploy import Deployment
from ledger.common.ids import LogId
from ledger.records.signing import Domain
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import Consortium
from ledger.services.home.settings import Settings
from ledger.services.home.write_guard import WriteGuard
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

    @cached_property
    def guard(self) -> WriteGuard:
        """Whether this process may write here, and the time by which it does."""
        return WriteGuard(self.clock, self.settings.clock_tolerance)

    def close(self) -> None:
        self.chain.close()
        self.database.close()
