"""A penalty statement in sentences: for whoever must pay, or check, without reading code."""

from typing import Any

from ledger.codes import HoldCause, Regime
from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.explain.units import duration, moment, money
from ledger.explain.words import word
from ledger.penalties.lateness import HoldLine, HoldReason, PortionLine
from ledger.penalties.recourse import LegLine
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import NOBODY
from ledger.shipments.amendments import Remark, RemarkReason
from ledger.shipments.clock_stop import EndingKind, StopKind
from ledger.shipments.portions import WHOLE
from ledger.shipments.tenders import Tender, TenderState

_STOPPED = {
    StopKind.DELIVERY: "Both sides signed the delivery: it counts at",
    StopKind.LOCKER: "A locker signed for the goods: the clock stopped (this is no delivery) at",
    StopKind.REFUSAL: "The consignee signed that it refused the goods: the clock stopped (this is no delivery) at",
    StopKind.TENDER: "Delivery was offered: the clock stopped (this is no delivery) at",
    StopKind.ONWARD: "New terms that the beneficiary or the consignee signed took the goods over: the clock stopped at",
}


ENDINGS = {
    EndingKind.LOST: "lost",
    EndingKind.LEFT: "left behind",
    EndingKind.SOLD: "sold",
    EndingKind.DESTROYED: "destroyed",
    EndingKind.ABANDONED: "abandoned",
    EndingKind.SEIZED: "seized",
    EndingKind.DESTROYED_BY_CUSTOMS: "destroyed by customs",
    EndingKind.TRANSFORMED: "made into something else",
}
HOLD_REASONS = {
    HoldReason.NOT_CAUSED_BY_LIABLE: "not caused by the liable partner",
    HoldReason.ON_A_BROKERS_WORD: "not signed by customs about what was required or lodged, and not endorsed",
    HoldReason.CAUSED_BY_LIABLE: "caused by the liable partner itself",
    HoldReason.OUTSIDE_THE_CLOCK: "no second of it lies between presentation or opening and arrival",
}
_TENDERS = {
    TenderState.OPEN: "may still be contested: until then what depends on it is not owed",
    TenderState.STANDS: "was not contested in time: it stands",
    TenderState.DISPUTED: "was contested in time: what depends on it is disputed, and not owed until that is decided",
    TenderState.UPHELD: "was contested in time, and a third bore it out: it stands",
    TenderState.FALLEN: "was contested in time, and no third bore it out: it does not stop the clock",
    TenderState.EARLY: "came more than a day before the promise: it does not stop the clock",
    TenderState.ELSEWHERE: "was not made at the destination: it does not stop the clock",
    TenderState.MOVED_ON: "counts as if it had never been made, for the goods went on elsewhere",
}
_REMARKS = {
    RemarkReason.NOT_SIGNED_BY_BOTH: "lacks the signature of the liable or the beneficiary",
    RemarkReason.UNREADABLE: "cannot be read",
}


def explain(statement: PenaltyStatement) -> tuple[str, ...]:
    """The computation of `statement`, a sentence a step, in the order in which it was made."""
    if statement.part_of is not None:
        stated_at = to_hex(statement.part_of)
        return (f"The clock had stopped before these goods were split off: any penalty is stated at {stated_at}.",)
    lines = [_promise(statement)]
    if statement.share != WHOLE:
        lines.append(f"These goods are {statement.share} of what was promised: they carry that share of α and cap.")
    if statement.children and statement.family == statement.shipment:
        lines.append(f"The goods were split into {len(statement.children)} shipments: their parts share one sum.")
    if statement.family != statement.shipment:
        family = to_hex(statement.family)
        lines.append(f"The penalty is stated as a whole at {family}: what falls on these goods is known to one unit.")
    for portion in statement.portions:
        if len(statement.portions) > 1:
            lines.append(f"{portion.packages} packages, {portion.share} of what was promised:")
        lines += _portion(portion, statement)
    lines.append(_amount(statement))
    lines += [_leg(leg, statement.currency) for leg in statement.legs]
    if statement.amount and statement.stays_with_liable:
        rest = money(statement.stays_with_liable, statement.currency)
        lines.append(f"{rest} stay with partner {statement.liable}.")
    if statement.indicative:
        lines.append(
            f"Indicative only: partner {statement.liable} has neither signed nor endorsed the terms."
            if statement.liable != NOBODY
            else "Indicative only: the terms name nobody as liable."
        )
    return (*lines, *map(_remark, statement.remarks))


def stated(statement: PenaltyStatement) -> dict[str, Any]:
    """The statement as JSON, and beside it, in `explanation`, the sentences of `explain`."""
    return to_json(statement) | {"explanation": list(explain(statement))}


def _remark(remark: Remark) -> str:
    return f"Amendment {to_hex(remark.amendment)} {_REMARKS[remark.reason]}: it changes nothing."


def _promise(statement: PenaltyStatement) -> str:
    if not statement.promised:
        return "The terms promise no time: nothing can be late."
    grace = f", and {duration(statement.grace)} of grace" if statement.grace else ""
    return (
        f"Promised by {moment(statement.promised)}{grace}: the last second on time is {moment(statement.promised_at)}."
    )


def _portion(portion: PortionLine, statement: PenaltyStatement) -> list[str]:
    lines = list(map(_tender, portion.tenders))
    if portion.stop is not None:
        stop = portion.stop
        counted = f"{_STOPPED[stop.kind]} {moment(stop.at)}"
        if stop.at != stop.occurred_at:
            counted += (
                f" (claimed for {moment(stop.occurred_at)}, but known only at {moment(stop.known)}: "
                "a report may lag by what the terms allow, not more)"
            )
        lines.append(counted + ".")
    elif portion.ending is not None:
        lines.append(
            f"The goods were never delivered ({ENDINGS[portion.ending.kind]}): the clock runs to the end of accrual."
        )
    else:
        lines.append(f"Neither delivered nor tendered: the clock runs, and is read at {moment(portion.counted_until)}.")
    if portion.counted_until == statement.accrual_end and (
        portion.stop is None or portion.stop.at > statement.accrual_end
    ):
        lines.append(f"Accrual ended {duration(statement.lost_after)} after the promise.")
    lines += [_hold(line) for line in portion.holds]
    if portion.customs_seconds:
        lines.append(f"Taken out for customs: {duration(portion.customs_seconds)} (overlaps count once).")
    if portion.relief_seconds:
        lines.append(f"Taken out by agreed relief: {duration(portion.relief_seconds)}.")
    lines.append(f"Late by {duration(portion.late_seconds)}." if portion.late_seconds else "Not late.")
    if portion.disputed:
        lines.append(f"Were it decided the other way: late by {duration(portion.late_seconds_high)}.")
    return lines


def _tender(tender: Tender) -> str:
    closed = " Its place or the destination is not shown here." if tender.place_closed else ""
    return f"The tender of {moment(tender.occurred_at)} {_TENDERS[tender.state]}.{closed}"


def _hold(line: HoldLine) -> str:
    hold = line.hold
    regime = word(Regime, hold.regime) if hold.regime in set(Regime) else str(hold.regime)
    cause = word(HoldCause, hold.cause) if hold.cause in set(HoldCause) else "not stated"
    end = "still open" if hold.end is None else f"released {moment(hold.end)}"
    verdict = "taken out" if line.taken_out else "not taken out"
    return (
        f"Hold by {hold.jurisdiction.decode('ascii', 'replace')} customs ({regime}; cause: {cause}) from "
        f"{moment(hold.start)}, {end}: {verdict}, {HOLD_REASONS[line.reason]}; "
        f"{duration(line.seconds)} within this clock."
    )


def _amount(statement: PenaltyStatement) -> str:
    if not statement.uncapped and not statement.amount_high:
        return "No penalty."
    rate, uncapped, cap, amount = (
        money(value, statement.currency)
        for value in (statement.alpha, statement.uncapped, statement.cap, statement.amount)
    )
    capped = f", capped at {cap}" if statement.uncapped > statement.cap else ""
    frozen = f" Disputed, and frozen: {money(statement.frozen, statement.currency)} more." if statement.frozen else ""
    return (
        f"Penalty: α {rate} × (days late)² = {uncapped}{capped}: partner {statement.liable} owes "
        f"partner {statement.beneficiary} {amount}.{frozen}"
    )


def _leg(leg: LegLine, currency: str) -> str:
    customs = f", {duration(leg.customs_seconds)} of customs taken out" if leg.customs_seconds else ""
    if not leg.overrun_seconds:
        return f"Partner {leg.partner} passed on in time (due {moment(leg.due_at)}{customs})."
    return (
        f"Partner {leg.partner} was due to pass on by {moment(leg.due_at)} and overran by "
        f"{duration(leg.overrun_seconds)}{customs}: its part by recourse is {money(leg.amount, currency)}."
    )
