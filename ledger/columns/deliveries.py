"""Deliveries in columns: those of plain shipments, then those of brokers at their holds, then all others.

Of each: which sample it is a part of, by what it weighs, which shipment it is of, and where that stands in the chain's
order. What flags need is here too.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ledger.codes import Role
from ledger.columns.arrays import Ints, codes, whole
from ledger.columns.clocks import Clocks
from ledger.columns.others import Others
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.types import NOBODY
from ledger.scores.flags import customer_of
from ledger.scores.samples import Delivery, Event, Parties
from ledger.shipments.customs_holds import LATE_KNOWN


class Deliveries:
    """Shipments are numbered: the plain ones by their rows, then the others."""

    def __init__(self, clocks: Clocks, others: Others) -> None:
        self._clocks, self._others = clocks, others
        self._columns = clocks.columns
        self.plain, self.holds = len(clocks.starts), len(clocks.held)
        self.objects: list[Delivery] = []
        """The deliveries of what is not plain, each once, and of which shipment it is."""
        self._numbers: dict[Delivery, int] = {}
        of: list[int] = []
        for samples in others.samples.values():
            for number, sample in samples:
                if sample.delivery not in self._numbers:
                    self._numbers[sample.delivery] = len(self.objects)
                    self.objects.append(sample.delivery)
                    of.append(self.plain + number)
        self.shipment = np.concatenate([np.arange(self.plain), clocks.held, whole(of)])
        first = self.plain + self.holds
        self.closed = whole([first + number for number, one in enumerate(self.objects) if one.closed])
        """Those of which a place is withheld."""
        packages = np.maximum(1, self._columns.shipments["packages"])
        self.packages = np.concatenate([packages, packages[clocks.held], whole([one.packages for one in self.objects])])
        self._keys = self._event_keys()
        self.event = codes(*self._keys)
        self.places = self._places()
        """Of each shipment by number: where it stands among all in the chain's order."""
        self.place = self.places[self.shipment]

    def number_of(self, delivery: Delivery) -> int:
        """The number of one that is not plain."""
        return self.plain + self.holds + self._numbers[delivery]

    def delivery(self, number: int) -> Delivery:
        """By its number."""
        if number >= self.plain + self.holds:
            return self.objects[number - self.plain - self.holds]
        row = int(self.shipment[number])
        shipments, terms = self._columns.shipments, self._columns.shipments.id(row)
        parties = Parties(*(int(shipments.columns[name][row]) for name in ("consignor", "consignee", "beneficiary")))
        delivery = Delivery(terms, self._event(number), int(self.packages[number]), terms, parties)
        if not self.excused[row]:
            return delivery
        told_late = tuple(self.told_late([row]))
        return delivery._replace(excused=int(self.excused[row]), holds=1, told_late=told_late)

    def _event(self, number: int) -> Event:
        giver, taker, recipient, destination, day = (int(key[number]) for key in self._keys)
        return Event(giver, taker, self._recipients[recipient], self._texts[destination], day)

    def _event_keys(self) -> tuple[Ints, ...]:
        """What each event is told apart by, as numbers: giver, taker, recipient, destination, day."""
        clocks, columns = self._clocks, self._columns
        recipients = {b"": 0, **{name: i for i, name in enumerate((n for n in columns.names.recipient if n), 1)}}
        texts: dict[str | None, int] = {None: 0}

        def code(table: dict[bytes, int] | dict[str | None, int], names: Sequence[object]) -> Ints:
            known: dict[object, int] = table  # type: ignore[assignment]
            return whole([known.setdefault(name, len(known)) for name in names])

        giver, taker = clocks.party("releaser")[clocks.last], clocks.party("receiver")[clocks.last]
        recipient = code(recipients, columns.names.recipient)[columns.shipments["recipient"]]
        recipient = np.where((giver == NOBODY) | (taker == NOBODY), recipient, 0)
        destination = code(texts, columns.names.destination)[columns.shipments["destination"]]
        holds, none = columns.holds, np.zeros(self.holds, np.int64)
        counted = np.maximum(holds["first_at"], holds["first_known"] - columns.shipments["report_lag"][clocks.held])
        office = code(texts, columns.names.office)[holds["office"]]
        events = [delivery.event for delivery in self.objects]
        parts = (
            (giver, holds["broker"], whole([event.giver for event in events])),
            (taker, none, whole([event.taker for event in events])),
            (recipient, none, code(recipients, [event.recipient for event in events])),
            (destination, office, code(texts, [event.destination for event in events])),
            (clocks.delivered // DAY, counted // DAY, whole([event.day for event in events])),
        )
        self._recipients, self._texts = tuple(recipients), tuple(texts)
        return tuple(np.concatenate(part) for part in parts)

    def _places(self) -> Ints:
        shipments, others = self._columns.shipments, self._others.places
        opened = [(number, place) for number, (kind, place, _) in enumerate(others) if kind == 0]
        numbers = np.concatenate([np.arange(self.plain), whole([self.plain + number for number, _ in opened])])
        keys = [
            np.concatenate([shipments[name], whole([place[i] for _, place in opened])])
            for i, name in enumerate(("block", "event", "leaf"))
        ]
        result = np.zeros(self.plain + len(others), np.int64)
        result[numbers[np.lexsort(keys[::-1])]] = np.arange(len(numbers))
        parted = sorted((place, number) for number, place in enumerate(others) if place[0])
        for rank, (_, number) in enumerate(parted, len(numbers)):
            result[self.plain + number] = rank
        return result

    # --- for flags -----------------------------------------------------------------------------------------

    @cached_property
    def excused(self) -> Ints:
        """Seconds that were taken out for customs, of each plain shipment."""
        result = np.zeros(self.plain, np.int64)
        result[self._clocks.held] = self._clocks.hold_end - self._clocks.hold_start
        return result

    @cached_property
    def _hold_of(self) -> Ints:
        result = np.full(self.plain, -1, np.int64)
        result[self._clocks.held] = np.arange(self.holds)
        return result

    def hold_of(self, row: int) -> int | None:
        """The hold of a plain shipment."""
        hold = int(self._hold_of[row])
        return None if hold < 0 else hold

    def told_late(self, rows: Sequence[int] | Ints) -> list[RecordId]:
        """The holds of some plain shipments that became known over a day after they happened, where time was taken out
        for them.
        """
        chosen = np.asarray(rows, np.int64)
        holds = self._columns.holds
        own = self._hold_of[chosen[self.excused[chosen] > 0]]
        late = own[(holds["held_known"] - holds["held_at"])[own] > LATE_KNOWN]
        return [holds.id(int(hold), 1) for hold in late]

    def customers(self, role: Role) -> Ints:
        """For whom the work was done, of each plain shipment."""
        shipments = self._columns.shipments
        if role is Role.CARRIER:
            return np.where(shipments["beneficiary"] != NOBODY, shipments["beneficiary"], shipments["consignee"])
        return shipments["consignor" if role is Role.BROKER else "consignee"]

    def customer(self, role: Role, delivery: Delivery) -> int:
        return customer_of(role, delivery.parties)
