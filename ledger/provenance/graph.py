"""How shipments came of each other: by splits, short receipts, onward terms, merges and transformations.

A graph knows nothing of journals or rights: whoever makes one puts in what its reader may know. What is withheld there
is `closed`, and nothing is guessed about it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from graphlib import TopologicalSorter

from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.provenance.loss import Loss, parse_loss
from ledger.provenance.units import Measure, measure_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Details, Goods

Key = tuple[str, str, str]
"""GTIN (14 digits; empty: none stated), lot (empty: not told), base unit."""


class Made(StrEnum):
    """How a shipment came to be."""

    OPENED = "opened"
    SPLIT = "split"
    LEFT_BEHIND = "left_behind"
    ONWARD = "onward"
    MERGE = "merge"
    TRANSFORMATION = "transformation"


JOINED = (Made.ONWARD, Made.MERGE, Made.TRANSFORMATION)


@dataclass(frozen=True, slots=True)
class Line:
    """Goods of one GTIN, lot and unit as they are written. `exact`: somebody stated this quantity; else it was shared
    out by packages.
    """

    gtin: str
    lot: str
    unit: str
    quantity: Fraction
    exact: bool = True

    @property
    def measure(self) -> Measure:
        return measure_of(self.unit)

    @property
    def key(self) -> Key:
        return self.gtin, self.lot, self.measure.unit

    @property
    def amount(self) -> Fraction:
        """In base units."""
        return self.quantity * self.measure.factor


@dataclass(frozen=True, slots=True)
class Contents:
    """`closed`: some or all of what is in there is withheld here."""

    lines: tuple[Line, ...] = ()
    closed: bool = False

    def part(self, packages: int, of: int) -> "Contents":
        """What is in so many of its packages, spread evenly; itself where that is all of them or more."""
        if packages >= of:
            return self
        share = Fraction(packages, of)
        return Contents(
            tuple(Line(line.gtin, line.lot, line.unit, line.quantity * share, False) for line in self.lines),
            self.closed,
        )


class UnclearLoss(StrEnum):
    """Why a loss is not known: its details are withheld here, or say nothing that can be read."""

    WITHHELD = "withheld"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Node:
    """A shipment: `record` opened it out of `parents` with `packages`, of which `left` were there when it closed, or
    are now. `stated`: the contents that the opening names, in order of their first mention; None where it names none.
    """

    shipment: bytes
    record: RecordId
    made: Made
    parents: tuple[bytes, ...]
    packages: int
    left: int
    stated: Contents | None
    loss: Loss | UnclearLoss | None = None


def stated(goods: Iterable[Goods | Withheld] | Withheld) -> Contents | None:
    """Contents as a record names them, lines of the same goods summed; None where it names none."""
    if isinstance(goods, Withheld):
        return Contents(closed=True)
    sums: dict[tuple[str, str, str], int] = {}
    closed = False
    for part in goods:
        if isinstance(part, Withheld):
            closed = True
        else:
            key = part.gtin.zfill(14) if part.gtin else "", part.lot, part.unit
            sums[key] = sums.get(key, 0) + part.quantity
    if not sums and not closed:
        return None
    return Contents(tuple(Line(*key, Fraction(quantity)) for key, quantity in sums.items()), closed)


def stated_loss(details: Details | Withheld) -> Loss | UnclearLoss | None:
    """The loss that terms of a transformation state."""
    if isinstance(details, Withheld):
        return UnclearLoss.WITHHELD
    try:
        return parse_loss(details.text)
    except MalformedRecord:
        return UnclearLoss.UNREADABLE


@dataclass(frozen=True, slots=True)
class Junction:
    """One record that closed `above` into `below`: a split, or terms over parents."""

    record: RecordId
    made: Made
    above: tuple[Node, ...]
    below: tuple[Node, ...]


class Graph:
    """Nodes by shipment; `parents` outside of it are where it ends. Children of one split are in order."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: Mapping[bytes, Node] = {node.shipment: node for node in nodes}
        self._inside: dict[bytes, Contents | None] = {}

    @cached_property
    def children(self) -> Mapping[bytes, tuple[Node, ...]]:
        found: dict[bytes, list[Node]] = {}
        for node in self.nodes.values():
            for parent in node.parents:
                found.setdefault(parent, []).append(node)
        return {parent: tuple(below) for parent, below in found.items()}

    def ordered(self, wanted: Iterable[bytes] | None = None) -> Iterator[Node]:
        """The nodes (of `wanted` alone), what was there before what came of it."""
        nodes = self.nodes if wanted is None else {name: self.nodes[name] for name in wanted}
        above = {name: [parent for parent in node.parents if parent in nodes] for name, node in nodes.items()}
        return (nodes[name] for name in TopologicalSorter(above).static_order())

    def inside(self, shipment: bytes) -> Contents | None:
        """What a shipment opened with: as its opening says, else its part by packages of what it came from; None where
        nobody says, or it lies outside. What was made by transformation is what its terms name, and nothing else.
        """
        left = [shipment]  # no recursion: goods may have been split and joined a thousand times
        while left:
            name = left[-1]
            node = self.nodes.get(name)
            if name in self._inside or node is None:
                left.pop()
                continue
            asks = node.stated is None and node.made not in (Made.OPENED, Made.TRANSFORMATION)
            above = [one for one in node.parents if asks and one in self.nodes and one not in self._inside]
            if above:
                left += above
            else:
                self._inside[name] = self._inherited(node) if asks else node.stated
        return self._inside.get(shipment)

    def at_close(self, node: Node) -> Contents | None:
        """What was in it when it closed, or is now: less what short receipts left behind."""
        known = self.inside(node.shipment)
        return None if known is None else known.part(node.left, node.packages)

    def junctions(self) -> Iterator[Junction]:
        """Every split, and all terms over parents, of which everything above is in the graph."""
        splits: dict[bytes, list[Node]] = {}
        for node in self.nodes.values():
            above = tuple(self.nodes[parent] for parent in node.parents if parent in self.nodes)
            if node.made is Made.SPLIT and above:
                splits.setdefault(node.parents[0], []).append(node)
            elif node.made in JOINED and len(above) == len(node.parents):
                yield Junction(node.record, node.made, above, (node,))
        for parent, below in splits.items():
            yield Junction(below[0].record, Made.SPLIT, (self.nodes[parent],), tuple(below))

    def _inherited(self, node: Node) -> Contents | None:
        above = [(self.nodes[parent], self._inside[parent]) for parent in node.parents if parent in self.nodes]
        if len(above) < len(node.parents):
            return None
        if node.made in JOINED:
            return _together([None if has is None else has.part(parent.left, parent.packages) for parent, has in above])
        ((parent, has),) = above
        if has is None:
            return None
        if node.made is Made.LEFT_BEHIND:
            return has.part(node.packages, parent.packages)
        return has.part(parent.left, parent.packages).part(node.packages, parent.left)


def _together(parts: Sequence[Contents | None]) -> Contents | None:
    sums: dict[tuple[str, str, str], Line] = {}
    for part in parts:
        if part is None:
            return None
        for line in part.lines:
            key = line.gtin, line.lot, line.unit
            had = sums.get(key)
            sums[key] = line if had is None else Line(*key, had.quantity + line.quantity, had.exact and line.exact)
    return Contents(tuple(sums.values()), any(part.closed for part in parts if part is not None))
