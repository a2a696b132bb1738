"""What a new version of a market's file alters for whoever ships: case by case, before it is in force.

A case is what was shipped: a lane, goods, a fulfilment, and a value. Both versions are asked at the same second: that
at which the new one begins, and each later one at which a rule of either begins or ends. So dates that both hold are no
change of the version, and a rule that a version holds for later is told before it begins. What is open is judged by the
version in force when it opened, and nothing here touches it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ledger.common.figure import Code, Country, Seconds, figure
from ledger.common.periods import FOREVER
from ledger.markets.needs import Case, HsCode, Need, needs_of
from ledger.markets.rules import Market


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


MOST_DATES = 24
"""Later seconds at which both versions are asked, the next ones: files change before there are more."""


@figure("change", "before", "after", "since")
@dataclass(frozen=True, slots=True)
class NeedChange:
    """One need that is new, falls away, or becomes another. `since`: a second after the version began from which on it
    does; None where it does from its beginning.
    """

    change: Change
    before: Need | None
    after: Need | None
    since: Seconds | None = None


@figure("origin", "destination", "fulfilment", "goods", "shipments", "changes")
@dataclass(frozen=True, slots=True)
class CaseChange:
    """What changes for one lane and goods, of which so many `shipments` were opened."""

    origin: Country
    destination: Country
    fulfilment: Code
    goods: tuple[HsCode, ...]
    shipments: int
    changes: tuple[NeedChange, ...]


def changes_for(cases: Mapping[Case, int], before: Market | None, after: Market, since: int) -> tuple[CaseChange, ...]:
    """What `after`, in force from `since` on, alters for these cases, each with how many shipments there were of it.

    Cases that differ only in what neither version asks about are told together; those without a change are not told.
    """
    told: dict[tuple[Case, tuple[NeedChange, ...]], int] = {}
    versions = [market for market in (before, after) if market is not None]
    dates = [since, *_later(versions, since)]
    for case, count in _by_band(cases, before, after).items():
        changes = _of_case(case, (before, after), dates)
        if changes:
            plain = Case(case.origin, case.destination, (), case.fulfilment, case.goods, None, "")
            told[plain, changes] = told.get((plain, changes), 0) + count
    result = [
        CaseChange(case.origin, case.destination, case.fulfilment, case.goods, count, changes)
        for (case, changes), count in told.items()
    ]
    return tuple(
        sorted(result, key=lambda one: (-one.shipments, one.origin, one.destination, one.goods, one.fulfilment))
    )


def _later(versions: Iterable[Market], since: int) -> list[int]:
    """The seconds after `since` at which a rule begins or ends."""
    scopes = [rule.scope for market in versions for rule in market.rules]
    return sorted({at for scope in scopes for at in (scope.start, scope.end) if since < at < FOREVER})[:MOST_DATES]


def _of_case(case: Case, versions: tuple[Market | None, Market], dates: Sequence[int]) -> tuple[NeedChange, ...]:
    """Each change at the first of these dates on which it is one."""
    before, after = versions
    if all(market is None or market.lane(case.origin, case.destination, case.via) is None for market in versions):
        return ()
    found: dict[tuple[object, ...], NeedChange] = {}
    for at in dates:
        old = needs_of((before,), case, at) if before is not None else ()
        for change in _compare(old, needs_of((after,), case, at)):
            key = (change.change, _asked(change.before), _asked(change.after))
            if key not in found:
                found[key] = change if at == dates[0] else replace(change, since=at)
    return tuple(found.values())


def _asked(need: Need | None) -> tuple[object, ...] | None:
    return None if need is None else (need.says.says, need.certain, need.goods)


def _by_band(cases: Mapping[Case, int], before: Market | None, after: Market) -> dict[Case, int]:
    """The cases with one value for all that neither version tells apart: so many shipments make few cases."""
    versions = [market for market in (before, after) if market is not None]
    result: dict[Case, int] = {}
    for case, count in cases.items():
        asking = [market for market in versions if market.currency == case.currency]
        plain = replace(case, value=None, currency="")
        if case.value is not None and asking:
            bounds = sorted({bound for market in asking for bound in market.bounds})
            place = bisect_left(bounds, case.value)
            value = bounds[place] if place < len(bounds) else max(bounds, default=0) + 1
            plain = replace(case, value=value)
        result[plain] = result.get(plain, 0) + count
    return result


def _compare(before: Iterable[Need], after: Iterable[Need]) -> Iterable[NeedChange]:
    old, new = _said(before), _said(after)
    for said in sorted(old.keys() | new.keys()):
        was, comes = old.get(said, []), new.get(said, [])
        fallen = [need for need in was if not any(_same(need, one) for one in comes)]
        added = [need for need in comes if not any(_same(need, one) for one in was)]
        for i in range(max(len(fallen), len(added))):
            one = fallen[i] if i < len(fallen) else None
            other = added[i] if i < len(added) else None
            change = Change.ADDED if one is None else Change.REMOVED if other is None else Change.CHANGED
            yield NeedChange(change, one, other)


def _said(needs: Iterable[Need]) -> dict[str, list[Need]]:
    found: dict[str, list[Need]] = {}
    for need in needs:
        found.setdefault(need.says.says.key, []).append(need)
    return found


def _same(one: Need, other: Need) -> bool:
    """Whether two versions ask the same of the same goods, whatever they call their rules."""
    return _asked(one) == _asked(other)
