"""The projections against freshly derived ones: every row, every column."""

from collections.abc import Collection

from ledger.services.audit.findings import Findings, differing_columns, paired
from ledger.services.audit.rows.log_rows import Tell
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rowwise import Row

_SUBJECTS = ("shipment", "record_id", "agreement")


def compare_projections(
    source: Connection, fresh: Connection, missing: Collection[str], findings: Findings, tell: Tell
) -> None:
    """Name every row of a projection that is not what the records amount to; tables `missing` are passed over."""
    names = [name for name in rowwise.projection_names() if name not in missing]
    for position, name in enumerate(names):
        tell("projections", position, len(names))
        compare_table(source, fresh, name, findings)


def compare_table(source: Connection, fresh: Connection, name: str, findings: Findings) -> None:
    shape = rowwise.shape(name)
    for expected, match in paired(*rowwise.unlike(fresh, source, name), shape.key):
        if expected is None and match is not None:
            findings.add(
                _subject(match),
                name,
                "no such row",
                _key(match, shape.key),
                "no record of the log leads to this row: it was inserted",
            )
        elif match is None and expected is not None:
            findings.add(
                _subject(expected),
                name,
                _key(expected, shape.key),
                "no such row",
                "the records of the log lead to a row that is missing here: it was deleted",
            )
        elif expected is not None and match is not None:
            for column, right, wrong in differing_columns(expected, match):
                findings.add(
                    _subject(expected),
                    f"{name}.{column}",
                    right,
                    wrong,
                    "the row says other than the records of the log: it was edited (`lading rebuild --projections` "
                    "makes it anew)",
                )


def _subject(row: Row) -> bytes:
    value = next((row[name] for name in _SUBJECTS if isinstance(row.get(name), bytes)), b"")
    return bytes(value)


def _key(row: Row, key: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_shown(row[name])}" for name in key)


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
