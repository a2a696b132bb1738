"""What customs does with goods, as events: presented, held, inspected, released and the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.codes import RELEASES, ClearanceStatus, HoldCause, Regime
from ledger.formats.epcis.identity import Naming, code_word
from ledger.records.types import Clearance, Duty

_STATUS: Mapping[int, tuple[str, str]] = {
    ClearanceStatus.LODGED: ("other", "in_progress"),
    ClearanceStatus.PRESENTED: ("arriving", "in_progress"),
    ClearanceStatus.HELD: ("holding", "unavailable"),
    ClearanceStatus.INSPECTED: ("inspecting", "in_progress"),
    ClearanceStatus.RELEASED: ("other", "available"),
    ClearanceStatus.RELEASED_WITH_CONDITIONS: ("other", "available"),
    ClearanceStatus.REFUSED: ("holding", "unavailable"),
    ClearanceStatus.AMENDED: ("other", "in_progress"),
    ClearanceStatus.SEIZED: ("holding", "unavailable"),
    ClearanceStatus.DESTROYED: ("destroying", "destroyed"),
    ClearanceStatus.RECALLED: ("holding", "recalled"),
}
"""Business step and disposition. The CBV has no step of releasing: `lading:status` says it."""


def clearance_event(
    clearance: Clearance, shipments: Sequence[bytes], naming: Naming
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The event's members, and which private parts are told in it."""
    status = clearance.status
    step, state = _STATUS.get(status, ("other", "unknown"))
    number = clearance.duty.mrn if isinstance(clearance.duty, Duty) else ""
    lasting = None
    if status in RELEASES:
        lasting = {"set": ["conformant"]}
    elif status in (ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.RECALLED):
        lasting = {"set": ["non_conformant"]}
    return {
        "type": "ObjectEvent",
        "at": clearance.occurredAt,
        "action": "DELETE" if status == ClearanceStatus.DESTROYED else "OBSERVE",
        "epcList": [naming.shipment(shipment) for shipment in dict.fromkeys(shipments)],
        "bizStep": step,
        "disposition": state,
        "persistentDisposition": lasting,
        "lading:customsBy": naming.partner(clearance.by),
        "lading:declarant": naming.partner(clearance.declarant) if clearance.declarant else "",
        "lading:jurisdiction": clearance.jurisdiction.decode("ascii", "replace"),
        "lading:regime": code_word(Regime, clearance.regime),
        "lading:status": code_word(ClearanceStatus, status),
        "lading:holdCause": code_word(HoldCause, clearance.holdCause) if clearance.holdCause else "",
        "lading:mrn": number,
    }, ("duty",) if number else ()
