"""One proof for many leaves of an RFC 9162 tree: the work and the hashes that their paths share are spent once.

The proof is the list of hashes that are missing when the root is computed from the leaves at hand, in the order in
which a walk from the root meets them, left before right: a range without a leaf at hand is one hash, a single leaf at
hand is none, and every other range is split where RFC 9162 splits it. For one leaf these are the hashes of its
inclusion proof.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ledger.common.ids import to_hex
from ledger.errors import VerificationFailed
from ledger.merkle import HASH_LENGTH, RangeRoot, node_hash, split_point

Leaves = Sequence[tuple[int, bytes]]
"""(index, leaf hash), ascending by index, each index once."""


def subset_path(indexes: Sequence[int], size: int, range_root: RangeRoot) -> list[bytes]:
    """The proof of the leaves at `indexes`, ascending, in a tree of `size` leaves.

    `range_root` is asked for complete or right-edge ranges only. Raises `VerificationFailed` for an index outside.
    """
    _check_indexes(indexes, size)

    def walk(start: int, stop: int, low: int, high: int) -> Iterator[bytes]:
        if low == high:
            yield range_root(start, stop)
        elif stop - start > 1:
            middle = start + split_point(stop - start)
            part = bisect_left(indexes, middle, low, high)
            yield from walk(start, middle, low, part)
            yield from walk(middle, stop, part, high)

    return list(walk(0, size, 0, len(indexes)))


def verify_subset(leaves: Leaves, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `VerificationFailed` unless `proof` shows all `leaves` in the tree of `size` leaves under `root`.

    The whole proof must be used up. At most len(leaves) · 63 hashes are computed.
    """
    step = "tree proof"
    indexes = [index for index, _ in leaves]
    _check_indexes(indexes, size)
    if not leaves:
        raise VerificationFailed("no leaf to prove", where=step)
    if any(len(value) != HASH_LENGTH for value in (root, *proof, *(value for _, value in leaves))):
        raise VerificationFailed("not a hash", where=step, expected=f"{HASH_LENGTH} bytes")
    missing = iter(proof)

    def walk(start: int, stop: int, low: int, high: int) -> bytes:
        if low == high:
            try:
                return next(missing)
            except StopIteration:
                raise _wrong_length(step, len(proof)) from None
        if stop - start == 1:
            return leaves[low][1]
        middle = start + split_point(stop - start)
        part = bisect_left(indexes, middle, low, high)
        left = walk(start, middle, low, part)
        return node_hash(left, walk(middle, stop, part, high))

    result = walk(0, size, 0, len(leaves))
    if next(missing, None) is not None:
        raise _wrong_length(step, len(proof))
    if result != root:
        raise VerificationFailed(
            "the proof leads to another root",
            where=step,
            expected=to_hex(root),
            found=to_hex(result),
            mend="A leaf is not where it is said to be, or leaf, proof or checkpoint was altered.",
        )


def _check_indexes(indexes: Sequence[int], size: int) -> None:
    last = -1
    for index in indexes:
        if not last < index < size:
            raise VerificationFailed(
                "no such leaf, or not in order",
                where="tree proof",
                expected=f"after {last}, below {size}",
                found=index,
                mend="The checkpoint may be older than the record.",
            )
        last = index


def _wrong_length(step: str, length: int) -> VerificationFailed:
    return VerificationFailed(
        "the proof has the wrong number of hashes",
        where=step,
        found=f"{length} hashes",
        mend="It was cut, padded, or made for other records or another size.",
    )
