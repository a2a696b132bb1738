"""The size of an award: late enough, and none before it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.bonuses.award_size import AnchoredSize, check_award_size, check_size_of
from ledger.bonuses.disputed import DisputedShipment, Reckoning, counted_until
from ledger.errors import VerificationFailed
from ledger.records.verification import VerifiedRecord
from tests.unit.bonuses.test_award import AGREEMENT, record
from tests.unit.bonuses.test_rule_file import RULE

UNTIL = 1_000
AWARD = replace(record([], 1_000), logSize=9)
END = AGREEMENT.periodEnd


def known(size: int) -> list[VerifiedRecord]:
    """Nothing is disputed."""
    return []


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
        check_award_size(lambda _: Reckoning(UNTIL, UNTIL), own, earlier)
        return
    with pytest.raises(VerificationFailed, match=why):
        check_award_size(lambda _: Reckoning(UNTIL, UNTIL), own, earlier)


def test_the_grace_of_the_rule_file_moves_the_size() -> None:
    rule = RULE.replace("\n\n[", "\ngrace = 60\n\n[", 1).encode()
    assert counted_until(AGREEMENT, 60) == END + 60
    check_size_of(AWARD, AGREEMENT, rule, AnchoredSize(9, END + 61), AnchoredSize(5, END + 60), known)
    with pytest.raises(VerificationFailed, match="before the period"):
        check_size_of(AWARD, AGREEMENT, rule, AnchoredSize(9, END + 60), None, known)
    with pytest.raises(VerificationFailed, match="not computed at the first"):
        check_size_of(AWARD, AGREEMENT, RULE.encode(), AnchoredSize(9, END + 61), AnchoredSize(5, END + 60), known)


def test_without_the_rule_file_only_what_no_grace_excuses_is_told() -> None:
    check_size_of(AWARD, AGREEMENT, None, AnchoredSize(9, END + 61), AnchoredSize(5, END + 60), known)
    with pytest.raises(VerificationFailed, match="before the period"):
        check_size_of(AWARD, AGREEMENT, None, AnchoredSize(9, END), None, known)


def test_a_size_that_is_not_anchored_is_none_of_an_award() -> None:
    with pytest.raises(VerificationFailed, match="not computed at an anchored size"):
        check_size_of(AWARD, AGREEMENT, None, None, None, known)


def disputed_until(**sizes: int) -> Callable[[int], Reckoning]:
    """Until when one shipment is disputed by what is known at size 5 and 9; left out, nothing is."""

    def reckoned(size: int) -> Reckoning:
        until = sizes.get(f"at_{size}", UNTIL)
        return Reckoning(until, until + 1, (DisputedShipment(b"\7" * 32, until),) if until > UNTIL else ())

    return reckoned


def test_a_size_at_which_a_shipment_that_is_waited_for_is_disputed_is_too_early_and_the_words_name_it() -> None:
    with pytest.raises(VerificationFailed, match="disputed") as caught:
        check_award_size(disputed_until(at_9=UNTIL + 50), AnchoredSize(9, UNTIL + 50), AnchoredSize(5, UNTIL))
    assert "07" * 32 in str(caught.value)
    check_award_size(disputed_until(at_9=UNTIL + 50), AnchoredSize(9, UNTIL + 51), AnchoredSize(5, UNTIL))


def test_the_size_before_is_judged_by_what_was_disputed_there() -> None:
    """The dispute that it waited for was decided early, by a record that only the later size knows."""
    own, before = AnchoredSize(9, UNTIL + 20), AnchoredSize(5, UNTIL + 10)
    check_award_size(disputed_until(at_5=UNTIL + 50), own, before)
    with pytest.raises(VerificationFailed, match="not computed at the first"):
        check_award_size(disputed_until(), own, before)


def test_where_withheld_parts_may_hide_a_dispute_nobody_says_that_an_earlier_size_was_the_first() -> None:
    own, before = AnchoredSize(9, UNTIL + 20), AnchoredSize(5, UNTIL + 10)
    check_award_size(lambda _: Reckoning(UNTIL, UNTIL, sure=False), own, before)
    with pytest.raises(VerificationFailed, match="before the period"):
        check_award_size(lambda _: Reckoning(UNTIL, UNTIL, sure=False), AnchoredSize(9, UNTIL), None)
