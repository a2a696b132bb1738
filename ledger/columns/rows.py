"""The samples of one indicator in columns, sorted by partner, group and event: what `ledger.scores.counters` keeps in
lists, a few bytes each.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from ledger.columns.arrays import Ints, lowest, narrow, runs, sums, times, total, whole, wide
from ledger.common.ids import RecordId
from ledger.scores.counters import Read, Weigh
from ledger.scores.samples import Delivery


class Samples(NamedTuple):
    """One row a sample: who is judged, what may not be summed over, of which delivery, good, due, and where it came
    from: what `Reading` is asked by.
    """

    partner: Ints
    group: Ints
    delivery: Ints
    good: Ints
    due: Ints
    source: Ints


def stacked(parts: Sequence[Samples]) -> Samples:
    """One after the other."""
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class Reading(NamedTuple):
    """How samples are read one by one: the place of a delivery among all in the chain's order, by delivery; the records
    of samples, by their sources; the delivery itself; and, by source, what is good if all that is disputed falls.
    """

    place: Ints
    records: Callable[[Ints], list[tuple[RecordId, ...]]]
    delivery: Callable[[int], Delivery]
    worst: Mapping[int, int]


class SampleTable:
    """All samples of an indicator. `event` says of each delivery which sample it is a part of, `packages` its weight;
    `weigh` by what things count within a sample.
    """

    def __init__(self, samples: Samples, event: Ints, packages: Ints, weigh: Weigh, reading: Reading) -> None:
        events = event[samples.delivery]
        order = np.lexsort((samples.source, events, samples.group, samples.partner))
        partner, group, events = samples.partner[order], samples.group[order], events[order]
        self.delivery, self.source = narrow(samples.delivery[order]), narrow(samples.source[order])
        self.good, self.due = narrow(samples.good[order]), narrow(samples.due[order])
        self.reading = reading
        starts = runs(partner, group, events)
        ones = np.ones(len(order), np.int64)
        by = packages[self.delivery] if weigh is Weigh.PACKAGES else ones
        self.event_good = sums(times(self.good, by), starts)
        self.event_weight = sums(ones if weigh is Weigh.ALIKE else times(self.due, by), starts)
        self.event = narrow(events[starts])
        self._slices: dict[int, dict[int, tuple[int, int, int, int]]] = {}
        first = runs(partner, group)
        ends = np.append(first, len(order))[1:]
        places, past = np.searchsorted(starts, first), np.searchsorted(starts, ends)
        columns = (partner[first], group[first], first, ends, places, past)
        for who, what, start, end, begin, stop in zip(*(column.tolist() for column in columns), strict=True):
            self._slices.setdefault(who, {})[what] = start, end, begin, stop

    @property
    def partners(self) -> set[int]:
        return set(self._slices)

    def groups(self, partner: int) -> dict[int, "ColumnRows"]:
        """The samples of a partner by group."""
        return {group: ColumnRows(self, *piece) for group, piece in self._slices.get(partner, {}).items()}

    def by_group(self) -> Iterator[tuple[int, "ColumnRows"]]:
        """The samples of everybody, one partner and group after the other."""
        for partner in self._slices:
            yield from self.groups(partner).items()


@dataclass(frozen=True, slots=True)
class ColumnRows:
    """As `ledger.scores.counters.Rows`: the samples from `start` to before `end`, whose events are those from `begin`
    to before `stop`.
    """

    table: SampleTable
    start: int
    end: int
    begin: int
    stop: int

    def event_sums(self, weigh: Weigh) -> list[tuple[int, int]]:  # noqa: ARG002 - the table was made by it
        goods, weights = self._events()
        return list(zip(goods.tolist(), weights.tolist(), strict=True))

    def means(self, weigh: Weigh) -> Counter[tuple[int, int]]:  # noqa: ARG002 - the same
        return lowest(*self._events())

    def _events(self) -> tuple[Ints, Ints]:
        chosen = slice(self.begin, self.stop)
        return self.table.event_good[chosen], self.table.event_weight[chosen]

    @property
    def counted(self) -> int:
        return self.end - self.start

    @property
    def good(self) -> int:
        return total(self.table.good[self.start : self.end])

    @property
    def due(self) -> int:
        return total(self.table.due[self.start : self.end])

    @property
    def events(self) -> set[int]:
        """Numbers in place of events."""
        return set(self.table.event[self.begin : self.stop].tolist())

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for _, _, _, delivery in self.each()]

    @property
    def worst(self) -> dict[int, int]:
        worst = self.table.reading.worst
        sources = self.table.source[self._ordered()].tolist() if worst else ()
        return {number: worst[source] for number, source in enumerate(sources) if source in worst}

    def each(self) -> Iterator[Read]:
        """In the chain's order of their shipments."""
        table, rows = self.table, self._ordered()
        counted = (table.good[rows].tolist(), table.due[rows].tolist(), self.told())
        for good, due, records, delivery in zip(*counted, table.delivery[rows].tolist(), strict=True):
            yield good, due, records, table.reading.delivery(delivery)

    def told(self) -> list[tuple[RecordId, ...]]:
        return self.table.reading.records(self.table.source[self._ordered()])

    def at_worst(self) -> Iterator[Read]:
        worst = self.worst
        for number, (good, due, records, delivery) in enumerate(self.each()):
            yield worst.get(number, good), due, records, delivery

    def amiss(self) -> Iterator[RecordId]:
        rows = self.start + np.flatnonzero(self.table.good[self.start : self.end] == 0)
        return chain.from_iterable(self.table.reading.records(self.table.source[rows]))

    def _ordered(self) -> Ints:
        rows = np.arange(self.start, self.end)
        place = self.table.reading.place[self.table.delivery[rows]]
        return rows[np.lexsort((self.table.source[rows], place))]


def samples(
    partner: Ints, delivery: Ints, good: Ints, due: Ints | int, source: Ints, group: Ints | None = None
) -> Samples:
    """Rows of samples; one `due` for all may be given as a number."""
    size = len(partner)
    dues = np.full(size, due, np.int64) if isinstance(due, int) else due
    groups = np.zeros(size, np.int64) if group is None else group
    return Samples(wide(partner), groups, delivery, wide(good), dues, source)


def listed(rows: Sequence[tuple[int, int, int, int, int, int]]) -> Samples:
    """Rows of samples from lists: partner, group, delivery, good, due, source."""
    columns = zip(*rows, strict=True) if rows else ((),) * 6
    return Samples(*(whole(column) for column in columns))
