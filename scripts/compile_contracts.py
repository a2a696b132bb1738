"""Compile contracts/src into ledger/chain/artifacts, one JSON file for each contract that can be deployed.

    python -m scripts.compile_contracts           writes the artifacts
    python -m scripts.compile_contracts --check   writes nothing; exit status 1 and a list if they differ

The artifacts are committed, so running Lading needs no compiler. The same sources give the same bytes on every
machine: the compiler is pinned in contracts/package-lock.json and no metadata is appended to the bytecode. The settings
are those of contracts/foundry.toml, so forge tests what is deployed.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from solcx import compile_standard
from solcx.exceptions import SolcError

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
SOLC = ROOT / "scripts" / "solc"
ARTIFACTS = ROOT / "ledger" / "chain" / "artifacts"

# EIP-170. From 90 % on there is a warning: the next feature may not fit.
MAX_DEPLOYED_BYTES = 24_576
NEAR_MAX_DEPLOYED_BYTES = MAX_DEPLOYED_BYTES * 9 // 10

SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": False,
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
}
OUTPUT = [
    "abi",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]


class CompilationFailed(Exception):
    """The sources do not compile, or compile to something that cannot be deployed."""


def read_sources() -> dict[str, str]:
    """Every file of contracts/src by its path below contracts/, the name forge gives it too."""
    return {
        path.relative_to(CONTRACTS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((CONTRACTS / "src").rglob("*.sol"))
    }


def compile_artifacts(sources: dict[str, str]) -> dict[str, str]:
    """Artifact file name to its text. Compiler warnings go to stderr; raises CompilationFailed."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": SETTINGS | {"outputSelection": {name: {"*": OUTPUT, "": ["ast"]} for name in sources}},
    }
    try:
        answer = compile_standard(request, base_path=CONTRACTS, solc_binary=SOLC, allow_empty=True)
    except SolcError as error:
        raise CompilationFailed(_errors_of(error)) from error
    for message in answer.get("errors", []):
        # What the compiler thinks of libraries is not ours to mend; forge leaves it out too.
        if not message.get("sourceLocation", {}).get("file", "").startswith("node_modules/"):
            print(message["formattedMessage"], file=sys.stderr)

    artifacts: dict[str, str] = {}
    for unit, contracts in answer.get("contracts", {}).items():
        kinds = {
            node["name"]: node["contractKind"]
            for node in answer["sources"][unit]["ast"]["nodes"]
            if node["nodeType"] == "ContractDefinition"
        }
        for name, compiled in contracts.items():
            # Interfaces and abstract contracts have no code; libraries are internal, compiled into their users.
            if kinds[name] != "contract" or not compiled["evm"]["bytecode"]["object"]:
                continue
            if f"{name}.json" in artifacts:
                raise CompilationFailed(f"{unit}: a contract named {name} exists in another file too")
            artifacts[f"{name}.json"] = _artifact(unit, name, compiled)
    return artifacts


def _artifact(unit: str, name: str, compiled: dict[str, Any]) -> str:
    code, deployed = compiled["evm"]["bytecode"], compiled["evm"]["deployedBytecode"]
    if code["linkReferences"]:
        libraries = sorted(library for file in code["linkReferences"].values() for library in file)
        raise CompilationFailed(f"{unit}: {name} needs linked libraries ({', '.join(libraries)}); make them internal")
    size = len(deployed["object"]) // 2
    if size > MAX_DEPLOYED_BYTES:
        raise CompilationFailed(f"{unit}: {name} is {size:,} bytes when deployed; the limit is {MAX_DEPLOYED_BYTES:,}")
    if size > NEAR_MAX_DEPLOYED_BYTES:
        print(f"warning: {name} is {size:,} of at most {MAX_DEPLOYED_BYTES:,} bytes when deployed", file=sys.stderr)
    artifact = {
        "contractName": name,
        "sourceName": unit,
        "abi": compiled["abi"],
        "bytecode": "0x" + code["object"],
        "deployedBytecode": "0x" + deployed["object"],
        # Where a deployed contract's code holds its immutable values instead of the zeros here: [{start, length}].
        "immutableReferences": sorted(
            (place for places in deployed["immutableReferences"].values() for place in places),
            key=lambda place: place["start"],
        ),
    }
    return json.dumps(artifact, indent=1, sort_keys=True) + "\n"


def _errors_of(error: SolcError) -> str:
    try:
        messages = json.loads(error.stdout_data or "")["errors"]
    except (ValueError, KeyError):
        return (error.stderr_data or str(error)).strip()
    return "\n".join(message["formattedMessage"] for message in messages if message["severity"] == "error")


def cached_artifacts(sources: dict[str, str]) -> dict[str, str]:
    """What compile_artifacts gives, remembered below contracts/cache for as long as nothing that matters changes."""
    inputs = [
        json.dumps(sources, sort_keys=True),
        (CONTRACTS / "package-lock.json").read_text(encoding="utf-8"),
        SOLC.read_text(encoding="utf-8"),
        Path(__file__).read_text(encoding="utf-8"),
    ]
    key = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    cache = CONTRACTS / "cache" / "artifacts.json"
    try:
        known = json.loads(cache.read_text(encoding="utf-8"))
        if known["key"] == key:
            return dict(known["artifacts"])
    except (OSError, ValueError, KeyError):
        pass  # no cache, or not one of ours: compile
    artifacts = compile_artifacts(sources)
    cache.parent.mkdir(exist_ok=True)
    cache.write_text(json.dumps({"key": key, "artifacts": artifacts}), encoding="utf-8")
    return artifacts


def committed_artifacts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(ARTIFACTS.glob("*.json"))}


def differences(artifacts: dict[str, str], committed: dict[str, str]) -> list[str]:
    """One line for each committed artifact that is not what the sources compile to; empty if all are current."""
    lines = []
    for name in sorted(artifacts.keys() | committed.keys()):
        if name not in committed:
            lines.append(f"{name}: missing")
        elif name not in artifacts:
            lines.append(f"{name}: no such contract in contracts/src")
        elif artifacts[name] != committed[name]:
            lines.append(f"{name}: {_what_differs(artifacts[name], committed[name])}")
    return lines


def _what_differs(expected: str, found: str) -> str:
    try:
        new, old = json.loads(expected), json.loads(found)
    except ValueError:
        return "is not JSON"
    keys = [key for key in sorted(new.keys() | old.keys()) if new.get(key) != old.get(key)]
    return f"differs in {', '.join(keys)}" if keys else "differs in its formatting"


def write(artifacts: dict[str, str]) -> list[str]:
    """Make the artifacts folder hold exactly these; the lines say what was written or removed."""
    ARTIFACTS.mkdir(exist_ok=True)
    lines = []
    for path in sorted(ARTIFACTS.glob("*.json")):
        if path.name not in artifacts:
            path.unlink()
            lines.append(f"removed {path.relative_to(ROOT)}")
    for name, text in sorted(artifacts.items()):
        path = ARTIFACTS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            lines.append(f"wrote {path.relative_to(ROOT)}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: written, or current; 1: compile errors, or not current."""
    parser = argparse.ArgumentParser(prog="compile_contracts", description="Compile contracts/src.")
    parser.add_argument("--check", action="store_true", help="compare with the committed artifacts, write nothing")
    options = parser.parse_args(arguments)
    try:
        artifacts = cached_artifacts(read_sources())
    except CompilationFailed as error:
        print(f"contracts/src does not compile:\n{error}", file=sys.stderr)
        return 1
    if not options.check:
        print("\n".join([*write(artifacts), f"{len(artifacts)} contracts compiled"]))
        return 0
    if stale := differences(artifacts, committed_artifacts()):
        print("ledger/chain/artifacts is not what contracts/src compiles to; run make contracts:", file=sys.stderr)
        print("\n".join(f"  {line}" for line in stale), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
