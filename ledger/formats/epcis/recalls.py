"""A recall as an event: what is recalled is held, wherever it is."""

from typing import Any

from ledger.codes import Hazard, RecallAction
from ledger.common.gs1 import Lot, recalled_lots, recalled_product
from ledger.common.ids import bytes_from_hex
from ledger.errors import MalformedRecord
from ledger.formats.epcis.identifiers import GS1, quoted
from ledger.formats.epcis.identity import Naming, code_word
from ledger.records.types import Recall


def recall_event(recall: Recall, naming: Naming) -> dict[str, Any] | None:
    """Everything in a recall but its details is public. None for one that names neither goods nor a shipment."""
    items, classes, spans = _subjects(recall, naming)
    if not items and not classes:
        return None
    return {
        "type": "ObjectEvent",
        "at": recall.occurredAt,
        "action": "OBSERVE",
        "epcList": items,
        "quantityList": [{"epcClass": uri} for uri in classes],
        "bizStep": "holding",
        "disposition": "recalled",
        "lading:hazard": code_word(Hazard, recall.hazard),
        "lading:recallAction": code_word(RecallAction, recall.action),
        "lading:contact": recall.contact,
        "lading:serials": spans,
    }


def _subjects(recall: Recall, naming: Naming) -> tuple[list[str], list[str], list[str]]:
    """Items, classes, and spans of serials as `from..to`."""
    kind, _, name = recall.subject.partition("/")
    try:
        if kind == "shipment":
            return [naming.shipment(bytes_from_hex(name, 32, "subject"))], [], []
    except MalformedRecord:
        return [], [], []
    product = recalled_product(recall.subject)
    if product is None:
        return [], [], []
    own = GS1 + product.path()
    if product.serial:
        return [own], [], []
    listed = recalled_lots(recall.lots)
    lots = [f"{GS1}01/{product.gtin}/10/{quoted(entry.lot)}" for entry in listed if isinstance(entry, Lot)]
    spans = [f"{entry.first}..{entry.last}" for entry in listed if not isinstance(entry, Lot)]
    return [], lots or [own], spans
