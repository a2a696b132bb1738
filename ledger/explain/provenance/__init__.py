"""Where goods came from and what was made of them, in words."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from ledger.explain.text import Text, say
from ledger.explain.units import percent, whole
from ledger.provenance.balance import Unknown, Verdict
from ledger.provenance.gaps import Gap
from ledger.provenance.graph import Made

MADE: Mapping[Made, Text] = {
    Made.OPENED: say("opened"),
    Made.SPLIT: say("split off"),
    Made.LEFT_BEHIND: say("left behind"),
    Made.ONWARD: say("sent on"),
    Made.MERGE: say("merged"),
    Made.TRANSFORMATION: say("transformed"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.EVEN: say("what went in came out"),
    Verdict.GAP: say("less came out than went in"),
    Verdict.SURPLUS: say("more came out than went in"),
    Verdict.UNKNOWN: say("not known whether it balances"),
}
UNKNOWN: Mapping[Unknown, Text] = {
    Unknown.WITHHELD: say("contents are withheld"),
    Unknown.NOT_NAMED: say("contents are not named"),
    Unknown.UNITS: say("units do not agree"),
    Unknown.LOSS_WITHHELD: say("the stated loss is withheld"),
    Unknown.LOSS_UNREADABLE: say("the stated loss cannot be read"),
    Unknown.BY_PACKAGES: say("amounts are shared out by packages"),
}
GAPS: Mapping[Gap, Text] = {
    Gap.NEVER_RECEIVED: say("shipped and never received"),
    Gap.LEFT_BEHIND: say("left behind and never found"),
    Gap.CUSTODY_BROKEN: say("custody is broken"),
    Gap.OVERRIDDEN: say("moved by the council without its holder"),
    Gap.MORE_OUT: say("more out than in"),
    Gap.LESS_OUT: say("less out than in, without a stated loss"),
    Gap.LOSS_UNCLEAR: say("a loss that cannot be read"),
    Gap.SERIALS_TWICE: say("the same serial numbers twice"),
    Gap.NO_GOODS: say("a clearance without goods"),
}


def made_text(code: str) -> Text:
    return MADE[Made(code)]


def gap_text(code: Gap) -> Text:
    return GAPS[code]


def verdict_text(code: str) -> Text:
    return VERDICTS[Verdict(code)]


def reasons_text(codes: Iterable[str]) -> list[Text]:
    """Why amounts are not known."""
    return [UNKNOWN[Unknown(code)] for code in codes]


def share_text(millionths: int | None, basis: str) -> Text:
    """`33.3333 %`, rounded down; whether it goes by packages."""
    if millionths is None:
        return say("not known")
    share = percent(millionths, 4)
    return say("{share} by packages", share=share) if basis == "packages" else share


def number_text(quantity: str, exact: bool = True) -> Text:
    """A whole number; `about`, rounded down, where it is none or was shared out by packages."""
    value = Fraction(quantity)
    number = whole(value.numerator // value.denominator)
    return number if exact and value.denominator == 1 else say("about {number}", number=number)
