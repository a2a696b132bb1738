"""`lading audit --since`: what came since a remembered checkpoint, held to the same rules as by a whole audit.

What lies under the remembered tree was audited before and is not looked at again, but for rows on which newer ones
rest: these are taken only where an inclusion proof shows them under the remembered root.
`ledger.explain.since` lists what is trusted and what is not looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import LadingError
from ledger.log.contradiction import Contradiction
from ledger.merkle import EMPTY_ROOT
from ledger.records.evidence import Basis, CheckpointTime, Evidence
from ledger.records.signing import Domain
from ledger.services.audit.bookkeeping import check_cursor, check_head, check_index, check_new_outbox, latest_try_at
from ledger.services.audit.chain import ChainAudit, ChainFacts, check_anchors, check_followed, contracts_in_meta
from ledger.services.audit.checkpoints import (
    SHOWN,
    SignedHead,
    check_anchor_columns,
    check_heads,
    check_links,
    check_memory,
    check_reach,
    stored_heads,
)
from ledger.services.audit.files.home_files import check_demo
from ledger.services.audit.findings import AuditReport, Findings
from ledger.services.audit.genesis import check_council, check_later_pools
from ledger.services.audit.held_evidence import Held, HeldCheckpoint
from ledger.services.audit.kept_files import check_known_contracts, check_no_contract_missing
from ledger.services.audit.rows.copied import Copied
from ledger.services.audit.rows.damaged_rows import Damages
from ledger.services.audit.rows.log_rows import Publication, Tell, WalkedLog, walk
from ledger.services.audit.rows.places import Places
from ledger.services.audit.rows.signatures import Signatures, named_records, with_pending
from ledger.services.audit.rows.workers import workers
from ledger.services.audit.since.borrowed import Borrowed
from ledger.services.audit.since.earlier_chain import last_block_before, resume
from ledger.services.audit.since.extension import Extension, check_extension
from ledger.services.home.clock import SystemClock
from ledger.services.home.home import Home
from ledger.services.publish.durable_files import LogFolder
from ledger.services.state.bonus_pools import CONTRACTS
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import checkpoints, records, rowwise
from ledger.store.database import Connection
from ledger.store.projections import outcomes


@dataclass(frozen=True)
class Moment:
    """What was read before the database, which can then only be further on. `final`: the newest final block."""

    final: int
    notes: Mapping[str, SignedHead | None]


class AuditSince:
    """One audit of what came since `remembered`. `copy`: an empty database to work in. `held`: other checkpoints that
    the log must contain, and the trust file that it is held to; receipts are for whole audits.
    """

    def __init__(
        self, home: Home, source: Connection, copy: Connection, remembered: HeldCheckpoint, held: Held
    ) -> None:
        self._home = home
        self._source = source
        self._copy = copy
        self._remembered = remembered
        self._held = held

    def run(self, moment: Moment, findings: Findings, tell: Tell) -> AuditReport:
        """The checks, in the order of a whole audit.

        a. The published tree contains the remembered one, and what else is held; consortium.json and the keys agree
           whether this is a demonstration.
        b. Log: rows since, bundles and tiles.
        c. Chain: registry replayed; records and outcomes since complete; the council that of the founding and of its
           changes.
        d. What was damaged is named, and put right in the copy.
        e. Checkpoints and anchors since have the log's roots, and none of them is forgotten.
        f. Opened parts since have their hashes.
        g. Signatures since, and of what was settled since, are by the right keys.
        h. Index and outbox agree with the records since.
        """
        home, source, copy = self._home, self._source, self._copy
        identity, folder = home.consortium.log, home.settings.home / "log"
        least = self._remembered.size
        # a.
        check_demo(home.settings.home, home.consortium, findings)
        stored = list(stored_heads(source, identity, findings, least))
        heads = [head for head in moment.notes.values() if head is not None] + [head for _, head in stored]
        if not check_reach(heads, records.count(source), findings):
            return self._report(findings, least)
        newest = max(heads, key=lambda head: head.head.size, default=None)
        publication = Publication(LogFolder(folder), newest.head.size if newest else 0, findings)
        note = newest.note if newest else b""
        extension, convicted = check_extension(self._remembered, identity, publication, note, findings)
        if extension is None:
            return self._report(findings, least, convicted=convicted)
        for kept in self._held.checkpoints:
            contained, convicted = check_extension(kept, identity, publication, note, findings)
            if contained is None:
                return self._report(findings, least, convicted=convicted)
        # b.
        copied, domains = Copied(copy), self._domains()
        with workers(records.count(source) - extension.first) as pool:
            places = Places(source, domains, pool, extension.first)
            log = walk(places, publication, findings, copied.keep, tell, extension.before)
        check_head(source, log, findings)
        # c.
        borrowed = Borrowed(source, copied, domains, extension, findings)
        damages = Damages(source, log.damages, domains)
        facts, walked, followed = self._walk_chain(moment, copied, borrowed, damages, findings, tell)
        last = max(moment.final, min(followed, home.chain.final()))
        council = walked.rules.history.now(facts.reached).state.head()
        if not check_council(home.chain, home.deployment.registry, last, council, findings):
            return self._report(findings, least)
        if self._held.trust is not None:
            check_later_pools(self._held.trust, facts.contracts, findings)
        check_followed(facts, moment.final, followed, findings)
        check_cursor(source, home.chain, facts.newest, findings)
        # d.
        damages.explain(facts.recovered, findings)
        copied.restore(list(damages.restored(facts.recovered)))
        # e.
        check_heads(log, [head for head in heads if head.head.size >= log.first], findings)
        check_links(source, findings, least)
        anchored = check_anchors(facts, lambda sizes: _roots(log, extension, list(sizes)), log.size, findings)
        for row, _ in stored:
            check_anchor_columns(row, facts.anchors, followed, findings)
        self._check_memory(moment, list(facts.anchors), findings)
        times = [CheckpointTime(one.size, one.time, Basis.CHAIN) for one in facts.anchors.values()]
        evidence = Evidence.of_chain(home.deployment.chain_id, times)
        # f.
        copied.check_new_parts(source, findings)
        named = named_records(findings)
        # g.
        copied.fill_index()
        borrowed.take_context()
        borrowed.take_waiting_registry()
        outcomes.rebuild(copy)
        registry = CurrentRegistry(home.deployment.genesis, SystemClock(), copied.known)
        try:
            registry.refreshed(copy)
        except LadingError as error:
            what = "the registry cannot be derived: records are missing or damaged. Signatures were not judged"
            findings.add("", "registry", "every change in turn", str(error), what)
            return self._report(findings, least)
        history = with_pending(copy, registry.history, max(facts.reached, log.last_time), copied.known)
        Signatures(copy, history, evidence, copied.known).check(
            domains, named | (borrowed.ids - borrowed.settled), findings, tell
        )
        # h.
        check_index(source, copy, {damage.index for damage in log.damages}, findings, log.first)
        latest_try = latest_try_at(
            max(SystemClock().now(), facts.reached, log.last_time), home.deployment.genesis.delay
        )
        check_new_outbox(source, copy, set(damages.wanted()), latest_try, findings, log.first)
        return self._report(findings, least, log=log, anchored=anchored, note=note)

    def _walk_chain(
        self,
        moment: Moment,
        copied: Copied,
        borrowed: Borrowed,
        damages: Damages,
        findings: Findings,
        tell: Tell,
    ) -> tuple[ChainFacts, ChainAudit, int]:
        """What the chain recorded since, what it amounts to, and the block to which the log follows it."""
        home, source, copy, first = self._home, self._source, self._copy, borrowed.first
        cursor = [row["block"] for row in rowwise.some(source, "chain_cursor", "name", ["follower"])]
        followed = cursor[0] if cursor and isinstance(cursor[0], int) else home.deployment.block - 1
        after = last_block_before(source, copy, borrowed, first)
        resumed = resume(home, copy, borrowed, (after, first), findings)
        walked = ChainAudit(home, copied, damages.wanted(), findings, resumed)
        facts = walked.run(followed, max(moment.final, min(followed, home.chain.final())), tell)
        kept = self._kept_contracts()
        check_no_contract_missing(kept, facts, findings)
        if kept is not None:
            try:
                check_known_contracts(kept, facts, findings)
            except (ValueError, TypeError, AttributeError) as error:
                findings.add("", f"meta.{CONTRACTS}", "what was kept", str(error), "the value was edited")
        return facts, walked, followed

    def _domains(self) -> list[Domain]:
        deployment = self._home.deployment
        pools = [a for a, kind in contracts_in_meta(self._kept_contracts()).items() if kind == ContractKind.BONUS]
        return [deployment.domain(), *map(deployment.domain, pools)]

    def _kept_contracts(self) -> str | None:
        """The note of the contracts that were opened later, if there is one."""
        return next((row["value"] for row in rowwise.some(self._source, "meta", "name", [CONTRACTS])), None)

    def _check_memory(self, moment: Moment, anchors: Sequence[int], findings: Findings) -> None:
        shown = moment.notes[SHOWN]
        least = min((self._remembered.size, *anchors, *([shown.head.size] if shown else [])))
        rows = [row["size"] for row in rowwise.stream(self._source, "checkpoints", since=("size", least))]
        sizes = [size for size in rows if isinstance(size, int)]
        check_memory(self._home.settings.home, self._home.consortium.log, sizes, anchors, shown, findings)

    def _report(
        self,
        findings: Findings,
        since: int,
        *,
        log: WalkedLog | None = None,
        anchored: int = 0,
        note: bytes = b"",
        convicted: tuple[Contradiction, ...] = (),
    ) -> AuditReport:
        size, root = (log.rows, log.row_root) if log is not None else (0, EMPTY_ROOT)
        known = checkpoints.latest_anchored(self._source)
        newest = max(anchored, known.size if known else 0) if log is not None else 0
        return AuditReport(size, to_hex(root), newest, findings.all(), findings.notes(), convicted, note, since)


def _roots(log: WalkedLog, extension: Extension, sizes: Sequence[int]) -> dict[int, bytes]:
    """The log's root at each size: of those that the walk left behind, from the published tiles."""
    earlier = {size: extension.tree.root(size) for size in sizes if 0 < size < log.first}
    return log.roots(sizes) | earlier
