"""Rates of exchange: read strictly, exact, and out of the hands of whoever would choose one."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from ledger.attested.claims import CLOSED
from ledger.attested.fx import FIXED_AFTER, Fixed, Rate, Rates, Table, day_text, parse_table, rates_of
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from tests.unit.attested.saying import attest, revoke
from tests.unit.history import DAY, HOUR, History

BANK, OTHER = 9, 10
PAIR = ("USD", "EUR")
LATER = 300 * DAY


def claims(day: int, usd: tuple[int, int] = (108, 100), **more: Any) -> dict[str, Any]:
    amount, per = usd
    table = {
        "lading": "fx/1", "base": "EUR", "day": day_text(day), "source": "fixing of the day",
        "rates": {"USD": {"amount": amount, "per": per}, "JPY": {"amount": 160, "per": 100}},
    }  # fmt: skip
    return table | more


def fix(history: History, day: int, usd: tuple[int, int] | None = (108, 100), **times: Any) -> VerifiedRecord:
    """A table of `day`, known at 16 h of it unless told otherwise; None: its claims are withheld."""
    times.setdefault("at", day * DAY + 16 * HOUR)
    by = times.pop("by", BANK)
    stated = None if usd is None else claims(day, usd)
    return attest(history, by, times.pop("about", f"partner/{BANK}"), "fx", stated, **times)


def known(history: History, at: int = LATER) -> Rates:
    rates = [
        rates_of(Journeys(records), BANK, schema_hash("fx"), at) for records in (history.records, history.records[::-1])
    ]
    assert {day: rates[0].on(day, PAIR) for day in range(200)} == {day: rates[1].on(day, PAIR) for day in range(200)}
    return rates[0]


def test_a_rate_is_exact_either_way_and_over_the_base() -> None:
    history = History()
    record = fix(history, 20)
    rates = known(history)
    assert rates.on(20, PAIR) == Rate(Fraction(100, 108), record.id, 20)
    assert rates.on(20, ("EUR", "USD")) == Rate(Fraction(108, 100), record.id, 20)
    assert rates.on(20, ("USD", "JPY")) == Rate(Fraction(160, 108), record.id, 20)
    assert rates.on(20, ("USD", "GBP")) is None
    assert rates.on(21, PAIR) is None


def test_an_older_rate_counts_only_as_far_as_one_says() -> None:
    history = History()
    friday = fix(history, 20)
    rates = known(history)
    assert (rates.on(22, PAIR, 1), rates.on(22, PAIR, 2)) == (None, Rate(Fraction(100, 108), friday.id, 20))
    assert rates.on(19, PAIR, 31) is None, "never a later one"


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (20 * DAY - 1, False),  # foretold
        (20 * DAY, True),
        (21 * DAY + FIXED_AFTER - 1, True),
        (21 * DAY + FIXED_AFTER, False),  # dated back
    ],
)
def test_a_rate_is_neither_foretold_nor_dated_back(at: int, counts: bool) -> None:
    history = History()
    fix(history, 20, at=at)
    assert (known(history).on(20, PAIR) is not None) is counts


def test_of_two_rates_for_one_day_the_first_counts() -> None:
    history = History()
    first = fix(history, 20, (108, 100))
    fix(history, 20, (999, 100), at=20 * DAY + 17 * HOUR)
    assert known(history).on(20, PAIR) == Rate(Fraction(100, 108), first.id, 20)


def test_a_rate_is_mended_only_before_it_is_fixed() -> None:
    """Revoked and attested anew in time the second counts; whoever revokes later takes and adds nothing."""
    for at, since, mended in (
        (21 * DAY, 0, True),
        (23 * DAY - 1, 0, True),
        (23 * DAY, 0, False),
        (21 * DAY, 23 * DAY, False),
    ):
        history = History()
        wrong = fix(history, 20, (999, 100))
        right = fix(history, 20, (108, 100), at=20 * DAY + 17 * HOUR)
        revoke(history, wrong, at, since=since)
        result = known(history).on(20, PAIR)
        assert isinstance(result, Rate)
        assert result.record == (right.id if mended else wrong.id)


def test_a_strangers_revocation_takes_nothing_away() -> None:
    history = History()
    record = fix(history, 20)
    revoke(history, record, 21 * DAY, by=OTHER)
    result = known(history).on(20, PAIR)
    assert isinstance(result, Rate)


def test_a_closed_table_may_be_of_any_day_on_which_it_can_count() -> None:
    history = History()
    fix(history, 19)
    fix(history, 20, None)
    fix(history, 20)
    fix(history, 22)
    rates = known(history)
    assert isinstance(rates.on(19, PAIR), Rate), "there was one before it"
    assert rates.on(20, PAIR) is CLOSED
    assert rates.on(21, PAIR, 5) is CLOSED, "never the one before that"
    assert isinstance(rates.on(22, PAIR), Rate)
    assert set(rates.closed) == {18, 20}


def test_only_its_issuers_own_tables_of_the_schema_that_are_valid_count() -> None:
    for times in (
        {"by": OTHER}, {"about": f"partner/{OTHER}"}, {"about": "partner/09"}, {"since": 21 * DAY},
        {"until": 20 * DAY - 1},
    ):  # fmt: skip
        history = History()
        fix(history, 20, **times)
        assert known(history).on(20, PAIR) is None, times
    history = History()
    attest(history, BANK, f"partner/{BANK}", "other", claims(20), at=20 * DAY)
    assert known(history).on(20, PAIR) is None
    history = History()
    fix(history, 20)
    assert known(history, at=20 * DAY).on(20, PAIR) is None, "not known yet"


@pytest.mark.parametrize(
    "changes",
    [
        {"lading": "fx/2"}, {"base": "eur"}, {"base": "USD"}, {"day": "2026-02-30"}, {"day": "1970-1-21"}, {"day": 20},
        {"rates": {}}, {"rates": []}, {"rates": {"USD": {"amount": 0, "per": 100}}}, {"source": ""}, {"more": 1},
        {"for": "all"},
        {"rates": {"USD": {"amount": 108, "per": 0}}}, {"rates": {"USD": {"amount": -108, "per": 100}}},
        {"rates": {"USD": {"amount": 10**12 + 1, "per": 1}}}, {"rates": {"US": {"amount": 1, "per": 1}}},
        {"rates": {"USD": {"amount": 108}}}, {"rates": {"USD": "1.08"}}, {"rates": {"USD": {"amount": True, "per": 1}}},
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_and_says_nothing(changes: dict[str, Any]) -> None:
    text = canonical_json(claims(20) | changes).decode()
    with pytest.raises(MalformedRecord):
        parse_table(text)
    history = History()
    attest(history, BANK, f"partner/{BANK}", "fx", text, at=20 * DAY)
    good = fix(history, 20, at=20 * DAY + 1)
    result = known(history).on(20, PAIR)
    assert isinstance(result, Rate)
    assert result.record == good.id


def oracle(history: History, day: int, older: int, taken: dict[bytes, int]) -> Any:
    """The rate of USD in EUR read in another way: each day by itself, forward through the chain's order."""
    for asked in range(day, day - older - 1, -1):
        for one in history.records:
            if one.id not in taken:
                continue
            known_at, record = one.known, one.record
            if not asked * DAY <= known_at <= (asked + 3) * DAY - 1 or taken[one.id] <= (asked + 3) * DAY - 1:
                continue
            if isinstance(record.claims, Withheld):  # type: ignore[attr-defined]
                return CLOSED
            table = parse_table(record.claims.text)  # type: ignore[attr-defined]
            if table.day == asked:
                return Rate(1 / table.rates["USD"], one.id, asked)
    return None


def test_rates_equal_an_oracle_in_random_histories() -> None:
    seen = {"rate": 0, "older": 0, "closed": 0, "none": 0}
    for seed in range(300):
        dice, history, taken = Random(seed), History(), dict[bytes, int]()
        for _ in range(dice.randrange(1, 25)):
            day = dice.randrange(10, 30)
            at = (day + dice.choice((-1, 0, 0, 0, 1, 2, 3))) * DAY + dice.randrange(DAY)
            usd = None if dice.random() < 0.1 else (dice.randrange(1, 200), dice.randrange(1, 200))
            taken[(record := fix(history, day, usd, at=at)).id] = 2**40
            if dice.random() < 0.3:
                revoked = at + dice.randrange(6 * DAY)
                revoke(history, record, revoked)
                taken[record.id] = revoked
        rates = known(history)
        for day in range(5, 36):
            older = dice.choice((0, 0, 2, 5))
            result = rates.on(day, PAIR, older)
            assert result == oracle(history, day, older, taken), (seed, day)
            if isinstance(result, Rate):
                seen["rate" if result.day == day else "older"] += 1
            else:
                seen["closed" if result is CLOSED else "none"] += 1
    assert min(seen.values()) > 100, seen


def test_partners_reckon_with_tables_that_are_for_them_and_others_are_closed_to_them() -> None:
    tables = {day: Table("EUR", day, "fixing", {"USD": Fraction(2)}, day != 8) for day in (7, 8)}
    fixed = [Fixed(RecordId(bytes([day]) * 32), day, table) for day, table in tables.items()]
    rates = Rates(fixed).for_partners()
    assert rates.on(7, ("USD", "EUR")) == Rate(Fraction(1, 2), RecordId(b"\x07" * 32), 7)
    assert rates.on(8, ("USD", "EUR"), 5) is CLOSED, "nobody passes over a day to an older rate that suits better"
    assert rates.on(9, ("USD", "EUR")) is None
    assert Rate(Fraction(1, 2), RecordId(bytes(32)), 7).of(2**128 - 1) == 2**127 - 1
