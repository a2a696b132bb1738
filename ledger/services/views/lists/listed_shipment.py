"""A shipment as a list shows it: what everybody may know, and what its reader may."""

from dataclasses import dataclass

from ledger.services.views.models import ShipmentSummary


@dataclass(frozen=True, slots=True)
class PromiseView:
    """What the private terms promise, for who may read them: order number, lane (UN/LOCODEs, else countries), the last
    second on time with grace, as amended, and whether that has passed undelivered, or had when the goods came. Null
    where a part is closed or says nothing; holds and relief are for the penalty."""

    order: str | None
    origin: str | None
    destination: str | None
    due_at: int | None
    late: bool | None


@dataclass(frozen=True, slots=True)
class ListedShipment(ShipmentSummary):
    """`held`: customs hold the goods now. `disputed`: a contest of a tender is not decided yet. `promise` is null for
    whoever may not read the terms."""

    held: bool
    disputed: bool
    promise: PromiseView | None
