"""`lading audit`: everything that the database says, derived anew from what was signed, published and recorded.

Nothing stored is believed. Rows of the log are compared with what was published of them, sound rows are copied into a
scratch database, the projections are derived there from nothing, and the chain is read from its first event on. Each
difference is named with the record it concerns. It only reads, and may run beside the process that writes.
"""

import gc
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ledger.chain.embedded import EmbeddedReader
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import LadingError, Misconfigured, StorageFailed
from ledger.merkle import EMPTY_ROOT
from ledger.records.evidence import Basis, CheckpointTime, Evidence
from ledger.services.audit.awards import note_awards
from ledger.services.audit.bookkeeping import (
    check_cursor,
    check_head,
    check_index,
    check_outbox,
    check_pending,
    check_resting,
    latest_try_at,
)
from ledger.services.audit.chain import ChainAudit, check_anchors, check_followed, contracts_in_meta
from ledger.services.audit.checkpoints import (
    HIGHEST,
    SHOWN,
    SignedHead,
    check_anchor_columns,
    check_heads,
    check_links,
    check_memory,
    check_reach,
    read_note,
    stored_heads,
)
from ledger.services.audit.cosignatures import check_cosignatures
from ledger.services.audit.documents import check_consents, check_enrolments, check_proposals, check_transactions
from ledger.services.audit.files.cose_file import check_cose_heads
from ledger.services.audit.files.cosignature_file import check_published_cosignatures, check_published_lines
from ledger.services.audit.files.erasures import check_erasures
from ledger.services.audit.files.home_files import check_consortium_file, check_keys
from ledger.services.audit.files.log_files import check_log_files
from ledger.services.audit.files.presence import DAMAGED, missing_files, special_files
from ledger.services.audit.findings import AuditReport, Findings
from ledger.services.audit.genesis import WHERE, check_contracts, check_council, check_later_pools, check_trust
from ledger.services.audit.held_evidence import Held, HeldCheckpoint, check_held
from ledger.services.audit.kept_files import check_meta
from ledger.services.audit.projections import compare_projections
from ledger.services.audit.published_quarters import PublishedQuarters
from ledger.services.audit.rows.copied import Copied
from ledger.services.audit.rows.damaged_rows import Damages
from ledger.services.audit.rows.known import KnownRows
from ledger.services.audit.rows.log_rows import Publication, Tell, walk
from ledger.services.audit.rows.places import Places
from ledger.services.audit.rows.signatures import Signatures, named_records, with_pending
from ledger.services.audit.rows.workers import workers
from ledger.services.audit.schema import check_schema, check_types
from ledger.services.audit.since.run import AuditSince, Moment
from ledger.services.home.chains import open_chain_reader, place_of
from ledger.services.home.clock import ManualClock, SystemClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.node.node import Node
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.published_cosignatures import published_rows
from ledger.services.relay.foresight import RecordedForesight
from ledger.services.state.bonus_pools import CONTRACTS
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.projections import Projector
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import migrate, rowwise
from ledger.store.checkpoints import StoredCosignature
from ledger.store.database import Connection, Database

PATIENCE = 15.0
"""Seconds; a node that runs needs one or two for a step, and a busy one some more."""


def audit(
    source: Node | Settings,
    *,
    held: Held | None = None,
    since: HeldCheckpoint | None = None,
    tell: Tell | None = None,
    patience: float = PATIENCE,
) -> AuditReport:
    """Audit a home, whether or not it is being served. `tell` hears the step, and how much of it is done.

    `since`: a checkpoint that an audit ended with before; only what came since is looked at
    (`ledger.services.audit.since`).

    `held`: checkpoints and receipts that the auditor has from elsewhere, which a log restored from an older state
    cannot take back.

    A running node may take its time to follow the chain to where it is now, but for `patience` seconds without a step.

    Raises `Misconfigured` when there is nothing to audit, `Unavailable` when database or node cannot be read: then
    nothing is said about the records.
    """
    settings = source.home.settings if isinstance(source, Node) else source
    special = special_files(settings.home)
    if special.all():
        return _unjudged(special)
    consortium = read_consortium(settings.home)
    missing = missing_files(settings)
    if missing.all():
        return _unjudged(missing)
    database = Database(settings.database_url, read_only=True)
    try:
        place = partial(place_of, consortium, database)
        chain = source.chain if isinstance(source, Node) else open_chain_reader(settings, place=place)
    except (Misconfigured, StorageFailed) as error:
        database.close()
        if settings.chain != EMBEDDED:
            raise
        missing.add("", "chain.db", error.expected or "a chain that can be read", str(error), DAMAGED)
        return _unjudged(missing)
    try:
        with tempfile.TemporaryDirectory(prefix="lading-audit-") as folder:
            scratch = Database.scratch(Path(folder) / "scratch.db")
            try:
                with scratch.write() as copy, _seldom_collecting():
                    home = Home(settings, consortium, database, chain, SystemClock())
                    return _Audit(home, copy, held or Held(), since, tell or _quiet).run(patience)
            finally:
                scratch.close()
    finally:
        database.close()
        if not isinstance(source, Node):
            chain.close()


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Millions of rows come and go, and hold no cycles: to look for some after every 700 takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _unjudged(findings: Findings) -> AuditReport:
    """A report of what was found before there was anything that leaves could be compared with."""
    return AuditReport(0, to_hex(EMPTY_ROOT), 0, findings.all(), findings.notes())


class _Audit:
    def __init__(self, home: Home, copy: Connection, held: Held, since: HeldCheckpoint | None, tell: Tell) -> None:
        self._home = home
        self._settings = home.settings
        self._consortium = home.consortium
        self._deployment = home.deployment
        self._chain = home.chain
        self._database = home.database
        self._copy = copy
        self._held = held
        self._since = since
        self._tell = tell
        self._findings = Findings()

    def run(self, patience: float) -> AuditReport:
        """0. The file of an embedded chain, and what consortium.json says of the chain.
        1. What was signed and recorded so far, read before the database, which can then only be further on.
        2. One snapshot of the database, with everything below compared with it.

        What cannot be read at all ends it early: in files of this home that is a difference, in others' an error.
        """
        broken = self._since is None and self._check_file()
        try:
            return self._run(patience)
        except StorageFailed as error:
            if self._database.path is None and self._settings.chain != EMBEDDED:
                raise
            where = self._database.path.name if error.where == "" and self._database.path else error.where or "chain.db"
            self._findings.add("", where, "a file that can be read", str(error), f"{DAMAGED}. The rest was not judged")
        except LadingError as error:
            if not broken:
                raise
            self._findings.note("", "chain.db", "a chain that can be read", str(error), "the rest was not judged")
        return _unjudged(self._findings)

    def _check_file(self) -> bool:
        """Whether the file of the embedded chain is damaged: then what is read from it may be anything."""
        result = self._chain.damages() if isinstance(self._chain, EmbeddedReader) else []
        for damage in result:
            self._findings.add(
                "",
                f"chain.db: {damage.where}",
                damage.expected,
                damage.found,
                "the chain's file does not hold what was written: it was edited, or the disk lost it. Restore a backup",
            )
        return bool(result)

    def _is_founded_so(self) -> bool:
        """Whether consortium.json tells of this chain, and of contracts that are Lading's on it."""
        check_consortium_file(self._settings.home, self._consortium, self._findings)
        if self._held.trust is not None:
            check_trust(self._consortium, self._held.trust, self._findings)
        try:
            self._deployment.check(self._chain)
        except Misconfigured as error:
            if self._settings.chain != EMBEDDED:
                raise  # then it is rather the setting that names another network
            what = f"{error.what}: {WHERE} or chain.db was altered or exchanged"
            self._findings.add("", f"{WHERE}: {error.where}", error.expected, error.found, what)
            return False
        return check_contracts(self._chain, self._deployment, self._findings)

    def _run(self, patience: float) -> AuditReport:
        # 1.
        if not self._is_founded_so():
            return _unjudged(self._findings)
        final = self._chain.final()
        home, identity = self._settings.home, self._consortium.log
        notes = {name: read_note(home, name, identity, self._findings) for name in (SHOWN, HIGHEST)}
        published = list(published_rows(LogFolder(home / "log")))
        self._wait_for(final, patience)
        # 2.
        with self._database.read() as source:
            unreadable = check_schema(source, self._copy, self._findings, whole=self._since is None)
            if unreadable is None:
                return _unjudged(self._findings)
            sound = self._since is None and check_types(source, self._findings)
            try:
                if self._since is not None:
                    recent = AuditSince(self._home, source, self._copy, self._since, self._held)
                    return recent.run(Moment(final, notes), self._findings, self._tell)
                return self._compare(source, final, notes, published, unreadable)
            except (TypeError, ValueError, AttributeError, LookupError, RecursionError) as error:
                if sound or (self._since is not None and check_types(source, self._findings)):
                    raise
                what = "the rest was not judged, because of values of another type, which are named"
                self._findings.note("", "the database", "values of their types", str(error), what)
        return _unjudged(self._findings)

    def _compare(
        self,
        source: Connection,
        final: int,
        notes: Mapping[str, SignedHead | None],
        published: Sequence[StoredCosignature],
        unreadable: Collection[str],
    ) -> AuditReport:
        """The checks, in this order because later ones work on what earlier ones found sound.

        a. The database consists of what Lading made it of.
        b. Log: rows, bundles and tiles, one leaf after the other.
        c. Chain: rules replayed, records and outcomes complete, contracts ours, the council that of the founding and of
           its changes.
        d. What was damaged is named, and put right in the copy.
        e. Checkpoints, anchors and cosignatures have the log's roots, none is forgotten, and what the auditor holds
           agrees.
        f. Opened parts have their hashes; what was erased has not come back.
        g. Projections are those that follow from the records.
        h. Signatures are by the right keys; published quarters are what the records give.
        i. Index, outbox, pending slots, proposals, enrolments, consents, award files and item codes agree with the
           records; keys are those that the registry knows. Awards at another size than the rules name are noted.
        """
        findings, copy, tell = self._findings, self._copy, self._tell
        copied = Copied(copy)
        home, identity = self._settings.home, self._consortium.log
        # b.
        stored = list(stored_heads(source, identity, findings))
        heads = [head for head in notes.values() if head is not None] + [head for _, head in stored]
        if not check_reach(heads, rowwise.count(source, "records"), findings):
            return _unjudged(findings)
        # Tiles are on disk before a checkpoint is signed, so they reach to the largest, whatever is shown now.
        size = max((head.head.size for head in heads), default=0)
        publication = Publication(LogFolder(home / "log"), size, findings)
        domains = [self._deployment.domain()]
        metas = {row["name"]: row["value"] for row in rowwise.some(source, "meta", "name", [CONTRACTS])}
        for address, kind in contracts_in_meta(metas.get(CONTRACTS)).items():
            if kind == ContractKind.BONUS:
                domains.append(self._deployment.domain(address))
        with workers(rowwise.count(source, "records")) as pool:
            log = walk(Places(source, domains, pool), publication, findings, copied.keep, tell)
        check_head(source, log, findings)
        signed = [head.head.size for head in heads]
        check_log_files(home / "log", log, signed, findings)
        # c.
        damages = Damages(source, log.damages, domains)
        cursor = [row["block"] for row in rowwise.some(source, "chain_cursor", "name", ["follower"])]
        followed = cursor[0] if cursor and isinstance(cursor[0], int) else self._deployment.block - 1
        walked = ChainAudit(self._home, copied, damages.wanted(), findings)
        last = max(final, min(followed, self._chain.final()))
        facts = walked.run(followed, last, tell)
        council = walked.rules.history.now(facts.reached).state.head()
        if not check_council(self._chain, self._deployment.registry, last, council, findings):
            return _unjudged(findings)
        if self._held.trust is not None:
            check_later_pools(self._held.trust, facts.contracts, findings)
        check_followed(facts, final, followed, findings)
        check_cursor(source, self._chain, facts.newest, findings)
        # d.
        damages.explain(facts.recovered, findings)
        copied.restore(list(damages.restored(facts.recovered)))
        # e.
        check_heads(log, heads, findings)
        check_links(source, findings)
        anchored = check_anchors(facts, lambda sizes: log.roots(list(sizes)), log.size, findings)
        for row, _ in stored:
            check_anchor_columns(row, facts.anchors, followed, findings)
        rows = [row["size"] for row in rowwise.stream(source, "checkpoints") if isinstance(row["size"], int)]
        check_memory(home, identity, rows, list(facts.anchors), notes[SHOWN], findings)
        newest = max(heads, key=lambda head: head.head.size, default=None)
        convicted = check_held(log, self._held, identity, findings, newest.note if newest else None)
        before = notes[SHOWN]
        check_published_cosignatures(source, home / "log", findings)
        check_published_lines(source, published, log, identity.origin, findings)
        check_cose_heads(home / "log", log, identity, findings)
        cosigned = check_cosignatures(source, log, heads, before.note if before else None, self._consortium, findings)
        times = cosigned.times(self._consortium.witness_policy)
        times += [CheckpointTime(one.size, one.time, Basis.CHAIN) for one in facts.anchors.values()]
        evidence = Evidence.of_chain(self._deployment.chain_id, times)
        # f.
        copied.check_parts(source, findings, tell)
        check_erasures(source, home, findings)
        named = named_records(findings)
        # g.
        registry = self._derive(source, log.rows, unreadable, copied.known)
        compare_projections(source, copy, unreadable, findings, tell)
        # h.
        latest = max(facts.reached, log.last_time)
        history = with_pending(copy, registry.history, latest, copied.known)
        Signatures(copy, history, evidence, copied.known).check(domains, named, findings, tell)
        PublishedQuarters(source, copy, self._consortium, registry, evidence).check(cosigned, findings)
        # i.
        copied.fill_index()
        check_index(source, copy, {damage.index for damage in log.damages}, findings)
        now = max(SystemClock().now(), latest)
        latest_try = latest_try_at(now, self._deployment.genesis.delay)
        check_outbox(source, copy, set(damages.wanted()), latest_try, findings, tell)
        then = ManualClock(facts.reached)
        foresee = RecordedForesight(CurrentRegistry(self._deployment.genesis, then), then)
        check_resting(source, copy, foresee, now, findings)
        check_pending(source, copy, set(damages.wanted()), findings)
        check_transactions(source, self._chain, facts, self._home.log_id, findings)
        check_proposals(source, domains, findings)
        check_enrolments(source, copy, self._deployment.genesis.consortium_id, findings)
        check_consents(source, self._deployment.genesis.consortium_id, findings)
        check_meta(source, copy, facts, findings)
        check_keys(self._settings, self._consortium, registry.now(), findings)
        reader = VerifiedRecords(copy, self._consortium, registry.refreshed(copy), evidence)
        note_awards(source, copy, self._home.log_id, facts.anchors, reader, findings)
        note = newest.note if newest else b""
        return AuditReport(log.rows, to_hex(log.row_root), anchored, findings.all(), findings.notes(), convicted, note)

    def _derive(self, source: Connection, size: int, unreadable: Collection[str], known: KnownRows) -> CurrentRegistry:
        """Fill the copy's projections from its records, as far as those of the source reach."""
        there = "projection_state" not in unreadable
        rows = list(rowwise.stream(source, "projection_state")) if there else []
        reached = rows[0]["size"] if len(rows) == 1 else None
        if not isinstance(reached, int) or not 0 <= reached <= size:
            self._findings.add(
                "", "projection_state.size", f"up to {size}", reached, "the projections cannot reach so far: edited"
            )
            reached = size
        self._tell("deriving", 0, reached)
        rowwise.set_head(self._copy, reached, 0)
        migrate.empty_projections(self._copy)
        registry = CurrentRegistry(self._deployment.genesis, SystemClock(), known)
        try:
            Projector(registry).catch_up(self._copy)
        except (LadingError, LookupError) as error:
            self._findings.add(
                "", "projections", "projections", str(error), "they cannot be derived: records are missing or damaged"
            )
        return registry.refreshed(self._copy)

    def _wait_for(self, final: int, patience: float) -> None:
        """Give a running node the time to follow the chain to `final`; go on when it does not come any further."""
        reached, ends = -1, time.monotonic() + patience
        while reached < final and time.monotonic() < ends:
            with self._database.read() as source:
                cursor = [row["block"] for row in rowwise.some(source, "chain_cursor", "name", ["follower"])]
            if cursor and isinstance(cursor[0], int) and cursor[0] > reached:
                reached, ends = cursor[0], time.monotonic() + patience
            else:
                time.sleep(0.2)


def _quiet(_step: str, _done: int, _total: int) -> None:
    pass
