"""`/v1/recalls`: what is recalled, who holds and who had it, who has answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.api.deps import Cursor, Limit, NodeOf, ReaderOf, RecordPath, SessionReader, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.products import RecallPage
from ledger.formats.workbook import MEDIA_TYPE
from ledger.products.recall_tracing import Way
from ledger.services.exports.trace_sheet import SheetQuery, make_sheet
from ledger.services.node.node import Node
from ledger.services.views.models import RecallView, TraceView
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1/recalls", tags=["recalls"])
MOST_TRACED = 500
"""Shipments in one workbook: well under a second of one core."""
SHEET_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}, "description": "A workbook"}
}


@router.get("", operation_id="listRecalls", response_model=RecallPage, responses=examples.READ_RESPONSES)
def listing(node: NodeOf, after: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Recalls that the chain has recorded, in log order: pass `next` as `after`."""
    result = node.reader.recalls.listing(after=-1 if after is None else after, limit=limit)
    return {"recalls": result, "next": result[-1].cursor if len(result) == limit else None}


@router.get("/trace", operation_id="traceLot", responses=examples.READ_RESPONSES)
def trace(
    node: NodeOf,
    reader: ReaderOf,
    subject: Annotated[str, Query(max_length=512, description="GS1 Digital Link path, e.g. `01/09506000134352/10/L1`")],
    lots: Annotated[str, Query(max_length=4096, description="RFC 8785 array of {lot} or {from, to} serials")] = "",
    way: Annotated[Way, Query(description="`up`: what the goods came from")] = Way.DOWN,
) -> TraceView:
    """Who holds and who had goods, by custody; for the holder of the GS1 prefix, authorities and auditors.

    On the way `up`, for the latter two: the shipments that the goods came from, and who had these.
    """
    return node.reader.recalls.trace(subject, lots, reader, way)


@router.get(
    "/trace/sheet",
    operation_id="traceLotSheet",
    response_class=Response,
    responses=examples.READ_RESPONSES | SHEET_ANSWER,
)
def sheet(
    node: NodeOf,
    reader: SessionReader,
    subject: Annotated[str, Query(max_length=512, description="GS1 Digital Link path, or the id of a shipment")],
    lots: Annotated[str, Query(max_length=4096, description="RFC 8785 array of {lot} or {from, to} serials")] = "",
) -> Response:
    """The trace as a workbook for FDA's food traceability rule (21 CFR part 1, subpart S): one sheet a critical
    tracking event, behind each row its record, signers and inclusion proof. Up and down as far as the reader may ask;
    what it may not see stands as unknown.
    """
    return sheet_of(node, subject, lots, reader)


def sheet_of(node: Node, subject: str, lots: str, reader: Reader) -> Response:
    """The file, after it was noted who is about to see which private parts."""
    made = make_sheet(node.reader, SheetQuery(subject.strip().removeprefix("/"), lots, most=MOST_TRACED), reader)
    node.reader.views.note(reader, dict(made.opened))
    headers = {"Content-Disposition": 'attachment; filename="trace.xlsx"', "Cache-Control": "private, no-store"}
    return Response(made.data, media_type=MEDIA_TYPE, headers=headers)


@router.get("/{recall}", operation_id="getRecall", responses=examples.READ_RESPONSES)
def read(recall: RecordPath, node: NodeOf, reader: ReaderOf) -> RecallView:
    """A recall with the goods' whereabouts, answers and effectiveness.

    Whoever recalled and speaks for the brand, authorities and auditors see everything, a partner what concerns itself,
    the public what to do.
    """
    return node.reader.recalls.recall(record_id(recall, "recall"), reader)
