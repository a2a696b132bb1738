"""Scorecards in sentences: the score, what each indicator adds and costs, and what raised and lowered it most."""

from fractions import Fraction
from typing import Any

from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.common.periods import HOUR
from ledger.explain.text import Form, Text, partner, phrase, say, sentences, several
from ledger.explain.units import micropoints, moment, percent, points, span
from ledger.explain.words import counted, name_of
from ledger.scores.adopted_card import Measure
from ledger.scores.card import AttestedName, AttestedNumber, Indicator
from ledger.scores.composite import NO_SCORE_BELOW, PROVISIONAL_BELOW, Scorecard, ScoreStatus
from ledger.scores.effects import IndicatorInShort, ScorecardInShort, Side, in_short
from ledger.scores.flags import Flag, FlagKind
from ledger.scores.indicator_score import IndicatorScore, IndicatorStatus
from ledger.scores.publication import PublicScorecard

NAMES = {
    Indicator.ON_TIME: say("Shipments on time"),
    Indicator.IN_FULL: say("In full and undamaged"),
    Indicator.LEGS: say("Legs out in time"),
    Indicator.MEAN_LATE: say("Mean delay"),
    Indicator.RECORDS: say("Records within a day"),
    Indicator.PENALTY: say("Penalty over freight"),
    Indicator.ON_TIME_IN_FULL: say("On time in full"),
    Indicator.DEFECTS: say("Defects, returns, recalls per package"),
    Indicator.NO_HOLD: say("No hold by its papers"),
    Indicator.ATTESTED: say("Attested at release"),
    Indicator.RELEASED: say("Released without own hold or amendment"),
    Indicator.OVER_MEDIAN: say("Time over the median of the office"),
}
_FLAGS = {
    FlagKind.ONE_CUSTOMER: phrase("one counterparty has over 25 % of the shipments"),
    FlagKind.LATE_RECORDS: phrase("fewer than 80 % of the records were known within a day"),
    FlagKind.PADDED_PROMISES: phrase(
        "over 25 % of the promises take more than one and a half times as long as usual on their lane"
    ),
    FlagKind.LATE_HOLDS: phrase("customs holds became known over a day after they happened"),
    FlagKind.CONTESTED_TENDERS: phrase("over one in five of its tenders were contested"),
    FlagKind.CONTESTS: phrase("one party contests over one in five of the tenders made to it"),
    FlagKind.SAME_THIRD: phrase("the same third endorsed over one in five of its tenders"),
    FlagKind.INTERESTED_ISSUER: phrase("attested numbers come from the partner itself or from a counterparty"),
    FlagKind.BROKER_WORD: phrase("over half of the customs time taken out rests on a broker's word alone"),
}
_BY_NAME = {indicator.value: indicator for indicator in Indicator}
SHOWN_EACH_WAY = 3


def title_of(indicator: Indicator | AttestedNumber | AttestedName) -> Text:
    """An indicator's title; it may be named as cards name it."""
    if isinstance(indicator, Indicator):
        return NAMES[indicator]
    name = str(indicator)
    if name in _BY_NAME:
        return NAMES[_BY_NAME[name]]
    return say("Attested: {schema}", schema=name.partition(":")[2])


def explain(card: Scorecard) -> tuple[Text, ...]:
    """The score; what each indicator adds and costs, and which records raised and lowered it most."""
    return _explained(in_short(card))


def _explained(short: ScorecardInShort) -> tuple[Text, ...]:
    card = short.card
    if card.score is None and card.low is not None and card.high is not None:
        lines = [
            say(
                "{partner} as {role}: {why}: between {low} and {high} of 100.",
                **_head(card),
                low=points(card.low),
                high=points(card.high),
            )
        ]
    else:
        lines = [_score(card)]
    if card.withheld:
        lines.append(
            say(
                "{shipments} not known: parts of them are withheld or erased here, so that figures are ranges that "
                "surely contain what these may hide.",
                shipments=counted(card.withheld, "shipment"),
            )
        )
    for indicator in short.indicators:
        lines += _explained_indicator(indicator)
    return (*lines, *(say("Note: {flag}.", flag=flag_text(flag)) for flag in card.flags))


def _head(card: Scorecard | PublicScorecard) -> dict[str, Text]:
    return {"partner": partner(card.partner, first=True), "role": name_of(card.role), "why": why(card)}


def _score(card: Scorecard | PublicScorecard) -> Text:
    """The score in a sentence, or why there is none."""
    if card.score is None:
        return say("{partner} as {role}: {why}.", **_head(card))
    return say(
        "{partner} as {role}: {score} of 100, between {low} and {high} with 95 % certainty ({why}).",
        **_head(card),
        score=points(card.score),
        low=points(card.low or 0),
        high=points(card.high or 0),
    )


def _title(indicator: Indicator | AttestedNumber, weight: Fraction) -> Text:
    return say("{name} (weight {weight})", name=title_of(indicator), weight=percent(int(weight * 1_000_000)))


def _explained_indicator(short: IndicatorInShort) -> tuple[Text, ...]:
    """One indicator; every line begins with its name."""
    entry = short.entry
    if isinstance(entry.indicator, AttestedNumber):
        return (_explained_number(entry, entry.indicator),)
    name, title = title_of(entry.indicator), _title(entry.indicator, entry.weight)
    low, high = (measured(entry.indicator, value or 0) for value in (entry.low, entry.high))
    if entry.status is IndicatorStatus.KNOWN and entry.points is None:
        if entry.low is None or entry.high is None:
            return (say("{title}: no bound: what decides it is withheld.", title=title),)
        return (say("{title}: {low} to {high}: parts of shipments are withheld.", title=title, low=low, high=high),)
    if entry.status is not IndicatorStatus.KNOWN or entry.points is None:
        return (say("{title}: unknown: nothing was due; its weight is spread over the others.", title=title),)
    first = say(
        "{title}: {value} ({low} to {high}), {points} points from {events}; it costs the score {lost} points.",
        title=title,
        value=measured(entry.indicator, entry.value or 0),
        low=low,
        high=high,
        points=points(entry.points),
        events=counted(entry.samples, "delivery event"),
        lost=points(entry.lost),
    )
    if entry.disputed:
        cases = counted(entry.disputed, "case")
        first = sentences((first, say("{cases} disputed: at worst a fault each.", cases=cases)))
    raised = _biggest(
        short.raised,
        name,
        phrase("{name}: raised by {points} by shipment {shipment} (records {records})."),
        phrase("{name}: raised by {points} in all by {more}."),
    )
    lowered = _biggest(
        short.lowered,
        name,
        phrase("{name}: lowered by {points} by shipment {shipment} (records {records})."),
        phrase("{name}: lowered by {points} in all by {more}."),
    )
    return (first, *raised, *lowered)


def _explained_number(entry: IndicatorScore, indicator: AttestedNumber) -> Text:
    title = _title(indicator, entry.weight)
    if entry.status is IndicatorStatus.UNKNOWN:
        return say("{title}: unknown: nobody attested it; its weight is spread over the others.", title=title)
    if entry.closed:
        return say("{title}: no bound: what decides it is withheld.", title=title)
    if entry.value is None or entry.points is None:
        return say("{title}: nobody attested it: 0 points; it costs the score {lost} points.", title=title,
                   lost=points(entry.lost))  # fmt: skip
    return say(
        "{title}: {value} {unit}, attested by {issuers}: {points} points; it costs the score {lost} points (records "
        "{records}).",
        title=title,
        value=entry.value,
        unit=indicator.unit,
        issuers=counted(entry.due, "issuer"),
        points=points(entry.points),
        lost=points(entry.lost),
        records=several([to_hex(record) for record in entry.evidence]),
    )


def stated(card: Scorecard) -> dict[str, Any]:
    """The scorecard as JSON, and beside it in sentences: `why` it is so, its `flag_texts`, and `explanation`."""
    flags = [flag_text(flag) for flag in card.flags]
    return to_json(card) | {"why": why(card), "flag_texts": flags, "explanation": list(explain(card))}


def stated_in_short(card: Scorecard) -> dict[str, Any]:
    """As `stated`, but of each indicator's samples the largest alone."""
    short, flags = in_short(card), [flag_text(flag) for flag in card.flags]
    return to_json(short) | {"why": why(card), "flag_texts": flags, "explanation": list(_explained(short))}


def explain_public(card: PublicScorecard) -> tuple[Text, ...]:
    """A published score: what each indicator came to, without records."""
    lines = [_score(card)]
    for entry in card.indicators:
        title = _title(entry.indicator, entry.weight)
        if entry.value is not None and entry.points is not None:
            lines.append(
                say(
                    "{title}: {value} ({low} to {high}), {points} points.",
                    title=title,
                    value=measured(entry.indicator, entry.value),
                    low=measured(entry.indicator, entry.low or 0),
                    high=measured(entry.indicator, entry.high or 0),
                    points=points(entry.points),
                )
            )
        elif entry.status is IndicatorStatus.UNKNOWN:
            lines.append(say("{title}: unknown: nothing was due; its weight is spread over the others.", title=title))
        else:
            lines.append(
                say(
                    "{title}: unknown: too few delivery events to tell; its weight is spread over the others.",
                    title=title,
                )
            )
    return (*lines, *(say("Note: {flag}.", flag=say(_FLAGS[kind])) for kind in card.flags))


def stated_public(card: PublicScorecard) -> dict[str, Any]:
    """A published scorecard as JSON, and beside it in sentences."""
    return to_json(card) | {"why": why(card), "explanation": list(explain_public(card))}


def why(card: Scorecard | PublicScorecard) -> Text:
    """What the score rests on, or why there is none."""
    events = counted(card.samples, "delivery event")
    match card.status:
        case ScoreStatus.TOO_FEW_SAMPLES:
            return say("no score: {events}, at least {least} are needed", events=events, least=NO_SCORE_BELOW)
        case ScoreStatus.TOO_LITTLE_KNOWN:
            known = percent(int(card.known_weight * 100) * 10_000)
            return say("no score: only {share} of the weight is known, at least 60 % are needed", share=known)
        case ScoreStatus.PROVISIONAL:
            return say("{events}: provisional, fewer than {least}", events=events, least=PROVISIONAL_BELOW)
        case ScoreStatus.KNOWN:
            return events
        case ScoreStatus.HIDDEN:
            return say("a range from {events} and shipments of which parts are withheld", events=events)


def flag_text(flag: Flag) -> Text:
    """A flag with its counts: shipments, records, holds, tenders, or hours."""
    count, of = flag.count, flag.of
    if flag.kind is FlagKind.BROKER_WORD:
        hours = counted(count // HOUR, "hour"), counted(of // HOUR, "hour")
        return say("{flag}: {count} of {of}", flag=say(_FLAGS[flag.kind]), count=hours[0], of=hours[1])
    return say("{flag}: {count} of {of}", flag=say(_FLAGS[flag.kind]), count=count, of=of)


def measure_stated(measure: Measure) -> dict[str, Any]:
    """The figure of a measure, with the card's title and, beside it, where the card comes from in words."""
    return to_json(measure) | {"title": measure.card.title, "words": measure_text(measure)}


def measure_text(measure: Measure) -> Text:
    """Where the card comes from, for whoever reads a score."""
    if measure.since is None:
        return say("no card adopted: Lading's default ({card})", card=measure.card.title)
    return say(
        "{card}, adopted by the council for periods from {time}", card=measure.card.title, time=moment(measure.since)
    )


def measured(indicator: Indicator, value: int) -> Text:
    """A value of this indicator in words."""
    if indicator is Indicator.MEAN_LATE:
        return span(value)
    if indicator is Indicator.OVER_MEDIAN:
        number = f"{value // 1_000_000}.{value // 10_000 % 100:02}"
        return say("{number} times", number=Text.of_value(Form.POINTS, number, number, 2))
    return percent(value)


def _biggest(side: Side, name: Text, by_one: str, in_all: str) -> list[Text]:
    """The samples with most effect one by one, the others summed; those without any are left out."""
    shown = [effect for effect in side.largest[:SHOWN_EACH_WAY] if effect.micropoints]
    lines = [
        say(
            by_one,
            name=name,
            points=micropoints(effect.micropoints),
            shipment=to_hex(effect.shipment),
            records=several([to_hex(record) for record in effect.records]),
        )
        for effect in shown
    ]
    if more := side.moving - len(shown):
        rest = side.micropoints - sum(effect.micropoints for effect in shown)
        lines.append(say(in_all, name=name, points=micropoints(rest), more=counted(more, "more sample")))
    return lines
