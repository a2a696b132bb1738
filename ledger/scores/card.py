"""The scorecard: which indicators count for a role, how much, and between which thresholds. A strict TOML file.

The council adopts a file by its SHA-256 before the period that it governs (`RegistryChange` adopt rules), so nobody
changes weights afterwards. Unknown, missing and repeated keys are refused. `ledger/scores/cards/default.toml` shows
the form and holds RECORDS' weights, `supplier-evaluation.toml` blocks of a council's own with attested numbers:

    { name = "attested:financial-rating", weight = 100, zero = 0, full = 100, unit = "points", missing = "unknown" }

`missing` says what becomes of it while no number is attested: `unknown`, its weight is spread over the others, or
`zero`, it counts as 0 points. `self = true` lets the partner's own word count.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from ledger.attested.numbers import LONGEST_UNIT
from ledger.codes import Role
from ledger.common.figure import Pattern
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.scopes import schema_hash
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord, NotFound

FORMAT = "lading/scorecard/1"
POINTS = 10_000
"""100 points, in hundredths of a point."""
_LARGEST = 10**12


class Indicator(StrEnum):
    """What is measured. Shares, rates and ratios are in parts per million, `MEAN_LATE` in seconds."""

    ON_TIME = "on-time"
    IN_FULL = "in-full-undamaged"
    LEGS = "legs-on-time"
    MEAN_LATE = "mean-late-seconds"
    RECORDS = "records-in-a-day"
    PENALTY = "penalty-over-freight"
    ON_TIME_IN_FULL = "on-time-in-full"
    DEFECTS = "defects"
    NO_HOLD = "no-hold-by-papers"
    ATTESTED = "attested-at-release"
    RELEASED = "released-clean"
    OVER_MEDIAN = "time-over-median"


class WhenMissing(StrEnum):
    """What becomes of an attested number that nobody attested: nothing is known, or it counts as 0 points."""

    UNKNOWN = "unknown"
    ZERO = "zero"


_ATTESTED = "attested:"
_SCHEMA = r"[a-z0-9][a-z0-9._-]{0,63}"
AttestedName = Annotated[str, Pattern(_ATTESTED + _SCHEMA)]
"""The name of an indicator that is a number in attestations of a schema."""


@dataclass(frozen=True, slots=True)
class AttestedNumber:
    """An indicator that is a number in issuers' attestations about the partner (see `ledger.scores.attested`).

    `schema_name`: as the council names the schema. Numbers count in this `unit` alone. `own`: what the partner attests
    of itself counts too.
    """

    schema_name: str
    unit: str
    missing: WhenMissing = WhenMissing.UNKNOWN
    own: bool = False

    @property
    def value(self) -> AttestedName:
        """Its name, as an indicator of the list has it."""
        return _ATTESTED + self.schema_name

    @property
    def schema(self) -> bytes:
        """What attestations carry: SHA-256 of the name."""
        return schema_hash(self.schema_name)

    def __str__(self) -> str:
        return self.value


ABOUT_MONEY = frozenset({Indicator.PENALTY})
"""Of prices, which are private."""
OF_ROLE: Mapping[Role, frozenset[Indicator]] = {
    Role.CARRIER: frozenset(
        {
            Indicator.ON_TIME,
            Indicator.IN_FULL,
            Indicator.LEGS,
            Indicator.MEAN_LATE,
            Indicator.RECORDS,
            Indicator.PENALTY,
        }
    ),
    Role.SUPPLIER: frozenset({Indicator.ON_TIME_IN_FULL, Indicator.DEFECTS, Indicator.NO_HOLD, Indicator.ATTESTED}),
    Role.BROKER: frozenset({Indicator.RELEASED, Indicator.OVER_MEDIAN, Indicator.RECORDS}),
}


@dataclass(frozen=True, slots=True)
class Weighted:
    """One indicator of a card. `weight` is its part of the whole score (all of a role sum to 1)."""

    indicator: Indicator | AttestedNumber
    group: str
    weight: Fraction
    zero: int
    full: int

    def points(self, value: Fraction | int) -> int:
        """Hundredths of a point for `value`: 0 at `zero`, 10,000 at `full`, linear between, rounded down."""
        return max(0, min(POINTS, int((value - self.zero) * POINTS // (self.full - self.zero))))

    def points_up(self, value: Fraction | int) -> int:
        """The same, rounded up: for the upper end of an interval."""
        return max(0, min(POINTS, -int((self.zero - value) * POINTS // (self.full - self.zero))))


@dataclass(frozen=True, slots=True)
class Card:
    """A parsed scorecard. `hash` is the SHA-256 of the file's bytes."""

    title: str
    roles: Mapping[Role, tuple[Weighted, ...]]
    hash: bytes

    @property
    def schemas(self) -> frozenset[bytes]:
        """Of the attestations that it reads numbers from."""
        every = (weighted.indicator for weights in self.roles.values() for weighted in weights)
        return frozenset(one.schema for one in every if isinstance(one, AttestedNumber))

    def of(self, role: Role) -> tuple[Weighted, ...]:
        """The indicators of `role`; raises `NotFound` for a role that the card does not score."""
        if role not in self.roles:
            names = ", ".join(r.name.lower() for r in self.roles)
            raise NotFound("this card does not score the role", where="role", expected=names, found=role.name.lower())
        return self.roles[role]


def parse_card(data: bytes) -> Card:
    """The card that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = read_toml(data, "scorecard")
    scored = {role.name.lower(): role for role in OF_ROLE}
    fields_of(table, "", ("format", "title"), more=tuple(scored))
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=shown(table["format"]))
    title = text(table["title"], "title", 1, 200)
    roles = {role: _role(table[name], role, name) for name, role in scored.items() if name in table}
    if not roles:
        raise MalformedRecord("scores no role", where="scorecard", expected=", ".join(scored))
    return Card(title, roles, hashlib.sha256(data).digest())


def _role(groups: object, role: Role, where: str) -> tuple[Weighted, ...]:
    result: list[Weighted] = []
    names: list[str] = []
    total = 0
    for place, group in entries(groups, where, least=1):
        fields_of(group, place, ("group", "weight", "indicators"))
        weight = integer(group["weight"], f"{place}.weight", 1, 100)
        total += weight
        if not isinstance(group["group"], str) or not group["group"] or group["group"] in names:
            raise MalformedRecord("not a name of its own", where=f"{place}.group", found=str(group["group"])[:80])
        names.append(group["group"])
        result += _group(group["indicators"], role, group["group"], weight, f"{place}.indicators")
    if total != 100:
        raise MalformedRecord("weights of the groups do not sum to 100", where=where, expected=100, found=total)
    used = [weighted.indicator.value for weighted in result]
    if double := next((indicator for indicator in used if used.count(indicator) > 1), None):
        raise MalformedRecord("counted twice", where=where, found=double)
    return tuple(result)


def _group(indicators: object, role: Role, group: str, group_weight: int, where: str) -> list[Weighted]:
    listed = entries(indicators, where, least=1)
    for place, entry in listed:
        more = ("unit", "missing", "self") if _is_attested(entry) else ()
        fields_of(entry, place, ("name", "weight", "zero", "full"), more=more)
    weights = [integer(entry["weight"], f"{place}.weight", 1, 100) for place, entry in listed]
    result = []
    for i, (place, entry) in enumerate(listed):
        indicator = _attested(entry, place) if _is_attested(entry) else _counted(entry, role, place)
        least = -_LARGEST if isinstance(indicator, AttestedNumber) else 0
        zero = integer(entry["zero"], f"{place}.zero", least, _LARGEST)
        full = integer(entry["full"], f"{place}.full", least, _LARGEST)
        if zero == full:
            raise MalformedRecord("zero and full are the same", where=place, found=zero)
        weight = Fraction(group_weight * weights[i], 100 * sum(weights))
        result.append(Weighted(indicator, group, weight, zero, full))
    return result


def _is_attested(entry: object) -> bool:
    return isinstance(entry, Mapping) and str(entry.get("name")).startswith(_ATTESTED)


def _counted(entry: Mapping[str, object], role: Role, where: str) -> Indicator:
    allowed = sorted(OF_ROLE[role])
    if entry["name"] not in allowed:
        raise MalformedRecord(
            "no such indicator for this role",
            where=f"{where}.name",
            expected=f"{', '.join(allowed)}, or {_ATTESTED} and the name of a schema",
            found=str(entry["name"])[:80],
        )
    return Indicator(str(entry["name"]))


def _attested(entry: Mapping[str, object], where: str) -> AttestedNumber:
    name = str(entry["name"]).removeprefix(_ATTESTED)
    if not re.fullmatch(_SCHEMA, name):
        raise MalformedRecord(
            "not the name of a schema",
            where=f"{where}.name",
            expected="up to 64 of a-z, 0-9, dot, underscore, hyphen",
            found=name[:80],
        )
    if "unit" not in entry:
        raise MalformedRecord("missing field", where=f"{where}.unit", expected="the unit of zero, full and the numbers")
    unit = text(entry["unit"], f"{where}.unit", 1, LONGEST_UNIT)
    missing, own = entry.get("missing", WhenMissing.UNKNOWN.value), entry.get("self", False)
    if missing not in list(WhenMissing):
        expected = " or ".join(f'"{way}"' for way in WhenMissing)
        raise MalformedRecord("unknown way", where=f"{where}.missing", expected=expected, found=shown(missing))
    if not isinstance(own, bool):
        raise MalformedRecord("not a boolean", where=f"{where}.self", expected="true or false", found=shown(own))
    return AttestedNumber(name, unit, WhenMissing(str(missing)), own)
