"""`/v1/documents` and `/v1/shipments/{shipment}/documents`: what partners' systems send and read."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from ledger.api.deps import (
    FROM_OWN_PAGES,
    MAX_BODY,
    MOST_PARTNER,
    READ,
    NodeOf,
    RecordPath,
    SessionReader,
    media_type,
    read_body,
    record_id,
)
from ledger.api.problems import Limited
from ledger.api.schemas import examples
from ledger.api.schemas.answers import DocumentDraft, DocumentList
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, NotPermitted
from ledger.services.exports.document_drafts import Said, draft_of
from ledger.services.exports.shipment_documents import FILES, MOST_NUMBER, Form, Made, Wanted, forms_for, make_document
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter(tags=["documents"])
MEDIA = (
    "application/xml", "text/xml", "application/edi-x12", "application/edifact", "application/octet-stream",
    "text/plain",
)  # fmt: skip
"""What documents are sent as (RFC 1767 for EDI); which format one is, it says itself."""
_NOTICE = "ISA*00*          *00*          *ZZ*SUPPLIER       *ZZ*BUYER          *261120*1200*U*00401*000000009*0*P*>~…"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/xml": {"schema": {"type": "string"}, "example": "<DespatchAdvice>…</DespatchAdvice>"},
            "application/EDI-X12": {"schema": {"type": "string"}, "example": _NOTICE},
            "application/EDIFACT": {"schema": {"type": "string"}, "example": "UNB+UNOC:3+…'UNH+1+DESADV:D:96A:UN'…"},
        },
    }
}
_FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for kind, _ in FILES.values()
        },
        "description": "The document. `Lading-Left-Out`: ids of records for which its format has no code",
    }
}
Partner = Annotated[int, Query(ge=0, le=MOST_PARTNER, description="Partner id, where no GLN in the document tells")]


@router.post(
    "/v1/documents/drafts",
    operation_id="requestDocumentDraft",
    response_model=DocumentDraft,
    responses=examples.write_responses({200: "A draft, that nobody has signed"}),
    openapi_extra=_BODY,
    dependencies=[FROM_OWN_PAGES],
)
async def draft(
    request: Request,
    node: NodeOf,
    reader: SessionReader,
    terms: Annotated[
        str, Query(max_length=66, description="Id of terms that came of this document: the manifest is drafted")
    ] = "",
    consignor: Partner = 0,
    consignee: Partner = 0,
    carrier: Partner = 0,
    packages: Annotated[int, Query(ge=0, le=2**32 - 1, description="Where the document does not say")] = 0,
    zone: Annotated[str, Query(max_length=60, description="Of times that tell none, such as `Europe/Oslo`")] = "",
) -> dict[str, Any]:
    """A PEPPOL Despatch Advice (UBL), X12 856 or EDIFACT DESADV as a draft of terms, or of signed terms' manifest.

    For partners. Nothing is kept, and nothing signed: the draft is a template for whoever signs, and leaves out what
    the document does not say. Partners are told by GLN. What breaks a fatal rule of its format is refused with the
    rule's id.
    """
    check_partner(reader)
    kind = media_type(request)
    if kind not in MEDIA:
        error = MalformedRecord("no document", where="Content-Type", expected=", ".join(MEDIA), found=kind[:80])
        raise Limited(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error)
    body: bytes | None = request.scope.get("state", {}).get(READ)
    document = await read_body(request, MAX_BODY) if body is None else body
    said = Said(record_id(terms, "terms") if terms else None, consignor, consignee, carrier, packages, zone)
    found = await run_in_threadpool(draft_of, node.reader, document, said, reader)
    advice = found.advice
    return {
        "kind": advice.kind,
        "number": advice.number,
        "issued": advice.issued.day,
        "lines": len(advice.lines),
        "draft": found.draft,
    }


@router.get(
    "/v1/shipments/{shipment}/documents",
    operation_id="listShipmentDocuments",
    response_model=DocumentList,
    responses=examples.READ_RESPONSES,
)
def listing(shipment: RecordPath, node: NodeOf, reader: SessionReader) -> dict[str, Any]:
    """The documents about a shipment that there are for whoever has signed in."""
    wanted = record_id(shipment, "shipment")
    node.reader.views.shipment(wanted, reader)
    return {
        "documents": [
            {"form": form, "mediaType": FILES[form][0], "path": f"/v1/shipments/{shipment}/documents/{form}"}
            for form in forms_for(node.reader, wanted, reader)
        ]
    }


@router.get(
    "/v1/shipments/{shipment}/documents/{form}",
    operation_id="getShipmentDocument",
    responses=examples.READ_RESPONSES | _FILE_ANSWER,
)
def document(
    shipment: RecordPath,
    form: Form,
    node: NodeOf,
    reader: SessionReader,
    receiver: Annotated[int, Query(ge=0, le=MOST_PARTNER, description="Reports: partner that is reported to")] = 0,
    number: Annotated[
        int, Query(ge=0, le=MOST_NUMBER, description="Reports: the number of this one; by default made of the time")
    ] = 0,
    scac: Annotated[str, Query(max_length=4, description="214: the carrier's SCAC")] = "",
    despatch: Annotated[
        str, Query(max_length=120, description="Receipt: NUMBER,CCYY-MM-DD,HH:MM:SS it answers, where no terms say")
    ] = "",
    short: Annotated[str, Query(max_length=1, description="Receipt: about what is short, 1 replace or 2 credit")] = "",
    refused: Annotated[str, Query(max_length=1, description="Receipt: about what was refused, 1 or 2")] = "",
) -> Response:
    """What was signed about a shipment as a UBL Receipt Advice or Transportation Status, EDIFACT IFTSTA or X12 214.

    For those who have a part in it, as far as they may see its records; reports are in the name of who asks. Only
    what the chain applied stands in it, as it was signed: amendments are on the shipment's page.
    """
    wanted = Wanted(form, receiver, number, scac, despatch, short, refused)
    return file_of(node, record_id(shipment, "shipment"), wanted, reader)


def file_of(node: Node, shipment: RecordId, wanted: Wanted, reader: Reader) -> Response:
    made: Made = make_document(node.reader, shipment, wanted, reader)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "Cache-Control": "private, no-store",
    }
    if made.left_out:
        headers["Lading-Left-Out"] = ", ".join(made.left_out[:50])
    return Response(made.data, headers={**headers, "Content-Type": made.media_type})


def check_partner(reader: Reader) -> None:
    """Raise `NotPermitted` for who is no partner: reading documents costs more than other answers."""
    if not reader.partner:
        raise NotPermitted("only for partners", where="session", expected="a key that is a partner's")
