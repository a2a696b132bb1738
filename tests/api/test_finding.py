"""Finding: lists of all that a partner has or had a part in, and one box; each reader finds what it may see."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.demo.scribe import details, salt
from ledger.codes import Assurance, ClearanceStatus, Gate, HoldCause, Regime
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.records.erasure import ErasureReason
from ledger.records.signers import signing_partners
from ledger.records.types import Duty, KeyGrant, Load, Require
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.lists.listed_shipment import ListedShipment, PromiseView
from ledger.services.views.lists.shipment_csv import COLUMNS, shipments_csv
from ledger.services.views.lists.shipment_list import ShipmentListing, ShipmentQuery
from tests.api.world import GTIN, World, bearer, running_world
from tests.e2e.stage import (
    AUDITOR,
    BROKER,
    CARRIER,
    CN,
    CONSUMER,
    MAKER,
    NZ,
    OCEAN,
    PROMISED,
    SECOND,
    SHOP,
    key_of,
)  # fmt: skip


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One of its own: holds and orders of these tests are in no other's figures."""
    with running_world(founded, tmp_path_factory.mktemp("finding") / "home") as running:
        yield running


def ids(world: World, query: str, token: str = "") -> set[str]:
    page = world.get(f"/v1/shipments?limit=100&{query}", token)
    assert page["next"] is None
    return {one["id"] for one in page["shipments"]}


def named(world: World, *names: str) -> set[str]:
    return {world.id(name) for name in names}


# --- lists --------------------------------------------------------------------------------------------------------


def test_who_had_a_part_finds_the_shipment_whoever_holds_it_now(world: World) -> None:
    late = world.id("late")
    for partner, role in ((CARRIER, "custodian"), (OCEAN, "custodian"), (CN, "customs"), (BROKER, "declarant")):
        assert late in ids(world, f"partner={partner}"), partner
        assert late in ids(world, f"partner={partner}&role={role}"), partner
    assert ids(world, f"partner={NZ}") == set()
    assert late not in ids(world, f"partner={CARRIER}&role=consignor")


def test_who_owes_is_found_by_those_alone_who_may_read_the_terms(world: World) -> None:
    query, late = f"partner={CARRIER}&role=liable", world.id("late")
    assert ids(world, query) == set()
    assert ids(world, query, world.token(OCEAN)) == set()
    for reader in (CARRIER, SHOP, MAKER, AUDITOR):
        assert late in ids(world, query, world.token(reader))


def test_lanes_and_lateness_narrow_to_what_the_reader_may_read(world: World) -> None:
    mine = named(world, "late", "breach")
    for query in ("late=true&status=delivered", "lane=NZ-CN&status=delivered", "lane=NZAKL-&status=delivered"):
        assert ids(world, query) == set()
        assert not mine & ids(world, query, world.token(OCEAN)), "it carried them, and knows no promise"
        assert mine <= ids(world, query, world.token(SHOP)), query
        assert mine <= ids(world, f"{query}&partner={OCEAN}", world.token(SHOP)) | named(world, "breach")
    assert not mine & ids(world, "lane=CN-NZ", world.token(SHOP))
    assert world.id("parcel") in ids(world, "lane=NZ-CN", world.token(CONSUMER))


def test_promises_are_shown_by_right_and_noted(world: World) -> None:
    late = world.id("late")

    def shown(token: str) -> Any:
        page = world.get("/v1/shipments?limit=100", token)["shipments"]
        return next(one["promise"] for one in page if one["id"] == late)

    assert shown("") is None
    assert shown(world.token(OCEAN)) is None
    promise = shown(world.token(SHOP))
    assert promise["order"] == "PO-1"
    assert (promise["origin"], promise["destination"], promise["late"]) == ("NZAKL", "CNNGB", True)
    entries = world.get(f"/v1/shipments/{late}/openings", world.token(MAKER))["openings"]
    assert any(
        one["partner"]["id"] == SHOP and set(one["paths"]) >= {"commercial", "origin", "destination"} for one in entries
    )


def test_sorted_by_due_time_page_by_page(world: World) -> None:
    token, found = world.token(SHOP), list[Any]()
    cursor: str | None = ""
    while cursor is not None:
        page = world.get(f"/v1/shipments?sort=due&limit=2&cursor={cursor}", token)
        found += page["shipments"]
        cursor = page["next"]
    due = [one["promise"]["due_at"] for one in found]
    assert due == sorted(due)
    assert len(due) >= 4
    assert world.get("/v1/shipments?sort=due&limit=2")["shipments"] == []


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("status=lost+at+sea", "status"), ("role=thief&partner=3", "role"), ("role=consignor", "role"),
        ("mode=rocket", "mode"), ("lane=China", "lane"), ("lane=-", "lane"), ("cursor=1.2.3", "cursor"),
        ("cursor=1", "cursor"), ("cursor=-1.2.0x" + "00" * 32, "cursor"), ("start=yesterday", "start"),
        ("late=perhaps", "late"), ("before=5", "query"),
    ],
)  # fmt: skip
def test_what_no_list_knows_is_said_to_be_wrong(world: World, query: str, where: str) -> None:
    answer = world.client.get(f"/v1/shipments?{query}")
    assert answer.status_code == 400, answer.text
    assert where in answer.json()["where"]


def test_a_list_takes_few_statements(world: World) -> None:
    token = world.token(SHOP)
    for query in (f"partner={CARRIER}", "late=true&sort=due", f"partner={OCEAN}&lane=NZ-CN", "status=delivered"):
        world.get(f"/v1/shipments?{query}", token)  # what is noted of the reader is noted once an hour
        count = statements(world, lambda query=query: world.get(f"/v1/shipments?{query}", token))
        session = statements(world, lambda: world.get("/v1/shipments?mode=rail", token))
        assert count <= session + 3, (query, count)
        assert count <= 9, "of which the session takes some"


def statements(world: World, ask: Any) -> int:
    dialect = world.stage.node.home.database.engine.dialect
    execute, seen = dialect.do_execute, []

    def counted(cursor: Any, statement: str, *more: Any) -> Any:
        if not statement.startswith("BEGIN"):
            seen.append(statement)
        return execute(cursor, statement, *more)

    dialect.do_execute = counted
    try:
        ask()
    finally:
        dialect.do_execute = execute
    return len(seen)


def test_the_same_list_as_a_file(world: World) -> None:
    token = world.token(SHOP)
    answer = world.client.get(f"/v1/shipments?partner={SHOP}&format=csv", headers=bearer(token))
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = world.get(f"/v1/shipments?partner={SHOP}&limit=100", token)["shipments"]
    assert [row["shipment"] for row in rows] == [one["id"] for one in listed]
    late = next(row for row in rows if row["shipment"] == world.id("late"))
    assert (late["order"], late["late"], late["held"], late["status"]) == ("PO-1", "1", "0", "delivered")
    public = world.client.get("/v1/shipments?format=csv").text
    assert "PO-1" not in public


def test_a_cell_is_no_formula() -> None:
    who = PartnerName(1, "=cmd()")
    row = ListedShipment(
        "0x1", "0x1", who, who, who, 1, 0, "open", "original", "air", 5, None, False, True,
        PromiseView("@SUM(A1)", None, "-1", None, None),
    )  # fmt: skip
    read = next(csv.DictReader(io.StringIO(shipments_csv([row]))))
    assert tuple(read) == COLUMNS
    assert (read["consignor_name"], read["order"], read["destination"]) == ("'=cmd()", "'@SUM(A1)", "'-1")
    assert (read["held"], read["disputed"], read["due_at"]) == ("0", "1", "")


def test_no_formula_stands_behind_another_separator() -> None:
    """Spreadsheets part cells at semicolons and tabs as well."""
    who = PartnerName(1, "x;=cmd|' /C calc'!A0")
    row = ListedShipment(
        "0x1", "0x1", who, who, who, 1, 0, "open", "original", "air", 5, None, False, True,
        PromiseView("y\t=1+1", None, None, None, None),
    )  # fmt: skip
    for separator in (";", "\t"):
        cells = [cell for line in csv.reader(io.StringIO(shipments_csv([row])), delimiter=separator) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], separator


def test_short_lists_say_what_stands_out_too(world: World) -> None:
    stage = world.stage
    export = (Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True),)
    shipment = stage.open(requires=export)
    stage.clear(NZ, ClearanceStatus.HELD, (shipment, 0), cause=HoldCause.RISK)
    stage.pass_time(PROMISED + DAY)
    for path in ("/", f"/partners/{MAKER}"):
        rows = {}
        for reader, token in (("public", ""), ("shop", world.token(SHOP))):
            headers = {"Accept": "text/html", **(bearer(token) if token else {})}
            text = world.client.get(path, headers=headers).text
            (rows[reader],) = [row for row in text.split("<tr>") if f'/shipments/{to_hex(shipment)}"' in row]
        assert "held by customs" in rows["public"], path
        assert ">late<" not in rows["public"], "what was promised is private"
        assert "held by customs" in rows["shop"], path
        assert ">late<" in rows["shop"], path


# --- the box ------------------------------------------------------------------------------------------------------


def matches(world: World, q: str, token: str = "") -> list[tuple[str, str]]:
    found = world.get("/v1/search", token, params={"q": q})
    return [(one["kind"], one["id"]) for one in found["matches"]]


def test_public_things_are_found_by_everybody(world: World) -> None:
    late, leg = world.id("late"), world.id("first leg")
    assert matches(world, late) == [("shipment", late)], "its terms are told on its page"
    assert ("shipment", late) in matches(world, late[:12].upper().replace("0X", "0x"))
    assert matches(world, leg) == [("record", leg)]
    assert matches(world, f"{leg[2:12]}…") == [("record", leg)]
    assert ("partner", str(OCEAN)) in matches(world, f"partner {OCEAN}")
    assert matches(world, GTIN) == [("product", f"01/{GTIN}")]
    assert ("leaf", world.get("/v1/records?limit=1")["records"][0]["id"]) in matches(world, "0")
    block = world.get(f"/v1/records/{leg}")["chain"]["items"][0]["block_number"]
    assert ("block", leg) in matches(world, str(block))


def test_private_numbers_are_found_by_those_alone_who_may_read_them(world: World) -> None:
    stage = world.stage
    shipment = stage.open(lot="LOT 77-A")
    leg = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    carried = stage.sign(replace(leg, load=Load(salt(), "MSKU 123456-7")), MAKER, CARRIER)
    stage.hand(CARRIER, SECOND, (shipment, 1, 10))
    order, lot, load = ("order", to_hex(shipment)), ("lot", to_hex(shipment)), ("load", to_hex(carried))
    expected = {
        MAKER: (True, True, True), CARRIER: (True, True, True), SHOP: (True, True, True),
        AUDITOR: (True, True, True), SECOND: (False, False, False), OCEAN: (False, False, False),
    }  # fmt: skip
    for reader, (sees_order, sees_lot, sees_load) in expected.items():
        token = world.token(reader)
        assert (order in matches(world, "po 1", token)) == sees_order, reader
        assert (lot in matches(world, "lot77a", token)) == sees_lot, reader
        assert (load in matches(world, "msku-1234567", token)) == sees_load, reader
    for q in ("PO-1", "LOT 77-A", "MSKU1234567"):
        there = world.get("/v1/search", world.token(SECOND), params={"q": q})
        none = world.get("/v1/search", world.token(SECOND), params={"q": "no such thing"})
        assert there == {**none, "asked": q}, "as if there were none"
    count = {q: statements(world, lambda q=q: matches(world, q, world.token(SECOND))) for q in ("MSKU1234567", "ABCU7")}
    assert len(set(count.values())) == 1
    entries = world.get(f"/v1/shipments/{to_hex(shipment)}/openings", world.token(MAKER))["openings"]
    assert any(one["partner"]["id"] == SHOP and one["paths"] == ["load"] for one in entries), "who found it is noted"


def test_a_device_finds_what_stands_in_records_that_it_may_sign(world: World) -> None:
    stage = world.stage
    shipment = stage.open(lot="LOT 88-B")
    leg = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    carried = stage.sign(replace(leg, load=Load(salt(), "MSKU 888888-8")), MAKER, CARRIER)
    load, lot = ("load", to_hex(carried)), ("lot", to_hex(shipment))
    for types, sees in (((4,), [lot]), ((4, 5), [load, lot]), ((5, 6), [])):
        device = key_of(f"device for {types}")
        until, said = stage.now + 30 * DAY, details()
        stage.sign(KeyGrant(CARRIER, device.address, 0, key_scopes(types), stage.now, until, said), CARRIER, device)
        token = world.token(device)
        found = {*matches(world, "MSKU8888888", token), *matches(world, "LOT88B", token)}
        assert [one for one in (load, lot) if one in found] == sees, types


def test_a_customs_reference_is_found_by_those_alone_who_may_read_the_clearance(world: World) -> None:
    stage = world.stage
    shipment = stage.open()
    paper = stage.scribe.clearance(
        BROKER, [(shipment, 0)], "NZ", Regime.EXPORT, ClearanceStatus.LODGED, declarant=MAKER,
        assurance=Assurance.BROKER_WORD, duty=Duty(salt(), "26NZ-0007 11", "", "", "", ()),
    )  # fmt: skip
    lodged = to_hex(stage.sign(paper, *signing_partners(paper)))
    for reader in (BROKER, MAKER, SHOP, AUDITOR):
        assert matches(world, "26nz000711", world.token(reader)) == [("declaration", lodged)], reader
    for stranger in (CARRIER, OCEAN, SECOND):
        assert matches(world, "26NZ-0007 11", world.token(stranger)) == [], stranger
    assert matches(world, "26NZ-0007 11") == []
    stage.node.erasing.erase(RecordId(bytes.fromhex(lodged[2:])), ["duty"], reason=ErasureReason.ORDER)
    assert matches(world, "26nz000711", world.token(MAKER)) == []
    stage.audited()


def test_what_was_found_is_called_by_order_and_goods_where_the_reader_may_see_them(world: World) -> None:
    stage = world.stage
    shipment = to_hex(stage.open(lot="LOT 88"))

    def told(token: str = "") -> tuple[str, list[str]]:
        (one,) = world.get("/v1/search", token, params={"q": shipment})["matches"]
        return one["order"], one["goods"]

    order, goods = told(world.token(SHOP))
    assert (order, len(goods)) == ("PO-1", 1)
    assert goods[0]
    assert told() == told(world.token(OCEAN)) == ("", [])
    headers = {"Accept": "text/html", **bearer(world.token(SHOP))}
    page = world.client.get("/search?q=po-1", headers=headers).text
    assert f"PO-1: {goods[0]}</a>" in page
    entries = world.get(f"/v1/shipments/{shipment}/openings", world.token(MAKER))["openings"]
    paths = {path for one in entries if one["partner"]["id"] == SHOP for path in one["paths"]}
    assert paths >= {"commercial", "contents[0]"}


def test_the_box_leads_to_the_only_thing_or_lists_what_it_may_be(world: World) -> None:
    late = world.id("late")
    answer = world.client.get(f"/search?q={late}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/shipments/{late}")
    several = world.page(f"/search?q={OCEAN}")
    assert "Leaf of the log" in several
    assert "Partner" in several
    nothing = world.page("/search?q=%3Cb%3Enobody")
    assert "Nothing that you may see is called so" in nothing
    assert "<b>nobody" not in nothing
    assert "Sign in" in nothing
    assert "You can look for" in world.page("/search")
    assert 'name="q"' in world.page("/log"), "on every page"
    assert world.client.get("/v1/search?q=%00").status_code == 400


def test_a_file_reads_so_far_and_names_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing fits for a long way, a file ends all the same, with the address of the rest."""
    cursor, asked = f"1.2.{world.id('late')}", list[str]()

    def nothing_fits(query: ShipmentQuery, *_: object) -> ShipmentListing:
        asked.append(query.cursor)
        assert len(asked) < 100
        return ShipmentListing((), cursor)

    monkeypatch.setattr(world.stage.node.reader.lists, "page", nothing_fits)
    answer = world.client.get("/v1/shipments?format=csv&status=tendered")
    assert (len(asked), len(answer.text.splitlines())) == (10, 1)
    assert f"cursor={cursor}&format=csv" in answer.headers["link"]


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_has_the_list_its_order_and_its_filters(world: World) -> None:
    token = world.token(SHOP)
    world.client.cookies.clear()
    query = f"partner={OCEAN}&status=delivered&late=true&held=&role="
    page = world.client.get(f"/shipments?{query}", headers={"Accept": "text/html", **bearer(token)}).text
    assert world.id("late") in page
    assert "<caption>Those opened last stand first</caption>" in page
    assert re.search(r'aria-sort="descending"><a href="/shipments\?[^"]*order=asc"', page)
    assert re.search(r'aria-sort="none"><a href="/shipments\?[^"]*sort=due', page)
    assert "Remove the filter “late”" in page
    assert "PO-1" in page
    assert "format=csv" in page


def test_an_empty_list_says_what_was_asked_and_how_to_widen_it(world: World) -> None:
    page = world.page(f"/shipments?partner={SECOND}&mode=rail&lane=CN-NZ")
    assert "Sign in with a key of a party" in page
    page = world.page("/shipments?mode=rail&held=true")
    assert "No shipment that you may see is one of those you asked for" in page
    assert "you asked for (mode: rail, held by customs: yes)." in page
    assert 'href="/shipments?held=true"' in page
    assert 'href="/shipments"' in page


def test_a_form_may_leave_the_partner_empty(world: World) -> None:
    for path in ("/v1/shipments?partner=", "/shipments?partner="):
        answer = world.client.get(path, headers={"Accept": "text/html"} if path.startswith("/s") else {})
        assert answer.status_code == 200, answer.text[:300]
    assert world.client.get("/v1/shipments?partner=-1").status_code == 400
