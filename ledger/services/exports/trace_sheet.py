"""A trace as a workbook for whoever must answer within a day: FDA's sortable spreadsheet, every row with its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ledger.common.gs1 import parse_product
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import NotFound, NotPermitted, RuleBroken
from ledger.formats.food_traceability.elements import NOT_RECORDED, NOT_YET, Proof, moment
from ledger.formats.food_traceability.sheets import ABOUT, Traceability
from ledger.formats.workbook import Value
from ledger.products.description import in_language
from ledger.products.recall_tracing import Way
from ledger.services.exports.trace_rows import Rows
from ledger.services.exports.traced_records import TracedRecords, read_traced
from ledger.services.node.reader import LedgerReader
from ledger.services.products.lot_tracing import Traced
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class TraceSheet:
    """`traced`: the shipments that it tells of. `opened`: the private parts in it, to be noted before it is shown."""

    data: bytes
    traced: tuple[bytes, ...]
    opened: Mapping[RecordId, Opened]


@dataclass(frozen=True, slots=True)
class SheetQuery:
    """`subject`: a GS1 path with `lots` as in a recall, or the id of a shipment. `ways`: all that the reader may ask
    for where none is named: whose brand it is learns what became of its goods, and not what they were made of. `most`:
    shipments, 0 for any number.
    """

    subject: str
    lots: str = ""
    ways: tuple[Way, ...] = ()
    most: int = 0


def make_sheet(ledger: LedgerReader, query: SheetQuery, reader: Reader) -> TraceSheet:
    """The workbook of a trace for `reader`. Raises as `Recalls.trace` and `trace_shipment`, and `RuleBroken` for more
    shipments than were asked for.
    """
    subject, lots, ways = query.subject, query.lots, query.ways
    goods = bytes_from_hex(subject, 32, "subject") if subject.startswith("0x") else (subject, lots)
    with ledger.home.database.read() as connection:
        found = dict[Way, list[Traced]]()
        for way in ways or (Way.DOWN, Way.UP):
            try:
                found[way] = ledger.recalls.traced(connection, goods, reader, way)
            except NotPermitted:
                if ways or way is Way.DOWN:
                    raise
        if not any(found.values()):
            raise NotFound("no shipment here is known to carry these goods", where="subject", found=subject[:120])
        count = len({one.row.shipment for traced in found.values() for one in traced})
        if query.most and count > query.most:
            raise RuleBroken(
                "too many shipments for one answer",
                where="subject",
                expected=f"at most {query.most:,}",
                found=f"{count:,}",
                mend="Name a lot, or a shipment; or ask the operator, who has `lading trace --sheet`.",
            )
        traced = read_traced(ledger, connection, found, reader)
        product = parse_product(subject) if isinstance(goods, tuple) else None
        view = ledger.registry.now()
        proofs = _Proofs(ledger, connection, traced)
        described = cache(lambda gtin: _description(ledger, gtin))
        rows = Rows(traced, view, cache(lambda one: _name(ledger, connection, one)), proofs.of, (described, product))
        about: list[tuple[str, Value]] = [
            ("Subject", f"{subject} {lots}".strip()),
            (
                "Traced",
                ", ".join(sorted(found))
                + ("" if len(found) > 1 or ways else " (the other way is not told to this reader)"),
            ),
            *ABOUT,
            *proofs.about(),
            ("Shipments", len(traced.shipments)),
        ]
        newest = max((row.log_time for row in traced.rows.values()), default=0)
        about.append(("Newest record (UTC)", moment(newest) if newest else NOT_RECORDED))
        data = Traceability(about, rows.all(), newest).to_bytes()
    return TraceSheet(data, tuple(traced.shipments), traced.opened)


class _Proofs:
    """What each row says of its record's place in the log; a record's proof is made once."""

    def __init__(self, ledger: LedgerReader, connection: Connection, traced: TracedRecords) -> None:
        self._ledger = ledger
        self._connection = connection
        self._traced = traced
        self._published = ledger.publisher.current()
        self._tree = ledger.publisher.tree(self._published) if self._published is not None else None
        indexes = [row.log_index for row in traced.rows.values()]
        below = [] if self._published is None else [one for one in indexes if one < self._published.head.size]
        self._paths = self._tree.inclusion_proofs(below) if self._tree is not None else {}
        self._of_record = cache(self._proof)

    def of(self, record_id: RecordId, shipment: bytes) -> Proof:
        return Proof(to_hex(shipment) if shipment else "", *self._of_record(record_id))

    def about(self) -> list[tuple[str, Value]]:
        log = self._ledger.home.consortium.log
        told: list[tuple[str, Value]] = [("Log", f"{log.origin} ({to_hex(log.log_id)})")]
        if self._published is None:
            return [*told, ("Checkpoint", NOT_YET)]
        head = self._published.head
        return [
            *told,
            ("Checkpoint", self._published.note.decode()),
            ("Log size", head.size),
            ("Root", to_hex(head.root)),
        ]

    def _proof(self, record_id: RecordId) -> tuple[str, str, str, int, str, Value, str, str]:
        row = self._traced.rows.get(record_id)
        if row is None:
            raise NotFound("a record is missing", where="records", found=to_hex(record_id), mend="Run `lading audit`.")
        names = self._ledger.views.signers_of(self._connection, row)
        receipt = to_hex(self._ledger.keys.log.receipt(row.log_index, row.leaf_hash, row.log_time).signature)
        size: Value = NOT_YET
        path = NOT_YET
        if self._published is not None and row.log_index in self._paths:
            size = self._published.head.size
            path = " ".join(map(to_hex, self._paths[row.log_index])) or "none: the only leaf"
        return (
            type(row.record).__name__,
            to_hex(record_id),
            "; ".join(f"{one.name} ({one.id})" for one in names),
            row.log_index,
            to_hex(row.leaf_hash),
            size,
            path,
            receipt,
        )


def _name(ledger: LedgerReader, connection: Connection, partner: int) -> str:
    name, gln = ledger.views.enrolled(connection, partner)
    return f"{name} (GLN {gln})" if gln else name


def _description(ledger: LedgerReader, gtin: str) -> str:
    """How the brand names the product in public; empty where it does not, or what is named is no GTIN."""
    if len(gtin) != 14:
        return ""
    told = ledger.products.look_up(f"01/{gtin}")["product"]
    return f"{told['brand']}: {in_language(told['names'], 'en')}" if told is not None else ""
