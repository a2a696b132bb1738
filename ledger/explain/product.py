"""What a scanned code is answered with, in sentences: each reason of a verdict, and what to do."""

from collections.abc import Mapping

from ledger.codes import RecallAction, RevocationReason, ShipmentState
from ledger.explain.units import day
from ledger.explain.words import counted, word
from ledger.products.verdict import Part, ProductVerdict, Reason, Verdict, Why

TO_DO: Mapping[RecallAction, str] = {
    RecallAction.STOP_SALE: "Do not sell or use it; ask the contact.",
    RecallAction.QUARANTINE: "Set it aside, do not use it; ask the contact.",
    RecallAction.RETURN: "Do not use it; bring it back where you bought it.",
    RecallAction.DESTROY: "Do not use it; destroy it so that nobody else can.",
}
"""What a consumer should do with recalled goods."""
_ENDED: Mapping[ShipmentState, str] = {
    ShipmentState.LOST: "was reported lost",
    ShipmentState.DESTROYED: "was destroyed",
    ShipmentState.ABANDONED: "was abandoned",
    ShipmentState.SEIZED: "was seized by customs",
}


def to_do(verdict: ProductVerdict) -> str:
    """What to do now; empty where the records ask for nothing."""
    if verdict.verdict is Verdict.RECALLED:
        return _recalled(verdict.why[0])
    if verdict.verdict is Verdict.INCOMPLETE:
        return f"Tell {_parts(verdict.asks)} printed on the package: then this page can answer."
    return ""


def reason_text(reason: Reason) -> str:
    """The reason in a sentence or two, each with a full stop but for a contact, which stands as it was signed."""
    match reason.code:
        case Why.ATTESTED:
            by = "its brand" if len(reason.records) == 1 else "a partner whom its brand authorised"
            return f"Attested by {by} (partner {reason.partner})."
        case Why.COPY_CAUTION:
            return "The records cannot show whether this code was copied from another item: look at the goods as well."
        case Why.RECALL:
            return f"Recalled by partner {reason.partner}. {_recalled(reason)}"
        case Why.RECALL_MAYBE:
            return f"Some goods under this number are recalled. The code does not tell {_parts(reason.asks)}."
        case Why.RECALL_BY_OTHERS:
            return f"Partner {reason.partner} calls for a recall; it does not speak for this brand and is no authority."
        case Why.REVOKED:
            known = reason.detail in set(RevocationReason)
            cause = word(RevocationReason, reason.detail) if known else "unknown"
            return f"Its attestation was revoked (reason: {cause})."
        case Why.EXPIRED:
            return "Its attestation has expired."
        case Why.NOT_YET:
            return "Its attestation is not valid yet."
        case Why.NOT_LISTED:
            return "Its brand attested a list of codes, and this one is not known to be among them."
        case Why.NOT_SPECIFIC:
            return f"Its brand speaks of single lots or items. The code does not tell {_parts(reason.asks)}."
        case Why.OTHERS:
            return f"Attested by partner {reason.partner}, who does not speak for this brand."
        case Why.NOTHING:
            return "No attestation of this product is known."
        case Why.ONE_TIME_SEEN:
            return (
                f"This code works once. It was looked at first on {day(reason.time)}, and more than a day later with "
                "another device: unless that was you, somebody had the code before you."
            )
        case Why.SEEN_BEFORE:
            return (
                f"{counted(reason.devices, 'device')} looked at this code in the last 30 days. Whoever passes it in a "
                "shop can do that, so it says nothing against this item."
            )
        case Why.AFTER_SALE:
            return (
                f"This item was sold on {day(reason.time)}. That is as it should be once you have bought it; if it is "
                "offered to you as new, ask where it comes from."
            )
        case Why.OFF_THE_MARKET:
            return f"This item {_ENDED[ShipmentState(reason.detail)]}: it should not be on the market."


def _recalled(reason: Reason) -> str:
    known = reason.detail in set(RecallAction)
    what = TO_DO[RecallAction(reason.detail)] if known else "Do not use it; ask the contact."
    return what + (f" Contact: {reason.contact}" if reason.contact else "")


def _parts(parts: tuple[Part, ...]) -> str:
    """`the lot and the serial number`."""
    names = [f"the {'serial number' if part is Part.SERIAL else part}" for part in parts]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[:-1] else names)
