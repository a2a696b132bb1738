"""Counts of lanes: nobody waits long, nobody gets another's, and each is made once an hour."""

from collections.abc import Iterator, Mapping
from threading import Event

import pytest

from ledger.codes import Mode
from ledger.common.distribution import Distribution, distribution
from ledger.errors import Busy
from ledger.network.lane_times import Lane
from ledger.services.figures import lanes
from ledger.services.figures.lanes import LaneTimes
from ledger.services.views.records import Reader

HOUR = 3600
LANE = Lane("NZ", "CN", Mode.AIR)
ONE, OTHER = Reader(1), Reader(2)


class Counts:
    """`LaneTimes` whose counts say for whom and when they were made; `go` lets them, `fails` makes them fail."""

    def __init__(self) -> None:
        self.now = 10 * HOUR
        self.made: list[tuple[int, int]] = []
        self.go = Event()
        self.go.set()
        self.fails = False
        self.lanes = LaneTimes(self._count, lambda: self.now)

    def _count(self, reader: Reader, at: int) -> Mapping[Lane, Distribution]:
        assert self.go.wait(60)
        self.made.append((reader.partner, at))
        if self.fails:
            raise Busy("others count", retry_after=1)
        return {LANE: distribution([reader.partner])}


@pytest.fixture
def counts() -> Iterator[Counts]:
    made = Counts()
    yield made
    made.go.set()
    made.lanes.close()


def test_each_reader_gets_its_own_once_an_hour(counts: Counts) -> None:
    for reader in (ONE, OTHER, ONE):
        found = counts.lanes.of(reader, patience=60)
        assert found is not None
        assert found[LANE].median == reader.partner
    counts.now += HOUR - 1
    assert counts.lanes.of(ONE, patience=60) is not None
    assert counts.made == [(1, 10 * HOUR), (2, 10 * HOUR)]
    counts.now += 1
    assert counts.lanes.of(ONE, patience=60) is not None
    assert counts.made[2:] == [(1, 11 * HOUR)]


def test_the_same_partner_with_other_rights_is_another_reader(counts: Counts) -> None:
    counts.lanes.of(Reader(1, auditor=True), patience=60)
    counts.lanes.of(Reader(1, key=b"k", scopes=0), patience=60)
    counts.lanes.of(ONE, patience=60)
    assert len(counts.made) == 3


def test_nobody_waits_for_a_count_that_takes_long(counts: Counts) -> None:
    counts.go.clear()
    assert counts.lanes.of(ONE, patience=0.01) is None
    counts.go.set()
    assert counts.lanes.of(ONE, patience=60) is not None
    assert counts.made == [(1, 10 * HOUR)], "who asked meanwhile waited for the same"


def test_what_failed_is_counted_again(counts: Counts) -> None:
    counts.fails = True
    assert counts.lanes.of(ONE, patience=60) is None
    counts.fails = False
    assert counts.lanes.of(ONE, patience=60) is not None


def test_so_many_readers_are_kept_and_no_more(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST", 2)
    for partner in (1, 2, 3, 1):
        assert counts.lanes.of(Reader(partner), patience=60) is not None
    assert [partner for partner, _ in counts.made] == [1, 2, 3, 1]
