"""What goods came from and what became of them, in one answer: who had them, where and when, how much there is, and
what share of it comes from what was asked about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.codes import ExceptionBit, ShipmentState
from ledger.common.gs1 import Product, recall_covers, recalled_lots, recalled_product
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import NotFound, NotPermitted, RuleBroken
from ledger.explain.words import spaced
from ledger.formats.gs1.scanned import sought
from ledger.products.recall_tracing import Way
from ledger.provenance.balance import balance_of
from ledger.provenance.contents import Line
from ledger.provenance.graph import Graph
from ledger.provenance.shares import UNKNOWN, Share, parts_of_all, share_of_goods, shares_down, shares_up, whole
from ledger.services.home.home import Home
from ledger.services.products.lot_tracing import NAMED, POSSIBLE, Traced, trace_shipment
from ledger.services.products.made_above import MOST_MADE, made_above, parents_of
from ledger.services.products.provenance_views import (
    Direction,
    InputView,
    MadeOfView,
    MadeView,
    NodeView,
    ProvenanceView,
    StopView,
    balance_view,
    goods_view,
    place_view,
    share_view,
)
from ledger.services.products.recalls import Recalls
from ledger.services.products.shown_graph import Reach, ShownGraph, read_graph
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader, RecordViews
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import Shipment

MOST_LOOKED_AT = 5_000
"""Shipments that are looked at for a reader who may read some of them."""
_STATUS = {int(state): spaced(state.name) for state in ShipmentState}


@dataclass(frozen=True, slots=True)
class GoodsAsked:
    """A GS1 path with `lots` as in a recall, or the 0x-id of a shipment. `ways`: all that the reader may ask for where
    none is named. `most`: shipments, 0 for any number.
    """

    subject: str
    lots: str = ""
    ways: tuple[Way, ...] = ()
    most: int = 0


class Provenance:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews, recalls: Recalls) -> None:
        self._db = home.database
        self._registry = registry
        self._views = views
        self._recalls = recalls
        self._names = Names(registry, home.domain.consortium_id)

    def trace(self, asked: GoodsAsked, reader: Reader) -> tuple[ProvenanceView, dict[RecordId, Opened]]:
        """The answer, and the private parts in it, which are to be noted before it is told.

        Authorities and auditors see all shipments, the holder of a brand's GS1 prefix what became of its goods; whoever
        may read a shipment's terms, as much of what it came from and became as it may read, too. Contents are shown by
        the right to each record. Raises `MalformedRecord`, `NotFound`, `NotPermitted`, and `RuleBroken` for more
        shipments than `most`.
        """
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            found, limited = self._found(connection, asked, reader)
            named = {one.row.shipment for traced in found.values() for one in traced}
            if not named:
                raise NotFound(
                    "no shipment here is known to carry these goods", where="subject", found=asked.subject[:120]
                )
            if asked.most and len(named) > asked.most:
                raise _too_many(asked, f"{len(named):,}")
            shown = read_graph(connection, self._views, named, reader, Reach() if asked.most else None)
            return self._view(connection, asked, found, (shown, limited)), shown.opened

    def made_of(self, product: Product, reader: Reader) -> tuple[MadeOfView, dict[RecordId, Opened]]:
        """What the goods of a GTIN and lot were made of, and what that was made of in its turn: from which shipments
        anybody may know, what was in these and what share it is whoever may read it. With the private parts in it, as
        `trace`.
        """
        if not product.lot:
            return MadeOfView((), False), {}
        with self._db.read() as connection:
            carriers = shipments.made_with(connection, product.gtin, product.lot, limit=MOST_MADE)
            made, more = made_above(connection, carriers)
            if not made:
                return MadeOfView((), more), {}
            self._registry.refreshed(connection)
            shown = read_graph(connection, self._views, [row.shipment for row in made], reader, Reach())
            graph = shown.graph()
            return MadeOfView(tuple(self._made(connection, row, graph) for row in made), more), shown.opened

    def _made(self, connection: Connection, row: Shipment, graph: Graph) -> MadeView:
        shares = shares_up(graph, whole([row.shipment]))
        inputs = []
        for parent in graph.nodes[row.shipment].parents:
            contents = graph.inside(parent)
            goods = None if contents is None else tuple(map(goods_view, contents.lines))
            closed = contents is not None and contents.closed
            inputs.append(InputView(to_hex(parent), goods, closed, share_view(shares.get(parent, UNKNOWN))))
        return MadeView(to_hex(row.shipment), self._names.of(connection, row.consignor), row.opened_at, tuple(inputs))

    def _found(self, connection: Connection, asked: GoodsAsked, reader: Reader) -> tuple[dict[Way, list[Traced]], bool]:
        goods = asked_goods(asked)
        if asked.most and not isinstance(goods, bytes):
            self._few(connection, asked, reader)
        found = dict[Way, list[Traced]]()
        for way in asked.ways or (Way.DOWN, Way.UP):
            try:
                found[way] = self._recalls.traced(connection, goods, reader, way)
            except NotPermitted:
                if isinstance(goods, bytes) and self._may_read(connection, goods, reader):
                    return self._limited(connection, asked, goods, reader), True
                if asked.ways or way is Way.DOWN:
                    raise
        return found, False

    def _few(self, connection: Connection, asked: GoodsAsked, reader: Reader) -> None:
        """Raise `RuleBroken` where what carries the goods is too much already, before all that came of it is looked
        for; or `NotPermitted`.
        """
        product = recalled_product(asked.subject)
        if product is not None and not asked.lots:
            self._recalls.require(reader, None if asked.ways == (Way.UP,) else product)
            found = shipments.shipments_with(connection, product.gtin, product.lot, limit=asked.most + 1)
            if len(found) > asked.most:
                raise _too_many(asked, f"over {asked.most:,}")

    def _limited(
        self, connection: Connection, asked: GoodsAsked, goods: bytes, reader: Reader
    ) -> dict[Way, list[Traced]]:
        """What a reader who may read the terms of a shipment may know of where its goods came from and went."""
        found = {}
        for way in asked.ways or (Way.DOWN, Way.UP):
            traced = {one.row.shipment: one for one in trace_shipment(connection, goods, way)}
            if asked.most and len(traced) > MOST_LOOKED_AT:
                raise RuleBroken(
                    "too many shipments for one answer", where="subject", expected=f"at most {MOST_LOOKED_AT}"
                )
            found[way] = [traced[name] for name in self._together(connection, traced, goods, (way, reader))]
        return found

    def _may_read(self, connection: Connection, shipment: bytes, reader: Reader) -> bool:
        row = shipments.get(connection, shipment)
        return row is not None and self._terms_read(connection, row, reader)

    def _terms_read(self, connection: Connection, row: Shipment, reader: Reader) -> bool:
        terms = records.get(connection, row.terms)
        return terms is not None and self._views.right_to(connection, terms.record, row.terms, reader) is not None

    def _together(
        self, connection: Connection, traced: Iterable[bytes], start: bytes, asked: tuple[Way, Reader]
    ) -> list[bytes]:
        """What the reader may read of a trace, as far as it is reached through nothing else."""
        way, reader = asked
        rows = shipments.get_many(connection, traced)
        following: dict[bytes, list[bytes]] = {}
        for row in rows.values():
            for parent in parents_of(row):
                above, below = (parent, row.shipment) if way is Way.DOWN else (row.shipment, parent)
                following.setdefault(above, []).append(below)
        seen, left = {start}, [start]
        while left:
            for name in following.get(left.pop(), ()):
                if name not in seen and name in rows and self._terms_read(connection, rows[name], reader):
                    seen.add(name)
                    left.append(name)
        return sorted(seen, key=lambda name: (rows[name].opened_index, name))

    def _view(
        self,
        connection: Connection,
        asked: GoodsAsked,
        found: Mapping[Way, list[Traced]],
        seen: tuple[ShownGraph, bool],
    ) -> ProvenanceView:
        shown, limited = seen
        graph = shown.graph()
        traced = {one.row.shipment: one for way in found.values() for one in way}
        starts = starts_of(asked, graph, traced)
        up = shares_up(graph, _once(graph, starts)) if Way.UP in found else {}
        down = shares_down(graph, starts) if Way.DOWN in found else {}
        nodes = []
        for shipment in sorted(traced, key=lambda name: (shown.rows[name].opened_index, name)):
            direction = Direction.ASKED if shipment in starts else Direction.UP if shipment in up else Direction.DOWN
            share = (up if direction is Direction.UP else down).get(shipment) or starts.get(shipment) or UNKNOWN
            nodes.append(self._node(connection, graph, shown, (traced[shipment], direction, share)))
        told = [
            balance_of(graph, one) for one in graph.junctions() if all(node.shipment in traced for node in one.below)
        ]
        return ProvenanceView(asked.subject, limited, tuple(nodes), tuple(map(balance_view, told)))

    def _node(
        self, connection: Connection, graph: Graph, shown: ShownGraph, told: tuple[Traced, Direction, Share]
    ) -> NodeView:
        traced, direction, share = told
        row, node = shown.rows[traced.row.shipment], graph.nodes[traced.row.shipment]
        contents = graph.inside(node.shipment)
        return NodeView(
            shipment=to_hex(node.shipment),
            direction=str(direction),
            made=str(node.made),
            record=to_hex(node.record),
            parents=tuple(map(to_hex, node.parents)),
            certainty=traced.certainty,
            status=_STATUS[row.state],
            packages=row.packages,
            consignor=self._names.of(connection, row.consignor),
            goods=None if contents is None else tuple(map(goods_view, contents.lines)),
            closed=contents is not None and contents.closed,
            share=share_view(share),
            stops=tuple(self._stops(connection, shown, traced)),
        )

    def _stops(self, connection: Connection, shown: ShownGraph, traced: Traced) -> Iterator[StopView]:
        moves = [one for one in shown.moves(traced.row.shipment) if not one.exceptions & ExceptionBit.REFUSED]
        opened = traced.row.shipment
        sources = [shown.shown.get(shown.nodes[opened].record), *(shown.shown.get(move.record_id) for move in moves)]
        ids = [shown.nodes[opened].record, *(move.record_id for move in moves)]
        for stay, source, record in zip(traced.stays, sources, ids, strict=False):
            yield StopView(
                self._names.of(connection, stay.partner),
                stay.since,
                stay.until,
                stay.packages,
                place_view(source),
                to_hex(record),
            )


def _too_many(asked: GoodsAsked, found: str) -> RuleBroken:
    return RuleBroken(
        "too many shipments for one answer",
        where="subject",
        expected=f"at most {asked.most:,}",
        found=found,
        mend="Name a lot, or a shipment; or ask the operator, who has `lading trace`.",
    )


def subject_of(text: str) -> str:
    """What people give as a subject: the id of a shipment, or a product's code in any spelling of GS1, as its path;
    anything else as it is.
    """
    given = text.strip().removeprefix("/")
    product = None if given.startswith("0x") else sought(given)[1]
    return given if product is None else product.path()


def asked_goods(asked: GoodsAsked) -> bytes | tuple[str, str]:
    """A shipment's id, or a subject with lots; raises `MalformedRecord`."""
    subject = asked.subject
    return bytes_from_hex(subject, 32, "subject") if subject.startswith("0x") else (subject, asked.lots)


def starts_of(asked: GoodsAsked, graph: Graph, traced: Mapping[bytes, Traced]) -> dict[bytes, Share]:
    """Where what was asked about is, and what share of what is there it is: a shipment whole; of a lot, its part of
    everything that carries it, or may.
    """
    goods = asked_goods(asked)
    if isinstance(goods, bytes):
        return whole([goods] if goods in graph.nodes else [])
    product, lots = recalled_product(asked.subject), recalled_lots(asked.lots)
    if product is None:
        return {}

    def wanted(line: Line) -> bool:
        return line.gtin == product.gtin and recall_covers(product, lots, Product(line.gtin, line.lot)) is not False

    carriers = [name for name, one in traced.items() if one.certainty in (NAMED, POSSIBLE)]
    return {name: share_of_goods(graph.inside(name), wanted) for name in carriers}


def _once(graph: Graph, starts: Mapping[bytes, Share]) -> dict[bytes, Share]:
    """The goods asked about, each counted once: where they were first, by their part of all of them there."""
    below = set[bytes]()
    for node in graph.ordered():
        if any(parent in starts or parent in below for parent in node.parents):
            below.add(node.shipment)
    first = {name: share for name, share in starts.items() if name not in below}
    if len(first) == 1:
        return whole(first)
    return parts_of_all(first, [graph.inside(name) for name in first])
