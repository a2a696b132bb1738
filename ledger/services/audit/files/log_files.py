"""The files in the log's folder: each is what its name says, none is missing, and there are no others.

A tree that was signed once keeps its partial tiles until full ones replace them, because somebody may hold that
checkpoint and ask for them. So they are judged like the newest.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from ledger.errors import LadingError, NotFound
from ledger.log.tiles import HEIGHT, WIDTH, Tile, decode_entries, partial_tiles, tile_root
from ledger.merkle import HASH_LENGTH, leaf_hash
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog
from ledger.services.publish.cose_heads import COSE_HEADS
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.published_cosignatures import COSIGNATURES

_TILE = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_OURS = {"checkpoint", COSIGNATURES, COSE_HEADS, ".lock"}
_HALF_WRITTEN = re.compile(r"\.[^/]*\.new")
_AGAIN = "It is written anew from the database (move the folder `tile` away, and serve this home)"
_ALTERED = f"the published file was altered. {_AGAIN}"


def check_log_files(root: Path, log: WalkedLog, signed: Iterable[int], findings: Findings) -> None:
    """Every file is a tile or bundle of this log at some size, and has the log's leaves; those of a size that was not
    signed before a crash may remain. The partial ones of all `signed` sizes are there, or full ones instead.
    """
    folder, tree = LogFolder(root), _Tree(log)
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if name in _OURS or _HALF_WRITTEN.fullmatch(path.name):
            continue
        tile = _tile_of(name)
        if tile is None or tile.index * WIDTH + tile.width > log.size >> (HEIGHT * tile.level):
            findings.add(
                "",
                f"log/{name}",
                f"files of a log of {log.size} leaves",
                "one more",
                "no tree of this log has this file: it was put there, or leaves were taken away",
            )
            continue
        try:
            data = folder.read(name)
            result = _entry_hashes(data) if name.startswith("tile/entries/") else data
        except NotFound:
            continue  # a running node has removed it since, because a full one is there now
        except LadingError as error:
            findings.add("", f"log/{name}", "an entry bundle", error.found or error.what, _ALTERED)
            continue
        if result != tree.hashes(tile):
            findings.add("", f"log/{name}", f"{tile.width} hashes of the log's leaves", "others", _ALTERED)
    for size, tile in [(each, tile) for each in sorted(set(signed)) for tile in partial_tiles(each)]:
        full = Tile(tile.level, tile.index, WIDTH)
        pairs = [(tile.path(), full.path())]
        pairs += [(tile.entries_path(), full.entries_path())] if tile.level == 0 else []
        for name, whole in pairs:
            if not (root / name).is_file() and not (root / whole).is_file():
                what = f"readers of the checkpoint of {size} leaves need this file: it was deleted. {_AGAIN}"
                findings.add("", f"log/{name}", "a file", "none", what)


def _files(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """All that is no folder, in order; what stands elsewhere and is linked to is read like the rest."""
    here = folder.resolve()
    if here in above:
        return  # a link to a folder that it lies in
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir():
            yield from _files(path, above | {here})
        else:
            yield path


class _Tree:
    """The hashes at every level over the leaves of a log."""

    def __init__(self, log: WalkedLog) -> None:
        self._log = log

    @cached_property
    def _levels(self) -> list[bytes]:
        levels, block = [bytes(self._log.leaves)], WIDTH * HASH_LENGTH
        while len(levels[-1]) >= block:
            below = levels[-1]
            levels.append(b"".join(tile_root(below[i : i + block]) for i in range(0, len(below) - block + 1, block)))
        return levels

    def hashes(self, tile: Tile) -> bytes:
        begin = tile.index * WIDTH * HASH_LENGTH
        return self._levels[tile.level][begin : begin + tile.width * HASH_LENGTH]


def _entry_hashes(data: bytes) -> bytes:
    return b"".join(leaf_hash(entry) for entry in decode_entries(data))


def _tile_of(name: str) -> Tile | None:
    """The tile that a file is named after; entry bundles go by the lowest tile whose leaves they hold."""
    result = _TILE.fullmatch(name)
    if result is None:
        return None
    level, digits, width = result.groups()
    index = int(digits.replace("x", "").replace("/", ""))
    tile = Tile(0 if level == "entries" else int(level), index, int(width or WIDTH))
    named = tile.entries_path() if level == "entries" else tile.path()
    return tile if named == name and tile.width <= WIDTH else None
