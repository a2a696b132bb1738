"""What a scanned code is answered with, in sentences: each reason of a verdict, and what to do."""

from collections.abc import Mapping

from ledger.codes import RecallAction, RevocationReason, ShipmentState
from ledger.explain.text import Text, listed, partner, say, sentences
from ledger.explain.units import day
from ledger.explain.words import counted, word
from ledger.products.verdict import Part, ProductVerdict, Reason, Verdict, Why

TO_DO: Mapping[RecallAction, Text] = {
    RecallAction.STOP_SALE: say("Do not sell or use it; ask the contact."),
    RecallAction.QUARANTINE: say("Set it aside, do not use it; ask the contact."),
    RecallAction.RETURN: say("Do not use it; bring it back where you bought it."),
    RecallAction.DESTROY: say("Do not use it; destroy it so that nobody else can."),
}
"""What a consumer should do with recalled goods."""
_ENDED: Mapping[ShipmentState, Text] = {
    ShipmentState.LOST: say("This item was reported lost: it should not be on the market."),
    ShipmentState.DESTROYED: say("This item was destroyed: it should not be on the market."),
    ShipmentState.ABANDONED: say("This item was abandoned: it should not be on the market."),
    ShipmentState.SEIZED: say("This item was seized by customs: it should not be on the market."),
}
_PARTS: Mapping[Part, Text] = {
    Part.LOT: say("the lot"),
    Part.SERIAL: say("the serial number"),
    Part.VARIANT: say("the variant"),
}


def to_do(verdict: ProductVerdict) -> Text:
    """What to do now; empty where the records ask for nothing."""
    if verdict.verdict is Verdict.RECALLED:
        return _recalled(verdict.why[0])
    if verdict.verdict is Verdict.INCOMPLETE:
        return say("Tell {parts} printed on the package: then this page can answer.", parts=_parts(verdict.asks))
    return sentences(())


def reason_text(reason: Reason) -> Text:
    """The reason in a sentence or two, each with a full stop but for a contact, which stands as it was signed."""
    match reason.code:
        case Why.ATTESTED:
            if len(reason.records) == 1:
                return say("Attested by its brand ({partner}).", partner=partner(reason.partner))
            return say("Attested by a partner whom its brand authorised ({partner}).", partner=partner(reason.partner))
        case Why.COPY_CAUTION:
            return say(
                "The records cannot show whether this code was copied from another item: look at the goods as well."
            )
        case Why.RECALL:
            by = say("Recalled by {partner}.", partner=partner(reason.partner))
            return sentences((by, _recalled(reason)))
        case Why.RECALL_MAYBE:
            return say(
                "Some goods under this number are recalled. The code does not tell {parts}.", parts=_parts(reason.asks)
            )
        case Why.RECALL_BY_OTHERS:
            return say(
                "{partner} calls for a recall; it does not speak for this brand and is no authority.",
                partner=partner(reason.partner, first=True),
            )
        case Why.REVOKED:
            known = reason.detail in set(RevocationReason)
            cause = word(RevocationReason, reason.detail) if known else say("unknown")
            return say("Its attestation was revoked (reason: {cause}).", cause=cause)
        case Why.EXPIRED:
            return say("Its attestation has expired.")
        case Why.NOT_YET:
            return say("Its attestation is not valid yet.")
        case Why.NOT_LISTED:
            return say("Its brand attested a list of codes, and this one is not known to be among them.")
        case Why.NOT_SPECIFIC:
            return say(
                "Its brand speaks of single lots or items. The code does not tell {parts}.", parts=_parts(reason.asks)
            )
        case Why.OTHERS:
            return say("Attested by {partner}, who does not speak for this brand.", partner=partner(reason.partner))
        case Why.NOTHING:
            return say("No attestation of this product is known.")
        case Why.ONE_TIME_SEEN:
            return say(
                "This code works once. It was looked at first on {day}, and more than a day later with another device: "
                "unless that was you, somebody had the code before you.",
                day=day(reason.time),
            )
        case Why.SEEN_BEFORE:
            return say(
                "{devices} looked at this code in the last 30 days. Whoever passes it in a shop can do that, so it "
                "says nothing against this item.",
                devices=counted(reason.devices, "device"),
            )
        case Why.AFTER_SALE:
            return say(
                "This item was sold on {day}. That is as it should be once you have bought it; if it is offered to "
                "you as new, ask where it comes from.",
                day=day(reason.time),
            )
        case Why.OFF_THE_MARKET:
            return _ENDED[ShipmentState(reason.detail)]


def _recalled(reason: Reason) -> Text:
    known = reason.detail in set(RecallAction)
    what = TO_DO[RecallAction(reason.detail)] if known else say("Do not use it; ask the contact.")
    return sentences((what, say("Contact: {contact}", contact=reason.contact))) if reason.contact else what


def _parts(parts: tuple[Part, ...]) -> Text:
    """`the lot and the serial number`."""
    return listed([_PARTS[part] for part in parts])
