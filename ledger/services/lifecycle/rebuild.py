"""`lading rebuild`: projections from records, and records from the chain.

Projections are dropped and made anew. A lost database is another matter: the chain has every record that a contract
took, but not what only the log had, nor opened parts. Where the log's published files survived, they name each leaf in
its place, so records go back exactly where they were, and the same log goes on, once every leaf is there again. Where a
leaf stays lost, the old log has ended, and a new one names it as its predecessor (`docs/adr/0005`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ledger import merkle
from ledger.chain.client import ChainReader
from ledger.chain.contracts import has_chain_track, kind_of
from ledger.chain.events import item_count
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import LogId, RecordId, to_hex
from ledger.errors import Misconfigured, NotFound, VerificationFailed
from ledger.log.leaf import Leaf, LogIdentity
from ledger.log.signed_note import SignedCheckpoint, parse_checkpoint
from ledger.log.tiles import WIDTH
from ledger.merkle import leaf_hash
from ledger.records.disclosure import part_to_json, split
from ledger.records.index_keys import concerns
from ledger.records.signing import SignedRecord
from ledger.records.types import BY_NUMBER, Checkpoint, RegistryChange
from ledger.registry.changes import change
from ledger.registry.history import RegistryHistory
from ledger.services.audit.findings import Findings
from ledger.services.audit.log_rows import Publication, Tell
from ledger.services.home.chains import PATIENCE, founded_at, open_chain
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import Consortium, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import Settings
from ledger.services.lifecycle.new_log import CHECKPOINT, HIGHEST, renew_log
from ledger.services.node.node import Node
from ledger.services.publish.cosigned_notes import stored_cosignature
from ledger.services.publish.durable_files import LogFolder
from ledger.services.relay.chain_reader import Settling, read_ranges
from ledger.services.relay.follower import rebuild_from_events
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.erasure import FILE, read_file
from ledger.services.state.projections import Projector
from ledger.store import checkpoints, cursors, log, migrate, openings, outbox, records, rowwise
from ledger.store.database import Connection, Database
from ledger.store.projections import outcomes
from ledger.store.rows import chunks, text_of

# --- projections -----------------------------------------------------------------------------------------------------


def rebuild_projections(settings: Settings) -> int:
    """Drop the projections and derive them anew from the records, in one transaction; how many leaves they cover.

    Nothing else may write meanwhile: stop the node first. Raises `Busy` when something does.
    """
    consortium = read_consortium(settings.home)
    database = Database.open(settings.database_url, begin=False)
    try:
        with database.write() as connection:
            migrate.recreate_projections(connection)
            Projector(CurrentRegistry(consortium.genesis, SystemClock())).catch_up(connection)
            return migrate.projected_size(connection)
    finally:
        database.close()


# --- records ---------------------------------------------------------------------------------------------------------


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
class Restored:
    """What a restoration did. `done` False: leaves are `lost`, and nothing was written.

    `in_place`: leaves at their old index; `appended`: leaves that follow from the chain behind them. `registration`:
    for a new log, the change that the council has to sign before it can be anchored.
    """

    done: bool
    in_place: int
    appended: int
    lost: tuple[LostLeaf, ...]
    log: LogIdentity
    registration: RegistryChange | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "done": self.done,
            "in_place": self.in_place,
            "appended": self.appended,
            "lost": [leaf.to_json() for leaf in self.lost],
            "log": {"origin": self.log.origin, "logId": to_hex(self.log.log_id), "key": to_hex(self.log.public_key)},
            "registration": None if self.registration is None else SignedRecord(self.registration, ()).to_json(),
        }


def restore_from_chain(
    settings: Settings,
    *,
    given: Sequence[SignedRecord] = (),
    new_log: bool = False,
    clock: Clock | None = None,
    tell: Tell | None = None,
) -> Restored:
    """Fill an empty database from the chain, the log's published files, and records that partners gave back.

    1. What was signed: the largest size of which the files or the chain tell.
    2. If anything was: the published entries name each leaf, and records go back to their places, all or nothing.
    3. If leaves are lost, nothing is written; with `new_log`, keys and files of the old log are moved aside instead.
    4. Outcomes and records behind those follow from the chain, as for every node that follows it.

    Raises `Misconfigured` when the database is not empty, `VerificationFailed` when the published files are not those
    that the log signed.
    """
    consortium = read_consortium(settings.home)
    watch, hear = clock or SystemClock(), tell or _quiet
    _require_empty(settings)
    _restore_erasures(settings)
    chain = open_chain(settings, watch, place=partial(founded_at, consortium), patience=PATIENCE)
    home = Home(settings, consortium, Database.open(settings.database_url), chain, watch)
    try:
        # 1.
        consortium.deployment.check(chain)
        signed = _signed(settings, consortium, chain)
        # 2.
        restored = 0
        if signed.size and not new_log:
            lost = _Restoration(home, signed, given, hear).run(watch.now())
            if lost is not None:
                return Restored(False, 0, 0, lost, consortium.log)
            restored = signed.size
    finally:
        home.close()
    # 3. A crash here leaves an empty database and, maybe, a new log without leaves: run it again.
    predecessor = consortium.log.log_id
    if signed.size and new_log:
        consortium = renew_log(settings, consortium)
    # 4.
    node = Node(settings, watch)
    try:
        if restored:
            # Before the chain is followed, which notes where each checkpoint was anchored.
            node.reader.publisher.publish(watch.now())
            node.reader.publisher.keep_again(signed.anchored, watch.now())
            node.work.follower.step()
        else:
            rebuild_from_events(node.work.follower)
        size = node.reader.publisher.publish(watch.now()).head.size
        with node.home.database.read() as connection:
            history = node.reader.registry.refreshed(connection).history
        registration = None
        if signed.size and new_log:
            registration = _registration(history, watch.now(), consortium, predecessor, signed.size, node)
        return Restored(True, restored, size - restored, (), consortium.log, registration)
    finally:
        node.close()


def _restore_erasures(settings: Settings) -> None:
    """Before any record comes back: what was erased stays so."""
    database = Database.open(settings.database_url)
    try:
        with database.write() as connection:
            openings.note_erased(connection, read_file(settings.home / FILE))
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class _Signed:
    """`size`: the largest of which anything tells; `note` and `root`: of the newest checkpoint in the files.

    `anchored`: the checkpoints on the chain, size to root. `pools`: every bonus pool that was opened there.
    """

    size: int
    note: bytes = b""
    note_size: int = 0
    root: bytes = b""
    anchored: Mapping[int, bytes] = field(default_factory=dict)
    pools: tuple[bytes, ...] = ()


def _require_empty(settings: Settings) -> None:
    database = Database.open(settings.database_url)
    try:
        with database.read() as connection:
            if log.head(connection).size or cursors.get(connection, "follower"):
                raise Misconfigured(
                    "the database is not lost",
                    where="LADING_DATABASE_URL",
                    expected="an empty database",
                    found=f"{log.head(connection).size} leaves",
                    mend="Move it aside first; `lading rebuild --projections` keeps its records.",
                )
    finally:
        database.close()


def _signed(settings: Settings, consortium: Consortium, chain: ChainReader) -> _Signed:
    newest = _Signed(0)
    for folder, name in (("log", CHECKPOINT), ("keys", HIGHEST)):
        try:
            note = LogFolder(settings.home / folder).read(name)
        except NotFound:
            continue
        head = consortium.log.verify_checkpoint(note)
        if head.size > newest.size:
            newest = _Signed(head.size, note, head.size, head.root)
    anchored: dict[int, bytes] = {}
    pools = {consortium.deployment.contracts[ContractKind.BONUS]: None}
    for blocks in read_ranges(chain, consortium.deployment, chain.final()):
        pools |= dict.fromkeys(a for a, name in blocks.contracts.items() if kind_of(name) == ContractKind.BONUS)
        for timed in blocks.events:
            record = timed.event.signed.record
            if isinstance(record, Checkpoint) and record.logId == consortium.log.log_id:
                anchored[record.size] = record.root
    return _Signed(max(newest.size, *anchored, 0), newest.note, newest.note_size, newest.root, anchored, tuple(pools))


class _Incomplete(Exception):
    """Leaves are lost; everything is undone."""

    def __init__(self, lost: tuple[LostLeaf, ...]) -> None:
        super().__init__(len(lost))
        self.lost = lost


class _Restoration:
    """Puts records back where the published entries name them."""

    def __init__(
        self,
        home: Home,
        signed: _Signed,
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
            leaves += [leaf for leaf in publication.entries(index) if leaf is not None]
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


def _registration(
    history: RegistryHistory, now: int, consortium: Consortium, predecessor: LogId, size: int, node: Node
) -> RegistryChange:
    """The change by which the council lets the new log anchor, naming the old one if it was registered."""
    view = history.now(now)
    old = view.log(predecessor)
    return change(
        history.next_sequence,
        RegistryAction.REGISTER_LOG,
        partner=old.partner if old else 0,
        key=node.reader.keys.anchor.address,
        scope=consortium.log.log_id,
        document=predecessor if old else bytes(32),
        number=size if old else 0,
    )


def _quiet(_step: str, _done: int, _total: int) -> None:
    pass
