"""Key data elements that several events have, and what stands where one is unknown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from ledger.formats.workbook import Value

NOT_RECORDED = "unknown (not recorded)"
PRIVATE = "unknown (private)"
NOT_TRACED = "unknown (not in this trace)"
SEVERAL = "several: see what it came from"
NOT_YET = "not yet under a checkpoint"


def moment(at: int) -> str:
    """UTC seconds as ISO 8601, which sorts."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Place:
    """A location description: each part as signed, or why it is unknown."""

    gln: str = NOT_RECORDED
    locode: str = NOT_RECORDED
    name: str = NOT_RECORDED
    """Name and country."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A traceability lot in a shipment. `source`: where it was first recorded, `source_basis` what says so."""

    code: str = NOT_RECORDED
    gtin: str = NOT_RECORDED
    product: str = NOT_RECORDED
    quantity: Value = NOT_RECORDED
    unit: str = NOT_RECORDED
    packages: Value = NOT_RECORDED
    source: str = NOT_RECORDED
    source_basis: str = NOT_RECORDED

    HEADINGS: ClassVar[tuple[str, ...]] = (
        "Traceability lot code", "GTIN", "Product description", "Quantity", "Unit of measure", "Packages",
        "Traceability lot code source", "Source known from",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """Reference document type and number."""

    type: str
    number: str

    HEADINGS: ClassVar[tuple[str, ...]] = ("Reference document type", "Reference document number")


@dataclass(frozen=True, slots=True)
class Proof:
    """The record behind a row. `proof`: the RFC 9162 inclusion proof, hashes in hex, lowest first, to the root of the
    log of `log_size` leaves; before it is under a checkpoint what is given is the log's receipt alone.
    """

    shipment: str
    record_type: str
    record: str
    signers: str
    leaf_index: int
    leaf_hash: str
    log_size: Value
    proof: str
    receipt: str

    HEADINGS: ClassVar[tuple[str, ...]] = (
        "Shipment", "Record type", "Record id", "Signed by", "Leaf index", "Leaf hash", "Log size", "Inclusion proof",
        "Receipt",
    )  # fmt: skip
