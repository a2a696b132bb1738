"""Bonus agreements: who has to award, check, rule or claim, and until when.

`status_of` is the twin of `BonusPool` as far as records tell: payments into a pool and back are none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ledger.bonuses.agreement import AgreementStatus
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER
from ledger.records.types import BonusAgreement
from ledger.worklist.items import Action, Item, Kind

_WAITS_FOR_AWARD = (AgreementStatus.OPEN, AgreementStatus.VOIDED)
_PAYS = (AgreementStatus.CLAIMABLE, AgreementStatus.LAPSED)


@dataclass(frozen=True, slots=True)
class LastAward:
    """The newest award of an agreement; times are those of the blocks. `upheld`: the ruling voided it.

    `amounts`: what each party gets of `total`, in minor units; None while the lines behind the award are not here.
    `claimed`: what each partner has claimed.
    """

    version: int
    total: int
    awarded_at: int
    disputed_at: int | None = None
    ruled_at: int | None = None
    upheld: bool = False
    amounts: Mapping[int, int] | None = None
    claimed: Mapping[int, int] = field(default_factory=dict)

    def due(self, terms: BonusAgreement, partner: int, *, lapsed: bool) -> int | None:
        """What `partner` can claim; None where that is not known. What nobody has, and when claims have lapsed what
        nobody claimed, is the residual partner's.
        """
        if lapsed:
            return self.total - sum(self.claimed.values()) if partner == terms.residual else 0
        if self.amounts is None:
            return None if partner not in self.claimed else 0
        shares = sum(self.amounts.values()) if partner == terms.residual else self.total
        return self.amounts.get(partner, 0) + self.total - shares - self.claimed.get(partner, 0)


def status_of(terms: BonusAgreement, award: LastAward | None, now: int) -> tuple[AgreementStatus, int]:
    """Where the agreement stands, and the last second in which it does; `FOREVER` where that has no end."""
    if award is None:
        over = now > terms.deadline
        return (AgreementStatus.REFUNDABLE, FOREVER) if over else (AgreementStatus.OPEN, terms.deadline)
    if award.disputed_at is None:
        final = award.awarded_at + terms.disputeWindow
        if now <= final:
            return AgreementStatus.AWARDED, final
    elif award.ruled_at is None or award.upheld:
        waits_from = award.disputed_at if award.ruled_at is None else award.ruled_at
        waiting = AgreementStatus.DISPUTED if award.ruled_at is None else AgreementStatus.VOIDED
        last = waits_from + terms.arbiterWindow
        return (waiting, last) if now <= last else (AgreementStatus.REFUNDABLE, FOREVER)
    else:
        final = award.ruled_at
    last = max(terms.claimUntil, final + terms.disputeWindow)
    return (AgreementStatus.CLAIMABLE, last) if now <= last else (AgreementStatus.LAPSED, FOREVER)


def items_of(
    agreement: bytes, terms: BonusAgreement, award: LastAward | None, agreed_at: int, reader: int, now: int
) -> Iterator[Item]:
    """What waits for `reader` about one agreement, recorded at `agreed_at`."""
    status, until = status_of(terms, award, now)
    version = award.version if award else 0
    parties = {share.partner for share in terms.parties}
    of_version = {"by": reader, "agreement": to_hex(agreement), "version": version}

    def item(kind: Kind, action: Action, since: int, draft: Mapping[str, object], **facts: int | str) -> Item:
        told = {"currency": terms.currency, "version": version, **facts}
        return Item(kind, action, agreement, since, until=until, partner=terms.awarder, draft=draft, facts=told)

    if status in _WAITS_FOR_AWARD and reader == terms.awarder and now > terms.periodEnd:
        since = award.ruled_at or 0 if award else terms.periodEnd
        yield item(Kind.AWARD, Action.AWARD, since, {**of_version, "version": version + 1})
    if award is None:
        return
    if status is AgreementStatus.AWARDED and reader in parties:
        yield item(Kind.AWARD_CHECK, Action.DISPUTE, award.awarded_at, of_version)
    if status is AgreementStatus.DISPUTED and reader in {terms.arbiter, terms.awarder, *parties}:
        rules = reader == terms.arbiter
        action = Action.RULE if rules else Action.LOOK
        yield item(Kind.AWARD_DISPUTE, action, award.disputed_at or agreed_at, of_version if rules else {})
    if status in _PAYS and reader in {*parties, terms.residual}:
        amount = award.due(terms, reader, lapsed=status is AgreementStatus.LAPSED)
        if amount is None or amount > 0:
            known = {} if amount is None else {"amount": str(amount)}
            yield item(Kind.CLAIM, Action.CLAIM, award.ruled_at or award.awarded_at, {**of_version, **known}, **known)
