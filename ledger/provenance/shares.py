"""What share of goods came from which: exact fractions through splits, short receipts, onward terms, merges and
transformations in one walk.

A part of goods has all of its shares from what it was parted from. Where several shipments were joined, each counts by
how much of one measure it held when it closed: by mass, by volume, or by pieces of one GTIN, where all of them say so;
else by packages, and that is said. Where contents are withheld here, shares are not known.

Goods that were joined as they are stay what they are: where a split takes them apart again by what is in its children,
each GTIN and lot comes from those of the joined shipments that had some of it. A transformation makes one of them all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from functools import partial

from ledger.provenance.contents import Contents, Line
from ledger.provenance.graph import JOINED, Graph, Made, Node
from ledger.provenance.units import PHYSICAL, PIECE

WHOLE, NONE = Fraction(1), Fraction(0)
Goods = tuple[str, str]
"""GTIN and lot, as in `ledger.provenance.contents.Key`."""
ANY: Goods = ("", "?")
"""Which of joined goods it is, cannot be told: no GTIN and lot are these."""


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


UNSURE: dict[Goods, Share] = {ANY: Share(WHOLE, Basis.STATED)}


UNKNOWN = Share(None, Basis.UNKNOWN)


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
    found: dict[bytes, dict[Goods | None, list[Share]]] = {start: {None: [share]} for start, share in starts.items()}
    result: dict[bytes, Share] = {}
    for node in reversed([*graph.ordered(above)]):
        flows = {goods: _sum(parts) for goods, parts in found[node.shipment].items()}
        result[node.shipment] = _sum([*flows.values()])
        for goods, flow in flows.items():
            for kind, share in _apart(graph, node, goods, flow):
                for parent, weight in _weights(graph, node, kind).items():
                    if parent in above:
                        found.setdefault(parent, {}).setdefault(kind, []).append(_of(share, weight))
    return result


def _apart(graph: Graph, node: Node, goods: Goods | None, share: Share) -> Iterator[tuple[Goods | None, Share]]:
    """What of its parents' goods a share of a node is: `goods` alone, or all of them (None)."""
    if node.made is Made.TRANSFORMATION:
        yield None, share
    elif goods is None and (parts := _sorted_out(graph, node)):
        for kind, part in parts.items():
            yield kind, _of(share, part)
    else:
        yield goods, share


def _sorted_out(graph: Graph, node: Node) -> dict[Goods, Share]:
    """Of a child that a split took out of mixed goods by what is in there: what share of it each of these is. Empty
    where it is taken out evenly, or nobody says.
    """
    if node.parted is None or not any(node.parted.named):
        return {}
    inside, whole = graph.inside(node.shipment), graph.inside(node.parents[0])
    if inside is None or whole is None:
        return {}
    kinds, mixed = _kinds(inside), _kinds(whole)
    if inside.closed or whole.closed:
        return UNSURE
    if len(mixed) < 2:
        return {}
    parts = {kind: share_of_goods(inside, partial(_is, kind)) for kind in sorted(kinds)}
    told = kinds and kinds <= mixed and all(part.value is not None for part in parts.values())
    return parts if told else UNSURE


def _is(kind: Goods, line: Line) -> bool:
    return line.key[:2] == kind


def _kinds(contents: Contents) -> set[Goods]:
    return {line.key[:2] for line in contents.lines}


def shares_down(graph: Graph, starts: Mapping[bytes, Share]) -> dict[bytes, Share]:
    """Of all that became of the goods asked about, and these: what share of what is there came from them. `starts`:
    where they are, and what share of what is there they are.
    """
    first = {start: share for start, share in starts.items() if start in graph.nodes}
    below = _reached([*first], lambda name: [child.shipment for child in graph.children.get(name, ())])
    result = {**first}
    mixed: dict[bytes, dict[Goods, Share]] = {}
    """Of joined goods, and parts of them: of each of these, what share came from there, where it is not that of all."""
    for node in graph.ordered(below):
        if node.shipment not in result:
            parents = [parent for parent in node.parents if parent in result]
            mixed[node.shipment] = _mixed(graph, node, parents, (result, mixed))
            if parts := {} if node.made in JOINED else _sorted_out(graph, node):
                (parent,), of = parents, mixed[node.shipment]
                missing = UNKNOWN if of and parts is UNSURE else result[parent]
                shares = [_of(of.get(kind, missing), part) for kind, part in parts.items()]
            else:
                weights = _weights(graph, node)
                shares = [_of(result[parent], weights[parent]) for parent in parents]
            result[node.shipment] = _sum(shares)
    return result


def _mixed(
    graph: Graph,
    node: Node,
    parents: Sequence[bytes],
    known: tuple[Mapping[bytes, Share], Mapping[bytes, dict[Goods, Share]]],
) -> dict[Goods, Share]:
    result, mixed = known
    if node.made is Made.TRANSFORMATION:
        return {}
    if len(node.parents) == 1:
        return mixed.get(parents[0], {})
    kinds = {
        kind for parent in node.parents if parent in graph.nodes for kind in _kinds(graph.inside(parent) or Contents())
    }
    told = {}
    for kind in kinds if len(kinds) > 1 else ():
        weights = _weights(graph, node, kind)
        told[kind] = _sum([_of(mixed.get(one, {}).get(kind, result[one]), weights[one]) for one in parents])
    return told


def share_of_goods(contents: Contents | None, wanted: Callable[[Line], bool]) -> Share:
    """What share of contents is goods that are `wanted`; known where all or none are, or all are in one measure."""
    if contents is None or contents.closed or not contents.lines:
        return UNKNOWN
    own = [line for line in contents.lines if wanted(line)]
    if len(own) in (0, len(contents.lines)):
        return Share(WHOLE if own else NONE, Basis.STATED)
    units = {line.measure.unit for line in contents.lines}
    total = sum((line.amount for line in contents.lines), NONE)
    if len(units) != 1 or not units <= {*PHYSICAL, PIECE} or not total:
        return UNKNOWN
    return Share(sum((line.amount for line in own), NONE) / total, _basis([contents]))


def parts_of_all(starts: Mapping[bytes, Share], contents: Sequence[Contents | None]) -> dict[bytes, Share]:
    """What part of goods that are in several shipments is in each: by amounts, where these agree. `starts`: what share
    of the shipment's `contents`, which are in the same order, the goods are.
    """
    unknown = dict.fromkeys(starts, UNKNOWN)
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
    for one in (share, weight):
        if one.value == NONE:  # of nothing, whatever share is nothing
            return one
    if share.value is None or weight.value is None:
        return UNKNOWN
    return Share(share.value * weight.value, max(share.basis, weight.basis))


def _sum(parts: Sequence[Share]) -> Share:
    if any(part.value is None for part in parts):
        return UNKNOWN
    return Share(sum((part.value or NONE for part in parts), NONE), max(part.basis for part in parts))


def _weights(graph: Graph, node: Node, goods: Goods | None = None) -> Mapping[bytes, Share]:
    """What share of `node` came from each of its parents; of `goods` in it alone, where these are named."""
    if node.made not in JOINED:
        return dict.fromkeys(node.parents, Share(WHOLE, Basis.STATED))
    if len(node.parents) == 1:
        return {node.parents[0]: Share(WHOLE, Basis.STATED)}
    if any(parent not in graph.nodes for parent in node.parents):
        return dict.fromkeys(node.parents, UNKNOWN)
    above = [graph.nodes[parent] for parent in node.parents]
    inside = [graph.at_close(parent) for parent in above]
    if any(part is not None and part.closed for part in inside):
        return dict.fromkeys(node.parents, UNKNOWN)
    if goods is not None:
        return _weights_of(goods, node.parents, inside)
    amounts = _amounts(inside)
    basis = Basis.PACKAGES if amounts is None else _basis(inside)
    if amounts is None:
        amounts = [Fraction(parent.left) for parent in above]
    return _parts(node.parents, amounts, basis)


def _weights_of(goods: Goods, parents: Sequence[bytes], inside: Sequence[Contents | None]) -> Mapping[bytes, Share]:
    """By how much of these goods each held; not known where one does not say, or units do not agree."""
    own = [
        None if part is None else Contents(tuple(line for line in part.lines if _is(goods, line))) for part in inside
    ]
    units = {line.measure.unit for part in own if part is not None for line in part.lines}
    if len(units) != 1 or None in own:
        return dict.fromkeys(parents, UNKNOWN)
    amounts = [sum((line.amount for line in part.lines), NONE) for part in own if part is not None]
    return _parts(parents, amounts, _basis(own))


def _parts(parents: Sequence[bytes], amounts: Sequence[Fraction], basis: Basis) -> Mapping[bytes, Share]:
    total = sum(amounts, NONE)
    if not total:
        return dict.fromkeys(parents, UNKNOWN)
    return {parent: Share(amount / total, basis) for parent, amount in zip(parents, amounts, strict=True)}


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
