"""Queries over events: what the reader may see, in pages, each look at private parts noted."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, NotFound
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import Event, event_of
from ledger.formats.epcis.query import MOST_PER_PAGE, EventQuery
from ledger.formats.epcis.validation import LONGEST_ID
from ledger.records.types import BY_NUMBER
from ledger.services.epcis.recorded import Recording
from ledger.services.home.home import Home
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader, RecordViews
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.epcis import events
from ledger.store.epcis.events import Order, Sight, Spans, StoredEvent, Wanted

_ORDERS = {"": "number", "eventTime": "event_time", "recordTime": "record_time"}
_BY_VALUE, _BY_NUMBER = Order("text"), Order("number")
LARGE = 512 * 1024
"""Bytes of events that go into one message; a single larger one goes by itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Some events, with the record that each is proved by (None: not yet observed), and the token of the next page."""

    events: Sequence[Event]
    proved_by: Sequence[RecordId | None]
    next: str
    reached: str = ""
    """Where the page ends, as a token; empty for an empty one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a query finds among the events behind one number, in the order in which they came, not yet noted as seen.

    `reached`: the number up to which was looked. `more`: there may be more behind that.
    """

    rows: Sequence[StoredEvent]
    opened: dict[RecordId, Opened]
    reached: int
    more: bool

    @property
    def answer(self) -> Answer:
        return Answer([_event(row) for row in self.rows], [_proved_by(row) for row in self.rows], "")


TOO_MANY = "more events than maxEventCount"
"""What is wrong with a query whose answer is larger than it allows."""


class Querying:
    def __init__(self, home: Home, views: RecordViews, recording: Recording) -> None:
        self._db = home.database
        self._views = views
        self._recording = recording

    def run(self, query: EventQuery, reader: Reader, *, per_page: int, token: str = "") -> Answer:
        """A page of the query's answer. Raises `MalformedRecord` for a token that is none, and with
        `TOO_MANY` for an answer that is larger than the query allows."""
        self._recording.catch_up()
        order = _order(query)
        after, left = _read_token(token, order)
        limit = query.limit if not token else left
        wanted, spans = _wanted(query), Spans(*_spans(query))
        sight = _sight(reader)
        size = min(per_page, limit) if limit else per_page
        with self._db.read() as connection:
            if query.most and events.count(connection, sight, wanted, spans, query.most + 1) > query.most:
                raise MalformedRecord(TOO_MANY, where="maxEventCount", expected=query.most)
            found = events.search(connection, sight, wanted, spans, order, after=after, limit=size + 1)
            more, found = len(found) > size, found[:size]
            shown, opened = self._shown(connection, [row for row, _ in found], reader)
        self._views.note(reader, opened)
        left = limit - size if limit else 0
        reached = _token(found[-1][1], found[-1][0].number, left) if found else ""
        following = reached if more and not (limit and left <= 0) else ""
        return Answer([_event(row) for row in shown], [_proved_by(row) for row in shown], following, reached)

    def stretch(self, query: EventQuery, reader: Reader, behind: int, last: int | None = None) -> Stretch:
        """At most `MOST_PER_PAGE` events of the query behind the number `behind`, and up to `last`; without `last`, of
        about `LARGE` bytes together. The query has no order and limit of its own.
        """
        with self._db.read() as connection:
            end = events.last(connection) if last is None else last
            spans = replace(Spans(*_spans(query)), last=end)
            sight, wanted, after = _sight(reader), _wanted(query), (behind, behind)
            found = events.search(connection, sight, wanted, spans, _BY_NUMBER, after=after, limit=MOST_PER_PAGE + 1)
            more, found = len(found) > MOST_PER_PAGE, found[:MOST_PER_PAGE]
            shown, opened = self._shown(connection, [row for row, _ in found], reader)
        reached = found[-1][0].number if more else end
        size = 0
        for place, row in enumerate(shown if last is None else ()):
            size += len(row.body)
            if place and size > LARGE:
                return Stretch(shown[:place], opened, shown[place - 1].number, more=True)
        return Stretch(shown, opened, reached, more)

    def note(self, reader: Reader, stretch: Stretch) -> None:
        """Note what is about to be seen of it."""
        self._views.note(reader, stretch.opened)

    def last(self) -> int:
        """The number of the event that came last, once all that the log has is made."""
        self._recording.catch_up()
        with self._db.read() as connection:
            return events.last(connection)

    def now(self) -> str:
        """The token behind everything that is here, for a query without an order of its own."""
        last = self.last()
        return _token(last, last, 0)

    def one(self, event_id: str, reader: Reader) -> tuple[Event, RecordId | None]:
        """The newest event with this id; raises `NotFound`, also for what the reader may not see."""
        self._recording.catch_up()
        with self._db.read() as connection:
            known = len(event_id) <= LONGEST_ID and "\0" not in event_id
            row = events.newest(connection, _sight(reader), event_id) if known else None
            shown, opened = self._shown(connection, [row] if row is not None else [], reader)
        if not shown:
            raise NotFound("no such event", where="eventID", found=event_id[:200])
        self._views.note(reader, opened)
        return _event(shown[0]), _proved_by(shown[0])

    def values(self, kinds: Sequence[str], reader: Reader, *, per_page: int, token: str = "") -> tuple[list[str], str]:
        """The different values of these kinds in the events that the reader may see, and the token of the next page."""
        self._recording.catch_up()
        after = _read_token(token, _BY_VALUE)[0] if token else None
        with self._db.read() as connection:
            last = "" if after is None else str(after[0])
            found = events.values(connection, _sight(reader), kinds, last, per_page + 1)
        more, found = len(found) > per_page, found[:per_page]
        return found, _token(found[-1], 0, 0) if more else ""

    def _shown(
        self, connection: Connection, rows: Sequence[StoredEvent], reader: Reader
    ) -> tuple[list[StoredEvent], dict[RecordId, Opened]]:
        """Those of `rows` that the reader has a right to by the records themselves, and what of these is opened."""
        ids = {RecordId(row.record_id) for row in rows if row.record_type and row.parts}
        stored = records.get_many(connection, ids)
        rights = {one: self._views.right_to(connection, stored[one].record, one, reader) for one in ids}
        shown, opened = [], dict[RecordId, Opened]()
        for row in rows:
            right = rights.get(RecordId(row.record_id)) if row.record_type and row.parts else None
            if right is not None:
                before = opened[RecordId(row.record_id)].paths if RecordId(row.record_id) in opened else ()
                opened[RecordId(row.record_id)] = Opened({*before, *row.parts.split(",")}, right)
            if right is not None or not row.parts:
                shown.append(row)
        return shown, opened


def _event(row: StoredEvent) -> Event:
    return event_of(json_text.parse(row.body.encode(), most=len(row.body) * 4 + 1))


def _proved_by(row: StoredEvent) -> RecordId | None:
    return RecordId(row.record_id) if row.record_id else None


def _sight(reader: Reader) -> Sight:
    return Sight(None if reader.auditor else reader.partner, [n for n in BY_NUMBER if reader.may_read(n)])


def _order(query: EventQuery) -> Order:
    by = _ORDERS.get(query.order_by, f"text {query.order_by}")
    return Order(by, query.descending if query.order_by else False)


def _wanted(query: EventQuery) -> list[Wanted]:
    return [Wanted(one.kinds, str(one.comparison), one.values) for one in query.conditions]


def _spans(query: EventQuery) -> tuple[int | None, ...]:
    return query.event_from, query.event_until, query.record_from, query.record_until


# --- tokens of pages ------------------------------------------------------------------------------------------------


def _token(key: str | int, number: int, left: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, number, left], ensure_ascii=False).encode()).decode().rstrip("=")


def _read_token(token: str, order: Order) -> tuple[tuple[str | int, int] | None, int]:
    """Raises `MalformedRecord` for what no page of this order ends with: the database would be asked to compare a text
    with a number, or for a negative number of rows, which are all."""
    if not token:
        return None, 0
    problem = MalformedRecord("not a page token", where="page token", expected="as the page before gave it")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,4000}", token):
        raise problem
    try:
        key, number, left = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise problem from None
    if type(key) is not (int if order.by in _ORDERS.values() else str) or not type(number) is type(left) is int:
        raise problem
    if any(abs(one) >= 1 << 62 for one in (key, number, left) if isinstance(one, int)) or left < 0:
        raise problem
    if isinstance(key, str) and ("\0" in key or not _is_unicode(key)):
        raise problem
    return (key, number), left


def _is_unicode(text: str) -> bool:
    """Whether it has no half of a character's pair, which no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
