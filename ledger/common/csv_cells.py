"""Cells of CSV files (RFC 4180) for spreadsheets: yes and no as 1 and 0, what is not known empty, no formulas."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

Cell = str | int | bool | None
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r])")
"""Where a formula begins: many spreadsheets part cells at semicolons and tabs as well."""


def cell(value: Cell) -> str | int:
    """A text that a spreadsheet would take for a formula is marked as text: others chose it."""
    if value is None:
        return ""
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else int(value)


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Cell]]) -> str:
    """The heading and the rows below it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(map(cell, row) for row in rows)
    return text.getvalue()
