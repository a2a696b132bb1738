"""At which size of this log an award is computed, and whether a record names it: see `ledger.bonuses.award_size`.

What is signed and recorded by the chain stays; here is what is drafted, what is refused before it is signed or taken
in, and what an audit and a party that may dispute look at.
"""

from ledger.bonuses.award_size import AnchoredSize, check_size_of
from ledger.bonuses.disputed import counted_until
from ledger.common.ids import RecordId, to_hex
from ledger.errors import RuleBroken, VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import checkpoints, meta, records
from ledger.store.database import Connection

_LARGEST = 2**63 - 1
"""Of a size that the store can hold; a signed one may be larger."""


def rule_name(rule: bytes) -> str:
    """Under which name a rule file with this SHA-256 is kept."""
    return f"rule/{to_hex(rule)}"


def rule_text(connection: Connection, rule: bytes) -> bytes | None:
    """The rule file with this SHA-256; None when it was not kept here."""
    text = meta.get(connection, rule_name(rule))
    return None if text is None else text.encode()


def first_award_size(connection: Connection, agreement: BonusAgreement, grace: int) -> int:
    """The first anchored size whose last leaf is logged after the period and `grace`; raises `RuleBroken` until then,
    saying what to wait for.
    """
    until = counted_until(agreement, grace)
    first = records.first_logged_after(connection, until)
    if first is None:
        raise RuleBroken(
            "no record was logged after the period and its grace",
            where="agreement",
            expected=f"a record logged after {until}",
            mend="Wait for the next record of anybody, and until a checkpoint that covers it is anchored.",
        )
    stored = checkpoints.covering(connection, first, anchored=True)
    if stored is None:
        raise RuleBroken(
            "no checkpoint after the period and its grace is anchored yet",
            where="agreement",
            expected=f"an anchored checkpoint of more than {first} leaves",
            mend="Wait until the log has anchored its newest checkpoint: `lading serve` does.",
        )
    return stored.size


def anchored_size(connection: Connection, size: int) -> AnchoredSize | None:
    """The anchored checkpoint of this size with the time of its last leaf; None while it is not anchored."""
    if not 0 < size <= _LARGEST:
        return None
    stored = checkpoints.get(connection, size)
    last = records.at(connection, size - 1)
    if stored is None or stored.anchored_block is None or last is None:
        return None
    return AnchoredSize(size, last.log_time)


def anchored_before(connection: Connection, size: int) -> AnchoredSize | None:
    """The largest anchored size below `size`; None for none."""
    before = checkpoints.anchored_below(connection, min(size, _LARGEST))
    return None if before is None else anchored_size(connection, before.size)


def check_size(connection: Connection, award: BonusAward, reader: VerifiedRecords) -> None:
    """Raise `VerificationFailed` where an award of this log is not computed at the size that agreement and rule name.

    While the agreement is not here, nothing is known; while the rule file is not, see `check_size_of`.
    """
    stored = records.get(connection, RecordId(award.agreement))
    agreement = None if stored is None else stored.record
    if not isinstance(agreement, BonusAgreement):
        return
    own, before = anchored_size(connection, award.logSize), anchored_before(connection, award.logSize)
    check_size_of(award, agreement, rule_text(connection, agreement.rule), own, before, reader.tendered_known_at)


def refuse_other_size(connection: Connection, award: BonusAward, reader: VerifiedRecords) -> None:
    """Raise `RuleBroken` for an award that `check_size` finds at another size: nobody is to sign or to propose it."""
    try:
        check_size(connection, award, reader)
    except VerificationFailed as error:
        raise RuleBroken(
            error.what, where=error.where, expected=error.expected, found=error.found, mend=error.mend
        ) from None
