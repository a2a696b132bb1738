"""`/v1/records`: submitting, countersigning, listing and reading signed records."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status

from api import examples
from api.deps import JsonBody, NodeOf, ReaderOf, record_id
from ledger import concerns
from ledger.errors import MalformedRecord, NotFound
from ledger.ids import bytes_from_hex, to_hex
from ledger.records import BY_NAME, Record, record_named
from ledger.services.submission import Accepted, Proposed
from ledger.services.views import RecordView
from ledger.signing import SignedRecord, signature_from_hex

router = APIRouter(prefix="/v1/records", tags=["records"])
PAGE = 100


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=examples.body(examples.SIGNED_RECORD))
def submit(data: JsonBody, node: NodeOf, response: Response) -> dict[str, Any]:
    """Take in a signed record: `{type, message, signatures}`.

    201 with a receipt once it is committed; 200 with the first receipt when it was known; 202 when signatures are
    missing and it waits for them. Nothing else authenticates a write but the record's own signatures.
    """
    return _answer(node.submission.submit(SignedRecord.from_json(data)), response)


@router.post("/typed-data", openapi_extra=examples.body(examples.UNSIGNED_RECORD))
def typed_data(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """What a wallet signs: the `eth_signTypedData_v4` payload and the record's id, for `{type, message}`."""
    if not isinstance(data, dict) or set(data) != {"type", "message"}:
        raise MalformedRecord("not an unsigned record", where="body", expected="an object with type and message")
    record = record_named(str(data["type"])).from_json(data["message"], "message")
    return {"id": to_hex(node.domain.record_id(record)), "typedData": node.domain.typed_data(record)}


@router.post("/{id}/signatures", openapi_extra=examples.body(examples.SIGNATURES))
def countersign(id: str, data: JsonBody, node: NodeOf, response: Response) -> dict[str, Any]:
    """Add signatures to a proposed record: `{signatures: [...]}`. When none is missing it is accepted."""
    if not isinstance(data, dict) or set(data) != {"signatures"} or not isinstance(data["signatures"], list):
        raise MalformedRecord("not signatures", where="body", expected='{"signatures": ["0x…"]}')
    signatures = [signature_from_hex(s, f"signatures[{i}]") for i, s in enumerate(data["signatures"][:200])]
    return _answer(node.submission.countersign(record_id(id), signatures), response)


@router.get("")
def listing(
    node: NodeOf,
    reader: ReaderOf,
    type: Annotated[str | None, Query(description="Record type, e.g. Handoff")] = None,
    partner: Annotated[int | None, Query(ge=0)] = None,
    shipment: str | None = None,
    after: Annotated[int, Query(ge=-1, description="Log index of the last record of the page before")] = -1,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> dict[str, Any]:
    """Records in log order, a page at a time: pass `next` as `after`."""
    types = (record_named(type).NUMBER,) if type else ()
    kind, key = "", ""
    if shipment is not None:
        kind, key = concerns.SHIPMENT, to_hex(bytes_from_hex(shipment, 32, "shipment"))
    elif partner is not None:
        kind, key = concerns.PARTNER, str(partner)
    found = node.reading.records(reader, kind=kind, key=key, types=types, after=after, limit=limit)
    return {"records": found, "next": found[-1].log.index if len(found) == limit else None}


@router.get("/proposed")
def proposed(node: NodeOf, reader: ReaderOf) -> dict[str, Any]:
    """What waits for signatures and concerns the signed-in partner."""
    return {"records": node.reading.proposals_for(reader, node.clock.now())}


@router.get("/types")
def types() -> dict[str, Any]:
    """Every record type: its number, its EIP-712 `encodeType`, and a JSON Schema of its message."""
    kinds = [kind for kind in BY_NAME.values() if issubclass(kind, Record)]
    return {"types": [examples.type_entry(kind) for kind in kinds]}


@router.get("/{id}")
def read(id: str, node: NodeOf, reader: ReaderOf) -> RecordView:
    """One record with its message, signers, log track with receipt, and chain track with an outcome an item."""
    return node.reading.record(record_id(id), reader)


@router.get("/{id}/proof")
def proof(id: str, node: NodeOf, size: Annotated[int | None, Query(ge=1)] = None) -> dict[str, Any]:
    """The RFC 9162 inclusion proof of a record in the newest checkpoint, or in the tree of `size` leaves."""
    view = node.reading.record(record_id(id))
    if view.log.index is None:
        raise NotFound("only proposed: not in the log", where="record", found=id)
    return node.proof(view.log.index, size)


def _answer(result: Accepted | Proposed, response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": to_hex(result.record_id)}
    if isinstance(result, Proposed):
        response.status_code = status.HTTP_202_ACCEPTED
        return answer | {"status": "proposed", "missing": list(result.missing)}
    response.status_code = status.HTTP_200_OK if result.again else status.HTTP_201_CREATED
    return answer | {"status": "accepted", "receipt": result.receipt.to_json()}
