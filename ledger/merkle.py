"""RFC 9162 Merkle trees over SHA-256: roots, proofs and their verification.

`merkle` names hashes only: a leaf hash is SHA-256(0x00 ‖ leaf), a node SHA-256(0x01 ‖ left ‖ right), the empty tree's
root SHA-256 of nothing. All hashes are 32 bytes. Verifying returns None or raises `VerificationFailed`.

Source: RFC 9162 sections 2.1.1 to 2.1.5.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from ledger.errors import VerificationFailed

HASH_LENGTH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_PROOF = 64
"""Hashes in the longest proof that is looked at: trees have at most 2^63 leaves, plus one for consistency."""

RangeRoot = Callable[[int, int], bytes]
"""The root of the leaves with start ≤ index < stop; what proofs are made from."""


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over `leaf_hashes` in order; the empty tree's for none. Memory grows with the tree's height only."""
    peaks: list[tuple[int, bytes]] = []  # complete subtrees from left to right: leaves under it, root
    for value in leaf_hashes:
        count, result = 1, value
        while peaks and peaks[-1][0] == count:
            result = node_hash(peaks.pop()[1], result)
            count *= 2
        peaks.append((count, result))
    if not peaks:
        return EMPTY_ROOT
    result = peaks.pop()[1]
    while peaks:
        result = node_hash(peaks.pop()[1], result)
    return result


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from leaf `index` to the root over `leaf_hashes`, lowest hash first (PATH of section 2.1.3.1).

    Raises `VerificationFailed` unless 0 ≤ index < size.
    """
    return inclusion_path(index, len(leaf_hashes), _range_root(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int) -> list[bytes]:
    """That the first `size1` of `leaf_hashes` are a prefix of all of them (PROOF of section 2.1.4.1).

    Empty for size1 0 or all. Raises `VerificationFailed` unless 0 ≤ size1 ≤ size.
    """
    return consistency_path(size1, len(leaf_hashes), _range_root(leaf_hashes))


def inclusion_path(index: int, size: int, range_root: RangeRoot) -> list[bytes]:
    """As `inclusion_proof`, over any source of range roots; asks for complete or right-edge ranges only."""
    if not 0 <= index < size:
        raise VerificationFailed("no such leaf in this tree", where="index", expected=f"0 to {size - 1}", found=index)
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + split_point(stop - start)
        if index < middle:
            path.append(range_root(middle, stop))
            stop = middle
        else:
            path.append(range_root(start, middle))
            start = middle
    return path[::-1]


def consistency_path(size1: int, size2: int, range_root: RangeRoot) -> list[bytes]:
    """As `consistency_proof`, over any source of range roots; asks for complete or right-edge ranges only."""
    if not 0 <= size1 <= size2:
        raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {size2}", found=size1)
    if size1 in (0, size2):
        return []
    path: list[bytes] = []
    start, stop = 0, size2
    while stop != size1:
        middle = start + split_point(stop - start)
        if size1 <= middle:
            path.append(range_root(middle, stop))
            stop = middle
        else:
            path.append(range_root(start, middle))
            start = middle
    if start:  # otherwise the old tree is a subtree of the new one, and the verifier has its root
        path.append(range_root(start, stop))
    return path[::-1]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `VerificationFailed` unless `proof` shows `leaf_hash` at `index` of the tree of `size` under `root`.

    Section 2.1.3.2, with the ranges and lengths that its text leaves to the reader: 0 ≤ index < size, hashes of 32
    bytes, the whole proof used up.
    """
    step = "inclusion proof"
    found = root_of_inclusion(leaf_hash, index, size, proof)
    _check_hashes(step, root)
    if found != root:
        raise VerificationFailed(
            "the proof leads to another root",
            where=step,
            expected=f"0x{root.hex()}",
            found=f"0x{found.hex()}",
            mend="The leaf is not at this index of the tree, or leaf, proof or root was altered.",
        )


def root_of_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which `proof` leads from `leaf_hash` at `index` of a tree of `size`: for roots that others signed.

    As `verify_inclusion`; raises `VerificationFailed` for a proof that fits no tree of this size.
    """
    step = "inclusion proof"
    if not 0 <= index < size:
        raise VerificationFailed("no such leaf in this tree", where=step, expected=f"0 to {size - 1}", found=index)
    _check_hashes(step, leaf_hash, *proof[: MAX_PROOF + 1])
    fn, sn, found = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise _wrong_length(step, index, size, proof)
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise _wrong_length(step, index, size, proof)
    return found


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raise `VerificationFailed` unless `proof` shows the tree under `root1` to be a prefix of that under `root2`.

    Section 2.1.4.2. The empty tree is a prefix of every tree, by an empty proof and its own root.
    """
    step = "consistency proof"
    if not 0 <= size1 <= size2:
        raise VerificationFailed("not a smaller tree", where=step, expected=f"0 to {size2}", found=size1)
    _check_hashes(step, root1, root2, *proof[: MAX_PROOF + 1])
    if size1 in (0, size2):
        if proof:
            raise _wrong_length(step, size1, size2, proof)
        if size1 == 0 and root1 != EMPTY_ROOT:
            raise _other_root(step, "old", EMPTY_ROOT, root1)
        if size1 == size2 and root1 != root2:
            raise _other_root(step, "new", root1, root2)
        return
    path = list(proof)
    if size1 & (size1 - 1) == 0:
        path.insert(0, root1)
    if not path:
        raise _wrong_length(step, size1, size2, proof)
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    found1 = found2 = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise _wrong_length(step, size1, size2, proof)
        if fn & 1 or fn == sn:
            found1, found2 = node_hash(sibling, found1), node_hash(sibling, found2)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found2 = node_hash(found2, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise _wrong_length(step, size1, size2, proof)
    if found1 != root1:
        raise _other_root(step, "old", root1, found1)
    if found2 != root2:
        raise _other_root(step, "new", root2, found2)


def sorted_root(items: Iterable[bytes]) -> bytes:
    """The root over `items` as leaves in ascending order, each once; 32 zero bytes for none."""
    leaves = sorted(set(items))
    return root([leaf_hash(leaf) for leaf in leaves]) if leaves else bytes(HASH_LENGTH)


def split_point(size: int) -> int:
    """The largest power of two smaller than `size` (size > 1): where RFC 9162 parts a tree."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(leaf_hashes: Sequence[bytes]) -> RangeRoot:
    @cache
    def of(start: int, stop: int) -> bytes:
        if stop - start == 1:
            return leaf_hashes[start]
        middle = start + split_point(stop - start)
        return node_hash(of(start, middle), of(middle, stop))

    return of


def _check_hashes(step: str, *hashes: bytes) -> None:
    for value in hashes:
        if len(value) != HASH_LENGTH:
            raise VerificationFailed("not a hash", where=step, expected=f"{HASH_LENGTH} bytes", found=len(value))


def _wrong_length(step: str, first: int, size: int, proof: Sequence[bytes]) -> VerificationFailed:
    return VerificationFailed(
        "the proof has the wrong number of hashes",
        where=step,
        expected=f"the length for {first} in {size}",
        found=len(proof),
        mend="The proof was cut, padded, or made for another size.",
    )


def _other_root(step: str, which: str, expected: bytes, found: bytes) -> VerificationFailed:
    return VerificationFailed(
        f"the proof leads to another {which} root",
        where=step,
        expected=f"0x{expected.hex()}",
        found=f"0x{found.hex()}",
        mend="The log was rewritten between the two sizes, or the proof was altered.",
    )
