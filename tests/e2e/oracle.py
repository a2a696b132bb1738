"""The totals of a delivery history, counted with `csv` and `datetime` alone: no line of Lading takes part."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "scms_delivery_history.csv"
MANIFEST = 200


@dataclass(frozen=True)
class Counted:
    shipments: int
    manifests: int
    late: int
    late_days: int
    penalty_uncapped: int
    penalty: int


def rows_of(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return list(csv.DictReader(io.StringIO(text)))


def count(rows: Iterable[dict[str, str]], alpha: int, cap_bps: int) -> Counted:
    """Of usable lines whose dates read like 2-Jun-06; `alpha` in cents per day squared."""
    shipments = late = late_days = uncapped = penalty = 0
    notes: dict[tuple[str, ...], int] = {}
    for row in rows:
        shipments += 1
        names = ("ASN/DN #", "Vendor", "Country", "Delivered to Client Date")
        note = tuple(row[name] for name in names)
        notes[note] = notes.get(note, 0) + 1
        due, done = (
            datetime.strptime(row[name], "%d-%b-%y").replace(tzinfo=UTC).date()
            for name in ("Scheduled Delivery Date", "Delivered to Client Date")
        )
        days = (done - due).days
        if days > 0:
            late += 1
            late_days += days
            uncapped += alpha * days * days
            cap = int(Decimal(row["Line Item Value"]) * 100) * cap_bps // 10_000
            penalty += min(alpha * days * days, cap)
    manifests = sum(ceil(lines / MANIFEST) for lines in notes.values())
    return Counted(shipments, manifests, late, late_days, uncapped, penalty)
