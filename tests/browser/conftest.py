"""A real Chromium, driven from here, and one shelf of products for all tests of a worker."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk, staffed
from tests.browser.reading import PHONE, Reader, chromium
from tests.browser.shelf import Shelf, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED = "LADING_REQUIRE_BROWSER"


def chromium_or_else() -> str:
    """Chromium of this machine. Without one a test is skipped, but not where it is required."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") or os.environ.get(REQUIRED):
            pytest.fail("no Chromium on this machine, and it is required here: install Debian's package chromium")
        pytest.skip("no Chromium on this machine: install Debian's package chromium")
    return path


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    path = chromium_or_else()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def shelf(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with served(founded, tmp_path_factory.mktemp("shelf") / "home") as running:
        yield running


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with staffed(tmp_path_factory.mktemp("founded for desks"), tmp_path_factory.mktemp("desk") / "home") as running:
        yield running


@pytest.fixture(scope="session")
def open_window(browser: "Browser", shelf: Shelf) -> Iterator[Reader]:
    """One page for all tests: a window of its own for each costs more than what they check."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    yield Reader(context, shelf)
    context.close()


@pytest.fixture
def reader(open_window: Reader) -> Reader:
    """A reader whose browser has never been here."""
    open_window.forget()
    return open_window
