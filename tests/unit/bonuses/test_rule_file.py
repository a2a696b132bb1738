"""The rule file of a bonus: parsed strictly, bound by its hash."""

import hashlib

import pytest

from ledger.bonuses.rule_file import BonusRule, RoleRule, Threshold, WhenDisputed, parse_rule, require_rule
from ledger.codes import Role
from ledger.errors import MalformedRecord, VerificationFailed

CARD = b"\xca" * 32
RULE = f"""\
format = "lading/bonus-rule/2"
title = "On-time bonus, second half-year"
card = "0x{CARD.hex()}"
penalties = true

[carrier.benchmark]
indicator = "on-time"
threshold = 900_000
samples = 10

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 950_000
samples = 12

[supplier.benchmark]
indicator = "shipments"
threshold = 100
samples = 0

[supplier.quality]
indicator = "defects"
threshold = 5_000
samples = 10
"""


def test_a_rule_says_what_its_file_says() -> None:
    assert parse_rule(RULE.encode()) == BonusRule(
        title="On-time bonus, second half-year",
        card=CARD,
        roles={
            Role.CARRIER: RoleRule(Threshold("on-time", 900_000, 10), Threshold("in-full-undamaged", 950_000, 12)),
            Role.SUPPLIER: RoleRule(Threshold("shipments", 100, 0), Threshold("defects", 5_000, 10)),
        },
        hash=hashlib.sha256(RULE.encode()).digest(),
        penalties=True,
        disputed=WhenDisputed.WAIT,
    )


def test_disputed_shipments_wait_unless_the_file_leaves_them_out_and_older_files_count_the_lower_amount() -> None:
    def said(disputed: str) -> WhenDisputed:
        return parse_rule(RULE.replace("penalties = true\n", f"penalties = true\n{disputed}\n").encode()).disputed

    assert said("") is WhenDisputed.WAIT
    assert said('disputed = "wait"') is WhenDisputed.WAIT
    assert said('disputed = "left out"') is WhenDisputed.LEFT_OUT
    older = RULE.replace("bonus-rule/2", "bonus-rule/1").replace("penalties = true\n", "")
    assert parse_rule(older.encode()).disputed is WhenDisputed.LOWER_AMOUNT
    with pytest.raises(MalformedRecord, match="disputed"):
        parse_rule(older.replace("title =", 'disputed = "wait"\ntitle =').encode())


def test_penalties_are_taken_off_only_where_the_file_says_so_and_in_files_of_the_older_form() -> None:
    assert not parse_rule(RULE.replace("penalties = true\n", "").encode()).penalties
    assert not parse_rule(RULE.replace("penalties = true", "penalties = false").encode()).penalties
    older = RULE.replace("bonus-rule/2", "bonus-rule/1")
    assert parse_rule(older.replace("penalties = true\n", "").encode()).penalties
    with pytest.raises(MalformedRecord, match="penalties"):
        parse_rule(older.encode())


def test_a_rule_has_no_grace_unless_it_says_so() -> None:
    assert parse_rule(RULE.encode()).grace == 0
    longer = RULE.replace("\n\n[", "\ngrace = 86_400\n\n[", 1)
    assert parse_rule(longer.encode()).grace == 86_400


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title = ", "grace = -1\ntitle = ", "grace"),
        ("title = ", "grace = 31_622_401\ntitle = ", "grace"),
        ("title = ", 'grace = "1 d"\ntitle = ', "grace"),
        ("lading/bonus-rule/2", "lading/bonus-rule/3", "format"),
        ("penalties = true", "penalties = 1", "penalties"),
        ("penalties = true", 'disputed = "lower amount"', "disputed"),
        ("penalties = true", "disputed = true", "disputed"),
        ('title = "On-time bonus, second half-year"\n', "", "bonus rule.title"),
        ('title = "On-time bonus, second half-year"', 'title = ""', "title"),
        ('card = "0xca', 'card = "0x', "card"),
        ("title = ", "titel = 1\ntitle = ", "bonus rule.titel"),
        ("[carrier.quality]", "[carrier.gate]", "carrier.gate"),
        ("[carrier.quality]", "[warehouse.quality]", "bonus rule.warehouse"),
        ('indicator = "on-time"', 'indicator = "speed"', "carrier.benchmark.indicator"),
        ('indicator = "on-time"', 'indicator = "mean-late-seconds"', "carrier.benchmark.indicator"),
        ('indicator = "on-time"', 'indicator = "defects"', "carrier.benchmark.indicator"),
        ('indicator = "on-time"', "indicator = [1]", "carrier.benchmark.indicator"),
        ('indicator = "in-full-undamaged"', 'indicator = "on-time"', "carrier.quality.indicator"),
        ("threshold = 900_000", "threshold = 1_000_001", "carrier.benchmark.threshold"),
        ("threshold = 900_000", "threshold = -1", "carrier.benchmark.threshold"),
        ("threshold = 900_000", "threshold = 0.9", "carrier.benchmark.threshold"),
        ("threshold = 900_000", "threshold = true", "carrier.benchmark.threshold"),
        ('"on-time"\nthreshold = 900_000', '"score"\nthreshold = 10_001', "carrier.benchmark.threshold"),
        ("samples = 10", "samples = 0", "carrier.benchmark.samples"),
        ("samples = 0", "samples = 1", "supplier.benchmark.samples"),
        ("samples = 10\n", "", "carrier.benchmark.samples"),
        ("samples = 10", "samples = 10\nweight = 2", "carrier.benchmark.weight"),
        ("samples = 10", "samples = 10\nsamples = 10", "bonus rule"),
        ("[carrier.benchmark]", "[carrier.benchmark", "bonus rule"),
    ],
)
def test_anything_else_is_refused_by_name(old: str, new: str, where: str) -> None:
    assert old in RULE
    with pytest.raises(MalformedRecord) as caught:
        parse_rule(RULE.replace(old, new, 1).encode())
    assert caught.value.where.startswith(where)


def test_a_rule_judges_some_role() -> None:
    with pytest.raises(MalformedRecord, match="judges no role"):
        parse_rule(RULE.split("[", 1)[0].encode())
    with pytest.raises(MalformedRecord, match="carrier: not an object"):
        parse_rule((RULE.split("[", 1)[0] + "carrier = 1\n").encode())


def test_what_is_no_text_or_far_too_long_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="not TOML"):
        parse_rule(b"\xff\xfe")
    with pytest.raises(MalformedRecord, match="too long"):
        parse_rule(b"#" * 70_000)


def test_one_changed_byte_is_another_rule() -> None:
    signed = parse_rule(RULE.encode()).hash
    require_rule(parse_rule(RULE.encode()), signed)
    with pytest.raises(VerificationFailed, match="not the rule that the parties signed"):
        require_rule(parse_rule(RULE.encode() + b"\n"), signed)
