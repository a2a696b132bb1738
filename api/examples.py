"""Examples and schemas for the OpenAPI description; the messages follow `ledger.records`."""

from typing import Any

from ledger.records import Endorsement, Record
from ledger.schema import message_schema, part_schemas
from ledger.structs import encode_type

_ENDORSEMENT = Endorsement(by=7, target=bytes(31) + b"\x01").to_json()
_SIGNATURE = "0x" + "11" * 64 + "1b"

UNSIGNED_RECORD: dict[str, Any] = {"type": "Endorsement", "message": _ENDORSEMENT}
SIGNED_RECORD: dict[str, Any] = {**UNSIGNED_RECORD, "signatures": [_SIGNATURE]}
SIGNATURES: dict[str, Any] = {"signatures": [_SIGNATURE]}
SIGN_IN: dict[str, Any] = {"message": "lading.example wants you to sign in …", "signature": _SIGNATURE}
ENROLMENT: dict[str, Any] = {
    "document": '{"consortium":"0x…","gln":"9506000134352","key":"0x…","lading":"enrolment/1","name":"Acme","roles":[]}',
    "signature": _SIGNATURE,
}
AWARD_FILE: dict[str, Any] = {"format": "lading/award/1", "lines": [{"partner": 7, "amount": "125000"}]}
ITEM_CODES: dict[str, Any] = {"codes": ["01/09506000134352/10/LOT7/21/000123"]}


def body(example: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` for a route that reads its JSON strictly by itself."""
    schema = {"type": "object", "required": list(example)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def type_entry(kind: type[Record]) -> dict[str, Any]:
    """A record type as `/v1/records/types` lists it."""
    return {
        "name": kind.__name__,
        "number": kind.NUMBER,
        "encodeType": encode_type(kind),
        "schema": message_schema(kind) | {"$defs": part_schemas()},
    }
