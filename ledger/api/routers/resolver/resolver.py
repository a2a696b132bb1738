"""Digital Links to this service, as the GS1-Conformant Resolver Standard has them answered.

A link leads on to the product's page, or, with `linkType`, to another link of that type; with `linkType=linkset` or an
`Accept` of linksets it is answered with all of them.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.convertors import Convertor, register_url_convertor

from ledger.api.deps import NodeOf, raw_tail
from ledger.api.routers.resolver.links import KEYS, description, levels_of
from ledger.api.schemas import examples
from ledger.common.gs1 import Product
from ledger.errors import MalformedRecord, NotFound
from ledger.formats.gs1 import compression
from ledger.formats.gs1.digital_link import CANONICAL_STEM
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.linkset import (
    CONTEXT,
    DEFAULT,
    MEDIA_TYPE,
    PIP,
    WHOLE,
    Level,
    Link,
    best,
    linkset,
    of_type,
    type_named,
)
from ledger.formats.gs1.scanned import is_compressed, parse_link, product_of


class Compressed(Convertor[str]):
    """A segment that may be a compressed link: it has a capital or a digit, which no path of the pages has."""

    regex = "(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{4,}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("compressed", Compressed())
router = APIRouter(tags=["products"])
anywhere = APIRouter(include_in_schema=False)
"""Asked after all else."""
MOST_HEADER = 1000
OWN = frozenset({"linkType", "lang", "mediaType", "context"})
"""Parameters by which a link is chosen."""
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
    compressed says what it stands for in `Link`.
    """
    return _answer(request, node.home.settings.public_url, _asked(request, link_type, lang, media_type))


@anywhere.get("/{segment:compressed}")
def compressed(request: Request, segment: str, node: NodeOf) -> Response:  # noqa: ARG001 as it was sent counts
    """A whole Digital Link compressed into one segment; raises `NotFound` for a path that is nothing of the kind."""
    try:
        compression.parse(_as_sent(request))
    except MalformedRecord:
        raise NotFound("no such path", where="path", found=request.url.path[:120]) from None
    said = request.query_params
    asked = _asked(request, said.get("linkType", ""), said.get("lang", ""), said.get("mediaType", ""))
    return _answer(request, node.home.settings.public_url, asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`link_type` as it was written; `languages` and `media_types` as the headers of that kind write them."""

    link_type: str
    languages: str
    media_types: str


def _answer(request: Request, root: str, asked: _Asked) -> Response:
    uri = _as_sent(request)
    product = _product(parse_link(uri, "path"))
    levels = levels_of(product, root)
    headers = CROSS_ORIGIN | VARY | {"Link": _link_header(uri, levels[0].anchor)}
    whole = asked.link_type in WHOLE or (not asked.link_type and MEDIA_TYPE in asked.media_types.lower())
    if whole:
        return _linkset(levels, asked.media_types, headers)
    kind = type_named(asked.link_type) if asked.link_type else DEFAULT
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
    # To a page of this service by its path: whoever reaches it under another name than its public one stays there.
    target = _with_query(links[0], request.url.query).removeprefix(root.rstrip("/"))
    return RedirectResponse(target, status_code=307, headers=headers)


def _asked(request: Request, link_type: str, lang: str, media_type: str) -> _Asked:
    """As the query says, else as the headers do. Who names a language wants the page in it."""
    languages, media_types = (request.headers.get(name, "")[:MOST_HEADER] for name in ("accept-language", "accept"))
    return _Asked(link_type or (f"gs1:{PIP}" if lang else ""), lang or languages, media_type or media_types)


def _as_sent(request: Request) -> str:
    """The link without what is no attribute in its query: that is not for GS1 to read."""
    attributes = "&".join(part for part in request.url.query.split("&") if part[:1].isdigit())
    return f"{CANONICAL_STEM}/{raw_tail(request, '/')}" + (f"?{attributes}" if attributes else "")


def _product(elements: Elements) -> Product:
    """Raises `NotFound` for what another resolver has links of."""
    try:
        return product_of(elements)
    except MalformedRecord:
        raise NotFound(
            "no links of this key here", where="path", expected=", ".join(KEYS), found=elements.bracketed()[:80]
        ) from None


def _linkset(levels: list[Level], accept: str, headers: dict[str, str]) -> Response:
    plain = "application/json" in accept.lower() and MEDIA_TYPE not in accept.lower()
    context = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    return JSONResponse(
        linkset(levels),
        headers=headers | {"Link": f"{headers['Link']}, {context}"},
        media_type="application/json" if plain else MEDIA_TYPE,
    )


def _link_header(uri: str, anchor: str) -> str:
    text = f'<{anchor}?linkType=linkset>; rel="linkset"; type="{MEDIA_TYPE}"; title="All links"'
    return text + (f', <{anchor}>; rel="owl:sameAs"' if is_compressed(uri) else "")


def _with_query(link: Link, query: str) -> str:
    """The link with all that the request's query says, but for what it said to the resolver."""
    rest = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in OWN]
    return link.href + (("&" if "?" in link.href else "?") + urlencode(rest, safe=":") if rest else "")
