"""What is known of a period at one checkpoint, and what gates read of it.

Where a partner's tenders are contested by one and the same addressee above one in five (of at least ten), one word
stands against another again and again: these shipments are left out of what a gate reads of that partner. The scorecard
itself is not changed by that, and flags tell the council of both.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from ledger.access.gates_file import Gate
from ledger.access.reading import Reading, evidence_of, reading_of
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER, Period
from ledger.records.evidence import CheckpointTime, CheckpointTimes
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.scores.card import Card
from ledger.scores.tallies import Tallies
from ledger.scores.tender_flags import FEWEST, tendered
from ledger.shipments.history import Journeys


class Known:
    """All that a period holds as known at the checkpoint `taken`, judged when that stood."""

    def __init__(
        self, records: Iterable[VerifiedRecord], times: CheckpointTimes, period: Period, taken: CheckpointTime
    ) -> None:
        """`records` in log order, those beyond the checkpoint too."""
        early = (record for record in records if record.log_index < taken.size)
        self._journeys = Journeys(as_known_at(early, taken.size, times))
        self._period = Period(period.start, period.end, taken.time)
        self._taken = taken
        self._tallies: dict[int, Tallies] = {}

    def read(self, gate: Gate, partner: int, card: Card) -> tuple[Reading, tuple[RecordId, ...]]:
        """A partner's reading by a scorecard, and the records that it rests on."""
        scorecard = self._tallies_for(partner).score(partner, gate.role, card)
        return reading_of(gate, scorecard, self._taken), evidence_of(gate, scorecard)

    def _tallies_for(self, partner: int) -> Tallies:
        whose = partner if partner in self._doubted else 0
        if whose not in self._tallies:
            left_out = self._doubted.get(whose, frozenset())
            self._tallies[whose] = Tallies(self._journeys, self._period, left_out=left_out)
        return self._tallies[whose]

    @cached_property
    def _doubted(self) -> dict[int, frozenset[bytes]]:
        """By holder the shipments of which one addressee contests its tenders again and again."""
        made: dict[tuple[int, int], int] = defaultdict(int)
        contested: dict[tuple[int, int], list[bytes]] = defaultdict(list)
        for one in tendered(self._journeys, Period(0, FOREVER, self._taken.time)):
            made[one.holder, one.party] += 1
            if one.contester is not None:
                contested[one.holder, one.party].append(one.shipment)
        result: dict[int, frozenset[bytes]] = {}
        for (holder, party), shipments in contested.items():
            if made[holder, party] >= FEWEST and 5 * len(shipments) > made[holder, party]:
                result[holder] = result.get(holder, frozenset()) | frozenset(shipments)
        return result
