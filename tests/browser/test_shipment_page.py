"""A shipment's page on a phone: each reader's own in the first screen, nothing beyond its edges, plain to everybody."""

import urllib.request
from collections.abc import Iterator
from json import dumps, load
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.api.pages.languages.language import LANGUAGES
from ledger.codes import ClearanceStatus, HoldCause, Regime
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, HOUR
from ledger.registry.enrolment import personal_digest
from tests.api.world import NEEDS_IMPORT
from tests.browser.people import Service, serving
from tests.browser.reading import TIMEOUT
from tests.e2e.stage import CN, MAKER, SECOND, SHOP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDTH, HEIGHT = 360, 740
PUBLIC = 0


@pytest.fixture(scope="module")
def goods(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service, and the address of a shipment that is late, on its way and held by customs."""
    with serving(founded, tmp_path_factory.mktemp("shipment") / "home") as service:
        stage = service.stage
        shipment = stage.open(requires=NEEDS_IMPORT, lot="L9")
        stage.hand(MAKER, SECOND, (shipment, 0, 10), due_at=stage.now + 2 * DAY)
        stage.pass_time(HOUR)
        stage.clear(
            CN, ClearanceStatus.HELD, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT, cause=HoldCause.RISK
        )
        stage.pass_time(20 * DAY)
        stage.node.settle()
        yield service, f"{service.url}/shipments/{to_hex(shipment)}"


@pytest.fixture
def phone(browser: "Browser") -> Iterator["BrowserContext"]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(TIMEOUT)
    yield context
    context.close()


def sign_in(context: "BrowserContext", service: Service, partner: int) -> None:
    """As the page does it, with a session's cookie."""
    (key,) = service.stage.keys([partner])
    asked = f"{service.url}/v1/session/challenge?address={to_hex(key.address)}"
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 this machine
        message = load(answer)["message"]
    body = dumps({"message": message, "signature": to_hex(key.sign_digest(personal_digest(message.encode())))}).encode()
    headers = {"Content-Type": "application/json", "Origin": service.url}
    with urllib.request.urlopen(urllib.request.Request(f"{service.url}/v1/session", body, headers)) as answer:  # noqa: S310 this machine
        name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": value, "url": service.url}])


def bottom(page: "Page", selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("reader", [PUBLIC, SHOP, SECOND, CN])
def test_nothing_lies_beyond_a_phones_edge_in_any_language(
    goods: tuple[Service, str], phone: "BrowserContext", reader: int
) -> None:
    service, address = goods
    if reader:
        sign_in(phone, service, reader)
    page = phone.new_page()
    for language in LANGUAGES:
        page.goto(f"{address}?lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, language
        assert page.locator("svg.bars").bounding_box()["width"] <= WIDTH  # type: ignore[index]


@pytest.mark.parametrize(
    ("reader", "selector"),
    [(SECOND, ".now dl > div:nth-child(2)"), (SHOP, ".owes .lead"), (CN, "table td:nth-child(4)")],
    ids=[
        "a driver: what to do, where, due",
        "a claims handler: who owes what",
        "an officer: what is missing before the gate",
    ],
)
def test_each_reader_finds_theirs_in_the_first_screen(
    goods: tuple[Service, str], phone: "BrowserContext", reader: int, selector: str
) -> None:
    service, address = goods
    sign_in(phone, service, reader)
    page = phone.new_page()
    page.goto(address)
    assert bottom(page, selector) <= HEIGHT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_plain_to_whoever_cannot_see_it(goods: tuple[Service, str], browser: "Browser", scheme: Any) -> None:
    service, address = goods
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    complaints: list[str] = []
    try:
        sign_in(context, service, SHOP)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"
        )
        land = page.evaluate("document.querySelector('svg.map use').getBoundingClientRect().width")
    finally:
        context.close()
    assert found == []
    assert complaints == [], "the outline is the service's own, and its policy lets it in"
    assert land > WIDTH, "the world is drawn"
