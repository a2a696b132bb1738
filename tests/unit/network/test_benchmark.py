"""Benchmarks of cost: strictly read, and beside what was paid."""

import pytest

from ledger.codes import ClearanceStatus, Fulfilment
from ledger.common.figure import to_json
from ledger.errors import MalformedRecord
from ledger.network.benchmark import BenchmarkRow, CostOf, Per, compare_costs, parse_benchmark
from ledger.network.performance import network
from ledger.network.routes import GROUPS, By
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, SHOP, History
from tests.unit.network.test_modes import HIDDEN, duty
from tests.unit.network.test_performance import YEAR

HEAD = 'format = "lading/benchmark/1"\ntitle = "Cost of an order"\nsource = "A made-up table"\n'
COST = '[[costs]]\nfulfilment = "express"\nlink = "freight"\nper = "order"\ncurrency = "EUR"\namount = 12_000\n'


def rows(history: History, text: str) -> tuple[BenchmarkRow, ...]:
    groups = network(Journeys(history.records), YEAR, GROUPS[By.FULFILMENT])
    return compare_costs(groups, parse_benchmark((HEAD + text).encode()))


def test_costs_stand_beside_what_was_paid() -> None:
    history = History()
    for freight in (10_000, 13_001):
        shipment = history.terms(fulfilment=Fulfilment.EXPRESS, freight=freight)
        history.clearance(ClearanceStatus.RELEASED, shipment, DAY, duty=duty(499))
        history.handoff(shipment, CARRIER, SHOP, 5 * DAY)
    text = COST + COST.replace("order", "package").replace("freight", "total") + COST.replace("express", "direct_mail")
    first, second, third = rows(history, text)
    assert (first.measured, first.difference, first.ratio_ppm) == (11_500, -500, 958_333)
    assert (second.link, second.per, second.measured) == (CostOf.TOTAL, Per.PACKAGE, (23_001 + 1_000) // 20)
    assert (third.fulfilment, third.measured, third.difference, third.ratio_ppm) == (
        Fulfilment.DIRECT_MAIL,
        None,
        None,
        None,
    )
    assert to_json(third)["fulfilment"] == "direct_mail"
    (nothing,) = rows(history, COST.replace("12_000", "0"))
    assert (nothing.measured, nothing.ratio_ppm) == (11_500, None)


def test_what_is_withheld_is_unknown() -> None:
    history = History()
    shipment = history.terms(fulfilment=Fulfilment.EXPRESS)
    history.clearance(ClearanceStatus.RELEASED, shipment, DAY, duty=HIDDEN)
    history.handoff(shipment, CARRIER, SHOP, 5 * DAY)
    found = rows(history, "".join(COST.replace("freight", link) for link in ("freight", "duty", "total")))
    assert [one.measured for one in found] == [10_000, None, None]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "benchmark.costs"),
        ("costs = []", "costs"),
        ("costs = 3", "costs"),
        (COST + COST, "costs[1]"),
        (COST + "more = 1", "costs[0].more"),
        (COST.replace("express", "rocket"), "costs[0].fulfilment"),
        (COST.replace('"freight"', '["freight"]'), "costs[0].link"),
        (COST.replace('"order"', '"pallet"'), "costs[0].per"),
        (COST.replace("EUR", "eur"), "costs[0].currency"),
        (COST.replace("EUR", "EURO"), "costs[0].currency"),
        (COST.replace("12_000", "-1"), "costs[0].amount"),
        (COST.replace("12_000", "1.5"), "costs[0].amount"),
        (COST.replace("12_000", "true"), "costs[0].amount"),
    ],
)
def test_a_file_that_is_no_benchmark_is_refused_where_it_errs(text: str, where: str) -> None:
    with pytest.raises(MalformedRecord) as error:
        parse_benchmark((HEAD + text).encode())
    assert error.value.where == where
    for head in (HEAD.replace("/1", "/2"), HEAD.replace("A made-up table", ""), HEAD.replace("Cost of", "a\\nb")):
        with pytest.raises(MalformedRecord):
            parse_benchmark((head + COST).encode())
