"""The file of a market: what is read, and what is refused, with the place named."""

import json
from importlib import resources
from pathlib import Path

import pytest

from ledger.cli.market_rules import filled
from ledger.codes import Regime
from ledger.errors import MalformedRecord
from ledger.explain.markets.terms import need_text
from ledger.markets.adopted_markets import MARKETS
from ledger.markets.market_file import parse_market
from ledger.markets.needs import Case, needs_of
from ledger.markets.rules import Lane, Rounding, TaxRate

ROOT = Path(__file__).resolve().parents[3]
HEAD = """format = "lading/market/1"
title = "Parcels"
jurisdiction = "DE"
union = ["FR"]
version = 1
currency = "EUR"
offsets = ["+01:00", "+02:00"]
"""
IMPORT = '\n[[clearance]]\nid = "import"\nlane = "import"\ngates = ["delivery"]\n'


def vat(*lines: str, name: str = "vat") -> str:
    return "\n".join(["\n[[tax]]", f'id = "{name}"', 'lane = "import"', 'tax = "vat"', *lines, ""])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD.replace("market/1", "market/9"), "format"),
        (HEAD.replace('"DE"', '"QQ"'), "jurisdiction"),
        (HEAD.replace('"FR"', '"DE"'), "union"),
        (HEAD.replace("EUR", "EUX"), "currency"),
        (HEAD.replace("+01:00", "+1"), "offsets[0]"),
        (HEAD + "surprise = 1\n", "surprise"),
        (HEAD + IMPORT + "surprise = 1\n", "clearance[0].surprise"),
        (HEAD + IMPORT + IMPORT, "clearance[1].id"),
        (HEAD + IMPORT.replace("delivery", "arrival"), "clearance[0].gates[0]"),
        (HEAD + IMPORT + 'sources = ["act"]\n', "clearance[0].sources[0]"),
        (HEAD + IMPORT + 'hs = ["8x"]\n', "clearance[0].hs[0]"),
        (HEAD + IMPORT + 'hs = ["01", "0.1"]\n', "clearance[0].hs"),
        (HEAD + IMPORT + "from = 2026-07-01\n", "clearance[0].from"),
        (HEAD + IMPORT + "from = 2026-07-01T00:00:00\n", "clearance[0].from"),
        (HEAD + IMPORT + "from = 2026-07-01T00:00:00Z\n", "clearance[0].from"),
        (HEAD + IMPORT + "from = 2026-07-01T01:00:00+02:00\n", "clearance[0].from"),
        (HEAD + IMPORT + "until = 1970-01-01T00:00:00+01:00\n", "clearance[0].until"),
        (HEAD + IMPORT + "over = 5\nup_to = 5\n", "clearance[0].up_to"),
        (HEAD + vat("rates = [1]", "fixed = 1"), "tax[0].fixed"),
        (HEAD + vat("rates = [0.5]"), "tax[0].rates[0]"),
        (HEAD + vat('base = ["duty"]'), "vat"),
        (HEAD + vat("base_at_least = true"), "tax[0].base_at_least"),
        (HEAD + vat('regime = "smuggling"'), "tax[0].regime"),
        (HEAD + vat("tariff = {}"), "tax[0].tariff"),
        (HEAD + vat("tariff = 5"), "tax[0].tariff"),
        (HEAD + '[[tax]]\nid = 5\nlane = "import"\ntax = "vat"\ntariff = {61 = 1}\n', "tax[0].id"),
        (HEAD + vat('tariff = {61 = "a"}'), "tax[0].tariff.'61'.rates[0]"),
        (HEAD + vat("tariff = {6a = 1}"), "tax[0].tariff.'6a'.hs[0]"),
        (HEAD + vat("tariff = {61 = 1}", "rates = [1]"), "tax[0].rates"),
        (HEAD + vat('tariff = {61 = 1, "6.1" = 2}'), "tax[0].tariff.'6.1'.id"),
        (HEAD + vat("tariff = {61 = 99999999}"), "tax[0].tariff.'61'.rates[0]"),
        (HEAD + vat('base = ["value", "vat"]'), "tax.base"),
        (HEAD + vat() + vat("up_to = 5", name="other"), "other"),
        (HEAD + '[[goods]]\nid = "a"\nlane = "import"\nstanding = "licence"\n', "goods[0].schema"),
        (HEAD + '[[source]]\nid = "a"\ntitle = "A"\ndate = 2026-01-01\nurl = "javascript:x"\n', "source[0].url"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_market(text.encode())
    assert refused.value.where == where


def test_limits_hold_for_what_one_consignment_makes_somebody_look_at() -> None:
    bands = "".join(vat(f"over = {i}", f"up_to = {i + 1}", name=f"v{i}") for i in range(17))
    with pytest.raises(MalformedRecord, match="bounds"):
        parse_market((HEAD + bands).encode())
    listed = ", ".join(f'"{i:05}"' for i in range(20_001))
    with pytest.raises(MalformedRecord, match="prefixes"):
        parse_market((HEAD + vat(f"hs = [{listed}]")).encode())
    listed = ", ".join(f'"{i:05}"' for i in range(6_001))
    bands = "".join(vat(f"over = {i}", f"up_to = {i + 1}", f"hs = [{listed}]", name=f"v{i}") for i in range(3))
    with pytest.raises(MalformedRecord, match="prefixes for so many bounds"):
        parse_market((HEAD + bands).encode())
    with pytest.raises(MalformedRecord, match="too long"):
        parse_market((HEAD + "#" * (1 << 20)).encode())


def tariff(*codes: str, **more: str) -> str:
    lines = [f'"{code}" = {rate}' for code, rate in (one.split("=") for one in codes)]
    return vat(*(f"{name} = {value}" for name, value in more.items())) + "\n".join(["[tax.tariff]", *lines, ""])


def test_a_tariff_is_a_rule_for_each_code_and_the_longest_speaks() -> None:
    market = parse_market((HEAD + tariff("9503.00=[47_000, 0]", "95=20_000", "61=120_000")).encode())
    assert [rule.id for rule in market.rules] == ["vat-950300", "vat-95", "vat-61"]
    rates = {
        hs: [need.rates for need in needs_of([market], Case("CN", "DE", (), 0, (hs,), None, ""), 0)]
        for hs in ("95030035", "9504", "610910", "0101")
    }
    assert rates == {"95030035": [(47_000, 0)], "9504": [(20_000,)], "610910": [(120_000,)], "0101": []}


def test_ten_thousand_codes_are_one_file_and_a_question_looks_at_few_of_them() -> None:
    codes = [f"{i:06}" for i in range(0, 1_000_000, 100)]
    market = parse_market((HEAD + tariff(*(f"{code}={i % 500_000}" for i, code in enumerate(codes)))).encode())
    assert len(market.rules) == 10_000
    shelf = market.shelves[Lane.IMPORT][0]
    assert len(list(shelf.matching("00010099"))) == 1
    assert shelf.longer("0001") == ["000100"]
    assert len(shelf.longer("")) == 10_000
    (need,) = needs_of([market], Case("CN", "DE", (), 0, ("00010099",), None, ""), 0)
    assert (need.rule, need.rates) == ("vat-000100", (1,))
    (need,) = needs_of([market], Case("CN", "DE", (), 0, ("0001", ""), None, ""), 0)
    assert (need.rule, need.certain, need.goods, len(need.rates or ())) == ("vat", False, ("", "0001"), 10_000)
    assert str(need_text(need)).startswith(
        "DE, import: tax vat at one of many rates, 0 % to 0.9999 % (rule vat), perhaps"
    )


def test_rules_of_one_kind_may_part_by_goods_time_value_and_fulfilment() -> None:
    market = parse_market(
        (
            HEAD
            + vat("up_to = 5", name="small")
            + vat("over = 5", "until = 2026-07-01T00:00:00+02:00", name="before")
            + vat("over = 5", "from = 2026-07-01T00:00:00+02:00", 'fulfilment = ["express"]', name="express")
            + vat("over = 5", "from = 2026-07-01T00:00:00+02:00", 'fulfilment = ["unstated"]', name="unstated")
            + vat('hs = ["0401"]', "rates = [70_000]", name="milk")
        ).encode()
    )
    assert len(market.rules) == 5
    assert market.taxes == {"vat"}


def test_dates_begin_at_midnight_of_the_jurisdiction() -> None:
    market = parse_market(
        (HEAD + IMPORT + "from = 2026-07-01T00:00:00+02:00\nuntil = 2027-01-01T00:00:00+01:00\n").encode()
    )
    case = Case("CN", "DE", (), 0, ("6109",), None, "")
    start, end = 1_782_856_800, 1_798_758_000  # 22:00 UTC on 30 June, 23:00 UTC on 31 December
    found = [bool(needs_of([market], case, at)) for at in (start - 1, start, end - 1, end)]
    assert found == [False, True, True, False]


def test_what_a_way_is_to_a_jurisdiction() -> None:
    market = parse_market((HEAD + IMPORT).encode())
    ways = {("CN", "DE"): Lane.IMPORT, ("DE", "CN"): Lane.EXPORT, ("FR", "DE"): None, ("DE", "FR"): None,
            ("CN", "FR"): None, ("DE", "DE"): None, ("", "CN"): None}  # fmt: skip
    assert {way: market.lane(*way) for way in ways} == ways
    assert market.lane("CN", "CH", ["NL", "DE"]) is Lane.TRANSIT


def test_rounding_is_exact() -> None:
    assert [Rounding.DOWN.of(150, 10_000), Rounding.HALF_UP.of(150, 10_000), Rounding.UP.of(101, 10_000)] == [1, 2, 2]
    assert Rounding.UP.of(100, 10_000) == Rounding.DOWN.of(100, 10_000) == Rounding.HALF_UP.of(149, 10_000) == 1


def test_the_examples_that_ship_are_files_and_each_rule_names_its_sources() -> None:
    folder = resources.files("ledger.markets") / "profiles"
    texts = [file.read_bytes() for file in folder.iterdir() if file.name.endswith(".toml")]
    assert len(texts) == 2
    for text in texts:
        market = parse_market(text)
        known = {source.id for source in market.sources}
        assert MARKETS.has(text)
        assert all(rule.sources and set(rule.sources) <= known for rule in market.rules)
        assert b"no legal advice" in text.replace(b"\n# ", b" ")
        regimes = {getattr(rule.says, "regime", None) for rule in market.rules}
        assert {int(Regime.IMPORT), int(Regime.EXPORT)} <= regimes
        assert any(isinstance(rule.says, TaxRate) for rule in market.rules)


@pytest.mark.parametrize(
    ("name", "case", "at", "rates"),
    [
        ("germany", Case("CN", "DE", (), 5, ("95030035",), 14_999, "EUR"), 1_782_856_799, ("duty-relief", (0,))),
        ("germany", Case("CN", "DE", (), 5, ("95030035",), 15_000, "EUR"), 1_782_856_800, ("duty-three-euro", ())),
        ("germany", Case("CN", "DE", (), 0, ("95030035",), 15_001, "EUR"), 1_800_000_000, ("toys-95030035", (47_000,))),
        ("germany", Case("CN", "DE", (), 0, ("95030099",), 15_001, "EUR"), 1_800_000_000, ("duty-by-tariff", ())),
        ("germany", Case("CN", "DE", (), 0, ("64039999",), 15_001, "EUR"), 1_800_000_000, ("duty-by-tariff", ())),
        (
            "china",
            Case("NZ", "CN", (), 2, ("1901101090",), 1, "CNY"),
            1_800_000_000,
            ("formula-1901101090", (150_000, 50_000)),
        ),
        ("china", Case("NZ", "CN", (), 5, ("1901101090",), 500_000, "CNY"), 1_800_000_000, ("retail-duty", (0,))),
    ],
)
def test_the_examples_state_duties_by_code_value_and_day(
    name: str, case: Case, at: int, rates: tuple[str, tuple[int, ...]]
) -> None:
    (file,) = [one for one in (resources.files("ledger.markets") / "profiles").iterdir() if one.name.startswith(name)]
    needs = needs_of([parse_market(file.read_bytes())], case, at)
    assert [(need.rule, need.rates) for need in needs if need.tax == "customs-duty" and need.certain] == [rates]


def test_the_guide_fills_in_what_its_terms_need() -> None:
    """What the guide tells people to type, but for the demo's service."""
    guide = (ROOT / "docs" / "guides" / "markets.md").read_text()
    draft = json.loads(guide.split("<<'END'\n")[1].split("END\n")[0])
    text = (resources.files("ledger.markets") / "profiles" / "china-cross-border-e-commerce.toml").read_bytes()
    (require,) = filled(draft, [parse_market(text)], 1_800_000_000)["message"]["requires"]
    assert (require["jurisdiction"], require["regime"]) == ("0x434e", Regime.IMPORT)
