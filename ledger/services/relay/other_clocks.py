"""What else tells the time, told to the guard: the log itself, the chain's blocks, the witnesses' clocks, and what this
machine's clock showed before a restart of the service.
"""

import json
from contextlib import suppress

from ledger.errors import ClockWrong
from ledger.services.home.clock_evidence import Reading
from ledger.services.home.home import Home
from ledger.services.home.settings import EMBEDDED
from ledger.services.publish.witnesses import Witnesses
from ledger.store import checkpoints, log
from ledger.store.log import LogHead

CLOCK = "clock"
"""What the guard is held by while the first looks at the chain leave open whether the clock is ahead."""
LOOK_SECONDS = 10
"""Between two looks at a network's newest block."""
FILE = "clock"
"""What the clock showed last when it was believed. A hint: it may be lost, and says nothing after the machine's next
start."""
KEEP_SECONDS = 60


class OtherClocks:
    """Safe to use from several threads: what they tell the guard adds up, and two looks at once are one too many."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._guard = home.guard
        self._seen: Reading | None = None
        """The time of the newest block at the last look."""
        self._file = home.settings.home / FILE
        self._kept_at: int | None = None
        self._accepts = False
        self._looks = 0

    def begin(self) -> None:
        """From now on records are taken in, where the newest block does not leave open what time it is."""
        self._accepts = True
        self._wait_for_a_block()

    def recall(self) -> None:
        """Times that are stored, and so lie behind us: of the last leaf, and when most witnesses had seen the newest
        checkpoint; and the clock before a restart.
        """
        self._recall_own()
        with self._home.database.read() as connection:
            head = log.head(connection)
            newest = checkpoints.latest(connection)
            cosigned = checkpoints.cosignatures_of(connection, newest.size) if newest else []
        self.heed_leaf(head)
        witnesses = self._home.consortium.witnesses
        if witnesses is not None and len(cosigned) >= witnesses.policy.majority:
            self._guard.note_passed("the witnesses' last cosignatures", cosigned[witnesses.policy.majority - 1].time)

    def heed_leaf(self, head: LogHead) -> None:
        """The last leaf of the log was logged before now, by whichever process."""
        if head.size:
            self._guard.note_passed("the last leaf of the log", head.log_time)

    def _recall_own(self) -> None:
        boot = self._guard.boot()
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._file.read_bytes())
            if boot and kept["boot"] == boot:
                self._guard.note_time(
                    f"this clock before the restart (file {FILE})", int(kept["time"]), int(kept["at"])
                )

    def keep(self) -> None:
        """Keep now and then what the clock shows, for the next start of the service."""
        now, boot = self._guard.monotonic(), self._guard.boot()
        if not boot or (self._kept_at is not None and now - self._kept_at < KEEP_SECONDS):
            return
        reading = self._guard.reading()
        if reading is not None:
            draft = self._file.with_name(f".{FILE}")
            with suppress(OSError):
                draft.write_text(json.dumps({"boot": boot, "time": reading.time, "at": reading.at}), encoding="ascii")
                draft.replace(self._file)
            self._kept_at = now

    def ask_chain(self) -> None:
        """Look at the newest block. A network that made it since the last look tells the present time by it.

        Not a node that is catching up: there, more time passes between two blocks than between two looks. Blocks of the
        embedded chain are ours: their times only lie behind us. Raises `ChainUnavailable`.
        """
        now, last = self._guard.monotonic(), self._seen
        embedded = self._home.settings.chain == EMBEDDED
        if last is not None and (embedded or now - last.at < LOOK_SECONDS):
            return
        block = self._home.chain.block(self._home.chain.head())
        if block is None:
            return
        if last is not None and last.time < block.timestamp <= last.time + 2 * (now - last.at) + LOOK_SECONDS:
            self._guard.note_time("the chain's newest block", block.timestamp)
        else:
            self._guard.note_latest("the chain's newest block", block.timestamp)
        self._seen = Reading(block.timestamp, now)
        self._looks += 1
        self._wait_for_a_block()

    def _wait_for_a_block(self) -> None:
        """Until the second look nothing is logged by a clock that is far ahead of the newest block, and that nothing
        else bears out: the network may have been idle for so long, and the next block tells if it was not. One leaf
        that is dated ahead would keep the log waiting for as long.
        """
        ahead = 0 if self._seen is None else self._home.clock.now() - self._seen.time
        tolerance = self._home.settings.clock_tolerance
        if self._looks > 1 or self._guard.told_the_time or not self._accepts or ahead <= tolerance:
            self._guard.release(CLOCK)
        elif self._home.settings.chain != EMBEDDED:
            self._guard.hold(
                CLOCK,
                ClockWrong(
                    f"the clock is {ahead} s ahead of the chain's newest block, and nothing else tells the time yet",
                    where="clock",
                    expected=f"within {tolerance} s, or a second look at the chain after {LOOK_SECONDS} s",
                    found=self._home.clock.now(),
                    mend="It goes on by itself.",
                ),
            )

    def ask_witnesses(self, witnesses: Witnesses | None) -> None:
        """What the clocks of those showed that have cosigned just now."""
        if witnesses is not None and (times := witnesses.take_times()):
            self._guard.note_witnesses(times, witnesses.policy.majority)
            self._wait_for_a_block()
