"""The same set of serial numbers in shipments of which neither came of the other.

Serial numbers stand behind a root, so that only whole sets can be compared. A set goes on with its goods: through
onward terms, merges and returns; a split whose children name their parent's set parts it, as long as they hold no more
together than there was; what a shop sold or a partner left for its consumer may come back as a return.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger.codes import Purpose
from ledger.provenance.contents import NOTHING
from ledger.provenance.graph import Graph
from ledger.provenance.units import measure_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods
from ledger.shipments.clock_stop import EndingKind, ended_alone
from ledger.shipments.history import Journeys

NO_SERIALS = bytes(32)
SetName = tuple[str, bytes]
"""GTIN of 14 digits and root of the serial numbers."""
Amounts = Mapping[str, Fraction]
"""How much of a set is named, by base unit."""


@dataclass(frozen=True, slots=True)
class Twice:
    """`shipment` names a set that the `other` names, too: of others that do, the one that has named it longest."""

    shipment: bytes
    other: bytes


@dataclass(slots=True, eq=False)
class _Family:
    """Shipments that name a set and came of each other. `most`: how much of it there was, or was already asked about;
    `live`: the last that name it, in order; `held`: how much these name together.
    """

    most: dict[str, Fraction]
    live: dict[bytes, Amounts]
    held: dict[str, Fraction]

    def add(self, shipment: bytes, amounts: Amounts) -> None:
        self.live[shipment] = amounts
        for unit, amount in amounts.items():
            self.held[unit] = self.held.get(unit, NOTHING) + amount

    def drop(self, shipment: bytes) -> None:
        for unit, amount in self.live.pop(shipment, {}).items():
            self.held[unit] -= amount

    def exceeds(self) -> bool:
        """Whether more is named than there was; and no more is asked about as much."""
        more = {unit: self.held[unit] for unit, most in self.most.items() if self.held.get(unit, NOTHING) > most}
        self.most |= more
        return bool(more)


def serials_twice(journeys: Journeys, graph: Graph) -> Iterator[Twice]:
    """By set; of one set in the chain's order."""
    named: dict[SetName, dict[bytes, Amounts]] = {}
    for shipment in sorted(graph.nodes, key=lambda name: _place(journeys, name)):
        for name, amounts in _sets(journeys, shipment).items():
            named.setdefault(name, {})[shipment] = amounts
    for _, shipments in sorted(named.items()):
        if len(shipments) > 1:
            yield from _compared(journeys, graph, shipments)


def _compared(journeys: Journeys, graph: Graph, named: Mapping[bytes, Amounts]) -> Iterator[Twice]:
    above = _nearest(graph, named)
    families: list[_Family] = []
    of: dict[bytes, _Family] = {}
    sold: list[bytes] = []
    for shipment, amounts in named.items():
        before = [name for name in above[shipment] if name in of] or _brought_back(journeys, shipment, sold)
        own = list(dict.fromkeys(of[name] for name in before))
        if own:
            family = _joined(own, families, of)
        else:
            family = _Family(dict(amounts), {}, {})
            if families:
                yield Twice(shipment, next(iter(families[0].live)))
            families.append(family)
        for name in before:
            family.drop(name)
        family.add(shipment, amounts)
        of[shipment] = family
        if family.exceeds() and len(family.live) > 1:
            yield Twice(shipment, next(iter(family.live)))
        if _is_sold(journeys, shipment):
            sold.append(shipment)


def _joined(own: Sequence[_Family], families: list[_Family], of: dict[bytes, _Family]) -> _Family:
    """One family of several that came together, each of which was asked about when it began."""
    first, *others = own
    for other in others:
        for unit, amount in other.most.items():
            first.most[unit] = first.most.get(unit, NOTHING) + amount
        for shipment, amounts in other.live.items():
            first.add(shipment, amounts)
        of |= {name: first for name, family in of.items() if family is other}
        families.remove(other)
    return first


def _is_sold(journeys: Journeys, shipment: bytes) -> bool:
    ending = ended_alone(journeys, shipment)
    return ending is not None and ending.kind in (EndingKind.SOLD, EndingKind.LEFT)


def _brought_back(journeys: Journeys, shipment: bytes, sold: list[bytes]) -> list[bytes]:
    """Of what ended with a consumer, and has no name since, the last before a return."""
    found = journeys.terms.get(shipment)
    if found is None or found.record.purpose != Purpose.RETURN:
        return []
    for name in reversed(sold):
        ending = ended_alone(journeys, name)
        if ending is not None and ending.verified.known <= found.verified.known:
            sold.remove(name)
            return [name]
    return []


def _nearest(graph: Graph, named: Mapping[bytes, Amounts]) -> dict[bytes, frozenset[bytes]]:
    """Of each of these shipments, the nearest of them above it: each shipment in between is looked at once."""
    known: dict[bytes, frozenset[bytes]] = {}
    left = [*named]
    while left:
        name = left[-1]
        parents = [parent for parent in graph.nodes[name].parents if parent in graph.nodes]
        if name in known:
            left.pop()
        elif unknown := [parent for parent in parents if parent not in named and parent not in known]:
            left += unknown
        else:
            reached = {frozenset({parent}) if parent in named else known[parent] for parent in parents}
            known[name] = frozenset[bytes]().union(*reached) if len(reached) > 1 else next(iter(reached), frozenset())
    return known


def _sold_before(journeys: Journeys, shipment: bytes, named: Iterable[bytes]) -> frozenset[bytes]:
    """What a return brings back that ended with a consumer, under no name of its own."""
    found = journeys.terms.get(shipment)
    if found is None or found.record.purpose != Purpose.RETURN:
        return frozenset()
    endings = ((name, ended_alone(journeys, name)) for name in named)
    gone = (EndingKind.SOLD, EndingKind.LEFT)
    sold = [name for name, end in endings if end and end.kind in gone and end.verified.known <= found.verified.known]
    return frozenset(sold)


def _sets(journeys: Journeys, shipment: bytes) -> dict[SetName, dict[str, Fraction]]:
    """The sets that the opening of this very shipment names, as far as they are open here."""
    found, origin = journeys.terms.get(shipment), journeys.origins.get(shipment)
    goods: Iterable[Goods | Withheld] | Withheld = ()
    if found is not None:
        goods = found.record.contents
    elif origin is not None and not origin.remainder and (split := journeys.split_of(origin.parent)) is not None:
        goods = split.record.children[origin.index].contents
    result: dict[SetName, dict[str, Fraction]] = {}
    for one in () if isinstance(goods, Withheld) else goods:
        if isinstance(one, Goods) and one.serials != NO_SERIALS:
            amounts, measure = result.setdefault((one.gtin.zfill(14), one.serials), {}), measure_of(one.unit)
            amounts[measure.unit] = amounts.get(measure.unit, NOTHING) + one.quantity * measure.factor
    return result


def _place(journeys: Journeys, shipment: bytes) -> tuple[int, ...]:
    """Where a shipment was opened, in the chain's order: what it came from stands before it."""
    found = journeys.terms.get(shipment)
    return tuple(found.verified.place) if found is not None else journeys.origins[shipment].place
