"""Workbooks of a few kilobytes that would be made into gigabytes, or into minutes of work."""

import io
import zipfile
from time import perf_counter

import pytest
from openpyxl import Workbook

from ledger.errors import MalformedRecord
from ledger.formats.tabular.mapping.import_map import FileShape
from ledger.formats.tabular.mapping.map_file import parse_map
from ledger.formats.tabular.reading.read_ndjson import read_ndjson
from ledger.formats.tabular.reading.read_xlsx import read_xlsx
from ledger.formats.tabular.table import Limits
from tests.unit.formats.tabular.helpers import MAP

LIMITS = Limits(rows=1_000, unpacked=4 << 20)
HEADING = '<row r="1"><c r="A1" t="inlineStr"><is><t>heading</t></is></c></row>'
SHARED = (
    '<Override PartName="/xl/sharedStrings.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
TEXTS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'


def workbook(rows: str, shared: str) -> bytes:
    """A workbook with these rows as they are, and one text that all cells may show."""
    saved, result = io.BytesIO(), io.BytesIO()
    Workbook().save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name.endswith("sheet1.xml"):
                assert "<sheetData></sheetData>" in text
                text = text.replace("<sheetData></sheetData>", f"<sheetData>{HEADING}{rows}</sheetData>")
            target.writestr(name, text.replace("</Types>", SHARED))
        target.writestr("xl/sharedStrings.xml", TEXTS.format(shared))
    return result.getvalue()


def cells(row: str, count: int) -> str:
    return "".join(row.format(row=number) for number in range(2, count + 2))


@pytest.mark.parametrize(
    ("rows", "shared", "refusal"),
    [
        (cells('<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>', 500), "e\u0301" * 50_000, "too much text"),
        (cells('<row r="1048576"><c r="A1048576"><v>1</v></c></row>', 1), "", "too many rows"),
        (cells('<row r="{row}"><c r="A{row}" t="e"><v>#REF!</v></c></row>', 3_000), "", "too many rows"),
    ],
    ids=["one text in many cells", "a row at the very end", "errors alone"],
)
def test_a_small_workbook_does_not_become_much(rows: str, shared: str, refusal: str) -> None:
    content = workbook(rows, shared)
    assert len(content) < 60_000
    before = perf_counter()
    with pytest.raises(MalformedRecord, match=refusal):
        read_xlsx(content, FileShape(), LIMITS)
    assert perf_counter() - before < 10


def test_what_is_within_the_limits_is_read() -> None:
    content = workbook(cells('<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>', 1_000), "text")
    assert len(read_xlsx(content, FileShape(), LIMITS).rows) == 1_000


@pytest.mark.parametrize("number", ["1e99999999", "-1e-99999999", "1.5E+1000"])
def test_a_short_number_does_not_become_a_long_text(number: str) -> None:
    table = read_ndjson(f'{{"worth":{number}}}\n{{"worth":1.5e3}}\n'.encode(), FileShape(), LIMITS)
    assert ([one.line for one in table.unusable], [row.line for row in table.rows]) == ([1], [2])


@pytest.mark.parametrize("name", ["undefined", "\\u0000", "utf-8\\u0000"])
def test_what_is_no_encoding_is_said_to_be_none(name: str) -> None:
    with pytest.raises(MalformedRecord, match="no such encoding"):
        parse_map(f'{MAP}[file]\nencoding = "{name}"\n'.encode())
