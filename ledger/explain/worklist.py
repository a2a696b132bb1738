"""Items of a worklist in words: what waits, in a sentence, and what is done about it.

Each sentence is whole, with named places for what is told in it; times stand beside it.
"""

from collections.abc import Mapping

from ledger.codes import ClearanceStatus, Regime
from ledger.explain.record import TITLES as RECORDS
from ledger.explain.text import Text, pair, phrase, say, say_counted
from ledger.explain.units import money
from ledger.explain.words import word
from ledger.worklist.items import Action, Item, Kind

TITLES: Mapping[Kind, Text] = {
    Kind.SIGNATURE: say("To sign"),
    Kind.ENDORSEMENT: say("Terms to endorse"),
    Kind.CUSTODY: say("In your hands"),
    Kind.MISSING: say("Missing, and open against you"),
    Kind.TENDER: say("Delivery offered"),
    Kind.CONTEST: say("Your tender is contested"),
    Kind.CLEARANCE: say("Clearances missing"),
    Kind.CUSTOMS_HOLD: say("Stopped by customs"),
    Kind.DECISION: say("Declarations to decide"),
    Kind.RELAY: say("Customs' decisions to pass on"),
    Kind.TAX: say("Taxes that deviate"),
    Kind.RECALL: say("Recalls to answer"),
    Kind.ANSWERS: say("Answers to your recalls"),
    Kind.ATTESTATION: say("Attestations that end"),
    Kind.AWARD: say("Awards to make"),
    Kind.AWARD_CHECK: say("Awards to check"),
    Kind.AWARD_DISPUTE: say("Awards in dispute"),
    Kind.CLAIM: say("Bonuses to claim"),
    Kind.PROBATION: say("On probation"),
    Kind.ACCESS_DUE: say("Your access is in question"),
    Kind.ACCESS_CHANGE: say("Changes of access, prepared"),
    Kind.KEY: say("Devices that expire"),
    Kind.ENROLMENT: say("Enrolments"),
    Kind.COSIGNATURES: say("Checkpoints not cosigned"),
    Kind.UNANCHORED: say("Checkpoints not anchored"),
    Kind.CONTRADICTION: say("Contradictions"),
}
"""What the items of a kind are called together."""

ACTIONS: Mapping[Action, Text] = {
    Action.SIGN: say("Read and sign"),
    Action.ENDORSE: say("Read and endorse"),
    Action.HAND_ON: say("Hand on"),
    Action.ACCOUNT: say("Say what became of it"),
    Action.CONTEST: say("Contest"),
    Action.BEAR_OUT: say("Ask who saw it to endorse it"),
    Action.LODGE: say("Lodge"),
    Action.DECIDE: say("Decide"),
    Action.RELAY: say("Pass on the decision"),
    Action.ANSWER: say("Answer"),
    Action.RENEW: say("Renew"),
    Action.AWARD: say("Award"),
    Action.DISPUTE: say("Check, or dispute"),
    Action.RULE: say("Rule"),
    Action.CLAIM: say("Claim"),
    Action.GRANT: say("Grant another"),
    Action.ADMIT: say("Admit"),
    Action.LOOK: say("Look"),
}

_STOPPED: Mapping[int, str] = {
    ClearanceStatus.HELD: phrase("{jurisdiction} customs holds it ({regime}), and nothing was lodged since."),
    ClearanceStatus.REFUSED: phrase("{jurisdiction} customs refused it ({regime}), and nothing was lodged since."),
    ClearanceStatus.RECALLED: phrase(
        "{jurisdiction} customs took its release back ({regime}), and nothing was lodged since."
    ),
}
_WAITS: Mapping[int, str] = {
    ClearanceStatus.PRESENTED: phrase("Presented for {regime}, and not decided."),
    ClearanceStatus.HELD: phrase("Held for {regime}, and not released."),
    ClearanceStatus.INSPECTED: phrase("Inspected for {regime}, and not decided."),
}
_LODGED = phrase("Lodged for {regime}, and not decided.")
_SENTENCES: Mapping[Kind, str] = {
    Kind.SIGNATURE: phrase("{type}: your signature is missing."),
    Kind.ENDORSEMENT: phrase(
        "These terms make you liable for delay, and you have neither signed nor endorsed them. Until then a penalty is "
        "indicative."
    ),
    Kind.TENDER: phrase(
        "{partner} says that it offered delivery. Uncontested in time, that stops the penalty's clock."
    ),
    Kind.CONTEST: phrase("It falls, unless somebody else who saw it endorses it in time."),
    Kind.CLEARANCE: phrase("{jurisdiction} {regime} is required, and nothing has been lodged."),
    Kind.RELAY: phrase("You lodged it for {jurisdiction} {regime}, and no release is known."),
    Kind.TAX: phrase("What {jurisdiction} assessed ({regime}) deviates from the rates of its market: {found}."),
    Kind.ATTESTATION: phrase("What you attest of {subject} ends then, and nothing that you signed goes on after it."),
    Kind.AWARD: phrase("The period is over. Without an award in time the funders are paid back."),
    Kind.AWARD_CHECK: phrase("{partner} has awarded. Whoever finds it wrong disputes it in time."),
    Kind.AWARD_DISPUTE: phrase("A party disputes the award. Without a ruling in time the funders are paid back."),
    Kind.PROBATION: phrase(
        "Your score was below the threshold of a gate in two periods on end. Until then you may appeal: corrections, "
        "reliefs and endorsements count."
    ),
    Kind.ACCESS_DUE: phrase(
        "Both periods are still below the threshold. A change of your access is prepared for the council, which "
        "decides."
    ),
    Kind.ACCESS_CHANGE: phrase("A change of the access of {partner} is prepared. It needs the council's signatures."),
    Kind.KEY: phrase("A device can sign nothing more after this."),
    Kind.ENROLMENT: phrase("{name} asks to be admitted."),
    Kind.UNANCHORED: phrase("The chain has anchored the log up to entry {anchored} of {size}."),
    Kind.CONTRADICTION: phrase("Nothing is signed here any more: {found}."),
}
_COUNTED: Mapping[Kind, tuple[str, str]] = {
    Kind.CUSTODY: pair("You hold {count} package.", "You hold {count} packages."),
    Kind.MISSING: pair("{count} package is missing.", "{count} packages are missing."),
    Kind.RECALL: pair(
        "{count} package of the recalled goods reached you.",
        "{count} packages of the recalled goods reached you.",
    ),
    Kind.ANSWERS: pair("{count} partner has not answered.", "{count} partners have not answered."),
    Kind.COSIGNATURES: pair(
        "{count} cosignature is missing under {size} entries.",
        "{count} cosignatures are missing under {size} entries.",
    ),
}
_RULES = phrase("A party disputes the award. Your ruling is due, or the funders are paid back.")
_CLAIM = phrase("{amount} of the award is yours.")
_CLAIM_UNKNOWN = phrase("The award can be claimed. What is yours of it is not known here.")
_ACTS_FOR = phrase("A device that works for you under {partner}'s name can sign nothing more after this.")


def sentence(item: Item, partner: str) -> Text:
    """What waits; `partner`: the name of the other side, where there is one."""
    values = _values(item, partner)
    if item.kind not in _COUNTED:
        return say(_template(item), **values)
    counted = next(int(item.facts[name]) for name in ("packages", "partners", "missing") if name in item.facts)
    return say_counted(*_COUNTED[item.kind], counted, **values)


def _template(item: Item) -> str:
    kind, facts = item.kind, item.facts
    if kind is Kind.CUSTOMS_HOLD:
        return _STOPPED[int(facts["status"])]
    if kind is Kind.DECISION:
        return _WAITS.get(int(facts["status"]), _LODGED)
    if kind is Kind.CLAIM:
        return _CLAIM if "amount" in facts else _CLAIM_UNKNOWN
    if kind is Kind.AWARD_DISPUTE and item.action is Action.RULE:
        return _RULES
    if kind is Kind.KEY and item.partner:
        return _ACTS_FOR
    return _SENTENCES[kind]


def _values(item: Item, partner: str) -> dict[str, object]:
    values: dict[str, object] = {**item.facts}
    if "regime" in item.facts:
        values["regime"] = word(Regime, int(item.facts["regime"]))
    if "type" in item.facts:
        values["type"] = RECORDS[str(item.facts["type"])]
    if "amount" in item.facts:
        values["amount"] = money(str(item.facts["amount"]), str(item.facts["currency"]))
    return {**values, "partner": partner}
