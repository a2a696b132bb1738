"""Plain delivered journeys as columns: what numbers need of them, a hundred bytes or two a handoff.

Everything here is independent of period and time of judgement. Which journeys are plain says
`ledger.penalties.fast_path`; bodies, signatures and whatever no number needs are left out, so that a journey that
ceases to be plain has to be read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate

import numpy as np

from ledger.columns.arrays import ID, Bytes, Ints, narrow, wide
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.scores.flags import Lane

# Bits of `marks`, as plain integers, for enumerations are slow at arithmetic: who is liable signed or endorsed the
# terms; or signed a handoff; the supplier delivers where it hands over (Incoterms E, F, C).
BOUND, ANSWERS, HANDS_OVER = 1, 2, 4


SHIPMENTS = (
    "block", "event", "leaf", "known", "consignor", "consignee", "holder", "liable", "beneficiary", "recipient",
    "destination", "lane", "packages", "promised", "grace", "lost_after", "report_lag", "alpha", "cap", "freight",
    "currency", "marks", "first", "steps", "products",
)  # fmt: skip
"""`block`, `event`, `leaf`: the place of the terms; `first`: which step the consignor released, -1: none."""
HANDOFFS = ("record", "exceptions")
"""In the order of their shipments."""
RECORDS = ("leaf", "known", "occurred", "due", "releaser", "receiver", "lines")
HOLDS = (
    "shipment", "office", "broker", "presented", "first_at", "first_known", "held_at", "held_known", "released_at",
    "first_leaf", "held_leaf", "released_leaf",
)  # fmt: skip
"""`presented`: 1 where the first status says so, else it is the hold itself."""
ENDORSEMENTS = ("shipment", "leaf")
"""Of terms, by who is liable under them."""


class Table:
    """Columns of one length; asked by name they are 64 bits wide."""

    def __init__(self, columns: Mapping[str, Ints], ids: Bytes) -> None:
        self.columns = columns
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> Ints:
        return wide(self.columns[name])

    def id(self, row: int, place: int = 0) -> RecordId:
        """Of rows that name several records, the one at that place."""
        return RecordId(self.ids[row, place * ID : (place + 1) * ID].tobytes())

    def id_list(self, rows: Ints, place: int = 0) -> list[RecordId]:
        """The same of many rows."""
        every = self.ids[rows, place * ID : (place + 1) * ID].tobytes()
        return [RecordId(every[i : i + ID]) for i in range(0, len(every), ID)]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.ids.nbytes + sum(column.nbytes for column in self.columns.values())


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers in columns stand for."""

    recipient: tuple[bytes, ...] = ()
    destination: tuple[str, ...] = ()
    lane: tuple[Lane, ...] = ()
    currency: tuple[str, ...] = ()
    products: tuple[tuple[Product, ...], ...] = ()
    office: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlainColumns:
    """Plain journeys; see the names of the columns."""

    shipments: Table
    handoffs: Table
    records: Table
    holds: Table
    endorsements: Table
    names: Names

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(table.size for table in self.tables)

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.shipments, self.handoffs, self.records, self.holds, self.endorsements


def joined(parts: Sequence[PlainColumns]) -> PlainColumns:
    """One after the other. No shipment may be in two; a record may, of which each has other lines."""
    names, meant = _names_of(parts)
    openings = [0, *accumulate(len(part.shipments) for part in parts)]
    papers = [0, *accumulate(len(part.records) for part in parts)]
    moved: dict[str, list[int]] = {"shipment": openings, "record": papers}

    def column(table: Sequence[Table], name: str) -> Ints:
        pieces = [one[name] for one in table]
        if name in meant:
            pieces = [code[piece] for code, piece in zip(meant[name], pieces, strict=True)]
        elif name in moved:
            pieces = [piece + by for piece, by in zip(pieces, moved[name], strict=False)]
        return narrow(np.concatenate(pieces))

    shipments, handoffs, records, holds, endorsements = (
        Table({name: column(table, name) for name in table[0].columns}, np.concatenate([one.ids for one in table]))
        for table in zip(*(part.tables for part in parts), strict=True)
    )
    return PlainColumns(shipments, handoffs, records, holds, endorsements, names)


def without(columns: PlainColumns, left_out: Ints) -> PlainColumns:
    """The same without some shipments, given by their rows. Records that nothing names any more stay."""
    kept = np.ones(len(columns.shipments), np.bool_)
    kept[left_out] = False
    steps = columns.shipments["steps"]
    place = np.cumsum(kept) - 1

    def chosen(table: Table, rows: Ints) -> Table:
        return Table({name: values[rows] for name, values in table.columns.items()}, table.ids[rows])

    def moved(table: Table) -> Table:
        own = chosen(table, np.flatnonzero(kept[table["shipment"]]))
        return Table({**own.columns, "shipment": narrow(place[own["shipment"]])}, own.ids)

    return PlainColumns(
        chosen(columns.shipments, np.flatnonzero(kept)),
        chosen(columns.handoffs, np.flatnonzero(np.repeat(kept, steps))),
        columns.records,
        moved(columns.holds),
        moved(columns.endorsements),
        columns.names,
    )


def _names_of(parts: Iterable[PlainColumns]) -> tuple[Names, dict[str, list[Ints]]]:
    """All names of some columns, and what each one's numbers are among these."""
    known: dict[str, dict[object, int]] = {field.name: {} for field in fields(Names)}
    meant: dict[str, list[Ints]] = {name: [] for name in known}
    for part in parts:
        for name, codes in known.items():
            own = [codes.setdefault(value, len(codes)) for value in getattr(part.names, name)]
            meant[name].append(np.array(own, np.int64))
    return Names(**{name: tuple(codes) for name, codes in known.items()}), meant  # type: ignore[arg-type]
