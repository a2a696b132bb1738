"""A carrier's samples: the product counts what the oracle counts, of one journey and of many together."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest

from tests.oracle.facts import Seen
from tests.oracle.journeys import random_journey
from tests.oracle.scores.ledgers import contested, together
from tests.oracle.scores.product import product_on_time
from tests.oracle.scores.samples import goods_of, on_time
from tests.oracle.story import CARRIER, MAIN, SECOND

CARRIERS = (CARRIER, SECOND, MAIN)
CLOSED = frozenset({"closed destination", "tender at a closed place"})
"""Features of journeys of which every figure is a range."""
SHORT, LONG, TOGETHER = range(250), range(250, 1_500), 10
RARE = {
    358: "never arrived, and nothing accrues",
    662: "left behind, in another currency, delivered, then split",
    3770: "split, left behind, abandoned, in breach of a gate",
}
"""Journeys beyond SHORT, by what is in them."""


def found(seen: Sequence[Seen], at: int) -> dict[int, object]:
    """By carrier what the oracle and the product say, where it is not the same."""
    said = product_on_time(CARRIERS, seen, at)
    both = {carrier: (on_time(carrier, seen, at), said[carrier]) for carrier in CARRIERS}
    return {carrier: (one, other) for carrier, (one, other) in both.items() if one != other}


def differing(seeds: Iterable[int]) -> dict[int, object]:
    """The journeys of open places of which the two say different things."""
    journeys = ((seed, random_journey(Random(seed))) for seed in seeds)
    differences = ((seed, found(one.seen, one.at)) for seed, one in journeys if not one.features & CLOSED)
    return {seed: difference for seed, difference in differences if difference}


def ledger(seeds: range) -> tuple[list[Seen], int]:
    """Some journeys of open places as one log, judged at the end of the last."""
    chosen = [one for seed in seeds if not (one := random_journey(Random(seed))).features & CLOSED]
    return together([one.seen for one in chosen]), max(one.at for one in chosen)


def test_the_samples_of_random_journeys_are_those_of_the_oracle() -> None:
    assert differing(SHORT) == {}


@pytest.mark.parametrize("seed", RARE, ids=list(RARE.values()))
def test_rare_journeys_have_the_samples_of_the_oracle(seed: int) -> None:
    assert differing([seed]) == {}


def test_a_disputed_tender_makes_the_two_ends_of_a_share() -> None:
    """A fault in `low`, none in `high`."""
    disputed = 0
    for seed in range(300):
        journey = contested(Random(seed))
        if not journey.features & CLOSED:
            assert found(journey.seen, journey.at) == {}, seed
            goods = [one for carrier in CARRIERS for one in goods_of(carrier, journey.seen, journey.at)]
            disputed += any(one.best and not one.worst for one in goods)
    assert disputed >= 3


def test_what_is_closed_makes_a_range_that_holds_both_readings() -> None:
    compared = 0
    for seed in SHORT:
        journey = random_journey(Random(seed))
        if journey.features & CLOSED:
            for carrier, said in product_on_time(CARRIERS, journey.seen, journey.at).items():
                if one := on_time(carrier, journey.seen, journey.at):
                    assert said, seed
                    assert said.low <= one.low <= one.high <= said.high, seed
                    compared += 1
    assert compared


def test_many_journeys_together_have_the_samples_of_one_ledger() -> None:
    """Events of several shipments meet in one sample, which is good by the share of their packages."""
    counted = []
    for start in range(0, len(SHORT), TOGETHER):
        seen, at = ledger(range(start, start + TOGETHER))
        assert found(seen, at) == {}, start
        counted += [figure for carrier in CARRIERS if (figure := on_time(carrier, seen, at))]
    assert max(figure.samples for figure in counted) >= 5
    assert any(figure.value not in (0, 1_000_000) for figure in counted)


@pytest.mark.drill
def test_many_random_journeys_have_the_samples_of_the_oracle() -> None:
    assert differing(LONG) == {}
