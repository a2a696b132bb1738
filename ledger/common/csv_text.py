"""Tables as CSV (RFC 4180) that a spreadsheet opens without taking a text for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r])")
"""Where a formula begins: many spreadsheets part cells at semicolons and tabs as well."""


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[str | int | bool | None]]) -> str:
    """`rows` under `columns`: yes and no as 1 and 0, what is not known empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def safe_cell(value: str | int | bool | None) -> str | int:
    """A text that a spreadsheet would take for a formula is marked as text: others chose it."""
    if value is None:
        return ""
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else int(value)
