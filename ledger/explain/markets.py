"""Rules of markets in sentences: what terms need and lack, how taxes deviate, what a new version changes."""

from collections.abc import Iterable, Iterator

from ledger.codes import Gate, Regime
from ledger.explain.text import Text, say, several
from ledger.explain.units import money
from ledger.explain.words import word, words
from ledger.markets.changes import CaseChange, Change, NeedChange
from ledger.markets.needs import Lack, Lacking, Need
from ledger.markets.rules import About, GoodsStanding, Lane, NeededClearance, NeededPaper, Standing, TaxRate
from ledger.markets.taxes import Deviation, TaxDeviation

LANES = {Lane.EXPORT: say("export"), Lane.IMPORT: say("import"), Lane.TRANSIT: say("transit")}
ABOUT = {
    About.PRODUCT: say("the product"),
    About.LOT: say("the lot"),
    About.SHIPMENT: say("the shipment"),
    About.CONSIGNOR: say("the consignor"),
    About.CONSIGNEE: say("the consignee"),
}
_STANDINGS = {
    Standing.PROHIBITED: say("the goods are prohibited"),
    Standing.RESTRICTED: say("the goods are restricted, and these terms do not meet the conditions"),
    Standing.FREE: say("the goods are free"),
}
_PPM_DIGITS = 4


def need_text(need: Need) -> Text:
    """One need in a sentence, with its rule."""
    where = {"jurisdiction": need.jurisdiction, "lane": LANES[need.lane], "rule": need.rule, "what": what_of(need)}
    if need.certain:
        return say("{jurisdiction}, {lane}: {what} (rule {rule}).", **where)
    return say("{jurisdiction}, {lane}: {what} (rule {rule}), perhaps: code or value of the goods do not say.", **where)


def what_of(need: Need) -> Text:
    """What a rule asks, without where."""
    match need.says.says:
        case NeededClearance(regime=regime, gates=gates, relay=relay):
            named = {"regime": word(Regime, regime), "gates": several(words(Gate(gates)))}
            if relay:
                return say("clearance for {regime} before {gates}, a broker's word will do", **named)
            return say("clearance for {regime} before {gates}, signed by customs", **named)
        case NeededPaper(schema=schema, about=about):
            return say("an attestation {schema} of {about}", schema=schema, about=ABOUT[about])
        case TaxRate() as tax:
            return _tax_text(tax)
        case GoodsStanding(standing=Standing.LICENCE, schema=schema):
            return say("a licence is needed, attested as {schema}", schema=schema)
        case GoodsStanding(standing=standing):
            return _STANDINGS[standing]


def _tax_text(tax: TaxRate) -> Text:
    if tax.fixed is not None:
        return say("tax {tax}, {amount} minor units for each subheading", tax=tax.tax, amount=tax.fixed)
    if not tax.rates:
        return say("tax {tax}, at a rate that this file does not hold", tax=tax.tax)
    return say("tax {tax} of {rates}", tax=tax.tax, rates=several([share_text(rate) for rate in tax.rates]))


def share_text(ppm: int) -> Text:
    """Parts per million as per cent, exactly: 63000 is `6.3 %`."""
    whole, rest = divmod(ppm, 10_000)
    digits = f"{rest:0{_PPM_DIGITS}}".rstrip("0")
    return say("{share} %", share=f"{whole}.{digits}" if digits else str(whole))


def lack_text(lack: Lack) -> Text:
    """What terms lack, in a sentence."""
    named = {
        "jurisdiction": lack.jurisdiction,
        "regime": word(Regime, lack.regime),
        "gates": several(words(Gate(lack.gates))),
        "rules": ", ".join(lack.rules),
    }
    match lack.lacking:
        case Lacking.CLEARANCE:
            return say(
                "The terms do not require clearance for {regime} in {jurisdiction} before {gates} ({rules}).", **named
            )
        case Lacking.GATE:
            return say(
                "The terms require clearance for {regime} in {jurisdiction}, but not before {gates} ({rules}).", **named
            )
        case Lacking.CUSTOMS_SIGNATURE:
            del named["gates"]
            return say(
                "The terms take a broker's word for {regime} in {jurisdiction}; customs has to sign ({rules}).", **named
            )


def deviation_text(one: TaxDeviation, currency: str) -> Text:
    """How a tax deviates, in a sentence."""
    match one.deviation:
        case Deviation.RATE if one.expected is not None:
            shares = {"expected": share_text(one.expected), "found": share_text(one.found or 0)}
            return say("{tax}: the rate is {found} instead of {expected}.", tax=one.tax, **shares)
        case Deviation.RATE:
            return say("{tax}: {found} is none of the rates.", tax=one.tax, found=share_text(one.found or 0))
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


def change_text(change: NeedChange) -> Text:
    """One change in a sentence."""
    match change.change:
        case Change.ADDED:
            return say("New: {what}.", what=what_of(_there(change.after)))
        case Change.REMOVED:
            return say("No longer: {what}.", what=what_of(_there(change.before)))
        case Change.CHANGED:
            before, after = what_of(_there(change.before)), what_of(_there(change.after))
            return say("Instead of {before}: {after}.", before=before, after=after)


def case_text(case: CaseChange) -> Text:
    """The lane and goods of a change."""
    goods = ", ".join(code or "–" for code in case.goods)
    return say(
        "{origin} to {destination}, goods {goods}, {count} shipments so far",
        origin=case.origin, destination=case.destination, goods=goods, count=case.shipments,
    )  # fmt: skip


def _there(need: Need | None) -> Need:
    assert need is not None, "what was added or removed is one of the two"  # noqa: S101
    return need


def needs_in_words(needs: Iterable[Need], lacks: Iterable[Lack]) -> Iterator[Text]:
    """All needs, then what is lacking."""
    yield from map(need_text, needs)
    yield from map(lack_text, lacks)
