"""The database's own make: tables, columns, indexes and triggers are those that Lading made, and no others.

A trigger that was added could undo whatever is written later, and an index could refuse it; one that was removed lets
rows be changed that are for ever.
"""

from ledger.services.audit.findings import Findings
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.migrations import schema
from ledger.store.projections.projected import VERSION

_WHOLE = ("table", "view")
_MISSING = {
    "table": "a table is missing: it was dropped",
    "column": "a column is missing: it was dropped or renamed",
    "trigger": "the trigger that refuses changes was removed",
    "index": "an index is missing: it was dropped",
}
_ADDED = {
    "table": "no table of Lading: it was added",
    "column": "no column of Lading: it was added",
    "trigger": "no trigger of Lading: it was added, and could undo what is written",
    "index": "no index of Lading: it was added, and could refuse what is written",
}


def check_schema(
    source: Connection, fresh: Connection, findings: Findings, *, whole: bool = True
) -> frozenset[str] | None:
    """Name what is missing, added or altered. `fresh`: a new database. `whole`: 3. too, which reads all of the file.

    Returns the projections that cannot be read, or None when the rows that are not derived cannot be.

    1. The database is of this version.
    2. Objects are those of a new database.
    3. SQLite finds its file sound.
    4. What is a single row is one.
    """
    # 1.
    newest, result = schema.revisions(fresh), schema.revisions(source)
    if result != newest:
        findings.add(
            "",
            "alembic_version",
            ", ".join(newest),
            ", ".join(result),
            "the database says that another version made it: it was edited, or not migrated yet. Serve this home, then "
            "audit again",
        )
    # 2.
    there = schema.objects(source)
    if not there:
        what = "the database is empty: it was put in the place of the one that was there"
        findings.add("", "ledger.db, or the database of LADING_DATABASE_URL", "tables", "none", what)
        return None
    unreadable = _check_objects(there, schema.expected_objects(source, fresh), findings)
    # 3.
    for fault in schema.file_faults(source) if whole else ():
        findings.add(
            "", "ledger.db", "a sound file", fault, "SQLite finds its file damaged: it was edited, or the disk lost it"
        )
    if any(rowwise.is_durable(name) for name in unreadable):
        return None
    # 4.
    for table, expected in (("log_head", {"id": 1}), ("projection_state", {"id": 1, "version": VERSION})):
        if table not in unreadable:
            _check_single(source, table, expected, findings)
    return unreadable


def check_types(source: Connection, findings: Findings) -> bool:
    """Whether every value is of the type that was written; names those that are not."""
    mistyped = list(schema.values_of_other_types(source))
    for table, column, stored in mistyped:
        findings.add("", f"{table}.{column}", "a value of its type", stored, "a value of another type: it was edited")
    return not mistyped


def _check_objects(there: schema.Objects, expected: schema.Objects, findings: Findings) -> frozenset[str]:
    """The tables that lack columns, or are not there; what hangs on a missing table is not named again."""
    unreadable = set()
    gone = {name for name in expected if name not in there}
    for name in sorted(gone):
        kind, _, rest = name.rpartition(" ")
        table = _table_of(kind, rest, expected[name])
        if kind != "table" and f"table {table}" in gone:
            continue
        if kind in ("table", "column"):
            unreadable.add(table)
        what = _MISSING.get(kind, "it was removed")
        findings.add("", rest if kind == "table" else name, f"a {kind}", "none", what)
    for name in sorted(there.keys() - expected.keys()):
        kind, _, rest = name.rpartition(" ")
        if kind not in _WHOLE and f"table {_table_of(kind, rest, there[name])}" not in expected:
            continue  # of a table that was added itself
        what = _ADDED.get(kind, "nothing of Lading: it was added")
        findings.add("", rest if kind == "table" else name, "nothing", there[name] or f"a {kind}", what)
    for name in sorted(there.keys() & expected.keys()):
        if there[name] != expected[name]:
            findings.add("", name, expected[name], there[name], "it is not as Lading made it: it was altered")
    return frozenset(unreadable)


def _table_of(kind: str, name: str, definition: str) -> str:
    """The table, or view, that an object belongs to."""
    if kind in _WHOLE:
        return name
    if kind == "column":
        return name.partition(".")[0]
    if kind == "constraints of":
        return name
    if kind.startswith("foreign key of"):
        return kind.split()[3]
    return definition.removeprefix("on ").partition(":")[0]


def _check_single(source: Connection, table: str, expected: dict[str, int], findings: Findings) -> None:
    """The table's one row, and what must stand in it."""
    rows = list(rowwise.stream(source, table))
    if len(rows) != 1:
        findings.add("", table, "one row", f"{len(rows)} rows", "a row was deleted or inserted")
        return
    for column, value in expected.items():
        if rows[0][column] != value:
            findings.add("", f"{table}.{column}", value, rows[0][column], "the row was edited: nothing else is written")
