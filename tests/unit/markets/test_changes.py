"""What a new version changes, case by case, and which version is in force."""

from ledger.explain.markets.changes import change_text
from ledger.markets.adopted_markets import AdoptedMarket, coming, in_force
from ledger.markets.changes import changes_for
from ledger.markets.market_file import parse_market
from ledger.markets.needs import Case
from ledger.markets.rules import Market

HEAD = """format = "lading/market/1"
title = "T"
jurisdiction = "CN"
version = {version}
currency = "CNY"
offsets = ["+08:00"]
[[tax]]
id = "{name}"
lane = "import"
tax = "vat"
rates = [{rate}]
"""
MILK = '[[paper]]\nid = "health"\nlane = "import"\nhs = ["0401"]\nschema = "health"\nabout = "lot"\n'


def market(rate: int = 90_000, more: str = "", version: int = 1, name: str = "vat") -> Market:
    return parse_market((HEAD.format(rate=rate, version=version, name=name) + more).encode())


def case(origin: str = "NZ", destination: str = "CN", hs: str = "0401", value: int | None = None) -> Case:
    return Case(origin, destination, (), 0, (hs,), value, "CNY" if value else "")


def told(cases: dict[Case, int], before: Market | None, after: Market) -> list[tuple[str, int, list[tuple[str, str]]]]:
    return [
        (one.goods[0], one.shipments, [(str(c.change), (c.after or c.before).rule) for c in one.changes])  # type: ignore[union-attr]
        for one in changes_for(cases, before, after, 0)
    ]


def test_only_those_are_told_whose_lane_and_goods_are_touched() -> None:
    cases = {case(): 2, case(hs="8517"): 5, case("CN", "DE"): 9}
    assert told(cases, market(), market(more=MILK, version=2)) == [("0401", 2, [("added", "health")])]
    assert told(cases, market(more=MILK), market(version=2)) == [("0401", 2, [("removed", "health")])]
    assert told(cases, market(), market(rate=130_000, version=2)) == [
        ("8517", 5, [("changed", "vat")]), ("0401", 2, [("changed", "vat")]),
    ]  # fmt: skip
    assert told(cases, None, market()) == [("8517", 5, [("added", "vat")]), ("0401", 2, [("added", "vat")])]


def test_a_rule_by_another_name_is_no_change() -> None:
    assert told({case(): 1}, market(), market(version=2, name="value-added-tax")) == []


def test_cases_that_differ_in_what_nobody_asks_are_told_together() -> None:
    cases = {case(value=value): 1 for value in range(1, 30)}
    assert told(cases, market(), market(rate=1, version=2)) == [("0401", 29, [("changed", "vat")])]


def test_a_date_that_both_versions_hold_is_no_change_of_the_version() -> None:
    begins = "2026-01-01T00:00:00+08:00"
    later = f'[[tax]]\nid = "later"\nlane = "import"\ntax = "vat"\nrates = [2]\nfrom = {begins}\n'
    dated = f"rates = [1]\nuntil = {begins}\n{later}"
    text = HEAD.format(rate=1, version=1, name="vat").replace("rates = [1]\n", dated)
    before, after = parse_market(text.encode()), parse_market(text.replace("version = 1", "version = 2").encode())
    assert changes_for({case(): 1}, before, after, 2_000_000_000) == ()


def test_a_rule_that_a_version_holds_for_later_is_told_before_it_begins() -> None:
    """Else nothing would change on the day of the version, and the goods be refused a day later."""
    ban = '[[goods]]\nid = "ban"\nlane = "import"\nhs = ["0401"]\nstanding = "prohibited"\n'
    dated = f"{ban}from = 2026-01-02T00:00:00+08:00\n"
    since, begins = 1_767_196_800, 1_767_283_200  # midnights of 1 and 2 January at +08:00
    (one,) = changes_for({case(): 1, case(hs="8517"): 1}, market(), market(more=dated, version=2), since)
    (change,) = one.changes
    assert (change.change, change.since, one.goods) == ("added", begins, ("0401",))
    assert str(change_text(change)) == "From 2026-01-01 16:00:00 UTC on. New: the goods are prohibited."
    (at_once,) = changes_for({case(): 1}, market(), market(more=dated, version=2), begins)
    assert [one.since for one in at_once.changes] == [None]
    both = changes_for({case(): 1}, market(more=dated), market(more=dated, version=2), since)
    assert both == (), "a date that both hold"


def test_what_is_not_certain_and_of_which_goods_it_is_stands_in_the_words() -> None:
    dear = '[[goods]]\nid = "dear"\nlane = "import"\nover = 5\nstanding = "restricted"\n'
    (one,) = changes_for({case(): 1}, market(), market(more=dear, version=2), 0)
    assert str(change_text(one.changes[0])).startswith("New: perhaps, by code or value: the goods are restricted")
    cheap = '[[tax]]\nid = "milk"\nlane = "import"\nhs = ["0401"]\ntax = "vat"\nrates = [1]\n'
    two = Case("NZ", "CN", (), 0, ("0401", "8517"), None, "")
    (one,) = changes_for({two: 1}, market(), market(more=cheap, version=2), 0)
    assert [str(change_text(change)) for change in one.changes] == [
        "Instead of tax vat of 9 %, of goods 0401, 8517: tax vat of 9 %, of goods 8517.",
        "New: tax vat of 0.0001 %.",
    ]


def test_the_version_adopted_last_of_those_that_began_is_in_force() -> None:
    first, second, other = (
        market(),
        market(version=2),
        parse_market(HEAD.format(rate=1, version=1, name="a").replace('"CN"', '"VN"').encode()),
    )
    adopted = (AdoptedMarket(first, 10), AdoptedMarket(other, 15), AdoptedMarket(second, 20))
    assert in_force(adopted, 9) == ()
    assert [one.market.version for one in in_force(adopted, 19)] == [1, 1]
    assert [(one.market.jurisdiction, one.market.version) for one in in_force(adopted, 20)] == [("CN", 2), ("VN", 1)]
    assert [one.since for one in coming(adopted, 14)] == [15, 20]


def test_values_are_told_apart_where_a_version_does_and_many_shipments_make_few_cases() -> None:
    banded = MILK.replace('hs = ["0401"]', "over = 500_000")
    cases = {case(value=value): 1 for value in (1, 500_000, 500_001, 2_000_000)}
    assert told(cases, market(), market(more=banded, version=2)) == [("0401", 2, [("added", "health")])]
    many = {case(value=value): 1 for value in range(1, 100_001)}
    assert told(many, market(), market(more=banded, version=2)) == []
    assert told(many, market(), market(rate=1, version=2)) == [("0401", 100_000, [("changed", "vat")])]
    euros = Case("NZ", "CN", (), 0, ("0401",), 1, "EUR")
    assert told({euros: 1}, market(), market(more=banded, version=2)) == [("0401", 1, [("added", "health")])], "perhaps"
