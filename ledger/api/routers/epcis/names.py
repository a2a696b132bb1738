"""`/obj/…`: shipments by the names that they have in events."""

from fastapi import APIRouter, Response

from ledger.common.ids import bytes_from_hex, to_hex

router = APIRouter(prefix="/obj", tags=["epcis"])


@router.get("/{shipment}", operation_id="getEpcisObject", status_code=307, include_in_schema=False)
def shipment_page(shipment: str) -> Response:
    """To the page of a shipment: an event names it by this address, in a form of the CBV (section 8.2)."""
    name = to_hex(bytes_from_hex(shipment, 32, "shipment"))
    return Response(status_code=307, headers={"Location": f"/shipments/{name}"})
