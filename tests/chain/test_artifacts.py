"""The committed artifacts are what contracts/src compiles to, so running Lading needs no compiler; and what earlier
releases deployed is known."""

import json
import tarfile
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from ledger.chain import keyvalue
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY, RELEASED, TOKEN, artifact
from ledger.chain.embedded import EmbeddedReader
from ledger.services.home.consortium import read_consortium
from scripts import compile_contracts


def test_artifacts_match_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    status = compile_contracts.main(["--check"])
    assert status == 0, capsys.readouterr().err


def test_settings_are_those_that_forge_tests_with() -> None:
    profile = tomllib.loads((compile_contracts.CONTRACTS / "foundry.toml").read_text(encoding="utf-8"))["profile"][
        "default"
    ]
    settings = compile_contracts.SETTINGS
    assert profile["evm_version"] == settings["evmVersion"]
    assert profile["optimizer"] == settings["optimizer"]["enabled"]
    assert profile["optimizer_runs"] == settings["optimizer"]["runs"]
    assert profile["via_ir"] == settings["viaIR"]
    assert profile["bytecode_hash"] == settings["metadata"]["bytecodeHash"]
    assert profile["cbor_metadata"] == settings["metadata"]["appendCBOR"]
    assert profile["remappings"] == settings["remappings"]


HOMES = Path(__file__).parents[1] / "fixtures" / "homes"


@pytest.mark.parametrize("release", sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*.tar.xz")))
def test_contracts_that_a_release_deployed_are_known(release: str, tmp_path: Path) -> None:
    with tarfile.open(HOMES / f"{release}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    keyvalue.upgrade(tmp_path / "home" / "chain.db")
    deployment = read_consortium(tmp_path / "home").deployment
    named = {REGISTRY: deployment.registry} | {CONTRACT_OF_KIND[k]: a for k, a in deployment.contracts.items()}
    named |= {TOKEN: deployment.token or b""}
    with closing(EmbeddedReader(tmp_path / "home" / "chain.db", chain_id=deployment.chain_id)) as chain:
        codes = {name: chain.code(address) for name, address in named.items()}
    released = json.loads((compile_contracts.ARTIFACTS.parent / RELEASED).read_bytes())[release]
    for name, code in codes.items():
        assert name in released
        assert artifact(name).is_deployed_as(code)
        assert not artifact(name).is_deployed_as(code[:-1] + bytes([code[-1] ^ 1]))
        assert not artifact(name).is_deployed_as(code + b"\0")
        others = [other for other in codes if other != name]
        assert not any(artifact(other).is_deployed_as(code) for other in others)


def test_a_contract_compiles_and_its_artifact_loads() -> None:
    source = (
        "pragma solidity ^0.8.28; interface I { function f() external; } contract C is I { function f() external {} }"
    )
    artifacts = compile_contracts.compile_artifacts({"src/C.sol": "// SPDX-License-Identifier: Apache-2.0\n" + source})
    assert list(artifacts) == ["C.json"]
    artifact = json.loads(artifacts["C.json"])
    assert artifact["contractName"] == "C"
    assert [entry["name"] for entry in artifact["abi"]] == ["f"]
    assert bytes.fromhex(artifact["bytecode"][2:]).endswith(bytes.fromhex(artifact["deployedBytecode"][2:]))


def test_a_compile_error_is_shown_as_the_compiler_words_it() -> None:
    with pytest.raises(compile_contracts.CompilationFailed, match=r"ParserError.*\n --> src/C.sol"):
        compile_contracts.compile_artifacts({"src/C.sol": "contract C {"})


def test_what_differs_is_named() -> None:
    committed = {"A.json": '{"abi": []}', "Gone.json": "{}"}
    compiled = {"A.json": '{"abi": [1]}', "New.json": "{}"}
    assert compile_contracts.differences(compiled, committed) == [
        "A.json: differs in abi",
        "Gone.json: no such contract in contracts/src",
        "New.json: missing",
    ]
