"""Which rule of a market speaks of given goods: that of the longest prefix, of those that hold.

What is not known of goods makes the answer several: a tariff code that is shorter than some prefix, or a value that
nobody stated, may fall under one rule or another.
"""

from collections.abc import Iterator

from ledger.markets.rules import Lane, Market, Rule, Shelf


class Governing:
    """The rules of one market for one lane, at one time and of one fulfilment."""

    def __init__(self, market: Market, lane: Lane, at: int, fulfilment: int) -> None:
        self._shelves = market.shelves[lane]
        self._at = at
        self._fulfilment = fulfilment

    def possible(self, hs: str, value: int | None) -> Iterator[frozenset[Rule | None]]:
        """For each key the rules that may speak of goods with this code (more digits of which are not known); `value`
        None is one that nobody stated. Where one of several is None, there may be no rule.
        """
        for shelf in self._shelves:
            values = shelf.values if value is None else (value,)
            yield frozenset(self._of(shelf, code, one) for code in (hs, *shelf.longer(hs)) for one in values)

    def _of(self, shelf: Shelf, hs: str, value: int) -> Rule | None:
        """The rule for goods of exactly this tariff code in a consignment of this value."""
        for rules in shelf.matching(hs):
            for rule in rules:
                if rule.scope.holds(self._at, self._fulfilment) and rule.scope.covers(value):
                    return rule
        return None
