"""The consumer's page: what a scanned code is answered with. GS1 Digital Links lead here (see the resolver)."""

import secrets
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ledger.api.deps import JsonBody, LookCounts, NodeOf, ReaderOf, fields, raw_tail
from ledger.api.pages.languages.problem_words import told
from ledger.api.pages.render import page
from ledger.api.routers.goods.products import is_token
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord
from ledger.explain.provenance import number_text, share_text
from ledger.formats.gs1.scanned import MOST, completed, product_of_code

router = APIRouter()
DEVICE = "lading_device"
DEVICE_SECONDS = 365 * DAY


MOST_PART = 100


@router.get("/p")
def search(
    request: Request,
    reader: ReaderOf,
    code: Annotated[str, Query(max_length=MOST)] = "",
    lot: Annotated[str, Query(max_length=MOST_PART)] = "",
    serial: Annotated[str, Query(max_length=MOST_PART)] = "",
    variant: Annotated[str, Query(max_length=MOST_PART)] = "",
) -> Response:
    """What was typed or pasted into the field, led to its page; the field again when it is no code. Lot, serial and
    variant are what a page asked for because the code does not say it."""
    if not code:
        return page(request, "search.html", reader, code="", problem="")
    try:
        product = completed(product_of_code(code), lot=lot, serial=serial, variant=variant)
    except MalformedRecord as error:
        return page(request, "search.html", reader, 400, code=code, problem=told(error.what))
    return RedirectResponse(f"/p/{product.path()}", status_code=303)


@router.get("/p/{code:path}")
def product(request: Request, code: str, node: NodeOf, reader: ReaderOf) -> Response:  # noqa: ARG001 as it was sent
    """The product's page, at its canonical path."""
    sent = raw_tail(request, "/p/")
    # A link's path as a shop of its own may have it, with something before the key.
    inner = "://" not in sent and (at := sent.find("/01/")) > 0
    result = product_of_code(sent[at:] if inner else sent, "path")
    path = result.path()
    if unquote(sent) != unquote(path):  # what checks the page in the browser goes by its address
        query = request.url.query
        return RedirectResponse(f"/p/{path}{'?' if query else ''}{query}", status_code=307)
    device = request.cookies.get(DEVICE, "")
    answer = node.reader.products.look_up(path, device if is_token(device) else "")
    made, opened = node.reader.provenance.made_of(result, reader)
    node.reader.views.note(reader, opened)
    words = {"number": number_text, "share": share_text}
    return page(request, "product.html", reader, product=result, answer=answer, origin=made, words=words)


@router.post("/p-scan", response_model=None)
def scan(data: JsonBody, request: Request, node: NodeOf, counts: LookCounts) -> Response:
    """A page tells that an item's code was looked at; the device gets a random name of its own, and keeps it."""
    (code,) = fields(data, "code")
    device = request.cookies.get(DEVICE, "")
    if not is_token(device):
        device = secrets.token_hex(16)
    answer = node.reader.products.look_up(product_of_code(str(code)).path(), device, keep=counts)
    response = JSONResponse({"verdict": answer["verdict"]})
    secure = node.home.settings.public_url.startswith("https://")
    response.set_cookie(DEVICE, device, max_age=DEVICE_SECONDS, httponly=True, samesite="lax", secure=secure)
    return response
