"""The worklist on a phone in a real browser, with scripts off: what each role sees fits; the keyboard gets there."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

import pytest
import uvicorn

from ledger.api.quota import COOKIE
from ledger.cli.sandbox import Party
from ledger.codes import ClearanceStatus, Gate, Regime, Role, StatementKind
from ledger.common.periods import DAY
from ledger.records.signing import SigningKey
from ledger.records.types import Require
from ledger.registry.enrolment import RoleRequest
from tests.api.world import World, running_world
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, CN, MAKER, PROMISED, SHOP, Stage, found_stage, key_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 640}


@dataclass
class Desk:
    """A world whose service listens at `url`."""

    world: World
    url: str


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    founded = tmp_path_factory.mktemp("founded for worklists")
    (founded / "now").write_text(str(found_stage(founded)))
    with running_world(founded, tmp_path_factory.mktemp("worklists") / "home") as world:
        fill(world.stage)
        config = uvicorn.Config(world.client.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Desk(world, f"http://127.0.0.1:{port}")
        server.should_exit = True
        thread.join()


def fill(stage: Stage) -> None:
    """Something for each role, and a name that is long and has no blanks."""
    long = "Transportgesellschaft" * 3
    stage.trial.admit([(Party(70, long, key_of("long")), "", [RoleRequest(Role.CARRIER)])])
    stage.pass_time(7200)
    stage.parties[70] = Party(70, long, key_of("long"))
    shipment = stage.open(requires=[Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True)], lot="L9")
    stage.hand(MAKER, 70, (shipment, 0, 10))
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    stage.pass_time(PROMISED)
    stage.state(StatementKind.TENDER, 70, shipment, 1, SHOP)
    stage.hand(MAKER, CARRIER, (stage.open(lot="L9"), 0, 10), due_at=stage.now + DAY // 2)
    stage.trial.enrol(Party(71, "Newcomer", key_of("newcomer")), "", [RoleRequest(Role.CARRIER)])
    stage.node.settle()
    stage.open(lot="L9")
    stage.node.work.publish()
    stage.clock.advance(3601)


def opened(browser: "Browser", desk: Desk, who: int | SigningKey, path: str = "/worklist") -> "Page":
    """The page as somebody with a phone and no scripts sees it who has signed in."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": desk.world.token(who), "url": desk.url}])
    page = context.new_page()
    page.goto(desk.url + path)
    return page


@pytest.mark.parametrize("who", [CARRIER, SHOP, MAKER, CN, BROKER, AUDITOR, "council"])
def test_what_waits_stands_on_the_first_screen_and_nothing_reaches_beyond_it(
    browser: "Browser", desk: Desk, who: int | str
) -> None:
    page = opened(browser, desk, who if isinstance(who, int) else desk.world.stage.trial.council[0])
    try:
        items = page.locator(".work > li")
        assert items.count() >= 1
        box = items.first.locator("a.button").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640, "what runs out first, and what to do about it, without scrolling"
        assert box["height"] >= 24
        for place in page.locator("body *").all()[:400]:
            found = place.bounding_box()
            if found is not None and found["width"] and (place.get_attribute("class") or "") != "skip":
                assert found["x"] + found["width"] <= 360.5, place.evaluate("e => e.outerHTML")[:200]
    finally:
        page.context.close()


def test_the_keyboard_alone_gets_from_the_header_to_what_is_to_be_done(browser: "Browser", desk: Desk) -> None:
    page = opened(browser, desk, CARRIER, "/shipments")
    try:
        link = page.get_by_role("link", name="Worklist")
        assert "1 urgent" in link.inner_text()
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/worklist")
        action = page.locator(".work a.button").first
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.locator("a.button:focus").count():
                break
        assert page.locator("a.button:focus").count() == 1
        target = action.get_attribute("href") or ""
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{target}")
    finally:
        page.context.close()
