"""Records put back where the published entries of a log name them: from the chain, and from what partners gave back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger import merkle
from ledger.chain.contracts import has_chain_track
from ledger.chain.events import item_count
from ledger.common.ids import RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.log.leaf import Leaf
from ledger.log.signed_note import SignedCheckpoint, parse_checkpoint
from ledger.log.tiles import WIDTH
from ledger.merkle import leaf_hash
from ledger.records.disclosure import part_to_json, split
from ledger.records.index_keys import concerns
from ledger.records.signing import SignedRecord
from ledger.records.types import BY_NUMBER
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import Publication, Tell
from ledger.services.home.home import Home
from ledger.services.publish.cosigned_notes import stored_cosignature
from ledger.services.publish.durable_files import LogFolder
from ledger.services.relay.chain_reader import Settling, read_ranges
from ledger.store import checkpoints, migrate, openings, outbox, records, rowwise
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.rows import chunks, text_of


@dataclass(frozen=True, slots=True)
class LostLeaf:
    """A published leaf whose record neither the chain has nor anybody gave back."""

    index: int
    type_number: int
    record_id: RecordId
    log_time: int

    def to_json(self) -> dict[str, Any]:
        kind = BY_NUMBER.get(self.type_number)
        return {
            "index": self.index,
            "type": kind.__name__ if kind else str(self.type_number),
            "record": to_hex(self.record_id),
            "logged_at": self.log_time,
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """`size`: the largest of which anything tells; `note` and `root`: of the newest checkpoint in the files.

    `anchored`: the checkpoints on the chain, size to root. `pools`: every bonus pool that was opened there.
    """

    size: int
    note: bytes = b""
    note_size: int = 0
    root: bytes = b""
    anchored: Mapping[int, bytes] = field(default_factory=dict)
    pools: tuple[bytes, ...] = ()


class _Incomplete(Exception):
    """Leaves are lost; everything is undone."""

    def __init__(self, lost: tuple[LostLeaf, ...]) -> None:
        super().__init__(len(lost))
        self.lost = lost


class Restoration:
    """Puts records back where the published entries name them."""

    def __init__(
        self,
        home: Home,
        signed: Signed,
        given: Sequence[SignedRecord],
        tell: Tell,
    ) -> None:
        self._database = home.database
        self._settings = home.settings
        self._deployment = home.deployment
        self._witnesses = home.consortium.witnesses
        self._chain = home.chain
        self._signed = signed
        self._given = given
        self._tell = tell
        self._places: dict[RecordId, tuple[int, Leaf]] = {}
        self._back: set[RecordId] = set()

    def run(self, now: int) -> tuple[LostLeaf, ...] | None:
        """None when every leaf is back; otherwise those that are lost, and nothing is written.

        1. The entries, checked against the signed root.
        2. Records that were given back come first: they may carry more than the chain shows.
        3. Records and outcomes of the chain.
        4. Head, index, outcomes, and the outbox for what the chain has not settled.
        """
        # 1.
        leaves = self._entries()
        self._places = {leaf.record_id: (index, leaf) for index, leaf in enumerate(leaves)}
        try:
            with self._database.write() as connection:
                # 2.
                for signed in self._given:
                    self._put_given(connection, signed)
                # 3.
                settling = Settling(self._deployment.domain())
                final = self._chain.final()
                for blocks in read_ranges(self._chain, self._deployment, final):
                    self._tell("chain", blocks.end.number, final)
                    for timed in blocks.events:
                        for record_id, signed in settling.leaves(timed):
                            self._put(connection, record_id, signed)
                lost = [leaf for leaf in leaves if leaf.record_id not in self._back]
                if lost or len(leaves) < self._signed.size:
                    raise _Incomplete(
                        tuple(
                            LostLeaf(self._places[f.record_id][0], f.type_number, f.record_id, f.log_time) for f in lost
                        )
                    )
                # 4.
                rowwise.set_head(connection, len(leaves), leaves[-1].log_time)
                self._fill(connection)
                checkpoints.add(connection, self._signed.note_size, self._signed.root, self._own_note(), now)
                self._keep_cosignatures(connection)
        except _Incomplete as incomplete:
            return incomplete.lost
        return None

    def _own_note(self) -> bytes:
        """The newest checkpoint with the log's own signature alone: who cosigned it is kept beside it."""
        if not self._signed.note:
            return b""
        checkpoint = parse_checkpoint(self._signed.note)
        own = tuple(line for line in checkpoint.signatures if line.name == checkpoint.head.origin)
        return SignedCheckpoint(checkpoint.head, own).encode()

    def _keep_cosignatures(self, connection: Connection) -> None:
        """Those that the newest checkpoint shows; those of older ones come from the published file later."""
        if self._witnesses is not None and self._signed.note:
            checkpoint = parse_checkpoint(self._signed.note)
            result = self._witnesses.policy.cosignatures(checkpoint)
            checkpoints.add_cosignatures(connection, [stored_cosignature(checkpoint.head, one) for one in result])

    def _entries(self) -> list[Leaf]:
        size = self._signed.note_size
        findings = Findings()
        publication = Publication(LogFolder(self._settings.home / "log"), size, findings)
        leaves: list[Leaf] = []
        for index in range((size + WIDTH - 1) // WIDTH):
            self._tell("entries", index * WIDTH, size)
            leaves += [leaf for leaf, _ in publication.entries(index) if leaf is not None]
        result = merkle.root(leaf_hash(leaf.encode()) for leaf in leaves)
        if len(leaves) == size and result == self._signed.root:
            return leaves
        if len(leaves) == size:
            raise VerificationFailed(
                "the published entries are not those that the log signed",
                where="log/tile/entries",
                expected=to_hex(self._signed.root),
                found=to_hex(result),
                mend="Take the folder `log` from a mirror or an older copy, or go on under a new log.",
            )
        return []

    def _put_given(self, connection: Connection, signed: SignedRecord) -> None:
        public, parts = split(signed.record)
        domains = map(self._deployment.domain, self._signed.pools)
        record_id = next((i for d in domains if (i := d.record_id(public)) in self._places), None)
        if record_id is None or record_id in self._back or not self._put(connection, record_id, signed):
            return
        gone = {erasure.path for erasure in openings.erased_of(connection, record_id)}
        rows = [
            {"record_id": record_id, "path": path, "body": text_of(part_to_json(part))}
            for path, part in parts.items()
            if path not in gone
        ]
        rowwise.insert(connection, "openings", rows)

    def _put(self, connection: Connection, record_id: RecordId, signed: SignedRecord) -> bool:
        """Put a record back if its leaf is missing and this is what the leaf was made of."""
        if record_id in self._back or record_id not in self._places:
            return False
        index, leaf = self._places[record_id]
        signatures = signed.signature_bytes()
        public = split(signed.record)[0]
        if leaf != Leaf.of(public.NUMBER, record_id, signatures, leaf.log_time):
            return False
        row = {
            "record_id": record_id,
            "log_index": index,
            "type_number": public.NUMBER,
            "log_time": leaf.log_time,
            "leaf_hash": leaf_hash(leaf.encode()),
            "signatures": signatures,
            "message": text_of(public.to_json()),
        }
        rowwise.insert(connection, "records", [row])
        self._back.add(record_id)
        return True

    def _fill(self, connection: Connection) -> None:
        migrate.recreate_projections(connection)
        for batch in chunks(records.stream(connection), 500):
            index = [
                {"kind": concern.kind, "key": concern.key, "log_index": row.log_index}
                for row in batch
                for concern in concerns(row.record_id, row.record)
            ]
            rowwise.insert(connection, "record_index", index)
            settled = outcomes.of_many(connection, (row.record_id for row in batch))
            waiting = [
                outbox.new_row(row.record_id, row.log_index, row.type_number, getattr(row.record, "submitBy", 0))
                for row in batch
                if has_chain_track(type(row.record)) and len(settled.get(row.record_id, ())) < item_count(row.record)
            ]
            rowwise.insert(connection, "outbox", waiting)
