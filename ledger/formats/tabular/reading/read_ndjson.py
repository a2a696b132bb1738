"""Lines of JSON objects (https://github.com/ndjson/ndjson-spec) as a `Table`: one object a line.

Objects within objects are columns of their own, named with points: {"a": {"b": 1}} is column `a.b`.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ledger.errors import MalformedRecord
from ledger.formats.tabular.mapping.import_map import FileShape
from ledger.formats.tabular.reading.decoding import decode
from ledger.formats.tabular.table import (
    MOST_COLUMNS,
    WHOLE_FILES,
    Cell,
    Limits,
    Row,
    Table,
    Unreadable,
    Unusable,
    clean,
)

_MOST_DIGITS = 40
_DEEPEST = 8


def read_ndjson(content: bytes, shape: FileShape, limits: Limits = WHOLE_FILES) -> Table:
    """Every key of every line is a column; a line that lacks one has nothing there. Raises `MalformedRecord`."""
    text, encoding = decode(content, shape.encoding)
    columns: dict[str, int] = {}
    read: list[tuple[int, dict[str, Cell]]] = []
    unusable: list[Unusable] = []
    for number, line in enumerate(text.split("\n"), 1):
        if number < shape.heading_line or not line.strip():
            continue
        try:
            cells = dict(_flat(_object(line), "", 0))
        except Unreadable as error:
            unusable.append(Unusable(number, "", str(error), (line[:1000],)))
            continue
        for name in cells:
            columns.setdefault(name, len(columns))
        read.append((number, cells))
        if len(read) > limits.rows or len(columns) > MOST_COLUMNS:
            most = f"at most {limits.rows} lines of {MOST_COLUMNS} keys"
            raise MalformedRecord("too large", where=f"line {number}", expected=most)
    if not read:
        why = unusable[0].reason if unusable else "no line"
        raise MalformedRecord("the file is empty", where="NDJSON", expected="one JSON object a line", found=why)
    rows = tuple(Row(number, tuple(cells.get(name, "") for name in columns)) for number, cells in read)
    return Table(tuple(columns), rows, tuple(unusable), (f"lines of JSON in {encoding.removesuffix('-sig')}",))


def _object(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(
            line, parse_float=_decimal, parse_int=_integer, parse_constant=_refused, object_pairs_hook=_pairs
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {str(error)[:120]}") from None
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the key {twice[:60]!r} stands there twice")
    return result


def _decimal(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS:
        raise Unreadable(f"a number of more than {_MOST_DIGITS} digits")
    number = Decimal(text)
    if abs(number.adjusted()) > _MOST_DIGITS:  # as text it would have as many digits as its exponent says
        raise Unreadable(f"a number of more than {_MOST_DIGITS} digits")
    return number


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise Unreadable(f"a number of more than {_MOST_DIGITS} digits")
    return int(text)


def _refused(text: str) -> Any:
    raise Unreadable(f"{text} is no number")


def _flat(value: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, Cell]]:
    for key, one in value.items():
        name = clean(f"{above}{key}")
        match one:
            case None:
                yield name, ""
            case bool():
                yield name, "true" if one else "false"
            case int() | Decimal():
                yield name, one
            case str():
                yield name, clean(one)
            case dict() if depth < _DEEPEST:
                yield from _flat(one, f"{name}.", depth + 1)
            case _:
                yield name, json.dumps(one, default=str, ensure_ascii=False)[:1000]
