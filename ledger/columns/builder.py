"""From journeys to columns: shipment by shipment, those that are plain."""

from array import array
from collections.abc import Iterable
from dataclasses import fields

import numpy as np

from ledger.codes import ClearanceStatus
from ledger.columns.arrays import FITS, ID, Bytes, narrow, whole
from ledger.columns.plain_columns import (
    ANSWERS,
    BOUND,
    ENDORSEMENTS,
    HANDOFFS,
    HANDS_OVER,
    HOLDS,
    RECORDS,
    SHIPMENTS,
    Names,
    PlainColumns,
    Table,
)
from ledger.penalties.fast_path import Plain, PlainHold, Step, plain
from ledger.records.types import NOBODY
from ledger.scores.fast_path import UNTIL_HANDED_OVER
from ledger.scores.flags import lane_of
from ledger.scores.roles.broker import broker_of, office_of
from ledger.scores.samples import destination_of, products_of
from ledger.shipments.closed import contents_closed
from ledger.shipments.history import Journeys

_PRESENTED = int(ClearanceStatus.PRESENTED)
_NOTHING = bytes(ID)


class _Buffer:
    """A table that grows."""

    def __init__(self, names: Iterable[str], ids: int) -> None:
        self.names, self._width = tuple(names), ids * ID
        self._columns = [array("q") for _ in self.names]
        self._ids = bytearray()
        self.rows = 0

    def add(self, ids: bytes, *values: int) -> None:
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        self._ids += ids
        self.rows += 1

    def table(self) -> Table:
        columns = {name: narrow(whole(column)) for name, column in zip(self.names, self._columns, strict=True)}
        ids: Bytes = np.frombuffer(bytes(self._ids), np.uint8).reshape(self.rows, self._width)
        return Table(columns, ids)


class Builder:
    """Columns of the plain journeys that it is given, each once."""

    def __init__(self) -> None:
        self._shipments, self._handoffs, self._records = (
            _Buffer(SHIPMENTS, 1),
            _Buffer(HANDOFFS, 0),
            _Buffer(RECORDS, 1),
        )
        self._holds, self._endorsements = _Buffer(HOLDS, 3), _Buffer(ENDORSEMENTS, 1)
        self._codes: dict[str, dict[object, int]] = {field.name: {} for field in fields(Names)}
        self._known: dict[bytes, int] = {}
        """The rows of records of several lines."""

    def built(self) -> PlainColumns:
        names = Names(**{name: tuple(codes) for name, codes in self._codes.items()})  # type: ignore[arg-type]
        return PlainColumns(
            self._shipments.table(),
            self._handoffs.table(),
            self._records.table(),
            self._holds.table(),
            self._endorsements.table(),
            names,
        )

    def add(self, journeys: Journeys, shipment: bytes) -> bool:
        """Take in a shipment; False, and nothing is taken in, where the general way must decide about it."""
        found = plain(journeys, shipment)
        if found is None or not _fits(found, journeys):
            return False
        self._add(found, journeys, shipment)
        return True

    def _add(self, found: Plain, journeys: Journeys, shipment: bytes) -> None:
        terms, commercial, steps = found.record, found.commercial, found.steps
        products = tuple(products_of(terms))
        consignor, liable = terms.consignor, commercial.liable
        signed = any(liable in (step.move.releaser, step.move.receiver) for step in steps)
        marks = BOUND * found.bound | ANSWERS * (found.bound or signed)
        marks |= HANDS_OVER * (commercial.incoterm[:1] in UNTIL_HANDED_OVER)
        first = next((i for i, step in enumerate(steps) if step.move.releaser == consignor), -1)
        row = self._shipments.rows
        self._shipments.add(
            found.terms.id,
            *found.terms.place,
            found.terms.known,
            consignor,
            terms.consignee,
            terms.holder,
            liable,
            commercial.beneficiary,
            self._code("recipient", terms.recipientKey),
            self._code("destination", destination_of(terms)),
            self._code("lane", lane_of(terms)),
            terms.packages,
            commercial.promisedAt,
            commercial.grace,
            commercial.lostAfter,
            commercial.reportLag,
            commercial.alpha,
            commercial.penaltyCap,
            commercial.freight,
            self._code("currency", commercial.currency),
            marks,
            first,
            len(steps),
            self._code("products", products),
        )
        for step in steps:
            self._handoffs.add(b"", self._record(step), step.move.exceptions)
        if found.hold is not None:
            self._add_hold(found.hold, journeys, shipment, row)
        for verified, endorsement in journeys.endorsements(shipment):
            if endorsement.by == liable != NOBODY:
                self._endorsements.add(verified.id, row, verified.log_index)

    def _record(self, step: Step) -> int:
        verified, handoff = step.move.verified, step.handoff
        lines = len(handoff.items)
        if lines > 1 and (known := self._known.get(verified.id)) is not None:
            return known
        row = self._records.rows
        if lines > 1:
            self._known[verified.id] = row
        self._records.add(
            verified.id,
            verified.log_index,
            verified.known,
            handoff.occurredAt,
            handoff.dueAt,
            handoff.releaser,
            handoff.receiver,
            lines,
        )
        return row

    def _add_hold(self, hold: PlainHold, journeys: Journeys, shipment: bytes, row: int) -> None:
        first, held, released = hold.steps[0], hold.steps[-2], hold.steps[-1]
        presented = first.record.status == _PRESENTED
        self._holds.add(
            (first.verified.id if presented else _NOTHING) + held.verified.id + released.verified.id,
            row,
            self._code("office", office_of((released.record.jurisdiction, released.record.regime))),
            broker_of(journeys, shipment, hold.steps),
            int(presented),
            first.record.occurredAt,
            first.verified.known,
            held.record.occurredAt,
            held.verified.known,
            released.record.occurredAt,
            *(step.verified.log_index for step in (first, held, released)),
        )

    def _code(self, name: str, value: object) -> int:
        codes = self._codes[name]
        return codes.setdefault(value, len(codes))


def _fits(found: Plain, journeys: Journeys) -> bool:
    """Whether the short way of scores decides (see `ledger.scores.fast_path`), nothing is closed that they need, and
    no number is wider than a column. Only amounts may be: everything else has 48 bits at most, or counts leaves.
    """
    terms, commercial, steps = found.record, found.commercial, found.steps
    if max(commercial.alpha, commercial.penaltyCap, commercial.freight) >= FITS:
        return False
    if destination_of(terms) is None or lane_of(terms) is None or contents_closed(terms):
        return False
    if any(step.move.in_breach for step in steps) or len({step.move.releaser for step in steps}) < len(steps):
        return False
    products = products_of(terms)
    never_released = terms.holder == terms.consignor and all(s.move.releaser != terms.consignor for s in steps)
    return not products or not (journeys.recalls or never_released)
