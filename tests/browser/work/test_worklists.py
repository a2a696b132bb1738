"""The worklist on a phone in a real browser, with scripts off: what each role sees fits; the keyboard gets there."""

from typing import TYPE_CHECKING

import pytest

from ledger.api.quota import COOKIE
from ledger.records.signing import SigningKey
from tests.browser.desk import Desk
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, CN, MAKER, SHOP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 640}


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
