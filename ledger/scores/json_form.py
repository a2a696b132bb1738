"""Scorecards for people, and as JSON: integers and names only, the same bytes for the same score."""

from collections.abc import Sequence
from typing import Any

from ledger.common.canonical import wide_as_text
from ledger.common.ids import to_hex
from ledger.explain.words import counted, span
from ledger.scores.card import Indicator
from ledger.scores.composite import IndicatorScore, Scorecard, Standing
from ledger.scores.estimate import Effect
from ledger.scores.flags import Flag

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
SHOWN_EACH_WAY = 3
_POINT = 1_000_000


def explain(card: Scorecard) -> tuple[str, ...]:
    """In words: the score; what each indicator adds and costs, and which records raised and lowered it most."""
    head = f"Partner {card.partner} as {card.role.name.lower().replace('_', ' ')}: "
    if card.score is None:
        lines = [head + card.why + "."]
    else:
        between = f"between {points(card.low or 0)} and {points(card.high or 0)} with 95 % certainty"
        lines = [f"{head}{points(card.score)} of 100, {between} ({card.why})."]
    if card.withheld:
        lines.append(
            f"{counted(card.withheld, 'shipment')} left out, of whomever: parts of the terms are withheld here."
        )
    for entry in card.indicators:
        lines += explain_indicator(entry)
    return (*lines, *(f"Note: {flag}." for flag in card.flags))


def explain_indicator(entry: IndicatorScore) -> tuple[str, ...]:
    """One indicator; every line begins with its name."""
    name = NAMES[entry.indicator]
    title = f"{name} (weight {percent(int(entry.weight * 1_000_000))})"
    if entry.standing is not Standing.KNOWN or entry.points is None:
        return (f"{title}: {entry.standing.value}; its weight is spread over the others.",)
    value = measured(entry.indicator, entry.value or 0)
    sure = f"{measured(entry.indicator, entry.low or 0)} to {measured(entry.indicator, entry.high or 0)}"
    events = counted(entry.samples, "delivery event")
    first = f"{title}: {value} ({sure}), {points(entry.points)} points from {events}"
    effects = entry.effects()
    return (
        f"{first}; it costs the score {points(entry.lost)} points.",
        *_biggest(name, "raised", [e for e in effects if e.micropoints > 0]),
        *_biggest(name, "lowered", [e for e in effects if e.micropoints < 0]),
    )


def to_json(card: Scorecard) -> dict[str, Any]:
    """A scorecard with every sample and its evidence. Scores in hundredths of a point, values in their unit, integers
    over 48 bits as decimal strings.

    `raised` and `lowered` have the samples of each indicator, the largest first: by how many millionths of a point.
    """
    return wide_as_text(_fields(card))


def _fields(card: Scorecard) -> dict[str, Any]:
    return {
        "partner": card.partner,
        "role": card.role.name.lower(),
        "period": {"start": card.period.start, "end": card.period.end, "at": card.period.at},
        "card": to_hex(card.card),
        "score": card.score,
        "low": card.low,
        "high": card.high,
        "samples": card.samples,
        "shipments": card.shipments,
        "provisional": card.provisional,
        "why": card.why,
        "withheld": card.withheld,
        "flags": [_flag(flag) for flag in card.flags],
        "indicators": [_indicator(entry) for entry in card.indicators],
        "explanation": list(explain(card)),
    }


def points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"


def percent(ppm: int) -> str:
    """Parts per million as per cent with up to two decimals, rounded down."""
    whole, rest = divmod(ppm // 100, 100)
    return f"{whole}.{rest:02} %" if rest else f"{whole} %"


def exact_percent(ppm: int) -> str:
    """Parts per million as per cent with up to four decimals: nothing is rounded."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").removesuffix(".") + " %"


def measured(indicator: Indicator, value: int) -> str:
    """A value of this indicator in words."""
    if indicator is Indicator.MEAN_LATE:
        return span(value)
    if indicator is Indicator.OVER_MEDIAN:
        return f"{value // 1_000_000}.{value // 10_000 % 100:02} times"
    return percent(value)


def _biggest(name: str, verb: str, effects: Sequence[Effect]) -> list[str]:
    """The samples with most effect one by one, the others summed."""
    ordered = _by_size(effects)
    lines = [
        f"{name}: {verb} by {micropoints(e.micropoints)} by shipment {to_hex(e.shipment)}"
        f" (records {', '.join(map(to_hex, e.records))})."
        for e in ordered[:SHOWN_EACH_WAY]
    ]
    if rest := ordered[SHOWN_EACH_WAY:]:
        more = counted(len(rest), "more sample")
        lines.append(f"{name}: {verb} by {micropoints(sum(e.micropoints for e in rest))} in all by {more}.")
    return lines


def _by_size(effects: Sequence[Effect]) -> list[Effect]:
    return sorted(effects, key=lambda effect: (-abs(effect.micropoints), effect.shipment, effect.records))


def micropoints(micropoints: int) -> str:
    """Points with as many decimals as it takes to show that it is not nothing."""
    whole, rest = divmod(abs(micropoints), _POINT)
    decimals = f"{rest:06}"
    shown = decimals[:2] if whole or rest >= _POINT // 100 else decimals
    return f"{whole}.{shown} points"


def _indicator(entry: IndicatorScore) -> dict[str, Any]:
    effects = entry.effects()
    return {
        "name": str(entry.indicator),
        "title": NAMES[entry.indicator],
        "standing": str(entry.standing),
        "weight": str(entry.weight),
        "good": entry.good,
        "due": entry.due,
        "samples": entry.samples,
        "value": entry.value,
        "low": entry.low,
        "high": entry.high,
        "points": entry.points,
        "lost": entry.lost,
        "raised": [_effect(effect) for effect in _by_size([e for e in effects if e.micropoints >= 0])],
        "lowered": [_effect(effect) for effect in _by_size([e for e in effects if e.micropoints < 0])],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "by": effect.micropoints,
        "good": effect.good,
        "due": effect.due,
        "shipment": to_hex(effect.shipment),
        "records": [to_hex(record_id) for record_id in effect.records],
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "kind": flag.kind.name.lower(),
        "text": str(flag),
        "count": flag.count,
        "of": flag.of,
        "records": [to_hex(record_id) for record_id in flag.records],
    }
