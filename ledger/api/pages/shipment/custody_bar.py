"""The custody bar: who had the goods when, when customs held them, and where the penalty's clock stood, on one axis.

Pure geometry: places on the axis in ten-thousandths of its width, so that the picture scales to any screen while its
lettering does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.periods import DAY
from ledger.common.spans import Span, clip, union
from ledger.penalties.lateness import PortionLine
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.course.spans import HeldView, StayView
from ledger.shipments.tenders import TenderState

WHOLE = 10_000
THIN = 60
"""What lasts less than this of the axis is drawn so wide: a second must be seen beside a year."""
LETTER = 450
"""A number fits into what is so wide, on a phone too."""
STRETCH = 3
"""A promise that lies further off than so many times what has passed is left out of the axis, and said to be beyond."""


class Row(StrEnum):
    CUSTODY = "custody"
    CUSTOMS = "customs"
    CLOCK = "clock"


class Kind(StrEnum):
    """What a bar shows: how it is drawn follows from it alone."""

    HELD = "held"
    HOLD = "hold"
    IN_TIME = "in-time"
    LATE = "late"
    TAKEN_OUT = "taken-out"


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` on the axis; `number` of the holder, 0 for none. `open`: it goes on."""

    row: Row
    kind: Kind
    start: int
    end: int
    x: int
    width: int
    number: int = 0
    open: bool = False

    @property
    def lettered(self) -> bool:
        return self.number > 0 and self.width >= LETTER


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the axis: `promise`, `now`, `stop`, or a tender by whether it `stands`, is `open` or `fell`."""

    kind: str
    at: int
    x: int


@dataclass(frozen=True, slots=True)
class Holder:
    """`number` in the picture of who had the goods; the consumer has none in the registry, and a number here."""

    number: int
    partner: PartnerName


@dataclass(frozen=True, slots=True)
class Picture:
    start: int
    end: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    holders: tuple[Holder, ...]
    promise_beyond: bool

    def row(self, row: Row) -> tuple[Bar, ...]:
        return tuple(bar for bar in self.bars if bar.row == row)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `start` to `end`, in seconds UTC; never empty."""

    start: int
    end: int

    def x(self, at: int) -> int:
        """Where `at` lies; before the beginning at 0, after the end at `WHOLE`."""
        return min(WHOLE, max(0, (at - self.start) * WHOLE // (self.end - self.start)))

    def placed(self, start: int, end: int) -> tuple[int, int]:
        """Place and width of a span, wide enough to be seen and within the axis."""
        left = self.x(start)
        width = max(THIN, self.x(end) - left)
        return min(left, WHOLE - width), width


def axis_of(times: Iterable[int], promise: int) -> tuple[Axis, bool]:
    """An axis on which all `times` lie, and the `promise` (0: none) unless it lies too far off; whether it does."""
    known = list(times)
    start, end = min(known), max(known)
    furthest = start + (STRETCH + 1) * max(DAY, end - start)
    beyond = promise > furthest
    end = max(end, min(promise, furthest))
    return Axis(start, max(end, start + 1)), beyond


def picture(
    stays: Sequence[StayView],
    holds: Sequence[HeldView],
    line: PortionLine | None,
    opened_at: int,
    now: int,
) -> Picture | None:
    """The picture of a shipment; None while nobody is known to have had it. `line`: the clock of its latest goods, for
    who may see it, which began at `opened_at`."""
    if not stays:
        return None
    promise = line.promised_at if line is not None and line.force.commercial.promisedAt else 0
    axis, beyond = axis_of(_times(stays, holds, line if promise else None, now), promise)
    numbers: dict[PartnerName, int] = {}
    for stay in stays:
        numbers.setdefault(stay.partner, len(numbers) + 1)
    bars = [
        *(_bar(axis, Row.CUSTODY, Kind.HELD, (s.since, s.until), now, numbers[s.partner]) for s in stays),
        *(_bar(axis, Row.CUSTOMS, Kind.HOLD, (hold.since, hold.until), now) for hold in holds),
    ]
    marks: list[Mark] = []
    if line is not None and promise:
        bars += _clock(axis, line, opened_at, now)
        marks += [] if beyond else [Mark("promise", promise, axis.x(promise))]
        marks += [Mark(_TENDERS[tender.state], tender.at, axis.x(tender.at)) for tender in line.tenders]
        marks += [Mark("stop", line.stop.at, axis.x(line.stop.at))] if line.stop is not None else []
    if any(stay.until is None for stay in stays):
        marks.append(Mark("now", now, axis.x(now)))
    holders = tuple(Holder(number, partner) for partner, number in numbers.items())
    return Picture(axis.start, axis.end, tuple(bars), tuple(marks), holders, beyond)


_TENDERS = {
    TenderState.OPEN: "open",
    TenderState.DISPUTED: "open",
    TenderState.STANDS: "stands",
    TenderState.UPHELD: "stands",
    TenderState.FALLEN: "fell",
    TenderState.EARLY: "fell",
    TenderState.ELSEWHERE: "fell",
    TenderState.MOVED_ON: "fell",
}


def _times(stays: Sequence[StayView], holds: Sequence[HeldView], line: PortionLine | None, now: int) -> Iterator[int]:
    for since, until in (*((s.since, s.until) for s in stays), *((h.since, h.until) for h in holds)):
        yield since
        yield now if until is None else until
    if line is not None:
        yield from (tender.at for tender in line.tenders)
        yield from [line.stop.at] if line.stop is not None else [min(now, line.counted_until)]


def _clock(axis: Axis, line: PortionLine, opened_at: int, now: int) -> Iterator[Bar]:
    """On time, then late; above it what is taken out of that."""
    until, due = line.counted_until, line.promised_at
    running = line.stop is None and line.ending is None
    start = max(axis.start, min(opened_at, until))
    if start < min(until, due):
        yield _bar(axis, Row.CLOCK, Kind.IN_TIME, (start, min(until, due)), now, runs=running and until <= due)
    if until > due:
        yield _bar(axis, Row.CLOCK, Kind.LATE, (max(start, due), until), now, runs=running)
    out: list[Span] = [held.span for held in line.holds if held.taken_out]
    out += [clip(span, start, until) for span in line.force.relief_spans]
    for span in union(out):
        yield _bar(axis, Row.CLOCK, Kind.TAKEN_OUT, span, now)


def _bar(
    axis: Axis, row: Row, kind: Kind, span: tuple[int, int | None], now: int, number: int = 0, *, runs: bool = False
) -> Bar:
    start, end = span
    until = max(start, now) if end is None else end
    return Bar(row, kind, start, until, *axis.placed(start, until), number, runs or end is None)
