"""A partner's score in a role and period, from verified records alone, with what raised and what lowered it.

score = Σ weight × points over the indicators that are known. Nothing owed is *unknown*, its weight spread over the
others; owed and missing counts as 0 by itself, because whatever was due is in the denominator. With less than 60 % of
the weight known there is no composite. Under 10 delivery events there is no score, from 10 to 29 it is provisional.

Points are hundredths of a point (0 to 10,000). `low` and `high` come from the Wilson intervals of the shares: a
sanction needs `high` below its threshold, a reward `low` above it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.codes import Role
from ledger.ids import PartnerId, RecordId
from ledger.intervals import MILLION, wilson
from ledger.journeys import Journeys
from ledger.plain import plain
from ledger.plain_samples import count_plain
from ledger.records import NOBODY
from ledger.score_card import POINTS, Card, Indicator, Weighted
from ledger.score_indicators import samples_of
from ledger.score_samples import Period, Sample, case_of
from ledger.tallies import Book, Books, Tally

NO_SCORE_BELOW = 10
PROVISIONAL_BELOW = 30
LEAST_KNOWN = Fraction(60, 100)
LARGEST_CUSTOMER = Fraction(25, 100)

_SUMS = {Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN}
"""Not shares: a mean, and two ratios. They have no Wilson interval."""
_FEWER_IS_BETTER = {*_SUMS, Indicator.DEFECTS}


class Standing(StrEnum):
    """What is known of an indicator."""

    KNOWN = "known"
    UNKNOWN = "unknown: nothing was due"


class Flag(StrEnum):
    """Marks for whoever reads the score; they change nothing in it."""

    ONE_CUSTOMER = "one counterparty has over 25 % of what was due"
    LATE_RECORDS = "fewer than 80 % of the records were known within a day"
    MANY_LINES = "over ten shipments for each delivery event"


@dataclass(frozen=True, slots=True)
class IndicatorScore:
    """One indicator. `value`, `low` and `high` in its unit (parts per million, or seconds), rounded down.

    `good` of `due` as counted; `samples` delivery events. `lost` is what the composite would gain if this indicator
    had all its points. `raised` and `lowered` are the records of good and bad samples.
    """

    indicator: Indicator
    standing: Standing
    weight: Fraction
    good: int
    due: int
    samples: int
    value: int | None
    low: int | None
    high: int | None
    points: int | None
    points_low: int | None
    points_high: int | None
    lost: int
    raised: tuple[RecordId, ...]
    lowered: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The score of `partner` in `role`: hundredths of a point, None where there is none, and why.

    `samples` counts delivery events, `shipments` shipments that were due. `known_weight` is the part of the card's
    weight that something was due for.
    """

    partner: PartnerId
    role: Role
    period: Period
    card: bytes
    score: int | None
    low: int | None
    high: int | None
    samples: int
    shipments: int
    provisional: bool
    known_weight: Fraction
    why: str
    indicators: tuple[IndicatorScore, ...]
    flags: tuple[Flag, ...]

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record that the score rests on, ascending."""
        return tuple(sorted({record for i in self.indicators for record in (*i.raised, *i.lowered)}))


class Tallies:
    """Everything that the journeys say about everybody in one period; each journey is read once."""

    def __init__(self, journeys: Journeys, period: Period, *, shortcut: bool = True) -> None:
        """`shortcut`: plain journeys are counted the short way, which gives the same (see `ledger.plain`)."""
        self.period = period
        self.withheld = 0
        """Shipments of which a part is withheld here, so that nothing is known about them."""
        self._books = Books()
        self._medians: dict[str, Fraction] = {}
        for shipment in journeys.shipments():
            found = plain(journeys, shipment) if shortcut else None
            if found is not None and count_plain(found, journeys, period, self._books):
                continue
            case = case_of(journeys, shipment, period)
            if case is None:
                self.withheld += 1
                continue
            for sample in samples_of(case):
                self._add(sample)
        self._medians = self._judge_durations()

    @classmethod
    def of_samples(cls, samples: Iterable[Sample], period: Period) -> "Tallies":
        """From samples that were taken before, in the order of their shipments."""
        tallies = cls(Journeys(), period)
        for sample in samples:
            tallies._add(sample)
        tallies._medians = tallies._judge_durations()
        return tallies

    def partners(self, role: Role) -> list[PartnerId]:
        """Everybody about whom something was due in this role, ascending."""
        return sorted(PartnerId(partner) for partner in self._books.shelves.get(role, ()))

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """The score of `partner`; raises `NotFound` for a role that the card does not score."""
        weights = card.of(role)
        tallies = self._books.shelves[role].get(partner, Book())
        found = [self._indicator(weighted, tallies.get(weighted.indicator)) for weighted in weights]
        known = [entry for entry in found if entry.standing is Standing.KNOWN]
        weight = sum((entry.weight for entry in known), Fraction(0))
        events: set[bytes] = set()
        for indicator, tally in tallies.items():
            if indicator is not Indicator.RECORDS:
                events.update(tally.events)
        due = max((t.count for i, t in tallies.items() if i is not Indicator.RECORDS), default=0)
        score: int | None = None
        low, high = score, score
        if len(events) < NO_SCORE_BELOW:
            why = f"no score: {len(events)} delivery events, at least {NO_SCORE_BELOW} are needed"
        elif weight < LEAST_KNOWN:
            why = f"no score: only {int(weight * 100)} % of the weight is known, at least 60 % are needed"
        else:
            score, low, high = (_composite(known, weight, name) for name in ("points", "points_low", "points_high"))
            why = f"{len(events)} delivery events" + (
                ": provisional, fewer than 30" if len(events) < PROVISIONAL_BELOW else ""
            )
        return Scorecard(
            partner=PartnerId(partner),
            role=role,
            period=self.period,
            card=card.hash,
            score=score,
            low=low,
            high=high,
            samples=len(events),
            shipments=due,
            provisional=len(events) < PROVISIONAL_BELOW,
            known_weight=weight,
            why=why,
            indicators=tuple(_with_loss(entry, weight) for entry in found),
            flags=tuple(self._flags(tallies, len(events), due)),
        )

    def _add(self, sample: Sample) -> None:
        role, partner, indicator = sample.role, sample.partner, sample.indicator
        book = self._books.shelves[role][partner]
        if indicator is Indicator.RECORDS:
            # A manifest of two hundred lines is one record.
            once = (role, partner, sample.event)
            if once in self._books.once:
                return
            self._books.once.add(once)
        else:
            book.customers[sample.counterparty] += 1
        tally = book[indicator]
        if indicator is Indicator.OVER_MEDIAN:
            tally.add(sample.good, sample.due, sample.event, (), bad=False)
            tally.durations.append((sample.group, sample.good, sample.records))
            return
        bad = bool(sample.good) if indicator in _FEWER_IS_BETTER else not sample.good
        tally.add(sample.good, sample.due, sample.event, sample.records, bad)
        if sample.group:
            tally.add_to_group(sample.group, sample.good, sample.due)

    def _judge_durations(self) -> dict[str, Fraction]:
        """The median of each office, by which every duration is found slow or not."""
        brokers = self._books.shelves[Role.BROKER].values()
        slow = [book[Indicator.OVER_MEDIAN] for book in brokers if Indicator.OVER_MEDIAN in book]
        offices: dict[str, list[int]] = {}
        for tally in slow:
            for office, seconds, _ in tally.durations:
                offices.setdefault(office, []).append(seconds)
        medians = {office: _median(seconds) for office, seconds in offices.items()}
        for tally in slow:
            for office, seconds, records in tally.durations:
                (tally.lowered if seconds > medians[office] else tally.raised).extend(records)
        return medians

    def _indicator(self, weighted: Weighted, tally: Tally | None) -> IndicatorScore:
        if tally is None:
            return IndicatorScore(
                weighted.indicator, Standing.UNKNOWN, weighted.weight, *(0, 0, 0), *(None,) * 6, 0, (), ()
            )
        value = self._value(weighted.indicator, tally)
        samples = len(set(tally.events))
        if weighted.indicator in _SUMS:
            low = high = value
        else:
            ends = wilson(tally.good, tally.due, samples)
            low, high = Fraction(ends[0]), Fraction(ends[1])
        points = sorted((weighted.points(low), weighted.points(high)))
        return IndicatorScore(
            indicator=weighted.indicator,
            standing=Standing.KNOWN,
            weight=weighted.weight,
            good=tally.good,
            due=tally.due,
            samples=samples,
            value=int(value),
            low=int(low),
            high=int(high),
            points=weighted.points(value),
            points_low=points[0],
            points_high=points[1],
            lost=0,
            raised=tuple(dict.fromkeys(tally.raised)),
            lowered=tuple(dict.fromkeys(tally.lowered)),
        )

    def _value(self, indicator: Indicator, tally: Tally) -> Fraction:
        if indicator is Indicator.MEAN_LATE:
            return Fraction(tally.good, tally.due)
        if indicator is Indicator.PENALTY:
            # Amounts of different currencies are not summed: each currency's ratio counts by its shipments.
            ratios = [Fraction(good * count, due) for good, due, count in tally.sums.values()]
            return sum(ratios, Fraction(0)) * MILLION / tally.count
        if indicator is Indicator.OVER_MEDIAN:
            seconds = tally.good
            usual = sum((self._medians[office] for office, _, _ in tally.durations), Fraction(0))
            return Fraction(seconds * MILLION, usual) if usual else Fraction(MILLION if not seconds else 2 * MILLION)
        return Fraction(tally.good * MILLION, tally.due)

    def _flags(self, tallies: Book, events: int, due: int) -> Iterator[Flag]:
        customers = tallies.customers
        largest = max((count for other, count in customers.items() if other != NOBODY), default=0)
        if largest > sum(customers.values()) * LARGEST_CUSTOMER:
            yield Flag.ONE_CUSTOMER
        records = tallies.get(Indicator.RECORDS)
        if records is not None and records.good * 100 < records.due * 80:
            yield Flag.LATE_RECORDS
        if events and due > 10 * events:
            yield Flag.MANY_LINES


def score_of(partner: int, role: Role, journeys: Journeys, card: Card, period: Period) -> Scorecard:
    """The score of one partner. For many, make `Tallies` once and ask it for each."""
    return Tallies(journeys, period).score(partner, role, card)


def explain(scorecard: Scorecard) -> tuple[str, ...]:
    """In words: the score, what each indicator adds and costs, and how many records raised and lowered it."""
    head = f"Partner {scorecard.partner} as {scorecard.role.name.lower().replace('_', ' ')}: "
    if scorecard.score is None:
        lines = [head + scorecard.why + "."]
    else:
        between = f"between {_shown(scorecard.low or 0)} and {_shown(scorecard.high or 0)} with 95 % certainty"
        lines = [f"{head}{_shown(scorecard.score)} of 100, {between} ({scorecard.why})."]
    for entry in scorecard.indicators:
        name, weight = entry.indicator.value, f"{int(entry.weight * 100)} %"
        if entry.standing is Standing.UNKNOWN or entry.points is None:
            lines.append(f"{name} (weight {weight}): {entry.standing.value}; its weight is spread over the others.")
            continue
        unit = "s on average" if entry.indicator is Indicator.MEAN_LATE else "ppm"
        points = f"{_shown(entry.points)} points from {entry.samples} events"
        records = f"{len(entry.raised)} records raised it, {len(entry.lowered)} lowered it"
        cost = f"it costs the score {_shown(entry.lost)} points"
        lines.append(f"{name} (weight {weight}): {entry.value} {unit}, {points}; {records}; {cost}.")
    return (*lines, *(f"Note: {flag.value}." for flag in scorecard.flags))


def _composite(known: list[IndicatorScore], weight: Fraction, name: str) -> int:
    return int(sum((entry.weight * getattr(entry, name) for entry in known), Fraction(0)) / weight)


def _with_loss(entry: IndicatorScore, known_weight: Fraction) -> IndicatorScore:
    if entry.points is None:
        return entry
    values = {name: getattr(entry, name) for name in IndicatorScore.__slots__}
    return IndicatorScore(**values | {"lost": int((POINTS - entry.points) * entry.weight / known_weight)})


def _median(values: list[int]) -> Fraction:
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return Fraction(ordered[half])
    return Fraction(ordered[half - 1] + ordered[half], 2)


def _shown(points: int) -> str:
    return f"{points // 100}.{points % 100:02}"
