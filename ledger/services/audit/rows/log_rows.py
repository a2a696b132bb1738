"""The log's rows against what was published of them: entry bundles, tiles and signed checkpoints.

Three places say what leaf i is: the row, the entry bundle and the lowest tile. Where one of them stands alone, it is
the one that was altered, and is named. The leaves on which at least two agree make the tree whose roots are compared
with every signed checkpoint, so one altered row is one finding, and not one for each checkpoint after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger import merkle
from ledger.errors import LadingError, NotFound
from ledger.log.leaf import Leaf, parse_leaf
from ledger.log.tiles import WIDTH, Tile, decode_entries, tile_root
from ledger.merkle import HASH_LENGTH
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.judged import Fault, JudgedRow, leaf_of
from ledger.services.audit.rows.places import Places
from ledger.services.publish.durable_files import LogFolder
from ledger.store.rowwise import Row

Tell = Callable[[str, int, int], None]
Entry = tuple[Leaf | None, bytes]


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in the log where row and publication differ. `published` None: not under a checkpoint yet."""

    index: int
    published: Leaf | None
    row: Row | None
    faults: tuple[Fault, ...] = ()


class SoundRow(NamedTuple):
    """A row that is as it was published, or not published yet and sound by itself; its parts, and what was learned."""

    row: Row
    parts: Sequence[Row]
    judged: JudgedRow


@dataclass
class WalkedLog:
    """What one pass over the log found. `leaves`: the 32-byte leaf hashes on which most sources agree, in order.

    The pass began at leaf `first`, a whole number of tiles; `before` are the complete subtrees of those before it.
    """

    first: int = 0
    before: Sequence[tuple[int, bytes]] = ()
    rows: int = 0
    last_time: int = 0
    row_root: bytes = merkle.EMPTY_ROOT
    leaves: bytearray = field(default_factory=bytearray)
    damages: list[Damage] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.first + len(self.leaves) // HASH_LENGTH

    def roots(self, sizes: Sequence[int]) -> dict[int, bytes]:
        """The root at each of `sizes` that the log has reached, and that the pass did not leave behind."""
        result: dict[int, bytes] = {}
        peaks = _Peaks(self.before)
        position = 0
        for size in sorted({size - self.first for size in sizes if size >= self.first}):
            if size > self.size - self.first:
                break
            while position < size:
                peaks.add(bytes(self.leaves[position * HASH_LENGTH : (position + 1) * HASH_LENGTH]))
                position += 1
            result[size + self.first] = peaks.root()
        return result


class Publication:
    """The entry bundles and tiles of the published tree, as files that anybody may have altered."""

    def __init__(self, folder: LogFolder, size: int, findings: Findings) -> None:
        self._folder = folder
        self.size = size
        self._findings = findings

    def entries(self, index: int) -> list[Entry]:
        """The leaves of bundle `index` with their hashes; None and none for each that cannot be read."""
        tile = self._tile(0, index)
        leaves: list[Entry] = [(None, b"")] * tile.width
        try:
            for i, data in enumerate(decode_entries(self._read(tile, entries=True))[: tile.width]):
                leaves[i] = parse_leaf(data), merkle.leaf_hash(data)
        except LadingError as error:
            self._bad(tile.entries_path(), error, "an entry bundle")
        return leaves

    def hashes(self, level: int, index: int) -> bytes:
        """The hashes of a tile, empty when it cannot be read."""
        tile = self._tile(level, index)
        try:
            data = self._read(tile, entries=False)
        except LadingError as error:
            self._bad(tile.path(), error, "a tile")
            return b""
        return data[: tile.width * HASH_LENGTH]

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a tile, as `ledger.log.tiles.ReadTile`; raises `NotFound`, or what else the disk has to say."""
        return self._read(tile, entries=False)[: tile.width * HASH_LENGTH]

    def path(self, level: int, index: int) -> str:
        return self._tile(level, index).path()

    def bundle_path(self, index: int) -> str:
        return self._tile(0, index).entries_path()

    def _tile(self, level: int, index: int) -> Tile:
        return Tile(level, index, min(WIDTH, (self.size >> (8 * level)) - index * WIDTH))

    def _read(self, tile: Tile, *, entries: bool) -> bytes:
        def named(wanted: Tile) -> str:
            return wanted.entries_path() if entries else wanted.path()

        try:
            return self._folder.read(named(tile))
        except NotFound:
            # The tile may have filled up since the checkpoint was read; its partial forms are removed then.
            if tile.width == WIDTH:
                raise
            return self._folder.read(named(Tile(tile.level, tile.index, WIDTH)))

    def _bad(self, path: str, error: LadingError, what: str) -> None:
        self._findings.add(
            "",
            f"log/{path}",
            "the published file",
            error.found or error.what,
            f"{what} is missing or damaged; it can be written anew from the database (move the folder `tile` away)",
        )


def walk(
    places: Places,
    publication: Publication,
    findings: Findings,
    keep: Callable[[list[SoundRow]], None],
    tell: Tell,
    before: Sequence[tuple[int, bytes]] = (),
) -> WalkedLog:
    """One pass over rows, bundles and tiles; sound rows go to `keep` in batches. `before`: as in `WalkedLog`.

    1. Rows come in order of their index, one for each, none missing.
    2. Each row by itself: types, the id as digest of the message, the leaf hash; who signed it, and its opened parts.
    3. Each row against bundle and tile. The times of the leaves never go back.
    4. The higher tiles against those below.
    """
    log = WalkedLog(places.first, before, places.first)
    total = max(places.rows, publication.size)
    peaks = _Peaks(before)
    last_time = 0
    displaced: set[bytes] = set()  # published records whose rows are not where they belong
    bundle: list[Entry] = []
    hashes = b""
    for stretch in places.judged(publication.size):
        batch: list[SoundRow] = []
        for place, judged in stretch:
            index, row = place.position, place.row
            # 1. Order.
            for misplaced in place.told:
                findings.add(*misplaced)
            if index is None:
                continue
            if index % WIDTH == 0:
                tell("log", index, total)
            if index < publication.size and index % WIDTH == 0:
                bundle, hashes = publication.entries(index // WIDTH), publication.hashes(0, index // WIDTH)
            if row is not None and judged is not None and index < publication.size and not judged.faults:
                begin, row_hash = index % WIDTH * HASH_LENGTH, judged.leaf_hash
                entry, entry_hash = bundle[index % WIDTH]
                if entry_hash == row_hash == hashes[begin : begin + HASH_LENGTH]:  # nearly always
                    log.rows += 1
                    peaks.add(row_hash)
                    log.leaves += row_hash
                    last_time = _check_time(entry, last_time, findings)
                    batch.append(SoundRow(row, place.parts, judged))
                    continue
            # 2. The row by itself.
            row_leaf = None
            if row is not None and judged is not None:
                log.rows += 1
                row_leaf = leaf_of(row)
                if row_leaf is not None:
                    peaks.add(judged.leaf_hash)
            # 3. Row, bundle and tile.
            row_hash = b"" if judged is None else judged.leaf_hash
            published, truth = None, row_hash or bytes(HASH_LENGTH)
            if index < publication.size:
                begin = index % WIDTH * HASH_LENGTH
                tile = hashes[begin : begin + HASH_LENGTH]
                three = _Three(row_leaf, row_hash, *bundle[index % WIDTH], tile)
                truth, published = _agreed(three, index, publication, findings)
            log.leaves += truth
            last_time = _check_time(published or row_leaf, last_time, findings)
            moved = row is not None and index >= publication.size and row["record_id"] in displaced
            if row is None or judged is None or judged.faults or moved or not row_hash or row_hash != truth:
                if published is not None:
                    displaced.add(published.record_id)
                log.damages.append(Damage(index, published, row, () if judged is None else judged.faults))
            else:
                batch.append(SoundRow(row, place.parts, judged))
        keep(batch)
    log.row_root = peaks.root()
    log.last_time = last_time
    # 4. Higher tiles.
    check_tiles(log, publication, findings)
    return log


def _check_time(leaf: Leaf | None, last: int, findings: Findings) -> int:
    if leaf is None:
        return last
    if leaf.log_time < last:
        findings.add(
            leaf.record_id, "log_time", f"{last} or later", leaf.log_time, "log times never go back: one was altered"
        )
    return max(leaf.log_time, last)


@dataclass(frozen=True, slots=True)
class _Three:
    """What row, bundle and tile say of a leaf, as far as they say anything."""

    row: Leaf | None
    row_hash: bytes
    bundle: Leaf | None
    bundle_hash: bytes
    tile: bytes


def _agreed(three: _Three, index: int, publication: Publication, findings: Findings) -> tuple[bytes, Leaf | None]:
    """The leaf hash on which most of row, bundle and tile agree, and the leaf if one of them has it.

    Files that stand alone are named here; a row that does is left to the caller.
    """
    row, row_hash, bundle, tile = three.row, three.row_hash, three.bundle, three.tile
    bundle_hash = three.bundle_hash
    truth = row_hash if row_hash and row_hash == bundle_hash else tile or bundle_hash or row_hash
    record = row.record_id if row is not None else bundle.record_id if bundle is not None else ""
    if tile and tile != truth:
        findings.add(
            record,
            f"log/{publication.path(0, index // WIDTH)}",
            truth,
            tile,
            f"hash {index % WIDTH} of this tile is not that of leaf {index}: the published file was altered",
        )
    if bundle is not None and bundle_hash != truth:
        findings.add(
            record,
            f"log/{publication.bundle_path(index // WIDTH)}",
            truth,
            bundle_hash,
            f"entry {index % WIDTH} of this bundle is not leaf {index}: the published file was altered",
        )
    known = bundle if bundle_hash == truth else row if row_hash == truth else None
    return truth or bytes(HASH_LENGTH), known


def check_tiles(log: WalkedLog, publication: Publication, findings: Findings) -> None:
    """Every tile above the lowest level holds the roots of the tiles under it, from the first that the pass reached."""
    level, block = 1, WIDTH * HASH_LENGTH
    below = bytes(log.leaves[: max(publication.size - log.first, 0) * HASH_LENGTH])
    while publication.size >> (8 * level):
        first = log.first >> (8 * level)
        if left := (log.first >> (8 * (level - 1))) - first * WIDTH:  # hashes that a pass before this one came by
            earlier = publication.hashes(level - 1, first)[: left * HASH_LENGTH]
            if len(earlier) < left * HASH_LENGTH:
                return  # named where it was read
            below = earlier + below
        above = b"".join(tile_root(below[i : i + block]) for i in range(0, len(below) - block + 1, block))
        last = first + len(above) // HASH_LENGTH
        while first < last:
            tile, offset = divmod(first, WIDTH)
            begin, count = first - (last - len(above) // HASH_LENGTH), min(WIDTH - offset, last - first)
            expected = above[begin * HASH_LENGTH : (begin + count) * HASH_LENGTH]
            data = publication.hashes(level, tile)
            result = data[offset * HASH_LENGTH : (offset + count) * HASH_LENGTH]
            if data and result != expected:
                place = next((i for i in range(0, len(expected), 32) if expected[i : i + 32] != result[i : i + 32]), 0)
                findings.add(
                    "",
                    f"log/{publication.path(level, tile)}",
                    expected[place : place + 32],
                    result[place : place + 32],
                    f"hash {offset + place // 32} of this tile is not the root of the tile under it: the file was "
                    "altered",
                )
            first += count
        below = above
        level += 1


class _Peaks:
    """A growing RFC 9162 tree of which only the roots of complete subtrees are kept."""

    def __init__(self, before: Sequence[tuple[int, bytes]] = ()) -> None:
        self._peaks: list[tuple[int, bytes]] = list(before)

    def add(self, leaf_hash: bytes) -> None:
        count, result = 1, leaf_hash
        while self._peaks and self._peaks[-1][0] == count:
            result = merkle.node_hash(self._peaks.pop()[1], result)
            count *= 2
        self._peaks.append((count, result))

    def root(self) -> bytes:
        if not self._peaks:
            return merkle.EMPTY_ROOT
        result = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            result = merkle.node_hash(peak, result)
        return result
