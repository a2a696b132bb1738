"""Starting and stopping the validators of a network that run on this machine."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from ledger.errors import Misconfigured, Unavailable
from ledger.services.validators.folder import Network, Validator
from ledger.services.validators.node_files import LOOPBACK

PROGRAM = "lading-node"
PID, LOG = "node.pid", "node.log"
STOP_SECONDS = 30
_POLL_SECONDS = 0.2
_SOURCE = Path(__file__).resolve().parents[3]


def find_program(setting: Path | None) -> Path:
    """The validators' program: the setting, else what `make network-node` built in this source, else on the PATH.

    Raises `Misconfigured` when there is none.
    """
    for place in (setting,) if setting else (_SOURCE / "network" / "build" / PROGRAM, PROGRAM):
        if path := shutil.which(place):
            return Path(path).resolve()
    raise Misconfigured(
        "the validators' program is not here",
        where="LADING_NETWORK_PROGRAM",
        expected=f"the program {PROGRAM}",
        found=str(setting or "nothing"),
        mend="Build it with `make network-node` in the source of Lading.",
    )


def start(network: Network, program: Path) -> list[Validator]:
    """Start those that do not run, detached from this process; which they were. They write to `node.log`.

    Raises `Misconfigured` when a port is taken; then none is started.
    """
    idle = [validator for validator in network.validators if running(validator) is None]
    for validator in idle:
        _refuse_taken(validator)
    for validator in idle:
        process = _spawn([str(program), "start", "--home", str(validator.folder)], validator.folder)
        (validator.folder / PID).write_text(f"{process}\n", encoding="ascii")
        _await_arguments(process)
    return idle


def stop(network: Network, sleep: Callable[[float], None] = time.sleep) -> list[Validator]:
    """Tell those that run to finish, and wait until they have; which they were.

    Raises `Unavailable` when one is still there after `STOP_SECONDS`: it is left alone.
    """
    stopped = []
    for validator in network.validators:
        if (pid := running(validator)) is not None:
            os.kill(pid, signal.SIGTERM)
            stopped.append(validator)
    rounds = int(STOP_SECONDS / _POLL_SECONDS)
    while (left := [each for each in stopped if running(each) is not None]) and rounds:
        sleep(_POLL_SECONDS)
        rounds -= 1
    if left:
        raise Unavailable(
            f"still running after {STOP_SECONDS} s",
            where=", ".join(f"{each.name} (process {running(each)})" for each in left),
            mend=f"See {LOG} in its folder; `kill -9` loses nothing that a block holds.",
        )
    for validator in network.validators:
        (validator.folder / PID).unlink(missing_ok=True)
    return stopped


def running(validator: Validator) -> int | None:
    """The process of this validator, if it runs. A number that another process has by now does not count."""
    try:
        pid = int((validator.folder / PID).read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return None
    # A zombie is a child of a process that has not asked after it: it runs no more.
    return pid if os.fsencode(validator.folder) in command and state != b"Z" else None


def last_words(validator: Validator, lines: int = 3) -> str:
    """The end of the validator's log, for an error."""
    try:
        with (validator.folder / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    return " / ".join(text.strip().splitlines()[-lines:])[:1000]


def _spawn(command: list[str], folder: Path) -> int:
    """Start a process that outlives this one, in a session of its own; its number."""
    with (folder / LOG).open("ab") as log:
        return os.posix_spawn(
            command[0],
            command,
            {"PATH": os.defpath, "HOME": str(folder)},  # no passphrase of ours goes there
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
            ],
            setsid=True,
        )


def _await_arguments(process: int) -> None:
    """A process is there a moment before its arguments are, by which `running` knows it."""
    for _ in range(100):
        try:
            if Path(f"/proc/{process}/cmdline").read_bytes():
                return
        except OSError:
            return
        time.sleep(0.01)


def _refuse_taken(validator: Validator) -> None:
    for port in (validator.ports.json_rpc, validator.ports.websocket, validator.ports.comet, validator.ports.peer):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                raise Misconfigured(
                    "another program listens there",
                    where=f"{validator.name}, port {port}",
                    found=error.strerror or "",
                    mend="Stop it, or make a network with another --port.",
                ) from None
