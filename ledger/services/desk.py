"""A home opened for reading only, beside whatever process serves it: for numbers, bundles and reports."""

from types import TracebackType

from ledger.chain.client import ChainReader
from ledger.chain.embedded import EmbeddedReader
from ledger.chain.rpc import RpcChain
from ledger.codes import ContractKind
from ledger.services.bonuses import Bonuses
from ledger.services.clock import Clock, SystemClock
from ledger.services.consortium import EMBEDDED_CHAIN_ID, open_keys, read_consortium
from ledger.services.numbers import Numbers
from ledger.services.publisher import Publisher
from ledger.services.reading import Reading
from ledger.services.registry_view import CurrentRegistry
from ledger.services.sequencer import Sequencer
from ledger.services.settings import EMBEDDED, Settings
from ledger.store.database import Database


class Desk:
    """The reading services of a node under the same names. Shows what the home's last commit left; changes nothing."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Raises `Misconfigured` when there is no consortium in this home, or its keys or chain do not open."""
        self.settings = settings
        self.clock = clock or SystemClock()
        self.consortium = read_consortium(settings.home)
        self.keys = open_keys(settings, self.consortium.log.origin)
        deployment = self.consortium.deployment
        self.domain = deployment.domain()
        self.db = Database(settings.database_url, read_only=True)
        self.chain = open_reader(settings)
        self.registry = CurrentRegistry(self.consortium.genesis, self.clock)
        self.publisher = Publisher(
            self.db, self.keys.log, settings.home / "log", settings.home / "keys" / "highest-checkpoint"
        )
        # Never started: it only makes receipts again.
        sequencer = Sequencer(self.db, self.keys.log, self.clock)
        self.reading = Reading(self.db, self.registry, sequencer, self.domain)
        self.numbers = Numbers(self.db, self.registry, self.domain, self.clock, self.reading)
        self.bonuses = Bonuses(self.db, self.chain, deployment.contracts[ContractKind.BONUS], self.reading)

    def close(self) -> None:
        self.chain.close()
        self.db.close()

    def __enter__(self) -> "Desk":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_reader(settings: Settings) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain == EMBEDDED:
        return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID)
    return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
