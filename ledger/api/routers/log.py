"""`/v1/log`: the append-only log for anyone, laid out as C2SP tlog-tiles, and proofs ready made.

All of it is immutable but the checkpoint. A client of tlog-tiles takes `/v1/log/` as the log's prefix.
"""

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ledger.api.deps import Limit, NodeOf
from ledger.api.plain_json import answer
from ledger.api.schemas import examples
from ledger.api.schemas.logs import AnchorPage, ConsistencyProof, Contradictions, InclusionProof, LogState
from ledger.common.ids import to_hex
from ledger.errors import NotFound

router = APIRouter(prefix="/v1/log", tags=["log"])
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-cache"}
_TILE = re.compile(r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?")
Size = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Tree size; the newest checkpoint's if not named")]
TEXT: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
BYTES: dict[str, Any] = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/checkpoint", operation_id="getCheckpoint", response_class=Response, responses={200: TEXT, 404: examples.PROBLEM}
)
def checkpoint(node: NodeOf) -> Response:
    """The newest checkpoint as a C2SP signed note."""
    return Response(node.reader.checkpoint_note(), media_type="text/plain; charset=utf-8", headers=FRESH)


@router.get(
    "/tile/{path:path}", operation_id="getTile", response_class=Response, responses={200: BYTES, 404: examples.PROBLEM}
)
def tile(path: str, request: Request, node: NodeOf) -> Response:
    """A tile (`<level>/<index>`) or an entry bundle (`entries/<index>`), partial ones with `.p/<width>`."""
    if not _TILE.fullmatch(path):
        raise NotFound("no such tile", where="tile", found=path[:120])
    data = node.reader.tile(path)
    headers = FOREVER | {"ETag": f'"{hashlib.sha256(data).hexdigest()[:32]}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get(
    "/proof/inclusion", operation_id="proveInclusion", response_model=InclusionProof, responses=examples.READ_RESPONSES
)
async def inclusion(node: NodeOf, index: Annotated[int, Query(ge=0, le=2**53 - 1)], size: Size = None) -> Response:
    """RFC 9162 inclusion proof of the leaf at `index` in the tree of `size` leaves (default: the newest checkpoint)."""
    # No thread: the checkpoint and a few tiles of 8 KiB are read sooner than another thread is woken.
    return answer(node.reader.proof(index, size))


@router.get(
    "/proof/consistency",
    operation_id="proveConsistency",
    response_model=ConsistencyProof,
    responses=examples.READ_RESPONSES,
)
def consistency(
    node: NodeOf, first: Annotated[int, Query(ge=0, le=2**53 - 1)], second: Annotated[int, Query(ge=0, le=2**53 - 1)]
) -> dict[str, Any]:
    """RFC 9162 consistency proof between two tree sizes."""
    published = node.reader.publisher.current()
    if published is None or not first <= second <= published.head.size:
        raise NotFound("no such trees", where="first, second", expected="published sizes, ascending", found=second)
    return {
        "first": first,
        "second": second,
        "proof": [to_hex(h) for h in node.reader.publisher.consistency_proof(first, second)],
    }


@router.get("/anchors", operation_id="listAnchors", response_model=AnchorPage, responses=examples.READ_RESPONSES)
def anchors(
    node: NodeOf,
    before: Annotated[int | None, Query(ge=0, le=2**53 - 1, description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Checkpoints that the chain took, with block and time, the newest first: pass `next` as `before`."""
    result = node.reader.explorer.anchors(before, limit)
    return {"anchors": result, "next": result[-1].size if len(result) == limit else None}


@router.get("/contradictions", operation_id="listContradictions", response_model=Contradictions)
def contradictions(node: NodeOf) -> dict[str, Any]:
    """What witnesses say against this log, as far as this home has asked them: each its tree beside ours."""
    return {"contradictions": node.reader.contradictions()}


@router.get("", operation_id="getLog", response_model=LogState)
def state(node: NodeOf) -> dict[str, Any]:
    """Who the log is, how large, and how far it is anchored."""
    return node.reader.log_state()
