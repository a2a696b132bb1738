"""Penalty statements as CSV (RFC 4180): a line a shipment, for a spreadsheet or an invoice run."""

import csv
import io
from collections.abc import Iterable

from ledger.ids import to_hex
from ledger.penalties import PenaltyStatement

COLUMNS = (
    "shipment", "liable", "beneficiary", "currency", "amount", "uncapped", "cap", "alpha", "promised_at",
    "delivered_at", "customs_seconds", "late_seconds", "settled", "indicative", "stays_with_liable", "recourse",
    "evidence",
)  # fmt: skip


def penalties_csv(statements: Iterable[PenaltyStatement]) -> str:
    """Heading and lines. Amounts in minor units, times in seconds UTC, yes and no as 1 and 0; `recourse` lists
    partner:amount of each leg, `evidence` the record ids, both separated by spaces. Nothing known is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for s in statements:
        writer.writerow(
            (
                to_hex(s.shipment),
                s.liable,
                s.beneficiary,
                # A cell that starts like a formula would be one in a spreadsheet.
                s.currency if s.currency.isalnum() else "'" + s.currency if s.currency else "",
                s.amount,
                s.uncapped,
                s.cap,
                s.alpha,
                s.promised_at,
                "" if s.delivered_at is None else s.delivered_at,
                s.customs_seconds,
                s.late_seconds,
                int(s.settled),
                int(s.indicative),
                s.stays_with_liable,
                " ".join(f"{leg.partner}:{leg.amount}" for leg in s.legs),
                " ".join(to_hex(record_id) for record_id in s.evidence),
            )
        )
    return text.getvalue()
