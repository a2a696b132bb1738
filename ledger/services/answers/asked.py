"""What is asked, as JSON and back: a frozen dataclass of plain parameters."""

import json
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ledger.bundle.whole.answer import MEMBER
from ledger.common.ids import to_hex
from ledger.common.json_fields import hex_bytes
from ledger.errors import MalformedRecord

T = TypeVar("T")


def asked_json(asked: Any, **more: Any) -> dict[str, Any]:
    """The parameters by name, bytes as 0x and hex; with `more` beside them."""
    named = {field.name: _plain(getattr(asked, field.name)) for field in fields(asked)}
    return named | {name: _plain(value) for name, value in more.items()}


def asked_of(kind: type[T], told: Mapping[str, Any], more: Mapping[str, type] = {}) -> tuple[T, dict[str, Any]]:
    """What `asked_json` told, and what stood beside it. Raises `MalformedRecord` for anything else."""
    hints = get_type_hints(kind)
    if set(told) != {*hints, *more}:
        raise MalformedRecord(
            "other parameters", where=f"{MEMBER}.asked", expected=", ".join(sorted({*hints, *more})),
            found=", ".join(sorted(map(str, set(told) ^ {*hints, *more})))[:200],
        )  # fmt: skip
    values = {name: _value(hint, told[name], name) for name, hint in hints.items()}
    return kind(**values), {name: _value(hint, told[name], name) for name, hint in more.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return to_hex(value) if value else ""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def _value(hint: Any, value: Any, name: str) -> Any:
    where = f"{MEMBER}.asked.{name}"
    if hint is bytes:
        return hex_bytes(value, where, 32) if value else b""
    try:
        return _adapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise MalformedRecord("not such a parameter", where=where, found=str(value)[:80],
                              expected=error.errors()[0]["msg"]) from None  # fmt: skip


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)
