"""Write what the pages' scripts must know of records: `records.js`, types of `ledger.records.types` and `ledger.codes`,
`limits.js`, how long their texts and lists may be, `fields.js`, how `ledger.explain` calls their fields and codes, and
`countries.js`, those of `ledger.common.iso_codes`.

A page that asked the service for these could be told that one record is another. `--check` compares with the committed
files and exits 1 when one is stale.
"""

import json
import sys
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from ledger import codes
from ledger.common.iso_codes import COUNTRIES
from ledger.common.scopes import ALL_SCOPES, key_covers
from ledger.explain.fields import Kind, field_line, label_of, one_of
from ledger.explain.titles import TITLES
from ledger.explain.units import digits_of
from ledger.explain.words import spaced, word
from ledger.records.coded_fields import CODES
from ledger.records.eip712 import Member, Struct, encode_type
from ledger.records.types import RECORDS, Outcome, RegistryChange
from ledger.registry.keys import DEVICE_SCOPES

STATIC = Path(__file__).parent.parent / "ledger" / "api" / "pages" / "static"
TARGET = STATIC / "verify" / "records.js"
FIELDS = STATIC / "signing" / "fields.js"
LIMITS = STATIC / "bundles" / "limits.js"
COUNTRY_CODES = STATIC / "dock" / "countries.js"
CODE_LISTS = (
    codes.RegistryAction,
    codes.Role,
    codes.ContractKind,
    codes.StatementKind,
    codes.Assurance,
    codes.AmendmentKind,
    codes.RevocationReason,
    codes.RecallAction,
    codes.ExceptionBit,
    codes.Outcome,
    codes.Gate,
    codes.ShipmentState,
)
"""Those that a page decides on."""
HEADER = """// Generated from ledger/records/types.py and ledger/codes.py by scripts/generate_page_types.py; `make
// check` compares. Do not edit. Structures as their EIP-712 type strings, with their type numbers; code lists by name.
"""


LIMITS_HEADER = """// Generated from ledger/records/types.py by scripts/generate_page_types.py; `make check` compares.
// Do not edit. By structure and field: the most bytes of a text, the least and the most entries of a list.
"""
FIELDS_HEADER = """// Generated from ledger/explain by scripts/generate_page_types.py; `make check` compares. Do not
// edit. What people call each field of a structure, how its value is shown (`kind`), and whether a 0 is (`zero`); and
// code lists as words.
"""


COUNTRIES_HEADER = """// Generated from ledger/common/iso_codes.py by scripts/generate_page_types.py; `make check`
// compares. Do not edit. Codes of countries, as places name them.
"""


def main() -> int:
    stale = []
    for target, text in (
        (TARGET, page_types()),
        (LIMITS, page_limits()),
        (FIELDS, page_fields()),
        (COUNTRY_CODES, page_countries()),
    ):
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(target.name)
    if stale:
        print(f"not what the records and codes say: {', '.join(stale)}: run `make generate`", file=sys.stderr)
    return 1 if stale else 0


def page_types() -> str:
    """`records.js`."""
    records = [f'  {kind.__name__}: {{ number: {kind.NUMBER}, type: "{encode_type(kind)}" }},' for kind in RECORDS]
    blocks = [HEADER + "export const RECORDS = {\n" + "\n".join(records) + "\n};"]
    for listed in CODE_LISTS:
        members = ", ".join(f"{code.name}: {code.value}" for code in listed)
        blocks.append(f"export const {listed.__name__} = {{ {members} }};")
    return "\n".join(blocks) + "\n"


def page_limits() -> str:
    """`limits.js`."""
    structs = {struct.__name__: struct for kind in RECORDS for struct in _structs_of(kind)}
    lines = []
    for name, struct in sorted(structs.items()):
        limits = {m.name: [m.items.least, m.items.most] if m.items else m.longest for m in struct.members()}
        if known := {field: limit for field, limit in limits.items() if limit is not None}:
            lines.append(f"  {name}: {_js(known)},")
    return LIMITS_HEADER + _block("LIMITS", lines) + "\n"


def page_fields() -> str:
    """`fields.js`."""
    structs = {struct.__name__: struct for kind in RECORDS for struct in _structs_of(kind)}
    fields = [
        f"  {name}: {_js({m.name: _field(struct, m) for m in struct.members() if m.name != 'salt'})},"
        for name, struct in sorted(structs.items())
    ]
    lists = {known.__name__: known for known in (*CODES.values(), codes.Outcome)}
    words = [f"  {name}: {_js(_words(known))}," for name, known in sorted(lists.items())]
    titles = [f'  {kind.NUMBER}: "{TITLES[kind.__name__]}",' for kind in RECORDS]
    names = ["".join(letters) for letters in product(ascii_uppercase, repeat=3)]
    digits = {name: digits_of(name) for name in names if digits_of(name) != digits_of("")}
    blocks = [
        FIELDS_HEADER + _block("FIELDS", fields),
        "// Words of code lists: by code, or of masks by bit.\n" + _block("WORDS", words),
        "// What people call each record type, by its number.\n" + _block("TITLES", titles),
        f"export const EVERYTHING = {ALL_SCOPES};",
        f"export const DEVICE_SCOPES = {DEVICE_SCOPES};",
        f"export const DEVICE_TYPES = {_js([k.NUMBER for k in RECORDS if key_covers(DEVICE_SCOPES, k.NUMBER)])};",
        f"// Currencies whose minor unit is no hundredth (ISO 4217).\nexport const DIGITS = {_js(digits)};",
    ]
    return "\n".join(blocks) + "\n"


def page_countries() -> str:
    """`countries.js`."""
    codes_in_all = " ".join(sorted(COUNTRIES))
    return COUNTRIES_HEADER + f'export const COUNTRIES = new Set("{codes_in_all}".split(" "));\n'


def _structs_of(kind: type[Struct]) -> Iterable[type[Struct]]:
    yield kind
    for member in kind.members():
        if member.struct is not None:
            yield from _structs_of(member.struct)


def _field(struct: type[Struct], member: Member) -> dict[str, Any]:
    """What `ledger.explain.fields` makes of the field, asked with a value that says something and with one that does
    not."""
    label = label_of(struct, member.name)
    if member.struct is not None:
        return {"label": label} | ({"one": one_of(label)} if member.items is not None else {})
    if known := CODES.get((struct, member.name)):
        return {"label": label, "kind": "mask" if issubclass(known, IntFlag) else "code", "codes": known.__name__}
    if struct is Outcome and member.name == "outcomes":
        return {"label": label, "kind": "code", "codes": codes.Outcome.__name__}
    if struct is RegistryChange and member.name == "scope":
        return {"label": label, "kind": "scope"}
    if member.solidity == "bytes2":
        return {"label": label, "kind": "ascii"}
    if member.name == "scopes":
        return {"label": label, "kind": "scopes"}
    some, nothing = _samples(member)
    line = field_line(struct, member, some, "")
    if line is None:
        raise ValueError(f"{struct.__name__}.{member.name}: {some!r} says nothing")
    number = member.solidity.startswith("uint") and line.kind == Kind.TEXT
    shown = {"label": label, "kind": "bool" if some is True else "number" if number else str(line.kind)}
    return shown | ({"zero": True} if field_line(struct, member, nothing, "") is not None else {})


def _samples(member: Member) -> tuple[object, object]:
    if member.solidity == "bool":
        return True, False
    if member.solidity == "string":
        return "x", ""
    return (1, 0) if member.solidity.startswith("uint") else (b"\1" * 32, bytes(32))


def _words(known: type[IntEnum] | type[IntFlag]) -> dict[int, str]:
    if issubclass(known, IntFlag):
        return {bit.value: spaced(bit.name or "") for bit in known}
    return {code.value: word(known, code) for code in known}


def _block(name: str, lines: Iterable[str]) -> str:
    return f"export const {name} = {{\n" + "\n".join(lines) + "\n};"


def _js(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
