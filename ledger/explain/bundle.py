"""What a bundle says, in sentences made from its figures when somebody reads it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.bundle.figure_checks import AwardEffect, CheckedFigures
from ledger.bundle.figures import LAST_SECOND, CardChoice
from ledger.bundle.steps import Step
from ledger.bundle.subject import SubjectKind
from ledger.bundle.undisclosed import told_apart
from ledger.common.ids import to_hex
from ledger.explain.bonus import left_out_text
from ledger.explain.product import reason_text
from ledger.explain.units import moment, money, points
from ledger.explain.words import counted

_EFFECT = {
    AwardEffect.NOT_RECORDED: "The chain has not recorded it yet",
    AwardEffect.RECORDED: "The chain took it",
    AwardEffect.DISPUTED: "The chain took it, and it is disputed",
    AwardEffect.VOIDED: "The chain took it, and a ruling voided it",
    AwardEffect.DISPUTE_DISMISSED: "The chain took it, and a ruling dismissed the dispute about it",
}
_CHOSEN = {
    CardChoice.COUNCIL: "the card that the council adopted for the period",
    CardChoice.DEFAULT: "Lading's default card",
    CardChoice.PARTIES: "a card that the parties chose",
}


def step_text(step: Step) -> str:
    """Why a step of verification holds or fails; where it made figures again, first what these say."""
    return step.why if step.checked is None else f"{summary(step.checked)}. {step.why}"


def summary(checked: CheckedFigures) -> str:
    """What was asked and what came out, in a few sentences without a full stop at the end."""
    figures = checked.figures
    match checked.subject.kind:
        case SubjectKind.SHIPMENT:
            return _shipment(figures)
        case SubjectKind.PARTNER:
            return _partner(checked.subject.partner, figures)
        case SubjectKind.AWARD:
            return _award(checked)
        case SubjectKind.PRODUCT:
            return _product(checked)
        case SubjectKind.TRACE:
            return _trace(figures)
        case SubjectKind.LEDGER:
            return _ledger(checked.subject.partner, figures)


def _shipment(figures: Mapping[str, Any]) -> str:
    if not figures["penalties"]["statements"]:
        return f"No penalty can be stated. {_left_out(figures['withheld'])}"
    (statement,) = figures["penalties"]["statements"]
    indicative = " (indicative)" if statement["indicative"] and int(statement["amount"]) else ""
    return (
        f"shipment/{statement['shipment']}{_judged_at(statement['judged_at'])}: partner {statement['liable']} owes "
        f"partner {statement['beneficiary']} {money(statement['amount'], statement['currency'])}{indicative}"
    )


def _partner(partner: int, figures: Mapping[str, Any]) -> str:
    statements, scores = figures["penalties"]["statements"], figures["scores"]
    judged = next((s["judged_at"] for s in statements if s["judged_at"] is not None), None)
    owes = _sums(s for s in statements if s["liable"] == partner)
    owed = _sums(s for s in statements if s["beneficiary"] == partner)
    cards = "; ".join(f"{card['role']} {_score(card)}" for card in scores["cards"]) or "nothing was due"
    since = scores["adopted_since"]
    source = "Lading's default card: none was adopted" if since is None else f"a card adopted from {moment(since)} on"
    return (
        f"partner/{partner}: {counted(len(statements), 'penalty statement')}{_judged_at(judged)}, owes {owes}, is owed "
        f"{owed}. Scores of {_span(scores['period'])}, measured by {source}, {scores['card']}: {cards}. "
        f"{_left_out(figures['withheld'])}"
    )


def _product(checked: CheckedFigures) -> str:
    """The verdict as of the newest record, and the records' reasons for it."""
    why = " ".join(reason_text(reason) for reason in checked.verdict.why) if checked.verdict else ""
    verdict = checked.verdict.verdict if checked.verdict else ""
    known = f"{checked.subject}: {verdict}, by what was known at {moment(checked.judged_at)}."
    return f"{known} {why} Who looked at the code, and where the goods went, is in no bundle"


def _trace(figures: Mapping[str, Any]) -> str:
    beyond = figures["beyond"]
    rest = f"{len(beyond)} more lie one step beyond: {', '.join(beyond[:5])}{' …' if len(beyond) > 5 else ''}"
    closed = "nothing that goods came from or went into lies beyond them"
    return f"A trace of {counted(len(figures['shipments']), 'shipment')}; {rest if beyond else closed}"


def _ledger(partner: int, figures: Mapping[str, Any]) -> str:
    who = f"as partner {partner} may read it" if partner else "with all that is kept open"
    lacks = f"; {counted(len(figures['missing']), 'adopted file')} not here" if figures["missing"] else ""
    return f"The whole log, {who}. {_left_out(figures['withheld'])}{lacks}"


def _award(checked: CheckedFigures) -> str:
    award, card = checked.figures["award"], checked.figures["card"]
    currency, rest = award["currency"], award["residual"]
    lines = ", ".join(
        f"partner {line['partner']} gets {money(line['amount'], currency)}{_within(line, currency)}"
        for line in award["lines"]
    )
    disputed = f"{left_out_text(award['leftOut'])} " if award["leftOut"] else ""
    text = (
        f"award {award['version']} of {money(award['total'], currency)} under {award['agreement']}: {lines}, and "
        f"partner {rest['partner']} the rest, {money(rest['amount'], currency)}{_within(rest, currency)}. "
        f"Measured by {card['hash']}, {_CHOSEN[CardChoice(card['chosen_by'])]}. "
        f"{disputed}{_left_out(checked.figures['withheld'])}"
    )
    effect = "" if checked.effect is None else f". {_EFFECT[checked.effect]}"
    return text + effect + ("" if checked.ruling is None else f": {to_hex(checked.ruling)}")


def _within(line: Mapping[str, Any], currency: str) -> str:
    """Between what an amount surely lies, where withheld parts leave a range."""
    if "low" not in line or line["low"] == line["high"]:
        return ""
    return f" (by what is shown {money(line['low'], currency)} to {money(line['high'], currency)})"


def _judged_at(at: int | None) -> str:
    return "" if at is None else f", goods under way judged at {moment(at)}"


def _sums(statements: Iterable[Mapping[str, Any]]) -> str:
    """What is owed by currency, and apart from it what is only indicative."""
    owed: Counter[str] = Counter()
    indicative: Counter[str] = Counter()
    for statement in statements:
        (indicative if statement["indicative"] else owed)[statement["currency"]] += int(statement["amount"])
    more = f" (indicative: {_amounts(+indicative)} more)" if indicative.total() else ""
    return f"{_amounts(owed) or 'nothing'}{more}"


def _amounts(sums: Counter[str]) -> str:
    return " and ".join(money(amount, currency) for currency, amount in sorted(sums.items()))


def _span(period: Mapping[str, int]) -> str:
    until = "on" if period["end"] == LAST_SECOND else f"to before {moment(period['end'])}"
    return f"{moment(period['start'])} {until}, judged at {moment(period['at'])}"


def _score(card: Mapping[str, Any]) -> str:
    events = counted(card["samples"], "delivery event")
    if card["score"] is None:
        return f"without a score ({events})"
    return f"{points(card['score'])} of 100 ({events})"


def _left_out(withheld: Sequence[Mapping[str, Any]]) -> str:
    shipments, claims = told_apart(withheld)
    of = [counted(shipments, "shipment")] if shipments else []
    of += [counted(claims, "attestation")] if claims else []
    if not of:
        return "No part is withheld"
    return f"Of {' and '.join(of)} a part is withheld: what rests on it is a range, or has no bound"
