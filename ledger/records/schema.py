"""JSON Schema (2020-12) of every structure, derived from its fields: what the API documents and clients validate."""

from typing import Any

from ledger.common.canonical import NUMBER_BITS
from ledger.records.eip712 import Member, Struct, encode_type
from ledger.records.types import PARTS

_DECIMAL = "^(0|[1-9][0-9]*)$"
HEX32 = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}


def message_schema(struct: type[Struct], definitions: str = "#/$defs/") -> dict[str, Any]:
    """The schema of a message; nested structures are references below `definitions`."""
    properties = {member.name: _member(member, definitions) for member in struct.members()}
    return {
        "type": "object",
        "title": struct.__name__,
        "description": _described(struct),
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _described(struct: type[Struct]) -> str:
    """The first paragraph of its docstring; of a structure without one, for which `dataclass` writes its signature,
    the EIP-712 type.
    """
    doc = struct.__doc__ or ""
    return encode_type(struct) if doc.startswith(f"{struct.__name__}(") else doc.split("\n\n")[0].strip()


def part_schemas(definitions: str = "#/$defs/") -> dict[str, Any]:
    """The schemas of all nested structures by name."""
    return {part.__name__: message_schema(part, definitions) for part in PARTS}


def _member(member: Member, definitions: str) -> dict[str, Any]:
    one = _one(member, definitions)
    if member.items is None:
        return one
    items = {"type": "array", "items": one, "minItems": member.items.least, "maxItems": member.items.most}
    return {"anyOf": [items, HEX32]} if member.private else items


def _one(member: Member, definitions: str) -> dict[str, Any]:
    if member.struct:
        reference = {"$ref": definitions + member.struct.__name__}
        return {"anyOf": [reference, HEX32]} if member.private else reference
    kind = member.solidity
    if kind.startswith("uint"):
        bits = int(kind[4:])
        if bits > NUMBER_BITS:
            longest = len(str(2**bits - 1))
            description = f"uint{bits} in decimal"
            return {"type": "string", "pattern": _DECIMAL, "maxLength": longest, "description": description}
        return {"type": "integer", "minimum": 0, "maximum": 2**bits - 1}
    if kind == "bool":
        return {"type": "boolean"}
    if kind == "string":
        return {"type": "string", "maxLength": member.longest}
    length = 20 if kind == "address" else int(kind[5:] or 0)
    return {"type": "string", "pattern": f"^0x[0-9a-f]{{{2 * length}}}$" if length else "^0x([0-9a-f]{2})*$"}
