"""What readers see of a log: its newest checkpoint, and the tree that its tiles hold."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from ledger.errors import MalformedRecord, NotFound, VerificationFailed
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import TreeHead
from ledger.log.tiles import WIDTH, Tile, TileTree, decode_entries, tile_of
from ledger.merkle import HASH_LENGTH
from ledger.services.publish.cose_heads import cose_signature
from ledger.services.publish.durable_files import LogFolder

CHECKPOINT = "checkpoint"
CACHED_TILES = 256
"""Full tiles kept in memory for proofs: 8 KiB each."""


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """A checkpoint with its signed note; every tile of its tree is on disk."""

    head: TreeHead
    note: bytes


@dataclass(frozen=True, slots=True)
class Included:
    """A leaf under a checkpoint: its 74 bytes, and the path from it to the root."""

    checkpoint: PublishedCheckpoint
    index: int
    leaf: bytes
    path: tuple[bytes, ...]


class PublishedLog:
    """The published files of the log `identity` in a folder. Safe to share between threads."""

    def __init__(self, identity: LogIdentity, folder: LogFolder) -> None:
        self._identity = identity
        self._files = folder
        self._full_tile = lru_cache(maxsize=CACHED_TILES)(folder.read)
        self._seen: PublishedCheckpoint | None = None
        """What was read last, verified: readers ask for the same again and again."""
        self._cose: tuple[TreeHead, bytes] | None = None
        """The COSE signature that was read last, and its tree."""

    def current(self) -> PublishedCheckpoint | None:
        """The checkpoint that readers see now, None before the first.

        Raises `VerificationFailed` when the file is not one that this log signed.
        """
        try:
            note = self._files.read(CHECKPOINT)
        except NotFound:
            return None
        seen = self._seen
        if seen is None or seen.note != note:
            self._seen = seen = self._verified(note, self._files, CHECKPOINT)
        return seen

    def cose_signature(self, current: PublishedCheckpoint) -> bytes:
        """The log's COSE signature over the root of a checkpoint that `current` gave; raises `NotFound`."""
        seen = self._cose
        if seen is None or seen[0] != current.head:
            self._cose = seen = current.head, cose_signature(self._files, self._identity, current.head)
        return seen[1]

    def has_cose_signature(self, current: PublishedCheckpoint) -> bool:
        try:
            self.cose_signature(current)
        except NotFound:
            return False
        return True

    def included(self, index: int, current: PublishedCheckpoint | None = None) -> Included:
        """The leaf at `index` under `current`, by default what is published now; raises `NotFound` while it is not."""
        current = current or self.current()
        size = current.head.size if current else 0
        if current is None or not 0 <= index < size:
            raise NotFound("not under a checkpoint yet", where="index", expected=f"below {size}", found=index)
        tile = tile_of(0, index // WIDTH, size)
        entries = self._read(tile.entries_path(), Tile(0, tile.index, WIDTH).entries_path())
        leaf = decode_entries(entries)[index % WIDTH]
        return Included(current, index, leaf, tuple(self.tree(current).inclusion_proof(index)))

    def cose_included(self, index: int) -> tuple[Included, bytes]:
        """As `included`, with the log's COSE signature over the root; raises `NotFound`."""
        included = self.included(index)
        with suppress(NotFound):  # its checkpoint may have been replaced twice while it was read: once more then
            return included, self.cose_signature(included.checkpoint)
        included = self.included(index)
        return included, self.cose_signature(included.checkpoint)

    def tree(self, current: PublishedCheckpoint | None = None) -> TileTree:
        """The tree of `current`, of what is published now if it is not named; the empty one before there is any."""
        current = current or self.current()
        return TileTree(current.head.size if current else 0, self._read_tile)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves; raises `NotFound` while they are not published."""
        return self._tree_up_to(size).root(size)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The RFC 9162 proof for leaf `index` in the tree of `size`; raises `NotFound` while that is not published."""
        return self._tree_up_to(size).inclusion_proof(index, size)

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        """The RFC 9162 proof between two sizes; raises `NotFound` while the larger is not published."""
        return self._tree_up_to(size2).consistency_proof(size1, size2)

    def _checkpoint(self, files: LogFolder, name: str) -> PublishedCheckpoint | None:
        try:
            note = files.read(name)
        except NotFound:
            return None
        return self._verified(note, files, name)

    def _verified(self, note: bytes, files: LogFolder, name: str) -> PublishedCheckpoint:
        try:
            return PublishedCheckpoint(self._identity.verify_checkpoint(note), note)
        except MalformedRecord as error:
            raise VerificationFailed(
                "the file is no checkpoint that this log signed",
                where=str(files.root / name),
                found=error.what,
                mend="Put the newest copy back.",
            ) from None

    def _tree_up_to(self, size: int) -> TileTree:
        tree = self.tree()
        if size > tree.size:
            raise NotFound(
                "no checkpoint of this size is published yet", where="size", expected=f"up to {tree.size}", found=size
            )
        return tree

    def _read_tile(self, tile: Tile) -> bytes:
        if tile.width == WIDTH:
            return self._full_tile(tile.path())
        whole = Tile(tile.level, tile.index, WIDTH).path()
        return self._read(tile.path(), whole)[: tile.width * HASH_LENGTH]

    def _read(self, partial: str, whole: str) -> bytes:
        """A file, or the whole one where the tile filled up and its partial forms were removed."""
        try:
            return self._files.read(partial)
        except NotFound:
            return self._full_tile(whole)
