"""The graph of shipments as one reader may see it: structure from the projections, contents from the records whose
private parts are open to this reader; what is not is closed there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ledger.codes import APPLIED
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.provenance.contents import Contents, Counted, counts, stated
from ledger.provenance.graph import Graph, Made, Node, stated_loss
from ledger.provenance.of_journeys import made_by
from ledger.provenance.parted import Parted, parted_by
from ledger.records.disclosure import join
from ledger.records.shipment_ids import remainder_id
from ledger.records.types import REMAINDER_INDEX, Handoff, Record, ShipmentTerms, Split
from ledger.services.products.lot_tracing import MOVES
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader, RecordViews
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import CustodyStep, Shipment

MOST_STEPS, MOST_READ = 50, 5_000


@dataclass
class ShownGraph:
    """`rows` and `lines`: of every shipment that was read; `shown`: records as the reader may see them; `opened`: the
    private parts among them, to be noted before they are told. `splits`: by what they closed.
    """

    nodes: dict[bytes, Node] = field(default_factory=dict)
    rows: dict[bytes, Shipment] = field(default_factory=dict)
    lines: dict[bytes, list[CustodyStep]] = field(default_factory=dict)
    shown: dict[RecordId, Record] = field(default_factory=dict)
    opened: dict[RecordId, Opened] = field(default_factory=dict)
    splits: dict[bytes, Parted] = field(default_factory=dict)

    def graph(self) -> Graph:
        return Graph(self.nodes.values())

    def moves(self, shipment: bytes) -> list[CustodyStep]:
        """Handoffs and overrides that the chain applied, refusals too, in order."""
        return [one for one in self.lines.get(shipment, ()) if one.kind in MOVES and one.outcome in APPLIED]


class Reach(NamedTuple):
    """How far up is read for what is in shipments that name nothing: so many steps, and shipments in all."""

    steps: int = MOST_STEPS
    shipments: int = MOST_READ

    def has(self, steps: int, shipments: int) -> bool:
        return steps <= self.steps and shipments <= self.shipments


def read_graph(
    connection: Connection, views: RecordViews, wanted: Collection[bytes], reader: Reader, reach: Reach | None = None
) -> ShownGraph:
    """The graph of the shipments `wanted`, and of what else says what share of them came from where: their parents, and
    above these what it takes to know what was in them. What lies beyond `reach` (None: nothing does) is closed: whoever
    asks is not to pay for how often others split goods without a word.
    """
    result = ShownGraph()
    need, steps = set(wanted), 0
    while need and (not steps or reach is None or reach.has(steps, len(result.rows) + len(need))):
        steps += 1
        rows = shipments.get_many(connection, need)
        above = {row.parent for row in rows.values() if row.parent is not None} - result.rows.keys() - need
        result.rows |= rows
        result.lines |= shipments.steps_of_many(connection, rows)
        lines_above = shipments.steps_of_many(connection, above)
        _show(connection, views, reader, result, _records(rows, result.lines | lines_above, wanted))
        for row in sorted(rows.values(), key=lambda row: row.opened_index):
            result.nodes[row.shipment] = _node(row, result, lines_above)
        need = {
            parent
            for row in rows.values()
            for parent in result.nodes[row.shipment].parents
            if row.shipment in wanted or _asks_above(result.nodes[row.shipment])
        } - result.rows.keys()
    for node in [*result.nodes.values()] if need else ():
        if _asks_above(node) and not need.isdisjoint(node.parents):
            result.nodes[node.shipment] = replace(node, stated=Contents(closed=True))
    return _counted(result)


def _asks_above(node: Node) -> bool:
    return node.stated is None and node.made not in (Made.OPENED, Made.TRANSFORMATION)


def _records(
    rows: Mapping[bytes, Shipment], lines: Mapping[bytes, Sequence[CustodyStep]], wanted: Collection[bytes]
) -> set[RecordId]:
    """The terms and splits that opened these shipments, and the handoffs of those `wanted`."""
    result = {row.terms for row in rows.values() if row.parent is None}
    for row in rows.values():
        if row.shipment in wanted:
            result |= {step.record_id for step in lines.get(row.shipment, ()) if step.kind in MOVES}
        if row.parent is not None and (split := _split_step(lines.get(row.parent, ()))) is not None:
            result.add(split.record_id)
    return result


def _split_step(line: Iterable[CustodyStep]) -> CustodyStep | None:
    return next((step for step in line if step.kind == "split" and step.outcome in APPLIED), None)


def _show(
    connection: Connection, views: RecordViews, reader: Reader, result: ShownGraph, wanted: Iterable[RecordId]
) -> None:
    rows = records.get_many(connection, set(wanted) - result.shown.keys())
    rights = {i: views.right_to(connection, row.record, i, reader) for i, row in rows.items()}
    parts = openings.of_many(connection, [rows[i] for i, right in rights.items() if right is not None])
    for record_id, row in rows.items():
        own, right = parts.get(record_id, {}), rights[record_id]
        try:
            result.shown[record_id] = join(row.record, own)
        except LadingError:  # an edited part: the audit names it, and nothing of it is shown
            result.shown[record_id] = row.record
        if own and right is not None:
            result.opened[record_id] = Opened(own, right)


def _node(row: Shipment, result: ShownGraph, lines_above: Mapping[bytes, Sequence[CustodyStep]]) -> Node:
    """As the opening says; packages of what was left behind are counted once its parent is known."""
    if row.parent is None:
        terms = result.shown.get(row.terms)
        if not isinstance(terms, ShipmentTerms):
            return Node(row.shipment, row.terms, Made.OPENED, (), row.packages, row.packages, None)
        made = made_by(terms)
        parents = () if made is Made.OPENED else tuple(parent.shipment for parent in terms.parents)
        loss = stated_loss(terms.details) if made is Made.TRANSFORMATION else None
        named = stated(terms.contents, row.terms)
        return Node(row.shipment, row.terms, made, parents, terms.packages, row.packages, named, loss)
    line = result.lines.get(row.parent) or lines_above.get(row.parent, ())
    if row.child_index != REMAINDER_INDEX:
        step = _split_step(line)
        split = result.shown.get(step.record_id) if step is not None else None
        if step is not None and isinstance(split, Split):
            if row.parent not in result.splits:
                result.splits[row.parent] = parted_by(split, step.record_id)
            parted, index = result.splits[row.parent], row.child_index or 0
            packages, named = parted.packages[index], parted.named[index]
            child = Node(row.shipment, step.record_id, Made.SPLIT, (row.parent,), packages, row.packages, named)
            return replace(child, parted=parted, index=index)
    moves = [step for step in line if step.kind in MOVES and step.outcome in APPLIED]
    record = next(
        (step.record_id for i, step in enumerate(moves) if remainder_id(row.parent, i) == row.shipment), row.terms
    )
    return Node(row.shipment, record, Made.LEFT_BEHIND, (row.parent,), row.packages, row.packages, None)


def _counted(result: ShownGraph) -> ShownGraph:
    """What is left of the goods of each; remainders with what they began with: what their parent had, less what was
    received of it.
    """
    counted: dict[bytes, list[Counted]] = {}
    for row in sorted(result.rows.values(), key=lambda row: row.opened_index):
        node = result.nodes[row.shipment]
        if node.made is Made.LEFT_BEHIND and row.parent in counted:
            records = [move.record_id for move in result.moves(row.parent)]
            if node.record in records:
                here = records.index(node.record)
                before, after = counted[row.parent][here : here + 2]
                node = replace(node, packages=before.packages - after.packages, part=before.share - after.share)
        line = counted[row.shipment] = counts(node.packages, (move.packages for move in result.moves(row.shipment)))
        result.nodes[row.shipment] = replace(node, kept=line[-1].share)
    return result


def place_of(record: Record | None) -> object:
    """The place that a record names, as the reader may see it."""
    if isinstance(record, ShipmentTerms):
        return record.origin
    return record.place if isinstance(record, Handoff) else None
