"""How assessed taxes deviate from the rates of a market, in sentences."""

from ledger.explain.markets.terms import EXACT
from ledger.explain.text import Text, say
from ledger.explain.units import money, percent
from ledger.markets.taxes import Deviation, TaxDeviation


def deviation_text(one: TaxDeviation, currency: str) -> Text:
    """How a tax deviates, in a sentence."""
    match one.deviation:
        case Deviation.RATE if one.found is None and one.expected is not None:
            rate = percent(one.expected, EXACT)
            return say("{tax}: some of the goods take {rate}, and no line has this rate.", tax=one.tax, rate=rate)
        case Deviation.RATE if one.found is None:
            return say("{tax}: no line has any of the rates that some of the goods take.", tax=one.tax)
        case Deviation.RATE if one.expected is not None:
            shares = {"expected": percent(one.expected, EXACT), "found": percent(one.found or 0, EXACT)}
            return say("{tax}: the rate is {found} instead of {expected}.", tax=one.tax, **shares)
        case Deviation.RATE:
            return say("{tax}: {found} is none of the rates.", tax=one.tax, found=percent(one.found or 0, EXACT))
        case Deviation.BASE:
            amounts = {"expected": money(one.expected or 0, currency), "found": money(one.found or 0, currency)}
            return say("{tax}: its bases add up to {found} instead of {expected}.", tax=one.tax, **amounts)
        case Deviation.SUM if one.expected is not None:
            amounts = {"expected": money(one.expected, currency), "found": money(one.found or 0, currency)}
            return say("{tax}: {found} was assessed instead of {expected}.", tax=one.tax, **amounts)
        case Deviation.SUM:
            return say("{tax}: {found} is not base times rate.", tax=one.tax, found=money(one.found or 0, currency))
        case Deviation.MISSING:
            return say("{tax}: it is due, and no line states it.", tax=one.tax)
        case Deviation.UNKNOWN_TAX:
            return say("{tax}: the market's rules know no such tax on these goods.", tax=one.tax)
        case Deviation.CURRENCY:
            return say("The duty is in another currency than the market's rules: sums and rates alone were checked.")
