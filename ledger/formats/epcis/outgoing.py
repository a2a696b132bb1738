"""Events out of records: what a record says happened, as EPCIS 2.0 events that name the record and its proof.

An event is made from one record alone, its private parts as far as they are open, and from what the chain made of it.
So it is the same for everybody who may read it, and its id is the hash of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.codes import ExceptionBit, Purpose, StatementKind
from ledger.formats.epcis.clearances import clearance_event
from ledger.formats.epcis.document import Event
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.identity import DECLARED, Naming, code_word, sscc_of
from ledger.formats.epcis.recalls import recall_event
from ledger.formats.epcis.xml.names import fitted
from ledger.provenance.units import code_of
from ledger.records.shipment_ids import child_id
from ledger.records.types import (
    Clearance,
    Commercial,
    Goods,
    Handoff,
    Load,
    Override,
    Place,
    Recall,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)

MAKES_EVENTS: tuple[type[Record], ...] = (
    ShipmentTerms, Handoff, Split, Statement, Override, Clearance, Recall,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A record that took effect. `applied`: the items that did; `delivered`: shipments whose goods reached their
    consignee by it; `logged`: when it came into the log, `concluded`: when what the chain made of it did, UTC
    seconds."""

    record_id: bytes
    record: Record
    logged: int
    concluded: int
    applied: frozenset[int]
    delivered: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """`parts`: paths of the private parts that the event tells of."""

    event: Event
    parts: tuple[str, ...]


_LAST = 253_402_300_799
"""The last second that a date of four digits names."""
_Draft = tuple[dict[str, Any], tuple[str, ...]]


def events_from(source: Source, naming: Naming) -> list[Made]:
    """The events of a record in the order of its items; none for a type, or an outcome, that moves nothing."""
    made = []
    for members, parts in _drafts(source, naming):
        whole = {
            "type": members.pop("type"),
            **_times(members.pop("at", source.logged), source.concluded),
            **{name: fitted(value) for name, value in members.items() if value not in ("", [], None)},
            "lading:record": naming.record(source.record_id),
            "lading:proof": naming.proof(source.record_id),
        }
        whole = {"eventID": hash_id(whole, DECLARED), **whole}
        made.append(Made(Event(whole, DECLARED), parts))
    return made


def _drafts(source: Source, naming: Naming) -> Iterator[_Draft]:
    match source.record:
        case ShipmentTerms():
            if source.applied:
                yield from _opening(source.record_id, source.record, naming)
        case Handoff():
            yield from _handoff(source, source.record, naming)
        case Override():
            if source.applied:
                yield _override(source, source.record, naming)
        case Split():
            if source.applied:
                yield from _split(source.record, naming)
        case Statement():
            if source.applied:
                yield from _statement(source.record, naming)
        case Clearance():
            items = [item.shipment for i, item in enumerate(source.record.items) if i in source.applied]
            if items:
                yield clearance_event(source.record, items, naming)
        case Recall():
            told = recall_event(source.record, naming) if source.applied else None
            if told is not None:
                yield told, ()


def _times(at: int, known: int) -> dict[str, str]:
    """Records have no time zone: UTC."""
    return {"eventTime": moment(at), "eventTimeZoneOffset": "+00:00", "recordTime": moment(known)}


def moment(seconds: int) -> str:
    """A second (UTC) as events write it."""
    return datetime.fromtimestamp(min(seconds, _LAST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pairs(kind: str, **told: str) -> list[dict[str, str]]:
    return [{"type": name, kind: uri} for name, uri in told.items() if uri]


def _once(*uris: str) -> list[str]:
    return list(dict.fromkeys(uris))


def _place(place: object, naming: Naming) -> dict[str, str] | None:
    uri = naming.place(place) if isinstance(place, Place) else ""
    return {"id": uri} if uri else None


def _quantities(contents: object, naming: Naming) -> list[dict[str, Any]]:
    found = [
        goods_quantity(goods, goods.quantity, naming)
        for goods in (contents if isinstance(contents, tuple) else ())
        if isinstance(goods, Goods)
    ]
    return [quantity for quantity in found if quantity is not None]


def uom_of(unit: str) -> str:
    """The unit as EPCIS can tell it; empty for what has not the shape of a code of Recommendation 20."""
    code = code_of(unit)
    return code.upper() if code.isascii() and code.isalnum() and 2 <= len(code) <= 3 else ""


def goods_quantity(goods: Goods, quantity: int | Decimal, naming: Naming) -> dict[str, Any] | None:
    """So much of some goods as an entry of a quantity list; None for goods that have no name in EPCIS."""
    uri = naming.goods(goods)
    if not uri:
        return None
    unit = uom_of(goods.unit)
    counted = not unit or unit in ("EA", "C62", "H87", "PCE")
    entry: dict[str, Any] = {"epcClass": uri, "quantity": quantity}
    return entry if counted else {**entry, "uom": unit}


# --- custody --------------------------------------------------------------------------------------------------------


def _opening(shipment: bytes, terms: ShipmentTerms, naming: Naming) -> Iterator[_Draft]:
    """Goods become a shipment: packed into it, merged, or made out of others."""
    own = naming.shipment(shipment)
    parents = [naming.shipment(parent.shipment) for parent in terms.parents]
    goods = _quantities(terms.contents, naming)
    origin, commercial = _place(terms.origin, naming), terms.commercial
    destination = _place(terms.destination, naming)
    order = commercial.orderRef if isinstance(commercial, Commercial) else ""
    common = {
        "disposition": "in_progress",
        "readPoint": origin,
        "bizTransactionList": [{"type": "po", "bizTransaction": naming.order(terms.consignor, order)}] if order else [],
        "sourceList": _pairs("source", owning_party=naming.partner(terms.consignor)),
        "destinationList": _pairs(
            "destination",
            owning_party=naming.partner(terms.consignee),
            location=destination["id"] if destination else "",
        ),
        "lading:packages": terms.packages,
    }
    parts = tuple(
        name
        for name, told in (
            ("origin", origin), ("destination", destination), ("commercial", order), ("contents", goods)
        )
        if told
    )  # fmt: skip
    if terms.purpose == Purpose.TRANSFORMATION:
        made = {"outputEPCList": [own], "outputQuantityList": goods, "transformationID": own}
        whole = {"inputEPCList": parents, **made, "bizStep": "commissioning", **common}
        yield {"type": "TransformationEvent", **whole}, parts
    elif goods or parents:
        inside = {"parentID": own, "childEPCs": parents, "childQuantityList": goods}
        yield {"type": "AggregationEvent", "action": "ADD", **inside, "bizStep": "packing", **common}, parts
    else:
        yield {"type": "ObjectEvent", "action": "ADD", "epcList": [own], "bizStep": "commissioning", **common}, parts


def _handoff(source: Source, handoff: Handoff, naming: Naming) -> Iterator[_Draft]:
    """Possession changes: an event for all items that arrived in the same state."""
    groups: dict[tuple[int, bool], list[int]] = {}
    for number, item in enumerate(handoff.items):
        if number in source.applied:
            groups.setdefault((item.exceptions, item.shipment in source.delivered), []).append(number)
    load = sscc_of(handoff.load.identifier) if isinstance(handoff.load, Load) else ""
    place = _place(handoff.place, naming)
    parts = tuple(name for name, told in (("place", place), ("load", load)) if told)
    for (exceptions, delivered), numbers in groups.items():
        items = [handoff.items[number] for number in numbers]
        yield (
            {
                "type": "ObjectEvent",
                "at": handoff.occurredAt,
                "action": "OBSERVE",
                "epcList": _once(*([load] if load else []), *(naming.shipment(item.shipment) for item in items)),
                **_received(exceptions, delivered, place),
                "sourceList": _pairs("source", possessing_party=naming.partner(handoff.releaser)),
                "destinationList": _pairs("destination", possessing_party=naming.partner(handoff.receiver)),
                "lading:packages": [item.packages for item in items],
                "lading:exceptions": _exceptions(exceptions),
            },
            parts,
        )


def _override(source: Source, override: Override, naming: Naming) -> _Draft:
    delivered = override.shipment in source.delivered
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": [naming.shipment(override.shipment)],
        **_received(override.exceptions, delivered, None),
        "sourceList": _pairs("source", possessing_party=naming.partner(override.releaser)),
        "destinationList": _pairs("destination", possessing_party=naming.partner(override.receiver)),
        "lading:packages": override.packages,
        "lading:exceptions": _exceptions(override.exceptions),
        "lading:override": True,
    }, ()


_PERSISTENT: Mapping[ExceptionBit, str] = {
    ExceptionBit.SHORT: "mismatch_quantity",
    ExceptionBit.OVER: "mismatch_quantity",
    ExceptionBit.DAMAGED: "damaged",
    ExceptionBit.WRONG_GOODS: "mismatch_class",
    ExceptionBit.SEAL_BROKEN: "non_conformant",
    ExceptionBit.TEMPERATURE: "non_conformant",
}


def _received(exceptions: int, delivered: bool, place: dict[str, str] | None) -> dict[str, Any]:
    """Both signed: `accepting` is the step in which possession changes."""
    bits = ExceptionBit(exceptions)
    state = "in_progress" if delivered else "in_transit"
    if ExceptionBit.REFUSED in bits:
        state = "returned"
    elif ExceptionBit.DAMAGED in bits:
        state = "damaged"
    lasting = list(dict.fromkeys(word for bit, word in _PERSISTENT.items() if bit in bits))
    if not bits:
        lasting = ["completeness_verified"]
    return {
        "bizStep": "accepting",
        "disposition": state,
        "persistentDisposition": {"set": lasting} if lasting else None,
        "readPoint": place,
        "bizLocation": place if delivered else None,
    }


def _exceptions(bits: int) -> list[str]:
    return [str(bit.name) for bit in ExceptionBit if bit & bits]


def _split(split: Split, naming: Naming) -> Iterator[_Draft]:
    """The children leave the parent; what each of them holds is an event of its own."""
    children = [
        naming.shipment(child_id(split.shipment, split.sequence, number)) for number in range(len(split.children))
    ]
    common = {"at": split.occurredAt, "disposition": "in_progress"}
    yield (
        {
            "type": "AggregationEvent",
            "action": "DELETE",
            "parentID": naming.shipment(split.shipment),
            "childEPCs": children,
            "bizStep": "unpacking",
            **common,
            "lading:packages": [child.packages for child in split.children],
        },
        (),
    )
    for number, (uri, child) in enumerate(zip(children, split.children, strict=True)):
        if goods := _quantities(child.contents, naming):
            inside = {"parentID": uri, "childQuantityList": goods, "bizStep": "packing"}
            yield {"type": "AggregationEvent", "action": "ADD", **inside, **common}, (f"children[{number}].contents",)


_STATED: Mapping[int, tuple[str, str, str]] = {
    StatementKind.LOST: ("OBSERVE", "other", "unavailable"),
    StatementKind.LEFT: ("OBSERVE", "departing", "in_transit"),
    StatementKind.SOLD: ("OBSERVE", "retail_selling", "retail_sold"),
    StatementKind.DESTROYED: ("DELETE", "destroying", "destroyed"),
    StatementKind.ABANDONED: ("OBSERVE", "other", "non_sellable_other"),
    StatementKind.FOUND: ("OBSERVE", "inspecting", "in_progress"),
}


def _statement(statement: Statement, naming: Naming) -> Iterator[_Draft]:
    """Tenders and contests are words about goods, and no event of theirs."""
    told = _STATED.get(statement.kind)
    if told is None:
        return
    place = _place(statement.place, naming)
    yield (
        {
            "type": "ObjectEvent",
            "at": statement.occurredAt,
            "action": told[0],
            "epcList": [naming.shipment(statement.shipment)],
            "bizStep": told[1],
            "disposition": told[2],
            "readPoint": place,
            "lading:statement": code_word(StatementKind, statement.kind),
        },
        ("place",) if place else (),
    )
