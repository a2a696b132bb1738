"""How late goods are: promise, clock, and what customs and relief take out. Seconds, integers only.

late = t − t0 − customs − relief, with t0 = `promisedAt` + `grace` and t the counted time at which the clock stopped,
at most t0 + `lostAfter`. Customs is the union of the holds that the liable partner did not cause, within
[opening, t]. A promise of 0 is none: nothing is late.

While a tender is disputed, or a place is closed, there are two clocks: what is owed at least follows from the one that
stopped, what is frozen from the one that did not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from ledger.common.figure import Country, Seconds, figure
from ledger.common.spans import Span, clip, measure
from ledger.records.types import NOBODY, Commercial, ShipmentTerms
from ledger.shipments.amendments import TermsInForce
from ledger.shipments.clock_stop import Ending, Stop, ending_of, moved, stops_of
from ledger.shipments.customs_holds import Hold, holds_of
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part
from ledger.shipments.per_shipment import NEVER_SETTLED
from ledger.shipments.tenders import Tender, tenders_of


class HoldReason(StrEnum):
    """Why a hold is taken out of the time that counts as late, or is not."""

    NOT_CAUSED_BY_LIABLE = "not_caused_by_liable"
    ON_A_BROKERS_WORD = "on_a_brokers_word"
    CAUSED_BY_LIABLE = "caused_by_liable"
    OUTSIDE_THE_CLOCK = "outside_the_clock"


@figure(
    ("record", "hold.held"),
    "jurisdiction",
    ("regime", "hold.regime"),
    ("cause", "hold.cause"),
    ("caused_by", "hold.caused_by"),
    ("assurance", "hold.assurance"),
    ("confirmed", "hold.confirmed"),
    ("known_late", "hold.known_late"),
    ("held_at", "hold.held_at"),
    ("presented_at", "hold.presented_at"),
    ("from", "hold.start"),
    ("until", "hold.end"),
    "seconds",
    "taken_out",
    "reason",
)
@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold as it bears on this penalty: the seconds it had within [opening, t], taken out or not, and why."""

    hold: Hold
    span: Span
    seconds: Seconds
    taken_out: bool
    reason: HoldReason

    @property
    def jurisdiction(self) -> Country:
        return self.hold.jurisdiction.decode("ascii", "replace")


class Clock(NamedTuple):
    """One reading of the clock: late = max(0, until − t0 − customs − relief)."""

    until: int
    customs: int
    relief: int
    late: int
    holds: tuple[HoldLine, ...]


@figure(
    "shipment",
    "packages",
    "share",
    ("stopped_by", "stop.kind"),
    ("stopped_at", "stop.at"),
    ("claimed_at", "stop.occurred_at"),
    ("ended", "ending.kind"),
    "counted_until",
    "customs_seconds",
    "relief_seconds",
    "late_seconds",
    "late_seconds_high",
    "promised_at",
    "alpha",
    "cap",
    "amount",
    "amount_high",
    "settled",
    "holds",
    "tenders",
)
@dataclass(frozen=True, slots=True)
class PortionLine:
    """Goods that travelled as one. `counted_until` is t; `stop` says why it stopped there (None: it did not).

    `late_seconds` = max(0, counted_until − t0 − customs_seconds − relief_seconds). `late_seconds_high` and `stop_high`
    are the same as if whatever is disputed fell, and what is closed were elsewhere. `settled` is false while the clock
    may still change. `alpha` and `cap` are what the terms in force for these goods state for the whole; `amount` and
    `amount_high` their share of the family's penalty, in minor units.
    """

    part: Part
    force: TermsInForce
    stop: Stop | None
    stop_high: Stop | None
    ending: Ending | None
    counted_until: Seconds
    customs_seconds: Seconds
    relief_seconds: Seconds
    late_seconds: Seconds
    late_seconds_high: Seconds
    holds: tuple[HoldLine, ...]
    tenders: tuple[Tender, ...]
    settled: bool
    amount: int = 0
    amount_high: int = 0

    @property
    def shipment(self) -> bytes:
        return self.part.portion.shipment

    @property
    def packages(self) -> int:
        return self.part.portion.packages

    @property
    def share(self) -> Fraction:
        return self.part.portion.share

    @property
    def promised_at(self) -> Seconds:
        return self.force.commercial.promisedAt + self.force.commercial.grace

    @property
    def alpha(self) -> int:
        return self.force.commercial.alpha

    @property
    def cap(self) -> int:
        return self.force.commercial.penaltyCap

    @property
    def disputed(self) -> bool:
        return self.late_seconds_high != self.late_seconds


def lateness_of(
    journeys: Journeys,
    part: Part,
    terms: ShipmentTerms,
    opened_at: int,
    force: TermsInForce,
    at: int | None,
) -> PortionLine:
    """How late these goods are, net of customs and relief. `opened_at`: since when the terms are known.

    `at` judges windows, disputes and goods still under way; None judges at the last time that any record was known,
    but leaves out what is under way.
    """
    commercial, portion = force.commercial, part.portion
    judged_at = journeys.latest if at is None else at
    tenders = tenders_of(journeys, part, terms, commercial, judged_at)
    stops = stops_of(journeys, part, terms, commercial, tenders)
    ending = None if stops.high else ending_of(journeys, part)
    holds = holds_of(journeys, portion, terms, commercial)

    low = _clock(_until(commercial, stops.low, ending, at), opened_at, force, holds)
    high = low
    if stops.high is not stops.low:
        # Where a disputed stop falls the goods are under way, and are judged like those.
        until = max(low.until, _until(commercial, stops.high, ending, judged_at))
        high = _clock(until, opened_at, force, holds)
    return PortionLine(
        part,
        force,
        stops.low,
        stops.high,
        None if stops.low else ending,
        low.until,
        low.customs,
        low.relief,
        low.late,
        high.late,
        low.holds,
        tenders,
        _settled(stops.low, tenders, ending, judged_at),
    )


def beyond_accrual(journeys: Journeys, line: PortionLine, terms: ShipmentTerms, opened_at: int, at: int) -> PortionLine:
    """The same goods as if the penalty accrued until their clock stopped, else until `at`: the end of accrual bounds
    what is owed, not what is late. The amounts are those of `line`.
    """
    t0 = line.promised_at
    until = at if line.stop is None else max(at, line.stop.at)
    accrual = max(0, until - t0)
    if accrual == line.force.commercial.lostAfter or (
        line.ending is None and accrual < line.force.commercial.lostAfter
    ):
        return line
    force = replace(line.force, commercial=replace(line.force.commercial, lostAfter=accrual))
    longer = lateness_of(journeys, line.part, terms, opened_at, force, at)
    return replace(longer, force=line.force, amount=line.amount, amount_high=line.amount_high)


def _until(commercial: Commercial, stop: Stop | None, ending: Ending | None, at: int | None) -> int:
    """t: the stop, else the end of accrual once the goods ended, else the time that is passed in."""
    t0 = commercial.promisedAt + commercial.grace
    end = t0 + commercial.lostAfter
    if stop is not None:
        return min(stop.at, end)
    if ending is not None:
        return end
    return min(t0 if at is None else at, end)


def _clock(until: int, opened_at: int, force: TermsInForce, holds: tuple[Hold, ...]) -> Clock:
    commercial = force.commercial
    lines = tuple(_hold_line(hold, commercial.liable, opened_at, until) for hold in holds)
    taken = [line.span for line in lines if line.taken_out]
    customs = measure(taken, opened_at, until)
    relief = measure((*taken, *force.relief_spans), 0, until) - customs + force.relief_seconds
    late = max(0, until - commercial.promisedAt - commercial.grace - customs - relief) if commercial.promisedAt else 0
    return Clock(until, customs, relief, late, lines)


def _settled(stop: Stop | None, tenders: tuple[Tender, ...], ending: Ending | None, judged_at: int) -> bool:
    """Whether time alone changes nothing any more."""
    if stop is None:
        return ending is not None
    return (stop.open_until is None or judged_at > stop.open_until) and all(tender.settled for tender in tenders)


def may_change_until(journeys: Journeys, lines: Iterable[PortionLine]) -> int:
    """The last second at which time alone may change these clocks, or what their legs overran."""
    latest = 0
    for line in lines:
        stop = line.stop
        if stop is None or not stop.certain:
            return NEVER_SETTLED
        latest = max(latest, stop.at, stop.open_until or 0)
        for tender in line.tenders:
            latest = max(latest, tender.contestable_until, tender.disputed_until or 0)
        for move in line.part.portion.moves:
            latest = max(latest, moved(journeys, move, line.force.commercial).due_at)
    return latest


def _hold_line(hold: Hold, liable: int, opened_at: int, until: int) -> HoldLine:
    end = until if hold.end is None else min(hold.end, until)
    span = clip((hold.start, end), opened_at, until)
    seconds = span[1] - span[0]
    if not hold.confirmed:
        return HoldLine(hold, span, seconds, False, HoldReason.ON_A_BROKERS_WORD)
    if liable != NOBODY and hold.caused_by == liable:
        return HoldLine(hold, span, seconds, False, HoldReason.CAUSED_BY_LIABLE)
    if not seconds:
        return HoldLine(hold, span, 0, False, HoldReason.OUTSIDE_THE_CLOCK)
    return HoldLine(hold, span, seconds, True, HoldReason.NOT_CAUSED_BY_LIABLE)
