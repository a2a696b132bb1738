"""What all workers of a run copy and none changes is made once, by whoever wants it first."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of this run, filled by `make`; it goes when the run ends, as a worker's own folders do.

    Others wait meanwhile. Where `make` failed or was killed, the next one begins in a folder of its own.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    done = base / f"{name} is made"
    with (base / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not done.exists():
            folder = base / f"{name} by {os.getpid()}"
            folder.mkdir(mode=0o700)
            make(folder)
            done.write_text(str(folder))
    return Path(done.read_text())
