"""Shares through goods that are joined as they are and sorted out again: against grains that are carried along."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from ledger.codes import Purpose
from ledger.provenance.of_journeys import graph_of
from ledger.provenance.shares import UNKNOWN, Basis, Share, shares_down, shares_up, whole
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, History

KINDS = [f"0950600013435{n}" for n in range(4)]


def goods(gtin: str, quantity: int, unit: str = "KGM") -> Goods:
    return Goods(bytes(16), gtin, "L1", bytes(32), quantity, unit, "", "")


@dataclass
class Heap:
    """What a shipment holds: by kind how much, and what part of it was once in each shipment."""

    packages: int
    amounts: dict[str, Fraction]
    through: dict[str, dict[bytes, Fraction]]

    def part(self, name: bytes, packages: int, amounts: dict[str, Fraction]) -> "Heap":
        kept = {kind: amount for kind, amount in amounts.items() if amount}
        return Heap(packages, kept, {kind: {**self.through[kind], name: Fraction(1)} for kind in kept})

    def shares(self) -> dict[bytes, Fraction]:
        total, result = sum(self.amounts.values()), dict[bytes, Fraction]()
        for kind, amount in self.amounts.items():
            for name, part in self.through[kind].items():
                result[name] = result.get(name, Fraction(0)) + part * amount / total
        return result


def joined(name: bytes, packages: int, heaps: list[Heap]) -> Heap:
    amounts: dict[str, Fraction] = {}
    through: dict[str, dict[bytes, Fraction]] = {}
    for kind in {kind for heap in heaps for kind in heap.amounts}:
        own = [heap for heap in heaps if kind in heap.amounts]
        amounts[kind] = total = sum((heap.amounts[kind] for heap in own), Fraction(0))
        through[kind] = {name: Fraction(1)}
        for heap in own:
            for one, part in heap.through[kind].items():
                through[kind][one] = through[kind].get(one, Fraction(0)) + part * heap.amounts[kind] / total
    return Heap(packages, amounts, through)


@dataclass
class World:
    history: History = field(default_factory=History)
    every: dict[bytes, Heap] = field(default_factory=dict)
    live: dict[bytes, Heap] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def put(self, name: bytes, heap: Heap) -> None:
        self.every[name] = self.live[name] = heap


def world(seed: int, size: int) -> World:
    dice, made = random.Random(seed), World()
    for step in range(size):
        now = (step + 1) * DAY
        act = dice.choice(("open", "sort", "sort", "split", "short", "merge", "merge", "go on", "make"))
        if act == "open" or len(made.live) < 3:
            kinds, packages = dice.sample(KINDS[:3], dice.randrange(1, 3)), dice.randrange(3, 30)
            amounts = {kind: dice.randrange(1, 200) for kind in kinds}
            contents = [goods(kind, amount) for kind, amount in amounts.items()]
            name = made.history.terms(known=now, holder=MAKER, packages=packages, contents=contents)
            through = {kind: {name: Fraction(1)} for kind in kinds}
            made.put(name, Heap(packages, {kind: Fraction(amount) for kind, amount in amounts.items()}, through))
        elif act in ("merge", "go on", "make"):
            _join(made, dice, act, now)
        else:
            _part(made, dice, act, now)
        made.done[act] += 1
    return made


def _join(made: World, dice: random.Random, act: str, now: int) -> None:
    parents = dice.sample(sorted(made.live), 1 if act == "go on" else dice.randrange(2, 4))
    heaps, packages = [made.live.pop(parent) for parent in parents], dice.randrange(3, 30)
    purpose = {"merge": Purpose.MERGE, "make": Purpose.TRANSFORMATION}.get(act, Purpose.ONWARD)
    out = dice.randrange(1, 300)
    contents = [goods(KINDS[3], out)] if act == "make" else []
    name = made.history.terms(
        known=now, holder=MAKER, parents=parents, packages=packages, purpose=purpose, contents=contents
    )
    heap = joined(name, packages, heaps)
    if act == "make":
        heap = Heap(packages, {KINDS[3]: Fraction(out)}, {KINDS[3]: heap.shares()})
    made.put(name, heap)


def _part(made: World, dice: random.Random, act: str, now: int) -> None:
    name = dice.choice(sorted(made.live))
    heap = made.live[name]
    if heap.packages < 2:
        return
    first = dice.randrange(1, heap.packages)
    counts = [first, heap.packages - first]
    shares = [Fraction(count, heap.packages) for count in counts]
    parts = [{kind: amount * share for kind, amount in heap.amounts.items()} for share in shares]
    if act == "short":
        rest = made.history.short(name, MAKER, CARRIER, now, first)
        made.history.handoff(name, CARRIER, MAKER, now, packages=first)
        made.put(name, Heap(first, parts[0], heap.through))
        made.put(rest, heap.part(rest, counts[1], parts[1]))
        return
    named: list[list[Goods]] = []
    if act == "sort":
        took = {kind: dice.choice((0, int(amount), int(amount) // 2)) for kind, amount in heap.amounts.items()}
        parts[0] = {kind: Fraction(amount) for kind, amount in took.items() if amount}
        parts[1] = {kind: amount - parts[0].get(kind, 0) for kind, amount in heap.amounts.items()}
        if not parts[0] or not any(parts[1].values()):
            return
        named = [[goods(kind, int(amount)) for kind, amount in parts[0].items()], []]
        made.done["sorted out"] += len(heap.amounts) > 1
    children = made.history.split(name, MAKER, now, counts, contents=named)
    del made.live[name]
    for child, count, part in zip(children, counts, parts, strict=True):
        made.put(child, heap.part(child, count, part))


def compared(seed: int, size: int) -> Counter[str]:
    made = world(seed, size)
    graph = graph_of(Journeys(made.history.records))
    expected = {name: heap.shares() for name, heap in made.every.items()}
    assert expected.keys() == graph.nodes.keys()
    for name, shares in expected.items():
        told = {one: share.value for one, share in shares_up(graph, whole([name])).items()}
        assert {one: share for one, share in told.items() if share} == shares
        below = {one: share.value for one, share in shares_down(graph, whole([name])).items()}
        assert {one: share for one, share in below.items() if share} == {
            one: others[name] for one, others in expected.items() if name in others
        }
        made.done["none of it"] += sum(share == 0 for share in told.values())
    return made.done


def test_what_is_sorted_out_comes_from_where_such_goods_were() -> None:
    done = sum((compared(seed, 40) for seed in range(6)), Counter[str]())
    assert min(done[act] for act in ("sorted out", "none of it", "merge", "make", "short")) > 5, done


@pytest.mark.drill
def test_what_is_sorted_out_in_a_thousand_graphs() -> None:
    done = sum((compared(seed, 40) for seed in range(100, 1_100)), Counter[str]())
    assert min(done[act] for act in ("sorted out", "none of it", "merge", "make", "short")) > 1_000, done


def deconsolidated(*, contents: list[Any], named: Sequence[Goods] = ()) -> tuple[History, list[bytes], list[bytes]]:
    """Two shipments in one container, and taken out again."""
    history = History()
    first = history.terms(holder=MAKER, contents=[goods(KINDS[0], 10)])
    other = history.terms(holder=MAKER, contents=contents)
    merged = history.terms(holder=MAKER, parents=[first, other], packages=20, purpose=Purpose.MERGE)
    children = history.split(merged, MAKER, DAY, [10, 10], contents=[named or [goods(KINDS[0], 10)], []])
    return history, [first, other], children


def test_a_container_mixes_nothing_that_is_told_apart() -> None:
    history, (first, other), (sugar, salt) = deconsolidated(contents=[goods(KINDS[1], 30)])
    graph = graph_of(Journeys(history.records))
    all_of_it, none = Share(Fraction(1), Basis.STATED), Share(Fraction(0), Basis.STATED)
    up = shares_up(graph, whole([sugar]))
    assert (up[first], up[other]) == (all_of_it, none)
    down = shares_down(graph, whole([other]))
    assert (down[salt].value, down[sugar].value) == (Fraction(1), Fraction(0))


@pytest.mark.parametrize(
    ("named", "hidden"),
    [([goods(KINDS[0], 10, "H87")], False), ([goods(KINDS[2], 10)], False), ([Withheld(bytes(32))], True)],
)
def test_what_cannot_be_told_apart_is_not_known(named: list[Any], hidden: bool) -> None:
    """Of goods in another unit, of none that were joined, or hidden: no average is told for them."""
    unlike = [goods(KINDS[0], 5, "H87"), goods(KINDS[1], 30)]
    history, (first, other), (child, _) = deconsolidated(contents=unlike, named=named)
    graph = graph_of(Journeys(history.records))
    up = shares_up(graph, whole([child]))
    assert (up[first], up[other]) == (UNKNOWN, UNKNOWN)
    assert shares_down(graph, whole([first]))[child] == UNKNOWN
    merged = graph.nodes[child].parents[0]
    assert up[merged].value == 1 == shares_down(graph, whole([merged]))[child].value, "all the same it came from there"
    assert hidden == bool(graph.inside(child).closed)  # type: ignore[union-attr]
