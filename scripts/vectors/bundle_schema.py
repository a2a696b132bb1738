"""The JSON Schema (2020-12) of a bundle: its frame, every record type, and the figures of each kind of subject."""

from typing import Any

from ledger.bonuses.award_file import AwardFile
from ledger.bundle.figures import CardChoice, JudgedStatement
from ledger.bundle.format import BUNDLE, MAX_RULES
from ledger.bundle.subject import SubjectKind
from ledger.bundle.undisclosed import WithheldPart
from ledger.common.canonical import NUMBER_BITS
from ledger.common.figure import json_schema
from ledger.log.signed_note import MAX_NOTE
from ledger.records.schema import HEX32, message_schema, part_schemas
from ledger.records.types import BY_NUMBER, Checkpoint
from ledger.scores.composite import Scorecard

RECORD_TYPES = {kind.__name__: kind for kind in BY_NUMBER.values() if kind is not Checkpoint}
SUBJECTS = {
    SubjectKind.SHIPMENT: "^shipment/0x[0-9a-f]{64}$",
    SubjectKind.PARTNER: "^partner/[1-9][0-9]{0,12}$",
    SubjectKind.AWARD: "^award/0x[0-9a-f]{64}$",
}
LONGEST_INTEGER = 160
"""Digits: no figure is wider than a product of an amount and a squared time, and those have fewer."""


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
            "figure.statement": json_schema(JudgedStatement),
            "figure.scorecard": json_schema(Scorecard),
            "figure.award": json_schema(AwardFile),
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
            "figures": _object(_figures(kind)),
        }
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def _figures(kind: SubjectKind) -> dict[str, Any]:
    statements = _list({"$ref": "#/$defs/figure.statement"}) | ({"maxItems": 1} if kind is SubjectKind.SHIPMENT else {})
    withheld = json_schema(WithheldPart)
    scores = {
        "period": _period(),
        "card": HEX32,
        "adopted_since": _or_null(TIME),
        "cards": _list({"$ref": "#/$defs/figure.scorecard"}),
    }
    of: dict[SubjectKind, dict[str, Any]] = {
        SubjectKind.SHIPMENT: {"penalties": _object({"statements": statements})},
        SubjectKind.PARTNER: {
            "penalties": _object({"statements": statements}),
            "scores": _object(scores),
            "withheld": _list(withheld),
        },
        SubjectKind.AWARD: {
            "award": {"$ref": "#/$defs/figure.award"},
            "card": _object({"hash": HEX32, "chosen_by": _one_of(*CardChoice)}),
            "withheld": _list(withheld),
        },
    }
    return of[kind]


def _period() -> dict[str, Any]:
    return _object({"start": TIME, "end": TIME, "at": TIME})


# --- pieces ----------------------------------------------------------------------------------------------------------


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


def _or_null(one: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "null"}]}


def _one_of(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"const": name} for name in names]}


TIME = _integer(2**42)
"""Seconds, or a second in UTC: sums of 40-bit times."""
COUNT = _integer(2**NUMBER_BITS - 1)
