"""Breaches: goods that passed a gate before the clearance required there was released, as the numbers count them.

The contract's mark says what the chain knew at the moment; a release that customs gave in time may be recorded later.
Of the marked, numbers count those where the last decision on the pair, with an `occurredAt` up to that of the handoff
or sale (of equals the release), is no release, or there is none. Decisions on an ancestor count up to its own split. A
broker's release counts here, whoever endorsed it, only if it and its corrections were known within `reportLag` of its
`occurredAt`; a correction of when the goods passed, or of a broker's word, only if it was known within `reportLag` of
what it corrects.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Gate, Outcome, Role, StatementKind
from ledger.errors import NotFound
from ledger.records.types import Clearance, Handoff, Require, Statement
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected, terms_in_force, told_in_time
from ledger.shipments.default_terms import REPORT_LAG
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

R = TypeVar("R", Handoff, Statement, Clearance)
_MAIN_CARRIER = 1 << Role.MAIN_CARRIER
_DECISIONS = frozenset(ClearanceStatus) - {ClearanceStatus.LODGED, ClearanceStatus.AMENDED}


@dataclass(frozen=True, slots=True)
class Breach:
    """The goods of `shipment` passed `gate` at `occurred_at` by `record`, without the release that `require` names.

    `releaser` and `receiver` signed it; of a sale, `releaser` alone did (`receiver` is 0).
    """

    shipment: bytes
    require: Require
    gate: Gate
    record: VerifiedRecord
    releaser: int
    receiver: int
    occurred_at: int


def breaches(journeys: Journeys, shipment: bytes) -> tuple[Breach, ...]:
    """The breaches under exactly this shipment id, handoffs by sequence, then sales.

    Raises `NotFound` when the terms are not known.
    """
    terms = journeys.terms_of(shipment).record
    if not terms.requires:
        return ()
    lag = _report_lag(journeys, shipment)
    return tuple(
        Breach(shipment, require, gate, record, releaser, receiver, at)
        for gates, record, releaser, receiver, at in _crossings(journeys, shipment, terms.consignee, lag)
        for require in terms.requires
        for gate in Gate
        if gate & gates & require.gate and not _released(journeys, shipment, require, at, lag)
    )


def _report_lag(journeys: Journeys, shipment: bytes) -> int:
    """That of the terms in force; the usual one where prices are withheld."""
    try:
        return terms_in_force(journeys, shipment).commercial.reportLag
    except NotFound:
        return REPORT_LAG


def _crossings(
    journeys: Journeys, shipment: bytes, consignee: int, lag: int
) -> Iterator[tuple[Gate, VerifiedRecord, int, int, int]]:
    for move in journeys.moves(shipment):
        if move.handoff is None or move.refused or not move.in_breach:
            continue
        gates = Gate.DELIVERY if move.receiver == consignee else Gate(0)
        if move.verified.roles_of(move.receiver) & _MAIN_CARRIER:
            gates |= Gate.HANDOVER
        if gates:
            at = _passed_at(journeys, Found(move.verified, move.handoff), lag)
            yield gates, move.verified, move.releaser, move.receiver, at
    for sale in journeys.statements(shipment):
        if sale.record.kind == StatementKind.SOLD and sale.verified.outcomes[0] is Outcome.APPLIED_IN_BREACH:
            yield Gate.SALE, sale.verified, sale.record.by, 0, _passed_at(journeys, sale, lag)


def _passed_at(journeys: Journeys, found: Found[R], lag: int) -> int:
    """When the goods passed, as corrected in time."""
    return _corrected_in_time(journeys, found, lag)[0].occurredAt


def _corrected_in_time(journeys: Journeys, found: Found[R], lag: int) -> tuple[R, tuple[VerifiedRecord, ...]]:
    """What was said, as corrected while it could itself still have been told in time; and these corrections."""
    return corrected(journeys, found, told_in_time(found, lag))


def _released(journeys: Journeys, shipment: bytes, require: Require, at: int, lag: int) -> bool:
    """Whether the last decision on the pair up to `at` let the goods go."""
    last = max(_decisions(journeys, shipment, require, at, lag), default=(0, False))
    return last[1]


def _decisions(journeys: Journeys, shipment: bytes, require: Require, at: int, lag: int) -> Iterator[tuple[int, bool]]:
    """When each decision was made, and whether it is a release, which comes last within its second.

    An ancestor's count up to its own parting: whoever dates a later one back neither hides nor takes away any of them.
    """
    asked, until = (require.jurisdiction, require.regime), at
    while True:
        for match in journeys.clearances(shipment):
            by_customs = match.record.assurance == Assurance.AUTHORITY_SIGNED
            record, corrections = corrected(journeys, match) if by_customs else _corrected_in_time(journeys, match, lag)
            if (record.jurisdiction, record.regime) != asked or record.occurredAt > until:
                continue
            release = record.status in RELEASES
            late = max(paper.known for paper in (match.verified, *corrections)) - record.occurredAt > lag
            if record.status in _DECISIONS and not (release and late and not by_customs):
                yield record.occurredAt, release
        origin = journeys.origins.get(shipment)
        if origin is None:
            return
        shipment, until = origin.parent, min(at, origin.occurred_at)
