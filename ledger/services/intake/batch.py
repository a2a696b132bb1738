"""Many records at once: the same answers, in their order, as if they came one by one.

What says nothing about each other is read in bulk, judged on one snapshot and committed together (`runs`); everything
else goes the way of single records (`Submission.submit`), after what came before it is committed. So the log has the
records in the order of the batch, and nobody's answer depends on who shares a batch with him.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ledger.common.ids import RecordId
from ledger.errors import LadingError, Unavailable
from ledger.log.leaf import Receipt
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord
from ledger.services.home.home import Home
from ledger.services.intake.bulk_state import BulkState
from ledger.services.intake.checks import Checks
from ledger.services.intake.judgement import Judged, judge, keep
from ledger.services.intake.runs import Member, is_judged_apart, run_at
from ledger.services.intake.sequencer import Sequencer
from ledger.services.intake.submission import Accepted, Completes, Proposed, Submission
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.log import Entry

T = TypeVar("T")
log = logging.getLogger("lading.batch")
Result = Accepted | Proposed | LadingError
UNFORESEEN = Unavailable(
    "something went wrong here",
    mend="Look the record up by its id, then try again: the same record is never taken twice.",
)
"""The answer about a record after an error that nobody foresaw. Whether it took effect can be looked up."""


class Bill(Protocol):
    """What one record of a batch costs."""

    def charge(self, partners: Collection[int]) -> None:
        """Let these pay for it; raises `Busy` when one of them cannot."""

    def settle(self, error: LadingError | None) -> None:
        """It was judged: good, or refused for `error`. Once more, with an error, if the commit of a good one failed."""


class Account(Protocol):
    """Who pays for the records of a batch, asked for each in its turn."""

    def bill(self, member: SignedRecord | None) -> Bill:
        """Before anything about it is asked; None stands for what is no record. Raises `Busy` when nobody can pay."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a record; `record_id` is None for what is no record."""

    record_id: RecordId | None
    result: Result


class Batches:
    """Takes in batches; safe to share between threads."""

    def __init__(self, home: Home, sequencer: Sequencer, registry: CurrentRegistry, submission: Submission) -> None:
        self._db = home.database
        self._domain = home.domain
        self._guard = home.guard
        self._sequencer = sequencer
        self._signer_keys = registry.signer_keys
        self._submission = submission

    def submit(
        self,
        batch: Sequence[SignedRecord | LadingError],
        accounts: Sequence[Account],
        completes: Completes | None = None,
    ) -> list[Answered]:
        """What becomes of each, in their order; an error in the batch, as for what is no record, is its own answer.

        `accounts`: who pays for each; `completes`: as for `Submission.submit`. Raises nothing for what is wrong with
        one of them.
        """
        members = [self._member(one) for one in batch]
        known = [member if isinstance(member, Member) else None for member in members]
        results: list[Result] = []
        alone, bill = False, None
        while (start := len(results)) < len(members):
            stop, leaning = (start, frozenset[int]()) if alone else run_at(known, start)
            if stop - start > 1 or (stop > start and known[start]):
                run = _Run(accounts, leaning)
                self._judge(run, members[start:stop], start)
                results += self._commit(run)
                alone, bill = len(results) < stop, run.bill
            else:
                results.append(self._singly(members[start], accounts[start], bill, completes))
                alone, bill = False, None
        return [Answered(None if m is None else m.id, result) for m, result in zip(known, results, strict=True)]

    def _member(self, one: SignedRecord | LadingError) -> Member | LadingError:
        if isinstance(one, LadingError):
            return one
        try:
            one.record.check()
            domain = self._submission.domain_of(one.record, one.signatures) if one.record.MONEY else self._domain
        except LadingError as error:
            return error
        return Member(domain.record_id(one.record), one)

    def _singly(
        self, member: Member | LadingError, account: Account, bill: Bill | None, completes: Completes | None
    ) -> Result:
        if isinstance(member, LadingError):
            return _refused(member, account)
        try:
            bill = bill or account.bill(member.signed)
        except LadingError as error:
            return error
        result = self._submitted(member.signed, bill, completes)
        bill.settle(result if isinstance(result, LadingError) else None)
        return result

    # --- together ---------------------------------------------------------------------------------------------------

    def _judge(self, run: "_Run", members: Sequence[Member | LadingError], start: int) -> None:
        """Judge `members`, of which the first has the place `start`, in turn, up to one that has to be judged alone."""
        try:
            run.now = now = self._guard.now()
            with self._db.read() as connection:
                checks = self._submission.checks(connection, now)
                bulk = BulkState.read(connection, checks.state, [m for m in members if isinstance(m, Member)], now)
                for i, member in enumerate(members, start):
                    if isinstance(member, LadingError):
                        run.judged.append(_refused(member, run.accounts[i]))
                    elif not (bulk.suffices(member) and self._judged(run, checks, bulk, member, i)):
                        return
        except LadingError as error:  # whoever comes next is told by itself
            log.info("a batch goes on one by one: %s", error)

    def _judged(self, run: "_Run", checks: Checks, bulk: BulkState, member: Member, place: int) -> bool:
        """Judge one; False when it has to be judged alone, after what came before it is committed."""
        if is_judged_apart(member.signed.record):
            checks = self._submission.checks(bulk.connection, checks.now)
        leans = place in run.leaning
        try:
            bill = run.accounts[place].bill(member.signed)
        except LadingError as error:
            run.judged.append(error)
            return True
        checks.state.mark()
        try:
            check_content(member.signed.record, checks.now)
            recovered = self._signer_keys.recovered(member.signed, member.id)
            judged = judge(checks, recovered, bulk.proposals.get(member.id), self._signer_keys)
        except LadingError as error:
            if not leans:
                return run.refused(bill, error, checks)
            judged = None
        except Exception:  # noqa: BLE001 whatever it is, it comes again there
            judged = None
        if judged is None or judged.awaited or (leans and judged.entry is None):
            run.bill = bill
            return False
        try:
            bill.charge(self._submission.new_signers(judged))
        except LadingError as error:
            return run.refused(bill, error, checks)
        bill.settle(None)
        run.judged.append(_Good(judged, bill))
        return True

    def _commit(self, run: "_Run") -> list[Result]:
        """Log what was found good in one commit, keep the proposals in another; what became of each."""
        entries = [good.judged.entry for good in run.good() if good.judged.entry is not None]
        receipts = iter(self._sequencer.append_each(entries) if entries else ())
        kept = iter(self._keep([good.judged for good in run.good() if good.judged.entry is None], run.now))
        results: list[Result] = []
        for one in run.judged:
            if not isinstance(one, _Good):
                results.append(one)
                continue
            result = next(kept) if one.judged.entry is None else _accepted(one.judged.entry, next(receipts))
            if isinstance(result, LadingError):
                one.bill.settle(result)
            results.append(result)
        return results

    def _keep(self, incomplete: Sequence[Judged], now: int) -> list[Result]:
        if not incomplete:
            return []

        def write() -> list[bool]:
            with self._db.write() as connection:
                return keep(connection, incomplete, now)

        raced = _foreseen(write)
        if isinstance(raced, LadingError):
            return [raced] * len(incomplete)
        # Both sides signed at once, each unseen by the other: what they handed in together may be complete.
        return [
            self._submitted(one.order.recovered.signed, None)
            if again
            else Proposed(one.order.recovered.id, one.order.missing)
            for one, again in zip(incomplete, raced, strict=True)
        ]

    def _submitted(self, signed: SignedRecord, bill: Bill | None, completes: Completes | None = None) -> Result:
        return _foreseen(lambda: self._submission.submit(signed, None if bill is None else bill.charge, completes))


@dataclass(frozen=True, slots=True)
class _Good:
    judged: Judged
    bill: Bill


@dataclass
class _Run:
    """Records that are judged together, in their order, and then committed. `accounts` and `leaning` go by places in
    the batch; the latter are those about goods that others of them are about. `bill`: of the next one, which has to be
    judged alone, if it has one.
    """

    accounts: Sequence[Account]
    leaning: Collection[int]
    judged: list[_Good | LadingError] = field(default_factory=list)
    bill: Bill | None = None
    now: int = 0

    def good(self) -> Iterator[_Good]:
        return (one for one in self.judged if isinstance(one, _Good))

    def refused(self, bill: Bill, error: LadingError, checks: Checks) -> bool:
        """Note a refusal, and expect nothing of that record."""
        checks.state.undo()
        bill.settle(error)
        self.judged.append(error)
        return True


def _refused(error: LadingError, account: Account) -> LadingError:
    """The answer to what is no record."""
    try:
        account.bill(None).settle(error)
    except LadingError as busy:
        return busy
    return error


def _accepted(entry: Entry, receipt: Receipt | LadingError) -> Result:
    return receipt if isinstance(receipt, LadingError) else Accepted(entry.record_id, receipt, again=False)


def _foreseen(act: Callable[[], T]) -> T | LadingError:
    """What `act` gives or raises; an error that nobody foresaw is logged, and answered honestly."""
    try:
        return act()
    except LadingError as error:
        return error
    except Exception as error:
        log.exception("unforeseen error about records of a batch", exc_info=error)
        return UNFORESEEN
