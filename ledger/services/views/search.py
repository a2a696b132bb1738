"""One box for everything that is known by a number or a name: what a text may mean to who asks, with the kinds.

Shipments, records, leaves, blocks, partners and products are public. Orders, lots, containers and SSCCs stand in
private parts: they are looked up among the reader's own alone, so that what others have is neither found nor missed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.gs1 import Product
from ledger.common.ids import RecordId, to_hex
from ledger.common.search_text import folded, readings
from ledger.records.types import REMAINDER_INDEX, Handoff, Split
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.lists.shipment_list import reading_as, right_of
from ledger.services.views.records import Reader, RecordViews
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import identifiers, outcomes, shipments, tracing
from ledger.store.projections.identifiers import LOAD, LOT, ORDER, Identifier
from ledger.store.projections.shipments import Shipment
from ledger.store.records import StoredRecord

MOST = 20
"""Most matches of a kind."""
_MOST_PRIVATE = 3 * MOST


class MatchKind(StrEnum):
    PRODUCT = "product"
    PARTNER = "partner"
    SHIPMENT = "shipment"
    ORDER = "order"
    LOT = "lot"
    LOAD = "load"
    RECORD = "record"
    LEAF = "leaf"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Match:
    """Something that the text may mean: as what (`kind`), and what there is (`id` at the page `where`).

    `order` and `lot`: a shipment of it; `load`: a handoff of it (container, SSCC, waybill); `leaf`: the record at that
    index; `block`: a record in it. `name`: the partner's; the product's or lot's GTIN; the record's type. `at`: when it
    was opened or logged, seconds UTC.
    """

    kind: MatchKind
    id: str
    where: str
    name: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Search:
    """`more`: some kind has more than `MOST`. `private`: orders, lots, containers and SSCCs were looked for too."""

    asked: str
    matches: tuple[Match, ...]
    more: bool
    private: bool

    @property
    def only(self) -> str | None:
        """The one page that everything found is on; None where there are several, or nothing was found."""
        places = {match.where for match in self.matches}
        return places.pop() if len(places) == 1 and not self.more else None


class Searching:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._db = home.database
        self._registry = registry
        self._views = views
        self._names = Names(registry, home.domain.consortium_id)

    def find(self, text: str, reader: Reader, product: Product | None = None) -> Search:
        """Everything that `text` may mean and the reader may see, the product that it names as a code among it.

        Raises `MalformedRecord` for no question.
        """
        asked = readings(text)
        who = reading_as(reader)
        opened: dict[RecordId, Opened] = {}
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            known = _product(product), *self._partners(connection, asked.number, asked.name)
            found = [match for match in known if match is not None]
            if asked.hex_digits:
                found += _by_id(connection, asked.hex_digits)
            if asked.number is not None:
                found += _by_number(connection, asked.number)
            if who is not None and asked.identifier:
                told = identifiers.known_as(connection, who, asked.identifier, _MOST_PRIVATE + 1)
                found += _private(connection, told, reader, opened)
        self._views.note(reader, opened)
        shown = tuple(_each_at_most(found))
        return Search(text.strip(), shown, len(shown) < len(found), who is not None)

    def _partners(self, connection: Connection, number: int | None, name: str) -> Iterator[Match]:
        for partner, _ in self._registry.now().partners():
            called, gln = self._names.enrolled(connection, partner)
            if partner == number or (name and (name in folded(called) or name == gln)):
                yield Match(MatchKind.PARTNER, str(partner), f"/partners/{partner}", called, None)


def _product(product: Product | None) -> Match | None:
    """The product that a code names, whatever is known of it."""
    if product is None:
        return None
    path = product.path()
    return Match(MatchKind.PRODUCT, path, f"/p/{path}", path, None)


def _by_id(connection: Connection, digits: str) -> Iterator[Match]:
    """The terms that opened a shipment have its id, and are told on its page."""
    rows = shipments.beginning_with(connection, digits, MOST + 1)
    yield from (_shipment(MatchKind.SHIPMENT, row) for row in rows)
    opened = {row.shipment for row in rows}
    stored = records.beginning_with(connection, digits, MOST + 1)
    yield from (_record(MatchKind.RECORD, row) for row in stored if row.record_id not in opened)


def _by_number(connection: Connection, number: int) -> Iterator[Match]:
    leaf = records.at(connection, number)
    if leaf is not None:
        yield _record(MatchKind.LEAF, leaf)
    inside = outcomes.in_block(connection, number, MOST + 1)
    stored = records.get_many(connection, inside)
    yield from (_record(MatchKind.BLOCK, stored[one]) for one in inside if one in stored)


def _private(
    connection: Connection, told: Iterable[Identifier], reader: Reader, opened: dict[RecordId, Opened]
) -> Iterator[Match]:
    """What is told of private parts is put into `opened`. A device finds what stands in records that it may read."""
    right = right_of(reader)
    entries = [entry for entry in told if entry.kind != LOAD or reader.may_read(Handoff.NUMBER)]
    rows = shipments.get_many(connection, (entry.target for entry in entries if entry.kind != LOAD))
    lots = [entry.target for entry in entries if entry.kind == LOT]
    goods = tracing.goods_in(connection, lots) if lots else {}
    openers = _splits(connection, [rows[one] for one in lots if one in rows])
    loads = records.get_many(connection, (RecordId(entry.target) for entry in entries if entry.kind == LOAD))
    for entry in entries:
        if entry.kind == LOAD:
            handoff = loads[RecordId(entry.target)]
            _note(opened, handoff.record_id, "load", right)
            yield _record(MatchKind.LOAD, handoff)
        elif (row := rows.get(entry.target)) is not None:
            if entry.kind == ORDER:
                _note(opened, row.terms, "commercial", right)
                yield _shipment(MatchKind.ORDER, row)
            elif row.shipment not in openers or reader.may_read(Split.NUMBER):
                _note(opened, openers.get(row.shipment, row.terms), "contents", right)
                gtins = sorted({gtin for gtin, _ in goods.get(row.shipment, ())})
                yield _shipment(MatchKind.LOT, row, ", ".join(gtins))


def _splits(connection: Connection, rows: Iterable[Shipment]) -> dict[bytes, RecordId]:
    """By child, the split that tells which goods it got."""
    children = {row.shipment: row.parent for row in rows if row.parent and row.child_index != REMAINDER_INDEX}
    steps = shipments.steps_of_many(connection, (parent for parent in children.values() if parent))
    split = {parent: step.record_id for parent, line in steps.items() for step in line if step.kind == "split"}
    return {child: split[parent] for child, parent in children.items() if parent in split}


def _note(opened: dict[RecordId, Opened], record_id: RecordId, path: str, right: AccessRight) -> None:
    before = opened[record_id].paths if record_id in opened else ()
    opened[record_id] = Opened({*before, path}, right)


def _each_at_most(found: Iterable[Match]) -> Iterator[Match]:
    """The first `MOST` of each kind, each once."""
    counts = dict.fromkeys(MatchKind, 0)
    for match in dict.fromkeys(found):
        counts[match.kind] += 1
        if counts[match.kind] <= MOST:
            yield match


def _shipment(kind: MatchKind, row: Shipment, name: str = "") -> Match:
    shipment = to_hex(row.shipment)
    return Match(kind, shipment, f"/shipments/{shipment}", name, row.opened_at)


def _record(kind: MatchKind, row: StoredRecord) -> Match:
    record_id = to_hex(row.record_id)
    return Match(kind, record_id, f"/records/{record_id}", type(row.record).__name__, row.log_time)
