"""In which language a reader gets a page: as the address says, as it chose, as its browser asks, else English."""

import hashlib
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import NodeOf
from ledger.api.pages.forms import form_of, local
from ledger.api.pages.languages.language import DEFAULT, LANGUAGES, Language, language_of
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound

router = APIRouter()
COOKIE = "lading_language"
PARAMETER = "lang"
KEPT_SECONDS = 365 * DAY
MOST_ASKED = 20
"""Languages of a browser's list that are looked at."""
VARY = "Accept-Language, Cookie"


def language_for(request: Request) -> Language:
    """The language of the answer to `request`."""
    said = request.query_params.get(PARAMETER), request.cookies.get(COOKIE)
    tag = next((tag for one in said if (tag := _tag([one or ""]))), None)
    return language_of(tag or _tag(_asked(request.headers.get("accept-language", ""))) or DEFAULT)


@router.post("/language")
async def choose(request: Request, node: NodeOf) -> Response:
    """Keep the reader's choice in its browser, and lead back to the page that it came from. At any address of the
    service, as the pages themselves: a language does no harm."""
    values = await form_of(request)
    tag = values.get(PARAMETER, "")
    if tag not in LANGUAGES:
        raise MalformedRecord("no such language", where=PARAMETER, expected=", ".join(LANGUAGES), found=tag[:20])
    response = RedirectResponse(_without_language(local(values.get("back", "/"))), status_code=HTTPStatus.SEE_OTHER)
    secure = node.home.settings.public_url.startswith("https://")
    response.set_cookie(COOKIE, tag, max_age=KEPT_SECONDS, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/static/languages/{tag}.js")
def messages(request: Request, tag: Annotated[str, Path(max_length=10)]) -> Response:
    """What the pages' scripts say in one language, as a script like these: asked about by its ETag each time."""
    if tag not in LANGUAGES:
        raise NotFound("no such language", where="path", expected=", ".join(LANGUAGES), found=tag)
    body = b"export default " + language_of(tag).for_scripts() + b";\n"
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="text/javascript", headers=headers)


def here(request: Request) -> str:
    """The address of the page within this service, for forms that lead back to it."""
    query = urlencode(parse_qsl(request.url.query, keep_blank_values=True))
    return request.url.path + (f"?{query}" if query else "")


def _without_language(address: str) -> str:
    """`address` without the language that it names: what was chosen now stands."""
    parts = urlsplit(address)
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER])
    return parts._replace(query=query).geturl()


def _asked(header: str) -> list[str]:
    """The tags of an `Accept-Language` header, the most wanted first; those of weight 0 are not wanted (RFC 9110)."""
    weighed = []
    for number, part in enumerate(header.split(",")[:MOST_ASKED]):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            weighed.append((-quality, number, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def _tag(asked: list[str]) -> str | None:
    """The first of ours that is asked for: `zh`, `zh-Hant` and `zh-HK` all get the one Chinese."""
    bases = [tag.lower().partition("-")[0].partition("_")[0] for tag in asked]
    ours = {tag.partition("-")[0]: tag for tag in LANGUAGES}
    return next((ours[base] for base in bases if base in ours), None)
