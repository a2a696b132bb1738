"""The published proofs down to the seals: ours takes the good and refuses the bad by code; a second reader agrees.

The second reader takes `docs/bundle.md` literally, with hashlib and cryptography alone.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import NotSealed
from ledger.seals.faults import Fault
from scripts.vectors.bundles import patched
from scripts.vectors.seals import check

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "docs" / "vectors" / "seals.json").read_text())
GOOD = {vector["name"]: vector for vector in VECTORS["good"]}
each_good = pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["name"])
each_bad = pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: vector["name"])


@each_good
def test_the_good_hold(vector: dict[str, Any]) -> None:
    assert check(vector) == vector.get("recorded", vector.get("value"))


@each_bad
def test_the_bad_are_refused_by_code(vector: dict[str, Any]) -> None:
    with pytest.raises(NotSealed) as caught:
        check(patched(GOOD[vector["of"]], vector["patch"]))
    assert (caught.value.code, str(caught.value)) == (vector["code"], vector["why"])


def test_every_code_of_these_packages_has_a_bad_vector() -> None:
    of_bundles = {
        Fault.MISSING, Fault.OUTCOME, Fault.TIME, Fault.ANCHOR, Fault.REGISTRY_STATE, Fault.CUSTODY_STATE,
    }  # fmt: skip
    assert {Fault(vector["code"]) for vector in VECTORS["bad"]} == set(Fault) - of_bundles


CAPTURED = json.loads((Path(__file__).parent / "captured_seals.json").read_text())
"""From a real network: what its validators sealed, in the form of the published vectors."""


@pytest.mark.parametrize("vector", CAPTURED["good"], ids=lambda vector: vector["name"])
def test_what_a_real_network_sealed_holds(vector: dict[str, Any]) -> None:
    assert check(vector) == vector.get("recorded", vector.get("value"))


def test_a_refused_transaction_of_a_real_network_proves_nothing() -> None:
    (vector,) = CAPTURED["bad"]
    with pytest.raises(NotSealed) as caught:
        check(vector)
    assert caught.value.code == vector["code"] == Fault.TRANSACTION


@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.drill)])
@pytest.mark.parametrize("part", ["slot", "store"])
@pytest.mark.parametrize("name", ["a delivered shipment", "no shipment", "before all others"])
def test_no_bit_of_a_real_storage_proof_may_be_another(name: str, part: str, stride: int) -> None:
    vector = next(vector for vector in CAPTURED["good"] if vector["name"] == name)
    proof = bytes.fromhex(vector["proof"][part][2:])
    for place in range(0, len(proof), stride):
        altered = bytearray(proof)
        altered[place] ^= 1 << place % 8
        with pytest.raises(NotSealed):
            check(vector | {"proof": vector["proof"] | {part: f"0x{altered.hex()}"}})


# --- the second reader -----------------------------------------------------------------------------------------------


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def number(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + number(value // 128)


def field(tag: int, value: int | bytes) -> bytes:
    """Varint or bytes by their tag; nothing for zero and empty."""
    if not value:
        return b""
    return bytes([tag]) + (number(value) if isinstance(value, int) else number(len(value)) + value)


def message(tag: int, body: bytes) -> bytes:
    return bytes([tag]) + number(len(body)) + body


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 from the leaves themselves."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    middle = 1
    while 2 * middle < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:middle]) + tree(leaves[middle:])).digest()


def time_of(time: dict[str, int]) -> bytes:
    return field(0x08, time["seconds"]) + field(0x10, time["nanos"])


def block_id(name: bytes, parts: dict[str, Any]) -> bytes:
    return field(0x0A, name) + message(0x12, field(0x08, parts["total"]) + field(0x12, raw(parts["hash"])))


def header_hash(header: dict[str, Any]) -> bytes:
    names = (
        "lastCommitHash", "dataHash", "validatorsHash", "nextValidatorsHash", "consensusHash", "appHash",
        "lastResultsHash", "evidenceHash", "proposer",
    )  # fmt: skip
    return tree(
        [
            field(0x08, header["blockVersion"]) + field(0x10, header["appVersion"]),
            field(0x0A, header["chainId"].encode()),
            field(0x08, header["height"]),
            time_of(header["time"]),
            block_id(raw(header["lastBlock"]["hash"]), header["lastBlock"]["parts"]),
            *(field(0x0A, raw(header[name])) for name in names),
        ]
    )


def sealed_power(vector: dict[str, Any], sealed: dict[str, Any]) -> int:
    """The power of the votes under a header; raises InvalidSignature for one that does not hold."""
    header, commit, power = sealed["header"], sealed["commit"], 0
    (serving,) = vector["network"]["sets"]
    encoded = [message(0x0A, field(0x0A, raw(v["key"]))) + field(0x10, v["power"]) for v in serving["validators"]]
    assert tree(encoded) == raw(header["validatorsHash"])
    for validator, vote in zip(serving["validators"], commit["votes"], strict=True):
        body = (
            b"\x08\x02\x11" + header["height"].to_bytes(8, "little")
            + (b"\x19" + commit["round"].to_bytes(8, "little") if commit["round"] else b"")
            + message(0x22, block_id(header_hash(header), commit["parts"]))
            + message(0x2A, time_of(vote["time"]))
            + field(0x32, vector["network"]["chainId"].encode())
        )  # fmt: skip
        key = Ed25519PublicKey.from_public_bytes(raw(validator["key"]))
        key.verify(raw(vote["signature"]), number(len(body)) + body)
        power += validator["power"]
    return power


def test_a_second_reader_finds_a_real_block_sealed() -> None:
    vector = CAPTURED["good"][0]
    assert sealed_power(vector, vector["block"]["following"]) == 40
    assert raw(vector["block"]["following"]["header"]["lastBlock"]["hash"]) == header_hash(vector["block"]["header"])


def test_a_second_reader_finds_the_block_sealed() -> None:
    vector = GOOD["a block with a recorded handoff"]
    block = vector["block"]
    following, (result,) = block["following"], block["results"]
    total = sum(validator["power"] for validator in vector["network"]["sets"][0]["validators"])
    assert 3 * sealed_power(vector, following) > 2 * total
    assert raw(following["header"]["lastBlock"]["hash"]) == header_hash(block["header"])
    leaf = field(0x12, raw(result["data"])) + field(0x28, result["gasWanted"]) + field(0x30, result["gasUsed"])
    left, right, edge = map(raw, block["proof"])  # of five leaves the third: 0 and 1, then 3, then 4
    pair = hashlib.sha256(b"\1" + tree([leaf]) + right).digest()
    four = hashlib.sha256(b"\1" + left + pair).digest()
    assert hashlib.sha256(b"\1" + four + edge).digest() == raw(following["header"]["lastResultsHash"])
    (recorded,) = vector["recorded"]
    assert recorded["time"] == block["header"]["time"]["seconds"]
    for part in ("record", "transaction"):
        assert recorded[part].encode() in raw(result["data"])
    assert raw(recorded["outcomes"]).ljust(32, b"\0") in raw(result["data"])


def parts_of(body: bytes) -> list[tuple[int, Any]]:
    """Tags and values of a message of varints and bytes."""
    found: list[tuple[int, Any]] = []
    at = 0

    def read() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(body):
        tag, value = body[at], 0
        at += 1
        value = read()
        if tag & 7 == 2:
            found.append((tag, body[at : at + value]))
            at += value
        else:
            found.append((tag, value))
    return found


def existence(body: bytes) -> tuple[bytes, bytes, bytes, list[tuple[bytes, bytes]]]:
    """Key, value, root and path of an ExistenceProof."""
    parts = parts_of(body)
    key, value, leaf = (next(v for tag, v in parts if tag == wanted) for wanted in (0x0A, 0x12, 0x1A))
    prefix = dict(parts_of(leaf))[0x2A]
    node = hashlib.sha256(prefix + number(len(key)) + key + b"\x20" + hashlib.sha256(value).digest()).digest()
    path = []
    for step in (v for tag, v in parts if tag == 0x22):
        fields = dict(parts_of(step))
        before, after = fields[0x12], fields.get(0x1A, b"")
        node = hashlib.sha256(before + node + after).digest()
        path.append((before, after))
    return key, value, node, path


@pytest.mark.parametrize("name", [name for name, vector in GOOD.items() if "proof" in vector])
def test_a_second_reader_finds_the_same_in_storage(name: str) -> None:
    vector = GOOD[name]
    header, proof = vector["sealed"]["header"], vector["proof"]
    assert sealed_power(vector, vector["sealed"]) == 9
    ((_, store),) = parts_of(raw(proof["store"]))
    store_name, store_root, app_hash, _ = existence(store)
    assert (store_name, app_hash) == (b"evm", raw(header["appHash"]))
    ((tag, body),) = parts_of(raw(proof["slot"]))
    wanted = b"\2" + raw(vector["contract"]) + raw(vector["slot"])
    if vector["value"] is not None:
        key, value, root, _ = existence(body)
        assert (tag, key, value, root) == (0x0A, wanted, raw(vector["value"]), store_root)
        return
    sides = dict(parts_of(body))
    assert (tag, sides[0x0A]) == (0x12, wanted)
    for side, smaller in ((0x12, True), (0x1A, False)):
        if side in sides:
            key, _, root, path = existence(sides[side])
            assert root == store_root
            assert (key < wanted) == smaller
            alone = len(sides) == 2
            # At the edge of the tree: what stands beyond is before the left side, behind the right one.
            assert not alone or all(bool(after) != smaller for _, after in path)
