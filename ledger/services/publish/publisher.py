"""The publisher: grows the tree over the log's leaves, writes it as tiles, and signs checkpoints.

Readers need files only: `checkpoint`, `tile/<level>/…` and `tile/entries/…` as C2SP tlog-tiles lays them out. Each step
below leaves something that the next run recognises, so a crash anywhere costs only the work since the step before.

The highest checkpoint ever signed is kept in a file beside the log's key as well, away from database and tiles: who
restores these from a backup meets it, and a log that would fork is not signed. Witnesses, where the log has some, see
each checkpoint before its readers do.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.common.ids import to_hex
from ledger.errors import DiskFailed, InconsistentLog, MalformedRecord, NotFound, TreeView, VerificationFailed
from ledger.log.cosignature import Cosignature, with_cosignatures
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import TreeHead
from ledger.log.tiles import ENTRY_LENGTH, WIDTH, Tile, TileTree, partial_tiles, tile_of
from ledger.merkle import HASH_LENGTH
from ledger.services.publish.cose_heads import publish_cose_heads
from ledger.services.publish.cosigned_notes import kept_cosignatures, stored_cosignature
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.published_cosignatures import (
    begin_cosignatures,
    publish_cosignatures,
    restore_cosignatures,
)
from ledger.services.publish.published_log import CHECKPOINT, PublishedCheckpoint, PublishedLog
from ledger.services.publish.tile_writer import TileWriter
from ledger.services.publish.tree_views import check_stored, signed_view, stored_view
from ledger.store import checkpoints, log, records
from ledger.store.database import Connection, Database
from ledger.store.records import StoredLeaf

if TYPE_CHECKING:
    from ledger.services.publish.witnesses import Witnesses

MEND = (
    "Was an old backup restored? Put the newest database, `log` and `keys/highest-checkpoint` back. If they are lost, "
    "move the database aside and run `lading rebuild --from-chain`, with `--new-log` where leaves stay lost."
)


class Publisher(PublishedLog):
    """Publishes the log that it also reads. One per process; several processes may share a folder, and take turns."""

    def __init__(
        self,
        database: Database,
        signer: LogSigner,
        folder: Path,
        highest: Path,
        *,
        open_folder: Callable[[Path], LogFolder] = LogFolder,
    ) -> None:
        """`highest` is the file for the highest checkpoint ever signed; keep it where backups of `folder` do not go."""
        super().__init__(signer.identity, open_folder(folder))
        self._database = database
        self._signer = signer
        self._files.public = True  # tiles and checkpoints are everybody's; what lies beside the keys is not
        self._highest_name = highest.name
        self._highest = open_folder(highest.parent)
        self._turn = threading.Lock()
        self.witnesses: Witnesses | None = None
        """Whom to ask for cosignatures; set where the log is served."""
        self._asked: TreeHead | None = None
        self._late = False
        """Whether a cosignature came after its checkpoint was shown."""
        self.failure: DiskFailed | None = None

    def witness_problems(self) -> Mapping[str, str]:
        """By witness, what went wrong the last time that this process asked it."""
        return self.witnesses.problems() if self.witnesses else {}

    # --- publishing ----------------------------------------------------------------------------------------------

    def publish(self, now: int) -> PublishedCheckpoint:
        """Bring tiles and checkpoint up to the log's head, and return the checkpoint that holds then.

        1. Meet what was signed before: the published checkpoint, the highest ever, and the database's own list.
        2. Check that the tiles have the published root and the database the published leaves.
        3. Write the tiles of the grown tree, and sync them.
        4. Check that the grown tree contains every tree that was signed, and that no witness can prove another.
        5. Sign, and keep the note as the highest ever.
        6. Ask the witnesses, for a short time.
        7. Publish its cosignatures, enter it and them into the database, and show them to readers.
        8. Remove partial tiles that full ones have replaced.

        Raises `InconsistentLog` with both views when the log shrank or was rewritten, `VerificationFailed` for a row
        whose leaf hash is not its own, `StorageFailed` when the disk refuses, `DiskFailed` when it is unknown what it
        holds: from then on every call does.
        """
        if self.failure:
            raise self.failure
        try:
            with self._turn, self._files.locked():
                return self._publish(now)
        except DiskFailed as error:
            self.failure = error
            raise

    def behind(self) -> bool:
        """Whether `publish` has anything new to show: leaves, a cosignature that came late, or a checkpoint file or its
        COSE signature that is gone. What else may be wrong is for `publish` to find.
        """
        if self.failure:
            raise self.failure
        published = self.current()
        with self._database.read() as connection:
            size = log.head(connection).size
        return self._late or published is None or published.head.size != size or not self.has_cose_signature(published)

    def highest(self) -> int | None:
        """The size of the highest checkpoint ever signed, as far as the files tell; None when they do not."""
        sizes = [
            kept.head.size for kept in (self.current(), self._checkpoint(self._highest, self._highest_name)) if kept
        ]
        return max(sizes, default=None)

    def check_contained(self, size: int, root: bytes) -> None:
        """Raise `InconsistentLog` unless what is stored begins with the tree of `size` that was anchored under `root`.

        Answers from the published tiles where they agree; whether they are the database's is for `publish` to say.
        """
        with suppress(NotFound):
            if self.root(size) == root:
                return
        with self._database.read() as connection:
            stored = log.head(connection).size
            first, second = TreeView(size, to_hex(root)), stored_view(connection, min(size, stored))
        if first != second:
            what = "the database holds fewer leaves" if size > stored else "the log has another tree"
            raise InconsistentLog(
                f"{what} than the checkpoint that is anchored on the chain",
                where="anchor",
                first=first,
                second=second,
                mend=MEND,
            )

    def keep_again(self, anchored: Mapping[int, bytes], now: int) -> None:
        """Enter checkpoints into a database that lost them: sizes and roots of those that the chain holds, and those
        whose cosignatures are published.

        Signatures are deterministic, so each note is the one that was signed before. Raises `VerificationFailed` for
        one that is not part of the published tree.
        """
        tree = self.tree()
        for size, root in anchored.items():
            if tree.root(size) != root:
                raise VerificationFailed(
                    "the anchored checkpoint is not part of the published log",
                    where=f"size {size}",
                    expected=to_hex(root),
                    found=to_hex(tree.root(size)),
                )
        with self._database.write() as connection:
            for size, root in anchored.items():
                checkpoints.add(connection, size, root, self._signer.checkpoint(size, root), now)
            if self.witnesses is not None:
                restore_cosignatures(connection, self._files, tree, self._signer, self.witnesses.policy)

    def _publish(self, now: int) -> PublishedCheckpoint:
        self._late = False
        # 1. What was signed before.
        published = self.current()
        highest = self._checkpoint(self._highest, self._highest_name)
        with self._database.read() as connection:
            size = log.head(connection).size
            signed = [c.head for c in (published, highest) if c]
            latest = checkpoints.latest(connection)
            if latest:
                signed.append(TreeHead(self._signer.identity.origin, latest.size, latest.root))
            for head in signed:
                if head.size > size:
                    raise InconsistentLog(
                        "the database holds fewer leaves than a checkpoint that was signed",
                        where="log size",
                        first=signed_view(head),
                        second=stored_view(connection, size),
                        mend=MEND,
                    )
            # 2. Tiles and database agree about what is published; what was signed beyond it (by a run that crashed
            # before it was shown) is checked leaf by leaf, before any tile is written over.
            old_size, last = self._verified_size(connection, published)
            for head in signed:
                if head.size > old_size:
                    check_stored(connection, head)
            # 3. A crash here leaves tiles that no checkpoint needs; the next run finds them equal or replaces them.
            grown, full = self._grow(connection, old_size, last, size)
        self._files.sync()
        # 4. Nothing signed is contradicted.
        for head in set(signed):  # mostly one and the same
            if grown.root(head.size) != head.root:
                raise InconsistentLog(
                    "the log has another tree than a checkpoint that was signed",
                    where="tree",
                    first=signed_view(head),
                    second=TreeView(head.size, to_hex(grown.root(head.size))),
                    mend="`lading audit` names the records that differ.",
                )
        self._meet_witnesses(signed, grown)
        # 5. A crash here leaves a signed note that nobody has seen; the next run signs the same size or a larger one,
        # and step 4 makes it agree.
        head = TreeHead(self._signer.identity.origin, size, grown.root())
        note = self._signer.checkpoint(size, head.root)
        self._highest.write(self._highest_name, note)
        self._highest.sync()
        # 6. A crash here leaves cosignatures that nobody has; the witnesses give them again.
        new = [stored_cosignature(head, cosignature) for cosignature in self._ask(head, note)]
        self._heed(head, grown)  # two that serve copies of one home: the second shows nobody its tree
        publish_cosignatures(self._files, new)
        # 7. A crash here leaves the highest ahead of what readers see; the next run catches up. Cosignatures that came
        # late stand in the database, and are shown from there.
        if new or latest is None or latest.size < size:
            with self._database.write() as connection:
                checkpoints.add(connection, size, head.root, note, now)
                checkpoints.add_cosignatures(connection, new)
        if self.witnesses is not None:
            with self._database.read() as connection:
                note = with_cosignatures(note, kept_cosignatures(connection, head, self.witnesses.policy))
            self._asked = head  # what they said is kept
        publish_cose_heads(self._files, self._signer, [published.head if published else None, head])
        self._files.write(CHECKPOINT, note)
        self._files.sync()
        # 8. A crash here leaves partial tiles that nobody needs.
        for tile in full:
            self._files.remove_folder(f"{tile.path()}.p")
            if tile.level == 0:
                self._files.remove_folder(f"{tile.entries_path()}.p")
        return PublishedCheckpoint(head, note)

    def _meet_witnesses(self, signed: Sequence[TreeHead], grown: TileTree) -> None:
        """Raise `InconsistentLog` when a witness has seen more of this log than the largest of `signed`, or another
        tree; see `_heed`.

        Before this process signs anything, each is asked for the largest that was signed before: who has seen more
        says so. Those that were away then are heard when they answer.
        """
        if self.witnesses is None or not signed:
            return
        head = max(signed, key=lambda head: head.size)
        if self._asked is None:
            note = self._signer.checkpoint(head.size, head.root)
            for cosignature in self.witnesses.ask(note, self._proof, self._keep, everybody=True):
                self._keep(head, cosignature)
        self._heed(head, grown)

    def _heed(self, head: TreeHead, grown: TileTree) -> None:
        """Raise `InconsistentLog` for a witness's contradiction that this log's own signature proves, or when so many
        say so that they outweigh the others. `head`: the largest that was signed.

        One witness's bare word stops nothing: it is in `problems`, and the checkpoint lacks its cosignature.
        """
        if self.witnesses is None:
            return
        said = []
        for contradiction in self.witnesses.contradictions().values():
            # A larger size may be one that another process has shown it meanwhile.
            asked = contradiction.error.second.size
            if asked < contradiction.size <= head.size:
                continue
            proof = self._signed_by_us(contradiction.latest)
            if proof is not None and (proof.size > grown.size or grown.root(proof.size) != proof.root):
                raise contradiction.error
            if proof is None or proof.size != contradiction.size:
                said.append(contradiction.error)
        if len(said) >= self.witnesses.policy.majority:
            raise said[0]

    def _signed_by_us(self, note: bytes) -> TreeHead | None:
        try:
            return self._signer.identity.verify_checkpoint(note)
        except (MalformedRecord, VerificationFailed):
            return None

    def _ask(self, head: TreeHead, note: bytes) -> Sequence[Cosignature]:
        """Cosignatures of a checkpoint that the witnesses were not asked for yet."""
        if self.witnesses is None or head == self._asked:
            return ()
        with self._database.read() as connection:
            begin_cosignatures(connection, self._files)
            have = list(kept_cosignatures(connection, head, self.witnesses.policy))
        return self.witnesses.ask(note, self._proof, self._keep, have)

    def _proof(self, old: int, size: int) -> list[bytes]:
        """The consistency proof up to a size whose tiles are on disk, shown to readers or not."""
        return TileTree(size, self._read_tile).consistency_proof(old)

    def _keep(self, head: TreeHead, cosignature: Cosignature) -> None:
        """Keep a cosignature that did not come with its checkpoint, unless the witness gave an earlier one."""
        row = stored_cosignature(head, cosignature)
        with self._database.read() as connection:
            begin_cosignatures(connection, self._files)
            if row.witness in {kept.witness for kept in checkpoints.cosignatures_of(connection, head.size)}:
                return
        try:
            publish_cosignatures(self._files, [row])
        except DiskFailed as error:
            self.failure = error  # this may be a witness's thread, and nobody else would hear of it
            raise
        with self._database.write() as connection:
            checkpoints.add_cosignatures(connection, [row])
        self._late = True

    def _verified_size(
        self, connection: Connection, published: PublishedCheckpoint | None
    ) -> tuple[int, list[StoredLeaf]]:
        """The size from which to grow: the published one, or 0 to write all tiles anew when some are missing; and the
        leaves of its last tile.
        """
        if published is None:
            return 0, []
        head = published.head
        tree = TileTree(head.size, self._read_tile)
        try:
            root = tree.root()
            last = (head.size - 1) // WIDTH
            hashes = self._read_tile(tile_of(0, last, head.size)) if head.size else b""
            start = max(0, last) * WIDTH
            rows = list(records.leaves(connection, start, head.size))
            for row in rows:
                begin = (row.log_index - start) * HASH_LENGTH
                if row.leaf_hash != hashes[begin : begin + HASH_LENGTH]:
                    raise InconsistentLog(
                        "the database has another leaf than the published tree",
                        where=f"leaf {row.log_index}, record {to_hex(row.record_id)}",
                        first=signed_view(head),
                        second=stored_view(connection, head.size),
                        mend="Was the database restored or edited? `lading audit` names the records that differ.",
                    )
        except NotFound:
            return 0, []
        if root != head.root:
            raise InconsistentLog(
                "the tiles on disk have another root than the checkpoint beside them",
                where="tiles",
                first=signed_view(head),
                second=TreeView(head.size, to_hex(root)),
                mend="Move the folder `tile` away: it is written anew from the database and checked again.",
            )
        return head.size, rows

    def _grow(
        self, connection: Connection, old_size: int, last: Sequence[StoredLeaf], size: int
    ) -> tuple[TileTree, list[Tile]]:
        """Write the tiles that a tree of `size` has and one of `old_size` lacks; the tree, and the tiles now full.

        `last`: the leaves of its last tile.
        """
        edge = TileWriter(self._files, old_size, self._read_tile)
        expected = first = old_size // WIDTH * WIDTH
        known = [row for row in last if row.log_index >= first]
        for row in chain(known, records.leaves(connection, old_size, size)):
            if row.log_index != expected:
                raise VerificationFailed("a leaf is missing from the database", where="log", expected=expected)
            edge.add(row, new=row.log_index >= old_size)
            expected += 1
        if expected != size:
            raise VerificationFailed("a leaf is missing from the database", where="log", expected=expected)
        edge.finish()
        if old_size == 0:
            self._write_partial_tiles(size, {signed for signed, _ in checkpoints.signed_times(connection)})
        return TileTree(size, self._read_tile), edge.filled

    def _write_partial_tiles(self, size: int, signed: set[int]) -> None:
        """Of tiles that are partial in a tree of `size`, write what smaller trees that were signed had of them: whoever
        holds such a checkpoint asks for these.
        """
        for tile in {tile for before in signed if before < size for tile in partial_tiles(before)}:
            now = tile_of(tile.level, tile.index, size)
            if now.width < WIDTH:
                self._files.write(tile.path(), self._read_tile(now)[: tile.width * HASH_LENGTH])
                if tile.level == 0:
                    entries = self._files.read(now.entries_path())
                    self._files.write(tile.entries_path(), entries[: tile.width * ENTRY_LENGTH])
