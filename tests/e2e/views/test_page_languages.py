"""Pages in a language that does not exist: every message is written with other letters, so what keeps its own is no
message. And the choice of a language, as a reader makes it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.api.pages import render
from ledger.api.pages.languages.choice import COOKIE
from ledger.api.pages.languages.language import LANGUAGES, Language
from tests.api.world import GTIN, World, running_world
from tests.e2e.stage import AUDITOR, CARRIER, MAKER
from tests.e2e.views.test_pages import HTML, Page, every_page, sign_in

PLACES = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^>]*>|&\w+;")
DATA = re.compile(
    r"0x[0-9a-f]+…?[0-9a-f]*|\b[0-9a-f]{4}\b|\bPartner \d+\b|\bTest: \w+|https?://\S+|\S+@\S+|Español|Français"
    r"|\b(English|Deutsch|Lading|API|GTIN|GLN|CSV|UTC|UN|LOCODE|EUR|CNY|USD|km|FCA|NZAKL|CNNGB|Auckland|Ningbo)\b"
    r"|\b(UBL Transportation Status|EDIFACT IFTSTA)\b"
    r"|\b(Infant|formula|tin|made|test|stage)\b"
)
"""Names, codes and what people wrote."""
UNITS = re.compile(r"\b(Tage?|Stunden?|Minuten?|Sekunden?|und|Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sept|Okt|Nov|Dez)\b")
"""What German formats write."""
WORD = re.compile(r"[A-Za-z]{3,}")
TEXTS = re.compile(r"<(textarea|pre)\b.*?</\1>", re.DOTALL)


def other_letters(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalpha() else one for one in text)


class Elsewhere(Language):
    """German formats, and messages in full-width letters."""

    def __init__(self) -> None:
        super().__init__("de")

    def gettext(self, message: str, context: str = "") -> str:  # noqa: ARG002
        places = [*PLACES.findall(message), ""]
        return "".join(other_letters(piece) + place for piece, place in zip(PLACES.split(message), places, strict=True))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("languages") / "home") as running:
        running.stage.pass_time(7200)
        yield running


def english_in(text: str) -> set[str]:
    """Words with letters of their own in the prose of a page."""
    prose = " ".join(Page(TEXTS.sub("", text)).prose)
    return set(WORD.findall(UNITS.sub(" ", DATA.sub(" ", prose))))


def test_every_word_of_every_page_is_a_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Elsewhere()
    monkeypatch.setattr(render, "language_for", lambda _: elsewhere)
    more = [
        f"/partners/{CARRIER}/score",
        "/network?by=lane",
        "/network?against_start=2020-01-01&against_end=2024-12-31",
    ]
    found: dict[str, str] = {}
    for reader in (0, AUDITOR, MAKER):
        world.client.cookies.clear()
        if reader:
            sign_in(world, reader)
        for path in [*every_page(world), *more]:
            answer = world.client.get(path, headers=HTML)
            if path not in ("/docs", "/problems") and answer.status_code == 200:
                found |= dict.fromkeys(english_in(answer.text), path)
    world.client.cookies.clear()
    assert found == {}


def test_what_is_not_a_message_is_seen() -> None:
    assert english_in("<main><p>ｌａｔｅ by 3 Tage, held by Partner 4</p><pre>any text</pre></main>") == {"held"}


def test_a_reader_chooses_a_language_and_comes_back_to_the_page(world: World) -> None:
    client = world.client
    page = client.get(f"/p/01/{GTIN}?lang=fr", headers=HTML)
    assert '<html lang="fr">' in page.text
    assert f'name="back" value="/p/01/{GTIN}?lang=fr"' in page.text
    sent = client.post("/language", data={"lang": "de", "back": f"/p/01/{GTIN}?lang=fr&x=1"}, headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/p/01/{GTIN}?x=1")
    chosen = client.get("/recalls", headers=HTML)
    assert '<html lang="de">' in chosen.text
    assert chosen.headers["content-language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(chosen.headers["vary"].replace(" ", "").split(","))
    client.cookies.clear()


def test_no_form_leads_elsewhere_or_keeps_another_language(world: World) -> None:
    away = world.client.post("/language", data={"lang": "de", "back": "//evil.example/"}, headers=HTML)
    assert away.headers["location"] == "/"
    world.client.cookies.clear()
    refused = world.client.post("/language", data={"lang": "xx", "back": "/"}, headers=HTML)
    assert refused.status_code == 400
    assert COOKIE not in world.client.cookies


@pytest.mark.parametrize("tag", LANGUAGES)
def test_scripts_get_their_messages_as_a_script(world: World, tag: str) -> None:
    answer = world.client.get(f"/static/languages/{tag}.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text.startswith("export default {")
    again = world.client.get(f"/static/languages/{tag}.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert ("该" in answer.text or "此" in answer.text) == (tag == "zh-CN")
    assert world.client.get("/static/languages/xx.js").status_code == 404


def test_an_error_is_told_in_the_readers_language(world: World) -> None:
    missing = world.client.get(f"/shipments/0x{'00' * 32}", headers=HTML | {"Accept-Language": "de"})
    assert missing.status_code == 404
    assert "Hier ist nichts" in missing.text
    assert "Keine solche Sendung" in missing.text
