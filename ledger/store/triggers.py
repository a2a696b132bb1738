"""Triggers that make tables append-only, in both dialects. Frozen: migrations call these with the names they mean.

SQLite's INSERT OR REPLACE deletes without firing delete triggers; recursive triggers, which `database` switches on for
our own connections, close that, and a trigger on INSERT closes it for every other connection to `records`.
"""

from collections.abc import Iterator, Sequence

_BODY = "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
_REFUSE = f"""
CREATE OR REPLACE FUNCTION lading_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
{_BODY} $$
"""


def refuse_function() -> str:
    """The body of the function that PostgreSQL's triggers call."""
    return _BODY


def refusing(dialect: str, append_only: Sequence[str], no_update: Sequence[str]) -> Iterator[str]:
    """SQL statements that make `append_only` tables refuse UPDATE and DELETE, and `no_update` ones UPDATE.

    Called once, for the first tables: it also makes what all later calls of `refusing_more` rest on.
    """
    if dialect != "sqlite":
        yield _REFUSE
    yield from refusing_more(dialect, append_only, no_update)
    if dialect == "sqlite":
        yield (
            "CREATE TRIGGER records_no_replace BEFORE INSERT ON records WHEN EXISTS (SELECT 1 FROM records "
            "WHERE record_id = NEW.record_id OR log_index = NEW.log_index) "
            "BEGIN SELECT RAISE(ABORT, 'records is append-only'); END"
        )


def refusing_more(dialect: str, append_only: Sequence[str], no_update: Sequence[str] = ()) -> Iterator[str]:
    """The same for tables that later versions add."""
    for table, verb in _cases(append_only, no_update):
        action = (
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            if dialect == "sqlite"
            else "FOR EACH ROW EXECUTE FUNCTION lading_refuse()"
        )
        yield f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {action}"
    if dialect != "sqlite":
        for table in append_only:
            yield (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION lading_refuse()"
            )


def _cases(append_only: Sequence[str], no_update: Sequence[str]) -> Iterator[tuple[str, str]]:
    for table in append_only:
        yield from ((table, verb) for verb in ("UPDATE", "DELETE"))
    for table in no_update:
        yield table, "UPDATE"


def trigger_names(dialect: str, append_only: Sequence[str], no_update: Sequence[str]) -> Iterator[str]:
    """The names of the triggers that `refusing` makes."""
    for table, verb in _cases(append_only, no_update):
        yield f"{table}_no_{verb.lower()}"
    if dialect == "sqlite":
        yield "records_no_replace"
    else:
        yield from (f"{table}_no_truncate" for table in append_only)
