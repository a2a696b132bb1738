"""The time by the database's clock, which all processes share."""

from sqlalchemy import BigInteger, ColumnElement, Connection, literal_column

_SECONDS = {
    "sqlite": literal_column("CAST(strftime('%s', 'now') AS INTEGER)", BigInteger),
    "postgresql": literal_column("CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)", BigInteger),
}
_MICROSECONDS = {
    "sqlite": literal_column("CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)", BigInteger),
    "postgresql": literal_column("CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS BIGINT)", BigInteger),
}


def seconds(connection: Connection) -> ColumnElement[int]:
    """UTC seconds, read anew wherever it stands."""
    return _SECONDS[connection.dialect.name]


def microseconds(connection: Connection) -> ColumnElement[int]:
    """UTC microseconds at the beginning of the statement; SQLite's are whole milliseconds."""
    return _MICROSECONDS[connection.dialect.name]
