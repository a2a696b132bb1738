"""A copy of a log, brought up to date from the log itself or from another mirror, for readers who ask it instead.

The copy lies under the SHA-256 of the log's origin, laid out as C2SP tlog-tiles: any web server that shows the folder
is a mirror's monitoring prefix. Nothing is believed: the tree is made anew from the entries, and has to have the root
that the log signed, and the one that it had signed before.

Source: C2SP tlog-mirror, "Introduction"; it leaves open by what process a mirror comes by its entries.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from ledger.common.ids import to_hex
from ledger.errors import InconsistentLog, MalformedRecord, NotFound, TreeView, VerificationFailed
from ledger.log.contradiction import Contradiction, same_size
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import MAX_NOTE, TreeHead
from ledger.log.tiles import HEIGHT, WIDTH, Tile, TileTree, tile_of, tile_root
from ledger.merkle import HASH_LENGTH, leaf_hash
from ledger.services.publish.durable_files import LogFolder

CHECKPOINT = "checkpoint"
MOST_BUNDLE = WIDTH * (2 + 65_535)
EVIDENCE, OTHER = "evidence", "other"
"""Below the copy: what convicts the log, and the other tree that it has shown."""
Fetch = Callable[[str, int], bytes]
"""The bytes of a file of the log by its path, and how many at most; raises `NotFound`, `Unavailable`."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How far the copy reached before, and what it holds now."""

    before: int
    head: TreeHead


class Mirror:
    """The copy of one log in `folder`, which only this process writes."""

    def __init__(self, log: LogIdentity, folder: LogFolder, policy: WitnessPolicy | None = None) -> None:
        """`policy`: who must have cosigned what is taken; None asks for the log's signature alone."""
        self._log = log
        self._folder = folder
        self._policy = policy

    def update(self, fetch: Fetch, cosigner: Cosigner | None = None, now: int = 0) -> Mirrored:
        """Take what the log has shown since; `cosigner` states that this copy holds it.

        1. Read the log's checkpoint, and hold its signatures. One of the same size has the same root.
        2. Fetch the entries that are new, hash them, and write bundles and tiles, of which none replaces an older one.
        3. The tree has the root that the log signed, and begins with the tree that was copied before.
        4. Cosign, and show the checkpoint. A crash before leaves files that the next run finds equal or replaces.

        Raises `VerificationFailed` for entries that make another tree, `InconsistentLog` where the log contradicts what
        it signed before: then the proof is in the folder's `evidence`.
        """
        # 1.
        note = fetch(CHECKPOINT, MAX_NOTE)
        head = self._verified(note)
        kept = self._kept()
        before = kept[0].size if kept else 0
        if kept is not None and head.size < before:
            return Mirrored(before, kept[0])  # an older checkpoint than ours proves nothing
        if kept is not None and head.size == before and head.root != kept[0].root:
            raise self._convicted(same_size(kept[1], note), kept[0], head.root)
        if kept is None or head.size > before:
            # 2.
            self._grow(fetch, before, head.size)
            self._folder.sync()
            # 3.
            self._compare(fetch, kept, head, note)
        # 4.
        if cosigner is not None:
            note = with_cosignatures(note, [cosigner.cosign(head, now)])
        self._folder.write(CHECKPOINT, note)
        self._folder.sync()
        return Mirrored(before, head)

    def _verified(self, note: bytes) -> TreeHead:
        head = self._log.verify_checkpoint(note)
        if self._policy is not None:
            self._policy.verify(note)
        return head

    def _kept(self) -> tuple[TreeHead, bytes] | None:
        try:
            note = self._folder.read(CHECKPOINT)
        except NotFound:
            return None
        return self._log.verify_checkpoint(note), note

    def _grow(self, fetch: Fetch, before: int, size: int) -> None:
        """Write the bundles and tiles that a tree of `size` has and one of `before` lacks."""
        hashes: list[bytes] = []
        for index in range(before // WIDTH, -(-size // WIDTH)):
            tile = tile_of(0, index, size)
            data = self._bundle(fetch, tile)
            entries = list(split_entries(data))
            if len(entries) != tile.width:
                raise VerificationFailed(
                    "a bundle of another length", where=tile.entries_path(), expected=tile.width, found=len(entries)
                )
            self._folder.write(tile.entries_path(), data)
            hashes += map(leaf_hash, entries)
        level, first = 0, before // WIDTH
        while size >> (HEIGHT * level):
            above: list[bytes] = []
            for start in range(0, len(hashes), WIDTH):
                data = b"".join(hashes[start : start + WIDTH])
                tile = Tile(level, first + start // WIDTH, len(data) // HASH_LENGTH)
                self._folder.write(tile.path(), data)
                if tile.width == WIDTH:
                    above.append(tile_root(data))
            # The tile above may have begun before: what it had stands in front of what is new.
            level, new = level + 1, first
            first = new // WIDTH
            hashes = self._begun(level, new) + above

    def _begun(self, level: int, count: int) -> list[bytes]:
        """The hashes of the last tile of a level with `count` of them, as they were copied before."""
        index, width = divmod(count, WIDTH)
        data = self._read(Tile(level, index, width)) if width else b""
        return [data[i : i + HASH_LENGTH] for i in range(0, len(data), HASH_LENGTH)]

    def _bundle(self, fetch: Fetch, tile: Tile) -> bytes:
        """A bundle; of a partial one that the log has replaced meanwhile, the beginning of the full one."""
        try:
            return fetch(tile.entries_path(), MOST_BUNDLE)
        except NotFound:
            if tile.width == WIDTH:
                raise
        whole = fetch(Tile(0, tile.index, WIDTH).entries_path(), MOST_BUNDLE)
        return b"".join(len(e).to_bytes(2, "big") + e for e in list(split_entries(whole))[: tile.width])

    def _read(self, tile: Tile) -> bytes:
        """A tile of the copy; a partial one may since have become part of a wider one."""
        for width in range(tile.width, WIDTH):
            try:
                return self._folder.read(Tile(tile.level, tile.index, width).path())[: tile.width * HASH_LENGTH]
            except NotFound:
                continue
        return self._folder.read(Tile(tile.level, tile.index, WIDTH).path())[: tile.width * HASH_LENGTH]

    def _compare(self, fetch: Fetch, kept: tuple[TreeHead, bytes] | None, head: TreeHead, note: bytes) -> None:
        tree = TileTree(head.size, self._read)
        if tree.root() != head.root and kept is not None and kept[0].size:
            # What was copied may be of another tree than the log shows now: then all of its entries make that.
            other = Mirror(self._log, LogFolder(self._folder.root / OTHER))
            other._grow(fetch, 0, head.size)
            tree = TileTree(head.size, other._read)
        if tree.root() != head.root:
            raise VerificationFailed(
                "the entries do not make the tree that the log signed",
                where=f"{kept[0].size if kept else 0} to {head.size}",
                expected=to_hex(head.root),
                found=to_hex(tree.root()),
                mend="Ask the log itself, or another mirror. What was copied before stands.",
            )
        if kept is not None and (root := tree.root(kept[0].size)) != kept[0].root:
            proof = tuple(tree.consistency_proof(kept[0].size))
            raise self._convicted(Contradiction(kept[1].decode(), note.decode(), root, proof), kept[0], root)

    def _convicted(self, contradiction: Contradiction, kept: TreeHead, root: bytes) -> InconsistentLog:
        """The error for a log that shows two trees; what convicts it is on disk."""
        data = contradiction.to_bytes()
        name = f"{EVIDENCE}/{sha256(data).hexdigest()[:16]}.json"
        self._folder.write(name, data)
        self._folder.sync()
        return InconsistentLog(
            "the log contradicts what it signed before",
            where=name,
            first=TreeView(kept.size, to_hex(kept.root)),
            second=TreeView(kept.size, to_hex(root)),
            mend=f"`lading verify` checks {name}: it convicts the log.",
        )


def split_entries(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle of any log, each behind its length in two bytes; raises `MalformedRecord`."""
    while data:
        length = int.from_bytes(data[:2], "big")
        entry = data[2 : 2 + length]
        if len(data) < 2 or len(entry) != length:
            raise MalformedRecord("not an entry bundle", where="entries", expected="entries behind their lengths")
        yield entry
        data = data[2 + length :]
