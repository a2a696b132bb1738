"""What a single shipment adds to the figures of a network: it is worked out once, whatever is grouped by then.

See `ledger.network.performance`, which adds up, for what the figures mean.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, get_origin, get_type_hints

from ledger.codes import HoldCause, Purpose, StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, FOREVER, Period
from ledger.network.customs import Office, holds_of, procedures_of
from ledger.network.duties import DutyPaid, duties_of
from ledger.network.returns import Returned, returns_of, went_on
from ledger.network.routes import EXPECTED, Route, Windows, route_of
from ledger.network.sections import Section, sections_of
from ledger.network.sight import EVERYTHING, Sight
from ledger.penalties.lateness import PortionLine
from ledger.penalties.recourse import legs_of
from ledger.scores.incremental import may_change_until
from ledger.scores.samples import Case, Event, case_of, own_moves
from ledger.shipments.clock_stop import StopKind, moved
from ledger.shipments.history import Journeys
from ledger.shipments.per_shipment import PerShipment
from ledger.shipments.portions import Move, part_of
from ledger.shipments.return_reason import ReturnReason


class Contribution(NamedTuple):
    """What one shipment adds to the figures of the group that its `route` puts it into, in the period that `second`
    lies in; fields as in `NetworkFigures`.
    """

    second: int
    route: Route
    counts: tuple[int, ...]
    """In the order of `_COUNTS`."""
    times: tuple[int, ...]
    amounts: tuple[tuple[tuple[Any, int], ...], ...]
    """In the order of `_AMOUNTS`: what they are by, and how much."""
    evidence: tuple[RecordId, ...]
    processing: tuple[int, ...] = ()
    duties: tuple[DutyPaid, ...] = ()
    returns: tuple[Returned, ...] = ()
    order: bytes = b""
    """The terms that goods were opened under: however they were split, they are one order."""
    currency: str = ""
    """Of these terms."""
    event: Event | None = None
    """The delivery event that it is part of; None where no time is expected of it."""


@dataclass(slots=True)
class Sums:
    """Of one shipment, or of several."""

    shipments: int = 0
    delivered: int = 0
    packages: int = 0
    times: list[int] = field(default_factory=list)
    processing: list[int] = field(default_factory=list)
    windowed: int = 0
    abnormal: int = 0
    legs_due: int = 0
    legs_in_time: int = 0
    legs_undated: int = 0
    section_due: Counter[Section] = field(default_factory=Counter)
    section_in_time: Counter[Section] = field(default_factory=Counter)
    procedures: int = 0
    first_time: int = 0
    customs_seconds: Counter[HoldCause] = field(default_factory=Counter)
    office_seconds: Counter[tuple[Office, HoldCause]] = field(default_factory=Counter)
    held_seconds: int = 0
    freight: Counter[str] = field(default_factory=Counter)
    penalties: Counter[str] = field(default_factory=Counter)
    indicative: Counter[str] = field(default_factory=Counter)
    handled: Counter[int] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    duty: Counter[str] = field(default_factory=Counter)
    duties_hidden: int = 0
    ended: int = 0
    """Packages of orders, where they stay: not of returns, nor of what went on under later terms."""
    reached: int = 0
    reached_packages: int = 0
    returned: int = 0
    returned_packages: int = 0
    reasons: Counter[ReturnReason] = field(default_factory=Counter)
    reasons_agreed: Counter[ReturnReason] = field(default_factory=Counter)
    evidence: dict[RecordId, None] = field(default_factory=dict)

    @classmethod
    def of(cls, contributions: Sequence[Contribution], sight: Sight = EVERYTHING) -> "Sums":
        """Of these shipments together, column by column; what other records say of them as far as one sees these."""
        result = cls(
            times=[second for one in contributions for second in one.times],
            processing=[second for one in contributions for second in one.processing],
        )
        for name, column in zip(_COUNTS, zip(*(one.counts for one in contributions), strict=True), strict=True):
            setattr(result, name, sum(column))
        for name, entries in zip(_AMOUNTS, zip(*(one.amounts for one in contributions), strict=True), strict=True):
            sums = getattr(result, name)
            for key, amount in chain.from_iterable(entries):
                sums[key] += amount
        for one in contributions:
            for duty in one.duties:
                if duty.paid is None or not sight.papers(duty.paper):
                    result.duties_hidden += 1
                else:
                    result.duty[duty.currency] += duty.paid
            for back in one.returns:
                told = sight.papers(back.paper)
                result.reasons[back.reason if told else ReturnReason.UNKNOWN] += back.packages
                if told and back.agreed:
                    result.reasons_agreed[back.reason] += back.packages
        result.evidence = dict.fromkeys(chain.from_iterable(one.evidence for one in contributions))
        return result


_COUNTS = tuple(name for name, kind in get_type_hints(Sums).items() if kind is int)
_AMOUNTS = tuple(name for name, kind in get_type_hints(Sums).items() if get_origin(kind) is Counter)

_COUNTS_AT = {name: i for i, name in enumerate(_COUNTS)}
_AMOUNTS_AT = {name: i for i, name in enumerate(_AMOUNTS)}


def count_of(contribution: Contribution, name: str) -> int:
    """One of its counts by the name in `Sums`."""
    return contribution.counts[_COUNTS_AT[name]]


def amounts_of(contribution: Contribution, name: str) -> tuple[tuple[Any, int], ...]:
    """One of its amounts by the name in `Sums`: what it is by, and how much."""
    return contribution.amounts[_AMOUNTS_AT[name]]


def contribution_of(journeys: Journeys, shipment: bytes, at: int, windows: Windows) -> Contribution | None:
    """As judged at `at`; None where a part that the figures need is withheld here."""
    return _contribution(case_of(journeys, shipment, Period(0, FOREVER, at)), windows)


def _contribution(case: Case | None, windows: Windows) -> Contribution | None:
    if case is None:
        return None
    route, sums = route_of(case), Sums()
    _add(sums, case, route, windows)
    duties, returns = duties_of(case.journeys, case.shipment), _add_ends(sums, case)
    papers = (*(one.paper for one in duties), *(one.paper for one in returns))
    sums.evidence.update(dict.fromkeys(paper.id for paper in papers))
    counts = tuple(getattr(sums, name) for name in _COUNTS)
    amounts = tuple(tuple(getattr(sums, name).items()) for name in _AMOUNTS)
    times, processing, evidence = tuple(sums.times), tuple(sums.processing), tuple(sums.evidence)
    event = case.delivery.event if sums.windowed else None
    order, currency = case.statement.terms, case.force.commercial.currency
    return Contribution(
        _second_of(case), route, counts, times, amounts, evidence, processing, duties, returns, order, currency, event
    )


class KeptContributions:
    """Of all shipments, while journeys grow. A `ledger.scores.incremental.Running` that watches `kept` says what is to
    be worked out again.

    Memory: about 2,000 bytes a shipment (`python -m scripts.bench.numbers ways`).
    """

    def __init__(self, journeys: Journeys, windows: Windows = EXPECTED) -> None:
        self._journeys = journeys
        self._windows = windows
        self._routes: dict[Route, Route] = {}
        self.kept = PerShipment(self._made)

    def of(self, shipment: bytes, at: int) -> Contribution | None:
        """As `contribution_of`."""
        return self.kept.of(shipment, at)

    def _made(self, shipment: bytes, at: int | None) -> tuple[Contribution | None, int]:
        case = case_of(self._journeys, shipment, Period(0, FOREVER, at or 0))
        one = _contribution(case, self._windows)
        if case is None or one is None:
            return None, 0
        split = case.portion.split
        until = max(may_change_until(case), split.record.occurredAt if split is not None else 0)
        # One object for each route, for there are few.
        return one._replace(route=self._routes.setdefault(one.route, one.route)), until


def _second_of(case: Case) -> int:
    """The second that decides to which period it belongs."""
    if case.lines:
        line = _last(case)
        return line.stop.at if line.stop is not None else case.t0
    split = case.portion.split
    return split.record.occurredAt if split is not None else case.t0


def _last(case: Case) -> PortionLine:
    """The goods whose clock stopped last, or still runs: not before them has all of the shipment arrived."""
    return max(case.lines, key=lambda line: line.stop.at if line.stop is not None else FOREVER)


def _add(sums: Sums, case: Case, route: Route, windows: Windows) -> None:
    """Goods count where they went in the end, so a shipment that was split counts as its children; what was done to
    them before counts at the shipment to which it was done, once.
    """
    if case.lines:
        sums.shipments += 1
        sums.packages += sum(line.packages for line in case.lines)
        commercial = case.force.commercial
        if freight := part_of(commercial.freight, case.statement.share):
            sums.freight[commercial.currency] += freight
        if case.statement.amount:
            amounts = sums.indicative if case.statement.indicative else sums.penalties
            amounts[commercial.currency] += case.statement.amount
        _add_time(sums, case, route, windows)
    else:
        sums.evidence[case.statement.terms] = None
    for line in case.lines:
        sums.evidence.update(dict.fromkeys(case.proof(line)))
    _add_processing(sums, case)
    _add_legs(sums, case)
    _add_customs(sums, case)
    _add_nodes(sums, case)


def _add_processing(sums: Sums, case: Case) -> None:
    """From the opening of terms to the first handoff under them, unless that is the delivery: then nothing says when
    the goods left. Once for all that was split from these goods later.
    """
    if not case.opened_here:
        return
    first = next((move for move in case.portion.moves if not move.refused and move.handoff is not None), None)
    if first is None or first.receiver == case.terms.consignee:
        return
    seconds = moved(case.journeys, first, case.force.commercial).at - case.opened_at
    if seconds >= 0:
        sums.processing.append(seconds)
        sums.evidence[first.verified.id] = None


def _add_legs(sums: Sums, case: Case) -> None:
    """A leg that ran when its goods parted is out when the last of them is."""
    own = {move.verified.id for move in case.journeys.moves(case.shipment)}
    in_time: dict[RecordId, bool] = {}
    section: dict[RecordId, Section] = {}
    for goods in case.travelled():
        legs = legs_of(case.journeys, goods.line, case.terms.consignee)[0]
        sections = sections_of(goods.line.part.portion.moves, case.terms.consignee) if legs else {}
        for leg in legs:
            if leg.handoff in own and leg.due_at < case.period.at:
                in_time[leg.handoff] = not leg.overrun_seconds and in_time.get(leg.handoff, True)
                part = sections[leg.handoff]
                section[leg.handoff] = part.with_others(section.get(leg.handoff, part))
    sums.legs_due += len(in_time)
    sums.legs_undated += sum(_undated(move, case.terms.consignee) for move in case.journeys.moves(case.shipment))
    sums.legs_in_time += sum(in_time.values())
    for handoff, part in section.items():
        sums.section_due[part] += 1
        sums.section_in_time[part] += in_time[handoff]


def _undated(move: Move, consignee: int) -> bool:
    """Whether somebody took goods over to pass them on, and no deadline was signed for that."""
    return move.handoff is not None and not move.refused and not move.handoff.dueAt and move.receiver != consignee


def _add_ends(sums: Sums, case: Case) -> tuple[Returned, ...]:
    """Where goods of an order stay, and what came back of those that had arrived, or were to. A return is no order."""
    if not case.lines or case.terms.purpose == Purpose.RETURN:
        return ()
    returns = tuple(returns_of(case.journeys, case.shipment))
    stayed = case.portion.packages - went_on(case.journeys, case.shipment)
    if stayed > 0:
        sums.ended += stayed
        if _arrived(case) or returns:
            sums.reached += 1
            sums.reached_packages += stayed
    sums.returned += bool(returns)
    sums.returned_packages += sum(one.packages for one in returns)
    return returns


def _add_customs(sums: Sums, case: Case) -> None:
    held = holds_of(case)
    sums.customs_seconds.update(held.by_cause)
    sums.office_seconds.update(held.by_office)
    sums.held_seconds += held.seconds
    sums.evidence.update(dict.fromkeys(held.evidence))
    procedures = procedures_of(case)
    sums.procedures += len(procedures)
    sums.first_time += sum(procedures)


def _add_time(sums: Sums, case: Case, route: Route, windows: Windows) -> None:
    line = _last(case)
    stopped = line.stop
    delivered = _arrived(case)
    sums.delivered += delivered
    moves = [move for move in line.part.portion.moves if not move.refused]
    # Where the delivery is the only handoff, the goods left when the terms were opened, for all that is known.
    way = moves[:-1] if delivered else moves
    began = moved(case.journeys, way[0], case.force.commercial).at if way else case.opened_at
    ended = stopped.at if stopped is not None else case.period.at
    if ended < began:
        return
    seconds = ended - began
    if delivered:
        sums.times.append(seconds)
    window = windows.get((route.market, route.mode)) if route.market and route.mode is not None else None
    if window is not None:
        abnormal = seconds > window.most * DAY
        # Goods still on their way are abnormal once the window has passed, and not judged before.
        if delivered or abnormal:
            sums.windowed += 1
            sums.abnormal += abnormal


def _arrived(case: Case) -> bool:
    stop = _last(case).stop
    return stop is not None and stop.kind is StopKind.DELIVERY


def _add_nodes(sums: Sums, case: Case) -> None:
    for move, new in own_moves(case.portion):
        sums.handled[move.releaser] += 1
        sums.failed[move.releaser] += bool(new)
    for match in case.journeys.statements(case.shipment):
        if match.record.kind in (StatementKind.LOST, StatementKind.DESTROYED):
            sums.handled[match.record.by] += 1
            sums.failed[match.record.by] += 1
