"""At which size of the log an award is computed: the awarder must not be able to choose it.

`logSize` is the first anchored size whose last leaf is logged after `periodEnd` and the grace of the rule file. Log
times never decrease and anchored sizes only grow, so it is enough to look at two of them: the last leaf of `logSize` is
late enough, that of the anchored size before it is not. An earlier size would leave out records that came in time, a
later one would count what came too late; an awarder could shop for either.
"""

from dataclasses import dataclass

from ledger.bonuses.rule_file import parse_rule
from ledger.errors import VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward

MEND = "Compute it anew: `lading bonuses award`. A party may dispute an award at another size."


@dataclass(frozen=True, slots=True)
class AnchoredSize:
    """A size of the log that the chain has, and when its last leaf was logged (UTC seconds)."""

    size: int
    last_logged: int


def counted_until(agreement: BonusAgreement, grace: int) -> int:
    """The last second in which a record may be logged and still leave the period open. UTC seconds."""
    return agreement.periodEnd + grace


def check_award_size(until: int, own: AnchoredSize, before: AnchoredSize | None) -> None:
    """Raise `VerificationFailed` unless `own` is the first anchored size whose last leaf is logged after `until`.

    `before`: the anchored size before it; None where it is the log's first. Whoever calls this answers for that no
    other anchored size lies between the two.
    """
    if own.last_logged <= until:
        raise VerificationFailed(
            "computed before the period and its grace were over",
            where="award.logSize",
            expected=f"a size whose last leaf is logged after {until}",
            found=f"{own.size}, whose last leaf was logged at {own.last_logged}",
            mend=MEND,
        )
    if before is not None and before.last_logged > until:
        raise VerificationFailed(
            "not computed at the first anchored size after the period and its grace",
            where="award.logSize",
            expected=f"at most {before.size}, whose last leaf was logged at {before.last_logged}, after {until}",
            found=own.size,
            mend=MEND,
        )


def check_size_of(
    award: BonusAward,
    agreement: BonusAgreement,
    rule: bytes | None,
    own: AnchoredSize | None,
    before: AnchoredSize | None,
) -> None:
    """`check_award_size` for an award whose size is `own`; None where that is no anchored size, which fails.

    While the `rule` file is not at hand, its grace is not known: then an early size is told only from the period's end,
    a late one not at all.
    """
    if own is None:
        raise VerificationFailed(
            "not computed at an anchored size of the log", where="award.logSize", found=award.logSize, mend=MEND
        )
    if rule is None:
        check_award_size(counted_until(agreement, 0), own, None)
    else:
        check_award_size(counted_until(agreement, parse_rule(rule).grace), own, before)
