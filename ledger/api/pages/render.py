"""Templates and the filters with which they show times, amounts, names and ids to people."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ledger.api.pages.libraries import missing_libraries
from ledger.common.gs1 import parse_product
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.explain.score import NAMES, measured
from ledger.explain.units import LAST_SECOND, UNKNOWN, micropoints, money, percent, percent_of, points, span
from ledger.explain.words import counted
from ledger.scores.card import Indicator
from ledger.services.node.node import Node
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.records import Reader

_PARTNER = re.compile(r"\b([Pp])artner (\d{1,13})\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def moment(seconds: int | None) -> Markup:
    """A time in UTC, to the minute for the eye and to the second underneath."""
    if seconds is None:
        return Markup("{}").format(UNKNOWN)
    if seconds > LAST_SECOND:
        return Markup("without limit")
    at = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        at.strftime("%-d %b %Y, %H:%M UTC"),
    )


def short(text: str) -> Markup:
    """An id shortened, whole in its title."""
    if len(text) <= 18:
        return Markup("<code>{}</code>").format(text)
    return Markup('<code title="{}">{}…{}</code>').format(text, text[:10], text[-4:])


def link(text: str, where: str) -> Markup:
    """An id shortened, leading to its page under `where`."""
    return Markup('<a href="/{}/{}">{}</a>').format(where, text, short(text))


def person(name: Any) -> Markup:
    """A `PartnerName` with a link to the partner's page, where it is one."""
    if not name.id:
        return escape(name.name)
    return Markup('<a href="/partners/{}">{}</a>').format(name.id, name.name)


def marked(text: str) -> Markup:
    """Text of docstrings: what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 escaped above


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def in_unit(value: int | str | None, indicator: str) -> str:
    """An indicator's value in its unit, in words."""
    return "nothing was due" if value is None else measured(Indicator(indicator), int(value))


def code(subject: str) -> str:
    """A GS1 path as people read it: GTIN, lot and serial by name; anything else as it is."""
    try:
        product = parse_product(subject)
    except MalformedRecord:
        return subject
    named = (("GTIN", product.gtin), ("variant", product.variant), ("lot", product.lot), ("serial", product.serial))
    return ", ".join(f"{name} {value}" for name, value in named if value)


ENVIRONMENT = Environment(
    loader=PackageLoader("ledger.api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals["missing_libraries"] = missing_libraries
ENVIRONMENT.filters |= {
    "moment": moment,
    "span": span,
    "money": money,
    "short": short,
    "link": link,
    "person": person,
    "capital": capital,
    "marked": marked,
    "percent": lambda basis_points: percent(basis_points * 100),
    "points": points,
    "measured": in_unit,
    "micropoints": micropoints,
    "indicator_title": lambda name: NAMES[Indicator(name)],
    "counted": counted,
    "hex": to_hex,
    "share_of": percent_of,
    "code": code,
}


def named(node: Node, text: str, known: dict[int, PartnerName]) -> Markup:
    """`text` with every "partner 7" in it replaced by the partner's name and a link, and times as on the rest of the
    page. `known`: the names that this page has asked for before; those that it lacks are added.
    """
    numbers = {int(number) for _, number in _PARTNER.findall(text)}
    if new := numbers - known.keys():
        known |= node.reader.views.names(sorted(new))

    def replace(match: re.Match[str]) -> str:
        result = known[int(match[2])]
        return (
            str(person(result)) if result.id else str(escape(capital(result.name) if match[1] == "P" else result.name))
        )

    said = _MOMENT.sub(_moment, _PARTNER.sub(replace, str(escape(text))))
    return Markup(said)  # noqa: S704 escaped above, and names by `person`


def _moment(match: re.Match[str]) -> str:
    try:
        return str(moment(int(datetime.strptime(match[0], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).timestamp())))
    except ValueError:  # somebody's name may look like a time
        return match[0]


def page(
    request: Request, template: str, reader: Reader, status: int = HTTPStatus.OK, /, **values: Any
) -> HTMLResponse:
    """The answer to `request`: a template filled in. No cache shared by others may keep it."""
    node: Node = request.app.state.node
    who = node.reader.views.names([reader.partner])[reader.partner] if reader.partner else None
    known = {who.id: who} if who else {}
    text = ENVIRONMENT.get_template(template).render(
        path=request.url.path,
        demo=node.home.consortium.demo,
        origin=node.home.consortium.log.origin,
        embedded=node.home.settings.chain == "embedded",
        now=node.home.clock.now(),
        request_url=node.home.settings.public_url,
        who=who,
        signed_in=bool(reader.key),
        reader=reader,
        named=lambda words: named(node, words, known),
        **values,
    )
    return HTMLResponse(text, status_code=status, headers={"Cache-Control": "private, no-cache"})


def plain_page(template: str, status: int = HTTPStatus.OK, /, **values: Any) -> HTMLResponse:
    """A page that asks nothing of the node: it can be shown when nothing else works."""
    defaults: dict[str, Any] = {"path": "", "demo": False, "who": None, "signed_in": False}
    return HTMLResponse(ENVIRONMENT.get_template(template).render({**defaults, **values}), status_code=status)
