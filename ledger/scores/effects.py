"""What samples did to a score, in short: how many raised and lowered it, by how much, and which of them did most.

A partner with a year's deliveries has tens of thousands of samples. Whoever looks at its score sees the largest, and
asks for the others page by page.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.scores.composite import Scorecard
from ledger.scores.estimate import Effect, effect_of
from ledger.scores.indicator_score import IndicatorScore

Place = tuple[int, bytes]
"""Where an effect stands in the order: its micropoints, and its shipment."""
LARGEST = 5
"""Samples of each indicator and direction that are shown with a score."""


@dataclass(frozen=True, slots=True)
class Side:
    """The samples that moved a composite one way: how `many`, how many of them by more than nothing (`moving`), by how
    much in all (`micropoints`), and the `largest`, in order.
    """

    many: int
    moving: int
    micropoints: int
    largest: tuple[Effect, ...]


@figure(
    ("name", "entry.name"),
    ("status", "entry.status"),
    ("weight", "entry.weight"),
    ("good", "entry.good"),
    ("due", "entry.due"),
    ("samples", "entry.samples"),
    ("disputed", "entry.disputed"),
    ("value", "entry.value"),
    ("low", "entry.low"),
    ("high", "entry.high"),
    ("points", "entry.points"),
    ("lost", "entry.lost"),
    ("raised_by", "raised.many"),
    ("lowered_by", "lowered.many"),
    ("raised", "raised.largest"),
    ("lowered", "lowered.largest"),
)
@dataclass(frozen=True, slots=True)
class IndicatorInShort:
    """An indicator whose `raised` and `lowered` are the largest alone; `raised_by` and `lowered_by` count them all."""

    entry: IndicatorScore
    raised: Side
    lowered: Side


@figure(
    ("partner", "card.partner"),
    ("role", "card.role"),
    ("period", "card.period"),
    ("card", "card.card"),
    ("status", "card.status"),
    ("score", "card.score"),
    ("low", "card.low"),
    ("high", "card.high"),
    ("samples", "card.samples"),
    ("shipments", "card.shipments"),
    ("provisional", "card.provisional"),
    ("known_weight", "card.known_weight"),
    ("withheld", "card.withheld"),
    ("flags", "card.flags"),
    "indicators",
)
@dataclass(frozen=True, slots=True)
class ScorecardInShort:
    card: Scorecard
    indicators: tuple[IndicatorInShort, ...]


def in_short(card: Scorecard, largest: int = LARGEST) -> ScorecardInShort:
    return ScorecardInShort(card, tuple(IndicatorInShort(entry, *sides(entry, largest)) for entry in card.indicators))


def sides(entry: IndicatorScore, largest: int) -> tuple[Side, Side]:
    """What raised the composite, or left it as it was, and what lowered it; in the order of `raised` and `lowered`."""
    moved, counted = entry.micropoints(), entry.counted()

    def side(places: Sequence[int]) -> Side:
        def order(place: int) -> tuple[int, bytes, tuple[RecordId, ...]]:
            _, _, records, delivery = counted[place]
            return -abs(moved[place]), delivery.shipment, records

        return Side(
            many=len(places),
            moving=sum(moved[place] != 0 for place in places),
            micropoints=sum(moved[place] for place in places),
            largest=tuple(effect_of(moved[place], counted[place]) for place in nsmallest(largest, places, order)),
        )

    every = range(len(moved))
    return side([i for i in every if moved[i] >= 0]), side([i for i in every if moved[i] < 0])


def page_of(effects: Sequence[Effect], after: Place | None, limit: int) -> tuple[Sequence[Effect], Place | None]:
    """Up to `limit` of the effects behind `after`, and what to pass on for the next page; None on the last one.

    `effects`: as `IndicatorScore.raised` or `lowered` has them. Those of one place are never torn apart.
    """
    begin = 0 if after is None else bisect_right(effects, _rank(*after), key=lambda effect: _rank(*place_of(effect)))
    end = begin + limit
    while begin < end < len(effects) and place_of(effects[end]) == place_of(effects[end - 1]):
        end += 1
    shown = effects[begin:end]
    return shown, place_of(shown[-1]) if shown and end < len(effects) else None


def place_of(effect: Effect) -> Place:
    return effect.micropoints, effect.shipment


def _rank(micropoints: int, shipment: bytes) -> tuple[int, bytes]:
    return -abs(micropoints), shipment
