"""Which marked breaches of a gate count: the last decision up to the act is no release, or there is none.

Readings: the act's gates are handover (the receiver was a main carrier when it signed), delivery (receiver is the
consignee) and sale; statuses lodged and amended decide nothing; assurance 1 and 2 are the broker's; an ancestor's
decisions reach a child up to the `occurredAt` of what parted it, a remainder's handoff too; onward terms start anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import Assurance, ClearanceStatus, Gate, Outcome, Role, StatementKind
from ledger.records.types import Clearance, Handoff, Require, Statement
from tests.oracle.facts import Seen
from tests.oracle.penalty import amended_for
from tests.oracle.travels import RELEASES, Ancestry, World, terms_of

DECIDES = RELEASES | {
    ClearanceStatus.HELD,
    ClearanceStatus.INSPECTED,
    ClearanceStatus.PRESENTED,
    ClearanceStatus.REFUSED,
    ClearanceStatus.RECALLED,
    ClearanceStatus.SEIZED,
    ClearanceStatus.DESTROYED,
}


@dataclass(frozen=True)
class Breach:
    record: bytes
    shipment: bytes
    gate: int
    jurisdiction: bytes
    regime: int


def breaches(root: bytes, seen: Sequence[Seen]) -> set[Breach]:
    """All that count for the shipment opened by the terms `root` and its children."""
    world = World(seen)
    terms = world.opened[root]
    found: set[Breach] = set()
    for shipment, ancestry in world.family(root):
        acts = [(s, i) for _, s, i in world.consuming[shipment]] + [(s, 0) for s in world.statements[shipment]]
        for act, item in acts:
            if act.outcomes[item] == Outcome.APPLIED_IN_BREACH:
                gates, when = _gates(act, terms)
                for pair in terms_of(terms).requires:
                    gate = pair.gate & gates
                    if gate and not _released(world, terms, shipment, ancestry, pair, when):
                        found.add(Breach(act.id, shipment, gate, pair.jurisdiction, pair.regime))
    return found


def _gates(act: Seen, terms: Seen) -> tuple[int, int]:
    record = act.record
    if isinstance(record, Statement):
        return (Gate.SALE if record.kind == StatementKind.SOLD else 0), record.occurredAt
    if not isinstance(record, Handoff):
        return 0, 0
    gates = Gate.DELIVERY if record.receiver == terms_of(terms).consignee else Gate(0)
    if act.roles.get(record.receiver, 0) >> Role.MAIN_CARRIER & 1:
        gates |= Gate.HANDOVER
    return gates, record.occurredAt


def _released(world: World, terms: Seen, shipment: bytes, ancestry: Ancestry, pair: Require, when: int) -> bool:
    own = tuple(ancestor for ancestor, _ in ancestry)
    report_lag = amended_for(world, terms, (*own, shipment)).reportLag
    decisions: list[tuple[int, bool]] = []
    for where, until in (*ancestry, (shipment, when)):
        for seen in world.clearances[where]:
            record = seen.record
            assert isinstance(record, Clearance)
            if (record.jurisdiction, record.regime) != (pair.jurisdiction, pair.regime):
                continue
            if record.status not in DECIDES or record.occurredAt > min(until, when):
                continue
            release, brokers = record.status in RELEASES, record.assurance != Assurance.AUTHORITY_SIGNED
            if release and brokers and seen.known - record.occurredAt > report_lag:
                continue
            decisions.append((record.occurredAt, release))
    return bool(decisions) and max(decisions)[1]
