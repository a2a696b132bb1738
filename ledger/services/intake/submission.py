"""Taking records in: a signed record becomes accepted, or a proposal that waits for its missing signatures.

The answer follows the commit. Cheap checks come before signature checks, and these before the rules.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import LadingError, NotFound, NotPermitted
from ledger.log.leaf import Receipt
from ledger.records import index_keys as concerning
from ledger.records.content_checks import check_content
from ledger.records.disclosure import parts_for
from ledger.records.recovered import RecoveredRecord
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import BonusAward, Record
from ledger.services.home.home import Home
from ledger.services.intake import referenced_records
from ledger.services.intake.before_signing import Signable, check_signable
from ledger.services.intake.checks import Checks, Preflight
from ledger.services.intake.judgement import Judged, judge, keep
from ledger.services.intake.money_domains import MoneyDomains
from ledger.services.intake.out_of_order import Awaited
from ledger.services.intake.sequencer import Sequencer
from ledger.services.state.award_sizes import refuse_other_size
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.custody_projection import note_opened
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import openings, proposals, records, traces
from ledger.store.database import Connection
from ledger.store.records import StoredRecord

MOST_KEPT = 10_000
log = logging.getLogger("lading.submission")
MOST_WAITING = 2_000
"""Records of one signer that may wait for others at a time: more than a busy dock signs in days without a network."""


Charge = Callable[[Collection[int]], None]
"""Lets these partners pay for a record that is about to be taken in; raises `Busy` when one of them cannot."""
Completes = Callable[[RecordId], None]
"""Told of a record that was logged, and for which others were kept (`Submission.complete_about`)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record is in the log; `again` when it was there before. `awaited`: where its predecessors are missing."""

    record_id: RecordId
    receipt: Receipt
    again: bool
    awaited: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """The record waits; `missing` names who has not signed yet."""

    record_id: RecordId
    missing: tuple[str, ...]


class Submission:
    def __init__(
        self,
        home: Home,
        sequencer: Sequencer,
        registry: CurrentRegistry,
        preflight: Preflight,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._db = home.database
        self._sequencer = sequencer
        self._registry = registry
        self._domains = MoneyDomains(home, registry)
        self._log_id = home.log_id
        self._consortium = home.consortium
        self._clock = home.clock
        self._guard = home.guard
        self._preflight = preflight
        self._most_waiting = most_waiting

    def domain_of(self, record: Record, signatures: Sequence[bytes] = ()) -> Domain:
        """What its signers are to bind, or by their `signatures` have bound."""
        with self._db.read() as connection:
            return self._domains.of(connection, SignedRecord(record, tuple(signatures)))

    def check_signable(self, record: Record, key: KeyAddress | None = None) -> Signable:
        """Who has to sign `record`, and for whom `key` would; raises what `submit` would raise once they have, and
        `NotPermitted` for a key that has no part in it. Nothing is kept.
        """
        now = self._clock.now()
        with self._db.read() as connection:
            domain = self._domains.of(connection, SignedRecord(record, ()))
            record_id = domain.record_id(record)
            if records.get(connection, record_id) is None:
                self._check_money(connection, record, domain)
            return check_signable(connection, self.checks(connection, now), record, record_id, now, key)

    def submit(
        self, signed: SignedRecord, charge: Charge | None = None, completes: Completes | None = None
    ) -> Accepted | Proposed:
        """Take a record in; what it lacks in signatures is taken from an earlier proposal of the same record.

        1. Structure, then known before: the first receipt again, for ever.
        2. Content: codes, times, opened private parts.
        3. Signatures, each recovered once, joined with those of the proposal; a stranger's is refused.
        4. Someone missing, or the record that it is about: kept as a proposal.
        5. Rules, on the expected state.
        6. The partners who signed just now pay, where there is a `charge`: nobody pays for what others send again.
        7. Commit; what was kept until this record came is submitted, or left to `completes`; then the receipt.

        Raises the branches `InvalidInput`, `Refused` and `Unavailable`; then nothing has changed.
        """
        self._guard.refuse()
        # 1. Structure, known before.
        signed.record.check()
        with self._db.read() as connection:
            domain = self._domains.of(connection, signed)
            record_id = domain.record_id(signed.record)
            there = traces.of(connection, [record_id])
            if there.logged and (row := records.get(connection, record_id)):
                return self._again(connection, row, signed)
            # 2. Content.
            now = self._guard.now()
            check_content(signed.record, now)
            self._check_money(connection, signed.record, domain)
            # 3. Signatures.
            recovered = self._registry.signer_keys.recovered(signed, record_id)
            checks = self.checks(connection, now)
            proposal = proposals.get(connection, record_id) if there.proposed else None
            # 4. and 5.
            judged = judge(checks, recovered, proposal, self._registry.signer_keys)
        # 6. Who signed just now pays.
        if charge is not None:
            charge(self.new_signers(judged))
        if judged.entry is None:
            return self._propose(judged, now, completes)
        # 7. Commit.
        receipt = self._sequencer.submit(judged.entry)
        if there.about:  # one that was kept since then is found when the chain has recorded this record
            (completes or self.complete_about)(record_id)
        return Accepted(record_id, receipt, again=False, awaited=judged.awaited)

    def replay(self, batch: Sequence[SignedRecord]) -> list[Receipt | LadingError]:
        """Take in fully signed records of history, whose `submitBy` may be far ahead, in one commit where possible.

        The same checks as `submit` but for the limit on `submitBy`, each record on what those before it will do; a
        refused one does not harm the others.
        """
        now = self._guard.now()
        results: dict[int, Receipt | LadingError] = {}
        entries, places = [], []
        with self._db.read() as connection:
            bound = [self._domains.of(connection, signed) for signed in batch]
            ids = [domain.record_id(signed.record) for domain, signed in zip(bound, batch, strict=True)]
            known = records.get_many(connection, ids)
            checks = self.checks(connection, now)
            for i, (signed, record_id) in enumerate(zip(batch, ids, strict=True)):
                if row := known.get(record_id):
                    results[i] = self._sequencer.receipt_of(row)
                    continue
                try:
                    check_content(signed.record, now, replayed=True)
                    self._check_money(connection, signed.record, bound[i])
                    order = checks.in_order(self._registry.signer_keys.recovered(signed, record_id))
                    if order.missing:
                        raise NotPermitted("signatures are missing", found=", ".join(order.missing))
                    entries.append(checks.entry(order.recovered)[0])
                    places.append(i)
                except LadingError as error:
                    results[i] = error
        results |= zip(places, self._sequencer.append_each(entries), strict=True)
        return [results[i] for i in range(len(batch))]

    def countersign(
        self, record_id: RecordId, signatures: Sequence[bytes], charge: Charge | None = None
    ) -> Accepted | Proposed:
        """Add signatures to a proposal; when none is missing any more, it is submitted.

        Raises `NotFound` when there is no such proposal.
        """
        with self._db.read() as connection:
            if row := records.get(connection, record_id):
                return Accepted(record_id, self._sequencer.receipt_of(row), again=True)
            proposal = proposals.get(connection, record_id)
        if proposal is None:
            raise NotFound("no such proposal", where="record", found=to_hex(record_id), mend="Submit the whole record.")
        return self.submit(SignedRecord(proposal.record, tuple(signatures)), charge)

    def signed_now(self, signed: SignedRecord) -> set[int]:
        """The partners who signed what nobody has handed in before; none for a record that is known. No rule is asked.

        Raises `InvalidInput` and `Refused` branches for what is no record, or not signed as one.
        """
        signed.record.check()
        with self._db.read() as connection:
            record_id = self._domains.of(connection, signed).record_id(signed.record)
            if records.get(connection, record_id) is not None:
                return set()
            self._registry.refreshed(connection)
            recovered = self._registry.signer_keys.recovered(signed, record_id)
            proposal = proposals.get(connection, record_id)
            earlier = self._registry.signer_keys.recovered(proposal.signed, record_id) if proposal else None
        return self._signed_now(recovered, earlier)

    def countersigned_now(self, record_id: RecordId, signatures: Sequence[bytes]) -> set[int]:
        """As `signed_now`, of signatures for a proposal; none when there is no such proposal."""
        with self._db.read() as connection:
            proposal = proposals.get(connection, record_id)
        return self.signed_now(SignedRecord(proposal.record, tuple(signatures))) if proposal else set()

    def complete_kept(self) -> None:
        """Submit what was kept until another record came, if that one has come from the chain."""
        self._complete()

    def complete_about(self, *record_ids: RecordId) -> None:
        """Submit what was kept until these came, which are in the log now."""
        with self._db.read() as connection:
            about = proposals.about_many(
                connection,
                concerning.RECORD,
                map(to_hex, record_ids),
                types=referenced_records.TYPES,
                now=self._clock.now(),
            )
        for key in sorted(about):
            self._complete(concerning.RECORD, key)

    def _complete(self, kind: str = "", key: str = "") -> None:
        """Of the proposals about (`kind`, `key`), or of all, submit those whose missing record is here now."""
        with self._db.read() as connection:
            now = self._clock.now()
            kept = proposals.listing(connection, kind, key, types=referenced_records.TYPES, now=now, limit=MOST_KEPT)
            ready = [p for p in kept if not referenced_records.missing(connection, p.record)]
        for proposal in ready:
            try:
                # Its signatures are taken from the proposal: there, those that have no part in the record do no harm.
                self.submit(SignedRecord(proposal.record, ()))
            except LadingError as error:  # it stays a proposal, which its signers can look at
                log.info("%s was kept, and is refused now: %s", to_hex(proposal.record_id), error)

    def _again(self, connection: Connection, row: StoredRecord, signed: SignedRecord) -> Accepted:
        """The first receipt. Private parts that a signer hands in are kept if they are neither open here nor erased."""
        recovered = self._registry.signer_keys.recovered(signed, row.record_id)
        self._check_signed_anew(connection, row, recovered)
        parts = parts_for(row.record, signed.record)
        if openings.new_parts(connection, row, parts):
            self.checks(connection, self._clock.now()).in_order(recovered)
            with self._db.write() as writing:
                openings.add(writing, row.record_id, parts)
                note_opened(writing, row)
        awaited = self.checks(connection, self._clock.now()).awaited(row.record, row.record_id)
        return Accepted(row.record_id, self._sequencer.receipt_of(row), again=True, awaited=awaited)

    def _check_signed_anew(self, connection: Connection, row: StoredRecord, recovered: RecoveredRecord) -> None:
        """Raise unless every signature handed in is by a key that signed, or by another key of such a signer."""
        first = self._registry.signer_keys.of(row)
        view = self._registry.refreshed(connection).now()
        signers = {known.partner for key in first if (known := view.address(key)) is not None}
        for i, key in enumerate(recovered.keys):
            known = view.address(key)
            if key not in first and (known is None or known.partner not in signers):
                raise NotPermitted(
                    "signed by a key that has no part in this record",
                    where=f"signatures[{i}]",
                    expected="a signer's key",
                    found=f"{to_hex(key)} ({self._registry.describe(key)})",
                )

    def _signed_now(self, recovered: RecoveredRecord, earlier: RecoveredRecord | None) -> set[int]:
        """The partners behind those keys that have not signed the proposal before."""
        view = self._registry.now()
        new = set(recovered.keys).difference(earlier.keys if earlier else ())
        return {known.partner for key in new if (known := view.address(key)) is not None and known.partner}

    def new_signers(self, judged: Judged) -> set[int]:
        """The partners who signed what was judged, and had not signed its proposal before."""
        return self._signed_now(judged.order.recovered, judged.earlier)

    def _check_money(self, connection: Connection, record: Record, domain: Domain) -> None:
        """Refuse an agreement in a pool that takes none, and an award of this log at a size that its awarder chose.

        Of another log's sizes nothing is known here.
        """
        self._domains.check_open(connection, record, domain.bonus_pool)
        if isinstance(record, BonusAward) and record.logId == self._log_id:
            registry = self._registry.refreshed(connection)
            refuse_other_size(connection, record, VerifiedRecords(connection, self._consortium, registry))

    def checks(self, connection: Connection, now: int) -> Checks:
        """Those of one record, or of several in a row, by what `connection` sees."""
        return Checks(connection, self._registry, now, self._preflight, self._most_waiting)

    def _propose(self, judged: Judged, now: int, completes: Completes | None) -> Accepted | Proposed:
        """Keep the record as a proposal, or its signatures with the proposal that is there."""
        with self._db.write() as connection:
            (raced,) = keep(connection, [judged], now)
        if raced:
            # Both sides signed at once, each unseen by the other: what they handed in together may be complete.
            return self.submit(judged.order.recovered.signed, None, completes)
        return Proposed(judged.order.recovered.id, judged.order.missing)
