"""The product against the oracle: the same journeys, the same money to the last unit, from the same partners."""

from random import Random

import pytest

from tests.oracle.comparison import unlike
from tests.oracle.journeys import random_journey

SHORT, LONG = 1_000, 2_600


def differing(seeds: range) -> list[tuple[int, bytes, dict[str, tuple[object, object]]]]:
    """Seed, terms, and by name the figures of the oracle and of the product where the two differ.

    Every shipment of a journey is asked, those under later terms too. There are no exceptions.
    """
    asked = ((seed, random_journey(Random(seed))) for seed in seeds)
    found = ((seed, root, unlike(one.seen, root, one.at)) for seed, one in asked for root in one.roots)
    return [difference for difference in found if difference[2]]


def test_random_journeys_say_what_the_oracle_says() -> None:
    assert differing(range(SHORT)) == []


@pytest.mark.drill
def test_many_random_journeys_say_what_the_oracle_says() -> None:
    assert differing(range(SHORT, LONG)) == []
