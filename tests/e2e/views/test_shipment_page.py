"""A shipment's page as each of its readers meets it: theirs first, the same below, and nothing that is hidden."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.api.pages.languages.language import LANGUAGES
from ledger.codes import ClearanceStatus, HoldCause, Regime
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.explain.units import moment
from tests.api.world import NEEDS_IMPORT, World, running_world
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, CN, MAKER, OCEAN, SECOND, SHOP, WAREHOUSE
from tests.e2e.views.test_pages import Page, sign_in

PUBLIC = 0
READERS = [PUBLIC, MAKER, CARRIER, SECOND, OCEAN, WAREHOUSE, SHOP, BROKER, CN, AUDITOR]
DUE = 2 * DAY


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("shipment_page") / "home") as running:
        stage = running.stage
        for days in (2, 3):
            goods = stage.open(lot="L9")
            stage.hand(MAKER, CARRIER, (goods, 0, 10))
            stage.pass_time(days * DAY)
            stage.hand(CARRIER, SHOP, (goods, 1, 10))
        hidden = stage.open(lot="L9", consignor=WAREHOUSE, consignee=OCEAN, liable=SECOND, beneficiary=OCEAN)
        stage.hand(WAREHOUSE, SECOND, (hidden, 0, 10))
        stage.pass_time(40 * DAY)
        stage.hand(SECOND, OCEAN, (hidden, 1, 10))
        running.ids["hidden"] = hidden
        under_way = running.ids["under way"] = stage.open(requires=NEEDS_IMPORT, lot="L9")
        running.ids["leg"] = stage.hand(MAKER, SECOND, (under_way, 0, 10), due_at=stage.now + DUE)
        stage.pass_time(HOUR)
        stage.clear(
            CN, ClearanceStatus.HELD, (under_way, 0), jurisdiction="CN", regime=Regime.IMPORT, cause=HoldCause.RISK
        )
        stage.node.settle()
        yield running


def read(world: World, shipment: str, reader: int, language: str = "en") -> str:
    world.client.cookies.clear()
    if reader:
        sign_in(world, reader)
    return world.page(f"/shipments/{world.id(shipment)}?lang={language}")


def words(text: str) -> str:
    return re.sub(r" ([,.:;)])", r"\1", Page(text).text)


def headings(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", found).strip() for found in re.findall(r"<h2[^>]*>(.*?)</h2>", text, re.DOTALL)]


@pytest.mark.parametrize(
    ("shipment", "reader", "first"),
    [
        ("under way", CN, "Customs"),
        ("under way", BROKER, "Customs"),
        ("under way", SECOND, "Now"),
        ("under way", SHOP, "Who owes what"),
        ("under way", AUDITOR, "Who owes what"),
        ("under way", PUBLIC, "Now"),
        ("late", OCEAN, "How it ended"),
        ("late", CARRIER, "Who owes what"),
    ],
)
def test_each_reader_finds_theirs_first(world: World, shipment: str, reader: int, first: str) -> None:
    found = headings(read(world, shipment, reader))
    assert found[0] == first
    assert {"Over time", "What happened", "Terms", "Documents", "Customs"} <= set(found)


def test_who_holds_the_goods_reads_where_by_when_and_what_to_do(world: World) -> None:
    text = words(read(world, "under way", SECOND))
    now = text[text.index("Now") : text.index("Over time")]
    assert "Customs hold the goods: wait for the release." in now
    assert "Do not deliver before customs have released: CN import." in now
    assert f"Partner {SHOP}" in now
    assert "Due to pass on" in now
    assert "1 day 23 hours left" in now
    assert "What to do" not in words(read(world, "late", SECOND))


def test_customs_reads_what_is_held_and_missing_first(world: World) -> None:
    text = words(read(world, "under way", CN))
    customs = text[text.index("Customs Where") : text.index("Now")]
    assert "held" in customs
    assert "delivery: not released yet" in customs
    assert "Customs of CN hold the goods since" in customs


# --- what is hidden ------------------------------------------------------------------------------------------------


def opened(world: World, shipment: str, reader: int) -> str:
    """What the reader is shown of the private parts of the records about a shipment, each asked for by itself."""
    token = world.token(reader) if reader else ""
    view: dict[str, Any] = world.get(f"/v1/shipments/{world.id(shipment)}", token)
    return repr([world.get(f"/v1/records/{record}", token)["message"] for record in view["records"]])


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shipment", ["under way", "late", "hidden", "parcel"])
def test_no_part_is_on_the_page_or_in_the_answer_that_the_record_hides(
    world: World, shipment: str, reader: int
) -> None:
    """Order, goods, places and prices: each appears where a record shows it to this very reader, and only there."""
    allowed, page = opened(world, shipment, reader), read(world, shipment, reader)
    answer = world.get(f"/v1/shipments/{world.id(shipment)}", world.token(reader) if reader else "")
    private = repr(answer["private"])
    for secret in ("PO-1", "Infant formula", "Auckland", "NZAKL", "Ningbo", "CNNGB", "190110"):
        shown = secret in allowed
        assert (secret in private) == shown, secret
        if not shown:
            assert secret not in page, secret
    map_is_drawn = '<svg class="map"' in page
    assert map_is_drawn == any(code in allowed for code in ("NZAKL", "CNNGB"))
    if "promisedAt" not in allowed:
        assert '<line class="promise"' not in page
        assert "in-time" not in page
        assert "Expected" not in words(page)


def test_the_bar_tells_the_public_who_had_the_goods_and_that_customs_hold_them(world: World) -> None:
    page = read(world, "under way", PUBLIC)
    assert len(re.findall(r'<rect class="held', page)) == 2
    assert len(re.findall(r'<rect class="hold', page)) == 1
    assert '<rect class="late' not in page
    own = read(world, "late", SHOP)
    assert '<rect class="late' in own
    assert '<line class="promise"' in own
    table = words(own[own.index("As a table") :])
    assert f"Partner {CARRIER} had 10 packages" in table
    assert "The clock, late" in table
    assert "Last second on time" in table


# --- expected arrival ------------------------------------------------------------------------------------------------


def expected(world: World, reader: int) -> str:
    assert world.stage.node.reader.lanes.of(reader_of(world, reader), patience=60) is not None
    text = words(read(world, "under way", reader))
    return text[text.index("Expected") :][:300]


def reader_of(world: World, partner: int) -> Any:
    (key,) = world.stage.keys([partner])
    return world.stage.node.reader.views.reader(key.address)


def test_arrival_is_expected_from_the_deliveries_that_the_reader_may_see(world: World) -> None:
    """Of the lane the shop sees its own deliveries, and the auditor also the one that took forty days."""
    for reader in (SHOP, AUDITOR):
        lanes = world.stage.node.reader.lanes.of(reader_of(world, reader), patience=60)
        assert lanes is not None
        counts = {lane: times.count for lane, times in lanes.items()}
        longest = max((times.p90 or 0) for times in lanes.values())
        assert sum(counts.values()) >= 2
        assert (longest >= 40 * DAY) == (reader == AUDITOR)
    own = expected(world, SHOP)
    assert "nine in ten by" in own
    assert "too few to rely on" in own
    stranger = world.stage.node.reader.lanes.of(reader_of(world, BROKER), patience=60)
    assert stranger == {}


def test_what_has_arrived_is_expected_no_more(world: World) -> None:
    assert "Expected" not in words(read(world, "late", SHOP))


# --- the answer of the API -------------------------------------------------------------------------------------------


def test_the_answer_has_stays_holds_and_due_time(world: World) -> None:
    view = world.get(f"/v1/shipments/{world.id('under way')}")
    assert [(stay["partner"]["id"], stay["until"] is None) for stay in view["stays"]] == [
        (MAKER, False),
        (SECOND, True),
    ]
    assert view["stays"][0]["until"] == view["stays"][1]["since"]
    assert [(hold["jurisdiction"], hold["regime"], hold["until"]) for hold in view["holds"]] == [("CN", "import", None)]
    assert view["due_at"] == world.get(f"/v1/records/{world.id('leg')}")["message"]["dueAt"]
    assert view["private"] is None
    ended = world.get(f"/v1/shipments/{world.id('late')}")
    assert (ended["stays"][-1]["partner"]["id"], ended["due_at"]) == (SHOP, None)
    assert ended["stays"][-1]["until"] == ended["summary"]["ended_at"]
    (hold,) = ended["holds"]
    assert hold["until"] - hold["since"] == DAY


def test_who_looked_at_places_and_goods_is_noted(world: World) -> None:
    read(world, "under way", SHOP)
    read(world, "under way", SECOND)
    noted = world.get(f"/v1/shipments/{world.id('under way')}/openings", world.token(SHOP))["openings"]
    paths = {(entry["partner"]["id"], entry["record"]): set(entry["paths"]) for entry in noted}
    assert {"commercial", "origin", "destination", "contents[0]"} <= paths[SHOP, world.id("under way")]
    assert "place" in paths[SECOND, world.id("leg")]
    assert (SECOND, world.id("under way")) not in paths


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_in_every_language(world: World, language: str) -> None:
    for reader in (PUBLIC, SHOP, SECOND, CN):
        page = Page(read(world, "under way", reader, language))
        assert (page.faults, page.open) == ([], [])


def test_a_second_is_said_as_the_page_says_seconds(world: World) -> None:
    """The due time of the API is the one on the page."""
    due = world.get(f"/v1/shipments/{world.id('under way')}")["due_at"]
    assert moment(due) in read(world, "under way", PUBLIC)
    assert to_hex(RecordId(world.ids["leg"])) in read(world, "under way", PUBLIC)
