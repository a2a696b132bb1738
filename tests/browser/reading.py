"""A page as a reader's browser shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

Answer = Callable[[str], str]
"""From the text that the service answered to the text that reaches the browser."""
TIMEOUT = 30_000
"""Milliseconds: for a machine that does other work besides."""
PHONE = {"width": 390, "height": 844}


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
    """One browser with its memory. `alter` maps a part of an address to what becomes of the answer there."""

    def __init__(self, context: "BrowserContext", shelf: Shelf) -> None:
        self._context = context
        self._shelf = shelf
        self.errors: list[str] = []

    def before_scripts(self, script: str) -> None:
        """Run this before the scripts of every page."""
        self._context.add_init_script(script)

    def answering(self, part: str, handle: "Callable[[Route], None]") -> None:
        """Let `handle` answer wherever an address holds `part`."""
        self._context.route(lambda url: _at(url, part), handle)

    def open(self, path: str, *, alter: dict[str, Answer] | None = None, fragment: str = "") -> Shown:
        """Open a product's page and wait for the browser's own verdict."""
        with self.page(f"/p/{path}{fragment}", alter) as page:
            page.wait_for_selector(".verdict[data-checked]")
            return self.shown(page, ".verdict", "data-checked")

    def open_record(self, path: str, *, alter: dict[str, Answer] | None = None) -> Shown:
        """Open a page of a record, or of the log, and wait for what the browser says of it."""
        with self.page(path, alter) as page:
            page.wait_for_selector(".check[data-result]")
            return self.shown(page, ".check", "data-result")

    @contextmanager
    def page(self, path: str, alter: dict[str, Answer] | None = None) -> "Iterator[Page]":
        """A page on its way, its clock that of the ledger. No scan is told to the service, lest tests meet."""
        page = self._context.new_page()
        page.set_default_timeout(TIMEOUT)
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.clock.set_fixed_time(datetime.fromtimestamp(self._shelf.stage.now, UTC))
        page.route("**/p-scan", lambda route: route.abort())
        for part, change in (alter or {}).items():
            page.route(lambda url, part=part: _at(url, part), _altering(change))  # type: ignore[misc]
        page.goto(f"{self._shelf.url}{path}")
        try:
            yield page
        finally:
            page.close()

    def shown(self, page: "Page", place: str, attribute: str) -> Shown:
        """What `page` shows; `attribute` of `place` holds the result."""
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


@contextmanager
def reader(browser: "Browser", shelf: Shelf) -> Iterator[Reader]:
    """A browser that has never been here."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    try:
        yield Reader(context, shelf)
    finally:
        context.close()
