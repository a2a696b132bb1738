"""Random journeys are worth holding anything against: each feature turns up, and the oracle's sums agree."""

from collections.abc import Callable
from random import Random

import pytest

from tests.oracle.breaches import breaches
from tests.oracle.journeys import random_journey
from tests.oracle.penalty import Answer, statement

FEATURES = """
short item, over item, refused by the consignee, refused by another, stale item, manifest of several
breach of a gate, sale in breach, leg with a deadline, back to an earlier holder, locker, fetched from a locker
delivered, split, split of a child, split once delivered, onward, return, re_export, merge, transformation
later terms that count, later terms that do not count, override
tender, tender of a child, tender of a former holder, tender at a closed place, closed destination, contest
third endorsed an offer, no third endorsed an offer, lost, left, sold, destroyed, abandoned
terms endorsed, clearance endorsed, liable signed, liable endorsed the terms, relief, relief of a child
amended terms, amended child, child in another currency, amendment without one side
assurance 1, assurance 2, assurance 3, broker's word, lodged by a party, pair that nobody required
clearance of a child, hold caused by liable, lodged, presented, held, inspected, released, released_with_conditions
refused, seized, recalled, consumer, own clock, back-dated, clock ahead, unlimited lag, no lag, some lag
"""
NAMES = [name.strip() for line in FEATURES.strip().splitlines() for name in line.split(",")]
MEASURED: dict[str, Callable[[Answer], bool]] = {
    "owes": lambda a: a.low > 0,
    "frozen": lambda a: a.frozen > 0,
    "indicative": lambda a: a.indicative,
    "customs taken out": lambda a: any(p.customs for p in a.parts.values()),
    "several parts": lambda a: len(a.parts) > 1,
    "recourse": lambda a: bool(a.recourse),
    "another currency": lambda a: bool(a.others),
}


def test_random_journeys_have_every_feature(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand journeys; every sum agrees with its parts, and every feature turns up."""
    counts = dict.fromkeys((*NAMES, *MEASURED, "breach that counts"), 0)
    for number in range(1_000):
        journey = random_journey(Random(number))
        for feature in journey.features:
            counts[feature] = counts.get(feature, 0) + 1
        for root in journey.roots:
            answer = statement(root, journey.seen, journey.at)
            assert 0 <= answer.low <= answer.high
            parts = answer.parts.values()
            assert sum(p.low for p in parts) == answer.low + sum(other[2] for other in answer.others)
            assert sum(p.high for p in parts) == answer.high + sum(other[3] for other in answer.others)
            assert sum(leg.amount for leg in answer.recourse) <= sum(p.low for p in parts)
            for name, holds in MEASURED.items():
                counts[name] += root == journey.roots[0] and holds(answer)
        counts["breach that counts"] += bool(breaches(journey.roots[0], journey.seen))
    with capsys.disabled():
        print("\n" + ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda e: e[1])))
    assert {name for name, count in counts.items() if not count} == set()
