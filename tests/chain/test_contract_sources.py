"""What the contracts' sources promise their readers: documented interfaces, generated codes, files of readable size."""

import re
from enum import IntEnum, IntFlag
from functools import cache
from typing import Any

import pytest
from solcx import compile_standard

from ledger import codes
from scripts.compile_contracts import CONTRACTS, SETTINGS, SOLC, read_sources

SOURCES = CONTRACTS / "src"
INTERFACES = sorted(path.stem for path in SOURCES.glob("I*.sol"))
GENERATED = ("Codes.sol", "Records.sol")
MAX_LINES = 400
CONSTANT = re.compile(r"constant (?P<name>\w+) =\s*(?P<value>[^;]+);")
CODES = {
    code.name
    for codes_of in vars(codes).values()
    if isinstance(codes_of, type) and issubclass(codes_of, IntEnum | IntFlag)
    for code in codes_of
}


@cache
def compiled() -> dict[str, Any]:
    """What the compiler says about the interfaces: their ABI and their documentation."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in read_sources().items()},
        "settings": SETTINGS
        | {"outputSelection": {f"src/{name}.sol": {"*": ["abi", "devdoc", "userdoc"]} for name in INTERFACES}},
    }
    contracts = compile_standard(request, base_path=CONTRACTS, solc_binary=SOLC, allow_empty=True)["contracts"]
    return {name: contracts[f"src/{name}.sol"][name] for name in INTERFACES}


@pytest.mark.parametrize("name", INTERFACES)
def test_every_function_says_what_it_takes_returns_and_refuses(name: str) -> None:
    interface = compiled()[name]
    for entry in interface["abi"]:
        if entry["type"] != "function" or entry["name"] == "eip712Domain":  # OpenZeppelin's
            continue
        where = f"{name}.{entry['name']}"
        signature = f"{entry['name']}({','.join(_type(i) for i in entry['inputs'])})"
        details = interface["devdoc"]["methods"].get(signature, {})
        assert interface["userdoc"]["methods"][signature]["notice"], where
        assert details.get("params", {}).keys() == {i["name"] for i in entry["inputs"]}, where
        assert len(details.get("returns", {})) == len(entry["outputs"]), where
        if entry["stateMutability"] == "nonpayable":
            assert details.get("custom:reverts") or details.get("custom:refuses"), where


def test_every_error_is_explained_and_raised_by_a_function_that_says_so() -> None:
    declared, explained, named = set(), set(), set()
    for interface in compiled().values():
        declared |= {entry["name"] for entry in interface["abi"] if entry["type"] == "error"}
        explained |= {signature.split("(")[0] for signature in interface["userdoc"].get("errors", {})}
        for method in interface["devdoc"]["methods"].values():
            named |= {*method.get("custom:reverts", "").split(), *method.get("custom:refuses", "").split()}
    rfc9162 = set(re.findall(r"error (\w+)\(", (SOURCES / "base" / "Rfc9162.sol").read_text()))
    of_constructors = {
        "EvidenceNoRegistry", "EvidenceOwnPredecessor", "PartnerRegistryNoConsortium", "PartnerRegistryDelayTooLong",
    }  # fmt: skip
    assert declared == explained
    assert declared - of_constructors <= named
    assert named <= declared | rfc9162


def test_an_error_that_a_function_names_is_one_of_its_contract() -> None:
    """`revert X` for every error that an interface declares stands in some source, or X is given as a reason; none is
    left over."""
    text = "".join(path.read_text() for path in SOURCES.rglob("*.sol"))
    raised = set(re.findall(r"revert (\w+)\(", text)) | set(re.findall(r"encodeWithSelector\((\w+)\.", text))
    declared = set(re.findall(r"error (\w+)\(", text))
    assert declared == raised


def test_no_code_is_numbered_by_hand() -> None:
    """A constant that is named after a code takes its number from `Codes.sol`."""
    by_hand = {
        f"{path.name}: {found[0]}"
        for path in SOURCES.rglob("*.sol")
        if path.name not in GENERATED
        for found in CONSTANT.finditer(path.read_text())
        if re.fullmatch(r"(0x)?[0-9a-f]+", found["value"])
        and any(f"_{found['name']}_".endswith(f"_{code}_") for code in CODES)
    }
    assert by_hand == set()


def test_files_stay_readable() -> None:
    lines = {
        path.name: len(path.read_text().splitlines()) for path in SOURCES.rglob("*.sol") if path.name not in GENERATED
    }
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def _type(entry: dict[str, Any]) -> str:
    """The type as a signature spells it: a struct as the tuple of its fields."""
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    return f"({','.join(map(_type, entry['components']))}){entry['type'].removeprefix('tuple')}"
