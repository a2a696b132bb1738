"""Rules of one file beside each other: for any goods at most one speaks, and no tax is taken on itself."""

from collections.abc import Iterable

from ledger.errors import MalformedRecord
from ledger.markets.rules import BASE_OF, FREIGHT, VALUE, Lane, Rule, TaxRate


def check_bases(rules: Iterable[Rule]) -> None:
    """A tax is taken on known parts, and on no tax that is taken on it in turn."""
    taken: dict[str, set[str]] = {}
    for rule in rules:
        if isinstance(rule.says, TaxRate):
            parts = {part.removeprefix(BASE_OF) for part in rule.says.base}
            taken.setdefault(rule.says.tax, set()).update(parts)
    for tax, base in taken.items():
        if unknown := sorted(base - taken.keys() - {VALUE, FREIGHT}):
            raise MalformedRecord("taken on a tax that the file does not know", where=tax, found=unknown[0])
        reached, waiting = set[str](), list(base)
        while waiting:
            part = waiting.pop()
            if part == tax:
                raise MalformedRecord("a tax that is taken on itself", where="tax.base", found=tax)
            if part not in reached:
                reached.add(part)
                waiting += taken.get(part, ())


def check_single(rules: Iterable[Rule]) -> None:
    """For one lane, key and prefix at most one rule speaks of any consignment."""
    beside: dict[tuple[Lane, str, str], list[Rule]] = {}
    for rule in rules:
        for prefix in rule.scope.prefixes:
            place = (rule.scope.lane, rule.says.key, prefix)
            others = beside.setdefault(place, [])
            if other := next((one for one in others if one.scope.meets(rule.scope)), None):
                raise MalformedRecord(
                    "two rules speak of the same goods",
                    where=rule.id,
                    expected="other goods, times, values or fulfilment",
                    found=f"{other.id}, for prefix {prefix or 'of all goods'}",
                )
            others.append(rule)
