"""Marks for whoever reads a score: signs that it rests on little, or that somebody played for it. They change nothing.

Each says how many of how many, and which records say so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import attrgetter

from ledger.codes import Role
from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.records.types import NOBODY, Commercial, Place, ShipmentTerms
from ledger.scores.card import Indicator
from ledger.scores.counters import Book
from ledger.scores.estimate import doubled_median
from ledger.scores.samples import Delivery
from ledger.scores.tender_flags import Tenders
from ledger.shipments.history import Journeys

FEWEST_ON_A_LANE = 10
Lane = tuple[str, str, int]


class FlagKind(StrEnum):
    """Over a quarter of the shipments with one counterparty; under four fifths of the records known within a day;
    over a quarter of the promises over one and a half times as long as usual on their lane; over half of the customs
    time taken out on a broker's word alone; holds that became known over a day after they happened. And above one in
    five of at least ten: tenders of one holder that were contested; contests by one party of the tenders made to it,
    told of the party and of the holders whom it contested; tenders of one holder that the same third endorsed.
    """

    ONE_CUSTOMER = "one_customer"
    LATE_RECORDS = "late_records"
    PADDED_PROMISES = "padded_promises"
    BROKER_WORD = "broker_word"
    LATE_HOLDS = "late_holds"
    CONTESTED_TENDERS = "contested_tenders"
    CONTESTS = "contests"
    SAME_THIRD = "same_third"


@figure("kind", "count", "of", "records")
@dataclass(frozen=True, slots=True)
class Flag:
    """`count` of `of`, in what the kind speaks of: shipments, records, holds, tenders, or seconds."""

    kind: FlagKind
    count: int
    of: int
    records: tuple[RecordId, ...]


def flags_of(role: Role, partner: int, book: Book, usual: "UsualPromises", tenders: Tenders) -> Iterator[Flag]:
    """The flags of a partner's book in `role`."""
    deliveries = book.deliveries
    yield from _one_customer(role, deliveries)
    yield from _late_records(book)
    yield from _padded(deliveries, usual)
    yield from _broker_word(deliveries)
    yield from _late_holds(deliveries)
    if role is not Role.BROKER and deliveries:
        for kind, count in (
            (FlagKind.CONTESTED_TENDERS, tenders.contested(partner)),
            (FlagKind.CONTESTS, tenders.contests(partner)),
            (FlagKind.SAME_THIRD, tenders.endorsed(partner)),
        ):
            if count.stands_out:
                yield Flag(kind, len(count.records), count.of, _ascending(count.records))


class UsualPromises:
    """How long promises take on each lane (origin, destination, mode), by the median of all terms of a period."""

    def __init__(self, journeys: Journeys, period: Period) -> None:
        self._journeys, self._period = journeys, period

    @cached_property
    def padded(self) -> frozenset[RecordId]:
        """The terms whose promise took over one and a half times the median of their lane, where one is usual."""
        lanes: dict[Lane, tuple[list[int], list[RecordId]]] = {}
        for verified, record in self._journeys.terms.values():
            result = _promise(record, verified.known)
            if result is not None and verified.known + result[1] in self._period:
                spans, terms = lanes.setdefault(result[0], ([], []))
                spans.append(result[1])
                terms.append(verified.id)
        padded: list[RecordId] = []
        for spans, terms in lanes.values():
            if len(spans) >= FEWEST_ON_A_LANE:
                usual = doubled_median(spans)
                padded += (name for span, name in zip(spans, terms, strict=True) if 4 * span > 3 * usual)
        return frozenset(padded)


def _promise(terms: ShipmentTerms, opened_at: int) -> tuple[Lane, int] | None:
    """The lane and how long the promise took from the opening; None where a part is withheld, or nothing promised."""
    origin, destination, commercial = terms.origin, terms.destination, terms.commercial
    if not isinstance(commercial, Commercial):
        return None
    promised = commercial.promisedAt
    if not isinstance(origin, Place) or not isinstance(destination, Place) or promised <= opened_at:
        return None
    names = origin.country or origin.name, destination.country or destination.name
    return (*names, terms.mode), promised - opened_at


def _one_customer(role: Role, deliveries: Iterable[Delivery]) -> Iterator[Flag]:
    """By shipments as opened by terms: splitting one makes no more of them."""
    theirs: dict[int, set[RecordId]] = {}
    for delivery in deliveries:
        verified, terms = delivery.terms
        theirs.setdefault(_customer(role, terms), set()).add(verified.id)
    shipments = sum(map(len, theirs.values()))
    theirs.pop(NOBODY, None)
    if theirs:
        largest = max(sorted(theirs), key=lambda partner: len(theirs[partner]))
        if len(theirs[largest]) * 4 > shipments:
            yield Flag(FlagKind.ONE_CUSTOMER, len(theirs[largest]), shipments, _ascending(theirs[largest]))


def _customer(role: Role, terms: ShipmentTerms) -> int:
    """For whom the work was done: a carrier's is who is owed a penalty, a supplier's the consignee, else the sender."""
    if role is Role.CARRIER:
        commercial = terms.commercial
        return (isinstance(commercial, Commercial) and commercial.beneficiary) or terms.consignee
    return terms.consignor if role is Role.BROKER else terms.consignee


def _late_records(book: Book) -> Iterator[Flag]:
    rows = book.get((Indicator.RECORDS.value, ""))
    if rows is not None and rows.good * 100 < rows.due * 80:
        late = (record for good, _, records, _ in rows.each() if not good for record in records)
        yield Flag(FlagKind.LATE_RECORDS, rows.due - rows.good, rows.due, _ascending(late))


def _padded(deliveries: Iterable[Delivery], usual: UsualPromises) -> Iterator[Flag]:
    terms = {delivery.terms.verified.id for delivery in deliveries}
    padded = terms & usual.padded
    if len(padded) * 4 > len(terms):
        yield Flag(FlagKind.PADDED_PROMISES, len(padded), len(terms), _ascending(padded))


def _broker_word(deliveries: Iterable[Delivery]) -> Iterator[Flag]:
    excused = [delivery for delivery in deliveries if delivery.excused]
    seconds, on_word = sum(map(attrgetter("excused"), excused)), sum(map(attrgetter("on_word"), excused))
    if on_word * 2 > seconds:
        records = _ascending(record for delivery in excused for record in delivery.word)
        yield Flag(FlagKind.BROKER_WORD, on_word, seconds, records)


def _late_holds(deliveries: Iterable[Delivery]) -> Iterator[Flag]:
    excused = [delivery for delivery in deliveries if delivery.holds]
    late = _ascending(record for delivery in excused for record in delivery.told_late)
    if late:
        yield Flag(FlagKind.LATE_HOLDS, len(late), sum(delivery.holds for delivery in excused), late)


def _ascending(records: Iterable[RecordId]) -> tuple[RecordId, ...]:
    return tuple(sorted(set(records)))
