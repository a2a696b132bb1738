"""In which form a client wants events: JSON or XML (RFC 9110, section 12.5.1), and how XML spells words of the CBV."""

from http import HTTPStatus

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from ledger import errors
from ledger.api import problems
from ledger.formats.epcis import json_text
from ledger.formats.epcis.xml.documents import xml_of_document
from ledger.formats.epcis.xml.writing import Words

JSON = ("application/json", "application/ld+json")
XML = ("application/xml", "text/xml")
WORDS = "GS1-CBV-XML-Format"
VARY = {"Vary": f"Accept, {WORDS}"}
_MOST_RANGES = 40


def form_of(accept: str) -> str:
    """The media type to answer with, of `JSON` and `XML`; "" where the client takes none of them."""
    ranges = [_range(part) for part in accept.lower().split(",")[:_MOST_RANGES]]
    weighed = {kind: _quality(kind, ranges) for kind in (*JSON, *XML)}
    best = max(weighed, key=lambda kind: weighed[kind])  # of equal ones the first
    return best if weighed[best] > 0 else ""


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (text.strip() for text in part.split(";"))
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return kind, float(quality)
    except ValueError:
        return kind, 0.0


def _quality(kind: str, ranges: list[tuple[str, float]]) -> float:
    """What the most exact range says of a media type."""
    for wanted in (kind, kind.partition("/")[0] + "/*", "*/*"):
        for named, quality in ranges:
            if named == wanted:
                return quality
    return 0.0


def words_of(request: HTTPConnection) -> Words:
    """Raises `Limited` (406) for a spelling that is not to be had: what came is not kept letter by letter."""
    asked = request.headers.get(WORDS, "No_Preference")
    if asked in ("No_Preference", *Words):
        return Words.URN if asked == "No_Preference" else Words(asked)
    expected = ", ".join(("No_Preference", *Words))
    error = errors.MalformedRecord("not to be had here", where=WORDS, expected=expected, found=asked[:80])
    raise problems.Limited(HTTPStatus.NOT_ACCEPTABLE, error)


def document_answer(
    request: Request, document: dict[str, object], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A document in the form that is asked for; JSON without one.

    Raises `Limited` (406) for an event with a character that XML cannot hold, as were taken in before that was checked.
    """
    told = {**VARY, **(headers or {})}
    form = form_of(request.headers.get("Accept", "*/*"))
    if form not in XML:
        return Response(json_text.dump(document), status, media_type="application/json", headers=told)
    try:
        body = xml_of_document(document, words_of(request))
    except errors.MalformedRecord as error:
        raise problems.Limited(HTTPStatus.NOT_ACCEPTABLE, error) from None
    return Response(body, status, media_type=form, headers=told)
