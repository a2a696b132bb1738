"""What a new version of a market's rules changes, in sentences."""

from ledger.explain.markets.terms import what_of
from ledger.explain.text import Text, say
from ledger.markets.changes import CaseChange, Change, NeedChange
from ledger.markets.needs import Need


def change_text(change: NeedChange) -> Text:
    """One change in a sentence."""
    match change.change:
        case Change.ADDED:
            return say("New: {what}.", what=what_of(_there(change.after)))
        case Change.REMOVED:
            return say("No longer: {what}.", what=what_of(_there(change.before)))
        case Change.CHANGED:
            before, after = what_of(_there(change.before)), what_of(_there(change.after))
            return say("Instead of {before}: {after}.", before=before, after=after)


def case_text(case: CaseChange) -> Text:
    """The lane and goods of a change."""
    goods = ", ".join(code or "–" for code in case.goods)
    return say(
        "{origin} to {destination}, goods {goods}, {count} shipments so far",
        origin=case.origin, destination=case.destination, goods=goods, count=case.shipments,
    )  # fmt: skip


def _there(need: Need | None) -> Need:
    assert need is not None, "what was added or removed is one of the two"  # noqa: S101
    return need
