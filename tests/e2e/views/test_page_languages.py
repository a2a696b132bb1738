"""Pages in a language that does not exist: every message is written with other letters, so what keeps its own is not a
message. And the choice of a language, as a reader makes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.api.pages import render
from ledger.api.pages.language import Language
from ledger.cli.sandbox import Party
from ledger.codes import Role
from ledger.registry.enrolment import RoleRequest
from tests.api.world import World, running_world
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, key_of
from tests.e2e.views.test_pages import HTML, Page, every_page, sign_in

PLACES = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^>]*>|&\w+;")
NAMES = re.compile(r"\b(Partner \d+|Maker|GTIN|GLN|UTC|API|CSV|Lading|UN|LOCODE|EUR|CNY|USD|km)\b")
WORD = re.compile(r"[A-Za-z]{3,}")


def other_letters(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalpha() else one for one in text)


class Elsewhere(Language):
    """German formats, and messages in full-width letters."""

    def __init__(self) -> None:
        super().__init__("de")

    def gettext(self, message: str, context: str = "") -> str:  # noqa: ARG002
        pieces = PLACES.split(message)
        places = [*PLACES.findall(message), ""]
        return "".join(other_letters(piece) + place for piece, place in zip(pieces, places, strict=True))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("languages") / "home") as running:
        running.stage.trial.admit([(Party(50, "拼箱", key_of("hostile")), "", [RoleRequest(Role.CARRIER)])])
        running.stage.pass_time(7200)
        yield running


def english_of(page: Page) -> list[str]:
    """Words with letters of their own in the prose of a page, but for names and data."""
    prose = " ".join(page.prose)
    return sorted(set(WORD.findall(NAMES.sub(" ", prose))))


def test_every_word_of_every_page_is_a_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Elsewhere()
    monkeypatch.setattr(render, "language_for", lambda _: elsewhere)
    found = {}
    for reader in (0, AUDITOR, MAKER):
        world.client.cookies.clear()
        if reader:
            sign_in(world, reader)
        more = (
            f"/partners/{CARRIER}/score",
            "/network?by=lane",
            "/network?against_start=2020-01-01&against_end=2024-12-31",
        )
        for path in (*every_page(world), *more):
            if path not in ("/docs", "/problems"):
                found[reader, path] = english_of(Page(world.client.get(path, headers=HTML).text))
    world.client.cookies.clear()
    assert {place: words for place, words in found.items() if words} == {}
