"""What was erased: it stays so, and is told."""

from ledger.services.audit.findings import Findings
from ledger.store import rowwise
from ledger.store.database import Connection


def check_erasures(source: Connection, findings: Findings) -> None:
    """Notes every erasure, and names what was erased and lies here again."""
    kept = {(row["record_id"], row["path"]) for row in rowwise.stream(source, "openings")}
    for row in rowwise.stream(source, "erasures"):
        where = f"openings.{row['path']}"
        if (row["record_id"], row["path"]) in kept:
            findings.add(
                row["record_id"], where, "nothing", "an opened part", "a part that was erased lies here again: inserted"
            )
        by = f"partner {row['erased_by']}" if row["erased_by"] else "the operator"
        what = f"erased at {row['erased_at']} by {by}, reason {row['reason']}"
        findings.note(row["record_id"], where, "every part", "erased", what)
