"""Everything that a traceability sheet rests on: the shipments of a trace, their custody lines, and the records behind
these as its reader may see them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ledger.codes import APPLIED, ExceptionBit, Purpose
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.products.recall_tracing import Way
from ledger.records.disclosure import join
from ledger.records.types import REMAINDER_INDEX, Amendment, Goods, Record, ShipmentTerms, Split
from ledger.services.node.reader import LedgerReader
from ledger.services.products.lot_tracing import MOVES, Traced
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import CustodyStep, Shipment
from ledger.store.records import StoredRecord

Contents = tuple[Goods, ...] | None
"""What is in a shipment: nothing that was named, or None where the reader may not see it."""


@dataclass(frozen=True)
class TracedRecords:
    """`ways`: the trace itself. `shipments`: of the trace, by id, in order of opening; `around`: with what these were
    split from. `rows` and `open`: the records by id, as stored and as the reader may see them. `opened`: the private
    parts among them, to be noted before they are shown.
    """

    ways: Mapping[Way, Mapping[bytes, Traced]]
    shipments: Mapping[bytes, Shipment]
    around: Mapping[bytes, Shipment]
    lines: Mapping[bytes, list[CustodyStep]]
    rows: Mapping[RecordId, StoredRecord]
    open: Mapping[RecordId, Record]
    opened: Mapping[RecordId, Opened]

    def terms(self, shipment: bytes) -> ShipmentTerms | None:
        """The terms under which a shipment travels; None where they are not in this trace."""
        row = self.around.get(shipment)
        found = self.open.get(row.terms) if row is not None else None
        return found if isinstance(found, ShipmentTerms) else None

    def splitting(self, shipment: bytes) -> RecordId | None:
        """The record that split a child off."""
        row = self.around[shipment]
        steps = self.lines.get(row.parent, ()) if row.parent is not None else ()
        return next((step.record_id for step in steps if step.kind == "split" and step.outcome in APPLIED), None)

    @cached_property
    def contents(self) -> dict[bytes, tuple[Contents, int]]:
        """By shipment: what is in it as its opening says, and in how many packages. Where a child's opening names
        nothing, it is what its parent held, if that was one lot: of that, not how much.
        """
        result: dict[bytes, tuple[Contents, int]] = {}
        for shipment, row in sorted(self.around.items(), key=lambda entry: entry[1].opened_index):
            if row.parent is None:
                terms = self.terms(shipment)
                result[shipment] = (_open_goods(terms), terms.packages) if terms is not None else (None, row.packages)
                continue
            split = self.open.get(self.splitting(shipment) or RecordId(b""))
            told: tuple[Contents, int] = ((), row.packages)
            if isinstance(split, Split) and row.child_index not in (None, REMAINDER_INDEX):
                child = split.children[row.child_index or 0]
                told = _open_goods(child), child.packages
            above = result.get(row.parent, ((), 0))[0]
            if told[0] == () and above is not None and len({(g.gtin, g.lot) for g in above}) == 1:
                told = above[:1], 0
            result[shipment] = told
        return result

    @cached_property
    def moves(self) -> dict[bytes, list[CustodyStep]]:
        """By shipment: how it changed hands, its ancestors before it was split off first."""
        result: dict[bytes, list[CustodyStep]] = {}
        for shipment, row in sorted(self.around.items(), key=lambda entry: entry[1].opened_index):
            before = result.get(row.parent, []) if row.parent is not None else []
            own = [step for step in self.lines.get(shipment, ()) if is_move(step)]
            result[shipment] = [step for step in before if step.log_index < row.opened_index] + own
        return result

    @cached_property
    def sources(self) -> dict[bytes, frozenset[bytes]]:
        """By shipment: those in which its goods were first recorded: opened from nothing, or made by transformation."""
        result: dict[bytes, frozenset[bytes]] = {}
        for shipment, row in sorted(self.around.items(), key=lambda entry: entry[1].opened_index):
            terms = self.terms(shipment)
            if row.parent is not None:
                result[shipment] = result.get(row.parent, frozenset())
            elif terms is None or not terms.parents or is_made(terms):
                result[shipment] = frozenset([shipment])
            else:
                known = (result.get(parent.shipment, frozenset()) for parent in terms.parents)
                result[shipment] = frozenset[bytes]().union(*known)
        return result


def is_move(step: CustodyStep) -> bool:
    """Whether custody passed by this step: not where it was refused, or the chain skipped it."""
    return step.kind in MOVES and step.outcome in APPLIED and not step.exceptions & ExceptionBit.REFUSED


def is_made(terms: ShipmentTerms) -> bool:
    return terms.purpose == Purpose.TRANSFORMATION


def _open_goods(holder: object) -> Contents:
    """The goods that a record names; None where any of them is withheld."""
    contents = getattr(holder, "contents", None)
    if not isinstance(contents, tuple) or not all(isinstance(part, Goods) for part in contents):
        return None
    return contents


def read_traced(
    ledger: LedgerReader, connection: Connection, ways: Mapping[Way, Iterable[Traced]], reader: Reader
) -> TracedRecords:
    """The records behind a trace. 1. Shipments, and what they were split from. 2. Their lines. 3. The records, and what
    the reader may see of them.
    """
    by_way = {way: {one.row.shipment: one for one in traced} for way, traced in ways.items()}
    # 1. Shipments.
    wanted = {shipment for traced in by_way.values() for shipment in traced}
    found = shipments.get_many(connection, wanted)
    above = {row.parent for row in found.values() if row.parent is not None} - wanted
    around = found | shipments.get_many(connection, above)
    # 2. Lines.
    lines = shipments.steps_of_many(connection, around)
    # 3. Records.
    ids = {row.terms for row in around.values()} | {step.record_id for line in lines.values() for step in line}
    rows = records.get_many(connection, ids)
    rows |= records.naming(connection, ids, types=(Amendment.NUMBER,))
    rights = {i: ledger.views.right_to(connection, row.record, i, reader) for i, row in rows.items()}
    parts = openings.of_many(connection, [rows[i] for i, right in rights.items() if right is not None])
    shown: dict[RecordId, Record] = {}
    for record_id, row in rows.items():
        try:
            shown[record_id] = join(row.record, parts.get(record_id, {}))
        except LadingError:  # an edited part: the audit names it, and nothing of it is shown
            shown[record_id] = row.record
    opened = {i: Opened(parts[i], right) for i, right in rights.items() if right is not None and parts[i]}
    ordered = dict(sorted(found.items(), key=lambda entry: (entry[1].opened_index, entry[0])))
    return TracedRecords(by_way, ordered, around, lines, rows, shown, opened)
