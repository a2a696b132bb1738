"""Penalties of another currency in a bonus: exactly by the rule's rates, or set aside and said to be."""

import json
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from ledger.attested.fx import FIXED_AFTER, day_text
from ledger.bonuses.award import Award
from ledger.bonuses.award_file import award_to_json, evidence_of_file
from ledger.bonuses.charges import ConvertedCharge, SetAside
from ledger.bonuses.currencies import CurrencyRule, RateDay
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import award_for, range_for
from ledger.common.figure import to_json
from ledger.errors import MalformedRecord
from ledger.explain.bonus import explain
from ledger.records.types import BonusAgreement, Share
from ledger.records.verification import VerifiedRecord
from ledger.services.home.score_cards import default_card
from tests.unit.attested.saying import attest, revoke
from tests.unit.bonuses.test_award import AGREEMENT, ID
from tests.unit.bonuses.test_rule_file import RULE as PLAIN
from tests.unit.history import CARRIER, DAY, HOUR, MAKER, SHOP, History

BANK = 9
END = 100 * DAY
POOL = 1_000_000
RULE = (
    PLAIN.replace("900_000", "500_000").replace("950_000", "1")
    .replace("penalties = true", f"penalties = true\ngrace = {FIXED_AFTER}", 1)
    + '\n[currencies]\nissuer = 9\nday = "period-end"\n'
)  # fmt: skip


def rate(history: History, day: int, usd: tuple[int, int] | None = (108, 100), **times: Any) -> VerifiedRecord:
    stated = usd and {
        "lading": "fx/1", "base": "EUR", "day": day_text(day), "source": "fixing",
        "rates": {"USD": {"amount": usd[0], "per": usd[1]}},
    }  # fmt: skip
    times.setdefault("at", day * DAY + 16 * HOUR)
    return attest(history, BANK, f"partner/{BANK}", "fx", stated, **times)


def late(count: int = 1, currency: str = "USD", **fields: Any) -> History:
    """Forty deliveries in time, and `count` that are late by three days: 900 each."""
    history = History()
    for i in range(40 + count):
        own = {"promisedAt": (11 + 2 * i) * DAY, "signers": (MAKER, CARRIER), **fields}
        if i < count:
            own |= {"currency": currency, "penaltyCap": 10_000}
        shipment = history.terms(**own)
        history.handoff(shipment, CARRIER, SHOP, (11 + 2 * i + (3 if i < count else 0)) * DAY)
    return history


def awarded(history: History, text: str = RULE, **fields: Any) -> Award:
    return award_for(ID, agreed(text, **fields), measured(text), default_card(), 1, POOL, history.records)


def measured(text: str) -> bytes:
    return text.replace(PLAIN.split('card = "0x')[1][:64], default_card().hash.hex()).encode()


def agreed(text: str = RULE, **fields: Any) -> BonusAgreement:
    stated: dict[str, Any] = {"parties": (Share(CARRIER, 10_000),), "periodStart": 0, "periodEnd": END} | fields
    return replace(AGREEMENT, rule=parse_rule(measured(text)).hash, **stated)


def reasons(award: Award) -> list[SetAside]:
    return [aside.reason for line in award.lines for aside in line.set_aside]


def test_a_penalty_of_another_currency_counts_by_the_rate_of_the_periods_last_day() -> None:
    history = late(3)
    rate(history, 98, (1, 1))
    record = rate(history, 99)
    award = awarded(history)
    (line,) = award.lines
    assert [type(charge) for charge in line.charges] == [ConvertedCharge] * 3
    assert [charge.counted for charge in line.charges] == [900 * 100 // 108] * 3, "each rounded down by itself"
    assert (line.deducted, line.amount) == (3 * 833, POOL - 3 * 833)
    assert record.id in award.evidence, "who checks the award must see the rate"
    (entry, *_) = award_to_json(award)["lines"][0]["penalties"]
    assert entry == {
        "shipment": entry["shipment"], "amount": "900", "currency": "USD", "converted": "833",
        "rate": "0x" + record.id.hex(), "day": day_text(99),
    }  # fmt: skip
    assert "9.00 USD, counted as 8.33 EUR by the rate of 1970-04-10" in "\n".join(map(str, explain(award)))
    file = json.loads(json.dumps(award_to_json(award)))
    assert set(evidence_of_file(file, agreed())) == set(award.evidence)


def test_or_by_the_rate_of_the_day_of_its_promise() -> None:
    text = RULE.replace("period-end", "promised")
    history = late(2)
    rate(history, 11, (2, 1))
    rate(history, 13, (3, 1))
    rate(history, 14, (9, 1))  # the day on which the first came: nobody chooses by when he delivers
    (line,) = awarded(history, text).lines
    assert sorted(charge.counted for charge in line.charges) == [300, 450]


def test_without_a_rate_it_is_left_out_and_said() -> None:
    history = late()
    rate(history, 98)
    award = awarded(history)
    assert (reasons(award), award.lines[0].amount) == ([SetAside.NO_RATE], POOL)
    assert "nobody attested a rate for its day" in "\n".join(map(str, explain(award)))
    assert reasons(awarded(history, f"{RULE}older = 1\n")) == []


def test_without_the_key_nothing_changes() -> None:
    text, _, _ = RULE.partition("\n[currencies]")
    history = late()
    rate(history, 99)
    award = awarded(history, text)
    assert (reasons(award), award.lines[0].amount) == ([SetAside.OTHER_CURRENCY], POOL)
    assert award_to_json(award)["lines"][0]["setAside"][0]["penalty"].keys() == {"shipment", "amount", "currency"}


def test_an_indicative_penalty_counts_in_no_currency() -> None:
    history = late(signers=(MAKER,))
    rate(history, 99)
    assert reasons(awarded(history)) == [SetAside.INDICATIVE]


@pytest.mark.parametrize("role", ["awarder", "arbiter", "residual", "party"])
def test_the_rates_of_whom_the_agreement_concerns_count_for_nobody(role: str) -> None:
    history = late()
    rate(history, 99)
    own = {"parties": (Share(CARRIER, 5_000), Share(BANK, 5_000))} if role == "party" else {role: BANK}
    assert reasons(awarded(history, **own)) == [SetAside.INTERESTED_ISSUER]


def test_what_is_attested_or_taken_back_after_the_rate_is_fixed_changes_no_award() -> None:
    history = late()
    record = rate(history, 99)
    before = awarded(history)
    revoke(history, record, END + FIXED_AFTER)
    rate(history, 99, (1, 1), at=END + FIXED_AFTER + 1)
    rate(history, 99, (1, 1), at=END + 1)  # a second one in time: the first counts
    assert awarded(history).lines == before.lines


def test_an_absurd_rate_takes_no_more_than_the_share_and_none_is_zero() -> None:
    history = late()
    rate(history, 99, (1, 10**12))
    (line,) = awarded(history).lines
    assert (line.deducted, line.amount) == (POOL, 0)
    history = late()
    rate(history, 99, (0, 1))
    assert reasons(awarded(history)) == [SetAside.NO_RATE]
    history = late()
    rate(history, 99, (10**12, 1))
    (line,) = awarded(history).lines
    assert (line.deducted, line.amount) == (0, POOL)


def test_a_closed_rate_leaves_a_range_that_contains_what_was_signed() -> None:
    opened, closed = late(), late()
    rate(opened, 99)
    rate(closed, 99, None)
    signed, seen = awarded(opened), awarded(closed)
    assert reasons(seen) == [SetAside.RATE_WITHHELD]
    ranges = range_for(seen, agreed(), default_card(), closed.records, lambda: signed.amounts)
    assert ranges is not None
    ranges.check()
    (line,) = ranges.lines
    assert (line.low, line.amount, line.high) == (0, POOL - 833, POOL)
    assert ranges.closed == (closed.records[-1].id,)
    assert range_for(signed, agreed(), default_card(), opened.records, lambda: signed.amounts) is None


def test_every_deduction_is_exact_in_random_awards() -> None:
    counts = {"converted": 0, "aside": 0, "own": 0}
    for seed in range(40):
        dice = Random(seed)
        history = late(dice.randrange(1, 6), dice.choice(("USD", "EUR", "GBP")))
        ratio = dice.randrange(1, 10**6), dice.randrange(1, 10**6)
        if dice.random() < 0.7:
            rate(history, 99, ratio)
        award = awarded(history)
        (line,) = award.lines
        taken = 0
        for charge in line.charges:
            exact = Fraction(charge.amount)
            if isinstance(charge, ConvertedCharge):
                exact = exact * ratio[1] / ratio[0]
                counts["converted"] += 1
            else:
                counts["own"] += 1
            taken += exact.numerator // exact.denominator
        counts["aside"] += len(line.set_aside)
        assert line.amount == max(0, POOL - taken)
        assert line.amount + award.residual_amount == POOL
        assert to_json(award.lines[0])["amount"] == str(line.amount)
    assert min(counts.values()) >= 5, counts


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("issuer = 9", "issuer = 0", "currencies.issuer"),
        ("issuer = 9\n", "", "currencies.issuer"),
        ('"period-end"', '"stop"', "currencies.day"),
        ('"period-end"\n', '"period-end"\nolder = 32\n', "currencies.older"),
        ('"period-end"\n', '"period-end"\nschema = ""\n', "currencies.schema"),
        ('"period-end"\n', '"period-end"\nrate = 1\n', "currencies.rate"),
        (f"grace = {FIXED_AFTER}", f"grace = {FIXED_AFTER - 1}", "grace"),
        ("penalties = true", "penalties = false", "currencies"),
        ("bonus-rule/2", "bonus-rule/1", "bonus rule"),
    ],
)
def test_a_rule_file_says_what_is_wrong_with_its_currencies(old: str, new: str, where: str) -> None:
    assert old in RULE
    with pytest.raises(MalformedRecord) as refused:
        parse_rule(RULE.replace(old, new).encode())
    assert where in str(refused.value)


def test_a_rule_says_whose_rates_it_takes() -> None:
    assert parse_rule(RULE.encode()).currencies == CurrencyRule(9, RateDay.PERIOD_END)
    assert parse_rule(PLAIN.encode()).currencies is None
