"""Which shipments carry, or may carry, goods of a GTIN and lot, what came of them, and with whom they were when.

Everything comes from the projections. A serial number lies behind a root in the terms; where a brand published its item
codes, they tell in which lots the serials are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ledger.codes import APPLIED, ExceptionBit, ShipmentState
from ledger.common.gs1 import Lot, Product, SerialRange, parse_product, recall_covers, recalled_lots, recalled_product
from ledger.products.recall_tracing import Move, Stay, stays_of
from ledger.services.products.lookup import codes_of
from ledger.store.database import Connection
from ledger.store.projections import products, shipments, tracing
from ledger.store.projections.shipments import CustodyStep, Shipment

MOVES = ("handoff", "override")
NAMED = "named"
"""The shipment's own contents name goods that the recall covers."""
POSSIBLE = "possible"
"""It may hold such goods: its contents are not open here, name no lot, or the recall is about serials."""


@dataclass(frozen=True, slots=True)
class Traced:
    row: Shipment
    certainty: str
    stays: tuple[Stay, ...]


def trace_goods(connection: Connection, subject: str, lots: str) -> Iterator[Traced]:
    """The shipments that carry, or may carry, the goods, and all that came of them; by opening."""
    product = recalled_product(subject)
    if product is None:
        return
    covers = _coverage(connection, product, recalled_lots(lots))
    gtin = product.gtin
    certainty: dict[bytes, str] = {}
    for lot, shipment in tracing.carriers_of(connection, gtin):
        answer = covers(lot)
        if answer is not False and certainty.get(shipment) != NAMED:
            certainty[shipment] = NAMED if answer else POSSIBLE
    rows: dict[bytes, Shipment] = {}
    lines: dict[bytes, list[CustodyStep]] = {}
    level = shipments.get_many(connection, certainty)
    while level:
        rows |= level
        lines |= (result := tracing.steps_of(connection, level))
        followers = {child.shipment: child for child in tracing.children_of(connection, level)}
        onward = {step.record_id for line in result.values() for step in line if step.kind == "continued"}
        followers |= shipments.get_many(connection, onward)
        new = {shipment: row for shipment, row in followers.items() if shipment not in rows}
        carried = tracing.goods_in(connection, new)
        level = {}
        for shipment, row in new.items():
            known = [covers(lot) for item, lot in carried.get(shipment, ()) if item == gtin]
            if carried.get(shipment) and not any(answer is not False for answer in known):
                continue  # its own contents are open and name none of these goods
            certainty.setdefault(shipment, NAMED if True in known else POSSIBLE)
            level[shipment] = row
    packages = _at_opening(rows.values())
    for row in sorted(rows.values(), key=lambda row: (row.opened_index, row.shipment)):
        stays = _stays(row, lines.get(row.shipment, []), packages[row.shipment])
        yield Traced(row, certainty[row.shipment], stays)


def _coverage(
    connection: Connection, product: Product, lots: tuple[Lot | SerialRange, ...]
) -> Callable[[str], bool | None]:
    """Whether a lot (empty: not told) of the product has goods that the recall covers; None where it may.

    A recall of serials is narrowed to the lots in which published item codes show them, if they show any.
    """
    by_serial = bool(product.serial) or any(isinstance(entry, SerialRange) for entry in lots)
    hit: set[str] = set()
    listed: set[str] = set()
    if by_serial:
        for attestation in products.attestations_under(connection, f"01/{product.gtin}"):
            for path in codes_of(connection, attestation.record_id):
                item = parse_product(path)
                listed.add(item.lot)
                if recall_covers(product, lots, item):
                    hit.add(item.lot)

    def covers(lot: str) -> bool | None:
        answer = recall_covers(product, lots, Product(product.gtin, lot))
        return False if answer is None and hit and lot in listed - hit else answer

    return covers


def _at_opening(rows: Iterable[Shipment]) -> dict[bytes, int]:
    """Packages of each shipment when it opened: those it has, and those that short receipts left behind."""
    result = {row.shipment: row.packages for row in rows}
    # The youngest first, so that a remainder of a remainder is counted before what it is missing from.
    for row in sorted(rows, key=lambda row: row.opened_index, reverse=True):
        if row.child_index == 2**32 - 1 and row.parent in result:
            result[row.parent] += result[row.shipment]
    return result


def _stays(row: Shipment, line: list[CustodyStep], packages: int) -> tuple[Stay, ...]:
    applied = [step for step in line if step.outcome in APPLIED]
    moves = [step for step in applied if step.kind in MOVES and not step.exceptions & ExceptionBit.REFUSED]
    opened = next((step for step in applied if step.kind == "opened"), None)
    if opened is not None:
        first = Move(opened.occurred_at, opened.to_partner, opened.packages)
    else:
        holder = moves[0].from_partner if moves else row.custodian
        first = Move(row.opened_at, holder, packages)
    return stays_of(
        row.shipment,
        first,
        [Move(step.occurred_at, step.to_partner, step.packages) for step in moves],
        ShipmentState(row.state),
        row.ended_at,
    )
