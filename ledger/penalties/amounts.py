"""What is owed for late goods, without the lines: for sums over many shipments, a few microseconds each.

The same figures as `ledger.penalties.statement`, whose statements say why and name their evidence.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.penalties.causes import LateCause
from ledger.penalties.fast_path import Plain, plain
from ledger.penalties.statement import PenaltyStatement, family_statements, penalty_of
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
    amount_high: int
    frozen: int
    indicative: bool
    settled: bool
    cause: LateCause


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
        found.amount,
        0,
        not found.bound,
        True,
        LateCause.DELIVERED,  # a hold of a plain journey is taken out
    )


def owed(journeys: Journeys, shipment: bytes, at: int | None = None) -> tuple[Owed, ...]:
    """The figures of all goods opened as `shipment`, by the short way where there is one: one, unless an amendment gave
    a child another currency. Raises what `penalty_of` raises.
    """
    result = plain(journeys, shipment)
    if result is not None:
        return (of_plain(shipment, result),)
    return tuple(map(of_statement, family_statements(journeys, shipment, at)))


def all_owed(journeys: Journeys, at: int | None = None) -> Iterator[Owed]:
    """Of everything that terms opened, but for those whose commercial part is withheld here; nothing counts twice."""
    for shipment in journeys.openings():
        try:
            yield from owed(journeys, shipment, at)
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
        statement.amount_high,
        statement.frozen,
        statement.indicative,
        statement.settled,
        statement.cause,
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
