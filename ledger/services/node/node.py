"""A node: one home's store, log, chain and services, wired together.

`tick` carries everything one round on: what was accepted into the tree, to the chain, and what the chain said back
into the log and the projections. `start` does so in a background thread; scenarios and tests call `tick` themselves.
"""

import logging
import os
import secrets
import threading

from prometheus_client import CollectorRegistry, Gauge

from ledger.chain.client import ChainClient
from ledger.chain.contracts import encode_call, revert_reason
from ledger.chain.embedded import EmbeddedChain
from ledger.chain.rpc import RpcChain
from ledger.errors import LadingError, VerificationFailed
from ledger.records.signing import SignedRecord
from ledger.services.figures.award_files import claim_extras, extras_of
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import EMBEDDED_CHAIN_ID, read_consortium
from ledger.services.home.settings import Settings
from ledger.services.intake.submission import Submission
from ledger.services.node.reader import Desk
from ledger.services.publish.witnesses import Witnesses
from ledger.services.relay.anchorer import Anchorer
from ledger.services.relay.follower import Follower
from ledger.services.relay.foresight import Lookout
from ledger.services.relay.relayer import Relayer
from ledger.services.relay.sender import Sender
from ledger.services.state.projections import Projector
from ledger.store import checkpoints, log, migrate, outbox
from ledger.store.database import Database

trouble = logging.getLogger("lading.node")
PAUSE = 0.5
"""Seconds between rounds when nothing waits."""
MOST_ROUNDS = 50


def open_chain(settings: Settings, clock: Clock) -> ChainClient:
    """The chain that the settings name; the embedded one begins now if it is new."""
    if settings.chain != "embedded":
        return RpcChain(settings.chain, finality_depth=settings.finality_depth or None)
    return EmbeddedChain(
        settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, genesis_time=clock.now() - 1, now=clock.now
    )


class Node(Desk):
    """A home opened for writing: what serves, relays and anchors. Open it once per process; `close` when done."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Raises `Misconfigured` when there is no consortium in this home, or its keys or chain do not open."""
        read_consortium(settings.home)  # before anything is created in a home that is none
        chosen = clock or SystemClock()
        chain = open_chain(settings, chosen)
        super().__init__(settings, chosen, db=Database.open(settings.database_url), chain=chain)
        self.chain: ChainClient = chain
        self._wire_writing()
        if self.consortium.witnesses is not None:
            self.publisher.witnesses = Witnesses(self.consortium.witnesses)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._problem = ""
        self._publish_or_halt()
        with self.db.write() as connection:
            self.projector.catch_up(connection)
        self.sequencer.start()

    def _wire_writing(self) -> None:
        deployment = self.consortium.deployment
        log_id = self.consortium.log.log_id
        self.projector = Projector(self.registry)
        # The embedded chain's file lock lets only one process write: its lease may be taken over after a crash.
        embedded = self.settings.chain == "embedded"
        holder = "embedded" if embedded else f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self.follower = Follower(
            self.db,
            self.chain,
            self.sequencer,
            self.book,
            deployment,
            log_id,
            self.clock,
            project=self.projector.catch_up,
        )
        self.relayer = Relayer(
            self.db,
            self.chain,
            Sender(self.db, self.chain, self.keys.relayer, self.clock),
            self.sequencer,
            self.book,
            self.domain,
            self.clock,
            holder=holder,
            follow=self.follower.step,
            extras=claim_extras,
            foresee=Lookout(self.registry, self.clock),
        )
        self.anchorer = Anchorer(
            self.db,
            self.chain,
            Sender(self.db, self.chain, self.keys.anchor, self.clock),
            self.keys.anchor,
            self.publisher,
            self.book,
            self.domain,
            log_id,
            self.clock,
            holder=holder,
        )
        self.submission = Submission(self.db, self.sequencer, self.registry, self.domain, self.clock, self.preflight)
        self.metrics = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"lading_{name}", text, registry=self.metrics)
            for name, text in (
                ("log_size", "Leaves in the log"),
                ("published_size", "Leaves under the published checkpoint"),
                ("anchored_size", "Leaves under the newest anchored checkpoint"),
                ("outbox_waiting", "Records that have no final outcome on the chain yet"),
                ("chain_final_block", "Newest final block"),
                ("cosignatures_missing", "Cosignatures that the published checkpoint still needs for its quorum"),
                ("witnesses_away", "Witnesses that did not answer the last time they were asked"),
            )
        }

    # --- work ----------------------------------------------------------------------------------------------

    def tick(self, *, anchor: bool = True) -> bool:
        """One round; True when it moved anything. Raises `Unavailable` branches, after which the next round goes on."""
        relayed = self.relayer.step()
        followed = self.follower.step()
        self._project()
        if followed.appended:
            self.submission.complete_kept()
        self._publish()
        anchored = anchor and self._may_anchor() and self.anchorer.step().submitted
        if anchored:
            self.follower.step()
        return bool(relayed.submitted or followed.events or anchored)

    def _publish_or_halt(self) -> None:
        """Meet what was signed before anything is added: a restored backup must not grow into a second log."""
        try:
            self._publish()
        except VerificationFailed as error:
            self._problem = str(error)

    def _publish(self) -> None:
        try:
            self.publisher.publish(self.clock.now())
        except VerificationFailed as error:
            self.sequencer.halt(error)
            raise

    def _project(self) -> None:
        """Bring in the leaves of which no event tells: rejections, and what only the log takes."""
        with self.db.read() as connection:
            behind = migrate.projected_size(connection) < log.head(connection).size
        if behind:
            with self.db.write() as connection:
                self.projector.catch_up(connection)

    def _may_anchor(self) -> bool:
        """Whether the registry knows our anchor key by now; without it, the contract would refuse."""
        with self.db.read() as connection:
            view = self.registry.refreshed(connection).now()
        return view.anchor_key(self.consortium.log.log_id) == self.keys.anchor.address

    def settle(self) -> None:
        """Rounds until nothing moves any more; for scenarios and tests."""
        for _ in range(MOST_ROUNDS):
            if not self.tick(anchor=False):
                break
        self.tick()
        self.publisher.publish(self.clock.now())

    def start(self) -> None:
        """Work in the background until `stop`."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            thread.join()

    def close(self) -> None:
        self.stop()
        self.sequencer.stop()
        if self.publisher.witnesses is not None:
            self.publisher.witnesses.close()
        super().close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.tick()
                self._problem = ""
            except LadingError as error:
                busy = False
                if str(error) != self._problem:
                    trouble.warning("%s", error)
                self._problem = str(error)
            except Exception:  # noqa: BLE001 - the next line says why
                # A defect must not end the work for good; it is logged, seen in readiness, and tried again.
                busy = False
                self._problem = "an unforeseen error, see the log"
                trouble.exception("unforeseen error in the worker")
            if not busy:
                self._stop.wait(PAUSE)

    def preflight(self, signed: SignedRecord) -> str:
        """What the contract would say if the record were submitted now: the reason of its revert, or nothing.

        Nothing too when the contract cannot be asked: the relayer will find out.
        """
        try:
            with self.db.read() as connection:
                record_id = self.domain.record_id(signed.record)
                target = self.book.target(connection, signed.record, record_id)
                extras = extras_of(connection, signed)
            if target is None or extras is None:
                return ""
            result = self.chain.call(target, encode_call(signed, *extras), sender=self.keys.relayer.address)
        except LadingError as error:
            trouble.info("preflight: %s", error)
            return ""
        return "" if result.succeeded else str(revert_reason(result.output))

    # --- health --------------------------------------------------------------------------------------------

    def readiness(self) -> dict[str, str]:
        """A word for each part: `ok`, or what is wrong."""
        checks = {"database": "ok", "chain": "ok", "log": "ok", "worker": self._problem or "ok"}
        try:
            with self.db.read() as connection:
                log.head(connection)
        except LadingError as error:
            checks["database"] = str(error)
        try:
            self.chain.final()
        except LadingError as error:
            checks["chain"] = str(error)
        failure = self.sequencer.failure or self.publisher.failure
        if failure:
            checks["log"] = str(failure)
        return checks

    def measure(self) -> None:
        """Bring the metrics up to date."""
        with self.db.read() as connection:
            anchored = checkpoints.latest_anchored(connection)
            self._gauges["log_size"].set(log.head(connection).size)
            self._gauges["anchored_size"].set(anchored.size if anchored else 0)
            counts = outbox.counts(connection)
            self._gauges["outbox_waiting"].set(sum(count for state, count in counts.items() if state != outbox.FINAL))
        published = self.publisher.current()
        self._gauges["published_size"].set(published.head.size if published else 0)
        self._gauges["chain_final_block"].set(self.chain.final())
        witnesses = self.witness_state()
        self._gauges["cosignatures_missing"].set(witnesses["missing"] if witnesses else 0)
        self._gauges["witnesses_away"].set(sum(bool(w["problem"]) for w in witnesses["witnesses"]) if witnesses else 0)
