"""`/v1/search`: what a number or a name may mean."""

from typing import Annotated

from fastapi import APIRouter, Query

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.schemas import examples
from ledger.common.search_text import MOST
from ledger.formats.gs1.scanned import sought
from ledger.services.views.search import Search

router = APIRouter(prefix="/v1/search", tags=["shipments"])
Question = Annotated[
    str,
    Query(
        max_length=MOST,
        description="An order number, shipment, container or SSCC, customs' reference (MRN), GTIN or code, lot,"
        " partner, record, leaf or block;"
        " of an id the first 8 hex digits will do",
    ),
]


@router.get("", operation_id="searchEverything", responses=examples.READ_RESPONSES)
def search(node: NodeOf, reader: ReaderOf, q: Question) -> Search:
    """Everything that the text may mean, with the kinds, at most 20 of each.

    Orders, lots, containers, SSCCs and customs' references are private: they are found by those alone who may read the
    terms, handoffs or clearances that name them, and for anybody else it is as if there were none.
    """
    text, product = sought(q)
    return node.reader.searching.find(text, reader, product)
