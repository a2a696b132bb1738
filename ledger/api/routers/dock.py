"""`/v1/dock`: what a device takes along to where no network is."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Limit, NodeOf, SessionReader
from ledger.api.schemas import examples
from ledger.services.views.dock import DockView

router = APIRouter(prefix="/v1", tags=["shipments"])


@router.get("/dock", operation_id="getDock", response_model=DockView, responses=examples.READ_RESPONSES)
def dock(
    node: NodeOf,
    reader: SessionReader,
    before: Annotated[int | None, Query(ge=0, le=2**53 - 1, description="`next` of the page before")] = None,
    limit: Limit = 100,
) -> Any:
    """What the signed-in partner holds and awaits, with sequence, packages and clearances as acceptance expects them,
    and whose keys and roles count: enough to judge a handoff where no network is.

    The goods held come newest first, a page at a time; goods under way to the partner, among the newest 200 consigned
    to it, and all partners are on the first page. Terms are opened where the session may read them, which is noted as
    any reading is. A page may hold more than `limit`: shipments that one record opened are never torn apart.
    """
    return asdict(node.reader.dock.of(reader, before, limit))
