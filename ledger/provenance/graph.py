"""How shipments came of each other: by splits, short receipts, onward terms, merges and transformations.

A graph knows nothing of journals or rights: whoever makes one puts in what its reader may know. What is withheld there
is `closed`, and nothing is guessed about it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from graphlib import TopologicalSorter

from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.provenance.contents import WHOLE, Contents, together
from ledger.provenance.loss import Loss, parse_loss
from ledger.provenance.parted import Left, Parted
from ledger.records.eip712 import Withheld
from ledger.records.types import Details


class Made(StrEnum):
    """How a shipment came to be."""

    OPENED = "opened"
    SPLIT = "split"
    LEFT_BEHIND = "left_behind"
    ONWARD = "onward"
    MERGE = "merge"
    TRANSFORMATION = "transformation"


JOINED = (Made.ONWARD, Made.MERGE, Made.TRANSFORMATION)


class UnclearLoss(StrEnum):
    """Why a loss is not known: its details are withheld here, or say nothing that can be read."""

    WITHHELD = "withheld"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Node:
    """A shipment: `record` opened it out of `parents` with `packages`; `left` were counted when it closed, or are now,
    and hold the share `kept` of what it opened with. `stated`: the contents that the opening names, in order of their
    first mention; None where it names none. `part`: of what was left behind, what share of its parent's goods it is;
    `parted`, `index`: of a split's child, the split and which of its children it is.
    """

    shipment: bytes
    record: RecordId
    made: Made
    parents: tuple[bytes, ...]
    packages: int
    left: int
    stated: Contents | None
    loss: Loss | UnclearLoss | None = None
    kept: Fraction = WHOLE
    part: Fraction = WHOLE
    parted: Parted | None = None
    index: int = 0


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
        self._left: dict[bytes, Left] = {}

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
        """What a shipment opened with: as its opening says, else its part by packages of what it came from, or of what
        the split's other children leave of it; None where nobody says, or it lies outside. What was made by
        transformation is what its terms name, and nothing else.
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
        return None if known is None else known.part(node.kept)

    def junctions(self) -> Iterator[Junction]:
        """Every split, and all terms over parents, of which everything above is in the graph; of splits, all children
        too, for what is not there would seem to be missing.
        """
        splits: dict[bytes, list[Node]] = {}
        for node in self.nodes.values():
            above = tuple(self.nodes[parent] for parent in node.parents if parent in self.nodes)
            if node.made is Made.SPLIT and above:
                splits.setdefault(node.parents[0], []).append(node)
            elif node.made in JOINED and len(above) == len(node.parents):
                yield Junction(node.record, node.made, above, (node,))
        for parent, below in splits.items():
            parted = below[0].parted
            if parted is not None and len(below) < len(parted.packages):
                continue
            yield Junction(below[0].record, Made.SPLIT, (self.nodes[parent],), tuple(below))

    def _inherited(self, node: Node) -> Contents | None:
        above = [(self.nodes[parent], self._inside[parent]) for parent in node.parents if parent in self.nodes]
        if len(above) < len(node.parents):
            return None
        if node.made in JOINED:
            return together([None if has is None else has.part(parent.kept) for parent, has in above])
        ((parent, has),) = above
        if has is None:
            return None
        if node.parted is None:
            return has.part(node.part)
        if parent.shipment not in self._left:
            self._left[parent.shipment] = node.parted.left(has.part(parent.kept))
        return self._left[parent.shipment].part(node.packages)
