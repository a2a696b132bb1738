"""What the worker heard and met last: for the process that works, and by the database for those that do not."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.chain.client import Block
from ledger.errors import ChainUnavailable, LadingError, Unavailable
from ledger.services.home.home import Home
from ledger.services.intake.sequencer import Sequencer
from ledger.services.node.service_channel import WorkerState
from ledger.services.publish.publisher import Publisher
from ledger.services.relay.chain_memory import CHAIN
from ledger.services.relay.other_clocks import CLOCK
from ledger.services.views.contradictions import (
    TreeContradiction,
    contradictions_of_json,
    contradictions_to_json,
    contradictions_told,
)
from ledger.store.processes import news

LOG = "log"
"""What the guard is held by while the log cannot be published."""
WORKER = "worker"
"""The name of the worker's news, and what the guard is held by while the worker would accept nothing either."""
PUBLISHING, FOLLOWING, RELAYING = "publishing", "following", "relaying"
ANCHORING, POOLS, KEEPING = "anchoring", "asking about bonuses", "keeping"
SENDING = "sending webhooks"
"""The loops of the work: each has its own troubles."""
_WORKERS_CLOCK = "the worker's clock"
TELL_SECONDS = 5
QUIET_SECONDS = 20
"""A worker that was not heard of for longer may be gone; another takes over by then."""
MOST_QUIET_SECONDS = 60
"""Beyond it nothing is accepted any more: nobody would keep the promise that a receipt makes of the tree."""


@dataclass(frozen=True, slots=True)
class NewestBlock:
    number: int
    timestamp: int


class WorkerNews:
    """The worker's loops alone write, each of its own part; others may read at any time."""

    def __init__(self) -> None:
        self.block: NewestBlock | None = None
        """The newest final block."""
        self.refuses = ""
        """Why the worker accepts nothing, where it does not."""
        self.witnesses: Mapping[str, str] = {}
        """By witness, what went wrong the last time that it was asked."""
        self.contradictions: tuple[TreeContradiction, ...] = ()
        """What witnesses say against this log."""
        self.relays = False
        """Whether this process is the one that works."""
        self.own = WorkerState()
        """What the process says that works for this service, where it has one."""
        self.age: int | None = None
        """Seconds since another process told all this; None where this one works."""
        self._away: dict[str, tuple[int, str]] = {}
        self._problems: dict[str, str] = {}

    @property
    def away(self) -> tuple[int, str] | None:
        """Since when the chain does not answer some part of the work, or not so that it fits, and why."""
        return min(tuple(self._away.values()), default=None)

    @property
    def problem(self) -> str:
        """What else stops a part of the work."""
        return next(iter(tuple(self._problems.values())), "")

    def saw(self, block: Block | None) -> None:
        self.block = NewestBlock(block.number, block.timestamp) if block else self.block

    def heard(self, part: str) -> None:
        """The chain answers this part of the work."""
        self._away.pop(part, None)

    def lost(self, part: str, error: ChainUnavailable, now: int) -> None:
        since, _ = self._away.get(part, (now, ""))
        self._away[part] = since, str(error)

    def note_problem(self, part: str, problem: str) -> None:
        """`problem` is empty when there is none."""
        if problem:
            self._problems[part] = problem
        else:
            self._problems.pop(part, None)

    def to_json(self) -> dict[str, object]:
        away = self.away
        return {
            "block": [self.block.number, self.block.timestamp] if self.block else None,
            "away": list(away) if away else None,
            "problem": self.problem,
            "refuses": self.refuses,
            "witnesses": dict(self.witnesses),
            "contradictions": contradictions_to_json(self.contradictions),
        }

    def take(self, told: Mapping[str, Any], age: int) -> None:
        """Say what another process told so many seconds ago."""
        self.block = NewestBlock(*told["block"]) if told["block"] else None
        self._away = {FOLLOWING: (told["away"][0], told["away"][1])} if told["away"] else {}
        self._problems = {WORKER: told["problem"]} if told["problem"] else {}
        self.refuses, self.witnesses = told["refuses"], told["witnesses"]
        # A worker of the version before told none.
        self.contradictions = contradictions_of_json(told.get("contradictions", ()))
        self.relays, self.age = False, age

    def work_here(self) -> None:
        """What another process told is over; what it heard of the chain stands until this one hears."""
        self.age = None
        self.note_problem(WORKER, "")


class Teller:
    """Tells the other processes the news of the one that works. Safe to share with the leases' timer."""

    def __init__(self, home: Home, current: WorkerNews, sequencer: Sequencer, publisher: Publisher) -> None:
        self._home = home
        self._news = current
        self._sequencer = sequencer
        self._publisher = publisher
        self._lock = threading.Lock()
        self._told: tuple[dict[str, object], float] | None = None

    def tell(self) -> bool:
        """Tell them where they have changed, or `TELL_SECONDS` are over. Whether they had changed."""
        with self._lock:
            current, now = self._current(), time.monotonic()
            if self._told is not None and self._told[0] == current and now - self._told[1] < TELL_SECONDS:
                return False
            with self._home.database.write() as connection:
                news.tell(connection, WORKER, json.dumps(current | {"time": self._home.clock.now()}))
            changed = self._told is None or self._told[0] != current
            self._told = current, now
            return changed

    def refuses(self) -> str:
        """Why this process would accept nothing, where it would not."""
        guard = self._home.guard
        held = guard.held(CHAIN) or guard.held(LOG) or guard.held(CLOCK) or guard.clock_trouble()
        return str(guard.halted or self._sequencer.failure or held or "")

    def _current(self) -> dict[str, object]:
        self._news.refuses, self._news.witnesses = self.refuses(), self._publisher.witness_problems()
        self._news.contradictions = contradictions_told(self._publisher)
        return self._news.to_json()


class Listener:
    """For a process that does not work now: takes the worker's news, and accepts only while the worker would."""

    def __init__(self, home: Home, current: WorkerNews, *, takes_over: bool) -> None:
        """`takes_over`: it works itself when nobody else does, so that it minds no silence."""
        self._home = home
        self._news = current
        self._takes_over = takes_over

    def listen(self) -> None:
        """Raises `Unavailable` branches; what was heard before stays. `DiskFailed` once a commit has failed here."""
        if self._home.database.failure is not None:
            raise self._home.database.failure
        with self._home.database.read() as connection:
            told = news.told(connection, WORKER)
        if told is not None:
            said = json.loads(told.text)
            self._news.take(said, told.age)
            self._home.guard.note_time(_WORKERS_CLOCK, said["time"] + told.age)
        why = self._news.refuses or self._news.own.refuses
        trouble = refusal(why) or (None if self._takes_over else silence(None if told is None else told.age))
        if trouble is None:
            self._home.guard.release(WORKER)
        else:
            self._home.guard.hold(WORKER, trouble)

    def forget(self) -> None:
        """The process that worked is gone, and whatever was wrong with it."""
        self._home.guard.release(WORKER)
        self._home.guard.forget_time(_WORKERS_CLOCK)


def witness_problems(heard: WorkerNews, publisher: Publisher) -> Mapping[str, str]:
    """By witness, what went wrong the last time that it was asked, by whichever process."""
    return publisher.witness_problems() if heard.age is None else heard.witnesses


def contradictions(heard: WorkerNews, publisher: Publisher) -> tuple[TreeContradiction, ...]:
    """What witnesses say against this log, to whichever process."""
    return contradictions_told(publisher) if heard.age is None else heard.contradictions


def refusal(why: str) -> LadingError | None:
    """What a process that does not work answers while the one that does accepts nothing."""
    return Unavailable(f"the worker accepts nothing: {why}", where="worker") if why else None


def silence(age: int | None) -> LadingError | None:
    """What it answers when nothing was heard of the worker for too long; `age` of the news, None before any."""
    if age is not None and age <= MOST_QUIET_SECONDS:
        return None
    return Unavailable(
        "no process works for this home: nothing would be published or recorded",
        where="worker",
        expected=f"news within {MOST_QUIET_SECONDS} s",
        found="none yet" if age is None else f"the last {age} s ago",
        mend="Start `lading work`; `lading serve`, whose worker hangs, again.",
    )
