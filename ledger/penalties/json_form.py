"""A penalty statement in plain words, and as JSON: for whoever must pay, or check, without reading code."""

from datetime import UTC, datetime
from typing import Any

from ledger.codes import HoldCause, Regime
from ledger.common.canonical import wide_as_text
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, HOUR
from ledger.penalties.lateness import HoldLine, PortionLine
from ledger.penalties.recourse import LegLine
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import NOBODY
from ledger.shipments.clock_stop import StopKind, Tender
from ledger.shipments.history import WHOLE

_STOPPED = {
    StopKind.DELIVERY: "Both sides signed the delivery: it counts at",
    StopKind.LOCKER: "A locker signed for the goods: the clock stopped (this is no delivery) at",
    StopKind.REFUSAL: "The consignee signed that it refused the goods: the clock stopped (this is no delivery) at",
    StopKind.TENDER: "Delivery was offered and not contested in time: the clock stopped (this is no delivery) at",
    StopKind.ONWARD: "New terms took the goods over: the clock stopped at",
}


def moment(seconds: int) -> str:
    """UTC, to the second; times beyond the year 9999 as their number."""
    if seconds >= 253_402_300_800:
        return f"second {seconds}"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: int) -> str:
    """Such as `3 d 04:05:06`."""
    days, rest = divmod(seconds, DAY)
    clock = f"{rest // HOUR:02}:{rest % HOUR // 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def explain(statement: PenaltyStatement) -> tuple[str, ...]:
    """The computation of `statement`, a sentence a step, in the order in which it was made."""
    if statement.part_of is not None:
        stated_at = to_hex(statement.part_of)
        return (f"The clock had stopped before these goods were split off: any penalty is stated at {stated_at}.",)
    lines = [_promise(statement)]
    if statement.share != WHOLE:
        lines.append(f"These goods are {statement.share} of what was promised: they carry that share of α and cap.")
    if not statement.portions and statement.children:
        lines.append(f"The goods were split into {len(statement.children)} shipments; each has its own statement.")
    for portion in statement.portions:
        if len(statement.portions) > 1:
            lines.append(f"{portion.packages} packages, {portion.share} of what was promised:")
        lines += _portion(portion, statement)
    lines.append(_amount(statement))
    lines += [_leg(leg, statement.currency) for leg in statement.legs]
    if statement.amount and statement.stays_with_liable:
        lines.append(
            f"{statement.stays_with_liable} {statement.currency} (minor units) stay with partner {statement.liable}."
        )
    if statement.indicative:
        lines.append(
            f"Indicative only: partner {statement.liable} has neither signed nor endorsed the terms."
            if statement.liable != NOBODY
            else "Indicative only: the terms name nobody as liable."
        )
    return (*lines, *statement.remarks)


def to_json(statement: PenaltyStatement) -> dict[str, Any]:
    """The statement as JSON: integers in minor units and seconds, those over 48 bits as decimal strings."""
    return wide_as_text(_fields(statement))


def _fields(statement: PenaltyStatement) -> dict[str, Any]:
    return {
        "shipment": to_hex(statement.shipment),
        "terms": to_hex(statement.terms),
        "liable": statement.liable,
        "beneficiary": statement.beneficiary,
        "indicative": statement.indicative,
        "settled": statement.settled,
        "share": str(statement.share),
        "alpha": statement.alpha,
        "cap": statement.cap,
        "opened_at": statement.opened_at,
        "promised": statement.promised,
        "grace": statement.grace,
        "promised_at": statement.promised_at,
        "lost_after": statement.lost_after,
        "delivered_at": statement.delivered_at,
        "stopped_at": statement.stopped_at,
        "customs_seconds": statement.customs_seconds,
        "late_seconds": statement.late_seconds,
        "uncapped": statement.uncapped,
        "amount": statement.amount,
        "currency": statement.currency,
        "legs": [
            {
                "partner": leg.partner,
                "shipment": to_hex(leg.shipment),
                "handoff": to_hex(leg.handoff),
                "in_at": leg.start,
                "due_at": leg.due_at,
                "out_at": leg.out_at,
                "customs_seconds": leg.customs_seconds,
                "overrun_seconds": leg.overrun_seconds,
                "amount": leg.amount,
            }
            for leg in statement.legs
        ],
        "stays_with_liable": statement.stays_with_liable,
        "portions": [_portion_json(portion) for portion in statement.portions],
        "children": [to_hex(child) for child in statement.children],
        "part_of": None if statement.part_of is None else to_hex(statement.part_of),
        "explanation": list(explain(statement)),
        "evidence": [to_hex(record_id) for record_id in statement.evidence],
    }


def _promise(statement: PenaltyStatement) -> str:
    if not statement.promised:
        return "The terms promise no time: nothing can be late."
    grace = f", and {duration(statement.grace)} of grace" if statement.grace else ""
    return (
        f"Promised by {moment(statement.promised)}{grace}: the last second on time is {moment(statement.promised_at)}."
    )


def _portion(portion: PortionLine, statement: PenaltyStatement) -> list[str]:
    lines = [_tender(tender) for tender in portion.tenders if tender.contest is not None]
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
        lines.append(f"The goods were never delivered ({portion.ending.what}): the clock runs to the end of accrual.")
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
    return lines


def _tender(tender: Tender) -> str:
    return f"The tender of {moment(tender.stop.occurred_at)} was contested in time: it does not stop the clock."


def _hold(line: HoldLine) -> str:
    hold = line.hold
    regime = Regime(hold.regime).name.lower().replace("_", " ") if hold.regime in set(Regime) else str(hold.regime)
    cause = HoldCause(hold.cause).name.lower().replace("_", " ") if hold.cause in set(HoldCause) else "not stated"
    end = "still open" if hold.end is None else f"released {moment(hold.end)}"
    verdict = "taken out" if line.taken_out else "not taken out"
    return (
        f"Hold by {hold.jurisdiction.decode('ascii', 'replace')} customs ({regime}; cause: {cause}) from "
        f"{moment(hold.start)}, {end}: {verdict}, {line.why}; {duration(line.seconds)} within this clock."
    )


def _amount(statement: PenaltyStatement) -> str:
    if not statement.uncapped:
        return "No penalty."
    capped = f", capped at {statement.cap}" if statement.uncapped > statement.cap else ""
    return (
        f"Penalty: α {statement.alpha} × (days late)² = {statement.uncapped}{capped}: partner {statement.liable} owes "
        f"partner {statement.beneficiary} {statement.amount} {statement.currency} (minor units)."
    )


def _leg(leg: LegLine, currency: str) -> str:
    customs = f", {duration(leg.customs_seconds)} of customs taken out" if leg.customs_seconds else ""
    if not leg.overrun_seconds:
        return f"Partner {leg.partner} passed on in time (due {moment(leg.due_at)}{customs})."
    return (
        f"Partner {leg.partner} was due to pass on by {moment(leg.due_at)} and overran by "
        f"{duration(leg.overrun_seconds)}{customs}: its part by recourse is {leg.amount} {currency} (minor units)."
    )


def _portion_json(portion: PortionLine) -> dict[str, Any]:
    stop = portion.stop
    return {
        "shipment": to_hex(portion.shipment),
        "packages": portion.packages,
        "share": str(portion.share),
        "stopped_by": stop.kind.value if stop else None,
        "stopped_at": stop.at if stop else None,
        "claimed_at": stop.occurred_at if stop else None,
        "ended": portion.ending.what if portion.ending else None,
        "counted_until": portion.counted_until,
        "customs_seconds": portion.customs_seconds,
        "relief_seconds": portion.relief_seconds,
        "late_seconds": portion.late_seconds,
        "settled": portion.settled,
        "holds": [
            {
                "record": to_hex(line.hold.held.id),
                "jurisdiction": line.hold.jurisdiction.decode("ascii", "replace"),
                "regime": line.hold.regime,
                "cause": line.hold.cause,
                "caused_by": line.hold.caused_by,
                "assurance": line.hold.assurance,
                "confirmed": line.hold.confirmed,
                "held_at": line.hold.held_at,
                "presented_at": line.hold.presented_at,
                "from": line.hold.start,
                "until": line.hold.end,
                "seconds": line.seconds,
                "taken_out": line.taken_out,
                "why": line.why,
            }
            for line in portion.holds
        ],
        "tenders": [
            {
                "record": to_hex(tender.stop.verified.id),
                "claimed_at": tender.stop.occurred_at,
                "counted_at": tender.stop.at,
                "contestable_until": tender.stop.contestable_until,
                "contested_by": to_hex(tender.contest.id) if tender.contest else None,
            }
            for tender in portion.tenders
        ],
    }
