"""Every place of the log in order, with its row and the opened parts beside it, judged by themselves."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from ledger.records.signing import Domain
from ledger.services.audit.findings import sort_key
from ledger.services.audit.rows.judged import JudgedRow, judge_rows
from ledger.services.audit.rows.workers import Workers
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rows import chunks
from ledger.store.rowwise import Row

STRETCH = 500
Told = tuple[Any, str, Any, Any, str]
"""What `Findings.add` takes."""


class Place(NamedTuple):
    """A place of the log: its position (None: none, after the last), its row, None where it has none, and the opened
    parts beside that.

    `told`: what is wrong with the order of the rows before it.
    """

    position: int | None
    row: Row | None
    told: tuple[Told, ...] = ()
    parts: Sequence[Row] = ()


class Places:
    """The places of one log from `first` on, as a database has them. `domains`: those under which ids are made."""

    def __init__(self, connection: Connection, domains: Sequence[Domain], workers: Workers, first: int = 0) -> None:
        self.first = first
        self._connection = connection
        self._work = partial(judge_rows, domains=domains)
        self._workers = workers
        self.rows = rowwise.count(connection, "records")

    def judged(self, published: int) -> Iterator[list[tuple[Place, JudgedRow | None]]]:
        """To the end of the rows and of the `published` leaves, stretch by stretch."""
        whole = (self._with_parts(places) for places in chunks(self._places(published), STRETCH))
        stretches = ((places, [(place.row, place.parts) for place in places]) for places in whole)
        for places, judgements in self._workers.map(self._work, stretches):
            yield list(zip(places, judgements, strict=True))

    def _with_parts(self, places: Sequence[Place]) -> list[Place]:
        rows = [place.row for place in places]
        ids = [row["record_id"] for row in rows if row is not None and isinstance(row["record_id"], bytes)]
        parts: dict[bytes, list[Row]] = {}
        for part in rowwise.some(self._connection, "openings", "record_id", ids):
            parts.setdefault(part["record_id"], []).append(part)
        for several in parts.values():
            several.sort(key=_by_path)
        return [
            place if row is None else Place(place.position, row, place.told, parts.get(row["record_id"], ()))
            for place, row in zip(places, rows, strict=True)
        ]

    def _places(self, published: int) -> Iterator[Place]:
        """Each index with its row, None where it has none."""
        expected = self.first
        told: tuple[Told, ...] = ()
        since = ("log_index", self.first) if self.first else None
        for row in rowwise.stream(self._connection, "records", ("log_index",), since=since):
            index = row["log_index"]
            if not isinstance(index, int) or index < expected:
                what = "the row has no place of its own in the log"
                told += ((row["record_id"], "log_index", f"{expected} or more", index, what),)
                continue
            while expected < min(index, published):
                yield Place(expected, None, told)
                expected, told = expected + 1, ()
            if expected < index:
                what = "rows are missing that no checkpoint covers yet: deleted"
                told += (("", "log_index", expected, index, what),)
                expected = index
            yield Place(index, row, told)
            expected, told = index + 1, ()
        while expected < published:
            yield Place(expected, None, told)
            expected, told = expected + 1, ()
        if told:
            yield Place(None, None, told)


def _by_path(part: Row) -> tuple[tuple[int, Any], ...]:
    return sort_key(part, ("path",))
