"""Assessed taxes beside the rates of a market: exact reckoning, and each deviation by its code.

A line says tax, base, rate and what was assessed. Checked is that the rate is one of the market's (`rate`), that the
sum is base · rate / 1,000,000 rounded as the market says, or its fixed amount (`sum`), that the bases of a tax add up
to what it is taken on (`base`, where that is known), that no certain tax is `missing`, that some line has a rate that
some of the goods take for certain (`rate`, with nothing found), and that the market knows each (`unknown-tax`).

A value is known where the clearance is of whole shipments whose value, in the market's currency, the terms state; taxes
that another is taken on count as assessed, and bases as their lines state them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from ledger.common.figure import Amount, Pattern, figure
from ledger.markets.governing import Governing
from ledger.markets.needs import Case, RuleName
from ledger.markets.rules import BASE_OF, FREIGHT, VALUE, Lane, Market, TaxRate
from ledger.records.types import Duty, TaxLine

TaxName = Annotated[str, Pattern(r"[^\x00-\x1f\x7f]{0,256}")]
SUBHEADING = 6
"""Digits of a subheading of the Harmonized System."""


class Deviation(StrEnum):
    RATE = "rate"
    BASE = "base"
    SUM = "sum"
    MISSING = "missing"
    UNKNOWN_TAX = "unknown-tax"
    CURRENCY = "currency"


@figure("deviation", "tax", "rule", "expected", "found")
@dataclass(frozen=True, slots=True)
class TaxDeviation:
    """`expected` and `found`: rates in ppm for a rate, else minor units; None where there is no single one. `rule`: the
    market's, where one speaks of the tax.
    """

    deviation: Deviation
    tax: TaxName
    rule: RuleName | None
    expected: Amount | None
    found: Amount | None


@dataclass(frozen=True, slots=True)
class Consignment:
    """What a clearance of a `regime` is about: the cases of its shipments, on a `lane` of the market, when customs
    decided (`at`). `freight` in minor units, None where not known. `whole`: each is a shipment that terms opened, and
    no part of one.
    """

    lane: Lane
    regime: int
    at: int
    cases: tuple[Case, ...]
    freight: int | None
    whole: bool

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted({code for case in self.cases for code in case.goods}))

    def value(self, currency: str) -> int | None:
        values = [case.value_in(currency) for case in self.cases]
        return None if not self.whole or None in values else sum(value or 0 for value in values)


def deviations_of(
    duty: Duty, market: Market, about: Consignment, elsewhere: frozenset[str] | None
) -> tuple[TaxDeviation, ...]:
    """Where the lines of `duty` deviate from the market's rates. `elsewhere`: taxes that other records of the same
    procedure state, which are not missing here; None where nothing is due yet, or some of these are closed.
    """
    possible = _taxes(market, about)
    found = list(_of_lines(duty.lines, market, possible, about))
    if duty.currency == market.currency:
        found += _of_bases(duty.lines, possible, about, market.currency)
    elif duty.lines:
        found.append(TaxDeviation(Deviation.CURRENCY, "", None, None, None))
    if elsewhere is not None:
        wrong = {one.tax for one in found if one.deviation is Deviation.RATE}
        found += _without_a_line(duty.lines, possible, elsewhere | wrong)
        stated = {line.tax for line in duty.lines} | elsewhere
        for tax, rates in possible.items():
            if tax not in stated and rates.certain and all(rule.due for _, rule in rates.rules):
                found.append(TaxDeviation(Deviation.MISSING, tax, rates.rules[0][0], None, None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Possible:
    """The rules that may speak of a tax on some of the goods. `certain`: some of these goods are under one in any case.
    `sure`: names of rules that speak of some goods for certain. `every`: all goods are under the same one.
    """

    rules: tuple[tuple[str, TaxRate], ...]
    certain: bool
    sure: frozenset[str]
    every: bool


def _taxes(market: Market, about: Consignment) -> Mapping[str, _Possible]:
    rules: dict[str, dict[str, TaxRate]] = {}
    certain: set[str] = set()
    sure: set[str] = set()
    open_for: set[str] = set()
    pairs = [(case, hs) for case in about.cases for hs in case.goods]
    seen: dict[str, int] = {}
    for case, hs in pairs:
        governing = Governing(market, about.lane, about.at, case.fulfilment)
        for several in governing.possible(hs, case.value_in(market.currency)):
            taxes = {
                rule.id: rule.says
                for rule in several
                if rule is not None and isinstance(rule.says, TaxRate) and rule.says.regime == about.regime
            }
            sure.update(taxes if len(several) == 1 else ())
            for name, tax in taxes.items():
                rules.setdefault(tax.tax, {})[name] = tax
            for tax_name in {tax.tax for tax in taxes.values()}:
                seen[tax_name] = seen.get(tax_name, 0) + 1
                if None in several:
                    open_for.add(tax_name)
                else:
                    certain.add(tax_name)
    return {
        tax: _Possible(
            tuple(named.items()),
            tax in certain,
            frozenset(named) & sure,
            len(named) == 1 and tax not in open_for and seen[tax] == len(pairs),
        )
        for tax, named in rules.items()
    }


def _of_lines(
    lines: Iterable[TaxLine], market: Market, possible: Mapping[str, _Possible], about: Consignment
) -> Iterator[TaxDeviation]:
    fixed: dict[str, int] = {}
    for line in lines:
        rules = possible.get(line.tax)
        if rules is None:
            if line.assessed or line.tax not in market.taxes_by_regime.get(about.regime, ()):
                yield TaxDeviation(Deviation.UNKNOWN_TAX, line.tax, None, None, line.assessed)
            continue
        name, only = rules.rules[0] if len(rules.rules) == 1 else (None, None)
        if only is not None and only.fixed is not None:
            fixed[line.tax] = fixed.get(line.tax, 0) + line.assessed
            continue
        if _may_be_fixed(rules, line):
            continue
        if not any(not tax.rates or line.ratePpm in tax.rates for _, tax in rules.rules if tax.fixed is None):
            rate = only.rates[0] if only is not None and len(only.rates) == 1 else None
            yield TaxDeviation(Deviation.RATE, line.tax, name, rate, line.ratePpm)
        sums = {tax.rounding.of(line.base, line.ratePpm) for _, tax in rules.rules if tax.fixed is None}
        if line.assessed not in sums:
            yield TaxDeviation(Deviation.SUM, line.tax, name, sums.pop() if len(sums) == 1 else None, line.assessed)
    for tax, assessed in fixed.items():
        rule, only = possible[tax].rules[0]
        count = _subheadings(about) if possible[tax].every else None
        if only.fixed is not None and count is not None and assessed != only.fixed * count:
            yield TaxDeviation(Deviation.SUM, tax, rule, only.fixed * count, assessed)


def _without_a_line(
    lines: Sequence[TaxLine], possible: Mapping[str, _Possible], passed_over: frozenset[str]
) -> Iterator[TaxDeviation]:
    """Rates that some of the goods take for certain, and that no line of their tax has: who declares all goods at the
    rate of some leaves one out.
    """
    for tax, rules in possible.items():
        stated = {line.ratePpm for line in lines if line.tax == tax}
        for name, rate in rules.rules:
            if (
                stated
                and tax not in passed_over
                and name in rules.sure
                and rate.rates
                and stated.isdisjoint(rate.rates)
            ):
                yield TaxDeviation(Deviation.RATE, tax, name, rate.rates[0] if len(rate.rates) == 1 else None, None)


def _may_be_fixed(rules: _Possible, line: TaxLine) -> bool:
    return line.ratePpm == 0 and any(tax.fixed and line.assessed % tax.fixed == 0 for _, tax in rules.rules)


def _subheadings(about: Consignment) -> int | None:
    """How many subheadings there are among the goods of each shipment; None where a code is too short to tell."""
    codes = [(i, hs[:SUBHEADING]) for i, case in enumerate(about.cases) for hs in case.goods]
    return len(set(codes)) if about.whole and all(len(hs) == SUBHEADING for _, hs in codes) else None


def _of_bases(
    lines: Sequence[TaxLine], possible: Mapping[str, _Possible], about: Consignment, currency: str
) -> Iterator[TaxDeviation]:
    """Bases, where one rule speaks of the tax on all goods."""
    for tax, rules in possible.items():
        own = [line for line in lines if line.tax == tax]
        name, rate = rules.rules[0]
        if not own or not rules.every or not rate.base:
            continue
        parts = [_part(part, lines, about, currency) for part in rate.base]
        known = [part for part in parts if part is not None]
        stated = sum(line.base for line in own)
        if len(known) == len(parts) and (stated < sum(known) if rate.at_least else stated != sum(known)):
            yield TaxDeviation(Deviation.BASE, tax, name, sum(known), stated)


def _part(part: str, lines: Iterable[TaxLine], about: Consignment, currency: str) -> int | None:
    if part == VALUE:
        return about.value(currency)
    if part == FREIGHT:
        return about.freight
    if part.startswith(BASE_OF):
        bases = [line.base for line in lines if line.tax == part.removeprefix(BASE_OF)]
        return sum(bases) if bases else None
    return sum(line.assessed for line in lines if line.tax == part)
