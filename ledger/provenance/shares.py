"""What share of goods came from which: exact fractions through splits, short receipts, onward terms, merges and
transformations in one walk.

A part of goods has all of its shares from what it was parted from. Where several shipments were joined, each counts by
how much of one measure it held when it closed: by mass, by volume, or by pieces of one GTIN, where all of them say so;
else by packages, and that is said. Where contents are withheld here, shares are not known.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from ledger.provenance.contents import Contents, Line
from ledger.provenance.graph import JOINED, Graph, Node
from ledger.provenance.units import PHYSICAL, PIECE

WHOLE, NONE = Fraction(1), Fraction(0)


class Basis(IntEnum):
    """What a share rests on, the weakest last: `stated` amounts of one measure; packages alone; nothing that may be
    seen here.
    """

    STATED = 1
    PACKAGES = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Share:
    """`value`: from 0 to 1; None where it is not known."""

    value: Fraction | None
    basis: Basis


def whole(shipments: Iterable[bytes]) -> dict[bytes, Share]:
    """All of these shipments, to be asked about."""
    return dict.fromkeys(shipments, Share(WHOLE, Basis.STATED))


def shares_up(graph: Graph, starts: Mapping[bytes, Share]) -> dict[bytes, Share]:
    """Of all that the goods asked about came from, and these: what share of them came from there. `starts`: where they
    are, and what share of them is there. What lies outside of the graph is not told.
    """
    above = _reached(
        [start for start in starts if start in graph.nodes],
        lambda name: [parent for parent in graph.nodes[name].parents if parent in graph.nodes],
    )
    found: dict[bytes, list[Share]] = {start: [share] for start, share in starts.items()}
    result: dict[bytes, Share] = {}
    for node in reversed([*graph.ordered(above)]):
        share = result[node.shipment] = _sum(found[node.shipment])
        for parent, weight in _weights(graph, node).items():
            if parent in above:
                found.setdefault(parent, []).append(_of(share, weight))
    return result


def shares_down(graph: Graph, starts: Mapping[bytes, Share]) -> dict[bytes, Share]:
    """Of all that became of the goods asked about, and these: what share of what is there came from them. `starts`:
    where they are, and what share of what is there they are.
    """
    first = {start: share for start, share in starts.items() if start in graph.nodes}
    below = _reached([*first], lambda name: [child.shipment for child in graph.children.get(name, ())])
    result = {**first}
    for node in graph.ordered(below):
        if node.shipment not in result:
            weights = _weights(graph, node)
            parts = [_of(result[parent], weights[parent]) for parent in weights if parent in result]
            result[node.shipment] = _sum(parts)
    return result


def share_of_goods(contents: Contents | None, wanted: Callable[[Line], bool]) -> Share:
    """What share of contents is goods that are `wanted`; known where all or none are, or all are in one measure."""
    if contents is None or contents.closed or not contents.lines:
        return Share(None, Basis.UNKNOWN)
    own = [line for line in contents.lines if wanted(line)]
    if len(own) in (0, len(contents.lines)):
        return Share(WHOLE if own else NONE, Basis.STATED)
    units = {line.measure.unit for line in contents.lines}
    total = sum((line.amount for line in contents.lines), NONE)
    if len(units) != 1 or not units <= {*PHYSICAL, PIECE} or not total:
        return Share(None, Basis.UNKNOWN)
    return Share(sum((line.amount for line in own), NONE) / total, _basis([contents]))


def parts_of_all(starts: Mapping[bytes, Share], contents: Sequence[Contents | None]) -> dict[bytes, Share]:
    """What part of goods that are in several shipments is in each: by amounts, where these agree. `starts`: what share
    of the shipment's `contents`, which are in the same order, the goods are.
    """
    unknown = dict.fromkeys(starts, Share(None, Basis.UNKNOWN))
    if any(part is not None and part.closed for part in contents) or any(one.value is None for one in starts.values()):
        return unknown
    amounts = _amounts(contents)
    if amounts is None:
        return unknown
    own = [amount * (share.value or NONE) for amount, share in zip(amounts, starts.values(), strict=True)]
    total = sum(own, NONE)
    if not total:
        return unknown
    basis = max(_basis(contents), *(share.basis for share in starts.values()))
    return {name: Share(amount / total, basis) for name, amount in zip(starts, own, strict=True)}


def _reached(starts: Sequence[bytes], following: Callable[[bytes], Sequence[bytes]]) -> set[bytes]:
    seen, left = set(starts), list(starts)
    while left:
        for name in following(left.pop()):
            if name not in seen:
                seen.add(name)
                left.append(name)
    return seen


def _of(share: Share, weight: Share) -> Share:
    if share.value is None or weight.value is None:
        return Share(None, Basis.UNKNOWN)
    return Share(share.value * weight.value, max(share.basis, weight.basis))


def _sum(parts: Sequence[Share]) -> Share:
    if any(part.value is None for part in parts):
        return Share(None, Basis.UNKNOWN)
    return Share(sum((part.value or NONE for part in parts), NONE), max(part.basis for part in parts))


def _weights(graph: Graph, node: Node) -> Mapping[bytes, Share]:
    """What share of `node` came from each of its parents."""
    if node.made not in JOINED:
        return dict.fromkeys(node.parents, Share(WHOLE, Basis.STATED))
    if len(node.parents) == 1:
        return {node.parents[0]: Share(WHOLE, Basis.STATED)}
    if any(parent not in graph.nodes for parent in node.parents):
        return dict.fromkeys(node.parents, Share(None, Basis.UNKNOWN))
    above = [graph.nodes[parent] for parent in node.parents]
    inside = [graph.at_close(parent) for parent in above]
    if any(part is not None and part.closed for part in inside):
        return dict.fromkeys(node.parents, Share(None, Basis.UNKNOWN))
    amounts = _amounts(inside)
    basis = Basis.PACKAGES if amounts is None else _basis(inside)
    if amounts is None:
        amounts = [Fraction(parent.left) for parent in above]
    total = sum(amounts, NONE)
    if not total:
        return dict.fromkeys(node.parents, Share(None, Basis.UNKNOWN))
    return {parent.shipment: Share(amount / total, basis) for parent, amount in zip(above, amounts, strict=True)}


def _basis(inside: Iterable[Contents | None]) -> Basis:
    """What amounts of these rest on."""
    exact = all(line.exact for part in inside if part is not None for line in part.lines)
    return Basis.STATED if exact else Basis.PACKAGES


def _amounts(inside: Sequence[Contents | None]) -> list[Fraction] | None:
    """How much each holds in the one unit that all of them are in; None where there is no such unit, or nothing."""
    lines = [line for part in inside if part is not None for line in part.lines]
    units = {line.measure.unit for line in lines}
    if any(part is None or not part.lines for part in inside) or len(units) != 1:
        return None
    if not units <= set(PHYSICAL) and (len({line.gtin for line in lines}) != 1 or not lines[0].gtin):
        return None
    amounts = [sum((line.amount for line in part.lines), NONE) for part in inside if part is not None]
    return amounts if any(amounts) else None
