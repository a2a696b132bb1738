"""Tiles: names and widths as C2SP says, and proofs read from them equal to those made from all leaves."""

import pytest

from ledger import merkle
from ledger.errors import VerificationFailed
from ledger.log.tiles import Tile, TileTree, decode_entries, encode_entries, tile_of
from tests.unit.log.tile_list import new_tiles

MOST = 70_000


def tiles_of(leaves: list[bytes]) -> dict[Tile, bytes]:
    """All tiles of a tree, straight from the definition."""
    tiles: dict[Tile, bytes] = {}
    row = leaves
    for level in range(3):
        for index in range(0, len(row), 256):
            tile = row[index : index + 256]
            tiles[Tile(level, index // 256, len(tile))] = b"".join(tile)
        row = [merkle.root(row[i : i + 256]) for i in range(0, len(row) - len(row) % 256, 256)]
    return tiles


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(0, 1000, 256), "tile/0/x001/000"),
        (Tile(2, 1234067, 256), "tile/2/x001/x234/067"),
        (Tile(63, 1234067, 5), "tile/63/x001/x234/067.p/5"),
    ],
)
def test_names_of_tiles(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert tile.entries_path() == path.replace(f"tile/{tile.level}/", "tile/entries/")


def test_the_example_of_the_page() -> None:
    """A tree of size 70,000: 273 full level 0 tiles, one of width 112, one full level 1 tile, one of 17, one of 1."""
    found = list(new_tiles(0, 70_000))
    assert found == [
        *(Tile(0, n, 256) for n in range(273)),
        Tile(0, 273, 112),
        Tile(1, 0, 256),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(new_tiles(0, 256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert list(new_tiles(0, 0)) == []


@pytest.mark.parametrize("old", [0, 1, 255, 256, 257, 600, 65_536])
@pytest.mark.parametrize("size", [1, 255, 256, 257, 601, 65_535, 65_536, 65_537])
def test_growing_adds_what_is_missing(old: int, size: int) -> None:
    if old <= size:
        before, after = set(new_tiles(0, old)), set(new_tiles(0, size))
        added = list(new_tiles(old, size))
        assert after - before == set(added)
        assert len(added) == len(set(added))


def test_every_proof_of_every_small_tree_from_tiles() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(40)]
    for size in range(len(leaves) + 1):
        tree = TileTree(size, tiles_of(leaves[:size]).__getitem__)
        assert tree.root() == merkle.root(leaves[:size])
        for smaller in range(size + 1):
            assert tree.root(smaller) == merkle.root(leaves[:smaller])
            assert tree.consistency_proof(smaller) == merkle.consistency_proof(leaves[:size], smaller)
            for index in range(smaller):
                assert tree.inclusion_proof(index, smaller) == merkle.inclusion_proof(leaves[:smaller], index)
            together = tree.inclusion_proofs(range(smaller), smaller)
            assert together == {index: tree.inclusion_proof(index, smaller) for index in range(smaller)}


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, MOST])
def test_proofs_across_tile_borders(size: int) -> None:
    leaves = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(size)]
    tree = TileTree(size, tiles_of(leaves).__getitem__)
    root = merkle.root(leaves)
    assert tree.root() == root
    for index in {0, 1, 254, 255, 256, 257, size // 2, size - 2, size - 1}:
        if index < size:
            assert tree.leaf_hash(index) == leaves[index]
            merkle.verify_inclusion(leaves[index], index, size, tree.inclusion_proof(index), root)
            root1 = tree.root(index)
            merkle.verify_consistency(index, size, tree.consistency_proof(index), root1, root)


def test_peaks_are_the_complete_subtrees() -> None:
    leaves = [merkle.leaf_hash(i.to_bytes(4)) for i in range(1_000)]
    tree = TileTree(1_000, tiles_of(leaves).__getitem__)
    for size in (0, 1, 2, 3, 255, 256, 257, 768, 999, 1_000):
        peaks = tree.peaks(size)
        assert [count for count, _ in peaks] == [1 << i for i in reversed(range(10)) if size >> i & 1]
        root, stop = merkle.EMPTY_ROOT, size
        for count, peak in reversed(peaks):
            assert peak == merkle.root(leaves[stop - count : stop])
            root, stop = peak if stop == size else merkle.node_hash(peak, root), stop - count
        assert root == merkle.root(leaves[:size])


def test_questions_about_other_trees_are_refused() -> None:
    tree = TileTree(3, lambda tile: bytes(32 * tile.width))
    for ask in (
        lambda: tree.root(4),
        lambda: tree.root(-1),
        lambda: tree.leaf_hash(3),
        lambda: tree.inclusion_proof(0, 4),
        lambda: tree.inclusion_proofs([0], 4),
        lambda: tree.inclusion_proof(3),
        lambda: tree.consistency_proof(0, 4),
        lambda: tree.consistency_proof(4, 3),
        lambda: tile_of(0, 1, 256),
        lambda: tile_of(1, 0, 255),
    ):
        with pytest.raises(VerificationFailed):
            ask()
    with pytest.raises(VerificationFailed, match="another length"):
        TileTree(3, lambda _tile: bytes(32)).root()


def test_entry_bundles() -> None:
    leaves = [bytes([n]) * 74 for n in range(3)]
    data = encode_entries(leaves)
    assert data[:2] == b"\x00\x4a"
    assert len(data) == 3 * 76
    assert decode_entries(data) == leaves
    for wrong in (data[:-1], data + b"\0", b"\x00\x4b" + data[2:]):
        with pytest.raises(VerificationFailed):
            decode_entries(wrong)
