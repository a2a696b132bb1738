"""A node: one home's store, log, chain and services, wired together.

`tick` carries everything one round on: what was accepted into the tree, to the chain, and what the chain said back
into the log and the projections. `start` does so in a background thread; scenarios and tests call `tick` themselves.
"""

import logging
import os
import secrets
import threading

from prometheus_client import CollectorRegistry, Gauge

from ledger.chain.contracts import encode_call, revert_reason
from ledger.errors import LadingError, VerificationFailed
from ledger.records.signing import SignedRecord
from ledger.services.figures.award_files import claim_extras, extras_of
from ledger.services.home.chains import open_chain
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import bring_up_to_date, open_keys, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.intake.sequencer import Sequencer
from ledger.services.intake.submission import Submission
from ledger.services.node.reader import LedgerReader
from ledger.services.publish.witnesses import Witnesses
from ledger.services.relay.anchorer import Anchorer
from ledger.services.relay.follower import Follower
from ledger.services.relay.foresight import RecordedForesight
from ledger.services.relay.relayer import Relayer, RelayOptions
from ledger.services.relay.sender import Sender
from ledger.services.state.erasure import Erasing
from ledger.services.state.projections import Projector
from ledger.store import checkpoints, log, migrate, outbox
from ledger.store.database import Database

trouble = logging.getLogger("lading.node")
PAUSE = 0.5
"""Seconds between rounds when nothing waits."""
MOST_ROUNDS = 50


class Node:
    """A home opened for writing: what serves, relays and anchors. Open it once per process; `close` when done."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Raises `Misconfigured` when there is no consortium in this home, or its keys or chain do not open."""
        consortium = read_consortium(settings.home)  # before anything is created in a home that is none
        keys = open_keys(settings, consortium.log.origin)
        watch = clock or SystemClock()
        self.chain = open_chain(settings, watch)
        try:
            database = Database.open(settings.database_url)
            bring_up_to_date(settings.home, consortium)
        except BaseException:
            self.chain.close()
            raise
        self.home = Home(settings, consortium, database, self.chain, watch)
        self.reader = LedgerReader(self.home, keys)
        self._wire_writing()
        if consortium.witnesses is not None:
            self.reader.publisher.witnesses = Witnesses(consortium.witnesses)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._problem = ""
        self._publish_or_halt()
        with self.home.database.write() as connection:
            self.projector.catch_up(connection)
        self.erasing.erase_again()
        self.sequencer.start()

    def _wire_writing(self) -> None:
        home, keys, registry = self.home, self.reader.keys, self.reader.registry
        self.sequencer = Sequencer(home.database, keys.log, home.clock)
        self.projector = Projector(registry)
        # The embedded chain's file lock lets only one process write: its lease may be taken over after a crash.
        embedded = home.settings.chain == EMBEDDED
        holder = EMBEDDED if embedded else f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self.follower = Follower(home, self.sequencer, project=self.projector.catch_up)
        self.relayer = Relayer(
            home,
            Sender(home.database, self.chain, keys.relayer, home.clock),
            self.sequencer,
            RelayOptions(self.follower.step, claim_extras, RecordedForesight(registry, home.clock)),
            holder=holder,
        )
        self.anchorer = Anchorer(
            home,
            Sender(home.database, self.chain, keys.anchor, home.clock),
            keys.anchor,
            self.reader.publisher,
            holder=holder,
        )
        self.submission = Submission(home, self.sequencer, registry, self.preflight)
        self.erasing = Erasing(home, registry)
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
        self.erasing.scrub_now_and_then()
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
            self.reader.publisher.publish(self.home.clock.now())
        except VerificationFailed as error:
            self.sequencer.halt(error)
            raise

    def _project(self) -> None:
        """Bring in the leaves of which no event tells: rejections, and what only the log takes."""
        with self.home.database.read() as connection:
            behind = migrate.projected_size(connection) < log.head(connection).size
        if behind:
            with self.home.database.write() as connection:
                self.projector.catch_up(connection)

    def _may_anchor(self) -> bool:
        """Whether the registry knows our anchor key by now; without it, the contract would refuse."""
        with self.home.database.read() as connection:
            view = self.reader.registry.refreshed(connection).now()
        return view.anchor_key(self.home.log_id) == self.reader.keys.anchor.address

    def settle(self) -> None:
        """Rounds until nothing moves any more; for scenarios and tests."""
        for _ in range(MOST_ROUNDS):
            if not self.tick(anchor=False):
                break
        self.tick()
        self.reader.publisher.publish(self.home.clock.now())

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
        if self.reader.publisher.witnesses is not None:
            self.reader.publisher.witnesses.close()
        self.reader.close()

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
            with self.home.database.read() as connection:
                record_id = self.home.domain.record_id(signed.record)
                target = self.reader.book.target(connection, signed.record, record_id)
                extras = extras_of(connection, signed)
            if target is None or extras is None:
                return ""
            result = self.chain.call(target, encode_call(signed, *extras), sender=self.reader.keys.relayer.address)
        except LadingError as error:
            trouble.info("preflight: %s", error)
            return ""
        return "" if result.succeeded else str(revert_reason(result.output))

    # --- health --------------------------------------------------------------------------------------------

    def readiness(self) -> dict[str, str]:
        """A word for each part: `ok`, or what is wrong."""
        checks = {"database": "ok", "chain": "ok", "log": "ok", "worker": self._problem or "ok"}
        try:
            with self.home.database.read() as connection:
                log.head(connection)
        except LadingError as error:
            checks["database"] = str(error)
        try:
            self.chain.final()
        except LadingError as error:
            checks["chain"] = str(error)
        failure = self.sequencer.failure or self.reader.publisher.failure
        if failure:
            checks["log"] = str(failure)
        return checks

    def measure(self) -> None:
        """Bring the metrics up to date."""
        with self.home.database.read() as connection:
            anchored = checkpoints.latest_anchored(connection)
            self._gauges["log_size"].set(log.head(connection).size)
            self._gauges["anchored_size"].set(anchored.size if anchored else 0)
            counts = outbox.counts(connection)
            self._gauges["outbox_waiting"].set(sum(count for state, count in counts.items() if state != outbox.FINAL))
        published = self.reader.publisher.current()
        self._gauges["published_size"].set(published.head.size if published else 0)
        self._gauges["chain_final_block"].set(self.chain.final())
        witnesses = self.reader.witness_state()
        self._gauges["cosignatures_missing"].set(witnesses["missing"] if witnesses else 0)
        self._gauges["witnesses_away"].set(sum(bool(w["problem"]) for w in witnesses["witnesses"]) if witnesses else 0)
