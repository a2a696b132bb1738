"""Cost benchmarks by fulfilment, as somebody provides them (a study's table, last year's budget), beside what was paid.

A TOML file says where the numbers come from; Lading ships none. Amounts are minor units of one currency each:

    title = "Cost of an order, 2025"
    source = "Where this was published"

    [[costs]]
    fulfilment = "bonded_warehouse"
    link = "freight"          # one of `Link`, or "total"
    per = "shipment"          # or "package"
    currency = "EUR"
    amount = 1250
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.codes import Fulfilment
from ledger.common.figure import Currency, figure
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.network.links import Link
from ledger.network.performance import MILLION, NetworkFigures

MOST_COSTS = 500
LONGEST_TEXT = 300
LARGEST_AMOUNT = 2**48 - 1
_COST = {"fulfilment", "link", "per", "currency", "amount"}


class CostOf(StrEnum):
    """A link of `ledger.network.links.Link`, or all of them."""

    FREIGHT = Link.FREIGHT.value
    ONWARD_FREIGHT = Link.ONWARD_FREIGHT.value
    RETURN_FREIGHT = Link.RETURN_FREIGHT.value
    DUTY = Link.DUTY.value
    PENALTIES = Link.PENALTIES.value
    TOTAL = "total"


class Per(StrEnum):
    SHIPMENT = "shipment"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Cost:
    """One benchmark, in minor units."""

    fulfilment: Fulfilment
    link: CostOf
    per: Per
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`source`: where it comes from, in the words of who provides it."""

    title: str
    source: str
    costs: tuple[Cost, ...]


@figure("fulfilment", "link", "per", "currency", "benchmark", "measured", "difference", "ratio_ppm")
@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """A benchmark beside what was measured, rounded down; None where nothing was, or a part of it is withheld."""

    fulfilment: Fulfilment
    link: CostOf
    per: Per
    currency: Currency
    benchmark: int
    measured: int | None

    @property
    def difference(self) -> int | None:
        return None if self.measured is None else self.measured - self.benchmark

    @property
    def ratio_ppm(self) -> int | None:
        """Measured over benchmark; None for a benchmark of nothing."""
        return None if self.measured is None or not self.benchmark else self.measured * MILLION // self.benchmark


def compare_costs(groups: Mapping[str, NetworkFigures], benchmark: Benchmark) -> tuple[BenchmarkRow, ...]:
    """Each benchmark, in the order of its file, beside the figures by fulfilment."""
    return tuple(
        BenchmarkRow(
            cost.fulfilment, cost.link, cost.per, cost.currency, cost.amount,
            _measured(groups.get(cost.fulfilment.name.lower()), cost),
        )
        for cost in benchmark.costs
    )  # fmt: skip


def _measured(figures: NetworkFigures | None, cost: Cost) -> int | None:
    if figures is None or (figures.duties_hidden and cost.link in (CostOf.DUTY, CostOf.TOTAL)):
        return None
    count = figures.shipments if cost.per is Per.SHIPMENT else figures.packages
    paid = sum(
        one.amount
        for one in figures.links
        if one.currency == cost.currency and cost.link in (CostOf.TOTAL, CostOf(one.link.value))
    )
    return paid // count if count else None


def parse_benchmark(data: bytes) -> Benchmark:
    """Raises `MalformedRecord` naming the key: nothing is taken that is not said above, and no cost twice."""
    table = read_toml(data, "benchmark")
    if unknown := sorted(table.keys() - {"title", "source", "costs"}):
        raise MalformedRecord("no such key", where=unknown[0][:40], expected="title, source, costs")
    rows = table.get("costs")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_COSTS:
        raise MalformedRecord("no list of costs", where="costs", expected=f"[[costs]], 1 to {MOST_COSTS} times")
    costs = tuple(_cost(row, f"costs[{i}]") for i, row in enumerate(rows))
    seen: set[tuple[Fulfilment, CostOf, Per, str]] = set()
    for i, cost in enumerate(costs):
        key = cost.fulfilment, cost.link, cost.per, cost.currency
        if key in seen:
            raise MalformedRecord("a cost said twice", where=f"costs[{i}]", found=cost.fulfilment.name.lower())
        seen.add(key)
    return Benchmark(_text(table, "title"), _text(table, "source"), costs)


def _cost(row: Any, where: str) -> Cost:
    if not isinstance(row, dict) or row.keys() != _COST:
        raise MalformedRecord("not a cost", where=where, expected=", ".join(sorted(_COST)))
    names = {one.name.lower(): one for one in Fulfilment}
    fulfilment, amount, currency = row["fulfilment"], row["amount"], row["currency"]
    if not isinstance(fulfilment, str) or fulfilment not in names:
        raise MalformedRecord("no such fulfilment", where=f"{where}.fulfilment", expected=", ".join(names))
    for name, codes in (("link", CostOf), ("per", Per)):
        if row[name] not in set(codes):
            raise MalformedRecord(f"no such {name}", where=f"{where}.{name}", expected=", ".join(codes))
    if type(amount) is not int or not 0 <= amount <= LARGEST_AMOUNT:
        raise MalformedRecord(
            "not an amount",
            where=f"{where}.amount",
            expected=f"minor units, 0 to {LARGEST_AMOUNT}",
            found=str(amount)[:40],
        )
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise MalformedRecord("no currency", where=f"{where}.currency", expected="a code of ISO 4217, as EUR")
    return Cost(names[fulfilment], CostOf(row["link"]), Per(row["per"]), currency, amount)


def _text(table: Mapping[str, Any], name: str) -> str:
    text = table.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise MalformedRecord("no text", where=name, expected=f"one line of 1 to {LONGEST_TEXT} characters")
    return text.strip()
