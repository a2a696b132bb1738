"""Struct hashes computed by the contracts' own library on a chain equal the published vectors and ours."""

import functools
import json
import random
from typing import Any

import pytest
from eth_abi.abi import encode

from ledger.keccak import keccak256
from ledger.records import Record
from ledger.structs import encode_type
from scripts.compile_contracts import CONTRACTS, compile_artifacts
from scripts.generate_solidity import ON_CHAIN
from tests.chain.contracts.harness import Evm, to_abi
from tests.samples import sample
from tests.vectors.test_ours import ALL, signed

VECTORS = [vector for vector in ALL if vector["type"] in {kind.__name__ for kind in ON_CHAIN}]


class Hasher:
    """`RecordHasher`, a contract that does nothing but hash records, on a chain in memory."""

    def __init__(self) -> None:
        names = ("src/Records.sol", "test/RecordHasher.sol")
        artifacts = compile_artifacts({name: (CONTRACTS / name).read_text(encoding="utf-8") for name in names})
        artifact = json.loads(artifacts["RecordHasher.json"])
        self.types = {entry["inputs"][0]["internalType"]: entry["inputs"][0] for entry in artifact["abi"]}
        self.evm = Evm()
        *_, self.address = self.evm.run(None, bytes.fromhex(artifact["bytecode"][2:]))

    def hash(self, record: Record) -> bytes:
        kind = _type(self.types[f"struct {type(record).__name__}"])
        data = keccak256(f"hash({kind})".encode())[:4] + encode([kind], [to_abi(record)])
        return self.evm.call(self.address, data)


@functools.cache
def hasher() -> Hasher:
    return Hasher()


def _type(parameter: Any) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(p) for p in parameter['components'])}){kind[5:]}"


def test_every_record_that_a_contract_takes_is_hashed() -> None:
    assert hasher().types.keys() == {f"struct {kind.__name__}" for kind in ON_CHAIN}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    assert hasher().hash(signed(vector).record) == bytes.fromhex(vector["hashStruct"][2:])


@pytest.mark.parametrize("kind", ON_CHAIN, ids=lambda kind: kind.__name__)
def test_random_records(kind: type[Record]) -> None:
    rng = random.Random(kind.NUMBER)
    cases = [sample(kind, rng, edge=edge, withhold=0.3) for edge in ("least", "most", "", "", "", "")]
    cases += [sample(kind, rng, items=items) for items in (1, 2, 200)]
    for record in cases:
        assert hasher().hash(record) == record.hash_struct()


@pytest.mark.parametrize("kind", ON_CHAIN, ids=lambda kind: kind.__name__)
def test_type_strings_stand_in_the_source(kind: type[Record]) -> None:
    """The compiler evaluates them: no hash is pasted."""
    source = (CONTRACTS / "src" / "Records.sol").read_text(encoding="utf-8")
    assert f'"{encode_type(kind)}"' in source
