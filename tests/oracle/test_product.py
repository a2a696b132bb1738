"""The product against the oracle: the same journeys, the same money to the last unit."""

from random import Random

import pytest

from ledger.codes import AmendmentKind
from ledger.records.types import Amendment, Details
from tests.oracle.breaches import breaches
from tests.oracle.journeys import Journey, random_journey
from tests.oracle.penalty import statement
from tests.oracle.product import counted_breaches, product, verified

SHORT, LONG = 1_000, 2_600


def differing(seeds: range) -> list[tuple[int, object, object]]:
    """What is owed and frozen, whether it is indicative, and the breaches that count, of the journeys with these seeds,
    where the two differ.
    """
    result: list[tuple[int, object, object]] = []
    for seed in seeds:
        journey = random_journey(Random(seed))
        root, seen = journey.roots[0], journey.seen
        wanted, found = statement(root, seen, journey.at), product(seen, root, journey.at)
        indicative = wanted.indicative and not _amended_by(found.liable, journey)
        one = wanted.low, wanted.high, indicative, breaches(root, seen)
        other = found.amount, found.amount_high, found.indicative, counted_breaches(seen, root)
        if one != other:
            result.append((seed, one, other))
    return result


def _amended_by(liable: int, journey: Journey) -> bool:
    """Whether `liable` signed new terms of the whole: that binds it too, which the oracle does not say (ADR 0003)."""
    return any(
        isinstance(one.record, Amendment)
        and (one.record.target, one.record.kind) == (journey.roots[0], AmendmentKind.TERMS)
        and liable in one.signers
        and not (isinstance(one.record.changes, Details) and '"shipment"' in one.record.changes.text)
        for one in verified(journey.seen)
    )


def test_random_journeys_owe_what_the_oracle_says() -> None:
    assert differing(range(SHORT)) == []


@pytest.mark.drill
def test_many_random_journeys_owe_what_the_oracle_says() -> None:
    assert differing(range(SHORT, LONG)) == []
