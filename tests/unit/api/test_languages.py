"""The pages' languages: every word of a template is a message, and each language writes messages and values its way."""

import ast
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from starlette.requests import Request

from ledger.api.pages.languages.choice import COOKIE, language_for
from ledger.api.pages.languages.language import DEFAULT, LANGUAGES, Language, language_of
from ledger.explain.text import Text, listed, partner, say, say_counted, sentences
from ledger.explain.units import days, moment, money, percent, points, span
from scripts.translations import PAGES, PYTHON, Key, Said, problems_of, said_in_pages, unwrapped

ENGLISH = {"docs.html", "problems.html"}
"""What is written for whoever calls the API, in English."""
TEMPLATES = sorted(path for path in (PAGES / "templates").rglob("*.html") if path.name not in ENGLISH)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_is_in_a_message(path: Path) -> None:
    assert unwrapped(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('<p>Late <a href="/x">{{ y }}</a></p>', ["Late"]),
        ("{% trans n=1 %}Late {{ n }}{% endtrans %}{% if x %}owed{% endif %}", ["owed"]),
        ('<input placeholder="Type it" value="said"><code>lading audit</code> {{ _("Late") }} GTIN', ["Type", "it"]),
        ('<td data-label="{{ _("Late") }}">{% trans count=n %}a day{% pluralize %}days{% endtrans %}</td>', []),
    ],
)
def test_a_word_outside_of_messages_is_found(template: str, words: list[str]) -> None:
    assert unwrapped(template) == words


@cache
def all_said() -> dict[Key, Said]:
    """What all languages are held to, gathered once."""
    return said_in_pages()


def test_messages_of_templates_code_scripts_and_codes_are_found() -> None:
    said = all_said()
    assert said["", "Skip to the content"].script is False
    assert said["", "{count} package"].plural == "{count} packages"
    assert said["ClearanceStatus", "held"].context == "ClearanceStatus"
    assert ("field", "promised by") in said


# --- the choice ------------------------------------------------------------------------------------------------------


def request(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("accept", "tag"),
    [
        ("", "en"), ("de", "de"), ("de-AT,de;q=0.9,en;q=0.8", "de"), ("zh-TW", "zh-CN"), ("zh-Hant-HK;q=0.3", "zh-CN"),
        ("ja, fr;q=0.5, es;q=0.7", "es"), ("de;q=0, fr;q=0.1", "fr"), ("pt-BR, *", "en"), ("EN-us", "en"),
        (";;,q=,de;q=x,fr", "fr"), ("deutsch", "en"), (",".join(["ja"] * 40 + ["de"]), "en"),
    ],
)  # fmt: skip
def test_a_browser_is_answered_in_the_language_that_it_wants_most(accept: str, tag: str) -> None:
    assert language_for(request(accept=accept)).tag == tag


def test_a_choice_counts_more_than_the_browsers_list_and_the_address_more_than_both() -> None:
    chosen = f"{COOKIE}=fr"
    assert language_for(request(cookie=chosen, accept="de")).tag == "fr"
    assert language_for(request("lang=es", chosen, "de")).tag == "es"
    assert language_for(request("lang=xx", f"{COOKIE}=yy", "de")).tag == "de"


# --- words and values ------------------------------------------------------------------------------------------------

VALUES = {
    "en": ["1,234.50 EUR", "3 days 4 hours", "12.34 %", "87.10", "-1.5 days", "a, b and c"],
    "de": ["1.234,50 EUR", "3 Tage 4 Stunden", "12,34 %", "87,10", "-1,5 Tage", "a, b und c"],
    "fr": ["1 234,50 EUR", "3 jours 4 heures", "12,34 %", "87,10", "-1,5 jour", "a, b et c"],
    "es": ["1.234,50 EUR", "3 días 4 horas", "12,34 %", "87,10", "-1,5 días", "a, b y c"],
    "zh-CN": ["1,234.50 EUR", "3天4小时", "12.34%", "87.10", "-1.5天", "a、b和c"],
}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_values_are_written_as_the_language_writes_them(tag: str) -> None:
    values = money(123450, "EUR"), span(3 * 86400 + 4 * 3600), percent(123400), points(8710), days(-129600)
    shown = [str(language_of(tag).shown(value)) for value in (*values, listed(["a", "b", "c"]))]
    assert [one.replace("\u202f", " ").replace("\xa0", " ") for one in shown] == VALUES[tag]


def test_a_time_is_utc_for_the_eye_and_exact_underneath() -> None:
    assert language_of("de").shown(moment(1767449100)) == (
        '<time datetime="2026-01-03T14:05:00Z" title="2026-01-03 14:05:00 UTC">03.01.2026, 14:05 UTC</time>'
    )


def test_what_people_wrote_is_escaped_wherever_it_stands() -> None:
    text = sentences((say("{name} owes {partner} {amount}.", name="<b>", partner=partner(7), amount=money(1, "EUR")),))
    shown = language_of("en").shown(text, lambda words: f"<i>{words}</i>")
    assert shown == "&lt;b&gt; owes &lt;i&gt;partner 7&lt;/i&gt; 0.01 EUR."


def test_a_text_is_the_english_sentence_and_remembers_its_parts() -> None:
    text = say("{who} gives {what}", who=partner(7, first=True), what=say_counted("{count} box", "{count} boxes", 1200))
    assert (text, text.message) == ("Partner 7 gives 1,200 boxes", "{who} gives {what}")
    assert isinstance(text.values["what"], Text)
    assert Language(DEFAULT).shown(text) == text.replace("Partner", "partner")


# --- the catalogues --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_catalogue_says_all_that_the_pages_say_and_nothing_else(tag: str) -> None:
    """`python -m scripts.translations` renews the catalogues; what is new is then to be translated."""
    assert list(problems_of(tag, all_said())) == []


def test_what_is_wrong_with_a_catalogue_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = Catalog(locale="de")
    faulty.add("gone", "fort")
    faulty.add("empty", "")
    faulty.add("{who} has <b>it</b>", "{wer} hat <i>es</i>")
    faulty.add(("{count} day", "{count} days"), ("{count} Tag",))
    monkeypatch.setattr("scripts.translations.read_catalogue", lambda _: faulty)
    plain = [Said("", text, "", script=False) for text in ("new", "empty", "{who} has <b>it</b>")]
    counted = Said("", "{count} day", "{count} days", script=False)
    problems = list(problems_of("de", {one.key: one for one in (*plain, counted)}))
    kinds = ["obsolete", "missing", "not translated", "not translated", "other places", "other marks"]
    assert [problem.split(": ")[1] for problem in problems] == kinds


MESSAGES = {"say": 1, "phrase": 1, "say_counted": 2, "pair": 2}
"""How many of the first values are messages."""


def test_no_message_is_put_together_before_it_is_looked_up() -> None:
    """What `say` gets must stand there as it is, or the catalogues cannot know it."""
    for folder in PYTHON:
        for path in folder.rglob("*.py"):
            for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id in MESSAGES:
                    said = call.args[: MESSAGES[call.func.id]]
                    assert not any(isinstance(text, ast.JoinedStr | ast.BinOp) for text in said), (path, call.lineno)
