"""Which seconds of a line customs took: holds, presentations and ends, each as far as somebody else bears it."""

from dataclasses import dataclass
from itertools import pairwise

from ledger.codes import RELEASES, Assurance, ClearanceStatus
from ledger.records.types import Clearance, Commercial
from tests.oracle.facts import Seen
from tests.oracle.lines import Line, counted
from tests.oracle.travels import World, terms_of

Span = tuple[int, int]
HOLD_ENDS = RELEASES | {ClearanceStatus.REFUSED}


def decision(seen: Seen) -> Clearance:
    assert isinstance(seen.record, Clearance)
    return seen.record


def covered(spans: list[Span], low: int, high: int) -> int:
    """Seconds of the union of `spans` inside [low, high], counted between neighbouring breakpoints."""
    points = sorted({low, high, *(p for span in spans for p in span if low < p < high)})
    return sum(b - a for a, b in pairwise(points) if any(start <= a and b <= end for start, end in spans))


@dataclass(frozen=True)
class Holds:
    world: World
    root: Seen
    commercial: Commercial
    line: Line

    def spans(self, t: int, *, whoever_caused: bool = False, but_of: int | None = None) -> list[Span]:
        """The holds that count, as spans of seconds up to `t`; `whoever_caused`: those of `liable` too; `but_of`: all
        that another did not cause.
        """
        guilty = self.commercial.liable if but_of is None else but_of
        decisions = self._decisions()
        found = []
        for seen in decisions:
            record = decision(seen)
            if record.causedBy == guilty and not whoever_caused:
                continue
            if record.status == ClearanceStatus.SEIZED and self._by_customs(record):
                found.append((record.occurredAt, min(t, self._next_move(record.occurredAt, t))))
            elif record.status == ClearanceStatus.HELD:
                agreed = self._agreed_before(record, decisions)
                if self._bears_out(seen, agreed, self.commercial.beneficiary):
                    found.append(self._hold(seen, agreed, decisions, t))
        return [(start, end) for start, end in found if start < end]

    def seconds(self, low: int, t: int) -> int:
        return covered(self.spans(t), low, t) if low < t else 0

    def _decisions(self) -> list[Seen]:
        return [
            seen
            for segment in self.line.segments
            for seen in self.world.clearances[segment.shipment]
            if segment.before_parting(seen, decision(seen).occurredAt)
        ]

    @staticmethod
    def _by_customs(record: Clearance) -> bool:
        return record.assurance == Assurance.AUTHORITY_SIGNED

    def _agreed_before(self, hold: Clearance, decisions: list[Seen]) -> bool:
        """The hold's pair is required by the terms, or was lodged by customs or for a party, known before the hold."""
        terms, pair = terms_of(self.root), (hold.jurisdiction, hold.regime)
        if pair in {(r.jurisdiction, r.regime) for r in terms.requires}:
            return True
        for seen in decisions:
            record = decision(seen)
            lodged = record.status == ClearanceStatus.LODGED and (record.jurisdiction, record.regime) == pair
            if lodged and seen.known < hold.occurredAt:  # the chain took it: by customs, or its declarant is a party
                return True
        return False

    def _bears_out(self, seen: Seen, agreed: bool, other_side: int) -> bool:
        """Customs itself about an agreed pair; anything else only if the other side signed or endorsed it."""
        return (agreed and self._by_customs(decision(seen))) or self.world.bears(seen, other_side)

    def _hold(self, seen: Seen, agreed: bool, decisions: list[Seen], t: int) -> Span:
        record = decision(seen)
        same = [s for s in decisions if self._same_pair(decision(s), record)]
        ends = [self._end(seen, agreed, s) for s in same if decision(s).status in HOLD_ENDS]
        end = min((e for e in ends if e is not None), default=None)
        presented = [
            decision(s).occurredAt
            for s in same
            if decision(s).status == ClearanceStatus.PRESENTED and self._bears_out(s, agreed, self.commercial.liable)
        ]
        before = [at for at in presented if end is None or at < end]
        # Presented only after the release: the goods had not been there yet, and nothing was held.
        start = max([record.occurredAt, *(before or sorted(presented)[:1])])
        return start, t if end is None else min(end, t)

    @staticmethod
    def _same_pair(one: Clearance, other: Clearance) -> bool:
        return (one.jurisdiction, one.regime) == (other.jurisdiction, other.regime)

    def _end(self, hold: Seen, agreed: bool, release: Seen) -> int | None:
        """When `release` ends `hold`, if it does."""
        held, record = decision(hold), decision(release)
        if self._bears_out(release, agreed, self.commercial.liable):
            return record.occurredAt if record.occurredAt >= held.occurredAt else None
        # What stands on a word alone (a broker's, or of any other pair) ends on one, and on customs' all the more.
        if not (agreed and self._by_customs(held)):
            end = counted(release, self.commercial.reportLag)
            return end if end >= held.occurredAt else None
        return None

    def _next_move(self, since: int, t: int) -> int:
        """When the goods next came into other hands after a seizure, as that counts."""
        passed = [step.passed_at(self.commercial.reportLag) for step in self.line.steps if step.passes_on]
        return min((when for when in passed if when > since), default=t)
