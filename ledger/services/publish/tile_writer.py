"""Leaves into tiles: the right edge of a growing tree, written as C2SP tlog-tiles."""

from collections.abc import Callable
from functools import lru_cache

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.errors import VerificationFailed
from ledger.log.tiles import HEIGHT, WIDTH, Tile, encode_entries, tile_of, tile_root
from ledger.merkle import HASH_LENGTH
from ledger.services.publish.durable_files import LogFolder
from ledger.store import records
from ledger.store.records import StoredLeaf


class TileWriter:
    """The right edge of the tree: a partial tile a level, and the leaves of the lowest one."""

    def __init__(self, files: LogFolder, size: int, read: Callable[[Tile], bytes]) -> None:
        self._files = files
        self._leaves: list[bytes] = []
        self._levels: list[bytearray] = [bytearray()]
        self._changed = [False]
        self._tiles = [0]
        self.filled: list[Tile] = []
        level = 1
        while count := size >> (HEIGHT * level):
            index, width = divmod(count, WIDTH)
            self._levels.append(bytearray(read(tile_of(level, index, size)) if width else b""))
            self._changed.append(False)
            self._tiles.append(index)
            level += 1
        self._tiles[0] = size // WIDTH  # its leaves come again from the database

    def add(self, row: StoredLeaf, *, new: bool) -> None:
        """The next leaf; it is checked, and hashed from the row's columns."""
        leaf, result = _encoded(row)
        if result != row.leaf_hash:
            raise VerificationFailed(
                "a row of the log has another leaf hash than its own",
                where=f"record {to_hex(row.record_id)}",
                expected=to_hex(result),
                found=to_hex(row.leaf_hash),
                mend="The row was edited; `lading audit` says more.",
            )
        self._leaves.append(leaf)
        self._append(0, result, changed=new)

    def finish(self) -> None:
        """Write the partial tiles that changed."""
        for level, data in enumerate(self._levels):
            if self._changed[level] and data:
                self._write(Tile(level, self._tiles[level], len(data) // HASH_LENGTH), bytes(data))

    def _append(self, level: int, value: bytes, *, changed: bool) -> None:
        if level == len(self._levels):
            self._levels.append(bytearray())
            self._changed.append(False)
            self._tiles.append(0)
        data = self._levels[level]
        data += value
        self._changed[level] |= changed
        if len(data) == WIDTH * HASH_LENGTH:
            tile = Tile(level, self._tiles[level], WIDTH)
            self._write(tile, bytes(data))
            self.filled.append(tile)
            self._append(level + 1, tile_root(bytes(data)), changed=True)
            self._levels[level] = bytearray()
            self._changed[level] = False
            self._tiles[level] += 1

    def _write(self, tile: Tile, data: bytes) -> None:
        self._files.write(tile.path(), data)
        if tile.level == 0:
            self._files.write(tile.entries_path(), encode_entries(self._leaves))
            if tile.width == WIDTH:
                self._leaves = []


@lru_cache(maxsize=4 * WIDTH)
def _encoded(row: StoredLeaf) -> tuple[bytes, bytes]:
    """The leaf of a row, and its hash. Kept by all that stands in the row: a tile's leaves come again with each
    checkpoint until it is full.
    """
    leaf = records.leaf_of(row).encode()
    return leaf, merkle.leaf_hash(leaf)
