"""`lading rebuild`: projections from records, and records from the chain.

Projections are dropped and made anew. A lost database is another matter: the chain has every record that a contract
took, but not what only the log had, nor opened parts. Where the log's published files survived, they name each leaf in
its place, so records go back exactly where they were, and the same log goes on, once every leaf is there again. Where a
leaf stays lost, the old log has ended, and a new one names it as its predecessor (`docs/adr/0005`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.chain.client import ChainReader
from ledger.chain.contracts import kind_of
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import LogId, to_hex
from ledger.errors import Misconfigured, NotFound
from ledger.log.leaf import LogIdentity
from ledger.records.signing import SignedRecord
from ledger.records.types import Checkpoint, RegistryChange
from ledger.registry.changes import change
from ledger.registry.history import RegistryHistory
from ledger.services.audit.rows.log_rows import Tell
from ledger.services.home.chains import PATIENCE, founded_at, open_chain
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import Consortium, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import Settings
from ledger.services.lifecycle.log_from_chain import LostLeaf, Restoration, Signed
from ledger.services.lifecycle.new_log import CHECKPOINT, HIGHEST, renew_log
from ledger.services.node.node import Node
from ledger.services.publish.durable_files import LogFolder
from ledger.services.relay.chain_reader import read_ranges
from ledger.services.relay.follower import rebuild_from_events
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.erasure import FILE, read_file
from ledger.services.state.projections import Projector
from ledger.store import cursors, log, migrate, openings
from ledger.store.database import Database
from ledger.store.epcis import events

# --- projections -----------------------------------------------------------------------------------------------------


def rebuild_projections(settings: Settings) -> int:
    """Drop the projections and derive them anew from the records, in one transaction; how many leaves they cover.
    EPCIS events are made again when somebody asks for them.

    Nothing else may write meanwhile: stop the node first. Raises `Busy` when something does.
    """
    consortium = read_consortium(settings.home)
    database = Database.open(settings.database_url, begin=False)
    try:
        with database.write() as connection:
            migrate.recreate_projections(connection)
            events.start_over(connection)
            Projector(CurrentRegistry(consortium.genesis, SystemClock())).catch_up(connection)
            return migrate.projected_size(connection)
    finally:
        database.close()


# --- records ---------------------------------------------------------------------------------------------------------


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
            lost = Restoration(home, signed, given, hear).run(watch.now())
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


def _signed(settings: Settings, consortium: Consortium, chain: ChainReader) -> Signed:
    newest = Signed(0)
    for folder, name in (("log", CHECKPOINT), ("keys", HIGHEST)):
        try:
            note = LogFolder(settings.home / folder).read(name)
        except NotFound:
            continue
        head = consortium.log.verify_checkpoint(note)
        if head.size > newest.size:
            newest = Signed(head.size, note, head.size, head.root)
    anchored: dict[int, bytes] = {}
    pools = {consortium.deployment.contracts[ContractKind.BONUS]: None}
    for blocks in read_ranges(chain, consortium.deployment, chain.final()):
        pools |= dict.fromkeys(a for a, name in blocks.contracts.items() if kind_of(name) == ContractKind.BONUS)
        for timed in blocks.events:
            record = timed.event.signed.record
            if isinstance(record, Checkpoint) and record.logId == consortium.log.log_id:
                anchored[record.size] = record.root
    return Signed(max(newest.size, *anchored, 0), newest.note, newest.note_size, newest.root, anchored, tuple(pools))


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
