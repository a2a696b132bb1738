"""The worklist as people meet it: first after signing in, by keyboard, without a script, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.api.pages.work.asks import ASKS, asks_of
from ledger.codes import ClearanceStatus, Gate, Regime
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.records.types import Require
from ledger.services.worklist.views import COMPOSED
from ledger.worklist.items import SIGNED, Action
from tests.api.world import World, bearer, running_world
from tests.e2e.stage import BROKER, CARRIER, CN, LOCKER, MAKER, SHOP, key_of
from tests.e2e.views.test_pages import HTML, Page


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("worklist") / "home") as running:
        stage = running.stage
        shipment = stage.open(lot="L9")
        stage.hand(MAKER, CARRIER, (shipment, 0, 10), due_at=stage.now + DAY // 2)
        running.ids["urgent"] = shipment
        result = stage.node.submission.submit(
            stage.trial.signed(stage.scribe_handoff(CARRIER, SHOP, (shipment, 1, 10)), *stage.keys([CARRIER]))
        )
        running.ids["proposed"] = result.record_id
        yield running


@pytest.fixture(autouse=True)
def forget(world: World) -> Iterator[None]:
    yield
    world.client.cookies.clear()


def sign_in(world: World, who: int, back: str | None = None) -> str:
    """Where the browser is led."""
    data = {"token": world.token(who)} | ({} if back is None else {"back": back})
    answer = world.client.post("/sign-in", data=data, headers=HTML)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_who_signs_in_is_led_to_its_worklist_unless_it_came_from_somewhere(world: World) -> None:
    assert sign_in(world, CARRIER) == "/worklist"
    assert sign_in(world, CARRIER, back="/shipments") == "/shipments"
    assert sign_in(world, CARRIER, back="https://elsewhere.example/") == "/worklist"
    world.client.cookies.clear()
    assert 'name="back" value="/worklist"' in world.page("/sign-in")


def test_the_public_is_led_to_signing_in(world: World) -> None:
    answer = world.client.get("/worklist", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?back=/worklist")
    assert "Worklist" not in Page(world.page("/")).text


def test_a_partner_sees_what_waits_first_what_runs_out_first(world: World) -> None:
    sign_in(world, CARRIER)
    text = world.page("/worklist")
    page = Page(text)
    assert (page.faults, page.open, page.headings) == ([], [], ["h1"])
    scripts = re.findall(r'<script type="module" src="/static/(\w+)[.]js">', text)
    assert scripts == ["times", "sign_out"], "of every page, signed in"
    assert text.count("<script") == len(scripts)
    assert "In your hands" in page.text
    assert "within a day" in page.text
    assert page.text.index("within a day") < page.text.index("no deadline")
    assert f"/shipments/{world.id('urgent')}" in page.addresses
    for address in page.addresses:
        assert address.startswith(("/", "#"))
        assert world.client.get(address.partition("#")[0] or "/", headers=HTML).status_code in (200, 303, 307, 405)
    assert re.search(r"Worklist 1 urgent", page.text), page.text[:400]


def test_the_header_of_signed_in_pages_says_how_much_is_urgent(world: World) -> None:
    sign_in(world, CARRIER)
    assert "Worklist 1 urgent" in Page(world.page("/shipments")).text
    sign_in(world, LOCKER)
    page = Page(world.page("/shipments"))
    assert "Worklist" in page.text
    assert "urgent" not in page.text


def test_a_signature_that_is_missing_leads_to_where_it_is_made(world: World) -> None:
    sign_in(world, SHOP)
    page = Page(world.page("/worklist"))
    assert "Handoff: your signature is missing." in page.text
    assert f"/records/{world.id('proposed')}" in page.addresses


def test_page_and_api_show_the_same(world: World) -> None:
    token = world.token(CARRIER)
    listed = world.client.get("/v1/worklist", headers=bearer(token)).json()
    sign_in(world, CARRIER)
    page = Page(world.page("/worklist"))
    pages = [item["page"] for item in listed["items"]]
    assert [address for address in page.addresses if address in pages] == pages
    for item in listed["items"]:
        assert item["text"] in page.text


def test_an_item_that_is_signed_leads_to_a_form_that_asks_for_the_rest(world: World) -> None:
    stage = world.stage
    shipment = stage.open(lot="L9", requires=[Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True)])
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    (item,) = [one for one in world.get("/v1/worklist", world.token(CN))["items"] if one["subject"] == to_hex(shipment)]
    assert world.client.get(item["page"], headers=HTML).headers["location"] == "/sign-in?back=/worklist"
    sign_in(world, CN)
    text = world.page(item["page"])
    page = Page(text)
    assert (page.faults, page.open) == ([], [])
    assert item["text"] in page.text
    assert re.findall(r'name="([\w.]+)" data-kind', text) == [
        "status", "holdCause", "causedBy", "duty.mrn", "duty.procedure", "details",
    ]  # fmt: skip
    assert f'href="/shipments/{to_hex(shipment)}"' in text
    assert item["page"] in Page(world.page(f"/shipments/{to_hex(shipment)}")).addresses, (
        "the shipment's page leads there"
    )
    sign_in(world, MAKER)
    assert item["todo"] not in Page(world.page(f"/shipments/{to_hex(shipment)}")).text
    for who in (MAKER, LOCKER):
        sign_in(world, who)
        other = world.client.get(item["page"], headers=HTML)
        assert other.status_code == 404, "it is nobody else's"
        assert "This does not wait for you any more" in other.text
    stage.clear(CN, ClearanceStatus.RELEASED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    sign_in(world, CN)
    assert world.client.get(item["page"], headers=HTML).status_code == 404
    assert world.client.get("/worklist/do?item=x", headers=HTML).status_code == 400


def test_every_action_that_is_put_together_in_a_form_asks_for_fields_of_its_record() -> None:
    assert set(ASKS) == COMPOSED
    for action, asks in ASKS.items():
        for ask in (*asks, *asks_of(action, {})):
            known = SIGNED[action].members()
            *path, last = ask.path.split(".")
            for name in path:
                (member,) = [one for one in known if one.name == name]
                assert member.struct is not None
                known = member.struct.members()
            assert last in {one.name for one in known}, (action, ask.path)
    assert [ask.path for ask in asks_of(Action.CLAIM, {})] == ["amount", "payTo"]
    assert [ask.path for ask in asks_of(Action.CLAIM, {"amount": "5"})] == ["payTo"]


def test_nothing_waits_for_a_stranger(world: World) -> None:
    token = world.token(key_of("a stranger to worklists"))
    world.client.post("/sign-in", data={"token": token}, headers=HTML)
    assert "Nothing waits for you." in Page(world.page("/worklist")).text


def test_a_cursor_that_is_none_is_a_page_that_says_so(world: World) -> None:
    sign_in(world, CARRIER)
    answer = world.client.get("/worklist?after=x", headers=HTML)
    assert answer.status_code == 400
    assert "No place in a worklist (after)." in answer.text
