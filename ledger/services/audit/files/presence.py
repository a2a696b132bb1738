"""What is there at all, before anything of a home is opened."""

from pathlib import Path

from ledger.services.audit.findings import Findings
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.store.database import Database

DAMAGED = "it was deleted, edited, put back to another state, or the disk lost it. Restore a backup"


def special_files(home: Path) -> Findings:
    """Names what would keep whoever opens it waiting for ever, before anything is opened."""
    findings = Findings()
    for path in sorted({*home.glob("*"), *(home / "keys").glob("*"), *(home / "log").rglob("*")}):
        if path.exists() and not path.is_file() and not path.is_dir():
            name = path.relative_to(home).as_posix()
            findings.add("", name, "a file or a folder", "a pipe, a socket or a device", DAMAGED)
    return findings


def missing_files(settings: Settings) -> Findings:
    """Names what a founded home never lacks."""
    findings = Findings()
    file = Database.file_of(settings.database_url)
    if file is not None and not file.exists():
        findings.add("", file.name, "a database", "no file", DAMAGED)
    if settings.chain == EMBEDDED and not (settings.home / "chain.db").exists():
        findings.add("", "chain.db", "a chain", "no file", DAMAGED)
    return findings
