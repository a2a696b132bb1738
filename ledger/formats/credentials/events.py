"""A handoff as a UNTP Digital Traceability Event: goods moved from one place to another, and two partners signed it.

It rests on two records, the handoff and the shipment's terms, and says nothing that these do not: who, when, where from
(the terms' origin, or the handoff before), where to, and what was in the shipment.

Source: UNTP 0.7.0, MoveEvent; CBV 2.0, business steps.
"""

from typing import Any

from ledger.common.ids import RecordId, to_hex
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import GS1_ID, Party, Validity, moment, record_urn
from ledger.formats.credentials.products import classification, facility_json, goods_json
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Handoff, HandoffItem, ShipmentTerms

KIND = "DigitalTraceabilityEvent"
TITLE = "Handoff of goods"
_STEPS = "https://ref.gs1.org/cbv/BizStep"
_SSCC = 18


def move_event(
    handoff: Handoff,
    terms: ShipmentTerms,
    ids: tuple[RecordId, RecordId],
    parties: tuple[Party, Party],
    before: Handoff | None = None,
) -> list[dict[str, Any]]:
    """The subject of the credential: one event.

    `ids`: of the handoff and of the terms; `parties`: releaser and receiver; `before`: the handoff by which the
    releaser got the goods, None where they come from the terms' origin. Quantities are those of the terms, and are left
    out where another number of packages was handed over. Raises `MalformedRecord` where the records do not belong
    together, withhold what the event says, or nothing was handed over.
    """
    handed, shipment = ids
    item = _item_of(handoff, shipment)
    if before is not None:
        earlier = _item_of(before, shipment)
        if earlier.sequence >= item.sequence or before.receiver != handoff.releaser:
            raise MalformedRecord(
                "not the handoff before",
                where="before",
                expected=f"one by which partner {handoff.releaser} got shipment {to_hex(shipment)}",
                found=f"to partner {before.receiver} at sequence {earlier.sequence}",
            )
    if not item.packages:
        raise MalformedRecord("nothing was handed over", where="items", expected="packages", found="a refused receipt")
    if isinstance(terms.contents, Withheld):
        raise MalformedRecord(
            "the contents are withheld", where="terms.contents", mend="Take the terms with their contents opened."
        )
    last = handoff.receiver == terms.consignee
    event: dict[str, Any] = {
        "type": ["MoveEvent", "LifecycleEvent"],
        "id": record_urn(handed),
        "name": f"{TITLE}, signed by both sides",
        "eventDate": moment(handoff.occurredAt),
        "activityType": classification(
            "receiving" if last else "shipping",
            "Receiving" if last else "Shipping",
            _STEPS,
            "GS1 Core Business Vocabulary, business steps",
        ),
        "relatedParty": [
            {"role": _role(party.partner, terms), "party": party.to_json()} for party in parties if party.partner
        ],
        "movedProduct": [
            _moved(goods, f"terms.contents[{i}]", whole=item.packages == terms.packages)
            | {"disposition": "active" if last else "inTransit"}
            for i, goods in enumerate(terms.contents)
        ],
        "fromFacility": facility_json(before.place if before else terms.origin, "before.place" if before else "origin"),
        "toFacility": facility_json(handoff.place, "place"),
    }
    load = "" if isinstance(handoff.load, Withheld) else handoff.load.identifier
    if load.isdigit() and len(load) == _SSCC:
        event["consignmentId"] = f"{GS1_ID}/00/{load}"
    return [event]


def validity_of(handoff: Handoff) -> Validity:
    """An event that was stays so."""
    return Validity(handoff.occurredAt)


def _item_of(handoff: Handoff, shipment: RecordId) -> HandoffItem:
    for item in handoff.items:
        if item.shipment == shipment:
            return item
    raise MalformedRecord(
        "the handoff is of other shipments",
        where="items",
        expected=to_hex(shipment),
        found=", ".join(to_hex(item.shipment) for item in handoff.items[:3]),
    )


def _moved(goods: Goods | Withheld, where: str, *, whole: bool) -> dict[str, Any]:
    line = goods_json(goods, where)
    return line if whole else {"product": line["product"]}


def _role(partner: int, terms: ShipmentTerms) -> str:
    if partner == terms.consignor:
        return "consignor"
    return "consignee" if partner == terms.consignee else "carrier"
