"""Bonus agreements: who has to award, check, rule or claim, and until when.

`status_of` is the twin of `BonusPool` as far as records tell: payments into a pool and back are none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.bonuses.agreement import AgreementStatus
from ledger.common.ids import to_hex
from ledger.records.types import BonusAgreement
from ledger.worklist.items import Action, Item, Kind

_WAITS_FOR_AWARD = (AgreementStatus.OPEN, AgreementStatus.VOIDED)


@dataclass(frozen=True, slots=True)
class LastAward:
    """The newest award of an agreement; times are those of the blocks. `upheld`: the ruling voided it.

    `amounts`: what each party gets in minor units, and the residual partner beside its share; None while the lines
    behind the award are not here. `claimed`: who has claimed.
    """

    version: int
    awarded_at: int
    disputed_at: int | None = None
    ruled_at: int | None = None
    upheld: bool = False
    amounts: Mapping[int, int] | None = None
    claimed: frozenset[int] = frozenset()


def status_of(terms: BonusAgreement, award: LastAward | None, now: int) -> tuple[AgreementStatus, int]:
    """Where the agreement stands, and the last second in which it does."""
    if award is None:
        over = now > terms.deadline
        return (AgreementStatus.REFUNDABLE, 0) if over else (AgreementStatus.OPEN, terms.deadline)
    if award.disputed_at is None:
        final = award.awarded_at + terms.disputeWindow
        if now <= final:
            return AgreementStatus.AWARDED, final
    elif award.ruled_at is None or award.upheld:
        waits_from = award.disputed_at if award.ruled_at is None else award.ruled_at
        waiting = AgreementStatus.DISPUTED if award.ruled_at is None else AgreementStatus.VOIDED
        last = waits_from + terms.arbiterWindow
        return (waiting, last) if now <= last else (AgreementStatus.REFUNDABLE, 0)
    else:
        final = award.ruled_at
    last = max(terms.claimUntil, final + terms.disputeWindow)
    return (AgreementStatus.CLAIMABLE, last) if now <= last else (AgreementStatus.LAPSED, 0)


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
    if status is AgreementStatus.CLAIMABLE and reader in {*parties, terms.residual} - award.claimed:
        amount = None if award.amounts is None else award.amounts.get(reader, 0)
        if amount != 0:
            known = {} if amount is None else {"amount": str(amount)}
            yield item(Kind.CLAIM, Action.CLAIM, award.ruled_at or award.awarded_at, {**of_version, **known}, **known)
