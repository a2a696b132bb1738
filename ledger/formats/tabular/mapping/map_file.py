"""A map's TOML as an `ImportMap`. Whatever is wrong is told with its key, what was expected and what stands there."""

import codecs
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.common.toml_file import read_toml
from ledger.formats.tabular.mapping.import_map import (
    Content,
    DateSource,
    FileShape,
    ImportMap,
    LeaveOut,
    Numbers,
    PenaltyTerms,
    PlaceSources,
)
from ledger.formats.tabular.mapping.map_parties import parse_parties
from ledger.formats.tabular.mapping.map_values import fail, one_of, several, source, table, text, texts, whole
from ledger.formats.tabular.values.layouts import layout_fault

_MARK = "import/1"
_PLACE = ("country", "locode", "gln", "name")
_CONTENT = (
    "packages", "value", "freight", "currency", "order", "incoterm", "mode", "fulfilment", "description", "gtin", "lot",
    "hs",
)  # fmt: skip
_HOW = {
    "order": ("dmy", "mdy", "ymd"),
    "number": ("excel-1900", "excel-1904", "yyyymmdd", "unix", "unix-ms"),
    "midnight": ("day", "moment"),
}
_HOW_DATES = (*_HOW, "two_digit_years", "format")
_MOST_ALPHA = 2**64
_NO_FILES = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
"""Encodings that files are not in; some take time beyond measure for large texts."""


def parse_map(content: bytes, where: str = "map") -> ImportMap:
    """The map in `content`. Raises `MalformedRecord` that names the key."""
    return map_of(read_toml(content, where))


def map_of(whole_map: Mapping[str, Any]) -> ImportMap:
    """The map that a TOML file's table is; likewise."""
    names = (
        "lading", "name", "file", "numbers", "dates", "line", "manifest", "parties", "shipment", "origin",
        "destination", "leave_out", "terms",
    )  # fmt: skip
    data = table(whole_map, "", names)
    if data.get("lading") != _MARK:
        fail("not a map for importing", "lading", f'lading = "{_MARK}"', data.get("lading", "nothing"))
    dates = table(data.get("dates", {}), "dates", (*_HOW_DATES, "zone", "months", "promised", "delivered"))
    line = table(data.get("line", {}), "line", ("id",))
    manifest = table(data.get("manifest", {}), "manifest", ("by",))
    shipment = table(data.get("shipment", {}), "shipment", _CONTENT)
    return ImportMap(
        name=text(data.get("name", "map"), "name"),
        file=_file(data.get("file", {})),
        numbers=_numbers(data.get("numbers", {})),
        identity=several(line.get("id", ()), "line.id", needed=True),
        manifest=several(manifest.get("by", ()), "manifest.by"),
        parties=parse_parties(data.get("parties", {})),
        content=_content(shipment),
        promised=_dates(dates, "promised"),
        delivered=_dates(dates, "delivered"),
        zone=source(dates["zone"], "dates.zone", plain="value") if "zone" in dates else None,
        months=_months(dates.get("months", ())),
        origin=_place(data.get("origin", {}), "origin"),
        destination=_place(data.get("destination", {}), "destination"),
        leave_out=_leave_out(data.get("leave_out", ())),
        terms=_terms(data.get("terms", {})),
    )


def _file(value: Any) -> FileShape:
    data = table(value, "file", ("format", "encoding", "separator", "quote", "sheet", "heading_line", "empty"))
    separator, quote = text(data.get("separator", ""), "file.separator"), text(data.get("quote", '"'), "file.quote")
    if len(separator) > 1 or separator in ("\n", "\r", '"'):
        fail("not a separator", "file.separator", 'one character, such as ";" or "\\t"', separator)
    if len(quote) > 1 or (quote and quote == separator):
        fail("not a quotation mark", "file.quote", 'one character, or "" for none', quote)
    return FileShape(
        format=one_of(data.get("format", ""), "file.format", ("", "csv", "xlsx", "ndjson")),
        encoding=_encoding(text(data.get("encoding", ""), "file.encoding")),
        separator=separator,
        quote=quote,
        sheet=text(data.get("sheet", ""), "file.sheet"),
        heading_line=whole(data.get("heading_line", 1), "file.heading_line", 1, 1000),
        empty=texts(data.get("empty", ()), "file.empty"),
    )


def _encoding(name: str) -> str:
    if name:
        try:
            readable = isinstance("".encode(name), bytes) and isinstance(b"".decode(name), str)
            readable = readable and codecs.lookup(name).name not in _NO_FILES
        except (LookupError, ValueError):  # also what is a codec and none of text, refuses all text, or is no name
            readable = False
        if not readable:
            fail("no such encoding", "file.encoding", "such as utf-8, utf-16, windows-1252 or latin-1", name)
    return name


def _numbers(value: Any) -> Numbers:
    data = table(value, "numbers", ("decimal", "thousands", "rounding"))
    decimal = one_of(data.get("decimal", ""), "numbers.decimal", ("", ".", ","))
    thousands = data.get("thousands")
    if thousands is not None:
        thousands = one_of(thousands, "numbers.thousands", ("", ".", ",", " ", "'"))
        if thousands and thousands == decimal:
            fail("the same sign twice", "numbers.thousands", f"another than numbers.decimal = {decimal!r}", thousands)
    rounding = one_of(data.get("rounding", "never"), "numbers.rounding", ("never", "half-even"))
    return Numbers(decimal, thousands, rounding == "half-even")


def _dates(dates: Mapping[str, Any], name: str) -> DateSource:
    """How one column is read: what it says itself goes before what is said for all dates."""
    key = f"dates.{name}"
    if name not in dates:
        fail("the map does not say where this date is", key, "a column's heading", "nothing")
    given = dates[name]
    own = {} if isinstance(given, str) else table(given, key, (*_HOW_DATES, "plus_days", "zone", *_SOURCE_NAMES))
    where = source({k: v for k, v in own.items() if k in _SOURCE_NAMES} if own else given, key)
    if not where.column:
        fail("a date comes from a column", key, "a column's heading", where.value)
    chosen: dict[str, Any] = {}
    for how in _HOW_DATES:
        at, value = (f"{key}.{how}", own[how]) if how in own else (f"dates.{how}", dates.get(how))
        if value is not None and how in _HOW:
            value = one_of(value, at, _HOW[how])
        elif value is not None:
            value = text(value, at) if how == "format" else whole(value, at, 1900, 2100)
        chosen[how] = value
    plus = source(own["plus_days"], f"{key}.plus_days") if "plus_days" in own else None
    zone = source(own["zone"], f"{key}.zone", plain="value") if "zone" in own else None
    return DateSource(
        where, chosen["order"], chosen["two_digit_years"], chosen["number"], chosen["midnight"],
        _layout(chosen["format"] or "", f"{key}.format"), plus, zone,
    )  # fmt: skip


_SOURCE_NAMES = ("column", "nth", "values", "else")


def _layout(layout: str, where: str) -> str:
    if layout and (fault := layout_fault(layout)):
        fail(f"not a format of dates: {fault}", where, "such as DD.MM.YYYY or YYYY-MM-DD hh:mm:ss", layout)
    return layout


def _months(value: Any) -> tuple[str, ...]:
    names = texts(value, "dates.months")
    if names and (len(names) != 12 or len({name.casefold() for name in names}) != 12):
        fail("not the names of the months", "dates.months", "twelve names, January's first", len(names))
    return names


def _content(data: Mapping[str, Any]) -> Content:
    for name, example in (("packages", "a column, or { value = 1 }"), ("currency", 'a column, or { value = "EUR" }')):
        if name not in data:
            fail("the map does not say this", f"shipment.{name}", example, "nothing")
    return Content(**{name: source(value, f"shipment.{name}") for name, value in data.items()})


def _place(value: Any, key: str) -> PlaceSources:
    data = table(value, key, _PLACE)
    return PlaceSources(**{name: source(one, f"{key}.{name}") for name, one in data.items()})


def _leave_out(value: Any) -> tuple[LeaveOut, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        fail("not a list of tables", "leave_out", "[[leave_out]]", value)
    entries = []
    for i, one in enumerate(value):
        key = f"leave_out[{i}]"
        data = table(one, key, ("column", "nth", "values"))
        where = source({name: data[name] for name in ("column", "nth") if name in data}, key)
        entries.append(LeaveOut(where, frozenset(texts(data.get("values", ()), f"{key}.values"))))
    return tuple(entries)


def _terms(value: Any) -> PenaltyTerms:
    data = table(value, "terms", ("alpha", "cap_bps", "cap", "grace"))
    if "cap" in data and "cap_bps" in data:
        fail("two caps", "terms.cap", "cap (minor units) or cap_bps (of the value)", "both")
    most = {"alpha": _MOST_ALPHA, "cap_bps": 1_000_000, "cap": _MOST_ALPHA, "grace": 2**32}
    return PenaltyTerms(**{name: whole(one, f"terms.{name}", 0, most[name]) for name, one in data.items()})
