"""Solidity and Python give every record the same hash: type strings, field order, private parts, lists."""

import json
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from solcx import compile_standard

from ledger.codes import Outcome
from ledger.common.keccak import keccak256
from ledger.records.signing import SignedRecord
from ledger.records.types import RECORDS, Record
from scripts.compile_contracts import CONTRACTS, SETTINGS, SOLC
from scripts.generate_solidity import ON_CHAIN
from tests.chain.contracts.harness import Evm, to_abi
from tests.samples import sample

HASHER = "test/RecordHasher.sol"
VECTORS = Path(__file__).parents[3] / "docs" / "vectors"
LISTED = tuple(kind for kind in ON_CHAIN if any(m.items and not m.private for m in kind.members()))


@cache
def hasher() -> tuple[Evm, bytes, dict[str, Any]]:
    """The deployed `RecordHasher`, and its functions by the record they take."""
    request = {
        "language": "Solidity",
        "sources": {HASHER: {"content": (CONTRACTS / HASHER).read_text(encoding="utf-8")}},
        "settings": SETTINGS | {"outputSelection": {HASHER: {"RecordHasher": ["abi", "evm.bytecode.object"]}}},
    }
    compiled = compile_standard(request, base_path=CONTRACTS, solc_binary=SOLC)["contracts"][HASHER]["RecordHasher"]
    functions = {entry["inputs"][0]["internalType"].removeprefix("struct "): entry for entry in compiled["abi"]}
    evm = Evm()
    *_, address = evm.run(None, bytes.fromhex(compiled["evm"]["bytecode"]["object"]))
    return evm, address, functions


def solidity_hash(record: Record) -> bytes:
    evm, address, functions = hasher()
    kind = tuple_type(functions[type(record).__name__]["inputs"][0])
    return evm.call(address, keccak256(f"hash({kind})".encode())[:4] + encode([kind], [to_abi(record)]))


def tuple_type(parameter: Mapping[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(tuple_type(p) for p in parameter['components'])}){kind[5:]}"


def test_every_record_that_a_contract_takes_is_compared() -> None:
    log_only = {"RecallAnswer", "Amendment", "Endorsement", "Observation", Outcome.__name__}
    assert set(hasher()[2]) == {kind.__name__ for kind in RECORDS} - log_only


@pytest.mark.parametrize("kind", ON_CHAIN, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("edge", ["", "least", "most"])
def test_hashes_agree(kind: type[Record], edge: str) -> None:
    rng = random.Random(kind.__name__ + edge)
    for _ in range(1 if edge else 8):
        record = sample(kind, rng, edge=edge, withhold=0.3)
        assert solidity_hash(record) == record.hash_struct()


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("items", [1, 2, 200])
def test_hashes_of_lists_agree(kind: type[Record], items: int) -> None:
    record = sample(kind, random.Random(items), items=items)
    assert solidity_hash(record) == record.hash_struct()


@pytest.mark.parametrize("file", ["records.json", "lists.json"])
def test_published_vectors_agree(file: str) -> None:
    compared = 0
    for vector in json.loads((VECTORS / file).read_text(encoding="utf-8"))["vectors"]:
        if vector["type"] in hasher()[2]:
            signed = SignedRecord.from_json({name: vector[name] for name in ("type", "message", "signatures")})
            assert "0x" + solidity_hash(signed.record).hex() == vector["hashStruct"], vector["name"]
            compared += 1
    assert compared > 10
