"""Single records, taken in together with those that wait at the same time.

A record wants a snapshot, a dozen statements and a commit, and many want hardly more. Nobody waits for others to come:
while nothing is taken in, a record goes at once and by itself; what comes meanwhile goes together then. Each is
answered as by itself (`ledger.services.intake.batch`). What would be judged alone anyhow goes its own way, and keeps
nobody.
"""

import asyncio
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from fastapi.concurrency import run_in_threadpool

from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.services.intake.batch import Result
from ledger.services.intake.runs import MOST, asks_the_chain, is_plain
from ledger.services.intake.submission import Accepted, Charge, Proposed
from ledger.services.node.node import Node

AT_ONCE = 1
"""Groups that are worked on: of two, each would have half of what waits, and keep the other from the interpreter."""


class Together:
    """Of one service. Safe for several event loops."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = Lock()
        self._waiting: list[_Waiting] = []
        self._working = 0
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="intake")

    async def submit(self, signed: SignedRecord, charge: Charge) -> Accepted | Proposed:
        """As `Submission.submit`, with all that it raises."""
        if not is_plain(signed.record) or asks_the_chain(signed.record):
            return await run_in_threadpool(self._node.submission.submit, signed, charge)
        mine = _Waiting(signed, _PaidAhead(charge), asyncio.get_running_loop().create_future())
        with self._lock:
            self._waiting.append(mine)
            begins = self._working < AT_ONCE
            self._working += begins
        if begins:
            self._threads.submit(self._work)
        result = await mine.result
        if isinstance(result, LadingError):
            raise result
        return result

    def _work(self) -> None:
        while group := self._next():
            try:
                answered = self._node.batches.submit([one.signed for one in group], [one.account for one in group])
                _wake((one, its.result) for one, its in zip(group, answered, strict=True))
            except Exception as error:  # noqa: BLE001 each of them is answered with it, and those who come next go on
                _wake((one, error) for one in group)

    def _next(self) -> "list[_Waiting]":
        """What waits; nothing when the caller's work has ended with that."""
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._working -= not group
            return group


class _PaidAhead:
    """Account and bill of a single record: its sender has paid, and is settled with once it is answered."""

    def __init__(self, charge: Charge) -> None:
        self._charge = charge

    def bill(self, member: SignedRecord | None) -> "_PaidAhead":  # noqa: ARG002 - the protocol's
        return self

    def charge(self, partners: Collection[int]) -> None:
        self._charge(partners)

    def settle(self, error: LadingError | None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Waiting:
    signed: SignedRecord
    account: _PaidAhead
    result: "asyncio.Future[Result]"

    def end(self, result: Result | BaseException) -> None:
        if self.result.done():
            return  # whoever waited has gone
        if isinstance(result, BaseException) and not isinstance(result, LadingError):
            self.result.set_exception(result)
        else:
            self.result.set_result(result)


def _wake(ended: "Iterable[tuple[_Waiting, Result | BaseException]]") -> None:
    """Tell those who wait, each in its own event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Result | BaseException]]] = {}
    for one, result in ended:
        by_loop.setdefault(one.result.get_loop(), []).append((one, result))
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited there
            loop.call_soon_threadsafe(_end_all, theirs)


def _end_all(ended: "list[tuple[_Waiting, Result | BaseException]]") -> None:
    for one, result in ended:
        one.end(result)
