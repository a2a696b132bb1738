"""Who uses a home: any number of services, or one that changes it under them.

The kernel lets go of the locks when a process ends, however it ends, so a crash leaves none. Services on other machines
that share the database are not seen.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.chain.keyvalue import lock, lock_file
from ledger.errors import Misconfigured

_SERVICE, _CHAIN = "service", "chain.db"


class ServiceLock:
    """Says that a service uses the home, until it is closed. Raises `Misconfigured` while somebody changes it."""

    def __init__(self, home: Path) -> None:
        try:
            self._handle: int | None = lock(home / _SERVICE, shared=True)
        except Misconfigured:
            raise Misconfigured(
                "the home is being upgraded by another process", where=str(home), mend="Start when that has ended."
            ) from None

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


@contextmanager
def unused(home: Path) -> Iterator[frozenset[Path]]:
    """Keep others from serving this home meanwhile; gives the locks' files, which must stay.

    Raises `Misconfigured` when it is being served, or changed by another process.
    """
    paths = (home / _SERVICE, home / _CHAIN)  # a service of an older release holds at most the chain's
    handles = []
    try:
        for path in paths:
            try:
                handles.append(lock(path))
            except Misconfigured:
                raise Misconfigured(
                    "the home is in use by another process", where=str(home), mend="Stop the service first."
                ) from None
        yield frozenset(map(lock_file, paths))
    finally:
        for handle in handles:
            os.close(handle)


@contextmanager
def alone_at(home: Path, work: str) -> Iterator[None]:
    """Do `work` in this home, one process at a time; raises `Misconfigured` while another is at it."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = lock(home / work)
    except Misconfigured:
        raise Misconfigured(
            f"a {work} is under way in this home",
            where=str(home),
            mend="Wait until it has ended, or choose another LADING_HOME.",
        ) from None
    try:
        yield
    finally:
        os.close(handle)
