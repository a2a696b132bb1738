"""What a database consists of: its tables, columns, indexes and triggers, to be compared with what they should be."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from ledger.store.epcis import tables as _epcis  # noqa: F401 - declares its tables
from ledger.store.projections.projected import projections
from ledger.store.tables import APPEND_ONLY, NO_UPDATE, durable
from ledger.store.triggers import refuse_function, trigger_names

Objects = dict[str, str]
"""`trigger records_no_update` and the like → what it consists of, for comparing only."""
REVISION = "alembic_version"
_OWN = re.compile("table (sqlite_sequence|sqlite_stat[0-9])|index sqlite_autoindex_.*")
"""What SQLite makes by itself. Other names that begin so are not free, but the schema's table can be written to."""
_RULES = re.compile(r"\b(AUTOINCREMENT|CHECK|COLLATE|CONFLICT|DEFERRABLE|STRICT|WITHOUT ROWID)\b", re.IGNORECASE)
"""What a table's text may ask of rows that none of SQLite's pragmas tells."""


def revisions(connection: Connection) -> list[str]:
    """The migrations that the database names as its last; one, in a sound database."""
    if not inspect(connection).has_table(REVISION):
        return []
    return [str(value) for value in connection.scalars(text(f"SELECT version_num FROM {REVISION}"))]  # noqa: S608


def objects(connection: Connection) -> Objects:
    """Everything in the database that is no row.

    In PostgreSQL, where a schema may hold more than Lading, what belongs to Lading's tables.
    """
    return dict(_in_sqlite(connection) if connection.dialect.name == "sqlite" else _in_postgresql(connection))


def expected_objects(connection: Connection, fresh: Connection) -> Objects:
    """What `objects` should answer. `fresh`: a new SQLite database, made by the same migrations."""
    if connection.dialect.name != "sqlite":
        return dict(_defined())
    if not _made:  # hundreds of questions, always with the same answers
        _made.update(objects(fresh))
    return dict(_made)


_made: Objects = {}


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _in_sqlite(connection: Connection) -> Iterator[tuple[str, str]]:
    for kind, name, table, sql in connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
    ).all():
        if _OWN.fullmatch(f"{kind} {name}"):
            continue
        if kind != "table":
            if kind != "index":
                yield f"{kind} {name}", f"on {table}: {' '.join(str(sql).split())}"
            continue
        yield f"table {name}", " ".join(_RULES.findall(str(sql))).lower()
        for _, column, type_, not_null, default, key, hidden in _pragma(connection, "table_xinfo", name):
            yield f"column {name}.{column}", f"{type_} {not_null} {default} {key} {hidden}"
        for _, _, target, *rest in _pragma(connection, "foreign_key_list", name):
            yield f"foreign key of {name} to {target}", " ".join(map(str, rest))
        for _, index, unique, origin, partial in _pragma(connection, "index_list", name):
            columns = [c[2:5] for c in _pragma(connection, "index_xinfo", index) if c[5]]
            yield f"index {index}", f"on {name}: {columns} unique {unique} {origin} partial {partial}"


def _pragma(connection: Connection, name: str, argument: str) -> list[Any]:
    quoted = argument.replace('"', '""')
    return list(connection.exec_driver_sql(f'PRAGMA {name}("{quoted}")').all())


def file_faults(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with its file: pages, and indexes that disagree with their tables."""
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)").all()]
    return [] if found == ["ok"] else found


def values_of_other_types(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Table, column and stored type of values that SQLite would not hold if they had come from Lading.

    The log's rows are left out, and so are projections: whoever compares these looks at each value anyway.
    """
    if connection.dialect.name != "sqlite":
        return
    for table in durable.sorted_tables:
        if table.name == "records":
            continue
        columns = list(table.columns)
        types = ", ".join(f'typeof("{column.name}")' for column in columns)
        query = f'SELECT DISTINCT {types} FROM "{table.name}"'  # noqa: S608 - our own names; each row is read once
        stored = zip(columns, zip(*connection.exec_driver_sql(query).all(), strict=True), strict=False)
        for column, kinds in stored:
            for kind in sorted({*kinds} - _allowed(column)):
                yield table.name, column.name, str(kind)


def _allowed(column: Column[Any]) -> set[str]:
    return {_stored_as(column.type), *(("null",) if column.nullable else ())}


def _stored_as(kind: object) -> str:
    if isinstance(kind, LargeBinary):
        return "blob"
    return "integer" if isinstance(kind, BigInteger | Integer | Boolean) else "text"


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _tables() -> Mapping[str, Table]:
    return {**durable.tables, **projections.tables}


def _in_postgresql(connection: Connection) -> Iterator[tuple[str, str]]:
    look, ours = inspect(connection), _tables()
    there = set(look.get_table_names())
    for name in ours.keys() & there:
        for column in look.get_columns(name):
            yield f"column {name}.{column['name']}", _column(column["type"], nullable=column["nullable"])
        for index in look.get_indexes(name):
            if "duplicates_constraint" not in index:
                unique, options = bool(index["unique"]), index.get("dialect_options", {})
                partial = options.get("postgresql_where") is not None
                yield f"index {index['name']}", _index(name, index["column_names"], unique=unique, partial=partial)
    tables = text(
        "SELECT relname, relrowsecurity FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    for name, row_security in connection.execute(tables):
        if name in ours:
            yield f"table {name}", "row security" if row_security else ""
    held: dict[str, list[str]] = {name: [] for name in ours.keys() & there}
    constraints = text(
        "SELECT c.relname, pg_get_constraintdef(r.oid) FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid "
        "WHERE r.contype <> 'n' AND c.relnamespace = current_schema()::regnamespace"
    )
    for name, definition in connection.execute(constraints):
        if name in held:
            held[name].append(definition.replace('"', ""))
    for name, definitions in held.items():
        yield f"constraints of {name}", "; ".join(sorted(definitions))
    query = text(
        "SELECT t.tgname, c.relname, p.proname, p.prosrc, t.tgenabled FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    for name, table, function, source, enabled in connection.execute(query):
        if table in ours and enabled not in ("D", b"D"):
            yield f"trigger {name}", f"on {table}: {function} {' '.join(str(source).split())}"
    rules = text("SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()")
    for table, rule in connection.execute(rules):
        if table in ours:
            yield f"rule {rule}", f"on {table}"


def _defined() -> Iterator[tuple[str, str]]:
    for name, table in _tables().items():
        yield f"table {name}", ""
        for column in table.columns:
            yield f"column {name}.{column.name}", _column(column.type, nullable=bool(column.nullable))
        for index in table.indexes:
            partial = index.dialect_options["postgresql"]["where"] is not None
            columns: list[str | None] = [column.name for column in index.columns]
            yield f"index {index.name}", _index(name, columns, unique=bool(index.unique), partial=partial)
        yield f"constraints of {name}", "; ".join(sorted(_constraints(table)))
    function = f"lading_refuse {refuse_function()}"
    for trigger in trigger_names("postgresql", APPEND_ONLY, NO_UPDATE):
        yield f"trigger {trigger}", f"on {trigger.partition('_no_')[0]}: {function}"


def _constraints(table: Table) -> Iterator[str]:
    """As PostgreSQL spells them, but for quotation marks."""
    for one in table.constraints:
        columns = ", ".join(column.name for column in one.columns) if isinstance(one, _KEYS) else ""
        if isinstance(one, PrimaryKeyConstraint):
            yield f"PRIMARY KEY ({columns})"
        elif isinstance(one, UniqueConstraint):
            yield f"UNIQUE ({columns})"
        elif isinstance(one, ForeignKeyConstraint):
            targets = ", ".join(key.column.name for key in one.elements)
            deletes = f" ON DELETE {one.ondelete}" if one.ondelete else ""
            yield f"FOREIGN KEY ({columns}) REFERENCES {one.referred_table.name}({targets}){deletes}"


_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_KEYS = (PrimaryKeyConstraint, UniqueConstraint, ForeignKeyConstraint)


def _column(kind: TypeEngine[Any], *, nullable: bool) -> str:
    return f"{kind.compile(dialect=_POSTGRESQL)} {'' if nullable else 'not '}null"


def _index(table: str, columns: list[str | None], *, unique: bool, partial: bool) -> str:
    return f"on {table}: {', '.join(map(str, columns))} unique {unique} partial {partial}"
