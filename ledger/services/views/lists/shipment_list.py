"""Lists of shipments, as their reader may see them: filtered, sorted, by page; the API, pages and CSV have the same.

What the private terms say (due, late, lane, order number) is asked of the reader's own rows alone, so what a reader may
not see decides nothing, neither what is in a list nor how long it takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypeVar

from ledger.codes import Mode, ShipmentState
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import LadingError, MalformedRecord
from ledger.explain.words import spaced
from ledger.records.types import ShipmentTerms
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.extent import extent_of
from ledger.services.state.partner_names import Names, PartnerName
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.lists.listed_shipment import ListedShipment, PromiseView
from ledger.services.views.records import Reader, RecordViews
from ledger.services.views.shipment import ShipmentViews, partners_of, summary_of
from ledger.shipments.parties import EVERYBODY, PRIVATE, READS_TERMS, STATES, Course, Part
from ledger.shipments.status import ShipmentStatus
from ledger.store.database import Connection
from ledger.store.projections import parties
from ledger.store.projections.parties import Party, Place, Wanted
from ledger.store.projections.shipments import Shipment

UNDER_WAY = "under way"
"""The status of all that have not ended."""
STATUSES = (
    UNDER_WAY,
    *map(str, ShipmentStatus),
    *(name for name, state in STATES.items() if state != ShipmentState.OPEN),
)
ROLES = {spaced(part.name or ""): part for part in Part if part is not Part.RECIPIENT}
MODES = {spaced(mode.name): mode for mode in Mode}
ROUNDS = 6
"""So often a page reads on for what is judged by records; what it has not found then is left to the next page."""
_LARGEST = 2**53 - 1


class Sort(StrEnum):
    OPENED = "opened"
    DUE = "due"


class Order(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class ShipmentQuery:
    """What a list is asked for; None or empty: all the same.

    `partner` has or had a part in them, as `role` (a key of `ROLES`; without a partner: the reader itself). `status`:
    one of `STATUSES`. `lane`: `CN-NZ`, with countries or UN/LOCODEs; either side may be left out. `mode`: a key of
    `MODES`. `start` to before `end`: when they were opened, seconds UTC. `late`: past the promise, undelivered or when
    they came; `held` by customs; `disputed`: a tender is contested. `cursor`: `next` of the page before.
    """

    partner: int | None = None
    role: str = ""
    status: str = ""
    late: bool | None = None
    lane: str = ""
    mode: str = ""
    start: int | None = None
    end: int | None = None
    held: bool | None = None
    disputed: bool | None = None
    sort: Sort = Sort.OPENED
    order: Order | None = None
    cursor: str = ""

    @property
    def is_private(self) -> bool:
        """Whether it asks for what private terms say: whoever may read none gets nothing."""
        role = ROLES.get(self.role, Part(0))
        return self.late is not None or bool(self.lane) or self.sort is Sort.DUE or bool(role & PRIVATE)

    @property
    def filters(self) -> dict[str, object]:
        """What narrows the list, by name, as it was asked."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {n: v for n, v in named.items() if v not in (None, "") and n not in ("sort", "order", "cursor")}

    @property
    def ascending(self) -> bool:
        """What is due first stands first, what was opened last stands first, unless another order is asked for."""
        return self.sort is Sort.DUE if self.order is None else self.order is Order.ASCENDING


@dataclass(frozen=True, slots=True)
class ShipmentListing:
    """`next`: the cursor of the next page; None on the last one."""

    shipments: tuple[ListedShipment, ...]
    next: str | None


class ShipmentLists:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._db = home.database
        self._clock = home.clock
        self._registry = registry
        self._views = views
        self._names = Names(registry, home.domain.consortium_id)
        self._stories = ShipmentViews(self._names, registry, home)

    def page(self, query: ShipmentQuery, reader: Reader, limit: int) -> ShipmentListing:
        """At most `limit` shipments. Raises `MalformedRecord` for a query that nothing could answer."""
        now = self._clock.now()
        wanted = wanted_rows(query, reader, now)
        place = place_of(query.cursor)
        if wanted is None:
            return ShipmentListing((), None)
        matching: list[tuple[Party, Shipment]] = []
        statuses: dict[bytes, str] = {}
        going_on = True
        with self._db.read() as connection:
            extent = extent_of(connection)
            self._registry.refreshed(connection, extent)
            for _ in range(ROUNDS):
                rows = parties.page(connection, wanted, after=place, limit=limit + 1)
                statuses |= self._stories.judged(connection, extent, [row for _, row in rows])
                matching += [pair for pair in rows if _stands(query.status, statuses[pair[1].shipment])]
                going_on = len(rows) > limit
                if rows:
                    place = parties.place_of(rows[-1][0], by_due=wanted.by_due)
                if len(matching) > limit or not going_on:
                    break
            if len(matching) > limit:
                matching = matching[:limit]
                place, going_on = parties.place_of(matching[-1][0], by_due=wanted.by_due), True
            names = {one: self._names.of(connection, one) for _, row in matching for one in partners_of(row)}
            told = _promises(connection, matching, reader, now)
        self._note(reader, [(row.terms, told.get(row.shipment)) for _, row in matching])
        return ShipmentListing(
            tuple(_listed(party, row, statuses, names, told, now) for party, row in matching),
            cursor_of(place) if going_on and place else None,
        )

    def _note(self, reader: Reader, shown: Sequence[tuple[RecordId, PromiseView | None]]) -> None:
        """What is told of private terms is noted before it is told."""
        right = right_of(reader)
        opened = {terms: Opened(_paths(promise), right) for terms, promise in shown if promise is not None}
        self._views.note(reader, opened)


def wanted_rows(query: ShipmentQuery, reader: Reader, now: int) -> Wanted | None:
    """Whose rows answer `query`, and which of them; None where the reader may see nothing of what it asks for.

    Raises `MalformedRecord` for words that no list knows.
    """
    role = _known("role", query.role, ROLES) if query.role else Part(0)
    mode = _known("mode", query.mode, MODES) if query.mode else None
    states, courses = _standing(query.status) if query.status else ((), ())
    origin, destination = lane_of(query.lane)
    mine = reading_as(reader)
    partner = query.partner
    if role and partner is None:
        if not reader.partner:
            raise MalformedRecord(
                "a role of whom?", where="role", expected="partner beside it, or a session", found=query.role
            )
        partner = reader.partner
    result = Wanted(
        states=states, courses=courses, late=query.late, origin=origin, destination=destination, mode=mode,
        start=query.start, end=query.end, held=query.held, disputed=query.disputed, now=now,
        by_due=query.sort is Sort.DUE, ascending=query.ascending,
    )  # fmt: skip
    named = "" if partner is None else str(partner)
    if query.is_private:
        if mine is None:
            return None
        result = replace(result, who=mine)
        if mine == named:
            return replace(result, roles=int(role))
        # A row in which the reader finds the terms' words is one whose terms it may read: other parties are told too.
        return replace(result, roles=0 if mine == EVERYBODY else int(READS_TERMS), beside=named, beside_roles=int(role))
    if partner is None:
        return result
    if role or mine in (named, EVERYBODY):
        return replace(result, who=named, roles=int(role))
    return replace(result, who=named, roles=int(_PUBLIC), or_read_by=mine or "")


def reading_as(reader: Reader) -> str | None:
    """Under which name a reader's rows stand, if it may read the terms of any shipment; None: it sees the public part.

    A partner reads as such, and not as the key of a recipient that its own key once was.
    """
    if not reader.may_read(ShipmentTerms.NUMBER):
        return None
    if reader.auditor:
        return EVERYBODY
    if reader.partner:
        return str(reader.partner)
    return to_hex(reader.key) if reader.key else None


def right_of(reader: Reader) -> AccessRight:
    """On what right `reading_as` reads."""
    if reader.auditor:
        return AccessRight.AUDITOR
    return AccessRight.PARTY if reader.partner else AccessRight.RECIPIENT


def promise_of(party: Party, now: int) -> PromiseView | None:
    """What `party` may read of the terms; None for one that may not."""
    if party.who != EVERYBODY and not party.roles & READS_TERMS:
        return None
    late = None if party.due_at is None else (party.stopped_at if party.stopped_at is not None else now) > party.due_at
    return PromiseView(party.order_ref, party.origin, party.destination, party.due_at, late)


def lane_of(text: str) -> tuple[str, str]:
    """Origin and destination of `CN-NZ`: countries or UN/LOCODEs, empty where a side is left out; raises
    `MalformedRecord`."""
    if not text:
        return "", ""
    sides = text.upper().replace("→", "-").replace(" ", "").split("-")
    if len(sides) != 2 or not any(sides) or not all(side == "" or _is_place(side) for side in sides):
        raise MalformedRecord(
            "not a lane",
            where="lane",
            expected="two countries or UN/LOCODEs, as CN-NZ or CNSHA-; one side may be left out",
            found=text[:40],
        )
    return sides[0], sides[1]


def cursor_of(place: Place) -> str:
    return f"{place.by}.{place.opened_index}.{to_hex(place.shipment)}"


def place_of(cursor: str) -> Place | None:
    """What `cursor_of` printed; None for the empty text. Raises `MalformedRecord`."""
    if not cursor:
        return None
    try:
        by, index, shipment = cursor.split(".")
        place = Place(int(by), int(index), bytes_from_hex(shipment, 32, "cursor"))
        if cursor_of(place) == cursor and min(place[:2]) >= 0 and max(place[:2]) <= _LARGEST:
            return place
    except (ValueError, LadingError):
        pass
    raise MalformedRecord("not a cursor", where="cursor", expected="`next` of the page before", found=cursor[:80])


_PUBLIC = Part(sum(Part)) & ~PRIVATE
T = TypeVar("T")


def _promises(
    connection: Connection, shown: Sequence[tuple[Party, Shipment]], reader: Reader, now: int
) -> dict[bytes, PromiseView | None]:
    """By shipment, what `reader` may read of its terms, from its own rows."""
    who = reading_as(reader)
    mine = {party.shipment: party for party, _ in shown if party.who == who}
    if who is not None and (others := [row.shipment for _, row in shown if row.shipment not in mine]):
        mine |= {party.shipment: party for party in parties.of_shipments(connection, others) if party.who == who}
    return {shipment: promise_of(party, now) for shipment, party in mine.items()}


def _listed(
    party: Party,
    row: Shipment,
    statuses: Mapping[bytes, str],
    names: Mapping[int, PartnerName],
    told: Mapping[bytes, PromiseView | None],
    now: int,
) -> ListedShipment:
    summary = summary_of(row, statuses[row.shipment], names)
    return ListedShipment(
        **{field.name: getattr(summary, field.name) for field in fields(summary)},
        held=party.held_since is not None,
        disputed=party.disputed_until is not None and party.disputed_until >= now,
        promise=told.get(row.shipment),
    )


def _paths(promise: PromiseView) -> Iterator[str]:
    if promise.order is not None or promise.due_at is not None:
        yield "commercial"
    if promise.origin is not None:
        yield "origin"
    if promise.destination is not None:
        yield "destination"


def _standing(status: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The states of shipments of this status, and the courses of those under way that may have it."""
    if status == UNDER_WAY:
        return (int(ShipmentState.OPEN),), ()
    if status in STATES and STATES[status] != ShipmentState.OPEN:
        return (int(STATES[status]),), ()
    _known("status", status, dict.fromkeys(STATUSES, 0))
    straight = {ShipmentStatus.OPEN: [0], ShipmentStatus.IN_TRANSIT: [int(Course.MOVED)]}
    astray = [int(Course.STRAY), int(Course.STRAY | Course.MOVED)]
    return (int(ShipmentState.OPEN),), (*straight.get(ShipmentStatus(status), []), *astray)


def _stands(asked: str, status: str) -> bool:
    return asked in ("", UNDER_WAY, status)


def _is_place(side: str) -> bool:
    return side.isascii() and side.isalnum() and len(side) in (2, 5) and side[:2].isalpha()


def _known(where: str, name: str, known: dict[str, T]) -> T:
    if name not in known:
        raise MalformedRecord(f"no such {where}", where=where, expected=", ".join(known), found=name[:40])
    return known[name]
