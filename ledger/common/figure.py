"""Figures as JSON: a figure is described once, by its dataclass, and its JSON and JSON Schema follow from that.

`figure` names the attributes of a frozen dataclass that make its JSON, in order. An attribute may be a field or a
property with an annotated result, a path of them (`stop.kind`; null where a step is None), or a pair of the name in
JSON and the attribute. What a value looks like follows from its annotation:

    bool, int          as they are; integers over 48 bits as decimal strings (`ledger.common.canonical`)
    Annotated[int, Most(n)]        the same, with a bound in the schema
    Annotated[int, DECIMAL]        always a decimal string
    bytes, a record    0x-hex of 32 bytes, for a record (anything with an `id`) that id
    Fraction           `n` or `n/d` in lowest terms
    StrEnum            its value;  IntEnum: its name in lower case
    Annotated[str, Pattern(p)]     text of that shape; plain `str` is refused, since figures hold no sentences
    X | None, tuple[X, …], Mapping[str, int | None], another figure, one of several figures

    >>> from dataclasses import dataclass
    >>> @figure("partner", ("amountOwed", "amount"))
    ... @dataclass(frozen=True)
    ... class Debt:
    ...     partner: int
    ...     amount: int
    >>> to_json(Debt(7, 2**50))
    {'partner': 7, 'amountOwed': '1125899906842624'}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from ledger.common.canonical import NUMBER_BITS, wide_as_text
from ledger.common.ids import PartnerId, to_hex

T = TypeVar("T", bound=type)
Schema = dict[str, Any]
Cell = str | int


@dataclass(frozen=True, slots=True)
class Most:
    """An integer from 0 to this."""

    value: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text that this regular expression describes whole."""

    text: str


class _Decimal:
    pass


DECIMAL = _Decimal()
"""An amount that is a decimal string whatever its size."""
Seconds = Annotated[int, Most(2**42)]
"""A duration, or a second in UTC: sums of 40-bit times."""
Points = Annotated[int, Most(10_000)]
"""Hundredths of a point of a score."""
Code = Annotated[int, Most(2**8 - 1)]
"""A number of a code list, as it was signed: it may be one that the list does not know."""
Amount = Annotated[int, DECIMAL]
Currency = Annotated[str, Pattern(r"\S{0,64}")]
"""As the terms name it; ISO 4217 where they keep to the rules."""
Country = Annotated[str, Pattern(r".{0,2}")]
"""Two bytes of a jurisdiction; ISO 3166-1 alpha-2 where the record keeps to the rules."""

HEX32: Schema = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
LONGEST = 100
"""Digits of the longest integer that a figure may hold."""
_NUMBER = {"type": "integer", "minimum": 1 - 2**NUMBER_BITS, "maximum": 2**NUMBER_BITS - 1}
_WIDE = {"type": "string", "pattern": "^-?[1-9][0-9]*$", "maxLength": LONGEST}
_FRACTION = {"type": "string", "pattern": "^[0-9]+(/[0-9]+)?$", "maxLength": 2 * LONGEST + 1}
_DECIMAL_TEXT = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "maxLength": len(str(2**128 - 1))}


class Field(NamedTuple):
    """One member of a figure's JSON: its name, the path of attributes to it, and its annotation."""

    name: str
    path: tuple[str, ...]
    kind: Any


def figure(*names: str | tuple[str, str]) -> Callable[[T], T]:
    """Make a dataclass a figure: `names` are its JSON members in order."""

    def decorate(kind: T) -> T:
        kind.__figure__ = tuple((n, n) if isinstance(n, str) else n for n in names)  # type: ignore[attr-defined]
        return kind

    return decorate


@cache
def fields_of(kind: type) -> tuple[Field, ...]:
    """The JSON members of a figure, in order."""
    return tuple(
        Field(name.rpartition(".")[2], tuple(path.split(".")), _kind_at(kind, path.split(".")))
        for name, path in kind.__figure__  # type: ignore[attr-defined]
    )


def to_json(value: Any) -> dict[str, Any]:
    """The JSON of a figure: integers, codes and ids."""
    json: dict[str, Any] = wide_as_text(_value(value, type(value)))
    return json


def columns_of(kind: type) -> tuple[str, ...]:
    """CSV headings of a figure: its members but lists of figures and mappings."""
    return tuple(field.name for field in fields_of(kind) if _fits_a_cell(field.kind))


def cells_of(value: Any) -> tuple[Cell, ...]:
    """A row under `columns_of`: yes and no as 1 and 0, ids separated by spaces, what is not known empty."""
    json = to_json(value)
    return tuple(_cell(json[name]) for name in columns_of(type(value)))


def json_schema(kind: type) -> Schema:
    """JSON Schema (2020-12) of a figure; every text in it has a pattern or a list of codes."""
    properties = {field.name: _schema(field.kind) for field in fields_of(kind)}
    return {
        "type": "object",
        "title": kind.__name__,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _fits_a_cell(kind: Any) -> bool:
    kind, _ = _without_none(kind)
    if get_origin(kind) is tuple:
        return getattr(get_args(kind)[0], "__supertype__", get_args(kind)[0]) is bytes
    return not hasattr(kind, "__figure__") and get_origin(kind) in (None, Annotated)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else int(value) if isinstance(value, bool | int) else str(value)


def _kind_at(kind: Any, path: Sequence[str]) -> Any:
    optional = False
    for step in path:
        kind, none = _without_none(kind)
        optional = optional or none
        member = getattr(kind, step, None)
        hints = get_type_hints(member.fget, include_extras=True) if isinstance(member, property) else None
        kind = hints["return"] if hints else get_type_hints(kind, include_extras=True)[step]
    return Union[kind, None] if optional else kind  # noqa: UP007 (kinds may be NewTypes, which know no `|` at run time)


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, UnionType) and NoneType in get_args(kind):
        (rest,) = (part for part in get_args(kind) if part is not NoneType)
        return rest, True
    return kind, False


def _value(value: Any, kind: Any) -> Any:
    kind, _ = _without_none(kind)
    if value is None or isinstance(value, bool):
        return value
    if get_origin(kind) is Annotated:
        return str(value) if DECIMAL in kind.__metadata__ else value
    if hasattr(type(value), "__figure__"):
        members = fields_of(type(value))  # type: ignore[arg-type]
        return {field.name: _value(_at(value, field.path), field.kind) for field in members}
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, Enum):
        return str(value) if isinstance(value, StrEnum) else value.name.lower()
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_value(item, get_args(kind)[0]) for item in value]
    if isinstance(value, Mapping):
        return {str(_value(name, type(name))): _value(item, get_args(kind)[1]) for name, item in value.items()}
    return to_hex(value.id) if hasattr(value, "id") else value


def _at(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        if value is None:
            return None
        value = getattr(value, step)
    return value


def _schema(kind: Any) -> Schema:
    kind, optional = _without_none(kind)
    schema = _plain_schema(kind)
    return {"anyOf": [schema, {"type": "null"}]} if optional else schema


def _plain_schema(kind: Any) -> Schema:
    if get_origin(kind) is Annotated:
        (mark,) = kind.__metadata__
        if isinstance(mark, Most):
            return {"type": "integer", "minimum": 0, "maximum": mark.value}
        return {"type": "string", "pattern": f"^{mark.text}$"} if isinstance(mark, Pattern) else _DECIMAL_TEXT
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    if get_origin(kind) in (Union, UnionType):
        return {"anyOf": [_schema(one) for one in get_args(kind)]}
    if get_origin(kind) is not None and issubclass(get_origin(kind), Mapping):
        return {"type": "object", "additionalProperties": _schema(get_args(kind)[1])}
    if kind is PartnerId:
        return {"type": "integer", "minimum": 0, "maximum": 2**40 - 1}
    kind = getattr(kind, "__supertype__", kind)  # what a NewType is at run time
    if hasattr(kind, "__figure__"):
        return json_schema(kind)
    if issubclass(kind, StrEnum | IntEnum):
        return {"enum": [str(e) if isinstance(e, StrEnum) else e.name.lower() for e in kind]}
    if kind is str:
        raise TypeError("a figure holds no free text: give it a code, or a pattern")
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        return {"anyOf": [_NUMBER, _WIDE]}
    return _FRACTION if kind is Fraction else HEX32
