"""A desk to read at: everything that can be asked of a home's store, log and chain.

It needs no lock, so it works beside the process that serves the home. `Node` adds what writes.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ledger.chain.client import ChainReader
from ledger.chain.embedded import EmbeddedReader
from ledger.chain.rpc import RpcChain
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.log.signed_note import parse_checkpoint
from ledger.records.types import BY_NUMBER
from ledger.services.figures.bonuses import Bonuses
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import EMBEDDED_CHAIN_ID, Consortium, open_keys, read_consortium
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.intake.sequencer import Sequencer
from ledger.services.products.lookup import Products
from ledger.services.products.recalls import Recalls
from ledger.services.publish.publisher import Publisher
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.enrolments import Enrolling
from ledger.services.state.partner_names import Names
from ledger.services.views.records import Reading
from ledger.store import checkpoints, log, records
from ledger.store.database import Database


def open_reader(settings: Settings, clock: Clock | None = None) -> ChainReader:
    """The chain that the settings name, for reading only."""
    if settings.chain != EMBEDDED:
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    now = clock.now if clock else None
    return EmbeddedReader(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, now=now)


class Desk:
    """What `lading export`, `penalties`, `scores` and the like work with; `close` when done."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        db: Database | None = None,
        chain: ChainReader | None = None,
        read_only: bool = True,
    ) -> None:
        """Without `db` and `chain` both are opened for reading only; with `read_only` false, files can be kept in `db`.

        Raises `Misconfigured` when there is no consortium in this home, or its keys, database or chain do not open.
        """
        self.settings = settings
        self.clock = clock or SystemClock()
        self.consortium: Consortium = read_consortium(settings.home)
        self.keys = open_keys(settings, self.consortium.log.origin)
        self.domain = self.consortium.deployment.domain()
        self.db = db or Database(settings.database_url, read_only=read_only)
        self.chain = chain or open_reader(settings, self.clock)
        self._wire_reading()

    def _wire_reading(self) -> None:
        deployment = self.consortium.deployment
        home, genesis = self.settings.home, self.consortium.genesis
        self.registry = CurrentRegistry(genesis, self.clock)
        self.sequencer = Sequencer(self.db, self.keys.log, self.clock)
        self.publisher = Publisher(self.db, self.keys.log, home / "log", home / "keys" / "highest-checkpoint")
        self.book = ContractBook(self.chain, deployment)
        self.reading = Reading(self.db, self.registry, self.sequencer, self.domain)
        self.enrolment = Enrolling(self.db, self.registry, genesis.consortium_id, self.clock)
        self.numbers = Numbers(self.db, self.registry, self.domain, self.clock, self.reading)
        self.products = Products(self.db, self.registry, self.domain, self.clock, self.reading)
        self.recalls = Recalls(self.db, self.registry, Names(self.registry, genesis.consortium_id))
        self.bonuses = Bonuses(self.db, self.chain, deployment.contracts[ContractKind.BONUS], self.reading)

    def close(self) -> None:
        self.chain.close()
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what the log shows --------------------------------------------------------------------------------

    def checkpoint_note(self) -> bytes:
        """The newest checkpoint as a signed note; raises `NotFound` before the first."""
        published = self.publisher.current()
        if published is None:
            raise NotFound("nothing is published yet", where="checkpoint")
        return published.note

    def tile(self, path: str) -> bytes:
        """A published tile or entry bundle; raises `NotFound` for any other path."""
        base = (self.settings.home / "log" / "tile").resolve()
        wanted = (base / path).resolve()
        if not wanted.is_relative_to(base) or not wanted.is_file():
            raise NotFound("no such tile", where="tile", found=path[:120])
        return Path(wanted).read_bytes()

    def proof(self, index: int, size: int | None) -> dict[str, Any]:
        """An inclusion proof as JSON; raises `NotFound` while the leaf or the tree is not published."""
        published = self.publisher.current()
        tree = size or (published.head.size if published else 0)
        if published is None or not index < tree <= published.head.size:
            raise NotFound("not under a checkpoint yet", where="index", expected=f"below {tree}", found=index)
        with self.db.read() as connection:
            row = records.at(connection, index)
        return {
            "index": index,
            "size": tree,
            "leafHash": to_hex(row.leaf_hash) if row else "",
            "root": to_hex(self.publisher.root(tree)),
            "proof": [to_hex(h) for h in self.publisher.inclusion_proof(index, tree)],
            "checkpoint": published.note.decode() if tree == published.head.size else None,
        }

    def log_state(self) -> dict[str, Any]:
        with self.db.read() as connection:
            head = log.head(connection)
            anchored = checkpoints.latest_anchored(connection)
            counts = {BY_NUMBER[n].__name__: count for n, count in sorted(records.count_by_type(connection).items())}
        published = self.publisher.current()
        return {
            "origin": self.consortium.log.origin,
            "logId": to_hex(self.consortium.log.log_id),
            "publicKey": to_hex(self.consortium.log.public_key),
            "verifierKey": self.consortium.log.verifier_key(),
            "size": head.size,
            "published": {"size": published.head.size, "root": to_hex(published.head.root)} if published else None,
            "anchored": (
                {
                    "size": anchored.size,
                    "block": anchored.anchored_block,
                    "transaction": to_hex(anchored.anchored_transaction or b""),
                }
                if anchored
                else None
            ),
            "records": counts,
            "witnesses": self.witness_state(),
        }

    def witness_state(self) -> dict[str, Any] | None:
        """Who has cosigned the published checkpoint and when, and who was away; None where nobody is asked.

        `problem`: what went wrong the last time, as far as this process has asked.
        """
        if self.consortium.witnesses is None:
            return None
        policy = self.consortium.witnesses.policy
        published = self.publisher.current()
        cosignatures = policy.cosignatures(parse_checkpoint(published.note)) if published else ()
        times = {cosignature.witness: cosignature.time for cosignature in cosignatures}
        problems = self.publisher.witnesses.problems() if self.publisher.witnesses else {}
        return {
            "threshold": policy.threshold,
            "cosignedAt": policy.time_of(cosignatures),
            "missing": max(0, policy.threshold - len(cosignatures)),
            "witnesses": [
                {
                    "name": key.name,
                    "verifierKey": key.verifier_key(),
                    "cosignedAt": times.get(key),
                    "problem": problems.get(key.name, ""),
                }
                for key in policy.keys
            ],
        }

    def anchors(self, limit: int) -> list[checkpoints.StoredCheckpoint]:
        """The newest checkpoints that the chain has anchored, newest first."""
        with self.db.read() as connection:
            return checkpoints.anchored(connection, limit)
