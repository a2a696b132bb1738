"""The entries of a market's file that are its rules: clearances, papers, taxes, and the standing of goods."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ledger.codes import Fulfilment, Gate, Regime
from ledger.common.json_fields import entries, fields_of, integer, shown
from ledger.common.periods import FOREVER
from ledger.errors import MalformedRecord
from ledger.markets.rules import (
    BASE_OF,
    FREIGHT,
    VALUE,
    About,
    GoodsStanding,
    Lane,
    NeededClearance,
    NeededPaper,
    Rounding,
    Rule,
    Says,
    Scope,
    Standing,
    TaxRate,
    plain_hs,
)

MOST_STATED, MOST_BOUNDS, MOST_PREFIXES = 1_000, 16, 20_000
"""Limits of what one consignment may make somebody look at; `MOST_STATED` of a kind, each line of a tariff is a prefix.
"""
MOST_LOOKED_AT = 60_000
"""Prefixes, for each band of values: as many for a code that is not known at all."""
MOST_RATE = 10_000_000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_./-]{0,79}")
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
_COMMON = ("id", "lane")
_SCOPED = ("hs", "fulfilment", "over", "up_to", "from", "until", "sources")
_FULFILMENTS = {"unstated": 0} | {f.name.lower().replace("_", "-"): int(f) for f in Fulfilment}
_GATES = {gate.name.lower(): int(gate) for gate in Gate if gate.name}
_REGIMES = {regime.name.lower().replace("_", "-"): int(regime) for regime in Regime}
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clearance": (("gates",), ("regime", "relay")),
    "paper": (("schema", "about"), ("needed",)),
    "tax": (("tax",), ("regime", "rates", "fixed", "base", "base_at_least", "rounding", "tariff")),
    "goods": (("standing",), ("schema",)),
}


def rules_of(table: Mapping[str, Any], offsets: frozenset[timedelta], sources: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that a file states. `offsets` of its midnights; `sources` that they may name."""
    found: dict[str, Rule] = {}
    prefixes = 0
    for kind, (needed, more) in KINDS.items():
        for where, stated in entries(table.get(kind, []), kind, 0, MOST_STATED):
            fields_of(stated, where, (*_COMMON, *needed), more=(*more, *_SCOPED))
            for place, entry in _lines(stated, where):
                name = named(entry["id"], f"{place}.id")
                if name in found:
                    raise MalformedRecord("a rule twice", where=f"{place}.id", found=name)
                scope = _scope(entry, place, offsets)
                told = tuple(
                    one_of(source, sources, at, "the id of a source of this file")
                    for at, source in entries(entry.get("sources", []), f"{place}.sources", 0, 20)
                )
                tariff = stated["id"] if "tariff" in stated else ""
                found[name] = Rule(name, scope, _says(kind, entry, place, scope.lane), told, tariff)
                prefixes += len(scope.prefixes)
                if prefixes > MOST_PREFIXES:
                    raise MalformedRecord("too many prefixes", where=place, expected=f"at most {MOST_PREFIXES}")
    rules = tuple(found.values())
    bounds = {b for rule in rules for b in (rule.scope.over, rule.scope.up_to) if b is not None and b >= 0}
    for what, count, most in (
        ("different bounds of value", len(bounds), MOST_BOUNDS),
        ("prefixes for so many bounds of value", prefixes * (len(bounds) + 1), MOST_LOOKED_AT),
    ):
        if count > most:
            raise MalformedRecord(f"too many {what}", where="market", expected=f"at most {most}", found=count)
    return rules


def _lines(entry: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """An entry as it stands, or the lines of its tariff, each with a name, a code and rates of its own."""
    if "tariff" not in entry:
        yield place, entry
        return
    if both := next((name for name in ("hs", "rates", "fixed") if name in entry), None):
        raise MalformedRecord("beside a tariff, which says it for each code", where=f"{place}.{both}")
    tariff = entry["tariff"]
    if not isinstance(tariff, Mapping) or not tariff:
        expected = 'codes and rates, such as "1901.10" = 150_000'
        raise MalformedRecord("no tariff", where=f"{place}.tariff", expected=expected, found=shown(tariff))
    plain = {name: value for name, value in entry.items() if name != "tariff"}
    whole = named(entry["id"], f"{place}.id")
    for code, rates in tariff.items():
        of = {
            "id": f"{whole}-{plain_hs(code)}",
            "hs": [code],
            "rates": rates if isinstance(rates, list) else [rates],
        }
        yield f"{place}.tariff.{shown(code)}", plain | of


def _scope(entry: Mapping[str, Any], place: str, offsets: frozenset[timedelta]) -> Scope:
    prefixes = []
    for at, prefix in entries(entry.get("hs", [""]), f"{place}.hs", 1):
        digits = plain_hs(prefix) if isinstance(prefix, str) else ""
        if not digits and prefix != "":
            raise MalformedRecord("not a tariff code", where=at, expected="1 to 12 digits", found=shown(prefix))
        prefixes.append(digits)
    if len(set(prefixes)) < len(prefixes):
        raise MalformedRecord("a prefix twice", where=f"{place}.hs")
    fulfilments = frozenset(
        _FULFILMENTS[one_of(name, _FULFILMENTS, at, ", ".join(_FULFILMENTS))]
        for at, name in entries(entry.get("fulfilment", []), f"{place}.fulfilment")
    )
    over = integer(entry["over"], f"{place}.over") if "over" in entry else -1
    up_to = integer(entry["up_to"], f"{place}.up_to") if "up_to" in entry else None
    if up_to is not None and up_to <= over:
        raise MalformedRecord("no value lies between", where=f"{place}.up_to", expected=f"over {over}", found=up_to)
    start = _midnight(entry["from"], f"{place}.from", offsets) if "from" in entry else 0
    end = _midnight(entry["until"], f"{place}.until", offsets) if "until" in entry else FOREVER
    if end <= start:
        raise MalformedRecord("ends before it begins", where=f"{place}.until")
    lanes = {lane.value: lane for lane in Lane}
    lane = lanes[one_of(entry["lane"], lanes, f"{place}.lane", ", ".join(lanes))]
    return Scope(lane, tuple(prefixes), fulfilments, over, up_to, start, end)


def _midnight(value: object, where: str, offsets: frozenset[timedelta]) -> int:
    """UTC seconds of a midnight of the jurisdiction, said with one of its offsets."""
    expected = "a midnight with an offset of the file, such as 2026-07-01T00:00:00+02:00"
    if not isinstance(value, datetime) or (offset := value.utcoffset()) is None:
        raise MalformedRecord("not a moment", where=where, expected=expected, found=shown(str(value)))
    if offset not in offsets:
        raise MalformedRecord("not an offset of this jurisdiction", where=where, expected=expected, found=str(value))
    if (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
        raise MalformedRecord("not a midnight", where=where, expected=expected, found=str(value))
    seconds = int(value.timestamp())
    return integer(seconds, where, 0, FOREVER)


def _says(kind: str, entry: Mapping[str, Any], place: str, lane: Lane) -> Says:
    match kind:
        case "clearance":
            listed = entries(entry["gates"], f"{place}.gates")
            gates = {_GATES[one_of(gate, _GATES, at, ", ".join(_GATES))] for at, gate in listed}
            return NeededClearance(
                _regime(entry, place, lane), sum(gates), _flag(entry.get("relay", False), f"{place}.relay")
            )
        case "paper":
            about = About(one_of(entry["about"], set(About), f"{place}.about", ", ".join(About)))
            schema = named(entry["schema"], f"{place}.schema", _NAME)
            return NeededPaper(schema, about, _flag(entry.get("needed", True), f"{place}.needed"))
        case "tax":
            return _tax(entry, place, lane)
        case _:
            standing = Standing(one_of(entry["standing"], set(Standing), f"{place}.standing", ", ".join(Standing)))
            schema = named(entry["schema"], f"{place}.schema", _NAME) if "schema" in entry else ""
            if bool(schema) != (standing is Standing.LICENCE):
                raise MalformedRecord("a licence, and nothing else, has a schema", where=f"{place}.schema")
            return GoodsStanding(standing, schema)


def _tax(entry: Mapping[str, Any], place: str, lane: Lane) -> TaxRate:
    if "fixed" in entry and ("rates" in entry or "base" in entry):
        raise MalformedRecord("a fixed amount has neither rates nor base", where=f"{place}.fixed")
    fixed = integer(entry["fixed"], f"{place}.fixed") if "fixed" in entry else None
    rates = tuple(
        integer(rate, at, 0, MOST_RATE) for at, rate in entries(entry.get("rates", []), f"{place}.rates", 0, 20)
    )
    base = tuple(_part(part, at) for at, part in entries(entry.get("base", []), f"{place}.base", 0, 20))
    if len(set(base)) < len(base) or len(set(rates)) < len(rates):
        raise MalformedRecord("twice the same", where=place)
    least = _flag(entry.get("base_at_least", False), f"{place}.base_at_least")
    if least and not base:
        raise MalformedRecord("at least no base", where=f"{place}.base_at_least", expected="only beside a base")
    name = named(entry["tax"], f"{place}.tax")
    if name in (VALUE, FREIGHT):
        raise MalformedRecord("not the name of a tax", where=f"{place}.tax", found=name)
    rounding = one_of(entry.get("rounding", "half-up"), set(Rounding), f"{place}.rounding", ", ".join(Rounding))
    return TaxRate(name, _regime(entry, place, lane), rates, fixed, base, least, Rounding(rounding))


def _regime(entry: Mapping[str, Any], place: str, lane: Lane) -> int:
    return _REGIMES[one_of(entry.get("regime", str(lane)), _REGIMES, f"{place}.regime", ", ".join(_REGIMES))]


def _part(value: object, where: str) -> str:
    if isinstance(value, str) and value.startswith(BASE_OF):
        return BASE_OF + named(value.removeprefix(BASE_OF), where)
    return named(value, where)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedRecord("not true or false", where=where, found=shown(value))
    return value


# --- names --------------------------------------------------------------------------------------------------------


def one_of(value: object, known: Any, where: str, expected: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise MalformedRecord("not one that is known", where=where, expected=expected, found=shown(value))
    return value


def offsets_of(value: object) -> frozenset[timedelta]:
    found = set()
    for place, offset in entries(value, "offsets", 1, 4):
        if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
            raise MalformedRecord("not an offset", where=place, expected="such as +08:00", found=shown(offset))
        sign = -1 if offset[0] == "-" else 1
        found.add(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])))
    return frozenset(found)


def named(value: object, where: str, shape: re.Pattern[str] = _ID) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise MalformedRecord("not a name", where=where, expected=f"text such as {shape.pattern}", found=shown(value))
    return value
