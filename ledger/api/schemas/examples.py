"""Bodies and schemas for the OpenAPI description. The messages are real structures of `ledger.records.types`, so an
example cannot name a field that does not exist."""

from typing import Any

from pydantic import BaseModel

from ledger.api.schemas.answers import Problem
from ledger.codes import Assurance, ClearanceStatus, Fulfilment, Gate, Mode, Purpose, Regime, Role
from ledger.common.ids import ConsortiumId, KeyAddress, LogId, PartnerId
from ledger.common.periods import DAY, HOUR
from ledger.records.eip712 import encode_type
from ledger.records.schema import message_schema, part_schemas
from ledger.records.types import (
    RECORDS,
    Attestation,
    Claims,
    Clearance,
    Commercial,
    Details,
    Duty,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Outcome,
    Place,
    Record,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Statement,
)
from ledger.records.types import Checkpoint as CheckpointRecord
from ledger.registry.enrolment import Enrolment, RoleRequest
from ledger.registry.forwarding import Forwarded, ForwardingConsent

SCHEMAS = "#/components/schemas/"
_SALT = bytes(range(16))
_SHIPMENT = bytes(31) + b"\x01"
_NOON = 1_790_000_000
_SIGNATURE = "0x" + "11" * 64 + "1b"
_NO_DETAILS = Details(_SALT, "")
_PLACE = Place(_SALT, "NZ", "NZAKL", "", "Gate 4")

_TERMS = ShipmentTerms(
    salt=_SALT, consignor=2, consignee=10, holder=2, recipientKey=bytes(20), purpose=Purpose.ORIGINAL, parents=(),
    packages=400, mode=Mode.MARITIME, fulfilment=Fulfilment.BONDED_WAREHOUSE, origin=_PLACE,
    destination=Place(_SALT, "CN", "CNNGB", "", ""),
    contents=(Goods(_SALT, "09421900000012", "L2601", bytes(32), 2400, "EA", "190110", "Infant formula, 900 g"),),
    commercial=Commercial(
        salt=_SALT, orderRef="PO-1001", value=4_800_000, currency="USD", freight=900_000, incoterm="CIF",
        promisedAt=_NOON + 20 * DAY, grace=DAY, alpha=4800, penaltyCap=48_000, liable=3, beneficiary=10,
        lostAfter=30 * DAY, tenderWindow=72 * HOUR, reportLag=DAY, rules=bytes(32),
    ),
    requires=(Require(b"CN", Regime.IMPORT, Gate.DELIVERY, relay=False),), submitBy=_NOON + 7 * DAY,
    details=_NO_DETAILS,
)  # fmt: skip
_HANDOFF = Handoff(
    items=(HandoffItem(_SHIPMENT, 0, 400, 0),), releaser=2, receiver=3, place=_PLACE, load=Load(_SALT, "MSKU 123456-7"),
    occurredAt=_NOON, dueAt=_NOON + DAY, submitBy=_NOON + 14 * DAY, details=_NO_DETAILS,
)  # fmt: skip
_CLEARANCE = Clearance(
    by=6, declarant=7, items=(ShipmentRef(_SHIPMENT, 0),), jurisdiction=b"CN", regime=Regime.IMPORT,
    status=ClearanceStatus.RELEASED, holdCause=0, causedBy=0, assurance=Assurance.AUTHORITY_SIGNED, occurredAt=_NOON,
    duty=Duty(_SALT, "", "", "", "", ()), details=_NO_DETAILS,
)  # fmt: skip
_ATTESTATION = Attestation(
    by=2, schema=bytes(31) + b"\x02", subject="01/09421900000012/10/L2601", accreditation=bytes(32), validFrom=_NOON,
    validUntil=_NOON + 365 * DAY, document=bytes(32), claims=Claims(_SALT, ""), itemCodes=bytes(32),
    details=_NO_DETAILS,
)  # fmt: skip
_TENDER = Statement(
    by=8, counterparty=10, kind=1, shipment=_SHIPMENT, sequence=3, occurredAt=_NOON, place=_PLACE, details=_NO_DETAILS
)
_ENDORSEMENT = Endorsement(by=3, target=_SHIPMENT)
_ENROLMENT = Enrolment(
    ConsortiumId(bytes(32)), "Acme Carriers", "9421900000027", KeyAddress(bytes(20)), (RoleRequest(Role.CARRIER),)
)

_CONSENT = ForwardingConsent(
    ConsortiumId(bytes(32)), PartnerId(3), KeyAddress(bytes(20)), LogId(bytes(32)), LogId(b"\x01" * 32),
    _NOON + 365 * DAY, (Forwarded.LOG_ONLY, Forwarded.PARTS),
)  # fmt: skip


def _signed(record: Record, signatures: int) -> dict[str, Any]:
    return {"type": type(record).__name__, "message": record.to_json(), "signatures": [_SIGNATURE] * signatures}


def _unsigned(record: Record) -> dict[str, Any]:
    return {"type": type(record).__name__, "message": record.to_json()}


RECORD_EXAMPLES: dict[str, tuple[Record, int, str]] = {
    "terms": (_TERMS, 1, "Terms that open a shipment, signed by the consignor"),
    "handoff": (_HANDOFF, 2, "A handoff, signed by releaser and receiver"),
    "oneSided": (_HANDOFF, 1, "The same with one signature: a proposal that waits for the other"),
    "clearance": (_CLEARANCE, 1, "Customs releases an import"),
    "attestation": (_ATTESTATION, 1, "A maker vouches for a lot"),
    "tender": (_TENDER, 1, "A carrier offered delivery and nobody signed"),
    "endorsement": (_ENDORSEMENT, 1, "A later signature under another record"),
}
SIGNATURES: dict[str, Any] = {"signatures": [_SIGNATURE]}
SIGN_IN: dict[str, Any] = {
    "message": (
        "lading.example wants you to sign in with your Ethereum account:\n"
        "0x0000000000000000000000000000000000000000\n\n…"
    ),
    "signature": _SIGNATURE,
}
ENROLMENT: dict[str, Any] = {"document": _ENROLMENT.document().decode(), "signature": _SIGNATURE}
CONSENT: dict[str, Any] = {"document": _CONSENT.document().decode(), "signature": _SIGNATURE}
AWARD_FILE: dict[str, Any] = {"format": "lading/award/2", "lines": [{"partner": 7, "amount": "125000"}]}
ITEM_CODES: dict[str, Any] = {"codes": ["01/09421900000012/10/L2601/21/000123"]}
PRODUCT_DATA: dict[str, Any] = {
    "document": '{"brand":"Kea","descriptions":{},"gtin":"09421900000012","lading":"product/1","names":{"en":"Milk"}}',
    "picture": "",
}
SCAN: dict[str, Any] = {"code": "01/09421900000012/10/L2601/21/000123", "device": "9f86d081884c7d65"}

PROBLEM: dict[str, Any] = {
    "model": Problem,
    "content": {"application/problem+json": {"schema": {"$ref": SCHEMAS + "Problem"}}},
    "description": "What is wrong, where, what was expected and what was found (RFC 9457)",
}
READ_RESPONSES: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 401, 403, 404, 429, 503), PROBLEM)


def write_responses(others: dict[int, str], model: type[BaseModel] | None = None) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that writes: `others` by status, all of this model, and every problem it may end in."""
    answered: dict[str, Any] = {} if model is None else {"model": model}
    result: dict[int | str, dict[str, Any]] = {
        status: {"description": text} | answered for status, text in others.items()
    }
    return result | dict.fromkeys((400, 403, 404, 408, 409, 413, 415, 422, 429, 503), PROBLEM)


def body(example: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` for a route that reads its JSON strictly by itself: an object with just the example's members."""
    properties = {name: _shape(value) for name, value in example.items()}
    schema = {"type": "object", "required": list(example), "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def record_body() -> dict[str, Any]:
    """The body of a submission: any of the signed record types, with examples."""
    examples = {
        name: {"summary": summary, "value": _signed(record, signatures)}
        for name, (record, signatures, summary) in RECORD_EXAMPLES.items()
    }
    return _any_record("Signed", examples)


def batch_body(most: int) -> dict[str, Any]:
    """The body of a batch: up to so many submissions in one object, or one on a line."""
    content = record_body()["requestBody"]["content"]["application/json"]
    example = {"records": [example["value"] for example in content["examples"].values()][:2]}
    records = {"type": "array", "maxItems": most, "items": content["schema"]}
    schema = {"type": "object", "required": ["records"], "properties": {"records": records}}
    lines = {"schema": {"type": "string", "description": "A record a line, each as in `records`"}}
    both = {"application/json": {"schema": schema, "example": example}, "application/x-ndjson": lines}
    return {"requestBody": {"required": True, "content": both}}


def unsigned_body() -> dict[str, Any]:
    """The body of a question for typed data: any record type without signatures."""
    examples = {
        name: {"summary": summary.split(",")[0], "value": _unsigned(record)}
        for name, (record, _, summary) in RECORD_EXAMPLES.items()
        if name != "oneSided"
    }
    return _any_record("Unsigned", examples)


def _any_record(prefix: str, examples: dict[str, Any]) -> dict[str, Any]:
    names = {kind.__name__: SCHEMAS + prefix + kind.__name__ for kind in SUBMITTED}
    schema = {
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "type", "mapping": names},
    }
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}
    }


SUBMITTED: tuple[type[Record], ...] = tuple(kind for kind in RECORDS if kind not in (Outcome, CheckpointRecord))
"""What may be submitted: the log writes the others itself."""


def record_schemas() -> dict[str, Any]:
    """Components of the OpenAPI document: every structure, and an envelope for each record type."""
    result = part_schemas(SCHEMAS)
    for kind in SUBMITTED:
        name = kind.__name__
        result[name] = message_schema(kind, SCHEMAS)
        unsigned = {"type": {"const": name}, "message": {"$ref": SCHEMAS + name}}
        signatures = {"type": "array", "maxItems": 200, "items": {"type": "string", "pattern": "^0x[0-9a-f]{130}$"}}
        result["Unsigned" + name] = _envelope(unsigned)
        result["Signed" + name] = _envelope(unsigned | {"signatures": signatures})
    return result


def _envelope(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _shape(value: object) -> dict[str, Any]:
    if isinstance(value, list):
        return {"type": "array", "items": _shape(value[0])}
    return {"type": "object"} if isinstance(value, dict) else {"type": "string"}


def type_entry(kind: type[Record]) -> dict[str, Any]:
    """A record type as `/v1/records/types` lists it."""
    return {
        "name": kind.__name__,
        "number": kind.NUMBER,
        "encodeType": encode_type(kind),
        "schema": message_schema(kind) | {"$defs": part_schemas()},
    }
