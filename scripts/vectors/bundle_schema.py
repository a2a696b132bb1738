"""The JSON Schema (2020-12) of a bundle: its frame, every record type, and the figures of each kind of subject."""

from typing import Any

from ledger.bundle.figures import AwardFigures, PartnerFigures, ShipmentFigures
from ledger.bundle.format import BUNDLE, MAX_RULES
from ledger.bundle.product import ProductFigures
from ledger.bundle.subject import SubjectKind
from ledger.common.figure import json_schema
from ledger.log.cosignature import MAX_WITNESSES
from ledger.log.leaf import LEAF_LENGTH
from ledger.log.signed_note import MAX_NOTE
from ledger.records.schema import HEX32, message_schema, part_schemas
from ledger.records.types import BY_NUMBER, Checkpoint

RECORD_TYPES = {kind.__name__: kind for kind in BY_NUMBER.values() if kind is not Checkpoint}
SUBJECTS = {
    SubjectKind.SHIPMENT: "^shipment/0x[0-9a-f]{64}$",
    SubjectKind.PARTNER: "^partner/[1-9][0-9]{0,12}$",
    SubjectKind.AWARD: "^award/0x[0-9a-f]{64}$",
    SubjectKind.PRODUCT: "^01/[0-9]{14}(/22/[^/]+)?(/10/[^/]+)?(/21/[^/]+)?$",
}
FIGURES = {
    SubjectKind.SHIPMENT: ShipmentFigures,
    SubjectKind.PARTNER: PartnerFigures,
    SubjectKind.AWARD: AwardFigures,
    SubjectKind.PRODUCT: ProductFigures,
}


def schema() -> dict[str, Any]:
    kinds = sorted(RECORD_TYPES.items())
    number = _integer(2**53 - 1)
    frame = {
        "signatures": _list(_hex(65), most=200),
        "index": number,
        "logTime": number,
        "leafHash": HEX32,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lading bundle",
        "description": "See docs/bundle.md. The text must be RFC 8785 canonical JSON, which no schema can say.",
        "anyOf": [{"$ref": f"#/$defs/bundle.{kind}"} for kind in SUBJECTS],
        "$defs": {
            **{f"bundle.{kind}": _bundle(kind, number, [name for name, _ in kinds]) for kind in SUBJECTS},
            **{
                f"record.{name}": _object({"type": {"const": name}, "message": {"$ref": f"#/$defs/{name}"}, **frame})
                for name, _ in kinds
            },
            **{name: message_schema(kind) for name, kind in kinds},
            **part_schemas(),
        },
    }


def _bundle(kind: SubjectKind, number: dict[str, Any], records: list[str]) -> dict[str, Any]:
    subject = {"type": "string", "pattern": SUBJECTS[kind]}
    complete = {"logId": HEX32, "size": number, "subject": subject, "root": HEX32, "signature": _hex(64)}
    return _object(
        {
            "lading": {"const": BUNDLE},
            "subject": subject,
            "origin": {"type": "string", "minLength": 1, "maxLength": 255},
            "checkpoint": {"type": "string", "maxLength": MAX_NOTE},
            "proof": _list(HEX32),
            "records": _list({"anyOf": [{"$ref": f"#/$defs/record.{name}"} for name in records]}, least=1),
            "complete": _object(complete),
            "rules": _list({"type": "string"}, most=MAX_RULES),
            "times": _times(number),
            "figures": json_schema(FIGURES[kind]),
        }
        | _more(kind)
    )


def _more(kind: SubjectKind) -> dict[str, Any]:
    leaf = _object({"leaf": _hex(LEAF_LENGTH), "proof": _list(HEX32)})
    if kind is SubjectKind.AWARD:
        return {"cutoff": _object({"last": leaf, "before": {"anyOf": [{"type": "null"}, leaf]}})}
    return {"last": leaf} if kind in (SubjectKind.SHIPMENT, SubjectKind.PARTNER) else {}


def _times(number: dict[str, Any]) -> dict[str, Any]:
    witnesses = {"anyOf": [{"type": "null"}, _policy()]}
    return _object({"witnesses": witnesses, "checkpoints": _list(_timed(number)), "signature": _hex(64)})


def _policy() -> dict[str, Any]:
    keys = _list({"type": "string"}, least=1, most=MAX_WITNESSES)
    return _object({"threshold": _integer(MAX_WITNESSES, 1), "keys": keys})


def _timed(number: dict[str, Any]) -> dict[str, Any]:
    anchored = _object({"blockNumber": number, "blockTime": number, "transaction": HEX32})
    note = {"type": "string", "maxLength": MAX_NOTE}
    return _object(
        {"checkpoint": note, "consistency": _list(HEX32), "anchored": {"anyOf": [{"type": "null"}, anchored]}}
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], *, least: int = 0, most: int = 0) -> dict[str, Any]:
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items} | bounds | ({"maxItems": most} if most else {})


def _integer(most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _hex(length: int) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^0x[0-9a-f]{{{2 * length}}}$"}
