"""What terms need by the rules of markets, and what they lack, in sentences."""

from ledger.codes import Gate, Regime
from ledger.explain.text import Text, say, several
from ledger.explain.units import percent
from ledger.explain.words import word, words
from ledger.markets.needs import Lack, Lacking, Need
from ledger.markets.rules import About, GoodsStanding, Lane, NeededClearance, NeededPaper, Standing, TaxRate

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
_MOST_RATES = 5
EXACT = 4
"""Decimals with which no rate in parts per million is rounded."""


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
        case TaxRate() as tax if Regime(tax.regime).name.lower() != need.lane:
            return say("{what}, at clearance for {regime}", what=_tax_text(tax), regime=word(Regime, tax.regime))
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
    if len(tax.rates) > _MOST_RATES:
        least, most = (percent(rate, EXACT) for rate in (min(tax.rates), max(tax.rates)))
        return say("tax {tax} at one of many rates, {least} to {most}", tax=tax.tax, least=least, most=most)
    return say("tax {tax} of {rates}", tax=tax.tax, rates=several([percent(rate, EXACT) for rate in tax.rates]))


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
