"""Processes of tests, forked from the test's own: everything is imported already, which takes a new one two seconds."""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from ledger.cli.main import main

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


class Lading:
    """`lading WORDS`, to be asked and ended as a `subprocess.Popen`. What it prints and says is added to `log`.

    As above: what it uses may not be open here. That the command itself begins and ends as it should is for
    `tests/e2e/cli`.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path, *, group: bool = False) -> None:
        """`group`: in a process group of its own, as in a terminal."""
        self.returncode: int | None = None
        with log.open("ab") as said:
            self.pid = os.fork()
            if not self.pid:
                if group:
                    os.setsid()
                _be_lading(words, environment, said.fileno())

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        ends = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("lading", timeout)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _be_lading(words: Sequence[str], environment: Mapping[str, str], said: int) -> None:
    status: object = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
        sys.argv = ["lading", *words]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        main()
        status = 0
    except SystemExit as ending:
        status = ending.code or 0
    except BaseException:  # noqa: BLE001 as Python does
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)
