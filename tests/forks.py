"""Processes of tests, forked from the test's own: everything is imported already, which takes a new one two seconds."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

Work = Callable[[TextIO], None]
"""What a process does; what it writes there is read as `Fork.told`, line by line."""


class Fork:
    """A process that does `work` and ends with 0, or with 1 and a stack trace on standard error.

    Nothing that it uses may be open here: SQLite's files least of all.
    """

    def __init__(self, work: Work) -> None:
        ours, theirs = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(ours)
            _be_the_child(work, theirs)
        os.close(theirs)
        self.told = os.fdopen(ours, encoding="utf-8")

    def end(self, number: signal.Signals | None = None) -> int:
        """Its exit status, that of a process killed by a signal negative; `number` is sent to it before."""
        if number is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
        self.told.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _be_the_child(work: Work, told: int) -> None:
    status = 1
    try:
        with os.fdopen(told, "w", buffering=1, encoding="utf-8") as stream:
            work(stream)
        status = 0
    except BaseException:  # noqa: BLE001 whatever it is, the test sees the status
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)
