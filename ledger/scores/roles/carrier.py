"""What a carrier's indicators count: time, goods and legs.

Everything that was due counts, overdue, lost and tendered too; goods that customs still excuse do not count yet. While
a tender is disputed it is a fault at worst, and none at best.
"""

from collections.abc import Iterator

from ledger.codes import Role, StatementKind
from ledger.common.ids import RecordId
from ledger.common.spans import measure
from ledger.penalties.recourse import legs_of
from ledger.records.types import NOBODY
from ledger.scores.card import Indicator
from ledger.scores.samples import ANY_SEQUENCE, LONGEST_LATE, Case, Sample, latest_of, own_items
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.portions import part_of

_LOSSES = {StatementKind.LOST, StatementKind.DESTROYED}


def carrier_time(case: Case) -> Iterator[Sample]:
    """Shipments on time, mean late seconds (at most 14 days each) and penalty over freight, for who is liable.

    Nobody is judged by terms that others signed alone; a penalty counts once `liable` signed or endorsed its terms.
    A carrier that signed a handoff in breach of a gate was not on time with these goods, liable or not.
    """
    liable, role = case.statement.liable, Role.CARRIER
    broke = _signed_in_breach(case)
    latest, stopped = latest_of(case.lines), all(line.stop is not None for line in case.lines)
    late = latest.late_seconds if latest is not None else 0
    # Overdue, but excused until now, is not known yet.
    due = case.came_due(case.lines) and (late or stopped or liable in broke)
    if latest is not None and due and liable not in (NOBODY, case.terms.consignor) and case.liable_answers:
        own = broke.pop(liable, ())
        records = (*case.proof(latest), *own)
        fallen = max(line.late_seconds_high for line in case.lines)
        for indicator, good, worst in (
            (Indicator.ON_TIME, int(not late and not own), int(not fallen and not own)),
            (Indicator.MEAN_LATE, min(late, LONGEST_LATE), min(fallen, LONGEST_LATE)),
        ):
            yield Sample(role, liable, indicator, good, 1, records, case.delivery, worst=_if_other(worst, good))
        commercial = case.force.commercial
        if case.force.bound and (freight := part_of(commercial.freight, case.statement.share)):
            amount, currency = case.statement.amount, commercial.currency
            most = _if_other(case.statement.amount_high, amount)
            yield Sample(role, liable, Indicator.PENALTY, amount, freight, records, case.delivery, currency, worst=most)
    for partner, signed in broke.items():
        yield Sample(role, partner, Indicator.ON_TIME, 0, 1, (case.statement.terms, *signed), case.delivery)


def carrier_goods(case: Case) -> Iterator[Sample]:
    """In full and undamaged, once for each carrier: what it passed on, offered, lost, or owes and has not delivered."""
    well: dict[int, list[RecordId]] = {}
    badly: dict[int, list[RecordId]] = {}
    disputed: set[int] = set()
    for move, new, *_ in own_items(case.portion):
        if move.verified.known in case.period and (new or not move.refused):
            (badly if new else well).setdefault(move.releaser, []).append(move.verified.id)
    for match in case.journeys.statements(case.shipment):
        if match.record.kind in _LOSSES and match.verified.known in case.period:
            badly.setdefault(match.record.by, []).append(match.verified.id)
    for line in case.lines if case.came_due(case.lines) else ():
        holder = case.journeys.holder_at(line.shipment, ANY_SEQUENCE) or NOBODY
        if line.stop is None and line.late_seconds:
            for partner in {holder, int(case.statement.liable)} if case.liable_answers else {holder}:
                badly.setdefault(partner, []).append(case.statement.terms)
        elif line.stop is not None and line.stop.kind in (StopKind.REFUSAL, StopKind.TENDER):
            well.setdefault(holder, []).append(line.stop.verified.id)
            if line.disputed and line.stop_high is None:  # otherwise they have arrived since
                disputed |= {holder, int(case.statement.liable)} if case.liable_answers else {holder}
    for partner in sorted(well.keys() | badly.keys()):
        if partner not in case.outsiders:
            records = tuple(dict.fromkeys(badly.get(partner) or well[partner]))
            good = int(partner not in badly)
            worst = 0 if good and partner in disputed else None
            yield Sample(Role.CARRIER, partner, Indicator.IN_FULL, good, 1, records, case.delivery, worst=worst)


def carrier_legs(case: Case) -> Iterator[Sample]:
    """Legs out by `dueAt`, net of the holds that the leg's partner did not cause.

    A leg that ran when its goods parted is out when the last of them is, and counts once.
    """
    seen: dict[RecordId, tuple[int, bool]] = {}
    for portion, line, force in ((t.portion, t.line, t.force) for t in case.travelled()):
        legs, _ = legs_of(case.journeys, line, case.terms.consignee)
        own = {move.verified.id for move in portion.moves if move.shipment == case.shipment}
        for leg in legs:
            if leg.handoff not in own or not case.period.due(leg.due_at):
                continue
            spans = [h.span for h in line.holds if h.hold.confirmed and h.hold.caused_by != leg.partner]
            excused = measure((*spans, *force.relief_spans), leg.start, leg.out_at)
            good = leg.out_at - leg.due_at - excused <= 0
            seen[leg.handoff] = leg.partner, good and seen.get(leg.handoff, (0, True))[1]
    for handoff, (partner, good) in seen.items():
        yield Sample(Role.CARRIER, partner, Indicator.LEGS, int(good), 1, (handoff,), case.delivery)


def _if_other(worst: int, good: int) -> int | None:
    return None if worst == good else worst


def _signed_in_breach(case: Case) -> dict[int, tuple[RecordId, ...]]:
    """The carriers that signed a handoff of this shipment in breach of a gate, each with the records."""
    signed: dict[int, list[RecordId]] = {}
    if case.terms.requires:
        for breach in breaches(case.journeys, case.shipment):
            if breach.record.known in case.period:
                for partner in {breach.releaser, breach.receiver} - case.outsiders:
                    signed.setdefault(partner, []).append(breach.record.id)
    return {partner: tuple(dict.fromkeys(signed[partner])) for partner in sorted(signed)}
