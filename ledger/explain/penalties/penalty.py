"""A penalty statement in sentences: for whoever must pay, or check, without reading code."""

from typing import Any

from ledger.codes import HoldCause, Regime
from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.explain.text import Text, partner, phrase, say, say_counted, sentences
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
    StopKind.DELIVERY: phrase("Both sides signed the delivery: it counts at {time}{claim}."),
    StopKind.LOCKER: phrase("A locker signed for the goods: the clock stopped (this is no delivery) at {time}{claim}."),
    StopKind.REFUSAL: phrase(
        "The consignee signed that it refused the goods: the clock stopped (this is no delivery) at {time}{claim}."
    ),
    StopKind.TENDER: phrase("Delivery was offered: the clock stopped (this is no delivery) at {time}{claim}."),
    StopKind.ONWARD: phrase(
        "New terms that the beneficiary or the consignee signed took the goods over: the clock stopped at "
        "{time}{claim}."
    ),
}
ENDINGS = {
    EndingKind.LOST: say("lost"),
    EndingKind.LEFT: say("left behind"),
    EndingKind.SOLD: say("sold"),
    EndingKind.DESTROYED: say("destroyed"),
    EndingKind.ABANDONED: say("abandoned"),
    EndingKind.SEIZED: say("seized"),
    EndingKind.DESTROYED_BY_CUSTOMS: say("destroyed by customs"),
    EndingKind.TRANSFORMED: say("made into something else"),
}
HOLD_REASONS = {
    HoldReason.NOT_CAUSED_BY_LIABLE: say("not caused by the liable partner"),
    HoldReason.ON_A_BROKERS_WORD: say("not signed by customs about what was required or lodged, and not endorsed"),
    HoldReason.CAUSED_BY_LIABLE: say("caused by the liable partner itself"),
    HoldReason.OUTSIDE_THE_CLOCK: say("no second of it lies between presentation or opening and arrival"),
}
_TENDERS = {
    TenderState.OPEN: phrase("The tender of {time} may still be contested: until then what depends on it is not owed."),
    TenderState.STANDS: phrase("The tender of {time} was not contested in time: it stands."),
    TenderState.DISPUTED: phrase(
        "The tender of {time} was contested in time: what depends on it is disputed, and not owed until that is "
        "decided."
    ),
    TenderState.UPHELD: phrase("The tender of {time} was contested in time, and a third bore it out: it stands."),
    TenderState.FALLEN: phrase(
        "The tender of {time} was contested in time, and no third bore it out: it does not stop the clock."
    ),
    TenderState.EARLY: phrase(
        "The tender of {time} came more than a day before the promise: it does not stop the clock."
    ),
    TenderState.ELSEWHERE: phrase("The tender of {time} was not made at the destination: it does not stop the clock."),
    TenderState.MOVED_ON: phrase(
        "The tender of {time} counts as if it had never been made, for the goods went on elsewhere."
    ),
}
_REMARKS = {
    RemarkReason.NOT_SIGNED_BY_BOTH: phrase(
        "Amendment {amendment} lacks the signature of the liable or the beneficiary: it changes nothing."
    ),
    RemarkReason.UNREADABLE: phrase("Amendment {amendment} cannot be read: it changes nothing."),
}


def explain(statement: PenaltyStatement) -> tuple[Text, ...]:
    """The computation of `statement`, a sentence a step, in the order in which it was made."""
    if statement.part_of is not None:
        stated_at = to_hex(statement.part_of)
        return (
            say(
                "The clock had stopped before these goods were split off: any penalty is stated at {shipment}.",
                shipment=stated_at,
            ),
        )
    lines = [_promise(statement)]
    if statement.share != WHOLE:
        lines.append(
            say(
                "These goods are {share} of what was promised: they carry that share of α and cap.",
                share=str(statement.share),
            )
        )
    if statement.children and statement.family == statement.shipment:
        lines.append(
            say(
                "The goods were split into {count} shipments: their parts share one sum.",
                count=len(statement.children),
            )
        )
    if statement.family != statement.shipment:
        lines.append(
            say(
                "The penalty is stated as a whole at {shipment}: what falls on these goods is known to one unit.",
                shipment=to_hex(statement.family),
            )
        )
    for portion in statement.portions:
        if len(statement.portions) > 1:
            lines.append(
                say_counted(
                    "{count} packages, {share} of what was promised:",
                    "{count} packages, {share} of what was promised:",
                    portion.packages,
                    share=str(portion.share),
                )
            )
        lines += _portion(portion, statement)
    lines.append(_amount(statement))
    lines += [_leg(leg, statement.currency) for leg in statement.legs]
    if statement.amount and statement.stays_with_liable:
        rest = money(statement.stays_with_liable, statement.currency)
        lines.append(say("{amount} stay with {partner}.", amount=rest, partner=partner(statement.liable)))
    if statement.indicative:
        lines.append(
            say(
                "Indicative only: {partner} has neither signed nor endorsed the terms.",
                partner=partner(statement.liable),
            )
            if statement.liable != NOBODY
            else say("Indicative only: the terms name nobody as liable.")
        )
    return (*lines, *map(_remark, statement.remarks))


def stated(statement: PenaltyStatement) -> dict[str, Any]:
    """The statement as JSON, and beside it, in `explanation`, the sentences of `explain`."""
    return to_json(statement) | {"explanation": list(explain(statement))}


def _remark(remark: Remark) -> Text:
    return say(_REMARKS[remark.reason], amendment=to_hex(remark.amendment))


def _promise(statement: PenaltyStatement) -> Text:
    if not statement.promised:
        return say("The terms promise no time: nothing can be late.")
    promised, last = moment(statement.promised), moment(statement.promised_at)
    if not statement.grace:
        return say("Promised by {promised}: the last second on time is {last}.", promised=promised, last=last)
    return say(
        "Promised by {promised}, and {grace} of grace: the last second on time is {last}.",
        promised=promised,
        grace=duration(statement.grace),
        last=last,
    )


def _portion(portion: PortionLine, statement: PenaltyStatement) -> list[Text]:
    lines = list(map(_tender, portion.tenders))
    if portion.stop is not None:
        stop = portion.stop
        claim: Text | str = ""
        if stop.at != stop.occurred_at:
            claim = say(
                " (claimed for {claimed}, but known only at {known}: a report may lag by what the terms allow, not "
                "more)",
                claimed=moment(stop.occurred_at),
                known=moment(stop.known),
            )
        lines.append(say(_STOPPED[stop.kind], time=moment(stop.at), claim=claim))
    elif portion.ending is not None:
        lines.append(
            say(
                "The goods were never delivered ({ending}): the clock runs to the end of accrual.",
                ending=ENDINGS[portion.ending.kind],
            )
        )
    else:
        lines.append(
            say(
                "Neither delivered nor tendered: the clock runs, and is read at {time}.",
                time=moment(portion.counted_until),
            )
        )
    if portion.counted_until == statement.accrual_end and (
        portion.stop is None or portion.stop.at > statement.accrual_end
    ):
        lines.append(say("Accrual ended {time} after the promise.", time=duration(statement.lost_after)))
    lines += [_hold(line) for line in portion.holds]
    if portion.customs_seconds:
        lines.append(
            say("Taken out for customs: {time} (overlaps count once).", time=duration(portion.customs_seconds))
        )
    if portion.relief_seconds:
        lines.append(say("Taken out by agreed relief: {time}.", time=duration(portion.relief_seconds)))
    if portion.late_seconds:
        lines.append(say("Late by {time}.", time=duration(portion.late_seconds)))
    else:
        lines.append(say("Not late."))
    if portion.disputed:
        lines.append(say("Were it decided the other way: late by {time}.", time=duration(portion.late_seconds_high)))
    return lines


def _tender(tender: Tender) -> Text:
    said = say(_TENDERS[tender.state], time=moment(tender.occurred_at))
    return sentences((said, say("Its place or the destination is not shown here."))) if tender.place_closed else said


def _hold(line: HoldLine) -> Text:
    hold = line.hold
    regime = word(Regime, hold.regime) if hold.regime in set(Regime) else str(hold.regime)
    cause = word(HoldCause, hold.cause) if hold.cause in set(HoldCause) else say("not stated")
    return say(
        "Hold by {country} customs ({regime}; cause: {cause}) from {start}, {end}: {verdict}, {reason}; {within} "
        "within this clock.",
        country=hold.jurisdiction.decode("ascii", "replace"),
        regime=regime,
        cause=cause,
        start=moment(hold.start),
        end=say("still open") if hold.end is None else say("released {time}", time=moment(hold.end)),
        verdict=say("taken out") if line.taken_out else say("not taken out"),
        reason=HOLD_REASONS[line.reason],
        within=duration(line.seconds),
    )


def _amount(statement: PenaltyStatement) -> Text:
    if not statement.uncapped and not statement.amount_high:
        return say("No penalty.")
    rate, uncapped, cap, amount = (
        money(value, statement.currency)
        for value in (statement.alpha, statement.uncapped, statement.cap, statement.amount)
    )
    values = {
        "rate": rate,
        "uncapped": uncapped,
        "liable": partner(statement.liable),
        "beneficiary": partner(statement.beneficiary),
        "amount": amount,
    }
    if statement.uncapped > statement.cap:
        said = say(
            "Penalty: α {rate} × (days late)² = {uncapped}, capped at {cap}: {liable} owes {beneficiary} {amount}.",
            cap=cap,
            **values,
        )
    else:
        said = say("Penalty: α {rate} × (days late)² = {uncapped}: {liable} owes {beneficiary} {amount}.", **values)
    if not statement.frozen:
        return said
    frozen = money(statement.frozen, statement.currency)
    return sentences((said, say("Disputed, and frozen: {amount} more.", amount=frozen)))


def _leg(leg: LegLine, currency: str) -> Text:
    who, due = partner(leg.partner, first=True), moment(leg.due_at)
    customs: Text | str = ""
    if leg.customs_seconds:
        customs = say(", {time} of customs taken out", time=duration(leg.customs_seconds))
    if not leg.overrun_seconds:
        return say("{partner} passed on in time (due {due}{customs}).", partner=who, due=due, customs=customs)
    return say(
        "{partner} was due to pass on by {due} and overran by {time}{customs}: its part by recourse is {amount}.",
        partner=who,
        due=due,
        time=duration(leg.overrun_seconds),
        customs=customs,
        amount=money(leg.amount, currency),
    )
