"""How late goods are: promise, clock, and what customs and relief take out. Seconds, integers only.

late = t − t0 − customs − relief, with t0 = `promisedAt` + `grace` and t the counted time at which the clock stopped,
at most t0 + `lostAfter`. Customs is the union of the holds that the liable partner did not cause, within
[opening, t]. A promise of 0 is none: nothing is late.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.common.figure import Country, Seconds, figure
from ledger.common.spans import Span, clip, measure
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.shipments.amendments import TermsInForce
from ledger.shipments.clock_stop import Ending, Stop, StopKind, Tender, ending_of, stop_of, tenders_of
from ledger.shipments.customs_holds import Hold, holds_of
from ledger.shipments.history import Journeys, Portion


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
    "settled",
    "holds",
    "tenders",
)
@dataclass(frozen=True, slots=True)
class PortionLine:
    """Goods that travelled as one. `counted_until` is t; `stop` says why it stopped there (None: it did not).

    `late_seconds` = max(0, counted_until − t0 − customs_seconds − relief_seconds). `settled` is false while the clock
    may still change.
    """

    shipment: bytes
    packages: int
    share: Fraction
    stop: Stop | None
    ending: Ending | None
    counted_until: Seconds
    customs_seconds: Seconds
    relief_seconds: Seconds
    late_seconds: Seconds
    holds: tuple[HoldLine, ...]
    tenders: tuple[Tender, ...]
    settled: bool


def lateness_of(
    journeys: Journeys,
    portion: Portion,
    terms: ShipmentTerms,
    opened_at: int,
    force: TermsInForce,
    at: int | None,
) -> PortionLine:
    """How late these goods are, net of customs and relief. `opened_at`: since when the terms are known.

    `at` judges goods still under way; None leaves them out, and counts what ended undelivered to the end of accrual.
    """
    commercial = force.commercial
    t0 = commercial.promisedAt + commercial.grace
    accrual_end = t0 + commercial.lostAfter
    stop = stop_of(journeys, portion, terms, commercial)
    ending = None if stop else ending_of(journeys, portion)
    if stop is not None:
        until, settled = stop.at, _beyond_contest(stop, at)
    elif at is not None:
        until, settled = at, ending is not None and at >= accrual_end
    elif ending is not None:
        until, settled = accrual_end, True
    else:
        until, settled = min(t0, accrual_end), False
    until = min(until, accrual_end)
    holds = tuple(
        _hold_line(hold, commercial.liable, opened_at, until)
        for hold in holds_of(journeys, portion, commercial.beneficiary)
    )
    taken = [line.span for line in holds if line.taken_out]
    customs = measure(taken, opened_at, until)
    relief = measure((*taken, *force.relief_spans), 0, until) - customs + force.relief_seconds
    late = max(0, until - t0 - customs - relief) if commercial.promisedAt else 0
    tenders = tenders_of(journeys, portion, terms, commercial)
    return PortionLine(
        portion.shipment,
        portion.packages,
        portion.share,
        stop,
        ending,
        until,
        customs,
        relief,
        late,
        holds,
        tenders,
        settled,
    )


def _beyond_contest(stop: Stop, at: int | None) -> bool:
    return stop.kind != StopKind.TENDER or (
        at is not None and stop.contestable_until is not None and at > stop.contestable_until
    )


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
