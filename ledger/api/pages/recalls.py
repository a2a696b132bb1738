"""Pages of recalls: what is recalled and what to do, who holds it, who has answered, how far it has come."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, RecordPath, SessionReader, record_id
from ledger.api.pages.render import page
from ledger.api.routers.goods.recalls import sheet_of

router = APIRouter()
PAGE = 50


@router.get("/recalls")
def recalls(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[int, Query(ge=-1, le=2**53 - 1)] = -1
) -> Response:
    result = node.reader.recalls.listing(after=after, limit=PAGE)
    return page(
        request,
        "recalls.html",
        reader,
        recalls=result,
        first=after == -1,
        next=result[-1].cursor if len(result) == PAGE else None,
    )


@router.get("/recalls/sheet")
def sheet(
    node: NodeOf,
    reader: SessionReader,
    subject: Annotated[str, Query(max_length=512)],
    lots: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    return sheet_of(node, subject, lots, reader)


@router.get("/recalls/{recall}")
def recall(request: Request, recall: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    view = node.reader.recalls.recall(record_id(recall, "recall"), reader)
    own = next((holder for holder in view.trace.holders if holder.partner.id == reader.partner), None)
    return page(request, "recall.html", reader, view=view, own=own)
