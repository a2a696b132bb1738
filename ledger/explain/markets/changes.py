"""What a new version of a market's rules changes, in sentences."""

from collections.abc import Iterable

from ledger.explain.markets.terms import what_of
from ledger.explain.text import Text, say
from ledger.explain.units import moment
from ledger.markets.changes import CaseChange, Change, NeedChange
from ledger.markets.needs import Need


def change_text(change: NeedChange) -> Text:
    """One change in a sentence."""
    if change.since is not None:
        return say("From {time} on. {change}", time=moment(change.since), change=_change(change))
    return _change(change)


def _change(change: NeedChange) -> Text:
    match change.change:
        case Change.ADDED:
            return say("New: {what}.", what=_what(_there(change.after)))
        case Change.REMOVED:
            return say("No longer: {what}.", what=_what(_there(change.before)))
        case Change.CHANGED:
            was, comes = _there(change.before), _there(change.after)
            before, after = _what(was), _what(comes)
            if str(before) == str(after):  # of other goods
                before, after = _of_goods(before, was), _of_goods(after, comes)
            return say("Instead of {before}: {after}.", before=before, after=after)


def _what(need: Need) -> Text:
    """What a rule asks, and whether it surely does."""
    return what_of(need) if need.certain else say("perhaps, by code or value: {what}", what=what_of(need))


def _of_goods(what: Text, need: Need) -> Text:
    return say("{what}, of goods {goods}", what=what, goods=_goods(need.goods))


def _goods(codes: Iterable[str]) -> str:
    return ", ".join(code or "–" for code in codes)


def case_text(case: CaseChange) -> Text:
    """The lane and goods of a change."""
    return say(
        "{origin} to {destination}, goods {goods}, {count} shipments so far",
        origin=case.origin, destination=case.destination, goods=_goods(case.goods), count=case.shipments,
    )  # fmt: skip


def _there(need: Need | None) -> Need:
    assert need is not None, "what was added or removed is one of the two"  # noqa: S101
    return need
