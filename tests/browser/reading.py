"""A page as a reader's browser shows it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

Answer = Callable[[str], str]
"""From the text that the service answered to the text that reaches the browser."""
TIMEOUT = 30_000
"""Milliseconds: for a machine that does other work besides."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 390, "height": 844}


def chromium() -> str | None:
    """This machine's Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Shown:
    """`verdict`: what the browser let stand; `refused`: the steps that did not hold; `unchecked`: those it could not
    check; `text`: of the whole page."""

    verdict: str
    heading: str
    refused: list[str]
    unchecked: list[str]
    text: str
    errors: list[str]


class Reader:
    """One browser with its memory. `alter` maps the end of an address, or a part of it that ends in a slash, to what
    becomes of the answer there."""

    def __init__(self, context: "BrowserContext", shelf: Shelf, now: int | None = None) -> None:
        """`now`: what its clock shows, UTC seconds; the ledger's own time unless named."""
        self._shelf = shelf
        self._page = context.new_page()
        self._page.set_default_timeout(TIMEOUT)
        self._page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._page.clock.set_fixed_time(datetime.fromtimestamp(now or shelf.stage.now, UTC))
        self.errors: list[str] = []

    @property
    def current(self) -> "Page":
        """The page as it is now."""
        return self._page

    def forget(self) -> None:
        """Be a browser that has never been here."""
        self._page.unroute_all()
        self._page.goto(f"{self._shelf.url}/static/icon.svg")
        self._page.evaluate("localStorage.clear()")

    def open(self, path: str, *, alter: dict[str, Answer] | None = None, fragment: str = "") -> Shown:
        """Open a product's page and wait for the browser's own verdict."""
        page = self.page(f"/p/{path}{fragment}", alter)
        page.wait_for_selector(".verdict[data-checked]")
        return self.shown(".verdict", "data-checked")

    def open_record(self, path: str, *, alter: dict[str, Answer] | None = None) -> Shown:
        """Open a page of a record, or of the log, and wait for what the browser says of it."""
        page = self.page(path, alter)
        page.wait_for_selector(".check[data-result]")
        return self.shown(".check", "data-result")

    def page(self, path: str, alter: dict[str, Answer] | None = None) -> "Page":
        """A page on its way. No scan is told to the service, lest tests meet."""
        page = self._page
        page.goto("about:blank")
        page.unroute_all()
        self.errors = []
        page.route("**/p-scan", lambda route: route.abort())
        for part, change in (alter or {}).items():
            page.route(lambda url, part=part: _at(url, part), _altering(change))  # type: ignore[misc]
        page.goto(f"{self._shelf.url}{path}")
        return page

    def shown(self, place: str, attribute: str) -> Shown:
        """What the page shows; `attribute` of `place` holds the result."""
        page = self._page
        steps = {name: page.locator(f".steps li.{name}").all() for name in ("no", "skip-step")}
        return Shown(
            page.locator(place).get_attribute(attribute) or "",
            page.locator("main h1").first.inner_text(),
            [line.get_attribute("data-step") or "" for line in steps["no"]],
            [line.get_attribute("data-step") or "" for line in steps["skip-step"]],
            " ".join((page.locator("main").text_content() or "").split()),
            self.errors,
        )


def _at(url: str, part: str) -> bool:
    """Whether `url` is `part`, or lies below it where it ends in a slash."""
    path = url.partition("?")[0]
    return part in path if part.endswith("/") else path.endswith(part)


def _altering(change: Answer) -> "Callable[[Route], None]":
    def handle(route: "Route") -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.text()))

    return handle
