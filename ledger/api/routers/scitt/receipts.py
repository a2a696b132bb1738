"""`/v1/records/{id}/receipt.cose` and `…/tlog-proof`: that a record is in the log, in one file that is checked offline.

For anyone who has a record's id: neither says anything of its contents.
"""

from typing import Any

from fastapi import APIRouter, Response

from ledger.api.deps import NodeOf, RecordPath, record_id
from ledger.api.routers.log import BYTES, FRESH, TEXT
from ledger.api.schemas import examples
from ledger.errors import NotFound
from ledger.formats import cose_receipt
from ledger.log import tlog_proof
from ledger.log.tlog_proof import TlogProof
from ledger.services.node.node import Node

router = APIRouter(prefix="/v1/records", tags=["records"])
COSE: dict[str, Any] = {"content": {cose_receipt.MEDIA_TYPE: BYTES["content"]["application/octet-stream"]}}


@router.get(
    "/{record}/receipt.cose",
    operation_id="getCoseReceipt",
    response_class=Response,
    responses=examples.READ_RESPONSES | {200: COSE},
)
def cose(record: RecordPath, node: NodeOf) -> Response:
    """The record's COSE receipt (RFC 9942, RFC9162_SHA256) under the newest checkpoint, signed by the log with EdDSA.

    The statement that it is for is the record's leaf: `/v1/records/{record}/raw` and the log's entry bundles have it.
    """
    return Response(receipt_bytes(node, record), media_type=cose_receipt.MEDIA_TYPE, headers=FRESH)


@router.get(
    "/{record}/tlog-proof",
    operation_id="getTlogProof",
    response_class=Response,
    responses=examples.READ_RESPONSES | {200: TEXT},
)
def tlog(record: RecordPath, node: NodeOf) -> Response:
    """The record's C2SP tlog-proof under the newest checkpoint, with its cosignatures; `extra` is the record's leaf."""
    result = node.reader.publisher.included(log_index(node, record))
    proof = TlogProof(result.index, result.path, result.checkpoint.note, result.leaf)
    return Response(proof.encode(), media_type=tlog_proof.MEDIA_TYPE, headers=FRESH)


def receipt_bytes(node: Node, record: str) -> bytes:
    """The COSE receipt of a record; raises `NotFound` while no checkpoint has it."""
    included, signature = node.reader.publisher.cose_included(log_index(node, record))
    log, size = node.home.consortium.log, included.checkpoint.head.size
    return cose_receipt.receipt_of(log, included.index, size, included.path, signature).encode()


def log_index(node: Node, record: str) -> int:
    """Where a record stands in the log; raises `NotFound`."""
    view = node.reader.views.record(record_id(record))
    if view.log.index is None:
        raise NotFound("only proposed: not in the log", where="record", found=record)
    return view.log.index
