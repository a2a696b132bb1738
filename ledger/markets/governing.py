"""Which rule of a market speaks of given goods: that of the longest prefix, of those that hold.

What is not known of goods makes the answer several: a tariff code that is shorter than some prefix, or a value that
nobody stated, may fall under one rule or another.
"""

from collections.abc import Iterator, Mapping

from ledger.markets.rules import Lane, Market, Rule


class Governing:
    """The rules of one market for one lane, at one time and of one fulfilment."""

    def __init__(self, market: Market, lane: Lane, at: int, fulfilment: int) -> None:
        self.market = market
        self.lane = lane
        self._rules = {
            key: by_prefix
            for (of, key), rules in market.index.items()
            if of is lane and (by_prefix := _holding(rules, at, fulfilment))
        }

    def of(self, key: str, hs: str, value: int) -> Rule | None:
        """The rule of `key` for goods of exactly this tariff code in a consignment of this value."""
        by_prefix = self._rules.get(key, {})
        for length in range(len(hs), -1, -1):
            for rule in by_prefix.get(hs[:length], ()):
                if rule.scope.covers(value):
                    return rule
        return None

    def possible(self, hs: str, value: int | None) -> Iterator[frozenset[Rule | None]]:
        """For each key the rules that may speak of goods with this code (more digits of which are not known); `value`
        None is one that nobody stated. Where one of several is None, there may be no rule.
        """
        for key, by_prefix in self._rules.items():
            codes = {hs, *(prefix for prefix in by_prefix if prefix.startswith(hs))}
            values = {value} if value is not None else _one_of_each_band(by_prefix)
            yield frozenset(self.of(key, code, one) for code in codes for one in values)


def _holding(rules: Mapping[str, tuple[Rule, ...]], at: int, fulfilment: int) -> dict[str, tuple[Rule, ...]]:
    found = {}
    for prefix, several in rules.items():
        if holding := tuple(rule for rule in several if rule.scope.holds(at, fulfilment)):
            found[prefix] = holding
    return found


def _one_of_each_band(by_prefix: dict[str, tuple[Rule, ...]]) -> set[int]:
    """Values such that every other is treated like one of them: the last of each band, and one beyond all."""
    scopes = [rule.scope for rules in by_prefix.values() for rule in rules]
    bounds = {bound for scope in scopes for bound in (scope.over, scope.up_to) if bound is not None and bound >= 0}
    return bounds | {max(bounds, default=0) + 1}
