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
    result = plain(journeys, shipment)
    if result is not None:
        return of_plain(shipment, result)
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
    result = plain(journeys, shipment)
    if result is None:
        return penalty_of(shipment, journeys, at).evidence
    liable = result.commercial.liable
    bound_by = [e.verified for e in journeys.endorsements(result.terms.id) if e.record.by == liable != NOBODY]
    customs = [step.verified for step in result.hold.steps] if result.hold is not None else []
    used = [result.terms, *bound_by, *(step.move.verified for step in result.steps), *customs]
    return tuple({record.id: None for record in sorted(used, key=attrgetter("facts.log_index"))})
