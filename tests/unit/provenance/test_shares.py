"""Shares of inputs in outputs, against a recursive SQL statement over what was written down while graphs were made."""

import random
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from ledger.codes import ExceptionBit, Purpose
from ledger.provenance.balance import Unknown, Verdict, balances
from ledger.provenance.contents import Contents, Line
from ledger.provenance.graph import Graph
from ledger.provenance.of_journeys import graph_of
from ledger.provenance.shares import Basis, Share, parts_of_all, shares_down, shares_up, whole
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SHOP, History

GTINS = [f"0950600013435{n}" for n in range(3)]
ACTS = (
    "open", "split", "weighed split", "half weighed split", "over", "short", "merge", "transform", "transform",
    "pass on",
)  # fmt: skip
IN_GRAMS = {"GRM": 1, "KGM": 1000, "TNE": 10**6}


def goods(quantity: int, unit: str = "KGM", gtin: str = GTINS[0]) -> Goods:
    return Goods(bytes(16), gtin, "L1", bytes(32), quantity, unit, "", "")


@dataclass
class World:
    """A random history, and by shipment what it holds now: grams (None: it is counted), packages. `edges`: child,
    parent, and what the parent brought in.
    """

    history: History = field(default_factory=History)
    live: dict[bytes, tuple[Fraction | None, int]] = field(default_factory=dict)
    gtin: dict[bytes, str] = field(default_factory=dict)
    edges: list[tuple[bytes, bytes, Fraction | None, int]] = field(default_factory=list)
    out: dict[bytes, int] = field(default_factory=dict)
    """Grams that each transformation made."""
    done: Counter[str] = field(default_factory=Counter)


def world(seed: int, size: int) -> World:
    dice, made = random.Random(seed), World()
    history, now = made.history, 0
    for _ in range(size):
        now += DAY
        act = dice.choice(ACTS)
        if act == "open" or len(made.live) < 3:
            unit, quantity = dice.choice([*IN_GRAMS, "H87"]), dice.randrange(1, 500)
            packages = dice.randrange(2, 40)
            contents = [goods(quantity, unit)]
            if unit == "H87":  # pieces of different things, which do not add up
                contents.append(goods(1, unit, GTINS[1]))
            one = history.terms(known=now, holder=MAKER, packages=packages, contents=contents)
            grams = Fraction(quantity * IN_GRAMS[unit]) if unit in IN_GRAMS else None
            made.live[one] = grams, packages
            made.done["open"] += 1
            continue
        name = dice.choice(sorted(made.live))
        grams, packages = made.live[name]
        if "split" in act and packages > 1:
            first = dice.randrange(1, packages)
            parts = [first, packages - first]
            cut = [dice.randrange(1, 900), dice.randrange(1, 900)]
            named: list[list[Goods]] = [[goods(quantity, "GRM", made.gtin.get(name, GTINS[0]))] for quantity in cut]
            shares: list[Fraction | None] = [Fraction(quantity) for quantity in cut]
            if grams is None or act == "split":
                named, shares = [], [None if grams is None else grams * part / packages for part in parts]
            elif act == "half weighed split":
                if grams <= cut[0]:
                    continue
                named[1], shares[1] = [], grams - cut[0]
            for child, share, part in zip(
                history.split(name, MAKER, now, parts, contents=named), shares, parts, strict=True
            ):
                made.live[child] = share, part
                made.gtin[child] = made.gtin.get(name, GTINS[0])
                made.edges.append((child, name, Fraction(1), 1))
            del made.live[name]
        elif act == "over":
            more = packages + dice.randrange(1, 5)
            history.handoff(name, MAKER, CARRIER, now, packages=more, exceptions=int(ExceptionBit.OVER))
            history.handoff(name, CARRIER, MAKER, now, packages=more)
            made.live[name] = grams, more
        elif act == "short" and packages > 1:
            counted = dice.randrange(1, packages)
            rest = history.short(name, MAKER, CARRIER, now, counted)
            history.handoff(name, CARRIER, MAKER, now, packages=counted)
            left = None if grams is None else grams * (packages - counted) / packages
            made.live[rest] = left, packages - counted
            made.gtin[rest] = made.gtin.get(name, GTINS[0])
            made.live[name] = None if grams is None else grams * counted / packages, counted
            made.edges.append((rest, name, Fraction(1), 1))
        elif act in ("merge", "transform", "pass on"):
            count = 1 if act == "pass on" else dice.randrange(2, 4)
            parents = dice.sample(sorted(made.live), min(count, len(made.live)))
            purpose = {"merge": Purpose.MERGE, "transform": Purpose.TRANSFORMATION}.get(act, Purpose.ONWARD)
            kilograms, packages = dice.randrange(1, 300), dice.randrange(2, 40)
            out = [goods(kilograms, gtin=dice.choice(GTINS))]
            one = history.terms(
                known=now, holder=MAKER, packages=packages, parents=parents, purpose=purpose, contents=out
            )
            for parent in parents:
                made.edges.append((one, parent, *made.live.pop(parent)))
            made.live[one] = Fraction(kilograms * 1000), packages
            made.gtin[one] = out[0].gtin
            if purpose == Purpose.TRANSFORMATION:
                made.out[one] = kilograms * 1000
        else:
            continue
        made.done[act] += 1
    return made


class _Sum:
    """Nothing is added where nothing is known."""

    def __init__(self) -> None:
        self.value = Fraction(0)

    def step(self, text: str | None) -> None:
        self.value += Fraction(text or 0)

    def finalize(self) -> str:
        return str(self.value)


ORACLE = """
WITH RECURSIVE weighed AS (
    SELECT child, parent, CASE WHEN COUNT(grams) OVER family = COUNT(*) OVER family THEN grams ELSE packages END AS own
    FROM edges WINDOW family AS (PARTITION BY child)
), weights AS (
    SELECT w.child, w.parent, over(w.own, (SELECT total(o.own) FROM weighed o WHERE o.child = w.child)) AS share
    FROM weighed w
), ways(top, name, share) AS (
    SELECT name, name, '1' FROM names
    UNION ALL
    SELECT ways.top, weights.parent, times(ways.share, weights.share)
    FROM ways JOIN weights ON weights.child = ways.name
)
SELECT top, name, added(share) FROM ways GROUP BY top, name
"""


def by_sql(made: World, names: list[bytes]) -> dict[tuple[bytes, bytes], Fraction]:
    """Every way from every shipment up to each that it came from, multiplied along the way and summed. Exact: fractions
    are texts, of which SQLite knows how to multiply, divide and add.
    """
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("times", 2, lambda a, b: str(Fraction(a) * Fraction(b)), deterministic=True)
        connection.create_function("over", 2, lambda a, b: str(Fraction(a) / Fraction(b)), deterministic=True)
        connection.create_aggregate("added", 1, _Sum)  # type: ignore[arg-type]
        connection.create_aggregate("total", 1, _Sum)  # type: ignore[arg-type]
        connection.execute("CREATE TABLE edges (child BLOB, parent BLOB, grams TEXT, packages TEXT)")
        connection.execute("CREATE TABLE names (name BLOB)")
        rows = [(c, p, None if grams is None else str(grams), str(packages)) for c, p, grams, packages in made.edges]
        connection.executemany("INSERT INTO edges VALUES (?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO names VALUES (?)", [(name,) for name in names])
        return {(top, name): Fraction(share) for top, name, share in connection.execute(ORACLE)}


def compared(seed: int, size: int) -> Counter[str]:
    """What was compared: both ways, from every shipment."""
    made = world(seed, size)
    graph = graph_of(Journeys(made.history.records))
    names = sorted(graph.nodes)
    expected = by_sql(made, names)
    up = {(name, above): share.value for name in names for above, share in shares_up(graph, whole([name])).items()}
    assert up == expected
    for name in names:
        down = {below: share.value for below, share in shares_down(graph, whole([name])).items()}
        assert down == {below: share for (below, above), share in expected.items() if above == name}
    made.done["shares"] += len(expected)
    made.done["proper"] += sum(0 < share < 1 for share in expected.values())
    return made.done


@pytest.mark.parametrize("seed", range(25))
def test_shares_are_those_of_a_recursive_statement(seed: int) -> None:
    assert compared(seed, 40)["proper"] > 0


@pytest.mark.drill
def test_shares_of_thousands_of_graphs() -> None:
    done = sum((compared(seed, 30) for seed in range(100, 1_100)), Counter[str]())
    assert min(done[act] for act in ACTS) > 400
    assert done["proper"] > 50_000


SUMS = "SELECT child, added(grams), COUNT(grams) = COUNT(*) FROM edges GROUP BY child"


@pytest.mark.parametrize("seed", range(25))
def test_transformations_balance_as_a_statement_sums_them(seed: int) -> None:
    made = world(seed, 60)
    with sqlite3.connect(":memory:") as connection:
        connection.create_aggregate("added", 1, _Sum)  # type: ignore[arg-type]
        connection.execute("CREATE TABLE edges (child BLOB, grams TEXT)")
        rows = [(child, None if grams is None else str(grams)) for child, _, grams, _ in made.edges]
        connection.executemany("INSERT INTO edges VALUES (?, ?)", rows)
        sums = {child: (Fraction(total), bool(weighed)) for child, total, weighed in connection.execute(SUMS)}
    compared = 0
    for balance in balances(graph(made.history)):
        (child, *_) = balance.children
        if child not in made.out:
            continue
        (total,), (into, weighed) = balance.sums, sums[child]
        assert (total.unit, total.into, total.out_of) == ("GRM", into, Fraction(made.out[child]))
        assert (Unknown.UNITS in total.unknown) == (not weighed)
        more = into - made.out[child]
        sure = Unknown.BY_PACKAGES not in total.unknown and (weighed or more > 0)
        expected = Verdict.EVEN if not more else Verdict.UNKNOWN
        if sure and more:
            expected = Verdict.GAP if more > 0 else Verdict.SURPLUS
        assert (total.verdict, total.difference) == (expected, abs(more) if sure else None)
        compared += 1
    assert compared > 3


def graph(history: History) -> Graph:
    return graph_of(Journeys(history.records))


def joined(*contents: list[Goods] | Withheld, packages: tuple[int, ...] = ()) -> tuple[Graph, list[bytes], bytes]:
    history = History()
    counts = packages or (10,) * len(contents)
    parents = [
        history.terms(holder=MAKER, contents=one, packages=count)  # type: ignore[arg-type]
        for one, count in zip(contents, counts, strict=True)
    ]
    made = history.terms(holder=MAKER, parents=parents, purpose=Purpose.TRANSFORMATION, contents=[goods(1)])
    return graph(history), parents, made


def test_shares_go_by_mass_where_units_agree_and_else_by_packages_and_say_so() -> None:
    found, parents, made = joined([goods(1, "TNE")], [goods(500)], packages=(1, 9))
    assert shares_up(found, whole([made]))[parents[0]] == Share(Fraction(2, 3), Basis.STATED)
    found, parents, made = joined([goods(1, "TNE")], [goods(500, "H87")], packages=(1, 9))
    assert shares_up(found, whole([made]))[parents[0]] == Share(Fraction(1, 10), Basis.PACKAGES)
    found, parents, made = joined([goods(3, "H87")], [goods(1, "H87", GTINS[1])], packages=(1, 1))
    assert shares_up(found, whole([made]))[parents[0]] == Share(Fraction(1, 2), Basis.PACKAGES)
    found, parents, made = joined([goods(3, "H87")], [goods(1, "H87")], packages=(1, 1))
    assert shares_up(found, whole([made]))[parents[0]] == Share(Fraction(3, 4), Basis.STATED)


def test_what_is_withheld_makes_shares_unknown_and_never_counted_by_packages() -> None:
    history = History()
    hidden = history.terms(holder=MAKER, contents=[Withheld(bytes(32))])  # type: ignore[list-item]
    seen = history.terms(holder=MAKER, contents=[goods(1)])
    made = history.terms(holder=MAKER, parents=[hidden, seen], purpose=Purpose.TRANSFORMATION, contents=[goods(1)])
    found = graph(history)
    unknown = Share(None, Basis.UNKNOWN)
    assert shares_up(found, whole([made])) == {made: Share(Fraction(1), Basis.STATED), hidden: unknown, seen: unknown}
    assert shares_down(found, whole([seen]))[made] == unknown


def test_what_rests_on_packages_anywhere_says_so() -> None:
    inside = [Contents((Line(GTINS[0], "L1", "KGM", Fraction(2), exact),)) for exact in (True, False)]
    names = [b"a", b"b"]
    parts = parts_of_all(whole(names), inside)
    assert parts == dict.fromkeys(names, Share(Fraction(1, 2), Basis.PACKAGES))
    halves = dict.fromkeys(names, Share(Fraction(1, 2), Basis.PACKAGES))
    assert {share.basis for share in parts_of_all(halves, inside[:1] * 2).values()} == {Basis.PACKAGES}
    assert {share.basis for share in parts_of_all(whole(names), inside[:1] * 2).values()} == {Basis.STATED}


def test_several_starts_count_together_and_a_replacement_comes_of_nothing() -> None:
    found, parents, made = joined([goods(1)], [goods(2)], [goods(1)])
    assert shares_down(found, whole(parents[:2]))[made].value == Fraction(3, 4)
    history = History()
    first = history.terms(holder=MAKER, contents=[goods(1)])
    other = history.terms(holder=SHOP, parents=[first], purpose=Purpose.REPLACEMENT, contents=[goods(1)])
    assert set(shares_up(graph(history), whole([other]))) == {other}


def test_a_deep_line_needs_no_recursion() -> None:
    history = History()
    name = first = history.terms(holder=MAKER, contents=[goods(1)])
    for _ in range(3_000):
        name = history.terms(holder=MAKER, parents=[name], contents=[goods(1)], purpose=Purpose.ONWARD)
    found = graph(history)
    assert shares_up(found, whole([name]))[first].value == 1 == shares_down(found, whole([first]))[name].value
