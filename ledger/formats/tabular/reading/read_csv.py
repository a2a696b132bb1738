"""Text with separators (RFC 4180 and its relatives) as a `Table`."""

import csv
from collections.abc import Iterator, Sequence

from ledger.errors import MalformedRecord
from ledger.formats.tabular.mapping.import_map import FileShape
from ledger.formats.tabular.reading.decoding import decode
from ledger.formats.tabular.table import MOST_COLUMNS, WHOLE_FILES, Limits, Row, Table, Unusable, clean

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_DECLARED = "sep="
"""What spreadsheets write above the heading to say what separates."""
_MOST_BROKEN = 1_000


def read_csv(content: bytes, shape: FileShape, needed: Sequence[str], limits: Limits = WHOLE_FILES) -> Table:
    """`needed`: the headings that the map uses; they settle the separator where the map does not say it.

    Raises `MalformedRecord` when there is no heading, or it does not hold what is needed.
    """
    text, encoding = decode(content, shape.encoding)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    declared, first = "", shape.heading_line - 1
    if lines and lines[0][: len(_DECLARED)].lower() == _DECLARED and len(lines[0]) == len(_DECLARED) + 1:
        declared, first = lines[0][-1], max(first, 1)
    if not "".join(lines[first:]).strip():
        raise MalformedRecord("the file is empty", where=f"line {first + 1}", expected="a heading")
    separator = shape.separator or declared or _settled(lines[first:], shape, needed)
    rows: list[Row] = []
    unusable: list[Unusable] = []
    heading: tuple[str, ...] | None = None
    for number, cells in _cells(lines, first, separator, shape.quote):
        if isinstance(cells, Unusable):
            unusable.append(cells)
        elif heading is None:
            heading = tuple(map(clean, cells))
        elif len(cells) == len(heading):
            rows.append(Row(number, tuple(map(clean, cells))))
        elif cells and not (len(cells) == 1 and not cells[0].strip()):
            reason = f"{len(cells)} fields where the heading has {len(heading)}"
            unusable.append(Unusable(number, "", reason, tuple(map(clean, cells[:MOST_COLUMNS]))))
        if len(unusable) > _MOST_BROKEN and len(unusable) > len(rows):
            raise MalformedRecord(
                "most lines are no rows of this heading",
                where="map: file.separator, file.quote",
                expected=f"{len(heading or ())} fields",
                found=unusable[0].reason,
            )
        if len(rows) > limits.rows:
            raise MalformedRecord("too many lines", where=f"line {number}", expected=f"at most {limits.rows}")
    if heading is None:
        raise MalformedRecord("not CSV", where=f"line {first + 1}", expected="a heading", found=unusable[0].reason)
    told = (f"text in {encoding.removesuffix('-sig')}, separated by {SEPARATORS.get(separator, repr(separator))}",)
    return Table(heading, tuple(rows), tuple(unusable), told)


def _cells(lines: Sequence[str], first: int, separator: str, quote: str) -> Iterator[tuple[int, list[str] | Unusable]]:
    """The fields of each line with its number; where a line is no CSV, why, and then on with the next."""
    start = first
    while start < len(lines):
        source = (f"{lines[at]}\n" for at in range(start, len(lines)))
        reader = csv.reader(
            source,
            delimiter=separator,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        done = 0
        try:
            for cells in reader:
                yield start + done + 1, cells
                done = reader.line_num
            return
        except csv.Error as error:
            # An open quotation mark swallows all that follows: only its own line is lost.
            yield start + done + 1, Unusable(start + done + 1, "", f"not CSV: {error}", (lines[start + done],))
            start += done + 1


def _settled(lines: Sequence[str], shape: FileShape, needed: Sequence[str]) -> str:
    """The one separator by which the heading holds every column that the map names.

    Raises `MalformedRecord` when none or several do.
    """
    headings = {one: _heading(lines, one, shape.quote) for one in SEPARATORS}
    fitting = [one for one, heading in headings.items() if set(needed) <= heading]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise MalformedRecord(
            "several separators would do", where="map: file.separator", expected="the one that is meant", found=fitting
        )
    # None fits: what is lacking is told of the one that splits most.
    return max(headings, key=lambda one: (len(set(needed) & headings[one]), len(headings[one])))


def _heading(lines: Sequence[str], separator: str, quote: str) -> set[str]:
    for _, cells in _cells(lines[:50], 0, separator, quote):
        return set() if isinstance(cells, Unusable) else set(map(clean, cells))
    return set()
