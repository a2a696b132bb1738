"""What an entered history amounts to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.cli.imports.replay import Replay
from ledger.common.periods import DAY
from ledger.formats.tabular.lines import Line
from ledger.penalties.statement import penalty_of
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys


class Owed(NamedTuple):
    """Penalties in minor units of one currency, before the caps and after."""

    uncapped: int
    amount: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the entered records amount to, computed from verified records; `owed` by currency."""

    shipments: int
    delivered: int
    late: int
    late_days: int
    owed: Mapping[str, Owed]

    @property
    def open(self) -> int:
        """Shipments that are still due."""
        return self.shipments - self.delivered


def totals(replay: Replay, lines: Sequence[Line]) -> Totals:
    """Penalties over exactly the shipments of `lines`, whatever else the ledger holds."""
    node = replay.trial.node
    domain = node.home.domain
    wanted = {domain.record_id(replay.terms(line)) for line in lines}
    with node.home.database.read() as connection:
        registry = node.reader.registry.refreshed(connection)
        journeys = Journeys(VerifiedRecords(connection, node.home.consortium, registry).all())
    statements = [penalty_of(shipment, journeys) for shipment in journeys.shipments() if shipment in wanted]
    late = [statement for statement in statements if statement.late_seconds > 0]
    return Totals(
        shipments=len(statements),
        delivered=sum(statement.delivered_at is not None for statement in statements),
        late=len(late),
        late_days=sum(statement.late_seconds // DAY for statement in late),
        owed={
            currency: Owed(
                sum(one.uncapped for one in late if one.currency == currency),
                sum(one.amount for one in late if one.currency == currency),
            )
            for currency in sorted({one.currency for one in statements})
        },
    )
