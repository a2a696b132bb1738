"""The product against the oracle: the same journeys, the same money to the last unit."""

from random import Random

import pytest

from tests.oracle.breaches import breaches
from tests.oracle.journeys import random_journey
from tests.oracle.penalty import statement
from tests.oracle.product import counted_breaches, product

SHORT, LONG = 1_000, 2_600


def differing(seeds: range) -> list[tuple[int, object, object]]:
    """What is owed and frozen, and the breaches that count, of the journeys with these seeds, where the two differ."""
    result: list[tuple[int, object, object]] = []
    for seed in seeds:
        journey = random_journey(Random(seed))
        root, seen = journey.roots[0], journey.seen
        wanted, found = statement(root, seen, journey.at), product(seen, root, journey.at)
        one = wanted.low, wanted.high, breaches(root, seen)
        other = found.amount, found.amount_high, counted_breaches(seen, root)
        if one != other:
            result.append((seed, one, other))
    return result


def test_random_journeys_owe_what_the_oracle_says() -> None:
    assert differing(range(SHORT)) == []


@pytest.mark.drill
def test_many_random_journeys_owe_what_the_oracle_says() -> None:
    assert differing(range(SHORT, LONG)) == []
