"""Which shipments carry, or may carry, goods of a GTIN and lot, what came of them, and with whom they were when.

Everything comes from the projections. A serial number lies behind a root in the terms; where a brand published its item
codes, they tell in which lots the serials are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from ledger.codes import APPLIED, ExceptionBit, ShipmentState
from ledger.common.gs1 import Lot, Product, SerialRange, parse_product, recall_covers, recalled_lots, recalled_product
from ledger.products.recall_tracing import Move, Stay, Way, ending_of, stays_of
from ledger.records.types import REMAINDER_INDEX
from ledger.services.products.lookup import codes_of
from ledger.store.database import Connection
from ledger.store.projections import products, tracing
from ledger.store.projections.tracing import Line, Node, Step

MOVES = ("handoff", "override")
REFUSED = int(ExceptionBit.REFUSED)
_STATES = {int(state): state for state in ShipmentState}
NAMED = "named"
"""The shipment's own contents name goods that the recall covers."""
POSSIBLE = "possible"
"""It may hold such goods: its contents are not open here, name no lot, or the recall is about serials."""
MADE = "made_of"
"""Its goods were made of such goods, by a transformation, or of goods that were."""
OTHER = "other"
"""Its contents are open and name other goods: what these were made of, or travelled with."""


class Traced(NamedTuple):
    row: Node
    certainty: str
    stays: tuple[Stay, ...]


def trace_goods(connection: Connection, subject: str, lots: str, way: Way = Way.DOWN) -> list[Traced]:
    """The shipments that carry, or may carry, the goods, and all that came of them; or all that they came from, which
    may be others than these goods. By opening.
    """
    product = recalled_product(subject)
    if product is None:
        return []
    narrowed, gtin = recalled_lots(lots), product.gtin
    covers = cache(_coverage(connection, product, narrowed))
    named = _lots_named(product, narrowed)
    wanted = [
        lot for lot in (tracing.lots_of(connection, gtin) if named is None else named) if covers(lot) is not False
    ]
    certainty: dict[bytes, str] = {}
    carriers = tracing.carriers_of(connection, gtin, wanted)
    for lot in sorted(carriers, key=lambda lot: covers(lot) is True):  # what is named last is surely so
        certainty |= dict.fromkeys(carriers[lot], NAMED if covers(lot) else POSSIBLE)
    lines = tracing.lines_of_goods(connection, gtin, wanted, way)
    return _traced(lines, _reached(connection, lines, certainty, lambda item, lot: item == gtin and covers(lot), way))


def trace_shipment(connection: Connection, shipment: bytes, way: Way) -> list[Traced]:
    """The shipment, and all that its goods became or came from; nothing where the chain has not recorded it."""
    lines = tracing.lines_from(connection, [shipment], way)
    goods = tracing.goods_in(connection, [shipment]).get(shipment, [])
    asked = {gtin: {lot for item, lot in goods if item == gtin} for gtin, _ in goods}

    def covers(gtin: str, lot: str) -> bool | None:
        if not goods:
            return None
        return lot in asked[gtin] or (None if not lot or "" in asked[gtin] else False) if gtin in asked else False

    return _traced(lines, _reached(connection, lines, {shipment: NAMED}, covers, way))


class GoodsWithin(NamedTuple):
    """GTIN and lot of what a shipment carries, as far as it is known, and of what that was `made_of`."""

    own: frozenset[tuple[str, str]]
    made_of: frozenset[tuple[str, str]]


def goods_within(connection: Connection, shipment: bytes) -> GoodsWithin:
    """What a shipment is known to carry, or what it was split from; and all goods of which that was made. Where goods
    came together with others, only those that may be among what it carries are followed up.
    """
    lines = tracing.lines_from(connection, [shipment], Way.UP)
    carried = tracing.goods_in(connection, lines)
    above = _following(lines, Way.UP)

    def known(name: bytes) -> frozenset[tuple[str, str]]:
        current: bytes | None = name
        while current is not None and current in lines:
            if current in carried:
                return frozenset(carried[current])
            current = lines[current][0].parent
        return frozenset()

    made_of: set[tuple[str, str]] = set()
    seen, left = {shipment}, [shipment]
    for place in left:  # which grows by what is found from here
        made = place in lines and lines[place][0].is_made
        own = known(place)
        for parent in above.get(place, ()):
            goods = known(parent)
            if made:
                made_of |= goods
            elif own and goods and not any(_may_be(one, other) for one in own for other in goods):
                continue
            if parent not in seen:
                seen.add(parent)
                left.append(parent)
    return GoodsWithin(known(shipment), frozenset(made_of))


def _may_be(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and (not one[1] or not other[1] or one[1] == other[1])


def _reached(
    connection: Connection,
    lines: Mapping[bytes, Line],
    starts: Mapping[bytes, str],
    covers: Callable[[str, str], bool | None],
    way: Way,
) -> dict[bytes, str]:
    """How sure it is of each shipment that it holds the goods, or on the way down what was made of them. On that way,
    what names none of either ends it there; on the way up it is told: goods are made of others, too.
    """
    certainty = dict(starts)
    if lines.keys() <= certainty.keys():  # as where the contents of every child are known
        return certainty
    following = _following(lines, way)
    carried = tracing.goods_in(connection, lines.keys() - certainty.keys())
    left = list(certainty)
    for place in left:  # which grows by what is found from here
        for shipment in following.get(place, ()):
            if shipment in certainty:
                continue
            known: Sequence[tuple[str, str]] | None = carried.get(shipment)
            if known is None and way is Way.UP:
                known = _of_ancestors(lines, carried, shipment, starts)
            answers = {covers(gtin, lot) for gtin, lot in known or ()} - {False}
            if way is Way.DOWN and not answers and (known or lines[shipment][0].is_made):
                continue
            certainty[shipment] = NAMED if True in answers else OTHER if known and not answers else POSSIBLE
            left.append(shipment)
    made = {one for place in left for one in following.get(place, ()) if lines[one][0].is_made}
    if way is Way.DOWN and made:
        carried = tracing.goods_in(connection, lines)
        came = _made_of(lines, following, carried, made)
        certainty |= dict.fromkeys(came - certainty.keys(), MADE)
    return certainty


def _made_of(
    lines: Mapping[bytes, Line],
    following: Mapping[bytes, Sequence[bytes]],
    carried: Mapping[bytes, Sequence[tuple[str, str]]],
    made: Iterable[bytes],
) -> set[bytes]:
    """What transformations `made`, all that came of it, and what was made of that in its turn: each as far as it names
    such goods, or none.
    """
    goods: dict[str, set[str]] = {}
    passed: dict[str, list[bytes]] = {}
    result: set[bytes] = set()
    left = list(made)
    while left:
        shipment = left.pop()
        if shipment in result:
            continue
        known = carried.get(shipment, ())
        if lines[shipment][0].is_made:
            for gtin, lot in known:
                if lot not in goods.setdefault(gtin, set()):
                    goods[gtin].add(lot)
                    left += passed.pop(gtin, ())  # they may be these goods after all
        elif known and not any(_is_among(goods, gtin, lot) for gtin, lot in known):
            for gtin, _ in known:
                passed.setdefault(gtin, []).append(shipment)
            continue
        result.add(shipment)
        left += following.get(shipment, ())
    return result


def _is_among(goods: Mapping[str, set[str]], gtin: str, lot: str) -> bool:
    lots = goods.get(gtin)
    return lots is not None and (not lot or "" in lots or lot in lots)


def _of_ancestors(
    lines: Mapping[bytes, Line],
    carried: Mapping[bytes, Sequence[tuple[str, str]]],
    shipment: bytes,
    starts: Mapping[bytes, str],
) -> Sequence[tuple[str, str]] | None:
    """What the nearest shipment carries that this one was split from and that names its goods; None where none does, or
    where that is among the `starts`. What a transformation took in could else be told as goods that may be its own.
    """
    current = lines[shipment][0].parent if shipment in lines else None
    while current is not None and current in lines and current not in starts:
        if current in carried:
            return carried[current]
        current = lines[current][0].parent
    return None


def _traced(lines: Mapping[bytes, Line], certainty: Mapping[bytes, str]) -> list[Traced]:
    wanted = sorted([lines[shipment] for shipment in certainty if shipment in lines], key=_opening)
    packages = _at_opening([row for row, _ in wanted])
    return [Traced(row, certainty[row.shipment], _stays(row, line, packages[row.shipment])) for row, line in wanted]


def _opening(line: Line) -> tuple[int, bytes]:
    return line[0].opened_index, line[0].shipment


def _following(lines: Mapping[bytes, Line], way: Way) -> dict[bytes, list[bytes]]:
    """What was split or left behind from each shipment, and under which terms its goods went on; or the way back."""
    result: dict[bytes, list[bytes]] = {}

    def note(above: bytes, below: bytes) -> None:
        place, following = (above, below) if way is Way.DOWN else (below, above)
        if following in lines:
            result.setdefault(place, []).append(following)

    for row, line in lines.values():
        if row.parent is not None:
            note(row.parent, row.shipment)
        for step in line:
            if step.kind == tracing.CONTINUED:
                note(row.shipment, step.record_id)
    return result


def _lots_named(product: Product, lots: tuple[Lot | SerialRange, ...]) -> set[str] | None:
    """The lots among which all that is covered is, with the empty one for goods whose lot is not told; None: any."""
    if product.lot:
        return {product.lot, ""}
    named = {entry.lot for entry in lots if isinstance(entry, Lot)}
    return {*named, ""} if named and all(isinstance(entry, Lot) for entry in lots) else None


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


def _at_opening(rows: Sequence[Node]) -> dict[bytes, int]:
    """Packages of each shipment when it opened: those it has, and those that short receipts left behind."""
    result = {row.shipment: row.packages for row in rows}
    left_behind = [row for row in rows if row.child_index == REMAINDER_INDEX]
    # The youngest first, so that a remainder of a remainder is counted before what it is missing from.
    for row in sorted(left_behind, key=lambda row: row.opened_index, reverse=True):
        if row.parent in result:
            result[row.parent] += result[row.shipment]
    return result


def _stays(row: Node, line: Sequence[Step], packages: int) -> tuple[Stay, ...]:
    if not line:  # as most children: nothing befell them that was not told of what they were split from
        until, ended = ending_of(_STATES[row.state], row.ended_at)
        return (Stay(row.shipment, row.custodian, row.opened_at, until, packages, ended),)
    first, moves = None, list[Move]()
    holder = row.custodian
    for step in line:
        if step.outcome not in APPLIED:
            continue
        if step.kind == "opened":
            first = first or Move(step.occurred_at, step.to_partner, step.packages)
        elif step.kind in MOVES and not step.exceptions & REFUSED:
            if not moves:
                holder = step.from_partner
            moves.append(Move(step.occurred_at, step.to_partner, step.packages))
    first = first or Move(row.opened_at, holder, packages)
    return stays_of(row.shipment, first, moves, _STATES[row.state], row.ended_at)
