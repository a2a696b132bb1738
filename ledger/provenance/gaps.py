"""Where records do not add up: goods shipped and never received, custody broken, more out than in, the same serials
twice, clearances without goods.

A finding is a question to whoever signed, with the records it rests on; it accuses nobody and is never a number. What
is withheld raises none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import ClearanceStatus, Outcome, Purpose, StatementKind
from ledger.common.figure import Seconds, figure
from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.provenance.balance import Unknown, Verdict, balances
from ledger.provenance.graph import Graph
from ledger.provenance.of_journeys import graph_of
from ledger.provenance.serials import serials_twice
from ledger.records.types import NOBODY, Clearance
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.clock_stop import ended_alone
from ledger.shipments.history import Journeys


class Gap(StrEnum):
    """`never_received`: they left their consignor, and have not reached their consignee when they were due.
    `left_behind`: a short receipt left them with the releaser, and nobody said since that he has them.
    `custody_broken`: a move does not follow on the one before it. `overridden`: the council moved them without the
    releaser's signature. `more_out` and `less_out`: see `ledger.provenance.balance`. `loss_unclear`: the loss that
    terms of a transformation state cannot be read. `serials_twice`: the same set of serial numbers in shipments of
    which neither came of the other. `no_goods`: a clearance for what nobody opened here, or what had ended before or
    been made into other goods.
    """

    NEVER_RECEIVED = "never_received"
    LEFT_BEHIND = "left_behind"
    CUSTODY_BROKEN = "custody_broken"
    OVERRIDDEN = "overridden"
    MORE_OUT = "more_out"
    LESS_OUT = "less_out"
    LOSS_UNCLEAR = "loss_unclear"
    SERIALS_TWICE = "serials_twice"
    NO_GOODS = "no_goods"


@figure("code", "shipment", "others", "at", "records")
@dataclass(frozen=True, slots=True)
class Finding:
    """A question about `shipment`, and `others`. `at`: since when (UTC seconds): due, known, or signed then. `records`:
    on which it rests, never empty.
    """

    code: Gap
    shipment: bytes
    at: Seconds
    records: tuple[RecordId, ...]
    others: tuple[bytes, ...] = ()


def find_gaps(journeys: Journeys, records: Iterable[VerifiedRecord]) -> tuple[Finding, ...]:
    """All findings at whatever time, by code and time: see `as_of`. `records`: those behind `journeys`, of which
    clearances are read that the chain applied to nothing.
    """
    graph = graph_of(journeys)
    found = [
        *(one for shipment in graph.nodes for one in _on_the_way(journeys, graph, shipment)),
        *(one for shipment in graph.nodes for one in _broken(journeys, shipment)),
        *_unbalanced(journeys, graph),
        *_serials_twice(journeys, graph),
        *_without_goods(journeys, graph, records),
    ]
    order = {code: i for i, code in enumerate(Gap)}
    return tuple(sorted(found, key=lambda one: (order[one.code], one.at, one.shipment, one.records)))


def as_of(findings: Iterable[Finding], at: int) -> tuple[Finding, ...]:
    """Those that stand at `at` (UTC seconds): goods are late once the last second on time is over."""
    return tuple(one for one in findings if one.code is not Gap.NEVER_RECEIVED or one.at < at)


def _on_the_way(journeys: Journeys, graph: Graph, shipment: bytes) -> Iterator[Finding]:
    if graph.children.get(shipment) and _closed(journeys, shipment):
        return
    if ended_alone(journeys, shipment) is not None:
        return
    moves = [move for move in journeys.moves(shipment) if not move.refused]
    origin = journeys.origins.get(shipment)
    terms = journeys.terms_of(shipment)
    if origin is not None and origin.remainder and not moves:
        said = [one for one in journeys.statements(shipment) if one.record.kind == StatementKind.FOUND]
        if not said:
            yield Finding(Gap.LEFT_BEHIND, shipment, origin.verified.known, (origin.verified.id,))
        return
    ways = [name for name in journeys.lineage(shipment) if any(not move.refused for move in journeys.moves(name))]
    holder, record = terms.record.holder, terms.verified.id
    if ways:
        last = next(move for move in reversed(journeys.moves(ways[0])) if not move.refused)
        holder, record = last.receiver, last.verified.id
    elif holder in (terms.record.consignor, NOBODY):
        return  # nothing was sent yet
    if holder == terms.record.consignee:
        return
    try:
        commercial = terms_in_force(journeys, shipment).commercial
    except NotFound:
        return
    if commercial.promisedAt:
        due = commercial.promisedAt + commercial.grace
        yield Finding(Gap.NEVER_RECEIVED, shipment, due, tuple(dict.fromkeys((terms.verified.id, record))))


def _closed(journeys: Journeys, shipment: bytes) -> bool:
    return journeys.split_of(shipment) is not None or bool(journeys.onward(shipment))


def _broken(journeys: Journeys, shipment: bytes) -> Iterator[Finding]:
    holder, before = journeys.holder_at(shipment, 0), journeys.terms_of(shipment).verified.id
    for expected, move in enumerate(journeys.moves(shipment)):
        if move.handoff is None:
            yield Finding(Gap.OVERRIDDEN, shipment, move.verified.known, (move.verified.id,))
        if move.sequence != expected or move.releaser != holder:
            records = tuple(dict.fromkeys((before, move.verified.id)))
            yield Finding(Gap.CUSTODY_BROKEN, shipment, move.verified.known, records)
            return
        holder = holder if move.refused else move.receiver
        before = move.verified.id


def _unbalanced(journeys: Journeys, graph: Graph) -> Iterator[Finding]:
    codes = {Verdict.SURPLUS: Gap.MORE_OUT, Verdict.GAP: Gap.LESS_OUT}
    for balance in balances(graph):
        opened = [graph.nodes[parent].record for parent in balance.parents]
        below = balance.children[0]
        found = journeys.terms.get(below)
        verified = found.verified if found is not None else journeys.origins[below].verified
        records = tuple(dict.fromkeys((balance.record, *opened, *balance.sources)))
        finding = Finding(Gap.MORE_OUT, below, verified.known, records, balance.parents)
        named = {one.verdict for one in balance.sums} & codes.keys()
        if found is not None and found.record.purpose == Purpose.RETURN and found.record.holder == NOBODY:
            named -= {Verdict.GAP}  # the consumer kept the rest, which is nobody's stock
        for verdict in sorted(named):
            yield Finding(codes[verdict], below, finding.at, finding.records, finding.others)
        if any(Unknown.LOSS_UNREADABLE in one.unknown for one in balance.sums):
            yield Finding(Gap.LOSS_UNCLEAR, below, finding.at, (balance.record,))


def _serials_twice(journeys: Journeys, graph: Graph) -> Iterator[Finding]:
    for one in serials_twice(journeys, graph):
        records = dict.fromkeys((graph.nodes[one.shipment].record, graph.nodes[one.other].record))
        at = _known(journeys, one.shipment)
        yield Finding(Gap.SERIALS_TWICE, one.shipment, at, tuple(records), (one.other,))


def _known(journeys: Journeys, shipment: bytes) -> int:
    found = journeys.terms.get(shipment)
    return found.verified.known if found is not None else journeys.origins[shipment].verified.known


_PRESENT = (
    ClearanceStatus.PRESENTED,
    ClearanceStatus.HELD,
    ClearanceStatus.INSPECTED,
    ClearanceStatus.RELEASED,
    ClearanceStatus.RELEASED_WITH_CONDITIONS,
)
"""What customs does with goods that are there."""


def _without_goods(journeys: Journeys, graph: Graph, records: Iterable[VerifiedRecord]) -> Iterator[Finding]:
    for verified in records:
        record = verified.record
        if not isinstance(record, Clearance) or record.status not in _PRESENT:
            continue
        for i, item in enumerate(record.items):
            outcome = verified.outcomes[i] if i < len(verified.outcomes) else None
            if outcome is Outcome.UNKNOWN or (verified.applied(i) and item.shipment not in graph.nodes):
                yield Finding(Gap.NO_GOODS, item.shipment, record.occurredAt, (verified.id,))
                continue
            ending = _ended(journeys, item.shipment) if verified.applied(i) else None
            if ending is not None and ending.known < record.occurredAt:
                yield Finding(Gap.NO_GOODS, item.shipment, record.occurredAt, (ending.id, verified.id))


def _ended(journeys: Journeys, shipment: bytes) -> VerifiedRecord | None:
    """What ended the goods themselves; those that were split or sent on are under other names."""
    if (ending := ended_alone(journeys, shipment)) is not None:
        return ending.verified
    terms = journeys.onward(shipment)
    return next((found.verified for found in terms if found.record.purpose == Purpose.TRANSFORMATION), None)
