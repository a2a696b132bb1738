"""Files in the log's folder that no tree of this log has, or that say other than its leaves."""

import re
from pathlib import Path

from ledger.log.tiles import HEIGHT, WIDTH, Tile
from ledger.merkle import HASH_LENGTH
from ledger.services.audit.findings import Findings
from ledger.services.audit.log_rows import WalkedLog
from ledger.services.publish.published_cosignatures import COSIGNATURES

_TILE = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_OURS = {"checkpoint", COSIGNATURES, ".lock"}
_HALF_WRITTEN = re.compile(r"\.[^/]*\.new")


def check_strays(folder: Path, log: WalkedLog, findings: Findings) -> None:
    """Every file is a tile or bundle of this log at some size: tiles of earlier sizes may remain, and those of a size
    that was not signed before a crash. A lowest tile, of whatever size, has the hashes of its leaves.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in _OURS or _HALF_WRITTEN.fullmatch(path.name):
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
        elif tile.level == 0 and tile.width < WIDTH and not name.startswith("tile/entries/"):
            begin = tile.index * WIDTH * HASH_LENGTH
            expected = bytes(log.leaves[begin : begin + tile.width * HASH_LENGTH])
            if path.read_bytes() != expected:
                findings.add("", f"log/{name}", "the hashes of its leaves", "others", "the published file was altered")


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
