"""When a shipment under way may be expected, from the deliveries on its lane that its reader may see."""

from collections.abc import Mapping

from ledger.codes import Mode
from ledger.common.distribution import Distribution, distribution
from ledger.explain.words import name_of
from ledger.network.lane_times import Expected, Lane
from ledger.penalties.statement import PenaltyStatement
from ledger.services.views.course.perspective import UNDER_WAY
from ledger.services.views.course.private_parts import PlaceView
from ledger.services.views.models import ShipmentView

_MODES = {str(name_of(mode)): mode for mode in Mode}


def lane_of_shipment(shipment: ShipmentView) -> Lane | None:
    """The lane that a shipment goes; None where its reader may not know it, or nobody does."""
    private = shipment.private
    if private is None or private.origin is None or private.destination is None:
        return None
    origin, destination = _end(private.origin), _end(private.destination)
    return Lane(origin, destination, _MODES.get(str(shipment.summary.mode))) if origin and destination else None


def expected_arrival(
    shipment: ShipmentView, times: Mapping[Lane, Distribution], statement: PenaltyStatement | None
) -> Expected | None:
    """None for what has ended, and for a lane that is not known. `statement`: tells when goods that were split off
    left, which happened under another name."""
    lane = lane_of_shipment(shipment)
    if lane is None or shipment.summary.status not in UNDER_WAY:
        return None
    return Expected(lane, times.get(lane, distribution(())), _left_at(shipment, statement))


def _left_at(shipment: ShipmentView, statement: PenaltyStatement | None) -> int | None:
    """When they were first handed over on the way; None while they were not."""
    if statement is not None and statement.portions:
        moves = [move for line in statement.portions[:1] for move in line.part.portion.moves if not move.refused]
        return (moves[0].handoff.occurredAt if moves[0].handoff else moves[0].verified.known) if moves else None
    return shipment.stays[1].since if len(shipment.stays) > 1 else None


def _end(place: PlaceView) -> str:
    return place.country or place.name
