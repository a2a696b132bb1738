"""Penalties of several currencies in one sum: exact, rounded down once, and nothing guessed."""

from fractions import Fraction
from random import Random

from ledger.attested.fx import Fixed, Rates, Table
from ledger.attested.totals import Chosen, total_in_one
from ledger.common.ids import RecordId
from ledger.penalties.amounts import Owed
from ledger.penalties.causes import LateCause
from tests.unit.history import DAY

BANK, DEBTOR, CREDITOR = 9, 2, 5
CHOSEN = Chosen("EUR", BANK, bytes(32))


def owed(currency: str, amount: int, day: int = 20, frozen: int = 0, **fields: object) -> Owed:
    one = Owed(
        bytes(32), DEBTOR, CREDITOR, currency, day * DAY, None, 1, amount, amount, amount + frozen, frozen, False, True,
        LateCause.DELIVERED,
    )  # fmt: skip
    return one._replace(**fields)  # type: ignore[arg-type]


def table(day: int, record: int = 1, **rates: Fraction) -> Fixed:
    return Fixed(RecordId(bytes([record]) * 32), day, Table("EUR", day, "fixing", rates))


def test_a_sum_is_rounded_down_once() -> None:
    rates = Rates([table(20, USD=Fraction(3))])
    total = total_in_one([owed("USD", 10), owed("USD", 10), owed("EUR", 1)], CHOSEN, rates)
    assert (total.owes, total.statements) == (7, 3), "20 / 3 + 1, not twice 3"
    assert total.rates == (RecordId(b"\x01" * 32),)


def test_each_amount_goes_by_the_rate_of_its_own_promise() -> None:
    rates = Rates([table(20, 1, USD=Fraction(2)), table(21, 2, USD=Fraction(4))])
    total = total_in_one([owed("USD", 100, 20), owed("USD", 100, 21), owed("USD", 100, 23)], CHOSEN, rates)
    assert (total.owes, [(one.currency, one.owes) for one in total.left_out]) == (75, [("USD", 100)])
    older = total_in_one([owed("USD", 100, 23)], Chosen("EUR", BANK, bytes(32), 2), rates)
    assert (older.owes, older.left_out) == (25, ())


def test_what_is_indicative_is_in_no_sum_and_what_is_frozen_stands_apart() -> None:
    rates = Rates([table(20, USD=Fraction(2))])
    total = total_in_one([owed("USD", 10, indicative=True), owed("USD", 0, frozen=9), owed("USD", 0)], CHOSEN, rates)
    assert (total.statements, total.owes, total.frozen) == (1, 0, 4)


def test_of_one_partner_both_sides_are_told() -> None:
    rates = Rates([table(20, USD=Fraction(1, 2))])
    whole = [owed("USD", 10), owed("USD", 7, liable=CREDITOR, beneficiary=DEBTOR)]
    total = total_in_one(whole, CHOSEN, rates, DEBTOR)
    assert (total.owes, total.is_owed) == (20, 14)


def test_a_closed_day_is_left_out() -> None:
    rates = Rates([table(19, USD=Fraction(2))], [(20, RecordId(b"\x07" * 32))])
    total = total_in_one([owed("USD", 10)], Chosen("EUR", BANK, bytes(32), 5), rates)
    assert (total.owes, len(total.left_out)) == (0, 1)


def test_random_sums_equal_those_of_an_oracle() -> None:
    for seed in range(200):
        dice = Random(seed)
        known = {day: Fraction(dice.randrange(1, 99), dice.randrange(1, 99)) for day in dice.sample(range(10), 5)}
        rates = Rates([table(day, USD=rate) for day, rate in known.items()])
        every = [owed(dice.choice(("USD", "EUR")), dice.randrange(10**6), dice.randrange(10)) for _ in range(30)]
        total = total_in_one(every, CHOSEN, rates)
        exact = sum(
            (Fraction(one.amount) / (known[one.promised_at // DAY] if one.currency == "USD" else 1))
            for one in every
            if one.currency == "EUR" or one.promised_at // DAY in known
        )
        assert total.owes == exact.__floor__()
        left = [
            one.amount for one in every if one.currency == "USD" and one.promised_at // DAY not in known and one.amount
        ]
        assert sum(one.owes for one in total.left_out) == sum(left)
