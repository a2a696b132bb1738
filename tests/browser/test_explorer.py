"""The auditor's pages in a browser: what is copied is what stands there, and everything fits a narrow phone."""

from typing import TYPE_CHECKING

import pytest

from ledger.common.ids import to_hex
from tests.browser.reading import TIMEOUT
from tests.browser.shelf import Shelf
from tests.e2e.stage import MAKER

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_bytes_are_copied_by_keyboard_and_pages_fit_a_narrow_phone(browser: "Browser", shelf: Shelf) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    with shelf.stage.node.home.database.read() as connection:
        from ledger.store import records

        (row,) = records.listing(connection, types=(10,), limit=1)
    record = to_hex(row.record_id)
    for path in ("/council", "/log/anchors", "/log/contradictions", f"/partners/{MAKER}/keys", f"/records/{record}"):
        page.goto(f"{shelf.url}{path}")
        page.wait_for_load_state("networkidle")
        page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    leaf = page.locator("tr[aria-current] [data-copy]")
    page.locator("tr[aria-current] button.copy").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("tr[aria-current] button.copy:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == leaf.inner_text()
    context.close()


def test_without_scripts_everything_stands_there_to_be_read(browser: "Browser", shelf: Shelf) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path, words in (("/verify", "lading verify"), ("/council", "The council"), ("/log/anchors", "Anchors")):
        page.goto(f"{shelf.url}{path}")
        assert words in page.inner_text("main")
        assert page.locator("button.copy").count() == 0
    assert page.goto(f"{shelf.url}/verify") is not None
    assert not page.is_visible("#files"), "no form that would do nothing"
    context.close()
