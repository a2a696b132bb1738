"""What indicators add up to, by role and partner. One count costs well under a microsecond: a network has millions."""

from collections import Counter
from dataclasses import dataclass, field

from ledger.codes import Role
from ledger.ids import RecordId
from ledger.score_card import OF_ROLE, Indicator


@dataclass(slots=True)
class Tally:
    """One indicator of one partner. `events`, `raised` and `lowered` may name one more than once.

    `sums` by group: good, due and count of what may not be summed.
    """

    good: int = 0
    due: int = 0
    count: int = 0
    events: list[bytes] = field(default_factory=list)
    raised: list[RecordId] = field(default_factory=list)
    lowered: list[RecordId] = field(default_factory=list)
    sums: dict[str, list[int]] = field(default_factory=dict)
    durations: list[tuple[str, int, tuple[RecordId, ...]]] = field(default_factory=list)
    """Of `OVER_MEDIAN`: office, seconds, records; good or bad only against the median, which is known last."""

    def add(self, good: int, due: int, event: bytes, records: tuple[RecordId, ...], bad: bool) -> None:
        self.good += good
        self.due += due
        self.count += 1
        self.events.append(event)
        if bad:
            self.lowered += records
        else:
            self.raised += records

    def add_to_group(self, group: str, good: int, due: int) -> None:
        sums = self.sums.get(group)
        if sums is None:
            self.sums[group] = [good, due, 1]
        else:
            sums[0] += good
            sums[1] += due
            sums[2] += 1


class Book(dict[Indicator, Tally]):
    """The tallies of one partner in one role; asking for an indicator makes it. `customers` counts the other side."""

    __slots__ = ("customers",)

    def __init__(self) -> None:
        super().__init__()
        self.customers: Counter[int] = Counter()

    def __missing__(self, indicator: Indicator) -> Tally:
        tally = self[indicator] = Tally()
        return tally


class Shelf(dict[int, Book]):
    """The books of all partners in one role; asking for a partner makes its book."""

    def __missing__(self, partner: int) -> Book:
        book = self[partner] = Book()
        return book


class Books:
    """The books of everybody by role. `once` holds who had which record counted."""

    def __init__(self) -> None:
        self.shelves: dict[Role, Shelf] = {Role(role): Shelf() for role in OF_ROLE}
        self.once: set[tuple[Role, int, bytes]] = set()
