"""At which size of the log an award is computed: the awarder must not be able to choose it.

`logSize` is the first anchored size whose last leaf is logged after `periodEnd` and the grace of the rule file. Log
times never decrease and anchored sizes only grow, so it is enough to look at two of them: the last leaf of `logSize` is
late enough, that of the anchored size before it is not. An earlier size would leave out records that came in time, a
later one would count what came too late; an awarder could shop for either.

Where the rule has disputed shipments wait (`ledger.bonuses.disputed`), a size at which one that counts is disputed is
no such size: then each of the two is judged by the records known at it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ledger.bonuses.disputed import Reckoner, Reckoning, counted_until, reckoner
from ledger.bonuses.rule_file import parse_rule
from ledger.common.ids import to_hex
from ledger.errors import VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward
from ledger.records.verification import VerifiedRecord

MEND = "Compute it anew: `lading bonuses award`. A party may dispute an award at another size."


@dataclass(frozen=True, slots=True)
class AnchoredSize:
    """A size of the log that the chain has, and when its last leaf was logged (UTC seconds)."""

    size: int
    last_logged: int


def check_award_size(reckoned: Reckoner, own: AnchoredSize, before: AnchoredSize | None) -> None:
    """Raise `VerificationFailed` unless `own` is the first anchored size whose last leaf is logged after all that the
    rule has an award wait for.

    `before`: the anchored size before it; None where it is the log's first. Whoever calls this answers for that no
    other anchored size lies between the two. Where withheld parts may hide a dispute that was still open at `before`,
    nobody can say that it was late enough.
    """
    now = reckoned(own.size)
    if own.last_logged <= now.until:
        waits = ", ".join(to_hex(entry.shipment) for entry in now.waits_for)
        raise VerificationFailed(
            f"computed while shipments that count are disputed ({waits})"
            if waits
            else "computed before the period and its grace were over",
            where="award.logSize",
            expected=f"a size whose last leaf is logged after {now.until}",
            found=f"{own.size}, whose last leaf was logged at {own.last_logged}",
            mend=MEND,
        )
    earlier = None if before is None else reckoned(before.size)
    if before is not None and earlier is not None and earlier.sure and before.last_logged > earlier.until:
        raise VerificationFailed(
            "not computed at the first anchored size after the period and its grace",
            where="award.logSize",
            expected=f"at most {before.size}, whose last leaf was logged at {before.last_logged}, "
            f"after {earlier.until}",
            found=own.size,
            mend=MEND,
        )


def check_size_of(
    award: BonusAward,
    agreement: BonusAgreement,
    rule: bytes | None,
    own: AnchoredSize | None,
    before: AnchoredSize | None,
    known: Callable[[int], Iterable[VerifiedRecord]],
) -> None:
    """`check_award_size` for an award whose size is `own`; None where that is no anchored size, which fails.

    `known` gives the records known at a size. While the `rule` file is not at hand, its grace is not known: then an
    early size is told only from the period's end, a late one not at all.
    """
    if own is None:
        raise VerificationFailed(
            "not computed at an anchored size of the log", where="award.logSize", found=award.logSize, mend=MEND
        )
    if rule is None:
        until = counted_until(agreement, 0)
        check_award_size(lambda _: Reckoning(until, until), own, None)
    else:
        check_award_size(reckoner(agreement, parse_rule(rule), known), own, before)
