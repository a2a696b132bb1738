"""The JSON Schema (2020-12) of a bundle: its frame, every record type, and the figures of each kind of subject."""

from typing import Any

from ledger.bundle.figures import AwardFigures, PartnerFigures, ShipmentFigures
from ledger.bundle.format import BUNDLE, MAX_FILES, MAX_RULES
from ledger.bundle.product import ProductFigures
from ledger.bundle.subject import SubjectKind
from ledger.bundle.trace import TraceFigures
from ledger.bundle.whole.ledger import LedgerFigures
from ledger.common.figure import json_schema
from ledger.log.cosignature import MAX_WITNESSES
from ledger.log.leaf import LEAF_LENGTH
from ledger.log.signed_note import MAX_NOTE
from ledger.records.schema import HEX32, message_schema, part_schemas
from ledger.records.types import BY_NUMBER, Checkpoint
from ledger.seals.block import MAX_TRANSACTIONS
from ledger.seals.commit import MOST_ROUND
from ledger.seals.header import HASHES, MAX_CHAIN_ID, MOST_NANOS, MOST_PARTS
from ledger.seals.results import MOST_CODE
from ledger.seals.validators import MAX_VALIDATORS

_BYTES = {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"}
RECORD_TYPES = {kind.__name__: kind for kind in BY_NUMBER.values() if kind is not Checkpoint}
SUBJECTS = {
    SubjectKind.SHIPMENT: "^shipment/0x[0-9a-f]{64}$",
    SubjectKind.PARTNER: "^partner/[1-9][0-9]{0,12}$",
    SubjectKind.AWARD: "^award/0x[0-9a-f]{64}$",
    SubjectKind.PRODUCT: "^01/[0-9]{14}(/22/[^/]+)?(/10/[^/]+)?(/21/[^/]+)?$",
    SubjectKind.TRACE: "^trace/0x[0-9a-f]{64}$",
    SubjectKind.LEDGER: "^ledger(/[1-9][0-9]{0,12})?$",
}
FIGURES = {
    SubjectKind.SHIPMENT: ShipmentFigures,
    SubjectKind.PARTNER: PartnerFigures,
    SubjectKind.AWARD: AwardFigures,
    SubjectKind.PRODUCT: ProductFigures,
    SubjectKind.TRACE: TraceFigures,
    SubjectKind.LEDGER: LedgerFigures,
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
    seals = {} if kind in (SubjectKind.PRODUCT, SubjectKind.TRACE, SubjectKind.LEDGER) else {"seals": _seals(number)}
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
            "rules": _list({"type": "string"}, most=MAX_FILES if kind is SubjectKind.LEDGER else MAX_RULES),
            "times": _times(number),
            "figures": json_schema(FIGURES[kind]),
        }
        | _more(kind),
        optional=seals,
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


def _seals(number: dict[str, Any]) -> dict[str, Any]:
    time = _object({"seconds": number, "nanos": _integer(MOST_NANOS)})
    parts = _object({"total": _integer(MOST_PARTS), "hash": _BYTES})
    hashes = dict.fromkeys(HASHES, _BYTES)
    header = _object(
        {
            "blockVersion": number,
            "appVersion": number,
            "chainId": {"type": "string", "minLength": 1, "maxLength": MAX_CHAIN_ID},
            "height": _integer(2**53 - 1, 1),
            "time": time,
            "lastBlock": _object({"hash": _BYTES, "parts": parts}),
            **hashes,
        }
    )
    vote = {"anyOf": [{"type": "null"}, _object({"time": time, "signature": _hex(64)})]}
    votes = _list(vote, least=1, most=MAX_VALIDATORS)
    commit = _object({"round": _integer(MOST_ROUND), "parts": parts, "votes": votes})
    following = _object({"header": header, "commit": commit})
    result = {"index": number, "code": _integer(MOST_CODE), "data": _BYTES, "gasWanted": number, "gasUsed": number}
    block = {
        "header": header,
        "following": following,
        "size": _integer(MAX_TRANSACTIONS, 1),
        "results": _list(_object(result), least=1),
        "proof": _list(HEX32),
    }
    proof = _object({"slot": _BYTES, "store": _BYTES})
    state = _object({"following": following, "registry": proof, "custody": _list(proof)})
    return _object({"blocks": _list(_object(block)), "state": state})


def _object(properties: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties | (optional or {}),
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
