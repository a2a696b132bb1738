"""The structures that Lading signs: fields, order, types and numbers are fixed for ever.

Each is defined here once. `docs/records.md` says in words what every record does and who signs it. Times are UTC
seconds, amounts minor units of the currency, partners are ids (0 = nobody, or the shipment's one-time recipient key
where the record's rules say so).
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.errors import MalformedRecord
from ledger.records.eip712 import (
    U8,
    U16,
    U32,
    U40,
    U64,
    U128,
    Address,
    Bytes2,
    Bytes16,
    Bytes32,
    Items,
    Longest,
    OutcomeBytes,
    ShortText,
    Struct,
    Text,
    Withheld,
)
from ledger.records.eip712 import encode_type as _encode_type

NOBODY = 0
UNLIMITED_LAG = 2**40 - 1
REMAINDER_INDEX = 2**32 - 1
"""Child index of the remainder that a short item leaves with the releaser."""

OneOrMore = Items(1, 200)
Requirements = Items(0, 4)  # four fit the custody slot


class Private(Struct):
    """A part with a random salt that can be withheld: contract and log see only its 32-byte hash."""

    __slots__ = ()
    PRIVATE: ClassVar[bool] = True


class Record(Struct):
    """A structure that is a leaf of the log. `NUMBER` is its type number; `MONEY` binds chain and contract too."""

    __slots__ = ()
    NUMBER: ClassVar[int]
    MONEY: ClassVar[bool] = False


# --- private parts --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Details(Private):
    """`text` is a JSON object (RFC 8785) or empty."""

    salt: Bytes16
    text: Text


@dataclass(frozen=True, slots=True)
class Place(Private):
    """`country` ISO 3166-1 alpha-2, `locode` UN/LOCODE, `gln` 13 digits; each may be empty."""

    salt: Bytes16
    country: ShortText
    locode: ShortText
    gln: ShortText
    name: ShortText


@dataclass(frozen=True, slots=True)
class Load(Private):
    """`identifier`: SSCC, container or waybill number."""

    salt: Bytes16
    identifier: ShortText


@dataclass(frozen=True, slots=True)
class Goods(Private):
    """`serials` is the RFC 9162 root over the sorted serial numbers (0 = none), `hs` the Harmonized System code."""

    salt: Bytes16
    gtin: ShortText
    lot: ShortText
    serials: Bytes32
    quantity: U64
    unit: ShortText
    hs: ShortText
    description: ShortText


@dataclass(frozen=True, slots=True)
class Commercial(Private):
    """What the delay penalty is computed from.

    `promisedAt` is the last second on time; `alpha` minor units per day²; `lostAfter`, `tenderWindow`, `reportLag`
    and `grace` seconds; `rules` the SHA-256 of the rules file (0 = none).
    """

    salt: Bytes16
    orderRef: ShortText
    value: U128
    currency: ShortText
    freight: U128
    incoterm: ShortText
    promisedAt: U40
    grace: U40
    alpha: U128
    penaltyCap: U128
    liable: U40
    beneficiary: U40
    lostAfter: U40
    tenderWindow: U40
    reportLag: U40
    rules: Bytes32


@dataclass(frozen=True, slots=True)
class TaxLine(Struct):
    tax: ShortText
    base: U128
    ratePpm: U32
    assessed: U128
    paid: U128


@dataclass(frozen=True, slots=True)
class Duty(Private):
    salt: Bytes16
    mrn: ShortText
    procedure: ShortText
    channel: ShortText
    currency: ShortText
    lines: tuple[TaxLine, ...]


@dataclass(frozen=True, slots=True)
class Claims(Private):
    salt: Bytes16
    text: Text


# --- public parts ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Require(Struct):
    """A clearance that must be released at its gates. `gate` is a mask of `codes.Gate`."""

    jurisdiction: Bytes2
    regime: U8
    gate: U8
    relay: bool


@dataclass(frozen=True, slots=True)
class HandoffItem(Struct):
    """`exceptions` is a mask of `codes.ExceptionBit`; `packages` what the receiver counted (0 = refused)."""

    shipment: Bytes32
    sequence: U16
    packages: U32
    exceptions: U16


@dataclass(frozen=True, slots=True)
class ShipmentRef(Struct):
    shipment: Bytes32
    sequence: U16


@dataclass(frozen=True, slots=True)
class Child(Struct):
    packages: U32
    contents: tuple[Goods | Withheld, ...] | Withheld


@dataclass(frozen=True, slots=True)
class Share(Struct):
    partner: U40
    basisPoints: U16


# --- registry -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistryChange(Record):
    NUMBER: ClassVar[int] = 1
    sequence: U40
    notBefore: U40
    action: U8
    partner: U40
    key: Address
    role: U8
    scope: Bytes32
    number: U40
    document: Bytes32


@dataclass(frozen=True, slots=True)
class KeyGrant(Record):
    """`scopes`: bit n − 1 lets the key sign type n. `actor` is the partner for whom the key's bearer works."""

    NUMBER: ClassVar[int] = 2
    partner: U40
    key: Address
    actor: U40
    scopes: U32
    validFrom: U40
    validUntil: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class KeyRevoke(Record):
    NUMBER: ClassVar[int] = 3
    partner: U40
    key: Address
    details: Details | Withheld


# --- shipments ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShipmentTerms(Record):
    NUMBER: ClassVar[int] = 4
    salt: Bytes16
    consignor: U40
    consignee: U40
    holder: U40
    recipientKey: Address
    purpose: U8
    parents: tuple[ShipmentRef, ...]
    packages: U32
    mode: U8
    fulfilment: U8
    origin: Place | Withheld
    destination: Place | Withheld
    contents: tuple[Goods | Withheld, ...] | Withheld
    commercial: Commercial | Withheld
    requires: Annotated[tuple[Require, ...], Requirements]
    submitBy: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Handoff(Record):
    NUMBER: ClassVar[int] = 5
    items: Annotated[tuple[HandoffItem, ...], OneOrMore]
    releaser: U40
    receiver: U40
    place: Place | Withheld
    load: Load | Withheld
    occurredAt: U40
    dueAt: U40
    submitBy: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Split(Record):
    NUMBER: ClassVar[int] = 6
    by: U40
    shipment: Bytes32
    sequence: U16
    children: Annotated[tuple[Child, ...], OneOrMore]
    reason: U8
    occurredAt: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Statement(Record):
    NUMBER: ClassVar[int] = 7
    by: U40
    counterparty: U40
    kind: U8
    shipment: Bytes32
    sequence: U16
    occurredAt: U40
    place: Place | Withheld
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Override(Record):
    NUMBER: ClassVar[int] = 8
    shipment: Bytes32
    sequence: U16
    releaser: U40
    receiver: U40
    packages: U32
    exceptions: U16
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Clearance(Record):
    NUMBER: ClassVar[int] = 9
    by: U40
    declarant: U40
    items: Annotated[tuple[ShipmentRef, ...], OneOrMore]
    jurisdiction: Bytes2
    regime: U8
    status: U8
    holdCause: U8
    causedBy: U40
    assurance: U8
    occurredAt: U40
    duty: Duty | Withheld
    details: Details | Withheld


# --- authenticity ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attestation(Record):
    NUMBER: ClassVar[int] = 10
    by: U40
    schema: Bytes32
    subject: ShortText
    accreditation: Bytes32
    validFrom: U40
    validUntil: U40
    document: Bytes32
    claims: Claims | Withheld
    itemCodes: Bytes32
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Revocation(Record):
    NUMBER: ClassVar[int] = 11
    by: U40
    target: Bytes32
    reason: U8
    effectiveFrom: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class Recall(Record):
    NUMBER: ClassVar[int] = 12
    by: U40
    subject: ShortText
    lots: Annotated[str, Longest(4096)]
    hazard: U8
    action: U8
    contact: ShortText
    supersedes: Bytes32
    occurredAt: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class RecallAnswer(Record):
    NUMBER: ClassVar[int] = 13
    by: U40
    recall: Bytes32
    found: U32
    quarantined: U32
    disposed: U32
    occurredAt: U40
    details: Details | Withheld


# --- log only -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Amendment(Record):
    NUMBER: ClassVar[int] = 14
    target: Bytes32
    previous: Bytes32
    kind: U8
    changes: Details | Withheld


@dataclass(frozen=True, slots=True)
class Endorsement(Record):
    NUMBER: ClassVar[int] = 15
    by: U40
    target: Bytes32


@dataclass(frozen=True, slots=True)
class Observation(Record):
    NUMBER: ClassVar[int] = 16
    by: U40
    eventHash: Bytes32
    occurredAt: U40


@dataclass(frozen=True, slots=True)
class Checkpoint(Record):
    """What the log's anchor key signs for `CheckpointAnchor`. The only record that is not a leaf."""

    NUMBER: ClassVar[int] = 17
    logId: Bytes32
    previousSize: U64
    size: U64
    root: Bytes32


# --- bonus (money domain) -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BonusAgreement(Record):
    NUMBER: ClassVar[int] = 18
    MONEY: ClassVar[bool] = True
    salt: Bytes16
    parties: Annotated[tuple[Share, ...], OneOrMore]
    awarder: U40
    residual: U40
    token: Address
    currency: ShortText
    rule: Bytes32
    periodStart: U40
    periodEnd: U40
    disputeWindow: U40
    arbiter: U40
    arbiterWindow: U40
    deadline: U40
    claimUntil: U40
    details: Details | Withheld


@dataclass(frozen=True, slots=True)
class BonusAward(Record):
    NUMBER: ClassVar[int] = 19
    MONEY: ClassVar[bool] = True
    by: U40
    agreement: Bytes32
    version: U16
    logId: Bytes32
    logSize: U64
    total: U128
    amounts: Bytes32
    evidence: Bytes32


@dataclass(frozen=True, slots=True)
class Dispute(Record):
    NUMBER: ClassVar[int] = 20
    MONEY: ClassVar[bool] = True
    by: U40
    agreement: Bytes32
    version: U16
    reason: Bytes32


@dataclass(frozen=True, slots=True)
class Ruling(Record):
    NUMBER: ClassVar[int] = 21
    MONEY: ClassVar[bool] = True
    by: U40
    agreement: Bytes32
    version: U16
    upheld: bool
    reason: Bytes32


@dataclass(frozen=True, slots=True)
class Claim(Record):
    NUMBER: ClassVar[int] = 22
    MONEY: ClassVar[bool] = True
    by: U40
    agreement: Bytes32
    version: U16
    amount: U128
    payTo: Address


# --- written by the log ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome(Record):
    """What the chain made of `record`: unsigned. `outcomes` holds one byte (`codes.Outcome`) an item."""

    NUMBER: ClassVar[int] = 23
    record: Bytes32
    target: Address
    blockNumber: U64
    blockTime: U40
    transaction: Bytes32
    eventIndex: U32
    outcomes: OutcomeBytes


RECORDS: tuple[type[Record], ...] = (
    RegistryChange,
    KeyGrant,
    KeyRevoke,
    ShipmentTerms,
    Handoff,
    Split,
    Statement,
    Override,
    Clearance,
    Attestation,
    Revocation,
    Recall,
    RecallAnswer,
    Amendment,
    Endorsement,
    Observation,
    Checkpoint,
    BonusAgreement,
    BonusAward,
    Dispute,
    Ruling,
    Claim,
    Outcome,
)
PARTS: tuple[type[Struct], ...] = (
    Details,
    Place,
    Load,
    Goods,
    Commercial,
    TaxLine,
    Duty,
    Claims,
    Require,
    HandoffItem,
    ShipmentRef,
    Child,
    Share,
)
BY_NAME: dict[str, type[Struct]] = {kind.__name__: kind for kind in (*PARTS, *RECORDS)}
LOG_ONLY = (Amendment, Endorsement, Observation, RecallAnswer)
"""Types that no contract takes."""
BY_NUMBER: dict[int, type[Record]] = {kind.NUMBER: kind for kind in RECORDS}


def encode_type(name: str) -> str:
    """The EIP-712 `encodeType` string of the structure called `name`, e.g. ``Endorsement(uint40 by,bytes32 target)``.

    Raises `MalformedRecord` for a name that is no structure of Lading.
    """
    return _encode_type(struct_named(name))


def struct_named(name: str) -> type[Struct]:
    if name not in BY_NAME:
        raise MalformedRecord("no such structure", where="type", expected=", ".join(BY_NAME), found=name)
    return BY_NAME[name]


def record_named(name: str) -> type[Record]:
    """The record type called `name`; raises `MalformedRecord` for anything else."""
    kind = BY_NAME.get(name)
    if kind is None or not issubclass(kind, Record):
        raise MalformedRecord(
            "no such record type", where="type", expected=", ".join(r.__name__ for r in RECORDS), found=name
        )
    return kind
