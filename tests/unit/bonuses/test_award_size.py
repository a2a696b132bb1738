"""The size of an award: late enough, and none before it was."""

from dataclasses import replace

import pytest

from ledger.bonuses.award_size import AnchoredSize, check_award_size, check_size_of, counted_until
from ledger.errors import VerificationFailed
from tests.unit.bonuses.test_award import AGREEMENT, record
from tests.unit.bonuses.test_rule_file import RULE

UNTIL = 1_000
AWARD = replace(record([], 1_000), logSize=9)
END = AGREEMENT.periodEnd


@pytest.mark.parametrize(
    ("last", "before", "why"),
    [
        (UNTIL + 1, UNTIL, ""),
        (UNTIL + 1, None, ""),
        (UNTIL, UNTIL - 1, "before the period and its grace were over"),
        (UNTIL, None, "before the period and its grace were over"),
        (UNTIL + 9, UNTIL + 1, "not computed at the first anchored size"),
    ],
)
def test_the_first_size_whose_last_leaf_is_later_is_the_only_one(last: int, before: int | None, why: str) -> None:
    own, earlier = AnchoredSize(9, last), None if before is None else AnchoredSize(5, before)
    if not why:
        check_award_size(UNTIL, own, earlier)
        return
    with pytest.raises(VerificationFailed, match=why):
        check_award_size(UNTIL, own, earlier)


def test_the_grace_of_the_rule_file_moves_the_size() -> None:
    rule = RULE.replace("\n\n[", "\ngrace = 60\n\n[", 1).encode()
    assert counted_until(AGREEMENT, 60) == END + 60
    check_size_of(AWARD, AGREEMENT, rule, AnchoredSize(9, END + 61), AnchoredSize(5, END + 60))
    with pytest.raises(VerificationFailed, match="before the period"):
        check_size_of(AWARD, AGREEMENT, rule, AnchoredSize(9, END + 60), None)
    with pytest.raises(VerificationFailed, match="not computed at the first"):
        check_size_of(AWARD, AGREEMENT, RULE.encode(), AnchoredSize(9, END + 61), AnchoredSize(5, END + 60))


def test_without_the_rule_file_only_what_no_grace_excuses_is_told() -> None:
    check_size_of(AWARD, AGREEMENT, None, AnchoredSize(9, END + 61), AnchoredSize(5, END + 60))
    with pytest.raises(VerificationFailed, match="before the period"):
        check_size_of(AWARD, AGREEMENT, None, AnchoredSize(9, END), None)


def test_a_size_that_is_not_anchored_is_none_of_an_award() -> None:
    with pytest.raises(VerificationFailed, match="not computed at an anchored size"):
        check_size_of(AWARD, AGREEMENT, None, None, None)
