"""Files that survive a crash: written beside their name, synced, then renamed into place.

A write that is refused, by a full disk or a read-only one, leaves what was there. A sync that fails is another matter:
nobody knows what the disk holds then, and the same bytes written again may not reach it either (`DiskFailed`).
"""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import DiskFailed, NotFound, StorageFailed

READABLE, READABLE_FOLDER = 0o644, 0o755
LOCK_SECONDS = 30
"""For so long a writer waits for another process to come to an end with the folder."""
LOCK_PAUSE = 0.05


class LogFolder:
    """A folder of files that are immutable but for `checkpoint`, as C2SP tlog-tiles lays them out, or only grow.

    A crash leaves a file whole, absent, or under a temporary name that the next writer replaces. `public`: whoever
    comes to the folder may read what is in it, whatever the process's umask says, such as a web server under a name of
    its own; otherwise that is for the umask to say.
    """

    def __init__(self, root: Path, *, public: bool = False) -> None:
        self.root = root
        self.public = public
        self._touched: set[Path] = set()

    def read(self, name: str) -> bytes:
        """Raises `NotFound`, or `StorageFailed` when the disk refuses."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("no such file of the log", where=name) from None
        except OSError as error:
            raise _failed(name, error) from error

    def has(self, name: str) -> bool:
        """Raises `StorageFailed` when the disk refuses to say."""
        try:
            return (self.root / name).exists()
        except OSError as error:
            raise _failed(name, error) from error

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place. It survives a power failure only after `sync`."""
        path = self.root / name
        for folder in path.parents:
            self._touched.add(folder)
            if folder == self.root:
                break
        try:
            if path.exists() and path.read_bytes() == data:
                return  # a run before this one came so far
            self._make(path.parent)
            replace_file(path, data, mode=READABLE if self.public else None)
        except OSError as error:
            raise _failed(name, error) from error

    def append(self, name: str, data: bytes) -> None:
        """Put `data` behind what a file holds; durable on return. A crash may leave the beginning of it."""
        path = self.root / name
        try:
            new = not path.exists()
            self._make(path.parent)
            with path.open("ab", buffering=0) as file:
                if new and self.public:
                    os.fchmod(file.fileno(), READABLE)
                file.write(data)
                _sync(file.fileno(), path)
            if new:
                self._touched.add(path.parent)  # where it cannot be opened now, the next sync makes up for it
                sync_folder(path.parent)
        except OSError as error:
            raise _failed(name, error) from error

    def _make(self, folder: Path) -> None:
        """Make a folder, the root or one in it, with those above it."""
        if folder.is_dir():
            return
        if folder == self.root:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
        if self.public:
            folder.chmod(READABLE_FOLDER)

    def sync(self) -> None:
        """Make the names of all files written since the last call durable."""
        for folder in sorted(self._touched, reverse=True):
            sync_folder(folder)
        self._touched.clear()

    def remove_folder(self, name: str) -> None:
        """Remove a folder and what is in it, if it is there. No durability is promised."""
        shutil.rmtree(self.root / name, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process that asks for this lock waiting; a crash frees it. Raises `StorageFailed` when
        another keeps it for too long, such as one that was stopped in the middle.
        """
        try:
            if not self.root.is_dir():
                self._make(self.root)
                sync_folder(self.root.parent)
            handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _failed(".lock", error) from error
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    ends = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > ends:
                raise StorageFailed(
                    "another process keeps the folder of the log locked: does it hang, or is it stopped?",
                    where=".lock",
                    expected=f"free within {LOCK_SECONDS} s",
                    mend="End it.",
                ) from error
        except OSError as error:
            raise _failed(".lock", error) from error
        time.sleep(LOCK_PAUSE)


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write `data` beside `path`, sync it, and rename it into place. Raises `OSError`; `DiskFailed` when a sync did.

    `mode`: its permissions, whatever the process's umask says.
    """
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        _sync(file.fileno(), path)
    temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raises `DiskFailed`, or `StorageFailed` where it was not even tried: somebody
    else has all that may be open at once, and that says nothing of the disk.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise _failed(str(folder), error) from error
        raise _unknown(folder, error) from error
    try:
        _sync(handle, folder)
    finally:
        os.close(handle)


def _sync(handle: int, path: Path) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        raise _unknown(path, error) from error


def _unknown(path: Path, error: OSError) -> DiskFailed:
    return DiskFailed(
        "the disk did not confirm what was written; what it holds is unknown",
        where=str(path),
        found=error.strerror or str(error),
        mend="Check the disk, then start again.",
    )


def _failed(name: str, error: OSError) -> StorageFailed:
    kind = DiskFailed if error.errno == errno.EIO else StorageFailed
    return kind("the log's files cannot be read or written", where=name, found=error.strerror or str(error))
