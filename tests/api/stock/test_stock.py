"""Stock over HTTP: who may know what of it, and the same in JSON, CSV and EPCIS."""

import csv
import io
import json
from typing import Any

import pytest

from ledger.services.epcis.schema import own_validator
from ledger.services.figures.stock import AskedStock, Window
from ledger.stock.csv_export import COLUMNS
from tests.api.world import GTIN, World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, CONSUMER, MAKER, SECOND, SHOP


def whole(world: World, path: str, token: str, name: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    mark = "&" if "?" in path else "?"
    found: list[dict[str, Any]] = []
    after: int | None = 0
    at = world.get(path, token)["at"]
    while after is not None:
        page = world.get(f"{path}{mark}at={at}&limit=3&after={after}", token)
        assert len(page[name]) <= 3
        found, after = [*found, *page[name]], page["next"]
    return found


def test_pages_have_what_custody_says(world: World) -> None:
    auditor = world.token(AUDITOR)
    holdings = whole(world, "/v1/stock/holdings", auditor, "holdings")
    slots = {h["shipment"]: world.get(f"/v1/shipments/{h['shipment']}", auditor)["summary"] for h in holdings}
    assert len(holdings) == len(slots) > 3
    for holding in holdings:
        slot = slots[holding["shipment"]]
        assert (holding["holder"], holding["packages"]) == (slot["custodian"]["id"], slot["packages"])
    assert {holding["state"] for holding in holdings} >= {"on_hand", "in_transit"}
    rows = whole(world, "/v1/stock", auditor, "totals")
    assert [row["gtin"] for row in rows if row["partner"] == CARRIER and row["in_transit"] != "0"]


def test_a_partner_sees_what_it_holds_awaits_or_may_read(world: World) -> None:
    auditor = whole(world, "/v1/stock/holdings", world.token(AUDITOR), "holdings")
    for partner in (SHOP, MAKER, CARRIER):
        told = whole(world, "/v1/stock/holdings", world.token(partner), "holdings")
        named = {one["shipment"] for one in auditor if partner in (one["holder"], one["consignor"], one["consignee"])}
        assert named <= {one["shipment"] for one in told}
        assert len(told) <= len(auditor)
    assert whole(world, "/v1/stock/holdings", world.token(SECOND), "holdings") == [], "it is party to nothing here"
    for path in ("/v1/stock", "/v1/stock/holdings", "/v1/stock?format=csv", "/v1/stock?format=epcis"):
        assert world.client.get(path).status_code == 403
        assert world.client.get(path, headers=bearer(world.token(CONSUMER))).status_code == 403


def test_before_the_log_there_was_none_and_the_future_is_not_told(world: World) -> None:
    auditor = world.token(AUDITOR)
    assert world.get("/v1/stock?at=1", auditor)["totals"] == []
    for wrong in (
        f"at={2**40 - 1}",
        "gtin=123",
        "gtin=09506000134353",
        "partner=-1",
        "limit=0",
        "after=-1",
        "format=x",
    ):
        assert world.client.get(f"/v1/stock?{wrong}", headers=bearer(auditor)).status_code == 400, wrong


@pytest.fixture
def rows(world: World) -> list[dict[str, Any]]:
    return whole(world, "/v1/stock", world.token(AUDITOR), "totals")


def test_filters_leave_the_other_rows_alone(world: World, rows: list[dict[str, Any]]) -> None:
    auditor = world.token(AUDITOR)
    row = next(row for row in rows if row["gtin"] == GTIN)
    partner, lot = row["partner"], row["lot"]
    assert whole(world, f"/v1/stock?partner={partner}", auditor, "totals") == [
        one for one in rows if one["partner"] == partner
    ]
    assert whole(world, f"/v1/stock?gtin={GTIN.lstrip('0')}", auditor, "totals") == [
        one for one in rows if one["gtin"] == GTIN
    ]
    assert whole(world, f"/v1/stock?gtin={GTIN}&lot={lot}", auditor, "totals") == [
        one for one in rows if (one["gtin"], one["lot"]) == (GTIN, lot)
    ]


def test_csv_has_the_same_rows(world: World, rows: list[dict[str, Any]]) -> None:
    answer = world.client.get("/v1/stock?format=csv", headers=bearer(world.token(AUDITOR)))
    assert answer.headers["content-type"].startswith("text/csv")
    read = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(read[0]) == COLUMNS
    assert [(one["partner"], one["gtin"], one["on_hand"], one["due"]) for one in read] == [
        (str(row["partner"]), row["gtin"], row["on_hand"], row["due"]) for row in rows
    ]


def test_the_snapshot_is_epcis_of_what_is_on_hand(world: World, rows: list[dict[str, Any]]) -> None:
    answer = world.client.get("/v1/stock?format=epcis", headers=bearer(world.token(AUDITOR)))
    document = json.loads(answer.text)
    assert own_validator().problems(document) == []
    told = [entry["epcClass"] for event in document["epcisBody"]["eventList"] for entry in event["quantityList"]]
    assert len(told) == len([row for row in rows if row["gtin"] and row["on_hand"] != "0"]) > 0
    assert {event["bizStep"] for event in document["epcisBody"]["eventList"]} == {"stock_taking"}


def test_who_opened_contents_is_noted(world: World) -> None:
    token = world.token(SHOP)
    held = whole(world, "/v1/stock/holdings", token, "holdings")
    with_goods = next(one for one in held if one["goods"] and one["consignee"] == SHOP)
    noted = world.get(f"/v1/shipments/{with_goods['shipment']}/openings", token)["openings"]
    assert any(entry["partner"]["id"] == SHOP and "contents" in entry["paths"] for entry in noted)


def test_whoever_runs_the_home_is_told_all(world: World) -> None:
    reader = world.stage.node.reader
    now = reader.home.clock.now()
    told = reader.stock.of(AskedStock(now), None, Window(each=True))
    assert len(told.holdings) == len(whole(world, "/v1/stock/holdings", world.token(AUDITOR), "holdings"))
