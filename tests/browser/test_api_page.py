"""`/docs/try` in a real browser: the API's operations are listed, called, and shown as code."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_an_operation_is_tried_and_shown_as_code(browser: "Browser", shelf: Shelf) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    asked_for: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith((shelf.url, "data:")) else asked_for.append(asked.url)
    )
    try:
        page.goto(f"{shelf.url}/docs/try")
        page.click("#operations-tag-log")
        page.click("#operations-log-getLog .opblock-summary-control")
        page.click("#operations-log-getLog .execute")
        answer = page.locator("#operations-log-getLog .live-responses-table .response-col_description pre").first
        assert '"size"' in answer.inner_text()
        page.click("text=Python")
        assert f'httpx.request("get", "{shelf.url}/v1/log"' in page.inner_text("#operations-log-getLog .curl-command")
    finally:
        page.close()
    assert complaints == []
    assert [url for url in asked_for if not url.startswith((shelf.url, "data:"))] == [], (
        "nobody else is asked for anything"
    )
