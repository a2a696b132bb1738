"""What is known of a period at one checkpoint, and what gates read of it.

Scores are read at the best of what somebody else refused to sign: goods that were offered in time and that their
addressee did not take count for their supplier, and contests that nobody bore out count for nothing
(`ledger.access.contests`). What both sides of a handoff correct counts, however late. The scorecard itself is not
changed by any of that, and flags tell the council who contests.
"""

from collections.abc import Iterable
from functools import cached_property

from ledger.access.contests import set_aside
from ledger.access.gates_file import Gate
from ledger.access.reading import Reading, evidence_of, reading_of
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.records.evidence import CheckpointTime, CheckpointTimes
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.scores.card import Card
from ledger.scores.tallies import Tallies
from ledger.shipments.history import Journeys


class Known:
    """All that a period holds as known at the checkpoint `taken`, judged when that stood."""

    def __init__(
        self, records: Iterable[VerifiedRecord], times: CheckpointTimes, period: Period, taken: CheckpointTime
    ) -> None:
        """`records` in log order, those beyond the checkpoint too."""
        early = (record for record in records if record.log_index < taken.size)
        self._records = list(as_known_at(early, taken.size, times))
        self._period = Period(period.start, period.end, taken.time)
        self._taken = taken

    def read(self, gate: Gate, partner: int, card: Card) -> tuple[Reading, tuple[RecordId, ...]]:
        """A partner's reading by a scorecard, and the records that it rests on: with a tender also the contest that was
        set aside.
        """
        tallies, answered = self._read
        scorecard = tallies.score(partner, gate.scored_as, card)
        evidence = evidence_of(gate, scorecard)
        named = set(evidence)
        contests = {answered[record] for record in named & answered.keys()}
        evidence = tuple(sorted(named | contests)) if contests else evidence
        return reading_of(gate, scorecard, self._taken, evidence), evidence

    @cached_property
    def _read(self) -> tuple[Tallies, dict[RecordId, RecordId]]:
        """Everybody's tallies, and by tender the contest that was set aside."""
        journeys = Journeys(self._records, late_corrections=True)
        without = set_aside(journeys)
        if without:
            kept = (record for record in self._records if record.id not in without)
            journeys = Journeys(kept, late_corrections=True)
        return Tallies(journeys, self._period, at_best=True), {tender: contest for contest, tender in without.items()}
