"""The log's rows against what was published of them: entry bundles, tiles and signed checkpoints.

Three places say what leaf i is: the row, the entry bundle and the lowest tile. Where one of them stands alone, it is
the one that was altered, and is named. The leaves on which at least two agree make the tree whose roots are compared
with every signed checkpoint, so one altered row is one finding, and not one for each checkpoint after it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger import merkle
from ledger.common.ids import RecordId
from ledger.errors import LadingError, NotFound
from ledger.log.leaf import Leaf, parse_leaf
from ledger.log.tiles import WIDTH, Tile, decode_entries, tile_root
from ledger.merkle import HASH_LENGTH
from ledger.records.disclosure import split
from ledger.records.signing import SIGNATURE_LENGTH, Domain
from ledger.records.types import BY_NUMBER, Record
from ledger.services.audit.findings import Findings
from ledger.services.publish.durable_files import LogFolder
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rows import text_of
from ledger.store.rowwise import Row

Tell = Callable[[str, int, int], None]
BATCH = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row taken by itself."""

    field: str
    expected: object
    found: object
    what: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in the log where row and publication differ. `published` None: not under a checkpoint yet."""

    index: int
    published: Leaf | None
    row: Row | None
    faults: tuple[Fault, ...] = ()


@dataclass
class WalkedLog:
    """What one pass over the log found. `leaves`: the 32-byte leaf hashes on which most sources agree, in order."""

    rows: int = 0
    last_time: int = 0
    row_root: bytes = merkle.EMPTY_ROOT
    leaves: bytearray = field(default_factory=bytearray)
    damages: list[Damage] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.leaves) // HASH_LENGTH

    def roots(self, sizes: Sequence[int]) -> dict[int, bytes]:
        """The root at each of `sizes` that the log has reached."""
        result: dict[int, bytes] = {}
        peaks = _Peaks()
        position = 0
        for size in sorted(set(sizes)):
            if size > self.size:
                break
            while position < size:
                peaks.add(bytes(self.leaves[position * HASH_LENGTH : (position + 1) * HASH_LENGTH]))
                position += 1
            result[size] = peaks.root()
        return result


class Publication:
    """The entry bundles and tiles of the published tree, as files that anybody may have altered."""

    def __init__(self, folder: LogFolder, size: int, findings: Findings) -> None:
        self._folder = folder
        self.size = size
        self._findings = findings

    def entries(self, index: int) -> list[Leaf | None]:
        """The leaves of bundle `index`; None for each that cannot be read."""
        tile = self._tile(0, index)
        leaves: list[Leaf | None] = [None] * tile.width
        try:
            for i, data in enumerate(decode_entries(self._read(tile, entries=True))[: tile.width]):
                leaves[i] = parse_leaf(data)
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
    connection: Connection,
    publication: Publication,
    domains: Sequence[Domain],
    findings: Findings,
    keep: Callable[[list[Row]], None],
    tell: Tell,
) -> WalkedLog:
    """One pass over rows, bundles and tiles; sound rows go to `keep` in batches.

    1. Rows come in order of their index, one for each, none missing.
    2. Each row by itself: types, the id as digest of the message, the leaf hash.
    3. Each row against bundle and tile. The times of the leaves never go back.
    4. The higher tiles against those below.
    """
    log = WalkedLog()
    total = max(rowwise.count(connection, "records"), publication.size)
    peaks = _Peaks()
    batch: list[Row] = []
    last_time = 0
    displaced: set[bytes] = set()  # published records whose rows are not where they belong
    bundle: list[Leaf | None] = []
    hashes = b""
    for index, row in _by_index(connection, publication.size, findings):
        if index % WIDTH == 0:
            tell("log", index, total)
        if index < publication.size and index % WIDTH == 0:
            bundle, hashes = publication.entries(index // WIDTH), publication.hashes(0, index // WIDTH)
        # 1. Order.
        if row is not None:
            log.rows += 1
        # 2. The row by itself.
        faults = tuple(row_faults(row, domains)) if row is not None else ()
        row_leaf = None if row is None else _leaf_of(row)
        if row_leaf is not None:
            peaks.add(merkle.leaf_hash(row_leaf.encode()))
        # 3. Row, bundle and tile.
        published, agrees = None, True
        if index < publication.size:
            begin = index % WIDTH * HASH_LENGTH
            tile = hashes[begin : begin + HASH_LENGTH]
            truth, published = _agreed(row_leaf, bundle[index % WIDTH], tile, index, publication, findings)
            agrees = row_leaf is not None and merkle.leaf_hash(row_leaf.encode()) == truth
        else:
            truth = bytes(HASH_LENGTH) if row_leaf is None else merkle.leaf_hash(row_leaf.encode())
        log.leaves += truth
        last_time = _check_time(published or row_leaf, last_time, findings)
        moved = row is not None and index >= publication.size and row["record_id"] in displaced
        if row is None or faults or moved or not agrees:
            if published is not None:
                displaced.add(published.record_id)
            log.damages.append(Damage(index, published, row, faults))
        else:
            batch.append(row)
            if len(batch) == BATCH:
                keep(batch)
                batch = []
    keep(batch)
    log.row_root = peaks.root()
    log.last_time = last_time
    # 4. Higher tiles.
    _check_tiles(log, publication, findings)
    return log


def row_faults(row: Row, domains: Sequence[Domain]) -> Iterator[Fault]:
    """What is wrong with a row of `records` taken by itself."""
    for name, kind in _TYPES.items():
        if not isinstance(row[name], kind):
            yield Fault(name, kind.__name__, type(row[name]).__name__, "the row holds a value of another type")
            return
    if row["type_number"] not in BY_NUMBER:
        yield Fault("type_number", "a record type", row["type_number"], "there is no such record type")
        return
    try:
        record = BY_NUMBER[row["type_number"]].from_json(json.loads(row["message"]))
    except (LadingError, ValueError, RecursionError) as error:
        yield Fault("message", "a record", str(error), "the message is no record of this type: it was edited")
        return
    if (domain := domain_of(record, row["record_id"], domains)) is None:
        result = domains[0].record_id(record)
        yield Fault(
            "message", row["record_id"], result, "the message is not the one that was signed: it has another digest"
        )
    elif text_of(split(record)[0].to_json()) != row["message"]:
        yield Fault("message", "RFC 8785 text, private parts withheld", row["message"], "the message was rewritten")
    if len(row["signatures"]) % SIGNATURE_LENGTH:
        yield Fault("signatures", "65 bytes each", len(row["signatures"]), "the signatures were cut or padded")
    leaf = _leaf_of(row)
    if domain is not None and leaf is not None and (hashed := merkle.leaf_hash(leaf.encode())) != row["leaf_hash"]:
        yield Fault("leaf_hash", hashed, row["leaf_hash"], "the leaf hash is not that of the row's own columns")


def domain_of(record: Record, record_id: bytes, domains: Sequence[Domain]) -> Domain | None:
    """The domain under which `record` has this id; several only where bonus pools succeeded each other."""
    return next((domain for domain in domains if domain.record_id(record) == record_id), None)


_TYPES: dict[str, Any] = {
    "record_id": bytes,
    "log_index": int,
    "type_number": int,
    "log_time": int,
    "leaf_hash": bytes,
    "signatures": bytes,
    "message": str,
}


def _leaf_of(row: Row) -> Leaf | None:
    """The leaf of the row's columns; None when they hold none."""
    if not all(isinstance(row[name], kind) for name, kind in _TYPES.items()):
        return None
    if len(row["record_id"]) != HASH_LENGTH or not 0 <= row["type_number"] < 256 or not 0 <= row["log_time"] < 2**63:
        return None
    return Leaf.of(row["type_number"], RecordId(row["record_id"]), row["signatures"], row["log_time"])


def _by_index(connection: Connection, published: int, findings: Findings) -> Iterator[tuple[int, Row | None]]:
    """Each index with its row, None where it has none, to the end of the rows and of what is published."""
    expected = 0
    for row in rowwise.stream(connection, "records", ("log_index",)):
        index = row["log_index"]
        if not isinstance(index, int) or index < expected:
            findings.add(
                row["record_id"],
                "log_index",
                f"{expected} or more",
                index,
                "the row has no place of its own in the log",
            )
            continue
        while expected < min(index, published):
            yield expected, None
            expected += 1
        if expected < index:
            findings.add("", "log_index", expected, index, "rows are missing that no checkpoint covers yet: deleted")
            expected = index
        yield index, row
        expected = index + 1
    while expected < published:
        yield expected, None
        expected += 1


def _check_time(leaf: Leaf | None, last: int, findings: Findings) -> int:
    if leaf is None:
        return last
    if leaf.log_time < last:
        findings.add(
            leaf.record_id, "log_time", f"{last} or later", leaf.log_time, "log times never go back: one was altered"
        )
    return max(leaf.log_time, last)


def _agreed(
    row: Leaf | None, bundle: Leaf | None, tile: bytes, index: int, publication: Publication, findings: Findings
) -> tuple[bytes, Leaf | None]:
    """The leaf hash on which most of row, bundle and tile agree, and the leaf if one of them has it.

    Files that stand alone are named here; a row that does is left to the caller.
    """
    row_hash = b"" if row is None else merkle.leaf_hash(row.encode())
    bundle_hash = b"" if bundle is None else merkle.leaf_hash(bundle.encode())
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


def _check_tiles(log: WalkedLog, publication: Publication, findings: Findings) -> None:
    """Every tile above the lowest level holds the roots of the tiles under it."""
    level = 1
    below = bytes(log.leaves[: publication.size * HASH_LENGTH])
    while publication.size >> (8 * level):
        block = WIDTH * HASH_LENGTH
        above = b"".join(tile_root(below[i : i + block]) for i in range(0, len(below) - block + 1, block))
        for index in range(0, len(above), block):
            result, expected = publication.hashes(level, index // block), above[index : index + block]
            if result and result != expected:
                place = next(i for i in range(0, len(expected), 32) if expected[i : i + 32] != result[i : i + 32])
                findings.add(
                    "",
                    f"log/{publication.path(level, index // block)}",
                    expected[place : place + 32],
                    result[place : place + 32],
                    f"hash {place // 32} of this tile is not the root of the tile under it: the file was altered",
                )
        below = above
        level += 1


class _Peaks:
    """A growing RFC 9162 tree of which only the roots of complete subtrees are kept."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

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
