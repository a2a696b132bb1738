"""The published vectors hold by eth_account, hashlib and cryptography alone: nothing of Lading is used here.

What this file does is what a stranger's client has to do; `docs/records.md` says it in words.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from eth_abi.abi import encode as abi_encode
from eth_account import Account
from eth_account._utils.encode_typed_data.encoding_and_hashing import hash_domain, hash_struct
from eth_account.messages import encode_defunct
from eth_utils import keccak

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


RECORDS, LISTS, LOG, DERIVED, STRUCTURES = map(load, ("records", "lists", "log", "derived", "structures"))
SPACE = "lading/vectors/v1/"
PRIVATE = {entry["name"] for entry in STRUCTURES["structures"] if entry.get("private")}
BY_NAME = {vector["name"]: vector for vector in RECORDS["vectors"]}
each_vector = pytest.mark.parametrize(
    "vector", [*RECORDS["vectors"], *LISTS["vectors"]], ids=lambda vector: vector["name"]
)


def raw(text: str) -> bytes:
    assert re.fullmatch("0x(?:[0-9a-f]{2})*", text)
    return bytes.fromhex(text[2:])


def secret(name: str) -> bytes:
    return hashlib.sha256(f"{SPACE}key/{name}".encode()).digest()


def types_of(encode_type: str) -> dict[str, list[dict[str, str]]]:
    """The `types` of eth_signTypedData from an encodeType string."""
    return {
        name: [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
        for name, fields in re.findall(r"([A-Za-z]+)\(([^()]*)\)", encode_type)
    }


def struct_hash(name: str, types: dict[str, list[dict[str, str]]], value: dict[str, Any]) -> bytes:
    """hashStruct by eth_account, where a withheld part (a string in place of an object) stands for its own hash.

    eth_account does not know withheld parts. Structures without any are hashed by it alone; around a withheld part the
    words are put together here, as EIP-712 defines encodeData.
    """
    if not has_withheld(name, types, value):
        return bytes(hash_struct(name, types, value))
    order = [name, *sorted(referred(name, types))]
    encode_type = "".join(f"{n}({','.join(f['type'] + ' ' + f['name'] for f in types[n])})" for n in order)
    words = [keccak(text=encode_type)]
    for field in types[name]:
        content, kind = value[field["name"]], field["type"].removesuffix("[]")
        if kind not in types:
            # One word by eth_account: the hash of a structure with this one field.
            words.append(atomic_word(field["type"], content))
        elif isinstance(content, str):
            words.append(raw(content))
        elif field["type"].endswith("[]"):
            words.append(
                keccak(b"".join(raw(c) if isinstance(c, str) else struct_hash(kind, types, c) for c in content))
            )
        else:
            words.append(struct_hash(kind, types, content))
    return keccak(b"".join(words))


def atomic_word(kind: str, value: Any) -> bytes:
    if kind == "string":
        return keccak(text=value)
    if kind.startswith("bytes"):
        return raw(value).ljust(32, b"\0")
    if kind == "address":
        return raw(value).rjust(32, b"\0")
    return int(value).to_bytes(32, "big")


def referred(name: str, types: dict[str, Any], found: frozenset[str] = frozenset()) -> frozenset[str]:
    for field in types[name]:
        kind = field["type"].removesuffix("[]")
        if kind in types and kind not in found:
            found = referred(kind, types, found | {kind})
    return found


def has_withheld(name: str, types: dict[str, Any], value: dict[str, Any]) -> bool:
    for field in types[name]:
        content, kind = value[field["name"]], field["type"].removesuffix("[]")
        if kind not in types:
            continue
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, str):
                assert kind in PRIVATE, "only private parts are withheld"
                return True
            if has_withheld(kind, types, part):
                return True
    return False


@each_vector
def test_ids(vector: dict[str, Any]) -> None:
    types = types_of(vector["encodeType"])
    struct = struct_hash(vector["type"], types, vector["message"])
    assert keccak(text=vector["encodeType"]) == raw(vector["typeHash"])
    assert struct == raw(vector["hashStruct"])
    domain = RECORDS["domains"][vector["domain"]]["domain"]
    assert keccak(b"\x19\x01" + hash_domain(domain) + struct) == raw(vector["id"])


@each_vector
def test_signatures(vector: dict[str, Any]) -> None:
    assert len(vector["signatures"]) == len(vector["signers"])
    for name, signature in zip(vector["signers"], vector["signatures"], strict=True):
        data = raw(signature)
        address = Account.from_key(secret(name)).address
        assert Account._recover_hash(raw(vector["id"]), signature=data) == address
        assert bytes(Account.unsafe_sign_hash(raw(vector["id"]), secret(name)).signature) == data  # RFC 6979
        assert len(data) == 65
        assert data[64] in (27, 28)
    whole = b"".join(map(raw, vector["signatures"]))
    assert hashlib.sha256(whole).digest() == raw(vector["signaturesHash"])


@each_vector
def test_leaves(vector: dict[str, Any]) -> None:
    if vector["type"] == "Checkpoint":
        assert "leaf" not in vector
        return
    leaf = (
        bytes([1, vector["number"]])
        + raw(vector["id"])
        + raw(vector["signaturesHash"])
        + vector["logTime"].to_bytes(8, "big")
    )
    assert leaf == raw(vector["leaf"])
    assert len(leaf) == 74
    assert hashlib.sha256(b"\0" + leaf).digest() == raw(vector["leafHash"])


def test_every_record_type_has_a_vector() -> None:
    numbers = {entry["number"]: entry["name"] for entry in STRUCTURES["structures"] if "number" in entry}
    assert {vector["number"]: vector["type"] for vector in RECORDS["vectors"]} == numbers
    assert sorted(numbers) == list(range(1, 24))
    assert {vector["domain"] for vector in RECORDS["vectors"]} == {"evidence", "money"}


def test_lists_of_1_2_and_200() -> None:
    found: dict[tuple[str, str], set[int]] = {}
    for vector in LISTS["vectors"]:
        for name, value in vector["message"].items():
            if isinstance(value, list):
                found.setdefault((vector["type"], name), set()).add(len(value))
    assert found == {
        ("ShipmentTerms", "parents"): {1, 2, 200},
        ("ShipmentTerms", "contents"): {1, 2, 200},
        ("ShipmentTerms", "requires"): {1, 2, 4},
        ("Handoff", "items"): {1, 2, 200},
        ("Split", "children"): {1, 2, 200},
        ("Clearance", "items"): {1, 2, 200},
        ("BonusAgreement", "parties"): {1, 2, 200},
    }


def test_structures() -> None:
    for entry in STRUCTURES["structures"]:
        assert keccak(text=entry["encodeType"]) == raw(entry["typeHash"])
        assert entry["encodeType"].startswith(entry["name"] + "(")
    for vector in (*RECORDS["vectors"], *LISTS["vectors"]):
        entry = next(e for e in STRUCTURES["structures"] if e["name"] == vector["type"])
        assert (entry["encodeType"], entry["number"]) == (vector["encodeType"], vector["number"])
        assert entry["money"] is (vector["domain"] == "money")


def test_domains() -> None:
    for file in (RECORDS, LISTS):
        for entry in file["domains"].values():
            assert bytes(hash_domain(entry["domain"])) == raw(entry["separator"])
    assert "chainId" not in RECORDS["domains"]["evidence"]["domain"]
    assert {"chainId", "verifyingContract"} < RECORDS["domains"]["money"]["domain"].keys()


def test_keys_follow_from_their_names() -> None:
    keys = {name: entry for name, entry in RECORDS["keys"].items() if isinstance(entry, dict)}
    assert {signer for vector in RECORDS["vectors"] for signer in vector["signers"]} <= keys.keys()
    for name, entry in keys.items():
        assert raw(entry["secret"]) == secret(name)
        assert Account.from_key(secret(name)).address == entry["address"]


def test_withholding_changes_neither_id_nor_signatures() -> None:
    withheld = [vector for vector in RECORDS["vectors"] if "opened" in vector]
    assert len(withheld) >= 2
    for vector in withheld:
        opened = BY_NAME[vector["opened"]]
        assert vector["message"] != opened["message"]
        for name in ("id", "hashStruct", "signatures", "typeHash", "leaf", "leafHash"):
            assert vector[name] == opened[name]
        types = types_of(vector["encodeType"])
        for field in types[vector["type"]]:
            part, whole = vector["message"][field["name"]], opened["message"][field["name"]]
            kind = field["type"].removesuffix("[]")
            if part == whole:
                continue
            if field["type"].endswith("[]"):
                assert raw(part) == keccak(b"".join(bytes(hash_struct(kind, types, entry)) for entry in whole))
            else:
                assert raw(part) == bytes(hash_struct(kind, types, whole))


# --- the log ---------------------------------------------------------------------------------------------------------


def tree(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, from its definition."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\1" + tree(hashes[:k]) + tree(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*path(m, hashes[:k]), tree(hashes[k:])]
    return [*path(m - k, hashes[k:]), tree(hashes[:k])]


def subproof(m: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1."""
    if m == len(hashes):
        return [] if whole else [tree(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m <= k:
        return [*subproof(m, hashes[:k], whole), tree(hashes[k:])]
    return [*subproof(m - k, hashes[k:], False), tree(hashes[:k])]


LEAVES = [raw(entry["hash"]) for entry in LOG["leaves"]]
PUBLIC = Ed25519PublicKey.from_public_bytes(raw(LOG["publicKey"]))


def test_the_log_holds_the_records() -> None:
    logged = [vector for vector in RECORDS["vectors"] if "leaf" in vector and "opened" not in vector]
    assert [(v["name"], v["leaf"], v["leafHash"]) for v in logged] == [
        (entry["vector"], entry["leaf"], entry["hash"]) for entry in LOG["leaves"]
    ]
    times = [vector["logTime"] for vector in logged]
    assert times == sorted(times)
    assert (LOG["size"], raw(LOG["root"])) == (len(LEAVES), tree(LEAVES))


def test_log_identity() -> None:
    key = raw(LOG["publicKey"])
    assert raw(LOG["ed25519Seed"]) == secret("log")
    assert Ed25519PrivateKey.from_private_bytes(secret("log")).public_key().public_bytes_raw() == key
    log_id = hashlib.sha256(LOG["origin"].encode() + b"\n\x01" + key).digest()
    assert raw(LOG["logId"]) == log_id
    encoded = base64.b64encode(b"\x01" + key).decode()
    assert LOG["verifierKey"] == f"{LOG['origin']}+{log_id[:4].hex()}+{encoded}"


def test_checkpoints_are_signed_notes() -> None:
    for entry in LOG["checkpoints"]:
        assert raw(entry["root"]) == tree(LEAVES[: entry["size"]])
        text = f"{LOG['origin']}\n{entry['size']}\n{base64.b64encode(raw(entry['root'])).decode()}\n"
        body, signature_line = entry["note"].split("\n\n")
        assert body + "\n" == text
        dash, name, encoded = signature_line.removesuffix("\n").split(" ")
        assert (dash, name) == ("\u2014", LOG["origin"])
        data = base64.b64decode(encoded, validate=True)
        assert data[:4] == raw(LOG["logId"])[:4]
        PUBLIC.verify(data[4:], text.encode())


def test_receipts() -> None:
    for entry in LOG["receipts"]:
        message = (
            b"lading/receipt/v1\0" + raw(LOG["logId"]) + entry["index"].to_bytes(8, "big") + raw(entry["leafHash"])
        )
        assert raw(entry["signed"]) == message
        assert raw(entry["leafHash"]) == LEAVES[entry["index"]]
        PUBLIC.verify(raw(entry["signature"]), message)


def test_complete() -> None:
    entry = LOG["complete"]
    ids = [raw(text) for text in entry["recordIds"]]
    assert ids == sorted(set(ids))
    root = tree([hashlib.sha256(b"\0" + i).digest() for i in ids])
    message = (
        b"lading/complete/v1\0"
        + raw(LOG["logId"])
        + entry["size"].to_bytes(8, "big")
        + hashlib.sha256(entry["subject"].encode()).digest()
        + root
    )
    assert (raw(entry["root"]), raw(entry["signed"])) == (root, message)
    PUBLIC.verify(raw(entry["signature"]), message)


def test_proofs() -> None:
    for entry in LOG["inclusion"]:
        part = LEAVES[: entry["size"]]
        assert raw(entry["leafHash"]) == part[entry["index"]]
        assert [raw(h) for h in entry["proof"]] == path(entry["index"], part)
        assert raw(entry["root"]) == tree(part)
    for entry in LOG["consistency"]:
        part = LEAVES[: entry["size2"]]
        expected = subproof(entry["size1"], part, True) if entry["size1"] else []
        assert [raw(h) for h in entry["proof"]] == expected
        assert (raw(entry["root1"]), raw(entry["root2"])) == (tree(LEAVES[: entry["size1"]]), tree(part))


# --- what follows from records ---------------------------------------------------------------------------------------


def test_child_ids() -> None:
    for entry in DERIVED["childIds"]:
        words = abi_encode(["bytes32", "uint256", "uint256"], [raw(entry["parent"]), entry["sequence"], entry["index"]])
        assert keccak(words) == raw(entry["id"])


def test_sorted_roots() -> None:
    for entry in DERIVED["sortedRoots"]:
        leaves = sorted({raw(item) for item in entry["items"]})
        root = tree([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]) if leaves else bytes(32)
        assert root == raw(entry["root"])


def test_amounts() -> None:
    entry = DERIVED["amounts"]
    kinds = ["bytes32", "uint16", "uint40", "uint128"]
    leaves = [
        abi_encode(kinds, [raw(entry["agreement"]), entry["version"], line["partner"], int(line["amount"])])
        for line in entry["lines"]
    ]
    assert leaves == [raw(line["leaf"]) for line in entry["lines"]]
    assert [line["partner"] for line in entry["lines"]] == sorted(line["partner"] for line in entry["lines"])
    root = tree([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])
    assert root == raw(entry["root"]) == raw(BY_NAME["bonus-award"]["message"]["amounts"])


def test_penalties() -> None:
    for entry in DERIVED["penalties"]:
        start = entry["promisedAt"] + entry["grace"]
        end = min(entry["countedAt"], start + entry["lostAfter"])
        late = max(0, end - start - entry["customsSeconds"])
        assert entry["lateSeconds"] == late
        assert int(entry["amount"]) == min(int(entry["penaltyCap"]), int(entry["alpha"]) * late**2 // 86_400**2)
    amounts = [int(entry["amount"]) for entry in DERIVED["penalties"]]
    assert 0 in amounts
    assert 98_000 in amounts


def test_enrolment() -> None:
    entry = DERIVED["enrolment"]
    document = entry["document"].encode()
    assert (
        json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == document.decode()
    )
    assert hashlib.sha256(document).digest() == raw(entry["sha256"])
    message = encode_defunct(document)
    assert keccak(b"\x19" + message.version + message.header + message.body) == raw(entry["digest"])
    signer = Account.recover_message(message, signature=raw(entry["signature"]))
    assert signer == Account.from_key(secret(entry["key"])).address
    assert raw(json.loads(document)["key"]) == raw(signer.lower())
    for scope, stored in entry["scopes"].items():
        assert raw(stored) == scope.encode().ljust(32, b"\0")
