"""Write the contracts' generated sources: `Records.sol` from `ledger.records.types`, `Codes.sol` from `ledger.codes`.

`Records.sol` holds structs, type hashes and struct hashes: on the chain a private part is its 32-byte hash, and so is a
list of private parts; everything else stands as signed. `Codes.sol` holds one library for each code list, so that the
same name in two lists (SEIZED, DESTROYED, RETURN) never stands for the wrong number.
`--check` compares with the committed files and exits 1 when one is stale.
"""

import sys
from enum import IntEnum, IntFlag
from pathlib import Path

from ledger import codes
from ledger.records.eip712 import Member, Struct, encode_type
from ledger.records.types import PARTS, RECORDS, Record

SOURCES = Path(__file__).parent.parent / "contracts" / "src"
ON_CHAIN = tuple(r for r in RECORDS if r.NUMBER not in (13, 14, 15, 16, 23))
"""Every record that some contract takes: not RecallAnswer, Amendment, Endorsement, Observation and Outcome."""
WORDS_AT_ONCE = 10
"""More arguments than this in one abi.encode run into "stack too deep" without via_ir."""
CODE_LISTS: dict[str, type[IntEnum] | type[IntFlag]] = {
    "RegistryActions": codes.RegistryAction,
    "Roles": codes.Role,
    "ContractKinds": codes.ContractKind,
    "Purposes": codes.Purpose,
    "ExceptionBits": codes.ExceptionBit,
    "StatementKinds": codes.StatementKind,
    "Gates": codes.Gate,
    "Regimes": codes.Regime,
    "ClearanceStatuses": codes.ClearanceStatus,
    "HoldCauses": codes.HoldCause,
    "Assurances": codes.Assurance,
    "RevocationReasons": codes.RevocationReason,
    "Hazards": codes.Hazard,
    "RecallActions": codes.RecallAction,
    "Outcomes": codes.Outcome,
    "ShipmentStates": codes.ShipmentState,
}
"""Library to the list that some contract decides on; plural, since an `Outcome` is a record."""
MAX_ITEMS = 200
"""What a record can list at most."""
APPLIED_A_LINE = 50

HEADER = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Generated from ledger/{source}.py by scripts/generate_solidity.py; `make check` compares. Do not edit.
"""
STRUCTS = (
    "// Structures as contracts receive them: a private part is its 32-byte hash, a list of private parts likewise.\n"
)


def main() -> int:
    stale = 0
    for name, source, text in (("Records.sol", "records/types", records()), ("Codes.sol", "codes", code_lists())):
        target = SOURCES / name
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            print(f"{name} is not what ledger/{source}.py says: run `make generate`", file=sys.stderr)
            stale = 1
    return stale


def code_lists() -> str:
    """`Codes.sol`. LAST is the highest code of a list, ALL every bit of a mask."""
    blocks = [HEADER.format(source="codes")]
    for library, codes_of in CODE_LISTS.items():
        members = [(code.name, code.value) for code in codes_of]
        total = ("ALL", sum(v for _, v in members)) if issubclass(codes_of, IntFlag) else ("LAST", members[-1][1])
        lines = [f"    uint8 internal constant {name} = {value};\n" for name, value in (*members, total)]
        if codes_of is codes.Outcome:
            lines.append(_applied_bytes())
        blocks.append(f"/// @notice `{codes_of.__name__}`.\nlibrary {library} {{\n{''.join(lines)}}}\n")
    return "\n".join(blocks)


def _applied_bytes() -> str:
    line = f'        hex"{bytes([codes.Outcome.APPLIED] * APPLIED_A_LINE).hex()}"'
    return (
        "    /// @notice APPLIED as the outcomes of a record that has one.\n"
        f'    bytes internal constant ONE_APPLIED = hex"{codes.Outcome.APPLIED:02x}";\n'
        "    /// @notice APPLIED for as many items as a record can have.\n"
        "    bytes internal constant ALL_APPLIED =\n" + "\n".join([line] * (MAX_ITEMS // APPLIED_A_LINE)) + ";\n"
    )


def records() -> str:
    """`Records.sol`."""
    public_parts = [p for p in PARTS if not p.PRIVATE and p.__name__ != "TaxLine"]
    blocks = [HEADER.format(source="records/types"), STRUCTS]
    blocks += [_struct(kind) for kind in (*public_parts, *ON_CHAIN)]
    blocks.append(
        "/// @notice Type numbers, EIP-712 type hashes and struct hashes of every record that a contract takes."
    )
    blocks.append("library RecordHashes {")
    blocks += [f"    uint8 internal constant {_constant(r)} = {r.NUMBER};" for r in ON_CHAIN]
    for kind in (*public_parts, *ON_CHAIN):
        name = f"{_constant(kind)}_TYPEHASH"
        blocks.append(f'    bytes32 internal constant {name} = keccak256(\n        "{encode_type(kind)}"\n    );')
    blocks += [_hash_function(kind) for kind in ON_CHAIN]
    lists = {m.struct: m for kind in ON_CHAIN for m in kind.members() if m.items and not m.private and m.struct}
    blocks += [_list_function(struct) for struct in lists]
    blocks.append("}")
    return "\n".join(blocks) + "\n"


def _chain_type(member: Member) -> str:
    return "bytes32" if member.private else member.type_name


def _struct(kind: type[Struct]) -> str:
    lines = "".join(f"    {_chain_type(m)} {m.name};\n" for m in kind.members())
    return f"struct {kind.__name__} {{\n{lines}}}\n"


def _constant(kind: type[Struct]) -> str:
    name = kind.__name__
    return "".join(("_" + c if c.isupper() and i else c).upper() for i, c in enumerate(name))


def _word(member: Member, of: str) -> str:
    path = f"{of}.{member.name}"
    if member.private:
        return path
    if member.items:
        return f"hash({path})"
    return f"keccak256(bytes({path}))" if member.solidity == "string" else path


def _is_static(kind: type[Struct]) -> bool:
    return all(m.private or not (m.items or m.struct or m.solidity in ("string", "bytes")) for m in kind.members())


def _encode(kind: type[Struct], of: str, indent: str) -> str:
    if _is_static(kind):
        # A struct of whole words is encoded as its fields one after the other, and that is 200 gas cheaper a list item.
        return f"abi.encode({_constant(kind)}_TYPEHASH, {of})"
    words = [f"{_constant(kind)}_TYPEHASH", *(_word(m, of) for m in kind.members())]
    groups = [words[i : i + WORDS_AT_ONCE] for i in range(0, len(words), WORDS_AT_ONCE)]
    if len(groups) == 1:
        return f"abi.encode({', '.join(groups[0])})"
    inner = f",\n{indent}    ".join(f"abi.encode({', '.join(g)})" for g in groups)
    return f"bytes.concat(\n{indent}    {inner}\n{indent})"


def _hash_function(kind: type[Record]) -> str:
    return (
        f"\n    function hash({kind.__name__} calldata r) internal pure returns (bytes32) {{\n"
        f"        return keccak256({_encode(kind, 'r', '        ')});\n    }}"
    )


def _list_function(struct: type[Struct]) -> str:
    return (
        f"\n    function hash({struct.__name__}[] calldata list) internal pure returns (bytes32) {{\n"
        f'        if (list.length == 0) return keccak256("");\n'
        f"        bytes32[] memory hashes = new bytes32[](list.length);\n"
        f"        for (uint256 i = 0; i < list.length; ++i) {{\n"
        f"            {struct.__name__} calldata r = list[i];\n"
        f"            hashes[i] = keccak256({_encode(struct, 'r', '            ')});\n"
        f"        }}\n"
        f"        return keccak256(abi.encodePacked(hashes));\n    }}"
    )


if __name__ == "__main__":
    sys.exit(main())
