"""A penalty statement in one breath: who owes whom how much and why, and what may still change it.

Partners stand as "partner 7", amounts in minor units with their currency, as in `ledger.explain.penalty`.
"""

from ledger.explain.penalty import ENDINGS
from ledger.explain.units import moment, money, span
from ledger.explain.words import counted
from ledger.penalties.lateness import PortionLine
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import NOBODY
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.tenders import TenderState

_STOPPED = {
    StopKind.DELIVERY: "{goods} arrived",
    StopKind.LOCKER: "a locker took {goods}",
    StopKind.REFUSAL: "the consignee refused {goods}",
    StopKind.TENDER: "delivery of {goods} was offered",
    StopKind.ONWARD: "new terms took {goods} over",
}


def gist(statement: PenaltyStatement) -> str:
    """Who owes what and why, in a sentence or two."""
    if statement.part_of is not None:
        return "These goods were split off after the clock had stopped: the shipment they came from states any penalty."
    if not statement.promised:
        return "The terms promise no time, so nothing can be late."
    if statement.liable == NOBODY:
        return "The terms name nobody who is liable for a delay, so nobody owes anything."
    if not statement.portions:
        parts = counted(len(statement.children), "shipment")
        return f"The goods were split into {parts}, which have penalty statements of their own."
    latest = max(statement.portions, key=lambda portion: (portion.late_seconds, portion.counted_until))
    why = _why(latest, statement)
    if statement.amount:
        capped = ", the most that the terms allow" if statement.uncapped > statement.cap else ""
        said = (
            f"Partner {statement.liable} owes partner {statement.beneficiary} "
            f"{money(statement.amount, statement.currency)}{capped}, because {why}."
        )
    elif latest.late_seconds:
        said = f"Nothing is owed, although {why}: at the agreed rate that comes to less than the smallest coin."
    elif _runs(latest):
        said = f"Nothing is owed so far: {why}."
    else:
        said = f"Nothing is owed: {why}."
    return " ".join([said, *_rest(statement)])


def standing(statement: PenaltyStatement) -> tuple[str, ...]:
    """What may still change the figure, a sentence each; none where it stands."""
    result: list[str] = []
    growing = [line for line in statement.portions if _runs(line) and line.counted_until < statement.accrual_end]
    if growing and statement.promised and statement.amount < statement.cap:
        most = f"to {money(statement.cap, statement.currency)} at most"
        result.append(
            f"The clock is running: what is owed grows until the goods arrive, {most}."
            if any(line.ending is None for line in growing)
            else f"What never arrived is counted on to {moment(statement.accrual_end)}: what is owed grows until then, "
            f"{most}."
        )
    for portion in statement.portions:
        stop = portion.stop
        if stop is not None and not portion.settled and stop.open_until is not None:
            result.append(_undone(portion, stop.kind, moment(stop.open_until)))
    if statement.frozen:
        frozen = money(statement.frozen, statement.currency)
        result.append(f"{frozen} more are disputed: they are frozen, and not owed while that is not decided.")
    if statement.indicative and statement.liable != NOBODY and (statement.amount or not statement.settled):
        result.append(f"It is indicative until partner {statement.liable} endorses the terms, which it has not signed.")
    return tuple(result)


def _undone(portion: PortionLine, kind: StopKind, until: str) -> str:
    """What may still undo the stop of these goods' clock, until when."""
    if kind is StopKind.LOCKER:
        return f"The clock runs on if the goods leave the locker before {until}, but to their consignee or back."
    if any(tender.state is TenderState.DISPUTED for tender in portion.tenders):
        return f"It is decided on {until} whether the offered delivery stopped the clock."
    return f"The clock runs on if the offered delivery is contested by {until}."


def _runs(portion: PortionLine) -> bool:
    """Nothing stopped the clock, and the end of accrual has not come for goods that ended undelivered."""
    return portion.stop is None and not portion.settled


def _why(portion: PortionLine, statement: PenaltyStatement) -> str:
    """What stopped the clock and how that compares with the promise, what was taken out included."""
    due = moment(statement.promised_at)
    after = portion.counted_until - statement.promised_at
    alone = len(statement.portions) == 1 and not statement.children
    goods = "the goods" if alone else f"{portion.packages:,} of the packages"
    if portion.stop is not None:
        what = f"{_STOPPED[portion.stop.kind].format(goods=goods)} on {moment(portion.stop.at)}"
        said = f"{what}, {span(max(0, after))} after the last second on time ({due})"
    elif portion.ending is not None:
        what = f"{goods} never arrived ({ENDINGS[portion.ending.kind]})"
        said = f"{what}, and the clock ran on for {span(max(0, after))} after the last second on time ({due})"
    else:
        what = f"{goods} {'have' if alone or portion.packages != 1 else 'has'} not arrived"
        said = f"{what}, {span(max(0, after))} after the last second on time ({due})"
    if after <= 0:
        return f"{what}, in time (by {due})" if portion.stop else f"{what}, and are due by {due}"
    taken = [
        f"{span(seconds)} of {name}"
        for seconds, name in (
            (portion.customs_seconds, "customs holds that the liable partner did not cause"),
            (portion.relief_seconds, "agreed relief"),
        )
        if seconds
    ]
    if not taken:
        return said
    left = f"{span(portion.late_seconds)} count" if portion.late_seconds else "nothing is left"
    return f"{said}; {' and '.join(taken)} taken out, {left}"


def _rest(statement: PenaltyStatement) -> list[str]:
    """Several portions, and who bears it in the end."""
    result = []
    if len(statement.portions) > 1:
        result.append(f"The goods went in {len(statement.portions)} portions, each counted by its share of packages.")
    bearing = [leg for leg in statement.legs if leg.amount and leg.partner != statement.liable]
    if statement.amount and bearing:
        legs = ", ".join(f"{money(leg.amount, statement.currency)} from partner {leg.partner}" for leg in bearing)
        result.append(f"By recourse it gets back {legs}, for passing on late.")
    return result
