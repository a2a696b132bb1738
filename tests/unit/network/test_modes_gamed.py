"""Who gains by mislabelling, by splitting, by returns: figures of the ways of delivery that nobody betters alone."""

import pytest

from ledger.codes import ClearanceStatus, Fulfilment, Mode, Purpose
from ledger.common.periods import Period
from ledger.errors import MalformedRecord
from ledger.network.benchmark import BenchmarkRow, compare_costs, parse_benchmark
from ledger.network.links import CostBase
from ledger.network.performance import NetworkFigures, network
from ledger.network.routes import GROUPS, By
from ledger.network.turnover import turnover_by
from ledger.services.figures.network import require_apart
from ledger.shipments.history import Journeys
from ledger.shipments.return_reason import ReturnReason
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History
from tests.unit.network.test_modes import duty, said
from tests.unit.network.test_performance import CHINA, STATES, YEAR

COST = '[[costs]]\nfulfilment = "express"\nlink = "{}"\nper = "{}"\ncurrency = "{}"\namount = 1\n'
FORM = 'format = "lading/benchmark/1"\ntitle = "Made up"\nsource = "Nowhere"\n'


def by_fulfilment(history: History) -> dict[str, NetworkFigures]:
    return network(Journeys(history.records), YEAR, GROUPS[By.FULFILMENT])


def costs(history: History, *wanted: tuple[str, str, str]) -> list[int | None]:
    """What was measured by link, per order or package, in a currency."""
    text = FORM + "".join(COST.format(*one) for one in wanted)
    rows: tuple[BenchmarkRow, ...] = compare_costs(by_fulfilment(history), parse_benchmark(text.encode()))
    return [row.measured for row in rows]


def express(history: History, **more: object) -> bytes:
    shipment = history.terms(holder=MAKER, fulfilment=Fulfilment.EXPRESS, **more)  # type: ignore[arg-type]
    history.handoff(shipment, MAKER, CARRIER, DAY)
    return shipment


def arrived(history: History, shipment: bytes, day: int = 3, packages: int = 10) -> bytes:
    history.handoff(shipment, CARRIER, SHOP, day * DAY, packages=packages)
    return shipment


def returned(history: History, shipment: bytes, fulfilment: int = 0, reason: str = "late", **more: object) -> bytes:
    return history.terms(
        known=8 * DAY, holder=SHOP, consignor=SHOP, consignee=MAKER, purpose=Purpose.RETURN, parents=[shipment],
        details=said(reason), freight=2_000, fulfilment=fulfilment, promisedAt=300 * DAY, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_return_that_arrives_is_no_delivery_that_might_come_back() -> None:
    history = History()
    for _ in range(2):
        back = returned(history, arrived(history, express(history)), Fulfilment.EXPRESS)
        history.handoff(back, SHOP, CARRIER, 9 * DAY)
        history.handoff(back, CARRIER, MAKER, 10 * DAY)
    found = by_fulfilment(history)["express"]
    assert (found.reached, found.reached_packages, found.returned_packages, found.return_ppm) == (2, 20, 20, 1_000_000)


def test_goods_that_went_on_arrive_once_where_they_stay() -> None:
    """Terms after terms would make one return of ten orders a return of twenty."""
    history = History()
    first = arrived(history, express(history))
    one, _ = history.split(first, SHOP, 4 * DAY, (4, 6))
    onward = history.terms(
        known=5 * DAY, holder=SHOP, consignor=SHOP, consignee=SECOND, purpose=Purpose.ONWARD, parents=[one], packages=4,
        fulfilment=Fulfilment.EXPRESS, promisedAt=300 * DAY,
    )  # fmt: skip
    history.handoff(onward, SHOP, CARRIER, 6 * DAY, packages=4)
    history.handoff(onward, CARRIER, SECOND, 7 * DAY, packages=4)
    found = by_fulfilment(history)["express"]
    assert (found.delivered, found.reached_packages) == (2, 10), "six stayed at the shop, four went on and arrived"


def test_a_return_counts_with_the_order_whatever_it_calls_itself() -> None:
    history = History()
    for label in (Fulfilment.DIRECT_MAIL, 0):
        returned(history, arrived(history, express(history)), label)
    back = returned(history, arrived(history, express(history)), Fulfilment.OWN_WAREHOUSE)
    returned(history, back, Fulfilment.BONDED_WAREHOUSE)
    found = by_fulfilment(history)
    assert found.keys() == {"express"}
    assert {(one.link.value, one.amount) for one in found["express"].links} == {
        ("freight", 30_000),
        ("return_freight", 8_000),
    }
    stock = turnover_by(Journeys(history.records), YEAR, By.FULFILMENT)
    assert stock.keys() == {"express"}


def test_who_gets_goods_back_may_bear_the_reason_out() -> None:
    history = History()
    said_alone, agreed = (returned(history, arrived(history, express(history))) for _ in range(2))
    history.endorse(agreed, MAKER, 9 * DAY)
    history.endorse(said_alone, CARRIER, 9 * DAY)
    damaged = returned(history, arrived(history, express(history)), reason="damaged")
    assert damaged
    found = by_fulfilment(history)["express"]
    assert found.reasons == {ReturnReason.DAMAGED: 10, ReturnReason.LATE: 20}
    assert found.reasons_agreed == {ReturnReason.LATE: 10}


def test_splitting_makes_no_order_cheaper() -> None:
    wanted = [(link, "order", "EUR") for link in ("freight", "total")]
    history = History()
    arrived(history, express(history))
    assert costs(history, *wanted) == [10_000, 10_000]
    history = History()
    for child in history.split(express(history), CARRIER, 2 * DAY, (5, 3, 2)):
        history.handoff(child, CARRIER, SHOP, 3 * DAY, packages=history_packages(history, child))
    assert by_fulfilment(history)["express"].shipments == 3
    assert costs(history, *wanted, ("freight", "package", "EUR")) == [10_000, 10_000, 1_000]


def history_packages(history: History, child: bytes) -> int:
    return Journeys(history.records).portion(child).packages


def test_a_return_costs_the_order_and_is_none() -> None:
    history = History()
    returned(history, arrived(history, express(history)))
    arrived(history, express(history))
    wanted = [(link, "order", "EUR") for link in ("freight", "return_freight", "total")]
    assert costs(history, *wanted) == [10_000, 1_000, 11_000]


def test_currencies_are_not_mixed() -> None:
    history = History()
    for currency, freight in (("EUR", 10_000), ("USD", 600)):
        arrived(history, express(history, currency=currency, freight=freight))
    (found,) = by_fulfilment(history).values()
    assert dict(found.costs_per_shipment) == {"EUR": 10_000, "USD": 600}
    assert dict(found.costs_per_package) == {"EUR": 1_000, "USD": 60}
    wanted = [(link, "order", code) for code in ("EUR", "USD", "CNY") for link in ("freight", "total")]
    assert costs(history, *wanted) == [10_000, None, 600, None, None, None], "what is in two currencies is no total"


def test_duty_in_another_currency_is_no_part_of_a_total() -> None:
    history = History()
    shipment = arrived(history, express(history))
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, duty=duty(499, "CNY"))
    wanted = [
        ("total", "order", "EUR"),
        ("duty", "order", "CNY"),
        ("duty", "order", "EUR"),
        ("freight", "order", "EUR"),
    ]
    assert costs(history, *wanted) == [None, 500, None, 10_000]


def test_freight_that_nobody_stated_makes_no_way_cheap() -> None:
    history = History()
    for freight in (10_000, 0, 0):
        arrived(history, express(history, freight=freight))
    (found,) = by_fulfilment(history).values()
    assert found.bases == (CostBase("EUR", 3, 30, 3, 30, 1, 10),)
    wanted = [("freight", "order", "EUR"), ("freight", "package", "EUR"), ("total", "order", "EUR")]
    assert costs(history, *wanted) == [10_000, 1_000, 10_000]
    history = History()
    arrived(history, express(history, freight=0))
    assert costs(history, *wanted) == [None, None, None]


def test_a_day_of_parcels_to_one_door_proves_a_way_once() -> None:
    """A choice of ways takes ten delivery events each, as a score does: ten parcels of one day are one."""

    def ways(days: int) -> NetworkFigures:
        history = History()
        for mode in (Mode.AIR, Mode.MARITIME):
            for i in range(10):
                shipment = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=mode)
                history.handoff(shipment, MAKER, CARRIER, DAY)
                history.handoff(shipment, CARRIER, SHOP, (2 + i % days) * DAY)
        return network(Journeys(history.records), YEAR)["all"]

    assert (ways(1).lanes_judged, ways(1).lanes_flexible) == (0, 0)
    assert (ways(9).lanes_judged, ways(9).lanes_flexible) == (0, 0)
    assert (ways(6).windowed, ways(6).abnormal) == (20, 0)


def test_legs_without_a_deadline_are_told() -> None:
    history = History()
    for due in (2 * DAY, 0, 0):
        shipment = history.terms(holder=MAKER)
        history.handoff(shipment, MAKER, CARRIER, DAY, due=due)
        arrived(history, shipment, 2)
    (found,) = network(Journeys(history.records), YEAR).values()
    assert (found.legs_due, found.legs_in_time, found.legs_undated) == (1, 1, 2)


def test_periods_that_overlap_are_not_compared() -> None:
    one = Period(10 * DAY, 20 * DAY, 20 * DAY)
    for other in (Period(0, 10 * DAY, 0), Period(20 * DAY, 30 * DAY, 0)):
        require_apart(one, other)
    for start, end in ((0, 11), (19, 30), (12, 13), (0, 40), (10, 20)):
        with pytest.raises(MalformedRecord) as error:
            require_apart(one, Period(start * DAY, end * DAY, 0))
        assert error.value.where == "against"
