"""The rule file of a bonus: parsed strictly, bound by its hash."""

import hashlib

import pytest

from ledger.bonus_rules import BonusRule, Indicator, Threshold, parse_rule, require_rule
from ledger.errors import MalformedRecord, VerificationFailed

RULE = """\
format = "lading/bonus-rule/1"
title = "On-time bonus, second half-year"

[benchmark]
indicator = "on-time"
threshold = 9500
samples = 10

[quality]
indicator = "undamaged"
threshold = 9900
samples = 12
"""


def test_a_rule_says_what_its_file_says() -> None:
    assert parse_rule(RULE.encode()) == BonusRule(
        title="On-time bonus, second half-year",
        benchmark=Threshold(Indicator.ON_TIME, 9500, 10),
        quality=Threshold(Indicator.UNDAMAGED, 9900, 12),
        hash=hashlib.sha256(RULE.encode()).digest(),
    )


def test_a_volume_has_no_samples() -> None:
    text = RULE.replace('"on-time"\nthreshold = 9500\nsamples = 10', '"volume"\nthreshold = 120000\nsamples = 0')
    assert parse_rule(text.encode()).benchmark == Threshold(Indicator.VOLUME, 120_000, 0)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("lading/bonus-rule/1", "lading/bonus-rule/2", "format"),
        ('title = "On-time bonus, second half-year"\n', "", "bonus rule.title"),
        ('title = "On-time bonus, second half-year"', 'title = ""', "title"),
        ("title = ", "titel = 1\ntitle = ", "bonus rule.titel"),
        ("[quality]", "[gate]", "bonus rule.quality"),
        ('indicator = "on-time"', 'indicator = "speed"', "benchmark.indicator"),
        ('indicator = "undamaged"', 'indicator = "on-time"', "quality.indicator"),
        ("threshold = 9500", "threshold = 10001", "benchmark.threshold"),
        ("threshold = 9500", "threshold = -1", "benchmark.threshold"),
        ("threshold = 9500", "threshold = 95.0", "benchmark.threshold"),
        ("threshold = 9500", "threshold = true", "benchmark.threshold"),
        ("samples = 10", "samples = 0", "benchmark.samples"),
        ("samples = 10\n", "", "benchmark.samples"),
        ("samples = 10", "samples = 10\nweight = 2", "benchmark.weight"),
        ("samples = 10", "samples = 10\nsamples = 10", "bonus rule"),
        ("[benchmark]", "[benchmark", "bonus rule"),
    ],
)
def test_anything_else_is_refused_by_name(old: str, new: str, where: str) -> None:
    assert old in RULE
    with pytest.raises(MalformedRecord) as caught:
        parse_rule(RULE.replace(old, new, 1).encode())
    assert caught.value.where == where


def test_benchmark_must_be_a_table() -> None:
    with pytest.raises(MalformedRecord, match="not a table"):
        parse_rule(b'format = "lading/bonus-rule/1"\ntitle = "t"\nbenchmark = 1\nquality = 2\n')


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
