"""What was erased: it stays so, and is told, in the database as in the file beside the keys."""

from dataclasses import asdict
from pathlib import Path

from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.erasure import Erasure
from ledger.services.audit.findings import Findings
from ledger.services.state.erasure import FILE, read_file
from ledger.store import rowwise
from ledger.store.database import Connection


def check_erasures(source: Connection, home: Path, findings: Findings) -> None:
    """Notes every erasure, names what was erased and lies here again, and rows and lines that do not agree.

    A line is written first: after a crash the part may still lie here, without a row, until the next start. Such lines,
    and others of a part than its row's, are notes: somebody may as well have put them there.
    """
    kept = {(row["record_id"], row["path"]) for row in rowwise.stream(source, "openings")}
    lines = _lines(home / FILE, findings)
    rows = {(row["record_id"], row["path"]): row for row in rowwise.stream(source, "erasures")}
    for place, row in rows.items():
        where = f"openings.{row['path']}"
        if place in kept:
            findings.add(
                row["record_id"], where, "nothing", "an opened part", "a part that was erased lies here again: inserted"
            )
        by = f"partner {row['erased_by']}" if row["erased_by"] else "the operator"
        what = f"erased at {row['erased_at']} by {by}, reason {row['reason']}"
        findings.note(row["record_id"], where, "every part", "erased", what)
        entries = [] if lines is None else lines.get(place, [])
        others = [line for line in entries if asdict(line) != dict(row)]
        for line in others if len(others) < len(entries) else ():
            what = f"{FILE} tells of this erasure otherwise, too: an attempt that a crash ended, or a line was inserted"
            findings.note(row["record_id"], f"erasures, {FILE}", _shown(Erasure(**row)), _shown(line), what)
        if lines is not None and len(others) == len(entries):
            known = entries[0] if entries else None
            what = f"erasures: the row is not what {FILE} says: one of the two was edited, or lines were deleted"
            findings.add(row["record_id"], f"erasures, {FILE}", _shown(known), _shown(Erasure(**row)), what)
    for place, entries in (lines or {}).items():
        if place not in rows and place not in kept:
            what = f"erasures: {FILE} says that this was erased, and the part is gone, but its row is too: deleted"
            findings.add(entries[0].record_id, f"erasures, {FILE}", _shown(entries[0]), "no such row", what)
        elif place not in rows:
            what = f"{FILE} says that this was erased, and it lies here: a crash came in between, or the line was "
            what += "inserted. The next start erases it"
            findings.note(entries[0].record_id, f"openings.{place[1]}", "nothing", "an opened part", what)


def _lines(path: Path, findings: Findings) -> dict[tuple[RecordId, str], list[Erasure]] | None:
    """The file's entries by part; None when it cannot be read, which is named."""
    result: dict[tuple[RecordId, str], list[Erasure]] = {}
    try:
        for entry in read_file(path):
            result.setdefault((entry.record_id, entry.path), []).append(entry)
    except LadingError as error:
        findings.add("", FILE, "a line an erasure", str(error), "the file was edited, or the disk lost it")
        return None
    return result


def _shown(entry: Erasure | None) -> str:
    if entry is None:
        return "no such line"
    return f"{entry.path} at {entry.erased_at} by {entry.erased_by}: {entry.reason}"
