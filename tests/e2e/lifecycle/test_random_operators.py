"""Random journeys that reach two operators in another order, many records in one second: their figures are the same."""

import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.records.types import LOG_ONLY, Amendment
from tests.e2e.many_ends import SCANS
from tests.e2e.shared_chain import Figures, Network, Seat, differences, figures, network
from tests.e2e.wandering import Wandering


def bring(chance: random.Random, seats: Sequence[Seat], signed: Sequence[SignedRecord]) -> None:
    """Each record to one of the operators, or to all if only logs have it; what it builds on may be with another."""
    early: list[tuple[Seat, SignedRecord]] = []
    for one in signed:
        for seat in seats if isinstance(one.record, LOG_ONLY) else [chance.choice(seats)]:
            try:
                seat.node.submission.submit(one)
            except LadingError:
                early.append((seat, one))
    while True:
        for seat in (*chance.sample(seats, len(seats)), *seats):
            seat.settle()
        if not early:
            return
        seat, one = early.pop(0)
        seat.node.submission.submit(one)


def wander(net: Network, seed: int, steps: int) -> None:
    chance, second = random.Random(seed), net.join("second")
    with closing(second.node):
        seats = (net.first, second)
        way = Wandering(net.first, seed, steps)
        bring(chance, seats, [way.granted])
        left = list(way.journey.signed)
        while left:
            batch, left = left[: (count := chance.randint(1, 8))], left[count:]
            bring(chance, seats, batch)
            net.clock.advance(chance.randint(1, 90) * 60)
        for seat in seats:
            seat.take(way.journey.signed, log_only=False)
        copies = list(net.first.copies())
        record_id = net.first.node.home.domain.record_id
        ours, theirs = ({record_id(one.record) for one in seat.copies()} for seat in seats)
        assert ours == theirs == {record_id(one.record) for one in (way.granted, *way.journey.signed)}
        at = net.clock.now() + 5 * DAY
        found = figures(net.first, at, SCANS)
        assert len(found["penalties"]) > 1
        assert differences(found, figures(second, at, SCANS)) == {}
        net.clock.advance(DAY)
        third = net.join("third")
        with closing(third.node):
            third.take(copies, log_only=False)
            third.take(copies, log_only=True)
            joined_late(found, figures(third, at, SCANS), copies, net.first)


def joined_late(ours: Figures, theirs: Figures, copies: Sequence[SignedRecord], first: Seat) -> None:
    """A correction counts from when a log had it: of what nobody corrected, the figures are the same."""
    corrections = [one.record for one in copies if isinstance(one.record, Amendment)]
    changed = {to_hex(first.node.home.domain.record_id(one)) for one in corrections}
    changed |= {to_hex(one.target) for one in corrections}
    plain = {name: one for name, one in ours["penalties"].items() if not changed & set(one["evidence"])}
    assert plain
    assert differences(plain, {name: theirs["penalties"][name] for name in plain}) == {}
    assert uncorrected(ours, changed) == uncorrected(theirs, changed)
    assert ours["verdicts"] == theirs["verdicts"]


def uncorrected(found: Figures, changed: set[str]) -> list[object]:
    """The breaches by what nobody corrected."""
    return [(goods, one) for goods, listed in found["breaches"].items() for one in listed if one[1] not in changed]


@pytest.mark.parametrize("seed", [1])
def test_a_random_journey_has_the_same_figures_at_all_operators(tmp_path: Path, seed: int) -> None:
    with network(tmp_path) as net:
        wander(net, seed, 20)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(2_000, 2_020))
def test_many_random_journeys_have_the_same_figures_at_all_operators(tmp_path: Path, seed: int) -> None:
    with network(tmp_path) as net:
        wander(net, seed, 120)
