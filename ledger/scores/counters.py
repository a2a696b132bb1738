"""What indicators add up to, by role and partner. One count costs well under a microsecond: a network has millions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from enum import Enum, auto
from math import gcd
from typing import Any, Protocol

from ledger.codes import Role
from ledger.common.ids import RecordId
from ledger.scores.card import OF_ROLE, Indicator
from ledger.scores.samples import Delivery, Event, Sample

Key = tuple[str, str]
"""An indicator's value and the group that it is not summed beyond. (Enumerations are slow to look up.)"""


class Weigh(Enum):
    """By what a thing counts within a sample: by its packages; by what was due; each alike, as durations do."""

    PACKAGES = auto()
    DUE = auto()
    ALIKE = auto()


Read = tuple[int, int, tuple[RecordId, ...], Delivery]
"""Of `due` `good`, the records that say so, and the delivery that it is of."""


class SampleRows(Protocol):
    """The samples of an indicator, a partner and a group, however they are kept."""

    def event_sums(self, weigh: Weigh) -> list[tuple[int, int]]:
        """Of each sample, whatever shipments it holds: what was good, and the weight that this is of."""

    def means(self, weigh: Weigh) -> Counter[tuple[int, int]]:
        """How many samples are good by which share (or last for which mean), as fractions in lowest terms."""

    def each(self) -> Iterator[Read]:
        """Everything that was counted, in the chain's order."""

    def at_worst(self) -> Iterator[Read]:
        """As `each`, if all that is disputed falls."""

    def told(self) -> Sequence[tuple[RecordId, ...]]:
        """The records of everything that was counted, in the same order."""

    def amiss(self) -> Iterator[RecordId]:
        """The records of all that was not good at all, in any order."""

    @property
    def worst(self) -> dict[int, int]:
        """Of what was counted by number that something is disputed of: what is good if that falls."""

    @property
    def counted(self) -> int:
        """How many things were counted."""

    @property
    def events(self) -> Set[Any]:
        """The samples, as things that can be told apart."""

    @property
    def good(self) -> int: ...

    @property
    def due(self) -> int: ...

    @property
    def deliveries(self) -> list[Delivery]: ...


def summed(rows: Iterable[Read], weigh: Weigh, *, closed: bool = True) -> dict[Event, list[int]]:
    """What each sample holds: good, and the weight that this is of. Without what is `closed`, if told so."""
    sums: dict[Event, list[int]] = {}
    for good, due, _, delivery in rows:
        if delivery.closed and not closed:
            continue
        entry = sums.setdefault(delivery.event, [0, 0])
        by = delivery.packages if weigh is Weigh.PACKAGES else 1
        entry[0] += good * by
        entry[1] += 1 if weigh is Weigh.ALIKE else due * by
    return sums


def lowest(good: int, weight: int) -> tuple[int, int]:
    """The fraction in lowest terms."""
    by = gcd(good, weight)
    return good // by, weight // by


class Rows(list[Any]):
    """The samples of one key, flat: good, due, records, delivery; and again. A quarter of the memory of tuples."""

    __slots__ = ("worst",)

    def __init__(self, flat: Iterable[Any] = ()) -> None:
        super().__init__(flat)
        self.worst: dict[int, int] = {}
        """Of the samples by number that something is disputed of: what is good if that falls."""

    def at_worst(self) -> Iterator[Read]:
        """As `each`, if all that is disputed falls."""
        for number, (good, due, records, delivery) in enumerate(self.each()):
            yield self.worst.get(number, good), due, records, delivery

    def each(self) -> Iterator[Read]:
        return zip(self[0::4], self[1::4], self[2::4], self[3::4], strict=True)

    def event_sums(self, weigh: Weigh) -> list[tuple[int, int]]:
        """Of each sample, whatever shipments it holds: what was good, and the weight that this is of."""
        return [(good, weight) for good, weight in summed(self.each(), weigh).values()]

    def means(self, weigh: Weigh) -> Counter[tuple[int, int]]:
        """How many samples are good by which share (or last for which mean), as fractions in lowest terms."""
        return Counter(lowest(good, weight) for good, weight in summed(self.each(), weigh).values())

    def told(self) -> Sequence[tuple[RecordId, ...]]:
        """The records of everything that was counted."""
        return self[2::4]

    def amiss(self) -> Iterator[RecordId]:
        """The records of all that was not good at all."""
        return (record for good, _, records, _ in self.each() if not good for record in records)

    @property
    def counted(self) -> int:
        """How many things were counted."""
        return len(self) // 4

    @property
    def events(self) -> set[Event]:
        return {delivery.event for delivery in self.deliveries}

    @property
    def good(self) -> int:
        return sum(self[0::4])

    @property
    def due(self) -> int:
        return sum(self[1::4])

    @property
    def deliveries(self) -> list[Delivery]:
        return self[3::4]


def _key_of(entry: tuple[Key, Rows]) -> Key:
    return entry[0]


class Book(dict[Key, Rows]):
    """The samples of one partner in one role; asking for a key makes it."""

    def __missing__(self, key: Key) -> Rows:
        rows = self[key] = Rows()
        return rows

    def groups(self, indicator: Indicator) -> dict[str, Rows]:
        """The samples of an indicator by group, in the order of their names; empty when nothing was due."""
        return {group: rows for (name, group), rows in sorted(self.items(), key=_key_of) if name == indicator.value}

    @property
    def deliveries(self) -> list[Delivery]:
        """Of every shipment that gave a sample, but for records, once."""
        result = {
            delivery.shipment: delivery
            for (name, _), rows in self.items()
            if name != Indicator.RECORDS.value
            for delivery in rows.deliveries
        }
        return list(result.values())

    @property
    def closed(self) -> set[bytes]:
        """The shipments that may be any sample, because a place of theirs is withheld."""
        return {delivery.shipment for rows in self.values() for delivery in rows.deliveries if delivery.closed}

    @property
    def events(self) -> set[Event]:
        """The samples: the events in which anything was due, but for records."""
        return {
            delivery.event
            for (name, _), rows in self.items()
            if name != Indicator.RECORDS.value
            for delivery in rows.deliveries
        }


class Shelf(dict[int, Book]):
    """The books of all partners in one role; asking for a partner makes its book."""

    def __missing__(self, partner: int) -> Book:
        book = self[partner] = Book()
        return book


class Books:
    """The books of everybody by role. `once` holds who had which record of several lines counted."""

    def __init__(self) -> None:
        self.shelves: dict[Role, Shelf] = {Role(role): Shelf() for role in OF_ROLE}
        self.once: set[tuple[Role, int, bytes]] = set()

    def add(self, sample: Sample) -> None:
        if sample.once:
            mark = sample.role, sample.partner, sample.once
            if mark in self.once:
                return
            self.once.add(mark)
        key = sample.indicator.value, sample.group
        rows = self.shelves[sample.role][sample.partner][key]
        if sample.worst is not None:
            rows.worst[len(rows) // 4] = sample.worst
        rows.extend((sample.good, sample.due, sample.records, sample.delivery))
