"""Every system call of a day, failed or cut off in turn: `strace` injects the fault into a forked process."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.records.signing import SignedRecord
from ledger.services.home.settings import read_settings
from tests.e2e.crashes.scenario import ENDED_WELL, SAID_WHY, Tell, afterwards, day

CALLS = (
    "openat", "read", "pread64", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate",
    "rename", "link", "unlink", "mkdir", "rmdir", "fchmod", "flock", "fcntl", "lseek", "newfstatat", "fstat",
)  # fmt: skip
"""The system calls by which a home reads and writes; what is told goes over a socket, so that it is none of them."""
FAULTS = {"EIO": "error=EIO", "ENOSPC": "error=ENOSPC", "KILL": "signal=KILL"}
DEFECT = 70
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th call of `call` in any thread, and what becomes of it."""

    call: str
    number: int
    fault: str

    @property
    def injection(self) -> str:
        return f"inject={self.call}:{FAULTS[self.fault]}:when={self.number}"


@dataclass(frozen=True, slots=True)
class Setting:
    """A founded home, the time at which it stands, and the day's records."""

    founded: Path
    now: int
    records: Sequence[SignedRecord]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its status (negative: the signal), what it told, and the trace of a defect."""

    status: int
    told: list[str]
    trace: str


def points(setting: Setting, folder: Path) -> list[Point]:
    """All points of a day: as many of each call as one thread of an undisturbed run makes at most."""
    output = folder / "calls"
    ended = play(setting, folder / "counted", ("-e", f"trace={','.join(CALLS)}", "-o", str(output)))
    if ended.status != ENDED_WELL:
        raise AssertionError(f"the undisturbed day failed: {ended}")
    made: Counter[tuple[str, str]] = Counter()
    for line in output.read_text(errors="replace").splitlines():
        if match := re.match(r"(\d+) +(\w+)\(", line):
            made[match[1], match[2]] += 1
    most = {call: max((n for (_, name), n in made.items() if name == call), default=0) for call in CALLS}
    return [Point(call, n, fault) for call in CALLS for n in range(1, most[call] + 1) for fault in FAULTS]


def survive(setting: Setting, folder: Path, point: Point, tried: Counter[tuple[str, int]]) -> str:
    """What is wrong after the day was disturbed at `point`; empty when nothing is. `tried` counts fault and ending."""
    home = folder / "home"
    try:
        ended = play(setting, home, ("-e", point.injection, "-e", f"trace={point.call}", "-o", os.devnull))
        tried[point.fault, ended.status] += 1
        allowed = {ENDED_WELL, SAID_WHY} | ({-signal.SIGKILL} if point.fault == "KILL" else set())
        if ended.status not in allowed:
            return f"it ended with {ended.status}: {ended.trace}"
        again = forked(lambda tell: _come_back(setting, home, list(ended.told), tell))
        if again.status != ENDED_WELL:
            return f"it does not come back: {again.status} {again.trace}"
        return again.told[-1] if again.told else ""
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _come_back(setting: Setting, home: Path, told: list[str], tell: Tell) -> int:
    wrong = afterwards(read_settings({}, home=home), setting.now, setting.records, told)
    if wrong:
        tell(wrong.replace("\n", " "))
    return ENDED_WELL


def play(setting: Setting, home: Path, strace: Sequence[str]) -> Ended:
    """The day in a copy of the founded home, in a process of its own, under `strace` with these options."""
    shutil.copytree(setting.founded, home)
    settings = read_settings({}, home=home)
    return forked(lambda tell: day(settings, setting.now, setting.records, tell), strace)


def forked(
    work: Callable[[Tell], int], strace: Sequence[str] | None = None, begun: Callable[[int], None] | None = None
) -> Ended:
    """Run `work` in a fork of this process, which has everything imported, with `strace` watching from its start.

    `begun` is told the process once it runs.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        ours.close()
        _be_the_child(work, theirs, wait=strace is not None)
    theirs.close()
    tracer = None
    if strace is not None:
        os.waitpid(child, os.WUNTRACED)
        tracer = subprocess.Popen(["strace", "-f", "-q", "-q", *strace, "-p", str(child)], stderr=subprocess.DEVNULL)
        _wait_until_traced(child)
        os.kill(child, signal.SIGCONT)
    if begun is not None:
        begun(child)
    with ours.makefile("rb") as stream:
        lines = stream.read().decode(errors="replace").split("\n")[:-1]
    ours.close()
    _, status = os.waitpid(child, 0)
    if tracer is not None:
        tracer.wait(PATIENCE)
    trace = [line.removeprefix("defect ") for line in lines if line.startswith("defect ")]
    told = [line for line in lines if not line.startswith("defect ")]
    return Ended(os.waitstatus_to_exitcode(status), told, "\n".join(trace))


def _be_the_child(work: Callable[[Tell], int], told: socket.socket, *, wait: bool) -> None:
    def tell(line: str) -> None:
        told.sendall(line.replace("\n", " ").encode() + b"\n")

    status = DEFECT
    try:
        if wait:
            os.kill(os.getpid(), signal.SIGSTOP)
        status = work(tell)
    except BaseException:  # noqa: BLE001 a defect, which the parent shows
        for line in traceback.format_exc().splitlines():
            tell(f"defect {line}")
    finally:
        os._exit(status)


def _wait_until_traced(process: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while "TracerPid:\t0" in Path(f"/proc/{process}/status").read_text():
        if time.monotonic() > deadline:
            raise AssertionError("strace does not attach: is ptrace allowed here?")
        time.sleep(0.002)
