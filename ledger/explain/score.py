"""Scorecards in sentences: the score, what each indicator adds and costs, and what raised and lowered it most."""

from typing import Any

from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.common.periods import HOUR
from ledger.explain.text import Form, Text, say
from ledger.explain.units import micropoints, moment, percent, points, span
from ledger.explain.words import counted
from ledger.scores.adopted_card import Measure
from ledger.scores.card import Indicator
from ledger.scores.composite import (
    NO_SCORE_BELOW,
    PROVISIONAL_BELOW,
    IndicatorStatus,
    Scorecard,
    ScoreStatus,
)
from ledger.scores.effects import IndicatorInShort, ScorecardInShort, Side, in_short
from ledger.scores.flags import Flag, FlagKind
from ledger.scores.publication import PublicScorecard

NAMES = {
    Indicator.ON_TIME: "Shipments on time",
    Indicator.IN_FULL: "In full and undamaged",
    Indicator.LEGS: "Legs out in time",
    Indicator.MEAN_LATE: "Mean delay",
    Indicator.RECORDS: "Records within a day",
    Indicator.PENALTY: "Penalty over freight",
    Indicator.ON_TIME_IN_FULL: "On time in full",
    Indicator.DEFECTS: "Defects, returns, recalls per package",
    Indicator.NO_HOLD: "No hold by its papers",
    Indicator.ATTESTED: "Attested at release",
    Indicator.RELEASED: "Released without own hold or amendment",
    Indicator.OVER_MEDIAN: "Time over the median of the office",
}
_FLAGS = {
    FlagKind.ONE_CUSTOMER: "one counterparty has over 25 % of the shipments",
    FlagKind.LATE_RECORDS: "fewer than 80 % of the records were known within a day",
    FlagKind.PADDED_PROMISES: (
        "over 25 % of the promises take more than one and a half times as long as usual on their lane"
    ),
    FlagKind.LATE_HOLDS: "customs holds became known over a day after they happened",
    FlagKind.CONTESTED_TENDERS: "over one in five of its tenders were contested",
    FlagKind.CONTESTS: "one party contests over one in five of the tenders made to it",
    FlagKind.SAME_THIRD: "the same third endorsed over one in five of its tenders",
    FlagKind.BROKER_WORD: "over half of the customs time taken out rests on a broker's word alone",
}
SHOWN_EACH_WAY = 3


def explain(card: Scorecard) -> tuple[str, ...]:
    """The score; what each indicator adds and costs, and which records raised and lowered it most."""
    return _explained(in_short(card))


def _explained(short: ScorecardInShort) -> tuple[str, ...]:
    card = short.card
    head = f"Partner {card.partner} as {card.role.name.lower().replace('_', ' ')}: "
    if card.score is None and card.low is not None and card.high is not None:
        lines = [f"{head}{why(card)}: between {points(card.low)} and {points(card.high)} of 100."]
    elif card.score is None:
        lines = [head + why(card) + "."]
    else:
        between = f"between {points(card.low or 0)} and {points(card.high or 0)} with 95 % certainty"
        lines = [f"{head}{points(card.score)} of 100, {between} ({why(card)})."]
    if card.withheld:
        lines.append(
            f"{counted(card.withheld, 'shipment')} not known: parts of them are withheld or erased here, so that "
            "figures are ranges that surely contain what these may hide."
        )
    for indicator in short.indicators:
        lines += _explained_indicator(indicator)
    return (*lines, *(f"Note: {flag_text(flag)}." for flag in card.flags))


def _explained_indicator(short: IndicatorInShort) -> tuple[str, ...]:
    """One indicator; every line begins with its name."""
    entry = short.entry
    name = NAMES[entry.indicator]
    title = f"{name} (weight {percent(int(entry.weight * 1_000_000))})"
    if entry.status is IndicatorStatus.KNOWN and entry.points is None:
        if entry.low is None or entry.high is None:
            return (f"{title}: no bound: what decides it is withheld.",)
        range_ = f"{measured(entry.indicator, entry.low)} to {measured(entry.indicator, entry.high)}"
        return (f"{title}: {range_}: parts of shipments are withheld.",)
    if entry.status is not IndicatorStatus.KNOWN or entry.points is None:
        return (f"{title}: unknown: nothing was due; its weight is spread over the others.",)
    value = measured(entry.indicator, entry.value or 0)
    sure = f"{measured(entry.indicator, entry.low or 0)} to {measured(entry.indicator, entry.high or 0)}"
    events = counted(entry.samples, "delivery event")
    first = f"{title}: {value} ({sure}), {points(entry.points)} points from {events}"
    hanging = f" {counted(entry.disputed, 'case')} disputed: at worst a fault each." if entry.disputed else ""
    return (
        f"{first}; it costs the score {points(entry.lost)} points.{hanging}",
        *_biggest(name, "raised", short.raised),
        *_biggest(name, "lowered", short.lowered),
    )


def stated(card: Scorecard) -> dict[str, Any]:
    """The scorecard as JSON, and beside it in sentences: `why` it is so, its `flag_texts`, and `explanation`."""
    flags = [flag_text(flag) for flag in card.flags]
    return to_json(card) | {"why": why(card), "flag_texts": flags, "explanation": list(explain(card))}


def stated_in_short(card: Scorecard) -> dict[str, Any]:
    """As `stated`, but of each indicator's samples the largest alone."""
    short, flags = in_short(card), [flag_text(flag) for flag in card.flags]
    return to_json(short) | {"why": why(card), "flag_texts": flags, "explanation": list(_explained(short))}


def explain_public(card: PublicScorecard) -> tuple[str, ...]:
    """A published score: what each indicator came to, without records."""
    head = f"Partner {card.partner} as {card.role.name.lower().replace('_', ' ')}: "
    if card.score is None:
        lines = [head + why(card) + "."]
    else:
        between = f"between {points(card.low or 0)} and {points(card.high or 0)} with 95 % certainty"
        lines = [f"{head}{points(card.score)} of 100, {between} ({why(card)})."]
    for entry in card.indicators:
        title = f"{NAMES[entry.indicator]} (weight {percent(int(entry.weight * 1_000_000))})"
        if entry.value is None or entry.points is None:
            why_not = (
                "nothing was due" if entry.status is IndicatorStatus.UNKNOWN else "too few delivery events to tell"
            )
            lines.append(f"{title}: unknown: {why_not}; its weight is spread over the others.")
        else:
            sure = f"{measured(entry.indicator, entry.low or 0)} to {measured(entry.indicator, entry.high or 0)}"
            value = measured(entry.indicator, entry.value)
            lines.append(f"{title}: {value} ({sure}), {points(entry.points)} points.")
    return (*lines, *(f"Note: {_FLAGS[kind]}." for kind in card.flags))


def stated_public(card: PublicScorecard) -> dict[str, Any]:
    """A published scorecard as JSON, and beside it in sentences."""
    return to_json(card) | {"why": why(card), "explanation": list(explain_public(card))}


def why(card: Scorecard | PublicScorecard) -> str:
    """What the score rests on, or why there is none."""
    match card.status:
        case ScoreStatus.TOO_FEW_SAMPLES:
            return f"no score: {card.samples} delivery events, at least {NO_SCORE_BELOW} are needed"
        case ScoreStatus.TOO_LITTLE_KNOWN:
            return f"no score: only {int(card.known_weight * 100)} % of the weight is known, at least 60 % are needed"
        case ScoreStatus.PROVISIONAL:
            return f"{card.samples} delivery events: provisional, fewer than {PROVISIONAL_BELOW}"
        case ScoreStatus.KNOWN:
            return f"{card.samples} delivery events"
        case ScoreStatus.HIDDEN:
            return f"a range from {card.samples} delivery events and shipments of which parts are withheld"


def flag_text(flag: Flag) -> str:
    """A flag with its counts: shipments, records, holds, tenders, or hours."""
    if flag.kind is FlagKind.BROKER_WORD:
        return f"{_FLAGS[flag.kind]}: {_hours(flag.count)} of {_hours(flag.of)}"
    return f"{_FLAGS[flag.kind]}: {flag.count} of {flag.of}"


def measure_stated(measure: Measure) -> dict[str, Any]:
    """The figure of a measure, with the card's title and, beside it, where the card comes from in words."""
    return to_json(measure) | {"title": measure.card.title, "words": measure_text(measure)}


def measure_text(measure: Measure) -> str:
    """Where the card comes from, for whoever reads a score."""
    if measure.since is None:
        return f"no card adopted: Lading's default ({measure.card.title})"
    return f"{measure.card.title}, adopted by the council for periods from {moment(measure.since)}"


def measured(indicator: Indicator, value: int) -> Text:
    """A value of this indicator in words."""
    if indicator is Indicator.MEAN_LATE:
        return span(value)
    if indicator is Indicator.OVER_MEDIAN:
        number = f"{value // 1_000_000}.{value // 10_000 % 100:02}"
        return say("{number} times", number=Text.of_value(Form.POINTS, number, number, 2))
    return percent(value)


def _biggest(name: str, verb: str, side: Side) -> list[str]:
    """The samples with most effect one by one, the others summed; those without any are left out."""
    shown = [effect for effect in side.largest[:SHOWN_EACH_WAY] if effect.micropoints]
    lines = [
        f"{name}: {verb} by {micropoints(e.micropoints)} by shipment {to_hex(e.shipment)}"
        f" (records {', '.join(map(to_hex, e.records))})."
        for e in shown
    ]
    if more := side.moving - len(shown):
        rest = side.micropoints - sum(effect.micropoints for effect in shown)
        lines.append(f"{name}: {verb} by {micropoints(rest)} in all by {counted(more, 'more sample')}.")
    return lines


def _hours(seconds: int) -> str:
    return f"{seconds // HOUR:,} hours"
