"""Which records go into which transaction: pure decisions about gas and bytes.

A transaction of the courier succeeds whatever becomes of what it carries, so no node can estimate its gas. What a
record of a usual type may use at most is known instead; other types are rare, and go alone, with an estimate.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.chain.contracts import COURIER, encode_function
from ledger.chain.transactions import least_gas
from ledger.common.ids import RecordId
from ledger.records.types import Attestation, Clearance, Handoff, Record, Revocation, ShipmentTerms, Split, Statement

MOST_RECORDS = 200
MOST_BYTES = 120_000
"""Call data of one transaction: pools that follow geth refuse transactions above 131,072 bytes."""
_FRAME_BYTES = 192
"""Of a parcel in the call data, beside its own: places and lengths, kind, gas, and what fills the last word."""
_FRAME_GAS = 1_500
_OVERHEAD = 60_000
"""Of the courier itself: its reserve for the last parcel, and the event at the end."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One record's call. `kind` of contract, 0 for the registry; `gas`: what it may use, None where that is not known,
    or where the courier cannot reach the contract."""

    record_id: RecordId
    target: bytes
    kind: int
    gas: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one transaction of the courier takes."""

    gas: int
    records: int = MOST_RECORDS
    data: int = MOST_BYTES


def gas_bound(record: Record) -> int | None:
    """What a contract uses at most for a record, beside the transaction's own cost; None where that is not known.

    Above what the gas tests of the contracts measure on cold storage, with room for a predecessor that is asked. Too
    little costs one round: the record is then sent alone.
    """
    match record:
        case ShipmentTerms():
            return (
                80_000 + 8_000 * len(record.requires) + 14_000 * len(record.parents) + 35_000 * any(record.recipientKey)
            )
        case Handoff():
            short = sum(item.exceptions != 0 for item in record.items)
            return 70_000 + 14_000 * len(record.items) + 30_000 * short
        case Split():
            return 60_000 + 52_000 * len(record.children)
        case Statement():
            return 70_000
        case Clearance():
            return 70_000 + 34_000 * len(record.items)
        case Attestation():
            return 120_000 + 200 * len(record.subject.encode())
        case Revocation():
            return 60_000
        case _:
            return None


def loads(parcels: Iterable[Parcel], limits: Limits) -> Iterator[list[Parcel]]:
    """The parcels in their order, together where they may be, each load within the limits; those of one go alone."""
    load: list[Parcel] = []
    for parcel in parcels:
        if load and (parcel.gas is None or load[-1].gas is None or not _fits([*load, parcel], limits)):
            yield load
            load = []
        load.append(parcel)
    if load:
        yield load


def _fits(load: Sequence[Parcel], limits: Limits) -> bool:
    data = sum(len(parcel.data) + _FRAME_BYTES for parcel in load)
    return len(load) <= limits.records and data <= limits.data and load_gas(load) <= limits.gas


def load_gas(load: Sequence[Parcel]) -> int:
    """The gas limit of a transaction that carries the load: enough for each parcel's own (EIP-150), and the courier."""
    inner = sum((parcel.gas or 0) + len(parcel.data) for parcel in load)
    data = sum(least_gas(b"", parcel.data) - least_gas(b"", b"") + _FRAME_GAS for parcel in load)
    return least_gas(b"", b"") + data + inner * 64 // 63 + _OVERHEAD


def load_call(load: Sequence[Parcel]) -> bytes:
    """The call of the courier that carries the load."""
    return encode_function(
        COURIER, "carry", [{"kind": parcel.kind, "gas": parcel.gas, "data": parcel.data} for parcel in load]
    )
