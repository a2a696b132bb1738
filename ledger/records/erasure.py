"""Erasing private parts of a record: for what reasons, which parts, and by whom.

What is signed, logged and proved is the part's hash, so no proof breaks. Figures that rest on a part leave it out from
then on, which is why a signer alone erases only what no rule computes from (`docs/adr/0016-erasure.md`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.records.disclosure import Part
from ledger.records.types import Amendment, Details, Load, Place, Record, ShipmentTerms

OPERATOR = 0
"""Who erased: a partner's id, or this."""


class ErasureReason(StrEnum):
    DATA_SUBJECT = "data-subject"
    RETENTION = "retention"
    MISTAKE = "mistake"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Erasure:
    """`erased_by`: a partner's id, 0 for the operator; `erased_at` UTC seconds; `reason` one of `ErasureReason`."""

    record_id: RecordId
    path: str
    erased_at: int
    erased_by: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"record_id": to_hex(self.record_id)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Erasure":
        """What `to_json` gave; raises `LadingError`, `KeyError` or `TypeError`."""
        return cls(**{**data, "record_id": RecordId(bytes_from_hex(data["record_id"], 32, "record_id"))})


def paths_under(paths: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Those of `paths` that `wanted` name, themselves or by what they lie in (`contents` names `contents[0]`)."""
    return [p for p in paths if any(p == w or p.startswith((f"{w}[", f"{w}.")) for w in wanted)]


def rules_rest_on(record: Record, part: Part) -> bool:
    """Whether penalties, scores, recalls or amendments may compute from this part of `record`."""
    match part:
        case Details():
            return isinstance(record, Amendment)
        case Place():
            return isinstance(record, ShipmentTerms)
        case Load():
            return False
        case _:
            return True
