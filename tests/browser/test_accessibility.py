"""Every page on a phone and on a laptop, light and dark: axe-core finds nothing, and nothing reaches beyond the screen.

In English all pages; in the other languages, whose words are longer or set otherwise, that nothing reaches beyond.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.api.pages.languages.language import LANGUAGES
from ledger.api.quota import COOKIE
from tests.e2e.stage import AUDITOR, CARRIER, CN
from tests.e2e.views.test_pages import every_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.api.world import World
    from tests.browser.desk import Desk

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, LAPTOP = (360, 740), (1280, 800)
LOOKS = {
    "phone": (PHONE, "light"),
    "phone, dark": (PHONE, "dark"),
    "laptop": (LAPTOP, "light"),
    "dark": (LAPTOP, "dark"),
}
READERS = {"public": 0, "carrier": CARRIER, "customs": CN, "auditor": AUDITOR}
OWN = ("/worklist", "/import", "/devices", "/shipments", f"/partners/{CARRIER}", f"/partners/{CARRIER}/score",
       f"/partners/{CARRIER}/penalties", "/network", "/network?by=lane", "/stock", "/access",
       "/league?origin=NZ&destination=CN&mode=road", "/gaps",
       "/plans?origin=CNSHA&destination=NZAKL&currency=EUR", "/plans/consolidation?currency=EUR",
       "/plans/forecast?gtin=09421900000012")  # fmt: skip
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def pages(world: "World", reader: str) -> list[str]:
    """Without the records of one kind more than once: their page is the same."""
    every = [*every_page(world), "/docs/try"]
    if reader == "public":
        return every
    waiting = world.get("/v1/worklist", world.token(READERS[reader]))["items"]
    forms = {item["action"]: item["page"] for item in waiting if item["page"].startswith("/worklist/do")}
    assert forms or reader != "customs", "there is something to decide"
    traced = [f"/provenance?subject={world.id('late')}"] if reader == "auditor" else []
    return [*OWN, *traced, *(f"/shipments/{world.id(name)}" for name in ("open", "late", "breach")), *forms.values()]


@pytest.fixture
def page_of(browser: "Browser", desk: "Desk", request: pytest.FixtureRequest) -> "Iterator[Page]":
    """A page with axe in it, which the policy of the pages themselves would not let in."""
    (width, height), scheme = LOOKS[request.getfixturevalue("look")]
    reader = READERS[request.getfixturevalue("reader")]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,
        base_url=desk.url,
    )
    if reader:
        context.add_cookies([{"name": COOKIE, "value": desk.world.token(reader), "url": desk.url}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_reaches_beyond_the_screen(
    page_of: "Page",
    desk: "Desk",
    look: str,
    reader: str,
) -> None:
    found: dict[str, list[str]] = {}
    for path in pages(desk.world, reader):
        page_of.goto(path)
        if path == "/docs/try":
            page_of.locator("#try .opblock-tag").first.wait_for()
        page_of.evaluate(AXE.read_text(encoding="utf-8"))
        result = page_of.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        for broken in result["violations"]:
            found.setdefault(broken["id"], []).append(f"{path}: {broken['nodes'][0]['html'][:160]}")
        if page_of.evaluate(WIDER):
            found.setdefault("wider than the screen", []).append(path)
    assert found == {}, (look, reader)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("look", ["phone"])
def test_no_language_reaches_beyond_the_screen_of_a_phone(
    page_of: "Page", desk: "Desk", look: str, reader: str
) -> None:
    found = []
    for tag in LANGUAGES:
        for path in pages(desk.world, reader):
            page_of.goto(f"{path}{'&' if '?' in path else '?'}lang={tag}")
            if page_of.evaluate(WIDER):
                found.append((tag, path))
    assert found == []
