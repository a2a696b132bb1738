"""Bonus pools in pure Python: the rules of BonusPool.sol a second time, the oracle of its tests.

An `Agreement` is where one agreement stands; every function takes one and gives the next, or raises. Times are UTC
seconds and inclusive: what must happen by a second may happen in that second. At every moment

    paid + refunded + remaining = funded.

Not decided here: whether keys and signatures are good (`ledger.records.verification`), whether the pool is open, and
whether the token moves what it is told to. Random histories give the same here and in the contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger import merkle
from ledger.bonuses.agreement import AgreementStatus as Status
from ledger.bonuses.amounts import WHOLE, AmountProof, Line, check_lines_are, leaf
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.errors import MalformedRecord, NotPermitted, RuleBroken
from ledger.records.types import NOBODY, BonusAgreement, BonusAward, Claim, Dispute, Ruling

_ZERO_ADDRESS = bytes(20)


@dataclass(frozen=True, slots=True)
class Deposit:
    """One payment into the pool; `start` is what had been paid in before it, `funder` the account that paid."""

    funder: bytes
    amount: int
    start: int
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """Terms and money of one agreement. `award`, and the times, are those of the latest version; None when not yet.

    `claimed` are the parties that proved and had their amount; what the residual partner had, as a party and otherwise,
    is in `paid_to_residual`, which `paid` includes.
    """

    id: RecordId
    terms: BonusAgreement
    award: BonusAward | None = None
    awarded_at: int = 0
    disputed_at: int | None = None
    ruled_at: int | None = None
    upheld: bool = False
    deposits: tuple[Deposit, ...] = ()
    refunded: int = 0
    paid: int = 0
    paid_to_residual: int = 0
    claimed: frozenset[int] = frozenset()

    @property
    def funded(self) -> int:
        return sum(deposit.amount for deposit in self.deposits)

    @property
    def remaining(self) -> int:
        return self.funded - self.paid - self.refunded

    @property
    def version(self) -> int:
        return self.award.version if self.award else 0

    @property
    def total(self) -> int:
        return self.award.total if self.award else 0

    def is_party(self, partner: int) -> bool:
        return any(share.partner == partner for share in self.terms.parties)


def claims_end(agreement: Agreement) -> int | None:
    """The last second of the parties' claims; None while no award is final, or before anybody knows when it will be.

    A late next version must not leave its parties without time, so an award is claimable for as long at least as it
    could be disputed.
    """
    final = _final_at(agreement)
    return None if final is None else max(agreement.terms.claimUntil, final + agreement.terms.disputeWindow)


def status(agreement: Agreement | None, time: int) -> Status:
    """Where the agreement stands in a block of this time."""
    if agreement is None:
        return Status.UNKNOWN
    terms = agreement.terms
    empty = agreement.remaining == 0
    if agreement.award is None:
        if time <= terms.deadline:
            return Status.FUNDED if agreement.deposits else Status.OPEN
        return Status.CLOSED if empty else Status.REFUNDABLE
    if agreement.disputed_at is None:
        if time <= agreement.awarded_at + terms.disputeWindow:
            return Status.AWARDED
    elif agreement.ruled_at is None or agreement.upheld:
        since = agreement.disputed_at if agreement.ruled_at is None else agreement.ruled_at
        if time <= since + terms.arbiterWindow:
            return Status.DISPUTED if agreement.ruled_at is None else Status.VOIDED
        return Status.CLOSED if empty else Status.REFUNDABLE
    end = claims_end(agreement)
    if empty:
        return Status.CLOSED
    return Status.CLAIMABLE if end is not None and time <= end else Status.LAPSED


# --- transitions -----------------------------------------------------------------------------------------------------


def agree(agreement_id: RecordId, terms: BonusAgreement, time: int) -> Agreement:
    """The agreement that `terms` start at `time`. Raises `MalformedRecord` or `RuleBroken`.

    That the token is a contract, that the partners were admitted, and that this agreement is new, is for the caller to
    know.
    """
    terms.check()
    if NOBODY in (terms.awarder, terms.arbiter, terms.residual):
        raise MalformedRecord("awarder, arbiter and residual partner must be named", where="BonusAgreement")
    if not terms.currency:
        raise MalformedRecord("no currency", where="currency", expected="ISO 4217")
    first, last = terms.periodStart, terms.periodEnd
    if not first < last < terms.deadline:
        raise RuleBroken(
            "the times do not follow one another",
            where="periodStart, periodEnd, deadline",
            expected="periodStart < periodEnd < deadline",
            found=f"{first}, {last}, {terms.deadline}",
        )
    if time > terms.deadline:
        raise RuleBroken("the deadline has passed", where="deadline", expected=f"{time} or later", found=terms.deadline)
    if terms.disputeWindow == 0 or terms.arbiterWindow == 0:
        raise RuleBroken("no time to dispute, or to decide", where="disputeWindow, arbiterWindow", expected="above 0")
    claimable = terms.deadline + terms.disputeWindow + terms.arbiterWindow
    if claimable > terms.claimUntil:
        raise RuleBroken(
            "a disputed award could not be claimed",
            where="claimUntil",
            expected=f"{claimable} or later (deadline + disputeWindow + arbiterWindow)",
            found=terms.claimUntil,
        )
    partners = [share.partner for share in terms.parties]
    if NOBODY in partners or len(set(partners)) != len(partners):
        raise MalformedRecord("a party is 0, or named twice", where="parties", found=", ".join(map(str, partners)))
    if terms.arbiter in (terms.awarder, terms.residual, *partners):
        raise RuleBroken("the arbiter judges its own cause", where="arbiter", found=terms.arbiter)
    whole = sum(share.basisPoints for share in terms.parties)
    if whole > WHOLE:
        raise RuleBroken("the shares exceed the whole", where="parties", expected=f"at most {WHOLE}", found=whole)
    return Agreement(agreement_id, terms)


def fund(agreement: Agreement, funder: bytes, amount: int, time: int) -> Agreement:
    """`funder` has paid `amount` in: by the deadline, before the first award."""
    _require(agreement, time, Status.OPEN, Status.FUNDED)
    if not 0 < amount < 2**128 or agreement.funded + amount >= 2**128:
        raise RuleBroken("nothing to pay in, or too much", where="amount", expected="1 to 2^128 - 1", found=amount)
    return replace(agreement, deposits=(*agreement.deposits, Deposit(funder, amount, agreement.funded)))


def award(agreement: Agreement, record: BonusAward, time: int) -> Agreement:
    """A version of the award: the first after the period and by the deadline, the next within `arbiterWindow` of the
    ruling before."""
    _require(agreement, time, Status.OPEN, Status.FUNDED, Status.VOIDED)
    if time <= agreement.terms.periodEnd:
        raise RuleBroken(
            "the period is not over", where="periodEnd", expected=f"before {time}", found=agreement.terms.periodEnd
        )
    _require_version(record.version, agreement.version + 1)
    _require_partner(record.by, agreement.terms.awarder, "the awarder")
    if record.total > agreement.funded:
        raise RuleBroken("more is awarded than is funded", where="total", expected=agreement.funded, found=record.total)
    if record.amounts == bytes(32):
        raise MalformedRecord("commits to no amounts", where="amounts", expected="an RFC 9162 root")
    return replace(agreement, award=record, awarded_at=time, disputed_at=None, ruled_at=None, upheld=False)


def dispute(agreement: Agreement, record: Dispute, time: int) -> Agreement:
    """A party disputes the latest award, once, within `disputeWindow`."""
    _require(agreement, time, Status.AWARDED)
    _require_version(record.version, agreement.version)
    _require_party(agreement, record.by)
    return replace(agreement, disputed_at=time)


def rule(agreement: Agreement, record: Ruling, time: int) -> Agreement:
    """The arbiter decides, within `arbiterWindow` of the dispute. Upheld voids the award."""
    _require(agreement, time, Status.DISPUTED)
    _require_version(record.version, agreement.version)
    _require_partner(record.by, agreement.terms.arbiter, "the arbiter")
    return replace(agreement, ruled_at=time, upheld=record.upheld)


def claim(agreement: Agreement, record: Claim, proof: AmountProof, time: int) -> tuple[Agreement, int]:
    """A party claims its amount of a final award; returns also what is paid now."""
    _require(agreement, time, Status.CLAIMABLE)
    _require_party(agreement, record.by)
    if record.by in agreement.claimed:
        raise RuleBroken("has had its amount", where="by", found=record.by)
    final = _check_claim(agreement, record)
    if proof.size != len(agreement.terms.parties):
        raise RuleBroken(
            "not the size of the tree", where="size", expected=len(agreement.terms.parties), found=proof.size
        )
    line = Line(PartnerId(record.by), record.amount)
    leaf_hash = merkle.leaf_hash(leaf(agreement.id, record.version, line))
    merkle.verify_inclusion(leaf_hash, proof.index, proof.size, proof.path, final.amounts)
    return _book(replace(agreement, claimed=agreement.claimed | {record.by}), record)


def residual_due(agreement: Agreement, lines: Sequence[Line], time: int) -> int:
    """All that is due to the residual partner at `time`, what it has received included.

    Before claims are over the total less the other parties' amounts, which `lines` show; afterwards less what they
    have claimed. Raises `RuleBroken` while no award is final, `VerificationFailed` for lines that are not the award's.
    """
    now = _require(agreement, time, Status.CLAIMABLE, Status.LAPSED)
    if now is Status.LAPSED:
        return agreement.total - (agreement.paid - agreement.paid_to_residual)
    check_lines_are(agreement.terms, _award_of(agreement), lines)
    others = sum(line.amount for line in lines if line.partner != agreement.terms.residual)
    return max(0, agreement.total - others)


def claim_residual(agreement: Agreement, record: Claim, lines: Sequence[Line], time: int) -> tuple[Agreement, int]:
    """The residual partner claims; its amounts are cumulative, so returned is the difference that is paid now."""
    _require(agreement, time, Status.CLAIMABLE, Status.LAPSED)
    _require_partner(record.by, agreement.terms.residual, "the residual partner")
    _check_claim(agreement, record)
    due = residual_due(agreement, lines, time)
    if record.amount > due:
        raise RuleBroken("more is claimed than is due", where="amount", expected=f"at most {due}", found=record.amount)
    return _book(agreement, record)


def refund_due(agreement: Agreement, index: int, time: int) -> int:
    """What goes back for deposit `index` at `time`: all of it, or its part of what a final award leaves; 0 if refunded.

    Deposits lie end to end on the line from 0 to `funded`. Each has the units left that fall on its part of that line
    when it is scaled, so the parts add up exactly, whatever is rounded.
    """
    now = _require(agreement, time, Status.REFUNDABLE, Status.CLAIMABLE, Status.LAPSED)
    left = agreement.funded - (0 if now is Status.REFUNDABLE else agreement.total)
    if not 0 <= index < len(agreement.deposits):
        raise RuleBroken(
            "no such deposit", where="deposit", expected=f"0 to {len(agreement.deposits) - 1}", found=index
        )
    deposit = agreement.deposits[index]
    if deposit.refunded:
        return 0
    end = deposit.start + deposit.amount
    return left * end // agreement.funded - left * deposit.start // agreement.funded


def refund(agreement: Agreement, index: int, time: int) -> tuple[Agreement, int]:
    """Deposit `index` goes back to its funder; returns also what is paid now."""
    amount = refund_due(agreement, index, time)
    if amount == 0:
        raise RuleBroken("nothing is due, or it has been refunded", where="deposit", found=index)
    deposits = list(agreement.deposits)
    deposits[index] = replace(deposits[index], refunded=True)
    return replace(agreement, deposits=tuple(deposits), refunded=agreement.refunded + amount), amount


# --- rules -----------------------------------------------------------------------------------------------------------


def _final_at(agreement: Agreement) -> int | None:
    if agreement.award is None:
        return None
    if agreement.disputed_at is None:
        return agreement.awarded_at + agreement.terms.disputeWindow
    return None if agreement.upheld else agreement.ruled_at


def _require(agreement: Agreement, time: int, *allowed: Status) -> Status:
    now = status(agreement, time)
    if now not in allowed:
        raise RuleBroken(
            "not possible now",
            where=f"agreement {to_hex(agreement.id)}",
            expected=" or ".join(s.name for s in allowed),
            found=now.name,
        )
    return now


def _require_version(found: int, expected: int) -> None:
    if found != expected:
        raise RuleBroken("another version is due", where="version", expected=expected, found=found)


def _require_partner(found: int, expected: int, who: str) -> None:
    if found != expected:
        raise NotPermitted(f"only {who} may do this", where="by", expected=expected, found=found)


def _require_party(agreement: Agreement, partner: int) -> None:
    if not agreement.is_party(partner):
        parties = ", ".join(str(share.partner) for share in agreement.terms.parties)
        raise NotPermitted("only a party may do this", where="by", expected=parties, found=partner)


def _check_claim(agreement: Agreement, record: Claim) -> BonusAward:
    final = _award_of(agreement)
    _require_version(record.version, agreement.version)
    if record.amount == 0:
        raise RuleBroken("nothing is due", where="amount", found=0)
    if record.payTo == _ZERO_ADDRESS:
        raise RuleBroken("payment to nobody", where="payTo", found=to_hex(record.payTo))
    return final


def _award_of(agreement: Agreement) -> BonusAward:
    if agreement.award is None:
        raise RuleBroken("nothing is awarded", where=f"agreement {to_hex(agreement.id)}")
    return agreement.award


def _book(agreement: Agreement, record: Claim) -> tuple[Agreement, int]:
    amount = record.amount
    if record.by == agreement.terms.residual:
        if amount <= agreement.paid_to_residual:
            raise RuleBroken("has had that much", where="amount", expected=f"above {agreement.paid_to_residual}")
        amount -= agreement.paid_to_residual
        agreement = replace(agreement, paid_to_residual=record.amount)
    available = agreement.total - agreement.paid
    if amount > available:
        raise RuleBroken("more is claimed than there is", where="amount", expected=available, found=amount)
    return replace(agreement, paid=agreement.paid + amount), amount
