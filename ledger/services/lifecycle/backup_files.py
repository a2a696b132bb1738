"""What a backup of a home is: a folder with the home's files, and a manifest that names each with its hash."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ledger.common.canonical import parse_json
from ledger.common.json_fields import fields_of, integer, text
from ledger.errors import MalformedRecord, Misconfigured, StorageFailed
from ledger.services.home.consortium import CONSORTIUM, VALIDATORS, WITNESSES
from ledger.services.home.peers import PEERS
from ledger.services.publish.durable_files import replace_file
from ledger.services.state import erasure

FORMAT = "backup/1"
MANIFEST = "backup.json"
LEDGER, CHAIN = "ledger.db", "chain.db"
SQLITE, POSTGRESQL, NETWORK = "sqlite", "postgresql", "network"
FILES = (CONSORTIUM, WITNESSES, VALIDATORS, PEERS, erasure.FILE)
"""What lies in a home itself, and nobody can make again from the rest."""
FOLDERS = ("keys", "log")
_MAX_MANIFEST = 256 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: `files` by name with the SHA-256 of their bytes. `size`: leaves of the log in its database,
    0 where that is dumped apart; `taken_at` in UTC seconds. `database` and `chain` say which kinds the home had.
    """

    taken_at: int
    origin: str
    size: int
    database: str
    chain: str
    files: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "lading": FORMAT,
            "takenAt": self.taken_at,
            "origin": self.origin,
            "size": self.size,
            "database": self.database,
            "chain": self.chain,
            "files": self.files,
        }

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a backup that was finished; raises `Misconfigured` or `MalformedRecord`."""
        path = folder / MANIFEST
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Misconfigured(
                "no finished backup", where=str(path), found=error.strerror or "", mend="`lading backup` makes one."
            ) from None
        value = parse_json(data, max_size=_MAX_MANIFEST, where=MANIFEST)
        names = ("lading", "takenAt", "origin", "size", "database", "chain", "files")
        fields = fields_of(value, MANIFEST, names)
        if fields["lading"] != FORMAT:
            found = str(fields["lading"])[:40]
            raise MalformedRecord("another format", where=str(path), expected=FORMAT, found=found)
        if not isinstance(fields["files"], dict):
            raise MalformedRecord("not a table", where=f"{MANIFEST}.files")
        files = {_safe(name): text(digest, f"{MANIFEST}.files") for name, digest in fields["files"].items()}
        return cls(
            integer(fields["takenAt"], f"{MANIFEST}.takenAt"),
            text(fields["origin"], f"{MANIFEST}.origin"),
            integer(fields["size"], f"{MANIFEST}.size"),
            text(fields["database"], f"{MANIFEST}.database"),
            text(fields["chain"], f"{MANIFEST}.chain"),
            files,
        )


def _safe(name: str) -> str:
    """A name that stays in its folder, and is one that a backup has."""
    parts = name.split("/")
    known = parts[0] in FOLDERS if len(parts) > 1 else name in (*FILES, LEDGER, CHAIN)
    if not known or not name.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise MalformedRecord("a file that no backup has", where=f"{MANIFEST}.files", found=ascii(name)[:200])
    return name


def names_in(home: Path) -> Iterator[str]:
    """The files of a home that belong in a backup. Hidden ones are locks, and what a crash left half written."""
    yield from (name for name in FILES if (home / name).exists())
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(home).as_posix()


def is_full_tile(name: str) -> bool:
    return name.startswith("log/tile/") and ".p/" not in name


def require_empty(folder: Path, mend: str) -> None:
    """Raise `Misconfigured` unless nothing is there but perhaps an empty folder."""
    try:
        found = next(folder.iterdir(), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Misconfigured("not a folder that can be used", where=str(folder), found=error.strerror or "") from None
    if found is not None:
        raise Misconfigured("the folder is not empty", where=str(folder), found=found.name, mend=mend)


def put_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file and the folders above it; raises `StorageFailed`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, mode=mode)
    except OSError as error:
        raise refused(path.name, error) from error


def copy_large(path: Path, target: Path) -> None:
    """Copy a file that need not fit into memory, and sync it; raises `StorageFailed`."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
    except OSError as error:
        raise refused(path.name, error) from error


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes in hex; raises `StorageFailed`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refused(path.name, error) from error


def refused(name: str, error: OSError) -> StorageFailed:
    return StorageFailed("a file cannot be copied", where=name, found=error.strerror or str(error))


def leaves_in(path: Path) -> int:
    """How many leaves the log in a SQLite database has, which nobody writes; raises `StorageFailed`."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)) as database:
            return int(database.execute("SELECT size FROM log_head").fetchone()[0])
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StorageFailed("not a ledger's database", where=path.name, found=str(error)) from error
