"""Who takes part in a consolidation, who brings the goods together, and who carries them: exactly the best choice.

A manifest is one handoff, from one partner to one. What lies with several has to be brought to one of them, or to
somebody else, before: each holder then hands its part over to whoever collects, for a price of the form *fixed +
so much a package*. What a consignor has with one holder goes together, or alone.

For one collector and one carrier's price the cost is a sum over holders, so that whoever saves more than it costs takes
part, and nobody else: trying all pairs of a collector and a price finds the best choice (brute force over all choices
is the oracle of its tests). Of several groups that stay apart the one that saves most comes first, then the best among
what is left. A handoff takes at most 200 items: beyond that `bound` says what no choice exceeds.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.planning.consolidation.prices import Price
from ledger.planning.consolidation.waiting import Waiting

MOST_ITEMS = 200
"""Items of one handoff."""
FREE = Price(0, 0, 0, None)
"""Of nobody: what bringing together would save if it cost nothing."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What a consignor has with one holder, and what it costs `alone`."""

    consignor: int
    holder: int
    members: tuple[Waiting, ...]
    alone: int

    @property
    def packages(self) -> int:
        return sum(one.packages for one in self.members)


class Filled(NamedTuple):
    """Shipments of one manifest and the price that is cheapest for it."""

    members: tuple[Waiting, ...]
    price: Price

    @property
    def packages(self) -> int:
        return sum(one.packages for one in self.members)

    @property
    def charge(self) -> int:
        return self.price.of(self.packages)


@dataclass(frozen=True, slots=True)
class Gathering:
    """`hub` has the goods in the end. `collector`: at whose price; None where they lie with one partner. No choice of
    lots, collector and carrier saves more than `bound`."""

    hub: int
    collector: Price | None
    lots: tuple[Lot, ...]
    bound: int

    @property
    def collected(self) -> Mapping[int, int]:
        """What it costs to fetch the goods from each holder, by holder."""
        packages: defaultdict[int, int] = defaultdict(int)
        for lot in self.lots:
            if lot.holder != self.hub:
                packages[lot.holder] += lot.packages
        return {h: self.collector.of(packages[h]) if self.collector else 0 for h in sorted(packages)}


def lots_of(members: Sequence[Waiting], prices: Sequence[Price], most: int = MOST_ITEMS) -> list[Lot]:
    by_both: defaultdict[tuple[int, int], list[Waiting]] = defaultdict(list)
    for one in sorted(members, key=lambda one: one.shipment):
        by_both[one.consignor, one.holder].append(one)
    return [
        Lot(consignor, holder, tuple(found), sum(each.charge for each in filled(found, prices, most)))
        for (consignor, holder), found in sorted(by_both.items())
    ]


def filled(members: Sequence[Waiting], prices: Sequence[Price], most: int = MOST_ITEMS) -> tuple[Filled, ...]:
    """The cheapest manifests of at most so many shipments each, all of them.

    What a manifest costs is the least of several prices of the form *fixed + so much a package*, a concave function of
    its packages that is 0 for none, and a sum of such functions is least where the packages are the most uneven (Hardy,
    Littlewood and Pólya, Inequalities, §3.17): manifests filled in order of size are more uneven than any others.
    """
    ordered = sorted(members, key=lambda one: (-one.packages, one.shipment))
    parts = (tuple(ordered[i : i + most]) for i in range(0, len(ordered), most))
    return tuple(Filled(part, _cheapest(sum(one.packages for one in part), prices)) for part in parts)


def _cheapest(packages: int, prices: Sequence[Price]) -> Price:
    return min(prices, key=lambda price: (price.of(packages), price.partner, price.key))


def gatherings(lots: Sequence[Lot], prices: Sequence[Price], collectors: Sequence[Price]) -> Iterator[Gathering]:
    """One after another the best of what is left, while it saves something and holds more than one lot.

    What is best for a hub stays so until some of it is gone: whoever takes part does so whatever others do.
    """
    by_holder: defaultdict[int, list[Lot]] = defaultdict(list)
    for lot in lots:
        by_holder[lot.holder].append(lot)
    hubs: list[_Hub] = [_Hub(holder, None, by_holder[holder]) for holder in sorted(by_holder)]
    hubs += [_Hub(price.partner, price, lots) for price in collectors]
    gone: set[tuple[int, int]] = set()
    found = {hub: best for hub, each in enumerate(hubs) if (best := _best(each, prices, gone)) is not None}
    names = {hub: _names(best.lots) for hub, best in found.items()}
    while found:
        first = min(found, key=lambda hub: (-found[hub].bound, hub))
        yield found[first]
        gone |= (taken := names[first])
        for hub in [hub for hub, own in names.items() if not own.isdisjoint(taken)]:
            best = _best(hubs[hub], prices, gone)
            if best is None:
                del found[hub], names[hub]
            else:
                found[hub], names[hub] = best, _names(best.lots)


class _Hub(NamedTuple):
    partner: int
    collector: Price | None
    lots: Sequence[Lot]


def _names(lots: Sequence[Lot]) -> set[tuple[int, int]]:
    return {(lot.consignor, lot.holder) for lot in lots}


def _best(hub: _Hub, prices: Sequence[Price], gone: Container[tuple[int, int]]) -> Gathering | None:
    left = [lot for lot in hub.lots if (lot.consignor, lot.holder) not in gone]
    best: Gathering | None = None
    for price in prices:
        taken, gain = _taking_part(left, price, hub)
        if len(taken) > 1 and gain > (best.bound if best else 0):
            best = Gathering(hub.partner, hub.collector, taken, gain)
    return best


def _taking_part(lots: Sequence[Lot], price: Price, hub: _Hub) -> tuple[tuple[Lot, ...], int]:
    """Who saves by taking part at these prices, and what all of them save."""
    collector = hub.collector
    by_holder: defaultdict[int, list[tuple[Lot, int]]] = defaultdict(list)
    for lot in lots:
        fetched = collector.per_package if collector is not None and lot.holder != hub.partner else 0
        gain = lot.alone - (price.per_package + fetched) * lot.packages
        if gain > 0:
            by_holder[lot.holder].append((lot, gain))
    taken: list[Lot] = []
    total = -price.fixed
    for holder, found in by_holder.items():
        gain = sum(gain for _, gain in found) - (
            collector.fixed if collector is not None and holder != hub.partner else 0
        )
        if gain > 0:
            taken += [lot for lot, _ in found]
            total += gain
    return tuple(sorted(taken, key=lambda lot: (lot.consignor, lot.holder))), total
