"""What the reader of a shipment's page does next about the goods, in a sentence or two."""

from collections.abc import Iterator

from ledger.codes import Gate
from ledger.explain.text import Text, say, sentences, several
from ledger.explain.words import name_of
from ledger.services.views.course.perspective import UNDER_WAY
from ledger.services.views.models import ShipmentView
from ledger.shipments.status import ShipmentStatus


def next_step(shipment: ShipmentView, reader: int) -> Text | None:
    """What `reader` does next as who holds the goods or as who is to receive them; None for nothing that is known."""
    summary = shipment.summary
    if not reader or summary.status not in UNDER_WAY:
        return None
    if reader == summary.custodian.id:
        return sentences(tuple(_as_holder(shipment)))
    if reader == summary.consignee.id:
        return _as_consignee(shipment)
    return None


def _as_holder(shipment: ShipmentView) -> Iterator[Text]:
    summary = shipment.summary
    if any(hold.until is None for hold in shipment.holds):
        yield say("Customs hold the goods: wait for the release.")
    if lacking := _lacking(shipment, Gate.HANDOVER):
        yield say("Do not hand them over before customs have released: {procedures}.", procedures=several(lacking))
    elif lacking := _lacking(shipment, Gate.DELIVERY):
        yield say("Do not deliver before customs have released: {procedures}.", procedures=several(lacking))
    consignee = summary.consignee.name
    match summary.status:
        case ShipmentStatus.MISSING | ShipmentStatus.FOUND:
            yield say("State what became of the packages: found, lost, or handed on.")
        case ShipmentStatus.REFUSED:
            yield say("The consignee refused them: agree with the consignor where they go, and hand them over there.")
        case ShipmentStatus.TENDERED:
            yield say("Delivery was offered: once {consignee} takes them, both sign the handoff.", consignee=consignee)
        case _:
            yield say(
                "Hand them over, to {consignee} or to the next on the way: both count, and both sign.",
                consignee=consignee,
            )


def _as_consignee(shipment: ShipmentView) -> Text:
    holder = shipment.summary.custodian.name
    if shipment.summary.status == ShipmentStatus.TENDERED:
        return say("{holder} offered delivery: take the goods and sign, or contest the offer in time.", holder=holder)
    return say("When {holder} hands them over: count, note what is wrong with them, and sign.", holder=holder)


def _lacking(shipment: ShipmentView, gate: Gate) -> list[Text]:
    """The procedures without which the goods may not pass `gate`."""
    return [
        say("{country} {regime}", country=one.jurisdiction, regime=one.regime)
        for one in shipment.clearances
        if not one.released and name_of(gate) in one.required_at
    ]
