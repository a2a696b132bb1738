"""The values of a map's TOML, each read with its key in what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ledger.common.json_fields import shown
from ledger.errors import MalformedRecord
from ledger.formats.tabular.mapping.import_map import Source

_SOURCE = ("column", "nth", "value", "values", "else", "prefix")


def fail(what: str, key: str, expected: object, found: object) -> NoReturn:
    raise MalformedRecord(what, where=f"map: {key or 'the whole'}", expected=expected, found=shown(found))


def table(value: object, key: str, names: Sequence[str] = ()) -> Mapping[str, Any]:
    """A table, with no keys but `names` where any are given."""
    if not isinstance(value, Mapping):
        fail("not a table", key, f"[{key}]", value)
    for name in value:
        if names and name not in names:
            fail("unknown key", f"{key}.{name}" if key else str(name), ", ".join(names), name)
    return value


def text(value: object, key: str) -> str:
    if not isinstance(value, str):
        fail("not a text", key, "a text in quotation marks", value)
    return value


def texts(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        fail("not a list of texts", key, '["…", "…"]', value)
    return tuple(text(one, key) for one in value)


def whole(value: object, key: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        fail("not such a number", key, f"a whole number from {least} to {most}", value)
    return value


def one_of(value: object, key: str, choices: Sequence[str]) -> Any:
    if value not in choices:
        fail("not among the choices", key, " or ".join(repr(one) for one in choices if one), value)
    return value


def source(value: object, key: str, *, plain: str = "column") -> Source:
    """A heading in quotation marks (or, where `plain` says so, a value), or a table with `column` or `value`."""
    if isinstance(value, str):
        return _named(Source(key, column=value) if plain == "column" else Source(key, value=value), key)
    data = table(value, key, _SOURCE)
    if ("column" in data) == ("value" in data):
        fail("a column or a value", key, 'a heading, { column = "…" } or { value = "…" }', value)
    given = data.get("value", "")
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    values = table(data.get("values", {}), f"{key}.values")
    made = Source(
        key,
        column=text(data.get("column", ""), f"{key}.column"),
        nth=whole(data.get("nth", 0), f"{key}.nth", 0, 1000),
        value=text(given, f"{key}.value"),
        values={name: text(one, f"{key}.values.{name}") for name, one in values.items()},
        otherwise=text(data["else"], f"{key}.else") if "else" in data else None,
        prefix=text(data.get("prefix", ""), f"{key}.prefix"),
    )
    return _named(made, key)


def _named(made: Source, key: str) -> Source:
    if not made.column.strip() and not made.value:
        fail("an empty name", key, "a column's heading", made.column)
    return made


def several(value: object, key: str, *, needed: bool = False) -> tuple[Source, ...]:
    """One source or a list of them."""
    entries = value if isinstance(value, list | tuple) else [value]
    if needed and not entries:
        fail("the map does not say this", key, "the column that names a line, or several", "nothing")
    return tuple(source(one, key if len(entries) == 1 else f"{key}[{i}]") for i, one in enumerate(entries))
