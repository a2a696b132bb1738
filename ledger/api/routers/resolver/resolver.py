"""Digital Links to this service, as the GS1-Conformant Resolver Standard has them answered.

A link leads on to the page of what it names, or, with `linkType`, to another link of that type; with
`linkType=linkset` or an `Accept` of linksets it is answered with all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, unquote_plus, urlsplit

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ledger.api.deps import NodeOf, raw_tail
from ledger.api.routers.resolver import paths  # noqa: F401 - what its convertors read
from ledger.api.routers.resolver.links import PAGES, description, levels_of
from ledger.api.schemas import examples
from ledger.errors import MalformedRecord, NotFound
from ledger.formats.gs1 import compression, digital_link
from ledger.formats.gs1.digital_link import CANONICAL_STEM
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.linkset import (
    CONTEXT,
    DEFAULT,
    MEDIA_TYPE,
    WHOLE,
    Level,
    Link,
    best,
    linkset,
    of_type,
    type_named,
    wants_linkset,
)
from ledger.formats.gs1.scanned import is_compressed, parse_link

router = APIRouter(tags=["products"])
anywhere = APIRouter(include_in_schema=False)
"""Asked after all else."""
MOST_HEADER = 1000
OWN = frozenset({"linkType", "lang", "mediaType", "context"})
"""Parameters by which a link is chosen."""
_SENT = "%-._~:/?@!$&'()*+,;="
"""What may stand in a query (RFC 3986, section 3.4), and so goes along as it was sent."""
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Expose-Headers": "Link, Location",
}
"""Any page may ask; there is nothing here that a session opens."""
VARY = {"Vary": "Accept, Accept-Language"}
FOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}, "description": "All links, as RFC 9264 has them"},
    300: {"description": "Several links fit alike"},
    307: {"description": "The link that fits"},
    400: examples.PROBLEM,
    404: examples.PROBLEM,
}
LinkType = Annotated[
    str,
    Query(
        alias="linkType",
        max_length=200,
        description="`gs1:pip` or another type of the GS1 Web Vocabulary; `linkset`, or `all`, for all links",
    ),
]
Wanted = Annotated[str, Query(max_length=100, description="Instead of the header of that kind")]


@router.get("/.well-known/gs1resolver", operation_id="getResolverDescription", response_model=dict[str, Any])
def well_known(node: NodeOf) -> Response:
    """The resolver description file of the GS1-Conformant Resolver Standard."""
    return JSONResponse(description(node.home.settings.public_url), headers=CROSS_ORIGIN)


@router.get("/01/{path:path}", operation_id="lookUpDigitalLink", responses=FOUND, response_class=Response)
def resolve(
    request: Request,
    path: Annotated[str, Path(description="The rest of a GS1 Digital Link path, e.g. `09506000134352/10/LOT`")],  # noqa: ARG001 as it was sent counts
    node: NodeOf,
    link_type: LinkType = "",
    lang: Wanted = "",
    media_type: Annotated[str, Query(alias="mediaType", max_length=100)] = "",
) -> Response:
    """A GS1 Digital Link to this service: the address that is printed on the goods.

    It leads to the product's page, in the language `lang` if that is given. `linkType` chooses another link, in the
    language and form that the headers ask for; 404 where there is none of that type. `linkType=linkset`, or
    `Accept: application/linkset+json`, gives all of them, of the item, its lot and its GTIN. A link whose segments are
    compressed says what it stands for in `Link`. Under `/00/` loads are answered by their SSCC, under `/414/` and
    `/417/` places and parties by their GLN, under `/8006/` pieces of an item; for other keys there are no links here.
    """
    return _answer(request, node.home.settings.public_url, _asked(request, link_type, lang, media_type))


@anywhere.get("/{key:gs1key}/{path:path}")
def other_key(request: Request, node: NodeOf) -> Response:
    """A Digital Link by another key; raises `MalformedRecord` for what is none, `NotFound` for a key without links."""
    return _answer(request, node.home.settings.public_url, _said(request))


@anywhere.get("/{segment:compressed}")
def compressed(request: Request, segment: str, node: NodeOf) -> Response:  # noqa: ARG001 as it was sent counts
    """A whole Digital Link compressed into one segment; raises `NotFound` for a path that is nothing of the kind."""
    try:
        compression.parse(_as_sent(request))
    except MalformedRecord:
        raise NotFound("no such path", where="path", found=request.url.path[:120]) from None
    return _answer(request, node.home.settings.public_url, _said(request))


@dataclass(frozen=True, slots=True)
class _Asked:
    """`link_type` as it was written; `languages` and `media_types` as the headers of that kind write them;
    `in_language`: whether a page in one language is asked for."""

    link_type: str
    languages: str
    media_types: str
    in_language: bool


def _answer(request: Request, root: str, asked: _Asked) -> Response:
    uri = _as_sent(request)
    elements = parse_link(uri, "path")
    levels = levels_of(elements, root)
    headers = CROSS_ORIGIN | VARY | {"Link": _link_header(levels[0].anchor, elements, uri)}
    if asked.link_type in WHOLE or (not asked.link_type and wants_linkset(asked.media_types)):
        return _linkset(levels, asked.media_types, headers)
    kind = _kind(asked, elements)
    links = best(of_type(levels, kind), asked.languages, asked.media_types)
    if not links:
        there = sorted({f"gs1:{link.kind}" for level in levels for link in level.links})
        raise NotFound(
            "no link of this type", where="linkType", expected=", ".join(there), found=asked.link_type[:80],
            mend="linkType=linkset lists all links.",
        )  # fmt: skip
    if len(links) > 1:
        choices = linkset([Level(levels[0].anchor, levels[0].description, links)])
        return JSONResponse(choices, status_code=300, headers=headers, media_type=MEDIA_TYPE)
    return RedirectResponse(_target(request, root, links[0], elements), status_code=307, headers=headers)


def _kind(asked: _Asked, elements: Elements) -> str:
    """The type of link that is meant; who names a language and no type wants the page in it."""
    if asked.link_type:
        return type_named(asked.link_type)
    return PAGES[elements.items[0].ai] if asked.in_language else DEFAULT


def _said(request: Request) -> _Asked:
    said = request.query_params
    return _asked(request, said.get("linkType", ""), said.get("lang", ""), said.get("mediaType", ""))


def _asked(request: Request, link_type: str, lang: str, media_type: str) -> _Asked:
    """As the query says, else as the headers do."""
    languages, media_types = (request.headers.get(name, "") for name in ("accept-language", "accept"))
    told = (lang or languages)[:MOST_HEADER], (media_type or media_types)[:MOST_HEADER]
    return _Asked(link_type, *told, in_language=bool(lang))


def _as_sent(request: Request) -> str:
    """The link without what is no attribute in its query: that is not for GS1 to read. Raises `MalformedRecord` for a
    query that is longer than a link may be: it would come back in a header."""
    if len(request.url.query) > digital_link.MOST:
        raise MalformedRecord(
            "link too long", where="query", expected=f"at most {digital_link.MOST} characters",
            found=str(len(request.url.query)),
        )  # fmt: skip
    attributes = "&".join(part for part in _parts(request) if part[:1].isdigit())
    return f"{CANONICAL_STEM}/{raw_tail(request, '/')}" + (f"?{attributes}" if attributes else "")


def _parts(request: Request) -> Iterator[str]:
    return (part for part in request.url.query.split("&") if part)


def _linkset(levels: list[Level], accept: str, headers: dict[str, str]) -> Response:
    plain = "application/json" in accept.lower() and MEDIA_TYPE not in accept.lower()
    context = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    return JSONResponse(
        linkset(levels),
        headers=headers | {"Link": f"{headers['Link']}, {context}"},
        media_type="application/json" if plain else MEDIA_TYPE,
    )


def _link_header(anchor: str, elements: Elements, uri: str) -> str:
    text = f'<{anchor}?linkType=linkset>; rel="linkset"; type="{MEDIA_TYPE}"; title="All links"'
    if not is_compressed(uri):
        return text
    _, attributes = digital_link.path_and_query(elements)
    return text + f', <{anchor}{"?" if attributes else ""}{attributes}>; rel="owl:sameAs"; title="Uncompressed"'


def _target(request: Request, root: str, link: Link, elements: Elements) -> str:
    """Where the link leads, with all that the request's query says, but for what it said to the resolver.

    Who reaches this service under another name than its public one stays there: no `Host` is ever repeated.
    """
    rest = [part for part in _parts(request) if unquote_plus(part.partition("=")[0]) not in OWN]
    if is_compressed(_as_sent(request)):  # attributes come out of it, as they would stand in the query
        _, attributes = digital_link.path_and_query(elements)
        rest = [*([attributes] if attributes else []), *(part for part in rest if not part[:1].isdigit())]
    target = link.href
    if link.forwards and rest:
        target += ("&" if "?" in target else "?") + quote("&".join(rest), safe=_SENT)
    public = request.headers.get("host", "").lower() == urlsplit(root).netloc.lower()
    return target if public else target.removeprefix(root.rstrip("/"))
