"""The log read as events, a page at a time from a cursor on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from ledger.common.ids import RecordId, to_hex
from ledger.errors import MalformedRecord, NotFound
from ledger.records.types import Outcome
from ledger.services.events.event import Event, Wanted, event_of
from ledger.services.home.home import Home
from ledger.store import checkpoints, log, records
from ledger.store.database import Connection
from ledger.store.events import listing
from ledger.store.records import StoredRecord

START = -1
"""The cursor before the first event."""
WINDOW = 1_000
"""Leaves that one page looks at where outcomes are looked for by what they are about."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """The newest checkpoint that the chain has: all events below `size` are under it."""

    size: int
    block: int
    transaction: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """`next`: the cursor to go on from, None only while there is nothing at all. `more`: whether to ask again at once.

    `size`: of the log when it was read.
    """

    events: tuple[Event, ...]
    next: int | None
    more: bool
    size: int
    anchored: Anchored | None


class Feed:
    def __init__(self, home: Home) -> None:
        self._db = home.database
        self._log_id = home.log_id

    def page(self, wanted: Wanted, after: int = START, limit: int = 100) -> EventPage:
        """Events beyond the cursor `after`, in log order.

        A page may be empty and have more behind it. Raises `MalformedRecord` for a cursor beyond the log's end.
        """
        with self._db.read() as connection:
            size = log.head(connection).size
            require_within(after, size)
            stop = size
            if about := wanted.about:
                outcomes = not wanted.types or Outcome.NUMBER in wanted.types
                stop = min(size, after + 1 + WINDOW) if outcomes else size
                rows = listing.concerning(connection, about, types=wanted.types, after=after, before=stop, limit=limit)
                rows += self._outcomes(connection, wanted, after, stop) if outcomes else []
                rows = sorted(rows, key=lambda row: row.log_index)[:limit]
            else:
                rows = records.listing(connection, types=wanted.types, after=after, before=stop, limit=limit)
            reached = rows[-1].log_index if len(rows) == limit else max(after, stop - 1)
            return EventPage(
                self._events(connection, rows),
                None if reached == START else reached,
                reached < size - 1,
                size,
                anchored_now(connection),
            )

    def at(self, indexes: Iterable[int]) -> dict[int, Event]:
        """The events with these log indexes."""
        with self._db.read() as connection:
            rows = [row for index in indexes if (row := records.at(connection, index)) is not None]
            return {event.index: event for event in self._events(connection, rows)}

    def require(self, log_id: bytes) -> None:
        """Raise `NotFound` where events are asked for that follow on those of another log."""
        if log_id != self._log_id:
            raise NotFound(
                "this service keeps another log by now",
                where="log",
                expected=to_hex(self._log_id),
                found=to_hex(log_id),
                mend="Begin anew with its first event: records have the same ids in both.",
            )

    def require_cursor(self, after: int, where: str) -> None:
        """Raise `MalformedRecord` for a cursor beyond the log's end."""
        with self._db.read() as connection:
            require_within(after, log.head(connection).size, where)

    def extent(self) -> tuple[int, Anchored | None]:
        """How many events there are, and how far they are anchored."""
        with self._db.read() as connection:
            return log.head(connection).size, anchored_now(connection)

    def _events(self, connection: Connection, rows: Sequence[StoredRecord]) -> tuple[Event, ...]:
        about = {
            row.record_id: RecordId(cast(Outcome, row.record).record)
            for row in rows
            if row.type_number == Outcome.NUMBER
        }
        targets = records.get_many(connection, set(about.values()))
        return tuple(
            event_of(row, targets.get(about[row.record_id]) if row.record_id in about else None, self._log_id)
            for row in rows
        )

    def _outcomes(self, connection: Connection, wanted: Wanted, after: int, stop: int) -> list[StoredRecord]:
        rows = records.listing(connection, types=(Outcome.NUMBER,), after=after, before=stop, limit=WINDOW)
        about = [(row, RecordId(cast(Outcome, row.record).record)) for row in rows]
        matching = listing.that_concern(connection, {target for _, target in about}, wanted.about)
        return [row for row, target in about if target in matching]


def require_within(after: int, size: int, where: str = "after") -> None:
    """Raise `MalformedRecord` for a cursor that no log of this size has told: it is another log's, or was told before
    this one was put back from an older copy. Who waited there would hear nothing for long, and then miss what lies
    between."""
    if after >= size:
        raise MalformedRecord(
            "beyond the end of this log",
            where=where,
            expected=f"at most {size - 1}",
            found=after,
            mend="Compare logId with that of the events that you have, and begin anew where it is another.",
        )


def anchored_now(connection: Connection) -> Anchored | None:
    newest = checkpoints.latest_anchored(connection)
    if newest is None or newest.anchored_block is None:
        return None
    return Anchored(newest.size, newest.anchored_block, to_hex(newest.anchored_transaction or b""))
