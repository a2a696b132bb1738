"""`/v1/log`: the append-only log for anyone: checkpoint, tiles, proofs. All of it is immutable but the checkpoint."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from api.deps import NodeOf
from ledger.errors import NotFound
from ledger.ids import to_hex

router = APIRouter(prefix="/v1/log", tags=["log"])
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/checkpoint", response_class=PlainTextResponse)
def checkpoint(node: NodeOf) -> Response:
    """The newest checkpoint as a C2SP signed note."""
    return Response(
        node.checkpoint_note(), media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


@router.get("/tile/{path:path}")
def tile(path: str, node: NodeOf) -> Response:
    """A tile or entry bundle, laid out as C2SP tlog-tiles."""
    return Response(node.tile(path), media_type="application/octet-stream", headers=FOREVER)


@router.get("/proof/inclusion")
def inclusion(
    node: NodeOf, index: Annotated[int, Query(ge=0)], size: Annotated[int | None, Query(ge=1)] = None
) -> dict[str, Any]:
    """RFC 9162 inclusion proof of the leaf at `index` in the tree of `size` leaves (default: the newest checkpoint)."""
    return node.proof(index, size)


@router.get("/proof/consistency")
def consistency(
    node: NodeOf, first: Annotated[int, Query(ge=0)], second: Annotated[int, Query(ge=0)]
) -> dict[str, Any]:
    """RFC 9162 consistency proof between two tree sizes."""
    published = node.publisher.current()
    if published is None or not first <= second <= published.head.size:
        raise NotFound("no such tree yet", where="second", expected="a published size", found=second)
    return {
        "first": first,
        "second": second,
        "proof": [to_hex(h) for h in node.publisher.consistency_proof(first, second)],
    }


@router.get("")
def state(node: NodeOf) -> dict[str, Any]:
    """Who the log is, how large, and how far it is anchored."""
    return node.log_state()
