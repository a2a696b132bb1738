"""Documents of partners' systems on pages: what an advice of despatch would become, and what a shipment has to send."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import (
    FROM_OWN_PAGES,
    MAX_BODY,
    MOST_PARTNER,
    READ,
    NodeOf,
    ReaderOf,
    RecordPath,
    SessionReader,
    read_body,
    record_id,
)
from ledger.api.pages.files.imports import SIGN_IN, import_page
from ledger.api.pages.files.uploads import parts_of
from ledger.api.pages.render import page
from ledger.api.routers.documents import check_partner, file_of
from ledger.common.canonical import canonical_json
from ledger.errors import LadingError, MalformedRecord
from ledger.services.exports.document_drafts import Said, draft_of
from ledger.services.exports.shipment_documents import MOST_NUMBER, Form, Wanted

router = APIRouter()
_NUMBERS = ("consignor", "consignee", "carrier", "packages")


@router.post("/import/document", dependencies=[FROM_OWN_PAGES])
async def drafted(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    """The draft, to be looked at and taken along; in memory alone, nothing is kept and nothing signed."""
    if not reader.key:
        return RedirectResponse(SIGN_IN, status_code=303)
    check_partner(reader)
    body: bytes | None = request.scope.get("state", {}).get(READ)
    parts = parts_of(
        await read_body(request, MAX_BODY) if body is None else body, request.headers.get("content-type", "")
    )
    sent = {name: content.decode("utf-8", "replace").strip() for name, content in parts.items() if name != "file"}
    try:
        found = await run_in_threadpool(draft_of, node.reader, parts.get("file", b""), _said(sent), reader)
    except LadingError as error:
        return import_page(request, reader, sent, document_problem=str(error), status=400)
    message = found.draft["message"]
    parties = [message[name] for name in ("consignor", "consignee", "releaser", "receiver") if name in message]
    return page(
        request,
        "files/drafted.html",
        reader,
        advice=found.advice,
        message=message,
        names=await run_in_threadpool(node.reader.views.names, parties),
        text=canonical_json(found.draft).decode(),
        manifest="items" in message,
    )


@router.get("/shipments/{shipment}/document")
def download(
    shipment: RecordPath,
    node: NodeOf,
    reader: SessionReader,
    form: Form,
    receiver: Annotated[int, Query(ge=0, le=MOST_PARTNER)] = 0,
    number: Annotated[int, Query(ge=0, le=MOST_NUMBER)] = 0,
    scac: Annotated[str, Query(max_length=4)] = "",
    despatch: Annotated[str, Query(max_length=120)] = "",
    short: Annotated[str, Query(max_length=1)] = "",
    refused: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """The same file that the API answers with."""
    wanted = Wanted(form, receiver, number, scac, despatch, short, refused)
    return file_of(node, record_id(shipment, "shipment"), wanted, reader)


def _said(sent: Mapping[str, str]) -> Said:
    numbers: dict[str, Any] = {}
    for name in _NUMBERS:
        text = sent.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= MOST_PARTNER):
            raise MalformedRecord("not a number", where=name, expected="a number, or nothing", found=text[:20])
        numbers[name] = int(text or 0)
    terms = sent.get("terms", "")
    return Said(terms=record_id(terms, "terms") if terms else None, zone=sent.get("zone", "")[:60], **numbers)
