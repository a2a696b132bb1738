"""The rows of each sheet: critical tracking events, what else custody tells, and the shipments of the trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ledger.formats.food_traceability.elements import NOT_RECORDED, Document, Lot, Place, Proof


@dataclass(frozen=True, slots=True)
class InitialPacking:
    """A lot that was first recorded here. When it was harvested, cooled and packed the ledger is not told."""

    lot: Lot
    recorded_at: str
    by: str
    place: Place
    document: Document
    proof: Proof
    packed_at: str = NOT_RECORDED
    harvested: str = NOT_RECORDED

    NAME: ClassVar[str] = "Initial packing"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "recorded_at": "Date first recorded (UTC)",
        "by": "First recorded by",
        "place": "First recorded at",
        "packed_at": "Date of initial packing",
        "harvested": "Harvest: date, place, business",
    }


@dataclass(frozen=True, slots=True)
class Shipping:
    """`recipient`: the next that is no transporter, by what it received, or by whom the terms name."""

    lot: Lot
    shipped_at: str
    shipper: str
    shipped_from: Place
    recipient: str
    ship_to: Place
    recipient_basis: str
    handed_to: str
    exceptions: str
    document: Document
    proof: Proof

    NAME: ClassVar[str] = "Shipping"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "shipped_at": "Date shipped (UTC)",
        "shipper": "Shipped by",
        "shipped_from": "Shipped from",
        "recipient": "Immediate subsequent recipient",
        "ship_to": "Shipped to",
        "recipient_basis": "Recipient known from",
        "handed_to": "Handed to",
        "exceptions": "Noted by the receiver",
    }


@dataclass(frozen=True, slots=True)
class Receiving:
    """`source`: the last before it that was no transporter."""

    lot: Lot
    received_at: str
    receiver: str
    received_where: Place
    source: str
    source_place: Place
    taken_from: str
    exceptions: str
    document: Document
    proof: Proof

    NAME: ClassVar[str] = "Receiving"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "received_at": "Date received (UTC)",
        "receiver": "Received by",
        "received_where": "Received at",
        "source": "Immediate previous source",
        "source_place": "Shipped from",
        "taken_from": "Taken over from",
        "exceptions": "Noted by the receiver",
    }


@dataclass(frozen=True, slots=True)
class Transformation:
    """Food used, or food produced, by one record of transformation, which is the shipment of what was produced."""

    side: str
    lot: Lot
    completed_at: str
    by: str
    place: Place
    document: Document
    proof: Proof

    NAME: ClassVar[str] = "Transformation"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "side": "Food used or produced",
        "completed_at": "Date recorded (UTC)",
        "by": "Transformed by",
        "place": "Transformed at",
    }


@dataclass(frozen=True, slots=True)
class Custody:
    """What is no critical tracking event: custody between transporters, splits, merges, refusals, ends."""

    event: str
    at: str
    giver: str
    taker: str
    packages: int
    exceptions: str
    outcome: str
    proof: Proof

    NAME: ClassVar[str] = "Other custody events"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "event": "Event",
        "at": "Date (UTC)",
        "giver": "From",
        "taker": "To",
        "packages": "Packages",
        "exceptions": "Noted by the receiver",
        "outcome": "Outcome",
    }


@dataclass(frozen=True, slots=True)
class Shipment:
    """A node of the trace. `direction`: the goods themselves, what they came from, or what became of them."""

    shipment: str
    direction: str
    certainty: str
    status: str
    packages: int
    consignor: str
    consignee: str
    holder: str
    opened_at: str
    came_from: str

    NAME: ClassVar[str] = "Shipments"
    HEADINGS: ClassVar[Mapping[str, str]] = {
        "shipment": "Shipment",
        "direction": "Direction",
        "certainty": "Certainty",
        "status": "Status",
        "packages": "Packages",
        "consignor": "Consignor",
        "consignee": "Consignee",
        "holder": "Holder",
        "opened_at": "Opened (UTC)",
        "came_from": "Came from",
    }


Row = InitialPacking | Shipping | Receiving | Transformation | Custody | Shipment
KINDS: tuple[type[Row], ...] = (InitialPacking, Shipping, Receiving, Transformation, Custody, Shipment)
