"""How the service is, for whoever runs it: readiness in words, and metrics.

Nobody waits for the chain here: what is said of it is what the worker heard last.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import nan

from prometheus_client import CollectorRegistry, Gauge

from ledger.errors import LadingError, NotFound
from ledger.explain.units import moment
from ledger.services.home.home import Home
from ledger.services.intake.sequencer import Sequencer
from ledger.services.node.news import LOG, QUIET_SECONDS, WORKER, WorkerNews
from ledger.services.node.reader import LedgerReader
from ledger.services.relay.chain_memory import CHAIN
from ledger.services.relay.other_clocks import CLOCK
from ledger.store import checkpoints, log, outbox, records

OK = "ok"
BEHIND_SECONDS = 60
"""What a receipt promises: in the tree within so many seconds."""
STILL_SECONDS = 60
"""Without a new block for so long, while a record waits for one: too few validators may be at work."""
FOLDER_SECONDS = 60
"""Within which a checkpoint has to be seen in a shared folder."""
_GAUGES = {
    "log_size": "Leaves in the log",
    "published_size": "Leaves under the published checkpoint",
    "published_head_age_seconds": "Seconds since the published checkpoint was signed",
    "unpublished_seconds": "Seconds that the oldest leaf waits that is not under the published checkpoint, else 0",
    "anchored_size": "Leaves under the newest anchored checkpoint",
    "outbox_waiting": "Records that have no final outcome on the chain yet",
    "oldest_waiting_seconds": "Seconds since the oldest record was logged that is on its way to the chain, else 0",
    "chain_final_block": "Newest final block that was heard of",
    "newest_block_age_seconds": "Seconds since the time of that block",
    "chain_away_seconds": "Seconds since the chain was last heard of, 0 while it answers",
    "lease_held": "1 while this process, or the one that works for it, is the one that relays, else 0",
    "worker_silent_seconds": "Seconds since the process that works was last heard of, 0 in that process",
    "cosignatures_missing": "Cosignatures that the published checkpoint still needs for its quorum",
    "witnesses_away": "Witnesses that did not answer the last time they were asked",
    "halted": "1 when nothing is accepted or signed until a restart, else 0",
    "clock_off_seconds": "Seconds by which the clock is ahead of what contradicts it most, or behind it",
}
_STORED = (
    "log_size", "published_size", "published_head_age_seconds", "unpublished_seconds", "anchored_size",
    "outbox_waiting", "oldest_waiting_seconds", "cosignatures_missing", "witnesses_away",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Readiness:
    """`checks`: a word for each part, `ok` or what is wrong; `accepting`: whether records are taken in."""

    status: str
    accepting: bool
    checks: Mapping[str, str]


class Health:
    def __init__(self, home: Home, reader: LedgerReader, sequencer: Sequencer, news: WorkerNews) -> None:
        self._home = home
        self._reader = reader
        self._sequencer = sequencer
        self._news = news
        self.metrics = CollectorRegistry()
        self._gauges = {name: Gauge(f"lading_{name}", text, registry=self.metrics) for name, text in _GAUGES.items()}

    def readiness(self) -> Readiness:
        """Not ready is what accepts nothing. A chain that is away keeps nobody from accepting, for what was accepted
        waits; nor does what stops a part of the work, or a tree that is behind: they are told.
        """
        guard, away = self._home.guard, self._news.away
        wrong = {
            "database": self._database_problem(),
            "chain": guard.held(CHAIN),
            "log": guard.halted or self._sequencer.failure or guard.held(LOG) or self._folder_problem(),
            "clock": guard.clock_trouble() or guard.held(CLOCK),
            "worker": guard.held(WORKER),
        }
        checks = {part: str(problem or OK) for part, problem in wrong.items()}
        if any(wrong.values()):
            return Readiness("not ready", accepting=False, checks=checks)
        told: dict[str, tuple[str, str]] = {}
        if away is not None:
            told["chain"] = f"chain away since {moment(away[0])}", away[1]
        elif (stood := self._stands_still()) is not None:
            told["chain"] = f"chain without a new block since {moment(stood)}", ""
        if (behind := self._behind()) > BEHIND_SECONDS:
            told["log"] = f"the tree is {behind} s behind", ""
        quiet = self._news.age or 0
        if quiet > QUIET_SECONDS:
            told["worker"] = f"nothing heard of the worker for {quiet} s", ""
        elif self._news.problem:
            told["worker"] = "a part of the work does not get on", self._news.problem
        if not told:
            return Readiness(OK, accepting=True, checks=checks)
        words = {part: f"accepting, {what}{why and f': {why}'}" for part, (what, why) in told.items()}
        status = f"accepting, {', '.join(what for what, _ in told.values())}"
        return Readiness(status, accepting=True, checks=checks | words)

    def _behind(self) -> int:
        """Seconds that the oldest leaf waits that is not under the published checkpoint."""
        published = self._reader.publisher.current()
        with self._home.database.read() as connection:
            first = records.at(connection, published.head.size if published else 0)
        return self._home.clock.now() - first.log_time if first else 0

    def _stands_still(self) -> int | None:
        """The newest block's time, where records wait for a chain that has made none for too long."""
        block, now = self._news.block, self._home.clock.now()
        if block is None or now - block.timestamp <= STILL_SECONDS:
            return None
        with self._home.database.read() as connection:
            oldest = outbox.oldest_under_way(connection)
        return None if oldest is None or now - oldest <= STILL_SECONDS else block.timestamp

    def _database_problem(self) -> LadingError | None:
        try:
            with self._home.database.read() as connection:
                log.head(connection)
        except LadingError as error:
            return error
        return None

    def _folder_problem(self) -> LadingError | None:
        """The published checkpoint can be read here; and what another process publishes, or should be by now."""
        try:
            published = self._reader.publisher.current()
            if self._news.age is None:
                return None
            with self._home.database.read() as connection:
                newest = checkpoints.latest(connection)
        except LadingError as error:
            return error
        size = published.head.size if published else 0
        if newest is None or size >= newest.size or self._home.clock.now() - newest.signed_at < FOLDER_SECONDS:
            return None
        return NotFound(
            "the folder does not show what the worker publishes",
            where=str(self._home.settings.home / "log"),
            expected=f"a checkpoint of {newest.size} leaves",
            found=f"{size}",
            mend="Share the worker's folder `log` with this process.",
        )

    def measure(self) -> None:
        """Bring the metrics up to date. What cannot be read is no number; that the home is halted is shown even so."""
        values: dict[str, float] = dict.fromkeys(_STORED, nan)
        with suppress(LadingError):  # readiness says what it is
            values |= self._stored()
        for name, value in (values | self._known()).items():
            self._gauges[name].set(value)

    def _stored(self) -> dict[str, int]:
        """What database and files say."""
        now = self._home.clock.now()
        published = self._reader.publisher.current()
        witnesses = self._reader.witness_state()
        size = published.head.size if published else 0
        with self._home.database.read() as connection:
            head, anchored = log.head(connection), checkpoints.latest_anchored(connection)
            signed = checkpoints.get(connection, size)
            left, oldest = outbox.left(connection), outbox.oldest_under_way(connection)
        return {
            "log_size": head.size,
            "published_size": size,
            "published_head_age_seconds": now - signed.signed_at if signed else 0,
            "unpublished_seconds": self._behind(),
            "anchored_size": anchored.size if anchored else 0,
            "outbox_waiting": left,
            "oldest_waiting_seconds": 0 if oldest is None else now - oldest,
            "cosignatures_missing": witnesses["missing"] if witnesses else 0,
            "witnesses_away": sum(bool(w["problem"]) for w in witnesses["witnesses"]) if witnesses else 0,
        }

    def _known(self) -> dict[str, int]:
        """What this process knows by itself."""
        guard, news, now = self._home.guard, self._news, self._home.clock.now()
        values = {
            "chain_away_seconds": now - news.away[0] if news.away else 0,
            "lease_held": int(news.relays or news.own.works),
            "worker_silent_seconds": news.age or 0,
            "halted": int(guard.halted is not None),
            "clock_off_seconds": guard.clock_off(),
        }
        if news.block is None:
            return values
        return values | {
            "chain_final_block": news.block.number,
            "newest_block_age_seconds": now - news.block.timestamp,
        }
