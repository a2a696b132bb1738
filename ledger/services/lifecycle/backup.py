"""A copy of a home that another one can begin from, taken while it is served or not.

What is copied is a state in which a crash could have left the home: nothing that a file names is missing in the
database, and the chain of an embedded home has no transaction that the database does not know. So a home that is
restored from it opens as after a crash, and meets whatever lies outside it before it accepts or signs anything.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.errors import Misconfigured
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.rows.log_rows import Tell
from ledger.services.audit.run import audit
from ledger.services.home.consortium import read_consortium
from ledger.services.home.home_lock import unused
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.lifecycle.backup_files import (
    CHAIN,
    LEDGER,
    MANIFEST,
    NETWORK,
    POSTGRESQL,
    SQLITE,
    Manifest,
    digest_of,
    is_full_tile,
    names_in,
    put_file,
    refused,
    require_empty,
)
from ledger.services.publish.durable_files import LogFolder, replace_file, sync_folder
from ledger.store import log
from ledger.store.database import Database
from ledger.store.sqlite.sqlite_copy import SqliteSnapshot


@dataclass(frozen=True, slots=True)
class BackedUp:
    """`report`: what an audit of the copy says; None where its database is dumped apart."""

    manifest: Manifest
    report: AuditReport | None


def backup(settings: Settings, target: Path, now: int, tell: Tell) -> BackedUp:
    """Copy the home to `target`, a folder that is empty or not there yet.

    1. Publishing is kept waiting, so that no file of the log changes under the copy; then, for a moment, all writing.
       In that moment snapshots of the database and the embedded chain are taken.
    2. What changes in place is copied: checkpoint, cosignatures, partial tiles, keys. Then publishing goes on.
    3. Full tiles, which never change, and the snapshots are copied.
    4. The manifest is written: a backup without it was not finished.
    5. The copy is audited.

    A PostgreSQL database is dumped by its own tools, afterwards: it must not be older than the files. Beside an
    embedded chain it must not be younger than that either, so there the service has to be stopped. Raises
    `Misconfigured` where it is not, there is no home, or something stands at `target`, and `StorageFailed`.
    """
    consortium = read_consortium(settings.home)
    _require_new(settings.home, target)
    database = Database.existing(settings.database_url, read_only=False)
    try:
        copy = _Copy(settings.home, target)
        kinds = SQLITE if database.path else POSTGRESQL, EMBEDDED if settings.chain == EMBEDDED else NETWORK
        with ExitStack() as snapshots:
            if kinds == (POSTGRESQL, EMBEDDED):  # the dump comes later, and must not know more than the chain's copy
                snapshots.enter_context(unused(settings.home))
            taken: dict[str, SqliteSnapshot] = {}
            # 1.
            with LogFolder(settings.home / "log", public=True).locked():
                with database.write() as connection:
                    size = log.head(connection).size if database.path else 0
                    if database.path:
                        taken[LEDGER] = snapshots.enter_context(SqliteSnapshot(database.path))
                    if settings.chain == EMBEDDED:
                        taken[CHAIN] = snapshots.enter_context(SqliteSnapshot(settings.home / CHAIN))
                # 2.
                names = list(names_in(settings.home))
                full = [name for name in names if is_full_tile(name)]
                copy.take(name for name in names if not is_full_tile(name))
            # 3.
            for i, name in enumerate(full):
                tell("tiles", i, len(full))
                copy.take([name])
            for i, (name, snapshot) in enumerate(taken.items()):
                tell("databases", i, len(taken))
                copy.take_snapshot(name, snapshot)
    finally:
        database.close()
    # 4.
    manifest = Manifest(now, consortium.log.origin, size, *kinds, copy.digests)
    copy.finish(manifest)
    # 5.
    if manifest.database == POSTGRESQL:
        return BackedUp(manifest, None)
    return BackedUp(manifest, audit(copied(settings, target), tell=tell, patience=0))


def copied(settings: Settings, home: Path) -> Settings:
    """The same settings for a home elsewhere, with its SQLite database in it."""
    return replace(settings, home=home, database_url=f"sqlite:///{home / LEDGER}")


def _require_new(home: Path, target: Path) -> None:
    place = target.resolve()
    if place.is_relative_to(home) or home.is_relative_to(place):
        raise Misconfigured(
            "a backup does not lie in the home, nor the home in it", where=str(target), mend="Choose another folder."
        )
    require_empty(place, "Choose a new folder for each backup.")


class _Copy:
    """The files of a backup as they come; `digests` of those that are there."""

    def __init__(self, home: Path, target: Path) -> None:
        self._home = home
        self._target = target
        self._folders: set[Path] = set()
        self.digests: dict[str, str] = {}

    def take(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                data, mode = (self._home / name).read_bytes(), (self._home / name).stat().st_mode & 0o777
            except OSError as error:
                raise refused(name, error) from error
            put_file(self._target / name, data, mode)
            self.digests[name] = hashlib.sha256(data).hexdigest()
            self._folders |= {path for path in (self._target / name).parents if path.is_relative_to(self._target)}

    def take_snapshot(self, name: str, snapshot: SqliteSnapshot) -> None:
        path = self._target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        snapshot.copy_to(path)
        self.digests[name] = digest_of(path)

    def finish(self, manifest: Manifest) -> None:
        """Make what was copied durable, then say that it is whole."""
        try:
            for folder in sorted(self._folders, reverse=True):
                sync_folder(folder)
            replace_file(self._target / MANIFEST, json.dumps(manifest.to_json(), indent=1).encode() + b"\n")
            sync_folder(self._target)
        except OSError as error:
            raise refused(MANIFEST, error) from error
