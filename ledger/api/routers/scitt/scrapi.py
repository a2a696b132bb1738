"""SCITT's reference API, as far as it reads: `/entries/{id}` and `/.well-known/scitt-keys`.

An entry's id is the record's. Statements are registered as records, under `/v1/records`: with the signatures that
Lading asks for, which a COSE_Sign1 cannot hold.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from ledger.api import problems
from ledger.api.deps import NodeOf
from ledger.api.routers.log import BYTES, FRESH
from ledger.api.routers.scitt.receipts import COSE, log_index, receipt_bytes
from ledger.errors import LadingError, NotFound
from ledger.formats import cose_receipt, scrapi
from ledger.services.node.node import Node

router = APIRouter(tags=["log"])
CBOR: dict[str, Any] = {"content": {scrapi.CBOR: BYTES["content"]["application/octet-stream"]}}
PROBLEM: dict[str, Any] = {
    "description": "What is wrong, as concise problem details (RFC 9290)",
    "content": {scrapi.PROBLEM: BYTES["content"]["application/octet-stream"]},
}
AGAIN = 5
"""Seconds after which a record that was just taken in is under a checkpoint, as a rule; 60 are promised."""


@router.get(
    "/entries/{entry}",
    operation_id="getScittEntry",
    response_class=Response,
    responses={200: COSE, 302: {"description": "Taken in, and not under a checkpoint yet"}, 400: PROBLEM, 404: PROBLEM},
)
def entry(entry: Annotated[str, Path(description="Record id, with 0x or without")], node: NodeOf) -> Response:
    """The COSE receipt of a record: SCRAPI, "Resolve Receipt" and "Query Registration Status"."""
    record = entry if entry.startswith("0x") else f"0x{entry}"
    return _answered(lambda: _receipt(node, record))


@router.get("/.well-known/scitt-keys", operation_id="listScittKeys", response_class=Response, responses={200: CBOR})
def keys(node: NodeOf) -> Response:
    """The key that receipts are verified with, as a COSE_KeySet; compare it with a trust file before relying on it."""
    return Response(scrapi.key_set([node.home.consortium.log]), media_type=scrapi.CBOR, headers=FRESH)


@router.get(
    "/.well-known/scitt-keys/{key}",
    operation_id="getScittKey",
    response_class=Response,
    responses={200: CBOR, 404: PROBLEM},
)
def key(key: Annotated[str, Path(description="The `kid` of a receipt in base64url")], node: NodeOf) -> Response:
    """One of these keys, by the thumbprint (RFC 9679) by which receipts name it."""
    log = node.home.consortium.log

    def found() -> Response:
        if not scrapi.is_key_name(key, log):
            raise NotFound("no such key", where="kid", expected=scrapi.key_name(log), found=key[:80])
        return Response(scrapi.one_key(log), media_type=scrapi.CBOR, headers=FRESH)

    return _answered(found)


def _receipt(node: Node, record: str) -> Response:
    index = log_index(node, record)
    location = f"{node.home.settings.public_url}/entries/{record}"
    published = node.reader.publisher.current()
    if published is None or index >= published.head.size:
        headers = {"Location": location, "Retry-After": str(AGAIN)}
        return Response(status_code=HTTPStatus.FOUND, media_type=cose_receipt.MEDIA_TYPE, headers=headers)
    return Response(
        receipt_bytes(node, record), media_type=cose_receipt.MEDIA_TYPE, headers=FRESH | {"Location": location}
    )


def _answered(make: Callable[[], Response]) -> Response:
    """What `make` gives, or its error as concise problem details."""
    try:
        return make()
    except LadingError as error:
        seconds = problems.retry_after(error)
        headers = {} if seconds is None else {"Retry-After": str(seconds)}
        status = problems.status_of(error)
        return Response(scrapi.problem(error), status_code=status, media_type=scrapi.PROBLEM, headers=headers)
