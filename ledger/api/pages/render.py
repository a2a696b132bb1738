"""Templates and the filters with which they show times, amounts, names and ids to people."""

import re
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ledger.api.pages.languages.choice import VARY, here, language_for
from ledger.api.pages.languages.language import LANGUAGES, Language
from ledger.api.pages.libraries import missing_libraries
from ledger.charts.chart import Chart
from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.drawing.figure import figure
from ledger.errors import LadingError, MalformedRecord
from ledger.explain.score import measured, title_of
from ledger.explain.text import Text, partner, say, several, term
from ledger.explain.units import micropoints, money, percent, percent_of, points, span
from ledger.explain.words import counted, spaced
from ledger.products.description import in_language
from ledger.scores.card import Indicator
from ledger.services.node.node import Node
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.records import Reader

_PARTNER = re.compile(r"\b([Pp])artner (\d{1,13})\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def short(text: str) -> Markup:
    """An id shortened, whole in its title."""
    if len(text) <= 18:
        return Markup("<code>{}</code>").format(text)
    return Markup('<code title="{}">{}…{}</code>').format(text, text[:10], text[-4:])


def link(text: str, where: str) -> Markup:
    """An id shortened, leading to its page under `where`."""
    return Markup('<a href="/{}/{}">{}</a>').format(where, text, short(text))


def person(name: Any) -> Markup | str:
    """A `PartnerName` with a link to the partner's page, where it is one."""
    if not name.id:
        words: str = name.name
        return words
    return Markup('<a href="/partners/{}">{}</a>').format(name.id, name.name)


def marked(text: str) -> Markup:
    """Text of docstrings: what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 escaped above


def in_unit(value: int | str | None, indicator: str) -> Text:
    """An indicator's value in its unit, in words."""
    if indicator not in list(Indicator):  # an attested number: the card names its unit
        return say("nobody attested it") if value is None else say("{value}", value=int(value))
    if value is None:
        return say("nothing was due")
    return measured(Indicator(indicator), int(value))


def code(subject: str) -> str | Text:
    """A GS1 path as people read it: GTIN, lot and serial by name; anything else as it is."""
    try:
        product = parse_product(subject)
    except MalformedRecord:
        return subject
    named = (
        (product.gtin, say("GTIN {code}", code=product.gtin)),
        (product.variant, say("variant {code}", code=product.variant)),
        (product.lot, say("lot {code}", code=product.lot)),
        (product.serial, say("serial {code}", code=product.serial)),
    )
    return several([text for value, text in named if value])


@cache
def environment(language: Language) -> Environment:
    """The templates in one language: what they print goes through its words and formats."""
    result = Environment(
        loader=PackageLoader("ledger.api.pages"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: language.shown(value) if isinstance(value, Text) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    result.policies["ext.i18n.trimmed"] = True
    result.globals |= _messages(language) | {"missing_libraries": missing_libraries}
    result.filters |= {
        "moment": language.moment,
        "number": language.number,
        "capital": language.capital,
        "join": lambda values, between="": escape(between).join(language.shown(value) for value in values),
        "span": span,
        "money": money,
        "short": short,
        "link": link,
        "person": person,
        "marked": marked,
        "percent": lambda basis_points: percent(basis_points * 100),
        "points": points,
        "measured": in_unit,
        "micropoints": micropoints,
        "indicator_title": title_of,
        "counted": counted,
        "hex": to_hex,
        "share_of": percent_of,
        "code": code,
        "in_language": lambda texts: in_language(texts, language.tag),
        "partner": lambda number, first=False: partner(number, first=first),
        "role": lambda name: term("Role", spaced(name)),
        "status": lambda word: term("status", word),
        "outcome": lambda word: term("Outcome", word),
        "relation": lambda name: term("relation", name),
        "agreement_status": lambda name: term("AgreementStatus", spaced(name)),
        "group": group,
        "chart": partial(_chart, language),
    }
    result.newstyle_gettext = True  # type: ignore[attr-defined] # the extension's own switch
    return result


def group(name: str, by: str) -> str:
    """What a row of network figures is about: modes, fulfilments and markets have names, lanes and carriers are called
    so.
    """
    context = {"mode": "Mode", "fulfilment": "Fulfilment", "market": "market"}.get(by)
    return name if context is None else term(context, name.replace("_", " "))


def _chart(language: Language, chart: Chart, key: str, about: str = "", *, table: bool = True) -> Markup:
    """A chart as a figure in this language; `key` tells it apart from the page's others. `table`: with its values,
    which a page leaves out that has a table of its own.
    """

    def show(text: str) -> str:
        return language.shown(text).unescape() if isinstance(text, Text) else text

    return Markup(figure(chart, show, key, show(about), with_table=table))  # noqa: S704 escaped there


def _messages(language: Language) -> dict[str, Any]:
    """What `_`, `{% trans %}` and its kin ask: messages with `%(name)s` for values, which are shown as on the page."""

    def filled(message: str, values: dict[str, Any]) -> Markup:
        return Markup(message) % {name: language.shown(value) for name, value in values.items()}  # noqa: S704 ours

    def gettext(message: str, /, **values: Any) -> Markup:
        return filled(language.gettext(message), values)

    def ngettext(one: str, many: str, number: int, /, **values: Any) -> Markup:
        return filled(language.ngettext(one, many, number), {"num": number, **values})

    def pgettext(context: str, message: str, /, **values: Any) -> Markup:
        return filled(language.gettext(message, context), values)

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext}


def named(node: Node, language: Language, text: str, known: dict[int, PartnerName]) -> Markup:
    """`text` in `language`, with every partner in it by name and link. `known`: the names that this page has asked for
    before; those that it lacks are added.

    Words that are not made here, such as the text of an error, stay as they are, but for "partner 7" and times in them.
    """

    def name(number: int) -> PartnerName:
        if number not in known:
            known.update(node.reader.views.names([number]))
        return known[number]

    def called(words: Text) -> Markup:
        (number,) = words.parts
        result = name(int(str(number)))
        if result.id:
            return language.shown(person(result))
        return language.capital(result.name) if words[:1].isupper() else language.shown(result.name)

    # All of them at once, for each is a statement of its own otherwise.
    if new := {int(number) for _, number in _PARTNER.findall(text)} - known.keys():
        known |= node.reader.views.names(sorted(new))
    if isinstance(text, Text):
        return language.shown(text, called)

    def replace(match: re.Match[str]) -> str:
        result = known[int(match[2])]
        return (
            str(person(result)) if result.id else str(language.capital(result.name) if match[1] == "P" else result.name)
        )

    said = _MOMENT.sub(partial(_moment, language), _PARTNER.sub(replace, str(escape(text))))
    return Markup(said)  # noqa: S704 escaped above, and names by `person`


def _moment(language: Language, match: re.Match[str]) -> str:
    try:
        at = datetime.strptime(match[0], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:  # somebody's name may look like a time
        return match[0]
    return str(language.moment(int(at.timestamp())))


def page(
    request: Request, template: str, reader: Reader, status: int = HTTPStatus.OK, /, **values: Any
) -> HTMLResponse:
    """The answer to `request`: a template in the reader's language. No cache shared by others may keep it."""
    node: Node = request.app.state.node
    language = language_for(request)
    who = node.reader.views.names([reader.partner])[reader.partner] if reader.partner else None
    known = {who.id: who} if who else {}
    values = {
        "demo": node.home.consortium.demo,
        "origin": node.home.consortium.log.origin,
        "embedded": node.home.settings.chain == "embedded",
        "now": node.home.clock.now(),
        "request_url": node.home.settings.public_url,
        "who": who,
        "signed_in": bool(reader.key),
        "reader": reader,
        "named": lambda words: named(node, language, words, known),
        **({"urgent_items": _urgent(node, reader)} | values),
    }
    return _answer(request, language, template, status, values)


def _urgent(node: Node, reader: Reader) -> int:
    """How many urgent items wait for the reader; 0 where that cannot be told now: no page fails for it."""
    try:
        return node.reader.worklists.urgent(reader)
    except LadingError:
        return 0


def plain_page(request: Request, template: str, status: int = HTTPStatus.OK, /, **values: Any) -> HTMLResponse:
    """A page that asks nothing of the node: it can be shown when nothing else works."""
    values = {"demo": False, "who": None, "signed_in": False, "urgent_items": 0, **values}
    return _answer(request, language_for(request), template, status, values)


def _answer(request: Request, language: Language, template: str, status: int, values: dict[str, Any]) -> HTMLResponse:
    text = (
        environment(language)
        .get_template(template)
        .render(path=request.url.path, here=here(request), language=language.tag, languages=LANGUAGES, **values)
    )
    headers = {"Cache-Control": "private, no-cache", "Content-Language": language.tag, "Vary": VARY}
    return HTMLResponse(text, status_code=status, headers=headers)
