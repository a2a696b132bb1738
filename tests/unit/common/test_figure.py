"""Figures: what their JSON and schema look like, and that none of Lading's figures holds free text."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

import pytest

import ledger
from ledger.common.figure import Amount, Currency, figure, json_schema, to_json
from tests.unit.test_architecture import PURE


class Mode(IntEnum):
    SEA = 2


class Why(StrEnum):
    TOO_LATE = "too_late"


@figure(("from", "start"), "mode", "why")
@dataclass(frozen=True, slots=True)
class Part:
    start: int
    mode: Mode
    why: Why | None


@figure("record", "amount", "paid", "share", "settled", "currency", "parts", "sums")
@dataclass(frozen=True, slots=True)
class Whole:
    record: bytes
    amount: int
    paid: Amount
    share: Fraction
    settled: bool
    currency: Currency
    parts: tuple[Part, ...]
    sums: Mapping[str, int]


@figure("remark")
@dataclass(frozen=True, slots=True)
class Free:
    remark: str


def test_json() -> None:
    parts = (Part(5, Mode.SEA, Why.TOO_LATE), Part((1 << 48) - 1, Mode.SEA, None))
    assert to_json(Whole(b"\x01" * 32, 1 << 48, 7, Fraction(1, 3), True, "EUR", parts, {"EUR": -(1 << 48)})) == {
        "record": "0x" + "01" * 32,
        "amount": "281474976710656",
        "paid": "7",
        "share": "1/3",
        "settled": True,
        "currency": "EUR",
        "parts": [
            {"from": 5, "mode": "sea", "why": "too_late"},
            {"from": 281474976710655, "mode": "sea", "why": None},
        ],
        "sums": {"EUR": "-281474976710656"},
    }


def test_schema_names_every_member_and_no_other() -> None:
    schema = json_schema(Part)
    assert (schema["required"], schema["additionalProperties"]) == (["from", "mode", "why"], False)
    assert schema["properties"]["mode"] == {"enum": ["sea"]}
    assert schema["properties"]["why"] == {"anyOf": [{"enum": ["too_late"]}, {"type": "null"}]}


def test_free_text_is_refused() -> None:
    with pytest.raises(TypeError, match="free text"):
        json_schema(Free)


def figures() -> list[type]:
    """Every figure that a pure package describes."""
    found: dict[type, None] = {}
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        if any(module.name == name or module.name.startswith(f"{name}.") for name in PURE):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and "__figure__" in vars(value):
                    found[value] = None
    return list(found)


def texts(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield where, schema
        for name, part in schema.items():
            yield from texts(part, f"{where}.{name}")
    elif isinstance(schema, list):
        for i, part in enumerate(schema):
            yield from texts(part, f"{where}[{i}]")


def test_no_figure_holds_free_text() -> None:
    names = {kind.__name__ for kind in figures()}
    assert names >= {"PenaltyStatement", "PortionLine", "Scorecard", "WithheldPart"}
    for kind in figures():
        for where, schema in texts(json_schema(kind)):
            assert "pattern" in schema or "enum" in schema, f"{kind.__name__}{where}"
            assert schema.get("pattern", "^x$") not in ("^.*$", "^.+$", ".*", ".+"), f"{kind.__name__}{where}"
