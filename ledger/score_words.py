"""Scorecards as JSON: integers and names only, the same bytes for the same score."""

from typing import Any

from ledger.canonical import wide_as_text
from ledger.ids import to_hex
from ledger.scores import IndicatorScore, Scorecard, explain


def to_json(card: Scorecard) -> dict[str, Any]:
    """A scorecard with every indicator and its evidence. Scores in hundredths of a point, values in their unit,
    integers over 48 bits as decimal strings.
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
        "flags": [str(flag) for flag in card.flags],
        "indicators": [_indicator(entry) for entry in card.indicators],
        "explanation": list(explain(card)),
    }


def _indicator(entry: IndicatorScore) -> dict[str, Any]:
    return {
        "name": str(entry.indicator),
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
        "raised": [to_hex(record_id) for record_id in entry.raised],
        "lowered": [to_hex(record_id) for record_id in entry.lowered],
    }
