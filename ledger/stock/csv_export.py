"""Stock as CSV (RFC 4180): a row a partner, place, GTIN, lot and unit; times in seconds UTC."""

from collections.abc import Iterable, Iterator

from ledger.common.csv_cells import Cell, csv_text
from ledger.stock.totals import AGES, Total

COLUMNS = (
    "partner", "country", "locode", "gln", "place", "gtin", "lot", "unit", "on_hand", "in_transit", "missing", "due",
    "overdue", *(f"days_{most}" for most in AGES), "days_more", "oldest", "expires", "expired", "exact",
)  # fmt: skip


def stock_csv(totals: Iterable[Total]) -> str:
    """`days_30` and its like: what is on hand for so long, beyond the group before."""
    return csv_text(COLUMNS, map(_row, totals))


def _row(total: Total) -> Iterator[Cell]:
    yield total.partner
    yield from total.place or ("", "", "", "")
    yield from (total.gtin, total.lot, total.unit)
    yield from (total.on_hand, total.in_transit, total.missing, total.due, total.overdue, *total.ages)
    yield from (total.oldest, total.expiry.until if total.expiry else None, total.expired, total.exact)
