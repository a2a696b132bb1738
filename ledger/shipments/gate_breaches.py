"""Breaches: goods that passed a gate before the clearance required there was released, as the numbers count them.

The contract's mark says what the chain knew at the moment; a release that customs gave in time may be recorded later.
So the numbers count a breach only where no release known among the records has an earlier `occurredAt`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.codes import RELEASES, Gate, Role, StatementKind
from ledger.records.types import Require
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.history import Found, Journeys, Move

_MAIN_CARRIER = 1 << Role.MAIN_CARRIER


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
    return tuple(
        Breach(shipment, require, gate, record, releaser, receiver, at)
        for gates, record, releaser, receiver, at in _crossings(journeys, shipment, terms.consignee)
        for require in terms.requires
        for gate in Gate
        if gate & gates & require.gate and not _released_before(journeys, shipment, require, at)
    )


def _crossings(
    journeys: Journeys, shipment: bytes, consignee: int
) -> Iterator[tuple[Gate, VerifiedRecord, int, int, int]]:
    for move in journeys.moves(shipment):
        if move.handoff is None or move.refused:
            continue
        gates = Gate.DELIVERY if move.receiver == consignee else Gate(0)
        if move.verified.roles_of(move.receiver) & _MAIN_CARRIER:
            gates |= Gate.HANDOVER
        if gates:
            yield gates, move.verified, move.releaser, move.receiver, _occurred_at(journeys, move)
    for sale in journeys.statements(shipment):
        if sale.record.kind == StatementKind.SOLD:
            yield Gate.SALE, sale.verified, sale.record.by, 0, sale.record.occurredAt


def _occurred_at(journeys: Journeys, move: Move) -> int:
    if move.handoff is None:
        return move.verified.known
    return corrected(journeys, Found(move.verified, move.handoff))[0].occurredAt


def _released_before(journeys: Journeys, shipment: bytes, require: Require, at: int) -> bool:
    return any(
        step.occurredAt < at
        for step in (corrected(journeys, match)[0] for match in journeys.clearances(shipment))
        if (step.jurisdiction, step.regime) == (require.jurisdiction, require.regime) and step.status in RELEASES
    )
