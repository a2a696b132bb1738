"""Single records, taken in together with those that wait at the same time.

A record wants a snapshot, a dozen statements and a commit, and many want hardly more. Nobody waits for others to come:
while nothing is taken in, a record goes at once and by itself; what comes meanwhile goes together then. Each is
answered as by itself (`ledger.services.intake.batch`). What would be judged alone anyhow goes its own way, and so does
what was kept until a record came, which may be thousands: it keeps nobody.
"""

import asyncio
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from fastapi.concurrency import run_in_threadpool

from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.services.intake.batch import Result
from ledger.services.intake.runs import MOST, asks_the_chain, is_plain
from ledger.services.intake.submission import Accepted, Charge, Proposed
from ledger.services.node.node import Node

_Told = tuple[Result, bool]
"""What became of a record, and whether others were kept until it came."""
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
        result, completes = await mine.result
        if isinstance(result, LadingError):
            raise result
        if completes:
            await run_in_threadpool(self._node.submission.complete_about, result.record_id)
        return result

    def _work(self) -> None:
        while group := self._next():
            try:
                self._take(group)
            except Exception:  # noqa: BLE001 whatever one of them does must not reach the others
                for one in group:
                    self._take_alone(one)

    def _take(self, group: "list[_Waiting]") -> None:
        others_kept = set[RecordId]()
        signed, accounts = [one.signed for one in group], [one.account for one in group]
        answered = self._node.batches.submit(signed, accounts, others_kept.add)
        _wake((one, (its.result, its.record_id in others_kept)) for one, its in zip(group, answered, strict=True))

    def _take_alone(self, one: "_Waiting") -> None:
        try:
            self._take([one])
        except Exception as error:  # noqa: BLE001 it is answered with it, and those who come next go on
            _wake([(one, error)])

    def _next(self) -> "list[_Waiting]":
        """What waits; nothing when the caller's work has ended with that."""
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._working -= not group
            return group


class _PaidAhead:
    """Account and bill of a single record: its sender has paid, and is settled with once it is answered. Its signers
    pay once, though it may be taken in again by itself.
    """

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self._paid = False

    def bill(self, member: SignedRecord | None) -> "_PaidAhead":  # noqa: ARG002 - the protocol's
        return self

    def charge(self, partners: Collection[int]) -> None:
        if not self._paid:
            self._charge(partners)
        self._paid = True

    def settle(self, error: LadingError | None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Waiting:
    signed: SignedRecord
    account: _PaidAhead
    result: "asyncio.Future[_Told]"

    def end(self, told: "_Told | Exception") -> None:
        if self.result.done():
            return  # whoever waited has gone
        if isinstance(told, Exception):
            self.result.set_exception(told)
        else:
            self.result.set_result(told)


def _wake(ended: "Iterable[tuple[_Waiting, _Told | Exception]]") -> None:
    """Tell those who wait, each in its own event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, _Told | Exception]]] = {}
    for one, told in ended:
        by_loop.setdefault(one.result.get_loop(), []).append((one, told))
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited there
            loop.call_soon_threadsafe(_end_all, theirs)


def _end_all(ended: "list[tuple[_Waiting, _Told | Exception]]") -> None:
    for one, told in ended:
        one.end(told)
