"""The workbook: what it is about, and a sheet for each kind of row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from ledger.formats.food_traceability.elements import Document, Lot, Place, Proof
from ledger.formats.food_traceability.events import KINDS, Row
from ledger.formats.workbook import Table, Value, workbook

ABOUT: tuple[tuple[str, str], ...] = (
    (
        "What this is",
        (
            "The records behind a trace, by critical tracking event (21 CFR part 1, subpart S). Every row names the "
            "record that says so, who signed it and its leaf in the log."
        ),
    ),
    (
        "How to check a row",
        (
            "The leaf hash and the inclusion proof give the root of the checkpoint named here (RFC 9162). The record "
            "itself is at /v1/records/ and its id, and in the bundle that `lading trace --sheet` writes beside it."
        ),
    ),
    (
        "What is not here",
        (
            "Harvesting, cooling and first land-based receiving are not recorded. Unknown (not recorded): nobody "
            "signed it. Unknown (private): signed, and not open to this reader. Nothing is filled in from elsewhere."
        ),
    ),
    (
        "Traceability lot code source",
        (
            "Where the ledger first heard of the lot, as its consignor signed. Whether the code was assigned there is "
            "not recorded."
        ),
    ),
    (
        "Certainty",
        (
            "Named: the shipment's contents name the goods. Possible: they are not open here, or name no lot. Other: "
            "they name what the goods were made of or into, or travelled with."
        ),
    ),
    (
        "Shipping and receiving",
        (
            "Handoffs from and to partners that are no carriers. What passes between carriers, splits, merges, "
            "refusals and amendments are in the sheet of other events. Rows say what was signed first: look for "
            "amendments there."
        ),
    ),
)
_TOLD_APART = ("GLN", "UN/LOCODE", "name and country")


@dataclass(frozen=True, slots=True)
class Traceability:
    """All that a workbook tells. `about`: what it is about and on what it rests, line by line."""

    about: Sequence[tuple[str, Value]]
    rows: Iterable[Row]
    created: int

    def to_bytes(self) -> bytes:
        """The workbook; the same trace gives the same bytes."""
        sheets: dict[type[Row], list[Row]] = {kind: [] for kind in KINDS}
        for row in self.rows:
            sheets[type(row)].append(row)
        counts = [(f"Rows: {kind.NAME}", len(sheets[kind])) for kind in KINDS]
        about = Table("About", (), [*self.about, *counts])
        tables = (Table(kind.NAME, headings(kind), map(_flat, sheets[kind])) for kind in KINDS)
        return workbook([about, *tables], self.created)


def headings(kind: type[Row]) -> list[str]:
    """The columns of a sheet, in the order of its rows' values."""
    result: list[str] = []
    own: Mapping[str, str] = kind.HEADINGS
    for member in fields(kind):
        match member.name:
            case "lot":
                result += Lot.HEADINGS
            case "document":
                result += Document.HEADINGS
            case "proof":
                result += Proof.HEADINGS
            case name if member.type in (Place, "Place"):
                result += [f"{own[name]}: {part}" for part in _TOLD_APART]
            case name:
                result.append(own[name])
    return result


def _flat(row: Row) -> list[Value]:
    result: list[Value] = []
    for member in fields(row):
        value = getattr(row, member.name)
        if isinstance(value, Lot | Place | Document | Proof):
            result += [getattr(value, part.name) for part in fields(value)]
        else:
            result.append(value)
    return result
