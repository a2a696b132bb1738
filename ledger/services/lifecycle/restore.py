"""A home made from a backup: whole, audited, and not trusted to be the newest."""

from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Misconfigured, VerificationFailed
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.rows.log_rows import Tell
from ledger.services.audit.run import audit
from ledger.services.home.consortium import CONSORTIUM, read_consortium, read_witnesses
from ledger.services.home.restored import mark_restored
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.lifecycle.backup_files import (
    CHAIN,
    LEDGER,
    MANIFEST,
    NETWORK,
    POSTGRESQL,
    SQLITE,
    Manifest,
    copy_large,
    digest_of,
    leaves_in,
    put_file,
    refused,
    require_empty,
)
from ledger.services.publish.durable_files import LogFolder, sync_folder
from ledger.store.database import Database

ANOTHER = "Nothing was written. Take another copy of the backup, or an older one."


@dataclass(frozen=True, slots=True)
class RestoredHome:
    """`network`, `witnessed`: a chain, and witnesses, that lie outside the home and may know more of its log. With
    neither nothing can tell whether the log has gone on since the backup.
    """

    manifest: Manifest
    network: bool
    witnessed: bool
    report: AuditReport


def restore(settings: Settings, source: Path, tell: Tell) -> RestoredHome:
    """Make the home that `settings` name from the backup in `source`.

    1. The settings agree with the kinds of chain and database that the backup is of, and nothing is there yet.
    2. Every file of the backup is as it was written, and is of the log that the manifest names.
    3. The home is marked as restored, and the files are copied, `consortium.json` last: before it is there, nothing
       takes the folder for a home.
    4. The home is audited.

    A PostgreSQL database is put back by its own tools before. Raises `Misconfigured` or `MalformedRecord` for what is
    no backup or does not fit, `VerificationFailed` for a file that was altered; then nothing was written.
    """
    manifest = Manifest.read(source)
    # 1.
    file = _check_settings(settings, manifest)
    require_empty(settings.home, "A backup is restored into a home that is empty: choose another LADING_HOME.")
    # 2.
    for i, (name, digest) in enumerate(manifest.files.items()):
        tell("check", i, len(manifest.files))
        _check_file(source, name, digest)
    _check_told(source, manifest)
    # 3.
    settings.home.mkdir(parents=True, exist_ok=True)
    mark_restored(settings.home, manifest.taken_at)
    public = LogFolder(settings.home / "log", public=True)
    names = sorted(manifest.files, key=lambda name: (name == CONSORTIUM, name))
    for i, name in enumerate(names):
        tell("copy", i, len(names))
        if name.startswith("log/"):
            public.write(name.removeprefix("log/"), _read(source / name))
        elif name in (LEDGER, CHAIN):
            copy_large(source / name, file if name == LEDGER and file else settings.home / name)
        else:
            put_file(settings.home / name, _read(source / name), (source / name).stat().st_mode & 0o777)
    public.sync()
    for folder in (settings.home / "keys", settings.home, settings.home.parent):
        sync_folder(folder)
    # 4.
    witnessed = read_witnesses(settings.home) is not None
    return RestoredHome(manifest, manifest.chain == NETWORK, witnessed, audit(settings, tell=tell, patience=0))


def _check_settings(settings: Settings, manifest: Manifest) -> Path | None:
    """Where the database is to be; None for PostgreSQL, where it has to be there already."""
    chain = EMBEDDED if settings.chain == EMBEDDED else NETWORK
    if chain != manifest.chain:
        raise Misconfigured(
            "the backup is of another kind of chain", where="LADING_CHAIN", expected=manifest.chain, found=chain
        )
    file = Database.file_of(settings.database_url)
    kind = POSTGRESQL if file is None else SQLITE
    if kind != manifest.database:
        raise Misconfigured(
            "the backup is of another kind of database",
            where="LADING_DATABASE_URL",
            expected=manifest.database,
            found=kind,
        )
    if file is None and not Database.exists(settings.database_url):
        raise Misconfigured(
            "there is no ledger in the database",
            where="LADING_DATABASE_URL",
            expected="the dump that was made after the backup, put back",
            mend="pg_restore --dbname NAME DUMP, then run this again.",
        )
    if file is not None and file.exists():
        raise Misconfigured(
            "a database is there already", where=str(file), mend="Move it away: nothing is written over it."
        )
    return file


def _check_file(source: Path, name: str, digest: str) -> None:
    if not (source / name).is_file():
        raise VerificationFailed(
            "a file of the backup is missing", where=name, expected=f"SHA-256 {digest}", found="no file", mend=ANOTHER
        )
    found = digest_of(source / name)
    if found != digest:
        raise VerificationFailed(
            "a file of the backup is not as it was written",
            where=name,
            expected=f"SHA-256 {digest}",
            found=found,
            mend=ANOTHER,
        )


def _check_told(source: Path, manifest: Manifest) -> None:
    """What the manifest says of the log is what its files say."""
    told: list[tuple[str, str | int, str | int]] = [("origin", manifest.origin, read_consortium(source).log.origin)]
    if manifest.database == SQLITE:
        told.append(("size", manifest.size, leaves_in(source / LEDGER)))
    for name, said, found in told:
        if said != found:
            raise VerificationFailed(
                "the manifest is of another log", where=f"{MANIFEST}.{name}", expected=found, found=said, mend=ANOTHER
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refused(path.name, error) from error
