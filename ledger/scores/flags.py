"""Marks for whoever reads a score: signs that it rests on little, or that somebody played for it. They change nothing.

Each says how many of how many, and which records say so.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple, Protocol

from ledger.codes import Role
from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.records.types import NOBODY, Commercial, Place, ShipmentTerms
from ledger.scores.card import Indicator
from ledger.scores.counters import Book, SampleRows
from ledger.scores.estimate import doubled_median
from ledger.scores.samples import Parties
from ledger.scores.tender_flags import Tenders
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

FEWEST_ON_A_LANE = 10
Lane = tuple[str, str, int]


class FlagKind(StrEnum):
    """Over a quarter of the shipments with one counterparty; under four fifths of the records known within a day;
    over a quarter of the promises over one and a half times as long as usual on their lane; over half of the customs
    time taken out on a broker's word alone; holds that became known over a day after they happened. And above one in
    five of at least ten: tenders of one holder that were contested; contests by one party of the tenders made to it,
    told of the party and of the holders whom it contested; tenders of one holder that the same third endorsed. And any
    attested number from the partner itself or from a counterparty of its shipments in the period.
    """

    ONE_CUSTOMER = "one_customer"
    LATE_RECORDS = "late_records"
    PADDED_PROMISES = "padded_promises"
    BROKER_WORD = "broker_word"
    LATE_HOLDS = "late_holds"
    CONTESTED_TENDERS = "contested_tenders"
    CONTESTS = "contests"
    SAME_THIRD = "same_third"
    INTERESTED_ISSUER = "interested_issuer"


@figure("kind", "count", "of", "records")
@dataclass(frozen=True, slots=True)
class Flag:
    """`count` of `of`, in what the kind speaks of: shipments, records, holds, tenders, numbers, or seconds."""

    kind: FlagKind
    count: int
    of: int
    records: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What flags are raised by, of all shipments that gave a partner a sample, but for records.

    `customers`: for whom the work was done, with the number of shipments as opened by terms, so that splitting one
    makes no more of them; `opened` names the terms of one. `padded` are those whose promise was padded. `excused`
    seconds were taken out for so many `holds`, `on_word` of them on a broker's word, as `word` says.
    """

    customers: Mapping[int, int]
    opened: Callable[[int], Iterable[RecordId]]
    padded: Collection[RecordId]
    excused: int
    on_word: int
    word: Iterable[RecordId]
    holds: int
    told_late: Collection[RecordId]
    records: SampleRows | None

    @property
    def shipments(self) -> int:
        return sum(self.customers.values())


def seen_in(role: Role, book: Book, usual: "Usual") -> Seen:
    """The same of a partner's book in `role`."""
    deliveries = book.deliveries
    theirs: dict[int, set[RecordId]] = {}
    for delivery in deliveries:
        theirs.setdefault(customer_of(role, delivery.parties), set()).add(delivery.terms)
    excused = [delivery for delivery in deliveries if delivery.holds]
    return Seen(
        customers={customer: len(terms) for customer, terms in theirs.items()},
        opened=theirs.__getitem__,
        padded=usual.padded_among({delivery.terms for delivery in deliveries}),
        excused=sum(map(attrgetter("excused"), excused)),
        on_word=sum(map(attrgetter("on_word"), excused)),
        word=(record for delivery in excused for record in delivery.word),
        holds=sum(map(attrgetter("holds"), excused)),
        told_late={record for delivery in excused for record in delivery.told_late},
        records=book.get((Indicator.RECORDS.value, "")),
    )


def flags_of(role: Role, partner: int, seen: Seen, tenders: Tenders) -> Iterator[Flag]:
    """The flags of a partner in `role`."""
    yield from _one_customer(seen)
    if seen.records is not None:
        yield from _late_records(seen.records)
    if len(seen.padded) * 4 > seen.shipments:
        yield Flag(FlagKind.PADDED_PROMISES, len(seen.padded), seen.shipments, _ascending(seen.padded))
    if seen.on_word * 2 > seen.excused:
        yield Flag(FlagKind.BROKER_WORD, seen.on_word, seen.excused, _ascending(seen.word))
    if seen.told_late:
        yield Flag(FlagKind.LATE_HOLDS, len(seen.told_late), seen.holds, _ascending(seen.told_late))
    if role is not Role.BROKER and seen.customers:
        for kind, count in (
            (FlagKind.CONTESTED_TENDERS, tenders.contested(partner)),
            (FlagKind.CONTESTS, tenders.contests(partner)),
            (FlagKind.SAME_THIRD, tenders.endorsed(partner)),
        ):
            if count.stands_out:
                yield Flag(kind, len(count.records), count.of, _ascending(count.records))


class Usual(Protocol):
    """How long promises take on each lane (origin, destination, mode), by the median of all terms of a period."""

    def padded_among(self, terms: set[RecordId]) -> set[RecordId]:
        """Those whose promise takes over one and a half times the median of their lane, where one is usual."""


class UsualPromises:
    """A `Usual` of `promises`."""

    def __init__(self, promises: Iterable["Promise"]) -> None:
        self._promises = promises

    def padded_among(self, terms: set[RecordId]) -> set[RecordId]:
        return terms & self.padded

    @cached_property
    def padded(self) -> frozenset[RecordId]:
        """The terms whose promise took over one and a half times the median of their lane, where one is usual."""
        lanes: dict[Lane, tuple[list[int], list[RecordId]]] = {}
        for promise in self._promises:
            spans, terms = lanes.setdefault(promise.lane, ([], []))
            spans.append(promise.seconds)
            terms.append(promise.terms)
        padded: list[RecordId] = []
        for spans, terms in lanes.values():
            if len(spans) >= FEWEST_ON_A_LANE:
                usual = doubled_median(spans)
                padded += (name for span, name in zip(spans, terms, strict=True) if is_padded(span, usual))
        return frozenset(padded)


class KeptPromises:
    """A `Usual` whose promises come, change and go one by one."""

    def __init__(self) -> None:
        self._of: dict[bytes, Promise] = {}
        self._lanes: dict[Lane, list[int]] = {}

    def put(self, terms: bytes, promise: "Promise | None") -> None:
        """From now on the terms' promise is this one, or None is in the period."""
        before = self._of.pop(terms, None)
        if before is not None:
            self._lanes[before.lane].remove(before.seconds)
        if promise is not None:
            self._of[terms] = promise
            self._lanes.setdefault(promise.lane, []).append(promise.seconds)

    def padded_among(self, terms: set[RecordId]) -> set[RecordId]:
        usual: dict[Lane, int | None] = {}
        result = set()
        for name in terms & self._of.keys():
            promise = self._of[name]
            if promise.lane not in usual:
                spans = self._lanes[promise.lane]
                spans.sort()  # kept: next time only what came since is out of order
                usual[promise.lane] = doubled_median(spans) if len(spans) >= FEWEST_ON_A_LANE else None
            twice = usual[promise.lane]
            if twice is not None and is_padded(promise.seconds, twice):
                result.add(name)
        return result


class Promise(NamedTuple):
    """How long a promise took from the opening, on which lane."""

    lane: Lane
    seconds: int
    terms: RecordId


def promises_of(journeys: Journeys, period: Period) -> Iterator[Promise]:
    """All promises of a period, but where a part of the terms is withheld that says them."""
    for found in journeys.terms.values():
        promise = promise_of(found, period)
        if promise is not None:
            yield promise


def promise_of(found: Found[ShipmentTerms], period: Period) -> Promise | None:
    """The promise of these terms; None where it is in another period, or withheld."""
    verified, record = found
    lane, commercial = lane_of(record), record.commercial
    if lane is None or not isinstance(commercial, Commercial) or commercial.promisedAt not in period:
        return None
    seconds = commercial.promisedAt - verified.known
    return Promise(lane, seconds, verified.id) if seconds > 0 else None


def lane_of(terms: ShipmentTerms) -> Lane | None:
    """None where a place is withheld."""
    origin, destination = terms.origin, terms.destination
    if not isinstance(origin, Place) or not isinstance(destination, Place):
        return None
    return origin.country or origin.name, destination.country or destination.name, terms.mode


def is_padded(seconds: int, usual: int) -> bool:
    """Whether a promise takes over one and a half times what is usual, given twice that."""
    return 4 * seconds > 3 * usual


def _one_customer(seen: Seen) -> Iterator[Flag]:
    theirs = {customer: count for customer, count in seen.customers.items() if customer != NOBODY}
    if theirs:
        largest = max(sorted(theirs), key=theirs.__getitem__)
        if theirs[largest] * 4 > seen.shipments:
            yield Flag(FlagKind.ONE_CUSTOMER, theirs[largest], seen.shipments, _ascending(seen.opened(largest)))


def customer_of(role: Role, parties: Parties) -> int:
    """For whom the work was done: a carrier's is who is owed a penalty, a supplier's the consignee, else the sender."""
    if role is Role.CARRIER:
        return parties.beneficiary or parties.consignee
    return parties.consignor if role is Role.BROKER else parties.consignee


def _late_records(rows: SampleRows) -> Iterator[Flag]:
    if rows.good * 100 < rows.due * 80:
        yield Flag(FlagKind.LATE_RECORDS, rows.due - rows.good, rows.due, _ascending(rows.amiss()))


def _ascending(records: Iterable[RecordId]) -> tuple[RecordId, ...]:
    return tuple(sorted(set(records)))
