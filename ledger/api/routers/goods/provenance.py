"""`/v1/provenance`: what goods came from and became, with shares and balances; and where records do not add up."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Moment, NodeOf, ReaderOf
from ledger.api.schemas import examples
from ledger.api.schemas.inputs import FindingsAnswer, ProvenanceAnswer
from ledger.products.recall_tracing import Way
from ledger.provenance.gaps import Gap
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.goods import GapsAsked, TraceAsked
from ledger.services.node.node import Node
from ledger.services.products.provenance import GoodsAsked
from ledger.services.products.provenance_views import ProvenanceView
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1/provenance", tags=["recalls"])
MOST_TRACED = 500
"""Shipments in one answer: well under a second of one core."""
MOST_FOUND = 1_000


@router.get("", operation_id="getProvenance", response_model=ProvenanceAnswer, responses=examples.READ_RESPONSES)
def trace(
    node: NodeOf,
    reader: ReaderOf,
    subject: Annotated[str, Query(max_length=512, description="GS1 Digital Link path, or the 0x-id of a shipment")],
    lots: Annotated[str, Query(max_length=4096, description="RFC 8785 array of {lot} or {from, to} serials")] = "",
    way: Annotated[Way | None, Query(description="Only what it came from (`up`) or became (`down`)")] = None,
) -> dict[str, Any]:
    """What goods came from and what became of them, through packing, splits, merges and transformations: who had them,
    where and when, how much there is, and what share of it comes from what was asked about; and of each record that
    made goods of goods, whether what went in came out.

    Authorities and auditors get all shipments, the holder of the GS1 prefix what became of its goods, whoever may read
    the terms of a shipment as much of what hangs together with it as it may read (`limited`). Contents are shown by the
    right to each record; what share is not known without them is null.
    """
    asked = TraceAsked(subject, lots, [] if way is None else [way], MOST_TRACED)
    return answered(node.reader, reader, Kind.TRACE, asked_json(asked))


@router.get("/gaps", operation_id="listGaps", response_model=FindingsAnswer, responses=examples.READ_RESPONSES)
def gaps(
    node: NodeOf,
    reader: ReaderOf,
    code: Annotated[Gap | None, Query(description="Only findings of this kind")] = None,
    at: Moment = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 200,
) -> dict[str, Any]:
    """Where records do not add up, as of `at` (by default the last full hour): shipped and never received, custody
    broken, more out than in, the same serial numbers twice, clearances without goods.

    Each finding is a question to whoever signed, with the records it rests on. A partner gets those of which it may
    read all shipments concerned and, where contents matter, open the records that say them; an auditor all.
    """
    asked = GapsAsked([] if code is None else [code], at, limit)
    return answered(node.reader, reader, Kind.GAPS, asked_json(asked))


def told(node: Node, asked: GoodsAsked, reader: Reader) -> ProvenanceView:
    """The answer, after it was noted who is about to see which private parts."""
    view, opened = node.reader.provenance.trace(asked, reader)
    node.reader.views.note(reader, opened)
    return view
