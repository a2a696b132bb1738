"""A penalty statement in one breath: who owes whom how much and why, and what may still change it.

Partners stand as "partner 7", amounts in minor units with their currency, as in `ledger.explain.penalties.penalty`.
"""

from ledger.explain.penalties.penalty import ENDINGS
from ledger.explain.text import Text, listed, partner, phrase, say, sentences, several
from ledger.explain.units import moment, money, span
from ledger.explain.words import counted
from ledger.penalties.lateness import PortionLine
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import NOBODY
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.tenders import TenderState

_ARRIVED = {
    StopKind.DELIVERY: phrase("{goods} arrived on {time}"),
    StopKind.LOCKER: phrase("a locker took {goods} on {time}"),
    StopKind.REFUSAL: phrase("the consignee refused {goods} on {time}"),
    StopKind.TENDER: phrase("delivery of {goods} was offered on {time}"),
    StopKind.ONWARD: phrase("new terms took {goods} over on {time}"),
}


def gist(statement: PenaltyStatement) -> Text:
    """Who owes what and why, in a sentence or two."""
    if statement.part_of is not None:
        return say(
            "These goods were split off after the clock had stopped: the shipment they came from states any penalty."
        )
    if not statement.promised:
        return say("The terms promise no time, so nothing can be late.")
    if statement.liable == NOBODY:
        return say("The terms name nobody who is liable for a delay, so nobody owes anything.")
    if not statement.portions:
        return say(
            "The goods were split into {shipments}, which have penalty statements of their own.",
            shipments=counted(len(statement.children), "shipment"),
        )
    latest = max(statement.portions, key=lambda portion: (portion.late_seconds, portion.counted_until))
    why = _why(latest, statement)
    if statement.amount:
        values = {
            "liable": partner(statement.liable, first=True),
            "beneficiary": partner(statement.beneficiary),
            "amount": money(statement.amount, statement.currency),
            "why": why,
        }
        if statement.uncapped > statement.cap:
            said = say("{liable} owes {beneficiary} {amount}, the most that the terms allow, because {why}.", **values)
        else:
            said = say("{liable} owes {beneficiary} {amount}, because {why}.", **values)
    elif latest.late_seconds:
        said = say(
            "Nothing is owed, although {why}: at the agreed rate that comes to less than the smallest coin.", why=why
        )
    elif _runs(latest):
        said = say("Nothing is owed so far: {why}.", why=why)
    else:
        said = say("Nothing is owed: {why}.", why=why)
    return sentences([said, *_rest(statement)])


def standing(statement: PenaltyStatement) -> tuple[Text, ...]:
    """What may still change the figure, a sentence each; none where it stands."""
    result: list[Text] = []
    growing = [line for line in statement.portions if _runs(line) and line.counted_until < statement.accrual_end]
    if growing and statement.promised and statement.amount < statement.cap:
        cap = money(statement.cap, statement.currency)
        result.append(
            say("The clock is running: what is owed grows until the goods arrive, to {cap} at most.", cap=cap)
            if any(line.ending is None for line in growing)
            else say(
                "What never arrived is counted on to {time}: what is owed grows until then, to {cap} at most.",
                time=moment(statement.accrual_end),
                cap=cap,
            )
        )
    for portion in statement.portions:
        stop = portion.stop
        if stop is not None and not portion.settled and stop.open_until is not None:
            result.append(_undone(portion, stop.kind, moment(stop.open_until)))
    if statement.frozen:
        frozen = money(statement.frozen, statement.currency)
        result.append(
            say("{amount} more are disputed: they are frozen, and not owed while that is not decided.", amount=frozen)
        )
    if statement.indicative and statement.liable != NOBODY and (statement.amount or not statement.settled):
        result.append(
            say(
                "It is indicative until {partner} endorses the terms, which it has not signed.",
                partner=partner(statement.liable),
            )
        )
    return tuple(result)


def _undone(portion: PortionLine, kind: StopKind, until: Text) -> Text:
    """What may still undo the stop of these goods' clock, until when."""
    if kind is StopKind.LOCKER:
        return say(
            "The clock runs on if the goods leave the locker before {time}, but to their consignee or back.", time=until
        )
    if any(tender.state is TenderState.DISPUTED for tender in portion.tenders):
        return say("It is decided on {time} whether the offered delivery stopped the clock.", time=until)
    return say("The clock runs on if the offered delivery is contested by {time}.", time=until)


def _runs(portion: PortionLine) -> bool:
    """Nothing stopped the clock, and the end of accrual has not come for goods that ended undelivered."""
    return portion.stop is None and not portion.settled


def _why(portion: PortionLine, statement: PenaltyStatement) -> Text:
    """What stopped the clock and how that compares with the promise, what was taken out included."""
    due = moment(statement.promised_at)
    after = portion.counted_until - statement.promised_at
    what = _what(portion, statement)
    if after <= 0:
        return (
            say("{what}, in time (by {due})", what=what, due=due)
            if portion.stop
            else say("{what}, and are due by {due}", what=what, due=due)
        )
    values = {"what": what, "time": span(max(0, after)), "due": due}
    if portion.stop is None and portion.ending is not None:
        said = say("{what}, and the clock ran on for {time} after the last second on time ({due})", **values)
    else:
        said = say("{what}, {time} after the last second on time ({due})", **values)
    taken = []
    if portion.customs_seconds:
        customs = span(portion.customs_seconds)
        taken.append(say("{time} of customs holds that the liable partner did not cause", time=customs))
    if portion.relief_seconds:
        taken.append(say("{time} of agreed relief", time=span(portion.relief_seconds)))
    if not taken:
        return said
    left = say("{time} count", time=span(portion.late_seconds)) if portion.late_seconds else say("nothing is left")
    return say("{what}; {parts} taken out, {left}", what=said, parts=listed(taken), left=left)


def _what(portion: PortionLine, statement: PenaltyStatement) -> Text:
    """What became of these goods, within a sentence."""
    alone = len(statement.portions) == 1 and not statement.children
    goods = say("the goods") if alone else say("{count} of the packages", count=portion.packages)
    if portion.stop is not None:
        return say(_ARRIVED[portion.stop.kind], goods=goods, time=moment(portion.stop.at))
    if portion.ending is not None:
        return say("{goods} never arrived ({ending})", goods=goods, ending=ENDINGS[portion.ending.kind])
    if alone or portion.packages != 1:
        return say("{goods} have not arrived", goods=goods)
    return say("{goods} has not arrived", goods=goods)


def _rest(statement: PenaltyStatement) -> list[Text]:
    """Several portions, and who bears it in the end."""
    result = []
    if len(statement.portions) > 1:
        result.append(
            say(
                "The goods went in {count} portions, each counted by its share of packages.",
                count=len(statement.portions),
            )
        )
    bearing = [leg for leg in statement.legs if leg.amount and leg.partner != statement.liable]
    if statement.amount and bearing:
        legs = [
            say("{amount} from {partner}", amount=money(leg.amount, statement.currency), partner=partner(leg.partner))
            for leg in bearing
        ]
        result.append(say("By recourse it gets back {amounts}, for passing on late.", amounts=several(legs)))
    return result
