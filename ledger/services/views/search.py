"""One box for everything that is known by a number or a name: what a text may mean to who asks, with the kinds.

Shipments, records, leaves, blocks, partners and products are public. Orders, lots, containers, SSCCs and
customs' references stand in private parts: they are looked up among the reader's own alone, so that what others have is
neither found nor missed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from ledger.common.gs1 import Product
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.common.search_text import folded, readings
from ledger.records.types import REMAINDER_INDEX, Clearance, Commercial, Goods, Handoff, Split
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.lists.shipment_list import reading_as, right_of
from ledger.services.views.records import Reader, RecordViews
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import identifiers, outcomes, shipments, tracing
from ledger.store.projections.identifiers import DECLARATION, LOAD, LOT, ORDER, Identifier
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
    DECLARATION = "declaration"
    RECORD = "record"
    LEAF = "leaf"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Match:
    """Something that the text may mean: as what (`kind`), and what there is (`id` at the page `where`).

    `order` and `lot`: a shipment of it; `load`: a handoff of it (container, SSCC, waybill); `declaration`: a clearance
    with this reference of customs (MRN); `leaf`: the record at that index; `block`: a record in it. `name`: the
    partner's; the product's or lot's GTIN; the record's type. `at`: when it was opened or logged, seconds UTC.
    `order`, `goods`: of a shipment whose terms the reader may see, its order number and goods; else empty.
    """

    kind: MatchKind
    id: str
    where: str
    name: str
    at: int | None
    order: str = ""
    goods: tuple[str, ...] = ()


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
            shown = tuple(self._described(connection, _each_at_most(found), reader, opened))
        self._views.note(reader, opened)
        return Search(text.strip(), shown, len(shown) < len(found), who is not None)

    def _partners(self, connection: Connection, number: int | None, name: str) -> Iterator[Match]:
        for partner, _ in self._registry.now().partners():
            called, gln = self._names.enrolled(connection, partner)
            if partner == number or (name and (name in folded(called) or name == gln)):
                yield Match(MatchKind.PARTNER, str(partner), f"/partners/{partner}", called, None)

    def _described(
        self, connection: Connection, matches: Iterable[Match], reader: Reader, opened: dict[RecordId, Opened]
    ) -> Iterator[Match]:
        """Shipments with order and goods as their terms say, for who may open these; what is told is put into
        `opened`. A child's goods stand in the split, and are told on its page.
        """
        listed = list(matches)
        ids = [bytes_from_hex(match.id, 32, "shipment") for match in listed if match.kind in _SHIPMENTS]
        rows = {to_hex(row.shipment): row for row in shipments.get_many(connection, ids).values()}
        terms = records.get_many(connection, {row.terms for row in rows.values()})
        rights = {i: self._views.right_to(connection, one.record, i, reader) for i, one in terms.items()}
        parts = openings.of_many(connection, [one for i, one in terms.items() if rights[i] is not None])
        for match in listed:
            row = rows.get(match.id) if match.kind in _SHIPMENTS else None
            right = rights.get(row.terms) if row is not None else None
            if row is None or right is None:
                yield match
                continue
            commercial = parts[row.terms].get("commercial")
            whole = row.parent is None or row.child_index == REMAINDER_INDEX
            contents = {path: one for path, one in parts[row.terms].items() if whole and isinstance(one, Goods)}
            for path in (*contents, *(["commercial"] if isinstance(commercial, Commercial) else [])):
                _note(opened, row.terms, path, right)
            yield replace(
                match,
                order=commercial.orderRef if isinstance(commercial, Commercial) else "",
                goods=tuple(dict.fromkeys(goods.description or goods.gtin for goods in contents.values())),
            )


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
    entries = [
        entry for entry in told if entry.kind not in _OF_RECORDS or reader.may_read(_OF_RECORDS[entry.kind].of.NUMBER)
    ]
    rows = shipments.get_many(connection, (entry.target for entry in entries if entry.kind not in _OF_RECORDS))
    lots = [entry.target for entry in entries if entry.kind == LOT]
    goods = tracing.goods_in(connection, lots) if lots else {}
    openers = _splits(connection, [rows[one] for one in lots if one in rows])
    signed = records.get_many(connection, (RecordId(entry.target) for entry in entries if entry.kind in _OF_RECORDS))
    for entry in entries:
        if entry.kind in _OF_RECORDS:
            kind, part, _ = _OF_RECORDS[entry.kind]
            record = signed[RecordId(entry.target)]
            _note(opened, record.record_id, part, right)
            yield _record(kind, record)
        elif (row := rows.get(entry.target)) is not None:
            if entry.kind == ORDER:
                _note(opened, row.terms, "commercial", right)
                yield _shipment(MatchKind.ORDER, row)
            elif row.shipment not in openers or reader.may_read(Split.NUMBER):
                _note(opened, openers.get(row.shipment, row.terms), "contents", right)
                gtins = sorted({gtin for gtin, _ in goods.get(row.shipment, ())})
                yield _shipment(MatchKind.LOT, row, ", ".join(gtins))


_SHIPMENTS = (MatchKind.SHIPMENT, MatchKind.ORDER, MatchKind.LOT)


class _Said(NamedTuple):
    """Where a number stands by which records are found: a `part` of records `of` this type."""

    kind: MatchKind
    part: str
    of: type[Handoff | Clearance]


_OF_RECORDS = {
    LOAD: _Said(MatchKind.LOAD, "load", Handoff),
    DECLARATION: _Said(MatchKind.DECLARATION, "duty", Clearance),
}


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
