"""Cost benchmarks by fulfilment, as somebody provides them (a study's table, last year's budget), beside what was paid.

A TOML file says where the numbers come from; Lading ships none. Amounts are minor units of one currency each:

    format = "lading/benchmark/1"
    title = "Cost of an order, 2025"
    source = "Where this was published"

    [[costs]]
    fulfilment = "bonded_warehouse"
    link = "freight"          # one of `Link`, or "total"
    per = "order"             # or "package"
    currency = "EUR"
    amount = 1250
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from ledger.codes import Fulfilment
from ledger.common.figure import Currency, figure
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.network.links import CostBase, Link
from ledger.network.performance import MILLION, NetworkFigures

MOST_COSTS = 500
LONGEST_TEXT = 300
FORMAT = "lading/benchmark/1"
_COST = ("fulfilment", "link", "per", "currency", "amount")


class CostOf(StrEnum):
    """A link of `ledger.network.links.Link`, or all of them."""

    FREIGHT = Link.FREIGHT.value
    ONWARD_FREIGHT = Link.ONWARD_FREIGHT.value
    RETURN_FREIGHT = Link.RETURN_FREIGHT.value
    DUTY = Link.DUTY.value
    PENALTIES = Link.PENALTIES.value
    TOTAL = "total"


class Per(StrEnum):
    """Orders and their packages, as `ledger.network.links.CostBase` counts them."""

    ORDER = "order"
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
    """A benchmark beside what was measured, rounded down; None where nothing was, where a part of it is withheld, and
    where a part of a total is in another currency."""

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
    """Rounded down once, at the end."""
    if figures is None:
        return None
    links = list(Link) if cost.link is CostOf.TOTAL else [Link(cost.link.value)]
    if cost.link is CostOf.TOTAL and any(one.currency != cost.currency for one in figures.links):
        return None
    parts = [_of_link(figures, cost, link) for link in links]
    known = [part for part in parts if part is not None]
    return int(sum(known)) if len(known) == len(parts) else None


def _of_link(figures: NetworkFigures, cost: Cost, link: Link) -> Fraction | None:
    """What one link costs an order, or a package of one; None where nobody knows.

    Freight is spread over the orders that state one, for nobody says what the others cost. Duty is spread over all,
    for it is not in the currency of terms; where it was paid in several currencies, it is not known in one.
    """
    mine = [one for one in figures.links if one.link is link]
    if link is Link.DUTY and (figures.duties_hidden or any(one.currency != cost.currency for one in mine)):
        return None
    bases = figures.bases if link is Link.DUTY else [one for one in figures.bases if one.currency == cost.currency]
    count = sum(_count(base, cost.per, priced=link not in (Link.DUTY, Link.PENALTIES)) for base in bases)
    return Fraction(sum(one.amount for one in mine if one.currency == cost.currency), count) if count else None


def _count(base: CostBase, per: Per, *, priced: bool) -> int:
    if per is Per.ORDER:
        return base.priced_orders if priced else base.orders
    return base.priced_packages if priced else base.order_packages


def parse_benchmark(data: bytes) -> Benchmark:
    """Raises `MalformedRecord` naming the key: nothing is taken that is not said above, and no cost twice."""
    table = fields_of(read_toml(data, "benchmark"), "benchmark", ("format", "title", "source", "costs"))
    if table["format"] != FORMAT:
        raise MalformedRecord("not a benchmark", where="format", expected=FORMAT, found=shown(table["format"]))
    title, source = (_line(table[name], name) for name in ("title", "source"))
    costs: dict[tuple[Fulfilment, CostOf, Per, str], Cost] = {}
    for where, row in entries(table["costs"], "costs", 1, MOST_COSTS):
        cost = _cost(fields_of(row, where, _COST), where)
        key = cost.fulfilment, cost.link, cost.per, cost.currency
        if key in costs:
            raise MalformedRecord("a cost said twice", where=where, found=cost.fulfilment.name.lower())
        costs[key] = cost
    return Benchmark(title, source, tuple(costs.values()))


def _cost(row: Mapping[str, Any], where: str) -> Cost:
    names = {one.name.lower(): one for one in Fulfilment}
    currency = text(row["currency"], f"{where}.currency", 3, 3)
    if not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise MalformedRecord("no currency", where=f"{where}.currency", expected="a code of ISO 4217, as EUR")
    return Cost(
        names[_code(row, where, "fulfilment", names)],
        CostOf(_code(row, where, "link", list(CostOf))),
        Per(_code(row, where, "per", list(Per))),
        currency,
        integer(row["amount"], f"{where}.amount"),
    )


def _code(row: Mapping[str, Any], where: str, name: str, codes: Collection[str]) -> str:
    value = text(row[name], f"{where}.{name}")
    if value not in codes:
        expected = ", ".join(codes)
        raise MalformedRecord(f"no such {name}", where=f"{where}.{name}", expected=expected, found=shown(value))
    return value


def _line(value: object, where: str) -> str:
    line = text(value, where, 1, LONGEST_TEXT).strip()
    if not line or not line.isprintable():
        raise MalformedRecord("no line of text", where=where, expected=f"1 to {LONGEST_TEXT} characters, in one line")
    return line
