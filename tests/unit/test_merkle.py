"""RFC 9162 trees: public vectors, every small tree, and proofs that were tampered with."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle
from ledger.errors import VerificationFailed

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_bytes()
)
SIZES = range(1, 41)
LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(max(SIZES))]


def decoded(value: str | None) -> bytes:
    return base64.b64decode(value or "")


def hashes(vector: dict[str, Any]) -> list[bytes]:
    return [decoded(value) for value in vector["proof"] or []]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: v["name"])
def test_public_inclusion_vectors(vector: dict[str, Any]) -> None:
    arguments = (
        decoded(vector["leafHash"]),
        vector["leafIdx"],
        vector["treeSize"],
        hashes(vector),
        decoded(vector["root"]),
    )
    if vector["wantErr"]:
        with pytest.raises(VerificationFailed):
            merkle.verify_inclusion(*arguments)
    else:
        merkle.verify_inclusion(*arguments)


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: v["name"])
def test_public_consistency_vectors(vector: dict[str, Any]) -> None:
    arguments = (vector["size1"], vector["size2"], hashes(vector), decoded(vector["root1"]), decoded(vector["root2"]))
    if vector["wantErr"]:
        with pytest.raises(VerificationFailed):
            merkle.verify_consistency(*arguments)
    else:
        merkle.verify_consistency(*arguments)


def test_roots_follow_the_definition() -> None:
    """MTH of section 2.1.1, written down once more by recursion over leaves."""

    def mth(leaves: list[bytes]) -> bytes:
        if not leaves:
            return hashlib.sha256(b"").digest()
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()

    for size in range(max(SIZES) + 1):
        assert merkle.root(LEAVES[:size]) == mth([bytes([i]) for i in range(size)])


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_of_every_small_tree(size: int) -> None:
    leaves = LEAVES[:size]
    root = merkle.root(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        merkle.verify_inclusion(leaves[index], index, size, proof, root)
        for bad_index in {index - 1, index + 1, size, size + index} - {index}:
            with pytest.raises(VerificationFailed):
                merkle.verify_inclusion(leaves[index], bad_index, size, proof, root)
        for i in range(len(proof)):
            altered = [*proof[:i], bytes([proof[i][0] ^ 1]) + proof[i][1:], *proof[i + 1 :]]
            with pytest.raises(VerificationFailed):
                merkle.verify_inclusion(leaves[index], index, size, altered, root)
        for wrong in ([*proof, root], proof[:-1], [root, *proof]):
            if wrong != proof:
                with pytest.raises(VerificationFailed):
                    merkle.verify_inclusion(leaves[index], index, size, wrong, root)


@pytest.mark.parametrize("size2", SIZES)
def test_every_consistency_proof_of_every_small_tree(size2: int) -> None:
    root2 = merkle.root(LEAVES[:size2])
    for size1 in range(size2 + 1):
        root1 = merkle.root(LEAVES[:size1])
        proof = merkle.consistency_proof(LEAVES[:size2], size1)
        merkle.verify_consistency(size1, size2, proof, root1, root2)
        other = hashlib.sha256(root1).digest()
        with pytest.raises(VerificationFailed):
            merkle.verify_consistency(size1, size2, proof, other, root2)
        if size1:
            with pytest.raises(VerificationFailed):
                merkle.verify_consistency(size1, size2, proof, root1, other)
        with pytest.raises(VerificationFailed):
            merkle.verify_consistency(size1, size2, [*proof, root2], root1, root2)
        if proof:
            with pytest.raises(VerificationFailed):
                merkle.verify_consistency(size1, size2, proof[:-1], root1, root2)


@pytest.mark.parametrize(("size1", "size2"), [(-1, 3), (4, 3), (-2, -1)])
def test_impossible_sizes_are_refused(size1: int, size2: int) -> None:
    with pytest.raises(VerificationFailed):
        merkle.verify_consistency(size1, size2, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(VerificationFailed, match="not a hash"):
        merkle.verify_inclusion(bytes(length), 0, 1, [], bytes(length))


def test_a_set_has_one_root_whatever_its_order() -> None:
    items = [bytes([i]) * 32 for i in range(7)]
    assert merkle.sorted_root(reversed(items)) == merkle.sorted_root([*items, items[3]])
    assert merkle.sorted_root(items) == merkle.root([merkle.leaf_hash(item) for item in items])
    assert merkle.sorted_root([]) == bytes(32)
