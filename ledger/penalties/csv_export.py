"""Penalty statements as CSV (RFC 4180), for a spreadsheet or an invoice run: a row a shipment, or a row a line of each
statement. Amounts in minor units, times in seconds UTC, yes and no as 1 and 0; what is not known is empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from ledger.codes import HoldCause
from ledger.common.csv_cells import csv_text
from ledger.common.figure import Cell, Currency, Pattern, Seconds, cells_of, columns_of, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.penalties.statement import PenaltyStatement


class LineKind(StrEnum):
    """What a line is about: what travelled together (from opening to the counted end, late by so many seconds), a hold
    (seconds within the clock; it counts where it is taken out), a tender (it counts where it stops the clock), a leg
    (in, due, out; seconds overrun, the amount by recourse), or last the total that is owed."""

    GOODS = "goods"
    HOLD = "hold"
    TENDER = "tender"
    LEG = "leg"
    TOTAL = "total"


@figure(
    "shipment", "line", "goods", "packages", "partner", "record", "start", "due", "end", "seconds", "counts", "amount",
    "currency", "code",
)  # fmt: skip
@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of the statement of `shipment`. `code` says what stopped the clock, why a hold counts, whether a tender
    was contested, and what became of a leg."""

    shipment: bytes
    line: LineKind
    goods: bytes
    packages: int | None = None
    partner: PartnerId | None = None
    record: RecordId | None = None
    start: Seconds | None
    due: Seconds | None = None
    end: Seconds | None = None
    seconds: Seconds | None = None
    counts: bool = True
    amount: int | None = None
    currency: Currency
    code: Annotated[str, Pattern("[a-z_]*(/[a-z_]+)?")]


def penalties_csv(statements: Iterable[PenaltyStatement]) -> str:
    """A row a shipment: every member of its statement that fits into a cell, customs and relief those of the latest
    goods. `recourse` lists partner:amount of each leg."""

    def row(statement: PenaltyStatement) -> Sequence[Cell]:
        return (*cells_of(statement), " ".join(f"{leg.partner}:{leg.amount}" for leg in statement.legs))

    return csv_text((*columns_of(PenaltyStatement), "recourse"), map(row, statements))


def penalty_lines_csv(statements: Iterable[PenaltyStatement]) -> str:
    """A row a line (`StatementLine`), each under its shipment, the total last."""
    return csv_text(
        columns_of(StatementLine), (cells_of(line) for statement in statements for line in lines_of(statement))
    )


def lines_of(s: PenaltyStatement) -> Iterator[StatementLine]:
    for p in s.portions:
        ended = p.stop or p.ending
        yield StatementLine(
            shipment=s.shipment, line=LineKind.GOODS, goods=p.shipment, packages=p.packages, partner=s.liable,
            record=ended.verified.id if ended else None, start=s.opened_at, due=p.promised_at, end=p.counted_until,
            seconds=p.late_seconds, amount=p.amount, currency=s.currency,
            code=ended.kind.value if ended else "under_way",
        )  # fmt: skip
        for held in p.holds:
            hold = held.hold
            yield StatementLine(
                shipment=s.shipment, line=LineKind.HOLD, goods=p.shipment, partner=PartnerId(hold.caused_by),
                record=hold.held.id, start=hold.start, end=hold.end, seconds=held.seconds, counts=held.taken_out,
                currency=s.currency, code=f"{_cause(hold.cause)}/{held.reason.value}",
            )  # fmt: skip
        for tender in p.tenders:
            yield StatementLine(
                shipment=s.shipment, line=LineKind.TENDER, goods=p.shipment, record=tender.verified.id,
                start=tender.at, due=tender.contestable_until, end=tender.disputed_until, counts=tender.stops,
                currency=s.currency, code=tender.state.value,
            )  # fmt: skip
    for leg in s.legs:
        yield StatementLine(
            shipment=s.shipment, line=LineKind.LEG, goods=leg.shipment, partner=leg.partner, record=leg.handoff,
            start=leg.start, due=leg.due_at, end=leg.out_at, seconds=leg.overrun_seconds, amount=leg.amount,
            currency=s.currency, code="recourse" if leg.overrun_seconds else "in_time",
        )  # fmt: skip
    yield StatementLine(
        shipment=s.shipment, line=LineKind.TOTAL, goods=s.shipment, partner=s.liable, start=s.opened_at,
        due=s.promised_at, end=s.stopped_at, seconds=s.late_seconds, counts=s.settled, amount=s.amount,
        currency=s.currency, code="split" if s.part_of or not s.portions else "indicative" if s.indicative else "",
    )  # fmt: skip


def _cause(code: int) -> str:
    return HoldCause(code).name.lower() if code in set(HoldCause) else "none"
