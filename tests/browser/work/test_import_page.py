"""A file given to the page in a browser: without scripts it is shown all the same, and with them axe finds nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.api.quota import COOKIE
from tests.api.world import UNLIMITED, World
from tests.browser.people import Service, serving
from tests.browser.test_accessibility import AXE, LAPTOP, PHONE, WIDER
from tests.e2e.stage import CARRIER
from tests.unit.formats.tabular.helpers import MAP, file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
FILE = file({"due": "2020-03-01", "arrived": "2020-03-04"}, {}, {"boxes": "x"})


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Service]":
    """At its public address: forms that browsers send from elsewhere are refused."""
    with serving(founded, tmp_path_factory.mktemp("import") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    client = TestClient(create_app(service.stage.node, UNLIMITED), base_url=service.url)
    return World(service.stage, client, {}).token(CARRIER)


def context_of(
    browser: "Browser", service: Service, token: str, *, scripts: bool, size: tuple[int, int]
) -> "BrowserContext":
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        bypass_csp=scripts,
        base_url=service.url,
    )
    context.add_cookies([{"name": COOKIE, "value": token, "url": service.url}])
    return context


def give(page: "Page", folder: Path, content: bytes) -> None:
    source = folder / "orders.csv"
    source.write_bytes(content)
    page.goto("/import")
    page.set_input_files("#file", source)
    page.fill("#own", MAP)
    with page.expect_navigation():
        page.get_by_role("button", name="Show what it would become").click()


def test_a_file_is_shown_without_scripts(browser: "Browser", service: Service, token: str, tmp_path: Path) -> None:
    context = context_of(browser, service, token, scripts=False, size=LAPTOP)
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
    browser: "Browser", service: Service, token: str, tmp_path: Path, size: tuple[int, int], content: bytes
) -> None:
    context = context_of(browser, service, token, scripts=True, size=size)
    page = context.new_page()
    give(page, tmp_path, content)
    assert page.get_by_role("heading", level=2).count() == 2, page.locator("main").inner_text()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]] == []
    assert not page.evaluate(WIDER)
    context.close()
