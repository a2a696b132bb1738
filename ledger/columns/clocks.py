"""When plain journeys stopped, how late they were, and what they cost: as `ledger.penalties.fast_path`, all at once.

Times are 40 bits and their sums and differences fit; amounts are reckoned with Python's own numbers.
"""

import numpy as np

from ledger.columns.arrays import Ints, Mask, whole, wide
from ledger.columns.plain_columns import PlainColumns
from ledger.penalties.fast_path import DAY_SQUARED
from ledger.scores.samples import BAD


class Clocks:
    """Of each shipment, each handoff and each hold of some columns, whatever the period. Seconds UTC."""

    def __init__(self, columns: PlainColumns) -> None:
        shipments, holds = columns.shipments, columns.holds
        self.columns = columns
        self.ends = np.cumsum(shipments["steps"])
        """One past each shipment's last handoff."""
        self.starts = self.ends - shipments["steps"]
        self.last = self.ends - 1
        self.owner = np.repeat(np.arange(len(shipments)), shipments["steps"])
        """The shipment of each handoff."""
        self.record = columns.handoffs["record"]
        records = columns.records
        self.known, self.occurred = records["known"][self.record], records["occurred"][self.record]
        self.at = np.maximum(self.occurred, self.known - shipments["report_lag"][self.owner])
        """As each handoff counts."""
        self.promised_at = shipments["promised"] + shipments["grace"]
        self.delivered = self.at[self.last]
        self.held = holds["shipment"]
        first = shipments["first"]
        self.first = np.where(first < 0, -1, self.starts + first)
        """The handoff by which the consignor let go; -1: none."""
        self.hold_start, self.hold_end = self._hold(self.delivered)
        self.late = self._late(self.delivered, self.hold_end - self.hold_start)
        """Whether or not a penalty still accrues."""

    def _hold(self, until: Ints) -> tuple[Ints, Ints]:
        """The spans of the holds between the opening and `until`."""
        holds, shipments = self.columns.holds, self.columns.shipments
        until = until[self.held]
        start = np.maximum(holds["held_at"], shipments["known"][self.held])
        released = np.minimum(holds["released_at"], until)
        return start, np.maximum(start, np.minimum(released, until))

    def _late(self, until: Ints, seconds: Ints) -> Ints:
        customs = np.zeros(len(until), np.int64)
        customs[self.held] = seconds
        late = np.maximum(0, until - self.promised_at - customs)
        return np.where(self.columns.shipments["promised"] != 0, late, 0)

    def new_exceptions(self) -> Ints:
        """Of each handoff the exceptions that no earlier one of its shipment had."""
        exceptions = self.columns.handoffs["exceptions"]
        new = np.zeros(len(exceptions), np.int64)
        noted = np.zeros(len(self.starts), np.int64)
        for step in range(int((self.ends - self.starts).max(initial=0))):
            longer = np.flatnonzero(self.ends - self.starts > step)
            rows = self.starts[longer] + step
            new[rows] = exceptions[rows] & BAD & ~noted[longer]
            noted[longer] |= exceptions[rows]
        return new

    def accrued(self) -> Ints:
        """How late each shipment was when its penalty stopped to accrue at the latest."""
        until = np.minimum(self.delivered, self.promised_at + self.columns.shipments["lost_after"])
        start, end = self._hold(until)
        return self._late(until, end - start)

    def uncapped(self, rows: Ints, accrued: Ints) -> list[int]:
        """The penalties of some shipments before their caps, exact."""
        alpha = self.columns.shipments["alpha"][rows].tolist()
        return [a * (late * late) // DAY_SQUARED for a, late in zip(alpha, accrued[rows].tolist(), strict=True)]

    def amounts(self) -> Ints:
        """What each shipment costs."""
        accrued, cap = self.accrued(), self.columns.shipments["cap"]
        result = np.zeros(len(accrued), np.int64)
        late = np.flatnonzero(accrued)
        uncapped = self.uncapped(late, accrued)
        result[late] = whole([min(one, most) for one, most in zip(uncapped, cap[late].tolist(), strict=True)])
        return result

    def answering(self, mark: int) -> Mask:
        return np.asarray(self.columns.shipments["marks"] & mark != 0)

    def party(self, name: str) -> Ints:
        """The `releaser` or `receiver` of each handoff."""
        return wide(self.columns.records[name][self.record])
