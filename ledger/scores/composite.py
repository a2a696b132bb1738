"""A partner's score in a role and period, from verified records alone, with what raised and what lowered it.

score = Σ weight × points over the indicators that are known. Nothing owed is *unknown*, its weight spread over the
others; owed and missing counts as 0 by itself, because whatever was due is in the denominator. With less than 60 % of
the weight known there is no composite. Under 10 delivery events there is no score, from 10 to 29 it is provisional.

Points are hundredths of a point (0 to 10,000). `low` and `high` come from the indicators' intervals, rounded outward: a
sanction needs `high` below its threshold, a reward `low` above it (see `ledger.bonuses.award`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from ledger.codes import Role
from ledger.common.figure import Points, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.penalties.amounts import Owed, of_plain, of_statement
from ledger.penalties.fast_path import plain
from ledger.scores.card import ABOUT_MONEY, OF_ROLE, POINTS, Card, Indicator, Weighted
from ledger.scores.counters import Book, Books
from ledger.scores.estimate import Counted, Effect, Tally, doubled_median, mean_seconds
from ledger.scores.fast_path import count_plain
from ledger.scores.flags import Flag, UsualPromises, flags_of
from ledger.scores.hidden import concerned_by, contents_closed_of
from ledger.scores.indicators import known_samples
from ledger.scores.samples import Sample, case_of
from ledger.scores.tender_flags import Tenders
from ledger.shipments.history import Journeys

NO_SCORE_BELOW = 10
PROVISIONAL_BELOW = 30
LEAST_KNOWN = Fraction(60, 100)


class IndicatorStatus(StrEnum):
    """What is known of an indicator: unknown, where nothing was due; and to the public, where too few samples were."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    TOO_FEW = "too_few"


class ScoreStatus(StrEnum):
    """Whether there is a score, and why not. Provisional: of fewer than thirty delivery events.
    Hidden: parts of shipments are withheld, so that there is a range only.
    """

    KNOWN = "known"
    PROVISIONAL = "provisional"
    TOO_FEW_SAMPLES = "too_few_samples"
    TOO_LITTLE_KNOWN = "too_little_known"
    HIDDEN = "hidden"


@figure(
    ("name", "indicator"),
    "status",
    "weight",
    "good",
    "due",
    "samples",
    "disputed",
    "value",
    "low",
    "high",
    "points",
    "lost",
    "raised",
    "lowered",
)
@dataclass(frozen=True, slots=True)
class IndicatorScore:
    """One indicator. `value`, `low` and `high` in its unit (parts per million, or seconds): value and low rounded down,
    high up.

    Where shipments are hidden (see `ledger.scores.hidden`) there is no `value` and no `points`, only the range; of what
    prices decide, or a comparison with others, not even that.

    `good` of `due` as counted, `disputed` of them only if a dispute ends so: the worse end of the interval is without
    them. `samples` delivery events. `part` is its part of the composite, and `lost` what the composite would gain if it
    had all its points.
    """

    weighted: Weighted
    status: IndicatorStatus
    part: Fraction
    good: int
    due: int
    samples: int
    value: int | None
    low: int | None
    high: int | None
    points: Points | None
    points_low: int | None
    points_high: int | None
    lost: Points
    tally: Tally

    @property
    def indicator(self) -> Indicator:
        return self.weighted.indicator

    @property
    def weight(self) -> Fraction:
        return self.weighted.weight

    @property
    def disputed(self) -> int:
        """How many things that were counted hang on a dispute."""
        return self.tally.disputed

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """The records of every sample."""
        return self.tally.evidence

    def effects(self) -> tuple[Effect, ...]:
        """What each sample did to the composite, in the order in which they were counted."""
        return self.tally.effects(self.weighted, self.part) if self.status is IndicatorStatus.KNOWN else ()

    def micropoints(self) -> list[int]:
        """The same alone, without what it rests on."""
        return self.tally.micropoints(self.weighted, self.part) if self.status is IndicatorStatus.KNOWN else []

    def counted(self) -> list[Counted]:
        """What each of these was: good, due, records, delivery."""
        return self.tally.counted() if self.status is IndicatorStatus.KNOWN else []

    @property
    def raised(self) -> tuple[Effect, ...]:
        """The samples that raised the composite, or left it as it was, the largest effect first."""
        return _by_size(effect for effect in self.effects() if effect.micropoints >= 0)

    @property
    def lowered(self) -> tuple[Effect, ...]:
        """The samples that lowered the composite, the largest effect first."""
        return _by_size(effect for effect in self.effects() if effect.micropoints < 0)


@figure(
    "partner",
    "role",
    "period",
    "card",
    "status",
    "score",
    "low",
    "high",
    "samples",
    "shipments",
    "provisional",
    "known_weight",
    "withheld",
    "flags",
    "indicators",
)
@dataclass(frozen=True, slots=True)
class Scorecard:
    """The score of `partner` in `role`: hundredths of a point, None where there is none, as `status` says.

    `samples` counts delivery events, `shipments` shipments as opened by terms, however they were split. `known_weight`
    is the part of the card's weight that something was due for. `withheld` shipments that name the partner are not
    known: a part that decides it is withheld or erased here. Then there is no `score`, only the range that surely
    contains it.
    """

    partner: PartnerId
    role: Role
    period: Period
    card: bytes
    score: Points | None
    low: Points | None
    high: Points | None
    samples: int
    shipments: int
    provisional: bool
    known_weight: Fraction
    status: ScoreStatus
    withheld: int
    indicators: tuple[IndicatorScore, ...]
    flags: tuple[Flag, ...]

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        """Every record that the score rests on, ascending."""
        return tuple(sorted(set(chain.from_iterable(entry.evidence for entry in self.indicators))))


class Tallies:
    """Everything that the journeys say about everybody in one period; each journey is read once."""

    def __init__(
        self,
        journeys: Journeys,
        period: Period,
        *,
        shortcut: bool = True,
        penalties: bool = False,
        samples: Iterable[Sample] | None = None,
        hidden: Sequence[bytes] = (),
        left_out: Collection[bytes] = (),
    ) -> None:
        """`shortcut`: plain journeys are counted the short way (`ledger.penalties.fast_path`), which gives the same.

        With `penalties`, `owed` holds what falls on each shipment at the period's `at`, from the same pass; together
        that is what `ledger.penalties.amounts.all_owed` gives. `samples`, in the order of their shipments, and `hidden`
        were taken before: then nothing is read again. Shipments that are `left_out` count for nobody.
        """
        self.period = period
        self.hidden = list(hidden)
        """Shipments of which a part is withheld here, so that nothing is known about them."""
        self._journeys = journeys
        self.owed: list[Owed] = []
        self._books = Books()
        self._usual = UsualPromises(journeys, period)
        self._tenders = Tenders(journeys, period)
        for sample in self._read(journeys, shortcut, penalties, left_out) if samples is None else samples:
            self._books.add(sample)
        self._medians = self._office_medians()

    def _read(self, journeys: Journeys, shortcut: bool, penalties: bool, but: Collection[bytes]) -> Iterator[Sample]:
        for shipment in (known for known in journeys.shipments() if known not in but):
            result = plain(journeys, shipment) if shortcut else None
            if result is not None and count_plain(result, journeys, self.period, self._books):
                if penalties:
                    self.owed.append(of_plain(shipment, result))
                continue
            case = case_of(journeys, shipment, self.period)
            if case is not None and penalties:
                self.owed.append(of_statement(case.statement))
            samples = None if case is None else known_samples(case)
            if samples is None:
                self.hidden.append(shipment)
            else:
                yield from samples

    def partners(self, role: Role) -> list[PartnerId]:
        """Everybody about whom something was due in this role, ascending."""
        scored = {indicator.value for indicator in OF_ROLE.get(role, ())}
        return sorted(
            PartnerId(partner)
            for partner, book in self._books.shelves.get(role, {}).items()
            if any(name in scored for name, _ in book)
        )

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """The score of `partner`; raises `NotFound` for a role that the card does not score."""
        weights = card.of(role)
        book = self._books.shelves[role].get(partner, Book())
        tallies = [self._tally(w.indicator, book) for w in weights]
        weight = sum((w.weight for w, tally in zip(weights, tallies, strict=True) if tally.groups), Fraction(0))
        hidden = len(self._hidden_of(partner, role, book))
        result = tuple(
            _indicator(w, tally, weight, hidden, compared=bool(self.hidden))
            for w, tally in zip(weights, tallies, strict=True)
        )
        deliveries = book.deliveries
        samples = len(book.events)
        composite, status = _composite(samples, weight, result, hidden)
        return Scorecard(
            partner=PartnerId(partner),
            role=role,
            period=self.period,
            card=card.hash,
            score=composite.score,
            low=composite.low,
            high=composite.high,
            samples=samples,
            shipments=len({delivery.terms.verified.id for delivery in deliveries}),
            provisional=samples < PROVISIONAL_BELOW,
            known_weight=weight,
            status=status,
            withheld=hidden,
            indicators=result,
            flags=tuple(flags_of(role, partner, book, self._usual, self._tenders)),
        )

    def _hidden_of(self, partner: int, role: Role, book: Book) -> set[bytes]:
        """The shipments that may be any sample of this partner: hidden here, or a part of them that decides it is."""
        hidden = {
            shipment for shipment in self.hidden if partner in concerned_by(self._journeys, shipment)
        } | book.closed
        return hidden | contents_closed_of(self._journeys, partner) if role is Role.SUPPLIER else hidden

    def _tally(self, indicator: Indicator, book: Book) -> Tally:
        groups = book.groups(indicator)
        medians = {office: self._medians[office] for office in groups} if indicator is Indicator.OVER_MEDIAN else {}
        return Tally(indicator, groups, medians)

    def _office_medians(self) -> dict[str, int]:
        """Twice the median of each office's samples, by which every broker's are judged."""
        offices: dict[str, list[int]] = {}
        for book in self._books.shelves[Role.BROKER].values():
            for office, rows in book.groups(Indicator.OVER_MEDIAN).items():
                offices.setdefault(office, []).extend(mean_seconds(rows))
        return {office: doubled_median(seconds) for office, seconds in offices.items()}


def score_of(partner: int, role: Role, journeys: Journeys, card: Card, period: Period) -> Scorecard:
    """The score of one partner. For many, make `Tallies` once and ask it for each."""
    return Tallies(journeys, period).score(partner, role, card)


def without_private(card: Scorecard) -> Scorecard:
    """The scorecard without what its indicators about money count, and without those of fewer than ten samples, which
    would tell of single shipments: their weights are spread over the others.
    """
    kept = [entry for entry in card.indicators if entry.indicator not in ABOUT_MONEY]
    few = {entry.indicator for entry in kept if 0 < entry.samples < NO_SCORE_BELOW}
    weight = sum((entry.weight for entry in kept if entry.samples >= NO_SCORE_BELOW), Fraction(0))
    whole = sum((entry.weight for entry in kept), Fraction(0))
    result = tuple(
        replace(
            _indicator(entry.weighted, Tally(entry.indicator, {}, {}), weight, 0, compared=False),
            status=IndicatorStatus.TOO_FEW,
        )
        if entry.indicator in few
        else _indicator(entry.weighted, entry.tally, weight, card.withheld, compared=entry.value is None)
        for entry in kept
    )
    known = weight / whole if whole else whole
    composite, status = _composite(card.samples, known, result, card.withheld)
    return replace(card, **composite._asdict(), known_weight=known, status=status, indicators=result)


class _Composite(NamedTuple):
    score: int | None
    low: int | None
    high: int | None


def _composite(
    samples: int, weight: Fraction, found: Sequence[IndicatorScore], hidden: int
) -> tuple[_Composite, ScoreStatus]:
    """The score of these indicators, `weight` of which is known, and whether there is one.

    With `hidden` shipments only its range: they may also make something due of which nothing is known.
    """
    if samples < NO_SCORE_BELOW:
        return _Composite(None, None, None), ScoreStatus.TOO_FEW_SAMPLES
    if weight < LEAST_KNOWN:
        return _Composite(None, None, None), ScoreStatus.TOO_LITTLE_KNOWN
    if hidden:
        whole = sum((entry.weight for entry in found), Fraction(0))
        worst = sum(entry.weight * (entry.points_low or 0) for entry in found) / whole
        best = (
            sum(entry.weight * (POINTS if entry.points_high is None else entry.points_high) for entry in found) / whole
        )
        return _Composite(None, int(worst), -int(-best // 1)), ScoreStatus.HIDDEN
    score = int(sum(entry.part * (entry.points or 0) for entry in found))
    low = int(sum(entry.part * (entry.points_low or 0) for entry in found))
    high = -int(-sum(entry.part * (entry.points_high or 0) for entry in found) // 1)
    return _Composite(score, low, high), ScoreStatus.PROVISIONAL if samples < PROVISIONAL_BELOW else ScoreStatus.KNOWN


def _by_size(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(effects, key=lambda effect: (-abs(effect.micropoints), effect.shipment, effect.records)))


def _indicator(
    weighted: Weighted, tally: Tally, known_weight: Fraction, hidden: int, *, compared: bool
) -> IndicatorScore:
    """`hidden` shipments may bear on it; `compared`: some are hidden of others, with whom this is compared."""
    if not tally.groups:
        return IndicatorScore(weighted, IndicatorStatus.UNKNOWN, Fraction(0), *(0, 0, 0), *(None,) * 6, 0, tally)
    if (hidden and weighted.indicator in ABOUT_MONEY) or (compared and weighted.indicator is Indicator.OVER_MEDIAN):
        return _unbounded(weighted, tally, known_weight)
    value, (low, high) = tally.value(), tally.interval(weighted, hidden)
    worst, best = sorted((low, high), reverse=weighted.zero > weighted.full)
    points, part = weighted.points(value), weighted.weight / known_weight
    return IndicatorScore(
        weighted=weighted,
        status=IndicatorStatus.KNOWN,
        part=part,
        good=tally.good,
        due=tally.due,
        samples=tally.samples,
        value=None if hidden else int(value),
        low=low,
        high=high,
        points=None if hidden else points,
        points_low=weighted.points(worst),
        points_high=weighted.points_up(best),
        lost=0 if hidden else int((POINTS - points) * part),
        tally=tally,
    )


def _unbounded(weighted: Weighted, tally: Tally, known_weight: Fraction) -> IndicatorScore:
    return IndicatorScore(
        weighted=weighted,
        status=IndicatorStatus.KNOWN,
        part=weighted.weight / known_weight,
        good=tally.good,
        due=tally.due,
        samples=tally.samples,
        value=None,
        low=None,
        high=None,
        points=None,
        points_low=0,
        points_high=POINTS,
        lost=0,
        tally=tally,
    )
