"""Suppliers, brokers, and what else carriers are judged by: the product counts what the oracle counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from random import Random
from typing import Final

import pytest

from ledger.codes import Role
from ledger.scores.card import Indicator
from tests.oracle.facts import Seen
from tests.oracle.scores.indicators import COUNTED, UNITS, figure
from tests.oracle.scores.laden import laden_journey
from tests.oracle.scores.ledgers import contested, together
from tests.oracle.scores.product import product_cards
from tests.oracle.scores.test_samples import CLOSED
from tests.oracle.story import BROKER, CARRIER, MAIN, RIVAL, SECOND, SUPPLIER

JUDGED: Final = [
    *((carrier, Role.CARRIER) for carrier in (CARRIER, SECOND, MAIN)),
    (SUPPLIER, Role.SUPPLIER),
    *((broker, Role.BROKER) for broker in (BROKER, RIVAL)),
]
FIRST: Final = {Role.CARRIER: CARRIER, Role.SUPPLIER: SUPPLIER, Role.BROKER: BROKER}
SHORT, LONG, TOGETHER = range(100), range(100, 1_000), 10
Compared = tuple[Role, Indicator]


def found(seen: Sequence[Seen], at: int) -> dict[Compared, list[object]]:
    """By indicator what the oracle and the product say of somebody, where it is not the same."""
    differing: dict[Compared, list[object]] = defaultdict(list)
    cards = product_cards(JUDGED, seen, at)
    for role, indicator in COUNTED:
        for partner, own_role in JUDGED:
            if own_role is role:
                own, said = figure(role, indicator, partner, seen, at), cards[partner, role][indicator]
                if own != said:
                    differing[role, indicator].append((partner, own, said))
    return differing


def differing(seeds: Iterable[int]) -> dict[Compared, set[int]]:
    """By indicator the journeys of open places that differ."""
    seen: dict[Compared, set[int]] = defaultdict(set)
    for seed in seeds:
        journey = laden_journey(Random(seed))
        if not journey.features & CLOSED:
            for compared in found(journey.seen, journey.at):
                seen[compared].add(seed)
    return seen


def test_the_indicators_of_random_journeys_are_those_of_the_oracle() -> None:
    assert differing(SHORT) == {}


def test_many_journeys_together_have_the_samples_of_one_ledger() -> None:
    """Days of several shipments meet in one sample, brands and medians are those of all."""
    most: Counter[Compared] = Counter()
    for start in range(0, len(SHORT) // 2, TOGETHER):
        journeys = [laden_journey(Random(seed)) for seed in range(start, start + TOGETHER)]
        chosen = [one for one in journeys if not one.features & CLOSED]
        seen, at = together([one.seen for one in chosen]), max(one.at for one in chosen)
        assert found(seen, at) == {}, start
        for role, indicator in COUNTED:
            own = figure(role, indicator, FIRST[role], seen, at)
            most[role, indicator] = max(most[role, indicator], len(own.samples) if own else 0)
    assert min(most.values()) >= 2, most


def test_each_indicator_meets_good_and_bad_samples() -> None:
    good: Counter[Compared] = Counter()
    bad: Counter[Compared] = Counter()
    for seed in SHORT:
        journey = laden_journey(Random(seed))
        if not journey.features & CLOSED:
            for (role, indicator), counting in COUNTED.items():
                partners = [partner for partner, own_role in JUDGED if own_role is role]
                for count in chain.from_iterable(counting(one, journey.seen, journey.at) for one in partners):
                    least = indicator in UNITS or indicator is Indicator.DEFECTS
                    whole = count.best in (0, count.due) if least else count.best == count.due
                    full = whole and (count.best == 0 or not least or indicator is Indicator.OVER_MEDIAN)
                    (good if full else bad)[role, indicator] += 1
    assert good.keys() == bad.keys() == COUNTED.keys()
    assert min(good.values()) >= 3, good
    assert min(bad.values()) >= 4, bad


def test_a_disputed_tender_makes_the_two_ends_of_what_carriers_are_judged_by() -> None:
    disputed = 0
    for seed in range(70):
        journey = contested(Random(seed))
        if not journey.features & CLOSED:
            assert found(journey.seen, journey.at) == {}, seed
            late = COUNTED[Role.CARRIER, Indicator.MEAN_LATE]
            counts = [c for one in (CARRIER, SECOND, MAIN) for c in late(one, journey.seen, journey.at)]
            disputed += any(count.worst > count.best for count in counts)
    assert disputed >= 1


@pytest.mark.drill
def test_many_random_journeys_have_the_indicators_of_the_oracle() -> None:
    assert differing(LONG) == {}
