"""The samples of plain journeys, indicator by indicator: as `ledger.scores.fast_path`, all shipments at once.

A sample's source is its shipment, or for what is counted by handoff or hold, that. A hold's delivery comes after those
of the shipments: it is the broker's.
"""

from collections.abc import Callable

import numpy as np

from ledger.codes import Role
from ledger.columns.arrays import Ints, Mask
from ledger.columns.clocks import Clocks
from ledger.columns.others import What
from ledger.columns.plain_columns import ANSWERS, BOUND, HANDS_OVER
from ledger.columns.rows import Samples, samples
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, Period
from ledger.records.types import NOBODY
from ledger.scores.card import Indicator
from ledger.scores.samples import LONGEST_LATE

Made = dict[What, Callable[[], Samples]]


class PlainSamples:
    """The samples of a period. `currency` and `office` say by which number a group of samples goes."""

    def __init__(self, clocks: Clocks, period: Period, currency: Ints, office: Ints) -> None:
        self._clocks, self._period = clocks, period
        self._groups = currency, office
        shipments = clocks.columns.shipments
        self._new = clocks.new_exceptions()
        self._due = np.asarray((shipments["promised"] != 0) & self._within(clocks.promised_at))
        liable = shipments["liable"]
        named = (liable != NOBODY) & (liable != shipments["consignor"])
        self._judged = np.flatnonzero(self._due & named & clocks.answering(ANSWERS))
        self._first = np.maximum(clocks.first, 0)
        self._first_new = np.asarray((clocks.first >= 0) & (self._new[self._first] != 0))
        self._made: Made = {
            (Role.CARRIER, Indicator.ON_TIME): self._on_time,
            (Role.CARRIER, Indicator.MEAN_LATE): self._mean_late,
            (Role.CARRIER, Indicator.PENALTY): self._penalty,
            (Role.CARRIER, Indicator.IN_FULL): self._in_full,
            (Role.CARRIER, Indicator.LEGS): self._legs,
            (Role.CARRIER, Indicator.RECORDS): lambda: self._records(Role.CARRIER),
            (Role.SUPPLIER, Indicator.ON_TIME_IN_FULL): self._in_time_in_full,
            (Role.SUPPLIER, Indicator.DEFECTS): self._defects,
            (Role.SUPPLIER, Indicator.NO_HOLD): self._no_hold,
            (Role.SUPPLIER, Indicator.RECORDS): lambda: self._records(Role.SUPPLIER),
            (Role.BROKER, Indicator.RELEASED): self._released,
            (Role.BROKER, Indicator.OVER_MEDIAN): self._over_median,
        }

    def of(self, what: What) -> Samples | None:
        """None: plain journeys give none of these."""
        made = self._made.get(what)
        return None if made is None else made()

    def records_of(self, what: What, sources: Ints) -> list[tuple[RecordId, ...]]:
        """The records that say so, of each source."""
        columns, clocks = self._clocks.columns, self._clocks
        match what[1]:
            case Indicator.ON_TIME | Indicator.MEAN_LATE | Indicator.PENALTY:
                return list(zip(columns.shipments.id_list(sources), self._handed(clocks.last[sources]), strict=True))
            case Indicator.IN_FULL | Indicator.LEGS | Indicator.RECORDS:
                return list(zip(self._handed(sources)))
            case Indicator.ON_TIME_IN_FULL:
                return self._delivery_points(sources)
            case Indicator.DEFECTS:
                first = self._handed(self._first[sources])
                own = zip(self._delivery_points(sources), first, self._first_new[sources].tolist(), strict=True)
                return [(*records, one) if new else records for records, one, new in own]
            case Indicator.OVER_MEDIAN:
                ends = (columns.holds.id_list(sources, place) for place in (0, 2))
                return list(zip(*ends, strict=True))
            case _:
                return list(zip(columns.holds.id_list(sources, 2)))

    def _handed(self, handoffs: Ints) -> list[RecordId]:
        return self._clocks.columns.records.id_list(self._clocks.record[handoffs])

    def _delivery_points(self, rows: Ints) -> list[tuple[RecordId, ...]]:
        """The terms, and the handoff by which the goods reached the point where their supplier delivers, if any did."""
        clocks = self._clocks
        handed_over = self._hands_over[rows]
        handoff = np.where(handed_over, self._first[rows], clocks.last[rows])
        none = (handed_over & (clocks.first[rows] < 0)).tolist()
        own = zip(clocks.columns.shipments.id_list(rows), self._handed(handoff), none, strict=True)
        return [(terms,) if nowhere else (terms, one) for terms, one, nowhere in own]

    @property
    def _hands_over(self) -> Mask:
        return self._clocks.answering(HANDS_OVER)

    def _within(self, seconds: Ints) -> Mask:
        # The period's own ends may be any numbers; times have 40 bits.
        return np.asarray((seconds >= _bounded(self._period.start)) & (seconds < _bounded(self._period.end)))

    def _shipment(self, name: str, rows: Ints) -> Ints:
        return self._clocks.columns.shipments[name][rows]

    # --- carriers, by shipment -----------------------------------------------------------------------------

    def _on_time(self) -> Samples:
        rows = self._judged
        return samples(self._shipment("liable", rows), rows, self._clocks.late[rows] == 0, 1, rows)

    def _mean_late(self) -> Samples:
        rows = self._judged
        return samples(self._shipment("liable", rows), rows, np.minimum(LONGEST_LATE, self._clocks.late[rows]), 1, rows)

    def _penalty(self) -> Samples:
        bound = self._clocks.answering(BOUND) & (self._clocks.columns.shipments["freight"] != 0)
        rows = self._judged[bound[self._judged]]
        freight, currency = self._shipment("freight", rows), self._groups[0][self._shipment("currency", rows)]
        return samples(
            self._shipment("liable", rows), rows, self._clocks.amounts()[rows], freight, rows, group=currency
        )

    # --- suppliers -----------------------------------------------------------------------------------------

    def _in_time_in_full(self) -> Samples:
        clocks, shipments, rows = self._clocks, self._clocks.columns.shipments, np.flatnonzero(self._due)
        any_new = np.zeros(len(clocks.starts), np.bool_)
        any_new[clocks.owner[self._new != 0]] = True
        delivered = (clocks.late == 0) & ~any_new
        released = (clocks.at[self._first] <= clocks.promised_at) & ~self._first_new
        opened = (shipments["holder"] != shipments["consignor"]) & (shipments["known"] <= clocks.promised_at)
        good = np.where(self._hands_over, np.where(clocks.first >= 0, released, opened), delivered)
        return samples(self._shipment("consignor", rows), rows, good[rows], 1, rows)

    def _defects(self) -> Samples:
        rows = np.flatnonzero(self._due)
        packages = np.maximum(1, self._shipment("packages", rows))
        bad = np.where(self._first_new[rows], packages, 0)
        return samples(self._shipment("consignor", rows), rows, bad, packages, rows)

    def _no_hold(self) -> Samples:
        source = np.flatnonzero(self._due[self._clocks.held])
        rows = self._clocks.held[source]
        return samples(self._shipment("consignor", rows), rows, np.ones(len(rows), np.int64), 1, source)

    # --- by handoff ----------------------------------------------------------------------------------------

    def _outsiders(self, partner: Ints) -> Mask:
        """Who is no carrier of the goods of each handoff."""
        owner = self._clocks.owner
        consignor, consignee = self._shipment("consignor", owner), self._shipment("consignee", owner)
        return np.asarray((partner == consignor) | (partner == consignee) | (partner == NOBODY))

    def _legs(self) -> Samples:
        clocks = self._clocks
        receiver, due = clocks.party("receiver"), clocks.columns.records["due"][clocks.record]
        until = clocks.delivered[clocks.owner]
        asked = (due != 0) & self._within(due) & (due < _bounded(self._period.at)) & (clocks.at <= until)
        source = np.flatnonzero(asked & (receiver != self._shipment("consignee", clocks.owner)))
        came, owner = clocks.at[source], clocks.owner[source]
        out = np.maximum(came, np.minimum(clocks.at[source + 1], until[source]))
        start, end = np.zeros(len(clocks.starts), np.int64), np.zeros(len(clocks.starts), np.int64)
        start[clocks.held], end[clocks.held] = clocks.hold_start, clocks.hold_end
        excused = np.maximum(0, np.minimum(end[owner], out) - np.maximum(start[owner], came))
        return samples(receiver[source], owner, out - due[source] <= excused, 1, source)

    def _in_full(self) -> Samples:
        clocks, releaser = self._clocks, self._clocks.party("releaser")
        source = np.flatnonzero(self._within(clocks.known) & ~self._outsiders(releaser))
        return samples(releaser[source], clocks.owner[source], self._new[source] == 0, 1, source)

    def _records(self, role: Role) -> Samples:
        """Each line of a record, though it counts once (see `ColumnTallies`)."""
        clocks = self._clocks
        within = self._within(clocks.known)
        consignor = self._shipment("consignor", clocks.owner)
        in_time = clocks.known - clocks.occurred <= DAY
        partners, sources = [], []
        for party in (clocks.party("releaser"), clocks.party("receiver")):
            own = (party == consignor) if role is Role.SUPPLIER else ~self._outsiders(party)
            sources.append(np.flatnonzero(within & own))
            partners.append(party[sources[-1]])
        source = np.concatenate(sources)
        return samples(np.concatenate(partners), clocks.owner[source], in_time[source], 1, source)

    # --- brokers -------------------------------------------------------------------------------------------

    def _procedures(self) -> Mask:
        holds = self._clocks.columns.holds
        return np.asarray((holds["broker"] != NOBODY) & self._within(holds["released_at"]))

    def _released(self) -> Samples:
        source, broker = np.flatnonzero(self._procedures()), self._clocks.columns.holds["broker"]
        return samples(broker[source], self._office(source), np.ones(len(source), np.int64), 1, source)

    def _over_median(self) -> Samples:
        holds = self._clocks.columns.holds
        source = np.flatnonzero(self._procedures() & (holds["presented"] != 0))
        seconds = (holds["released_at"] - holds["first_at"])[source]
        office = self._groups[1][holds["office"][source]]
        return samples(holds["broker"][source], self._office(source), seconds, 0, source, group=office)

    def _office(self, source: Ints) -> Ints:
        return np.asarray(len(self._clocks.starts) + source)


def _bounded(second: int) -> int:
    return max(-1, min(second, 2**62))
