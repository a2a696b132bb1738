"""A file given to the page in a browser: without scripts it is shown all the same, and with them axe finds nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.api.quota import COOKIE
from tests.browser.test_accessibility import AXE, LAPTOP, PHONE, WIDER
from tests.e2e.stage import CARRIER
from tests.unit.formats.tabular.helpers import MAP, file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browser.desk import Desk

pytestmark = pytest.mark.browser
FILE = file({"due": "2020-03-01", "arrived": "2020-03-04"}, {}, {"boxes": "x"})


def context_of(browser: "Browser", desk: "Desk", *, scripts: bool, size: tuple[int, int]) -> "BrowserContext":
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        bypass_csp=scripts,
        base_url=desk.url,
    )
    context.add_cookies([{"name": COOKIE, "value": desk.world.token(CARRIER), "url": desk.url}])
    return context


def give(page: "Page", folder: Path, content: bytes) -> None:
    source = folder / "orders.csv"
    source.write_bytes(content)
    page.goto("/import")
    page.set_input_files("#file", source)
    page.fill("#own", MAP)
    with page.expect_navigation():
        page.get_by_role("button", name="Show what it would become").click()


def test_a_file_is_shown_without_scripts(browser: "Browser", desk: "Desk", tmp_path: Path) -> None:
    context = context_of(browser, desk, scripts=False, size=LAPTOP)
    page = context.new_page()
    give(page, tmp_path, FILE)
    assert page.url.endswith("/import/preview")
    assert page.locator("tbody tr").count() == 3
    assert "stays due" in page.locator("tbody").inner_text()
    give(page, tmp_path, file({"due": "03/04/2020"}))
    assert "3 April 2020 or 4 March 2020" in page.locator("main").inner_text()
    context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
@pytest.mark.parametrize("content", [FILE, file({"due": "03/04/2020"})], ids=["lines", "questions"])
def test_axe_finds_nothing(
    browser: "Browser", desk: "Desk", tmp_path: Path, size: tuple[int, int], content: bytes
) -> None:
    context = context_of(browser, desk, scripts=True, size=size)
    page = context.new_page()
    give(page, tmp_path, content)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]] == []
    assert not page.evaluate(WIDER)
    context.close()
