"""Penalty statements as CSV (RFC 4180), for a spreadsheet or an invoice run: a row a shipment, or a row a line of each
statement. Amounts in minor units, times in seconds UTC, yes and no as 1 and 0; what is not known is empty.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from ledger.codes import HoldCause
from ledger.common.ids import RecordId, to_hex
from ledger.penalties.lateness import PortionLine
from ledger.penalties.statement import PenaltyStatement

COLUMNS = (
    "shipment", "liable", "beneficiary", "currency", "amount", "uncapped", "cap", "alpha", "opened_at", "promised",
    "grace", "promised_at", "lost_after", "delivered_at", "stopped_at", "customs_seconds", "relief_seconds",
    "late_seconds", "settled", "indicative", "stays_with_liable", "recourse", "evidence",
)  # fmt: skip
LINE_COLUMNS = (
    "shipment", "line", "goods", "packages", "partner", "record", "start", "due", "end", "seconds", "counts", "amount",
    "currency", "code",
)  # fmt: skip
Cell = str | int | None
Times = tuple[int | None, int | None, int | None]
"""Start, due and end of a line."""


def penalties_csv(statements: Iterable[PenaltyStatement]) -> str:
    """A row a shipment. `recourse` lists partner:amount of each leg, `evidence` the record ids, both separated by
    spaces; customs and relief are those of the latest goods.
    """
    return _csv(COLUMNS, (_row(statement) for statement in statements))


def penalty_lines_csv(statements: Iterable[PenaltyStatement]) -> str:
    """A row a line, each under its shipment: `goods` (what travelled together: from opening to the counted end, late by
    so many seconds), `hold` (seconds within the clock; `counts`: taken out), `tender` (`counts`: not contested) and
    `leg` (in, due, out; seconds overrun; `amount` by recourse); last `total` with the amount owed. `code` says what
    stopped the clock, why a hold counts, whether a tender was contested, and what became of a leg.
    """
    return _csv(LINE_COLUMNS, (row for statement in statements for row in _lines(statement)))


def _row(s: PenaltyStatement) -> Sequence[Cell]:
    latest = max(s.portions, key=lambda line: (line.late_seconds, line.counted_until), default=None)
    return (
        to_hex(s.shipment),
        s.liable,
        s.beneficiary,
        s.currency,
        s.amount,
        s.uncapped,
        s.cap,
        s.alpha,
        s.opened_at,
        s.promised,
        s.grace,
        s.promised_at,
        s.lost_after,
        s.delivered_at,
        s.stopped_at,
        s.customs_seconds,
        latest.relief_seconds if latest else 0,
        s.late_seconds,
        int(s.settled),
        int(s.indicative),
        s.stays_with_liable,
        " ".join(f"{leg.partner}:{leg.amount}" for leg in s.legs),
        " ".join(to_hex(record_id) for record_id in s.evidence),
    )


def _lines(s: PenaltyStatement) -> Iterator[Sequence[Cell]]:
    shipment, currency = to_hex(s.shipment), s.currency

    def row(
        line: str,
        goods: bytes,
        packages: Cell,
        partner: Cell,
        record: RecordId | None,
        times: Times,
        seconds: Cell,
        counts: Cell,
        amount: Cell,
        code: str,
    ) -> Sequence[Cell]:
        named = "" if record is None else to_hex(record)
        return shipment, line, to_hex(goods), packages, partner, named, *times, seconds, counts, amount, currency, code

    for p in s.portions:
        stopped, code = _stop(p)
        times: Times = (s.opened_at, s.promised_at, p.counted_until)
        yield row("goods", p.shipment, p.packages, s.liable, stopped, times, p.late_seconds, 1, None, code)
        for held in p.holds:
            hold = held.hold
            code = f"{_cause(hold.cause)}/{held.reason.value}"
            times = (hold.start, None, hold.end)
            taken = int(held.taken_out)
            yield row("hold", p.shipment, None, hold.caused_by, hold.held.id, times, held.seconds, taken, None, code)
        for tender in p.tenders:
            stop, contest = tender.stop, tender.contest
            code = "contested" if contest else "not_contested"
            times = (stop.at, stop.contestable_until, None)
            yield row("tender", p.shipment, None, None, stop.verified.id, times, None, int(not contest), None, code)
    for leg in s.legs:
        times = (leg.start, leg.due_at, leg.out_at)
        code = "recourse" if leg.overrun_seconds else "in_time"
        yield row("leg", leg.shipment, None, leg.partner, leg.handoff, times, leg.overrun_seconds, 1, leg.amount, code)
    code = "split" if s.part_of or not s.portions else "indicative" if s.indicative else ""
    times = (s.opened_at, s.promised_at, s.stopped_at)
    yield row("total", s.shipment, None, s.liable, None, times, s.late_seconds, int(s.settled), s.amount, code)


def _cause(code: int) -> str:
    return HoldCause(code).name.lower() if code in set(HoldCause) else "none"


def _stop(portion: PortionLine) -> tuple[RecordId | None, str]:
    if portion.stop is not None:
        return portion.stop.verified.id, portion.stop.kind.value
    if portion.ending is not None:
        return portion.ending.verified.id, portion.ending.kind.value
    return None, "under_way"


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: Cell) -> Cell:
    """A text that starts like a formula would be one in a spreadsheet."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
