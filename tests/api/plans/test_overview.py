"""What can be planned without being asked, and the report's part that tells it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.api.pages.plans.positions import positions
from ledger.cli.commands.report import report_of
from ledger.cli.report.page import render
from ledger.cli.report.planning import planning
from ledger.codes import Purpose
from ledger.common.periods import DAY, Period
from ledger.errors import Misconfigured
from ledger.planning import calendars
from ledger.planning.plan_file import parse_plan
from ledger.records.shipment_ids import child_id
from ledger.records.types import ShipmentRef
from ledger.services.planning import overview
from ledger.services.planning.overview import Overview, overview_for
from ledger.services.planning.routes import RouteAsked, route_for
from ledger.services.planning.warehouses import Kind, plan_for
from tests.api.plans.conftest import attested
from tests.api.world import GTIN, World, running_world
from tests.e2e.stage import CARRIER, MAKER, OCEAN, SHOP, WAREHOUSE

BOUGHT, SOLD = 10, 8


@pytest.fixture(scope="module")
def trading(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A warehouse that sold eight of ten packages of its own, and carriers' prices for more."""
    with running_world(founded, tmp_path_factory.mktemp("overview") / "home") as world:
        stage = world.stage
        road = {"mode": 3, "from": "NZ", "to": "CN", "perConsignment": 10_000, "perPackage": 100}
        fetching = {"mode": 3, "from": "CN", "to": "CN", "perConsignment": 1_000}
        attested(world, OCEAN, [road, fetching], **{"for": "partners"})
        goods = stage.open(BOUGHT, consignee=WAREHOUSE)
        stage.hand(MAKER, CARRIER, (goods, 0, BOUGHT))
        stage.pass_time(4 * DAY)
        stage.hand(CARRIER, WAREHOUSE, (goods, 1, BOUGHT))
        stage.split(WAREHOUSE, goods, 2, SOLD, BOUGHT - SOLD)
        ref = ShipmentRef(child_id(goods, 2, 0), 0)
        sold = stage.open(SOLD, consignor=WAREHOUSE, consignee=SHOP, purpose=Purpose.ONWARD, parents=(ref,))
        stage.hand(WAREHOUSE, SHOP, (sold, 0, SOLD))
        stage.pass_time(2 * 3600)
        stage.open(consignor=MAKER)
        stage.open(30, consignor=SHOP, consignee=MAKER)
        stage.node.settle()
        yield world


def looked(world: World) -> Overview:
    return overview_for(world.stage.node.reader.numbers, world.stage.now, "EUR", ({WAREHOUSE}, positions()))


def told(world: World) -> str:
    reader = world.stage.node.reader
    now = world.stage.now
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", render(*report_of(reader, Period(0, now, now), "Report"))))


def test_stock_runs_out_by_what_was_sold_and_anybody_asks_again(trading: World) -> None:
    found = looked(trading)
    (watch,) = found.running_out
    assert (watch.warehouse, watch.gtin, watch.on_hand, watch.sold) == (WAREHOUSE, GTIN, BOUGHT - SOLD, SOLD)
    numbers, now = trading.stage.node.reader.numbers, trading.stage.now
    asked = Kind.TRIGGER, parse_plan(found.file.encode())
    assert plan_for(numbers, None, now, asked, positions()).plan == found.stock


def test_ways_are_those_that_the_command_finds(trading: World) -> None:
    (plan,) = looked(trading).routes
    asked = RouteAsked(origin="NZ", destination="CN", packages=plan.packages, currency="EUR")
    assert route_for(trading.stage.node.reader.numbers, None, trading.stage.now, asked, positions()).plan == plan
    assert plan.ways[0].charge == 10_000 + 100 * plan.packages


def test_what_fetching_goods_costs_is_no_way_between_places(trading: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "MOST_ENDS", 1)
    assert [(plan.origin, plan.destination) for plan in looked(trading).routes] == [("NZ", "CN")]


def test_the_report_says_what_comes_next(trading: World) -> None:
    page = told(trading)
    assert "What comes next" in page
    assert f"{GTIN} {BOUGHT - SOLD} 0 {SOLD} " in page
    assert "NZ → CN" in page
    assert "nothing is booked, signed or owed by it" in page


def test_without_the_libraries_it_says_what_to_install(trading: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise Misconfigured("plans need a library that is not installed", where="library")

    monkeypatch.setattr(calendars, "library", missing)
    monkeypatch.setattr(overview, "forecast_for", missing)
    found = looked(trading)
    assert found.routes, "holidays are not waited for then"
    assert found.forecasts is None
    assert "pip install &quot;lading[plan]&quot;" in told(trading) or 'pip install "lading[plan]"' in told(trading)


def test_where_there_is_nothing_to_plan_the_part_is_left_out(trading: World) -> None:
    now = trading.stage.now
    report, cover = report_of(trading.stage.node.reader, Period(0, now, now), "Report")
    assert planning(report, cover)
    for plans in (None, Overview("", None, (), None, ())):
        assert planning(report, replace(cover, plans=plans)) == ""
