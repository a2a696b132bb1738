"""What is owed for late goods, without the lines: for sums over many shipments, a few microseconds each.

The same figures as `ledger.penalties.statement`, whose statements say why and name their evidence.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.penalties.fast_path import Plain, plain
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.records.types import NOBODY
from ledger.shipments.history import Journeys


class Owed(NamedTuple):
    """A penalty as a sum needs it; its fields mean what those of `PenaltyStatement` mean."""

    shipment: bytes
    liable: int
    beneficiary: int
    currency: str
    promised_at: int
    delivered_at: int | None
    late_seconds: int
    uncapped: int
    amount: int
    indicative: bool
    settled: bool


def of_plain(shipment: bytes, found: Plain) -> Owed:
    commercial = found.commercial
    return Owed(
        shipment,
        commercial.liable,
        commercial.beneficiary,
        commercial.currency,
        found.promised_at,
        found.steps[-1].at,
        found.late_seconds,
        found.uncapped,
        found.amount,
        not found.bound,
        True,
    )


def owed(journeys: Journeys, shipment: bytes, at: int | None = None) -> Owed:
    """The figures of `penalty_of`, by the short way where there is one. Raises what `penalty_of` raises."""
    found = plain(journeys, shipment)
    if found is not None:
        return of_plain(shipment, found)
    return of_statement(penalty_of(shipment, journeys, at))


def all_owed(journeys: Journeys, at: int | None = None) -> Iterator[Owed]:
    """Of every shipment that stands for itself, but for those whose commercial part is withheld here."""
    for shipment in journeys.shipments():
        try:
            yield owed(journeys, shipment, at)
        except NotFound:
            continue


def of_statement(statement: PenaltyStatement) -> Owed:
    return Owed(
        statement.shipment,
        statement.liable,
        statement.beneficiary,
        statement.currency,
        statement.promised_at,
        statement.delivered_at,
        statement.late_seconds,
        statement.uncapped,
        statement.amount,
        statement.indicative,
        statement.settled,
    )


def evidence_of(journeys: Journeys, shipment: bytes, at: int | None = None) -> tuple[RecordId, ...]:
    """The evidence of `penalty_of`: every record that the figure rests on, in log order."""
    found = plain(journeys, shipment)
    if found is None:
        return penalty_of(shipment, journeys, at).evidence
    liable = found.commercial.liable
    bound_by = [e.verified for e in journeys.endorsements(found.terms.id) if e.record.by == liable != NOBODY]
    customs = [step.verified for step in found.hold.steps] if found.hold is not None else []
    used = [found.terms, *bound_by, *(step.move.verified for step in found.steps), *customs]
    return tuple({record.id: None for record in sorted(used, key=attrgetter("facts.log_index"))})
