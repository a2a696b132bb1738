"""`/v1/recalls`: what is recalled, who holds and who had it, who has answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Cursor, Limit, NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.answers import RecallPage
from ledger.products.recall_tracing import Way
from ledger.services.views.models import RecallView, TraceView

router = APIRouter(prefix="/v1/recalls", tags=["recalls"])


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


@router.get("/{recall}", operation_id="getRecall", responses=examples.READ_RESPONSES)
def read(recall: RecordPath, node: NodeOf, reader: ReaderOf) -> RecallView:
    """A recall with the goods' whereabouts, answers and effectiveness.

    Whoever recalled and speaks for the brand, authorities and auditors see everything, a partner what concerns itself,
    the public what to do.
    """
    return node.reader.recalls.recall(record_id(recall, "recall"), reader)
