"""What readers get: frozen views with plain fields, ready for JSON and pages. Bytes are 0x-hex, times UTC seconds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PartnerName:
    """`id` 0 is the one-time recipient key."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """What the chain made of one item; all None and `pending` while no final outcome is known."""

    item: int
    outcome: str
    block_number: int | None
    block_time: int | None
    transaction: str | None


@dataclass(frozen=True, slots=True)
class LogTrack:
    """`status`: proposed, accepted or anchored. `missing` names who has yet to sign a proposal."""

    status: str
    index: int | None = None
    logged_at: int | None = None
    leaf_hash: str | None = None
    receipt: dict[str, Any] | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainTrack:
    """`status`: none (log only), pending, recorded, skipped or rejected; with items, the best of them.

    `problem` says why a pending record has not been recorded yet, where that is known.
    """

    status: str
    items: tuple[ItemView, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record with both tracks. Private parts that the reader may not see stand as their hashes."""

    id: str
    type: str
    message: dict[str, Any]
    signatures: tuple[str, ...]
    signers: tuple[PartnerName, ...]
    log: LogTrack
    chain: ChainTrack


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a shipment's story."""

    kind: str
    record: str
    at: int
    block_time: int | None
    by: tuple[PartnerName, ...]
    packages: int
    exceptions: tuple[str, ...]
    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class ClearanceView:
    jurisdiction: str
    regime: str
    status: str
    sequence: int
    required_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShipmentSummary:
    id: str
    terms: str
    consignor: PartnerName
    consignee: PartnerName
    custodian: PartnerName
    packages: int
    sequence: int
    status: str
    purpose: str
    mode: str
    opened_at: int
    ended_at: int | None
    cursor: int


@dataclass(frozen=True, slots=True)
class ShipmentView:
    summary: ShipmentSummary
    parent: str | None
    parents: tuple[str, ...]
    children: tuple[str, ...]
    flags: tuple[str, ...]
    clearances: tuple[ClearanceView, ...]
    steps: tuple[StepView, ...]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleView:
    role: str
    scope: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class PartnerView:
    id: int
    name: str
    gln: str
    suspended: bool
    admitted_at: int | None
    roles: tuple[RoleView, ...] = field(default_factory=tuple)
    keys: tuple[str, ...] = field(default_factory=tuple)
