"""Assessed taxes against rates: each deviation by its code, and none where everything agrees."""

import random
from dataclasses import replace

import pytest

from ledger.codes import Regime
from ledger.markets.market_file import parse_market
from ledger.markets.needs import Case
from ledger.markets.rules import Lane, Market
from ledger.markets.taxes import Consignment, deviations_of
from ledger.records.types import Duty, TaxLine

HEAD = """format = "lading/market/1"
title = "T"
jurisdiction = "DE"
version = 1
currency = "EUR"
offsets = ["+02:00"]
"""
RULES = """
[[tax]]
id = "small"
lane = "import"
tax = "duty"
up_to = 15_000
fixed = 300
[[tax]]
id = "large"
lane = "import"
tax = "duty"
over = 15_000
rates = [120_000]
base = ["value"]
[[tax]]
id = "books"
lane = "import"
tax = "duty"
hs = ["4901"]
over = 15_000
rates = [0]
[[tax]]
id = "vat"
lane = "import"
tax = "vat"
rates = [190_000, 70_000]
base = ["value", "freight", "duty"]
"""


def market(rules: str = RULES) -> Market:
    return parse_market((HEAD + rules).encode())


def about(*goods: str, value: int | None = 100_000, currency: str = "EUR", freight: int | None = 500) -> Consignment:
    return Consignment(
        Lane.IMPORT, Regime.IMPORT, 0, (Case("CN", "DE", (), 0, goods or ("610910",), value, currency),), freight, True
    )


def found(
    lines: list[TaxLine], consignment: Consignment, *, currency: str = "EUR", released: bool = True, rules: str = RULES
) -> list[tuple[str, str, int | None, int | None]]:
    duty = Duty(bytes(16), "", "", "", currency, tuple(lines))
    told = deviations_of(duty, market(rules), consignment, frozenset() if released else None)
    return [(str(one.deviation), one.tax, one.expected, one.found) for one in told]


DUTY = TaxLine("duty", 100_000, 120_000, 12_000, 12_000)
VAT = TaxLine("vat", 112_500, 190_000, 21_375, 21_375)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([DUTY, VAT], []),
        ([TaxLine("duty", 60_000, 120_000, 7_200, 0), TaxLine("duty", 40_000, 120_000, 4_800, 0), VAT], []),
        ([DUTY, TaxLine("vat", 112_500, 70_000, 7_875, 0)], []),
        ([DUTY, TaxLine("vat", 112_500, 160_000, 18_000, 0)], [("rate", "vat", None, 160_000)]),
        ([TaxLine("duty", 100_000, 119_999, 12_000, 0), VAT], [("rate", "duty", 120_000, 119_999)]),
        ([DUTY, TaxLine("vat", 112_500, 190_000, 21_374, 0)], [("sum", "vat", 21_375, 21_374)]),
        ([TaxLine("duty", 90_000, 120_000, 10_800, 0), TaxLine("vat", 111_300, 190_000, 21_147, 0)],
         [("base", "duty", 100_000, 90_000)]),
        ([DUTY, TaxLine("vat", 100_000, 190_000, 19_000, 0)], [("base", "vat", 112_500, 100_000)]),
        ([DUTY], [("missing", "vat", None, None)]),
        ([DUTY, VAT, TaxLine("stamp", 0, 0, 0, 0)], [("unknown-tax", "stamp", None, 0)]),
    ],
)  # fmt: skip
def test_each_deviation_has_its_code(
    lines: list[TaxLine], expected: list[tuple[str, str, int | None, int | None]]
) -> None:
    assert found(lines, about()) == expected


def test_a_fixed_amount_is_due_for_each_subheading() -> None:
    goods = about("610910", "61091000", "640399", value=9_000, freight=0)
    vat = TaxLine("vat", 9_600, 190_000, 1_824, 0)
    assert found([TaxLine("duty", 0, 0, 600, 0), vat], goods) == []
    assert found([TaxLine("duty", 0, 0, 300, 0), TaxLine("vat", 9_300, 190_000, 1_767, 0)], goods) == [
        ("sum", "duty", 600, 300)
    ]
    short = about("61", "640399", value=9_000, freight=0)
    assert found([TaxLine("duty", 0, 0, 300, 0), TaxLine("vat", 9_300, 190_000, 1_767, 0)], short) == [], "unknown"


def test_what_is_not_known_is_no_deviation() -> None:
    """Without the value either duty may be right, and no base can be told; parts of shipments have no value."""
    unknown = about(value=None, freight=None)
    for duty in (DUTY, TaxLine("duty", 0, 0, 300, 0)):
        assert found([duty, VAT], unknown) == []
    assert found([TaxLine("duty", 0, 50_000, 0, 0), VAT], unknown) == [("rate", "duty", None, 50_000)]
    part = Consignment(Lane.IMPORT, Regime.IMPORT, 0, about().cases, None, False)
    assert found([TaxLine("duty", 30_000, 120_000, 3_600, 0), TaxLine("vat", 1, 190_000, 0, 0)], part) == []
    mixed = about("490199", "610910")
    assert found([TaxLine("duty", 30_000, 120_000, 3_600, 0), TaxLine("duty", 70_000, 0, 0, 0), VAT], mixed)[0][:2] == (
        "base", "vat",
    )  # fmt: skip


def test_who_declares_all_goods_at_the_rate_of_some_leaves_a_rate_out() -> None:
    mixed = about("490199", "610910")
    free = [TaxLine("duty", 100_000, 0, 0, 0), TaxLine("vat", 100_500, 190_000, 19_095, 0)]
    assert found(free, mixed) == [("rate", "duty", 120_000, None)]
    assert found(free, about("490199")) == []
    assert found(free, mixed, released=False) == [], "nothing is due yet"
    unknown = about("49", "610910", value=None)
    assert found(free, unknown) == [], "a fixed amount may be due instead"


def test_a_base_may_be_more_than_what_terms_state_and_never_less() -> None:
    rules = RULES.replace('base = ["value", "freight", "duty"]', 'base = ["value", "duty"]\nbase_at_least = true')
    assert found([DUTY, VAT], about(), rules=rules) == []
    less = TaxLine("vat", 111_999, 70_000, 7_840, 0)
    assert found([DUTY, less], about(), rules=rules) == [("base", "vat", 112_000, 111_999)]


def test_taxes_of_another_procedure_are_judged_by_its_own_rules() -> None:
    fee = '[[tax]]\nid = "store"\nlane = "import"\nregime = "warehousing"\ntax = "fee"\nrates = [10_000]\n'
    stored = replace(about(), regime=int(Regime.WAREHOUSING))
    assert found([TaxLine("fee", 100, 10_000, 1, 0)], stored, rules=RULES + fee) == []
    assert found([DUTY], stored, rules=RULES + fee) == [
        ("unknown-tax", "duty", None, 12_000), ("missing", "fee", None, None),
    ]  # fmt: skip
    assert found([DUTY, VAT], about(), rules=RULES + fee) == []


def test_nothing_is_missing_before_the_release_or_where_a_rate_may_be_nothing() -> None:
    assert found([], about(), released=False) == []
    assert found([], about()) == [("missing", "duty", None, None), ("missing", "vat", None, None)]
    assert found([], about("490199")) == [("missing", "vat", None, None)]


def test_in_another_currency_rates_and_sums_alone_are_checked() -> None:
    assert found([DUTY, TaxLine("vat", 1, 190_000, 1, 0)], about(), currency="CNY") == [
        ("sum", "vat", 0, 1), ("currency", "", None, None),
    ]  # fmt: skip


def test_a_duty_that_follows_the_rates_never_deviates_and_one_altered_line_always_does() -> None:
    r = random.Random(3)
    altered = 0
    for _ in range(1_500):
        duty_rate, vat_rate = r.randint(1, 400_000), r.randint(1, 300_000)
        rounding = r.choice(("down", "half-up", "up"))
        rules = (
            f'[[tax]]\nid = "d"\nlane = "import"\ntax = "duty"\nrates = [{duty_rate}]\nbase = ["value"]\n'
            f'rounding = "{rounding}"\n'
            f'[[tax]]\nid = "v"\nlane = "import"\ntax = "vat"\nrates = [{vat_rate}]\nbase = ["value", "duty"]\n'
        )
        value = r.randint(1, 10**9)
        exact = value * duty_rate
        duty = {"down": exact // 10**6, "half-up": (exact + 500_000) // 10**6, "up": (exact + 999_999) // 10**6}[
            rounding
        ]
        base = value + duty
        lines = [
            TaxLine("duty", value, duty_rate, duty, 0),
            TaxLine("vat", base, vat_rate, (base * vat_rate + 500_000) // 10**6, 0),
        ]
        consignment = about(value=value)
        assert found(lines, consignment, rules=rules) == []
        i, field, by = r.randrange(2), r.choice(("base", "ratePpm", "assessed")), r.choice((1, 7))
        one = lines[i]
        changed = {"tax": one.tax, "base": one.base, "ratePpm": one.ratePpm, "assessed": one.assessed, "paid": 0}
        changed[field] += by  # type: ignore[operator]
        lines[i] = TaxLine(**changed)  # type: ignore[arg-type]
        assert found(lines, consignment, rules=rules), (changed, field)
        altered += 1
    assert altered == 1_500


def test_a_tax_may_be_taken_on_the_base_of_another_as_its_lines_state_it() -> None:
    rules = (
        '[[tax]]\nid = "d"\nlane = "import"\ntax = "duty"\nrates = [100_000]\n'
        '[[tax]]\nid = "v"\nlane = "import"\ntax = "vat"\nrates = [200_000]\nbase = ["of:duty", "duty"]\n'
    )
    duty = TaxLine("duty", 70_000, 100_000, 7_000, 0)
    assert found([duty, TaxLine("vat", 77_000, 200_000, 15_400, 0)], about(), rules=rules) == []
    assert found([duty, TaxLine("vat", 70_000, 200_000, 14_000, 0)], about(), rules=rules) == [
        ("base", "vat", 77_000, 70_000)
    ]
    assert found([TaxLine("vat", 1, 200_000, 0, 0)], about(), rules=rules) == [("missing", "duty", None, None)]
