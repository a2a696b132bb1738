"""The file that says why lines are unusable: these lines with their reasons, to be mended and given again."""

import csv
import io
from pathlib import Path

from ledger.cli.imports.words import reason_of
from ledger.errors import MalformedRecord
from ledger.formats.tabular.plan import Plan
from ledger.formats.tabular.table import as_text

_FORMULA = ("=", "+", "-", "@")


def reasons_csv(plan: Plan) -> bytes:
    """CSV in UTF-8: line, reason, and the line's own cells under the file's headings."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["line", "reason", *plan.heading])
    for entry in plan.unusable:
        writer.writerow([entry.line, _plain(reason_of(entry)), *(_plain(as_text(cell)) for cell in entry.cells)])
    return text.getvalue().encode()


def write_reasons(plan: Plan, path: Path) -> None:
    try:
        path.write_bytes(reasons_csv(plan))
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(path), found=error.strerror or "") from None


def reasons_beside(file: Path) -> Path:
    """Where the reasons for a file's lines go unless told otherwise: beside it."""
    return file.with_name(f"{file.stem}.unusable.csv")


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    return (
        f"'{text}" if text.startswith(_FORMULA) and not text[1:].replace(".", "").replace(",", "").isdigit() else text
    )
