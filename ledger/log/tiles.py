"""C2SP tlog-tiles as coordinates: which tiles a tree has, what they are called, and proofs read from them.

A tile of level L and index N holds up to 256 consecutive hashes, hash i being the root of the leaves with
(256·N + i)·256^L ≤ index < (256·N + i + 1)·256^L. Only the rightmost tile of a level may be partial.

Source: C2SP tlog-tiles, sections "Merkle Tree" and "Log entries".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256

from ledger.errors import VerificationFailed
from ledger.log.leaf import LEAF_LENGTH
from ledger.log.multi_proof import subset_path
from ledger.merkle import EMPTY_ROOT, HASH_LENGTH, consistency_path, inclusion_path, node_hash, split_point

WIDTH = 256
HEIGHT = 8
ENTRY_LENGTH = 2 + LEAF_LENGTH
"""Bytes of a leaf in an entry bundle."""
KEPT_FOLDS = 2_048
"""Roots of parts of tiles that proofs asked for last: 8 a tile, with 1 KiB on average."""
_ENTRY_PREFIX = LEAF_LENGTH.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes (256: full) at `level`; level 0 holds leaf hashes."""

    level: int
    index: int
    width: int

    def path(self) -> str:
        return f"tile/{self.level}/{_index_path(self.index)}{_suffix(self.width)}"

    def entries_path(self) -> str:
        """The bundle with the leaves of a level 0 tile."""
        return f"tile/entries/{_index_path(self.index)}{_suffix(self.width)}"


ReadTile = Callable[[Tile], bytes]
"""The bytes of a tile, `width` · 32 of them; it may raise `NotFound`."""


def partial_tiles(size: int) -> Iterator[Tile]:
    """The tiles of a tree of `size` that are not full, lower levels first."""
    level = 0
    while (count := size >> (HEIGHT * level)) > 0:
        index, width = divmod(count, WIDTH)
        if width:
            yield Tile(level, index, width)
        level += 1


def tile_of(level: int, index: int, size: int) -> Tile:
    """Tile (level, index) as a tree of `size` has it, full or partial; raises `VerificationFailed` if it has none."""
    width = min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH)
    if index < 0 or width <= 0:
        raise VerificationFailed("no such tile in a tree of this size", where=f"tile/{level}/{index}", expected=size)
    return Tile(level, index, width)


def encode_entries(leaves: list[bytes]) -> bytes:
    """An entry bundle: each leaf behind its length in two bytes, big-endian."""
    return b"".join(_ENTRY_PREFIX + leaf for leaf in leaves)


def decode_entries(data: bytes) -> list[bytes]:
    """The leaves of a bundle; raises `VerificationFailed` unless it is a whole number of 74-byte entries."""
    step = ENTRY_LENGTH
    chunks = [data[i : i + step] for i in range(0, len(data), step)]
    if len(data) % step or any(chunk[:2] != _ENTRY_PREFIX for chunk in chunks):
        raise VerificationFailed("not an entry bundle", where="entries", expected=f"entries of {LEAF_LENGTH} bytes")
    return [chunk[2:] for chunk in chunks]


class TileTree:
    """A tree of `size` leaves, read through tiles: roots and proofs at the cost of a few tiles each.

    Raises what `read` raises, and `VerificationFailed` for a tile of another length.
    """

    def __init__(self, size: int, read: ReadTile) -> None:
        self.size = size
        self._read = read
        self._at_hand: dict[int, tuple[Tile, bytes]] = {}  # the tile last read at each level

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all by default."""
        wanted = self.size if size is None else size
        if not 0 <= wanted <= self.size:
            raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {self.size}", found=wanted)
        return self._range(0, wanted) if wanted else EMPTY_ROOT

    def peaks(self, size: int) -> list[tuple[int, bytes]]:
        """The complete subtrees of which the first `size` leaves consist, from left to right: leaves under it, root."""
        result: list[tuple[int, bytes]] = []
        start = 0
        while start < size:
            height = (size - start).bit_length() - 1
            result.append((1 << height, self._subtree(height, start)))
            start += 1 << height
        return result

    def leaf_hash(self, index: int) -> bytes:
        if not 0 <= index < self.size:
            raise VerificationFailed(
                "no such leaf in this tree", where="index", expected=f"0 to {self.size - 1}", found=index
            )
        return self._range(index, index + 1)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof for leaf `index` in the tree of the first `size` leaves."""
        wanted = self.size if size is None else size
        if wanted > self.size:
            raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {self.size}", found=wanted)
        return inclusion_path(index, wanted, self._range)

    def inclusion_proofs(self, indexes: Iterable[int], size: int | None = None) -> dict[int, list[bytes]]:
        """As `inclusion_proof`, of each of `indexes`; what their paths have in common is made once."""
        wanted = self.size if size is None else size
        if wanted > self.size:
            raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {self.size}", found=wanted)
        known = cache(self._range)
        return {index: inclusion_path(index, wanted, known) for index in sorted(indexes)}

    def consistency_proof(self, size1: int, size2: int | None = None) -> list[bytes]:
        """The proof that the first `size1` leaves are a prefix of the first `size2`."""
        wanted = self.size if size2 is None else size2
        if wanted > self.size:
            raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {self.size}", found=wanted)
        return consistency_path(size1, wanted, self._range)

    def subset_proof(self, indexes: Sequence[int], size: int | None = None) -> list[bytes]:
        """One proof for the leaves at `indexes`, ascending; see `ledger.log.multi_proof`."""
        wanted = self.size if size is None else size
        if wanted > self.size:
            raise VerificationFailed("not a smaller tree", where="size", expected=f"0 to {self.size}", found=wanted)
        return subset_path(indexes, wanted, self._range)

    def _range(self, start: int, stop: int) -> bytes:
        """Root of the leaves from `start` to before `stop`: a complete subtree, or one at the right edge."""
        length = stop - start
        if length & (length - 1) == 0:
            return self._subtree(length.bit_length() - 1, start)
        middle = start + split_point(length)
        return node_hash(self._range(start, middle), self._range(middle, stop))

    def _subtree(self, height: int, start: int) -> bytes:
        """Root of the complete subtree over 2^height leaves from `start`, a multiple of that."""
        level, above = divmod(height, HEIGHT)
        first = start >> (HEIGHT * level)
        tile = tile_of(level, first // WIDTH, self.size)
        data = self._hashes(tile)
        begin = first % WIDTH * HASH_LENGTH
        return _fold(data[begin : begin + (HASH_LENGTH << above)])

    def _hashes(self, tile: Tile) -> bytes:
        known = self._at_hand.get(tile.level)
        if known and known[0] == tile:
            return known[1]
        data = self._read(tile)
        if len(data) != tile.width * HASH_LENGTH:
            raise VerificationFailed(
                "the tile has another length", where=tile.path(), expected=tile.width * HASH_LENGTH, found=len(data)
            )
        self._at_hand[tile.level] = tile, data
        return data


def tile_root(data: bytes) -> bytes:
    """The root over the hashes of a full tile: one hash of the level above."""
    return _fold(data)


@lru_cache(maxsize=KEPT_FOLDS)
def _fold(hashes: bytes) -> bytes:
    """Root over 2^k concatenated hashes. Kept by the hashes themselves, so nothing that changes on disk is missed."""
    while len(hashes) > HASH_LENGTH:
        pairs = range(0, len(hashes), 2 * HASH_LENGTH)
        hashes = b"".join([sha256(b"\1" + hashes[i : i + 2 * HASH_LENGTH]).digest() for i in pairs])
    return hashes


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def _suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
