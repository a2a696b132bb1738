"""Answers computed before, kept with the state that they rest on: what many ask is computed once, however they ask.

An answer is found under a subject, which names everything that was asked and whoever may see it, and holds for one
state of the store. Another state puts its answer in the old one's place, so nothing grows with the log.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from threading import Lock
from typing import Any, TypeVar

from ledger.errors import Busy

MOST = 512
"""Answers that are kept: those that were asked for last."""
PATIENCE = 20
"""Seconds that a request waits for an answer that another one computes."""
T = TypeVar("T")


class Answers:
    """Safe to share between threads. What is kept is handed to many: nobody alters it."""

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        self._most = most
        self._patience = patience
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._under_way: dict[tuple[Hashable, Hashable], Future[Any]] = {}

    def get(self, subject: Hashable, state: Hashable, compute: Callable[[], T], *, empty: bool = True) -> T:
        """What `compute` gives for `subject` in `state`: kept, or computed by the first of those who ask at once.

        `state` has to be read before `compute` reads: then what is kept is never older than it says. With `empty` false
        nothing empty is kept: who asks for what there is not drives nothing out. Raises what `compute` raises, in all
        who wait for it, and `Busy` when it takes long. Hold no connection meanwhile that `compute` needs besides.
        """
        with self._lock:
            kept = self._kept.get(subject)
            if kept is not None and kept[0] == state:
                self._kept.move_to_end(subject)
                result: T = kept[1]
                return result
            flight = self._under_way.get((subject, state))
            first = flight is None
            if flight is None:
                flight = self._under_way[subject, state] = Future()
        if not first:
            waited: T = self._await(flight)
            return waited
        try:
            found = compute()
        except BaseException as error:
            self._land(subject, state)
            flight.set_exception(error)
            raise
        self._land(subject, state, *([found] if found or empty else []))
        flight.set_result(found)
        return found

    def _land(self, subject: Hashable, state: Hashable, *answer: object) -> None:
        """It is under way no more; `answer`, if there is one, is kept."""
        with self._lock:
            del self._under_way[subject, state]
            for one in answer:
                self._kept[subject] = (state, one)
                self._kept.move_to_end(subject)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)

    def _await(self, flight: "Future[Any]") -> Any:
        try:
            return flight.result(self._patience)
        except TooLate:
            raise Busy("this is being computed for others", retry_after=round(self._patience)) from None
