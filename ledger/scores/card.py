"""The scorecard: which indicators count for a role, how much, and between which thresholds. A strict TOML file.

The council adopts a file by its SHA-256 before the period that it governs (`RegistryChange` adopt rules), so nobody
changes weights afterwards. Unknown, missing and repeated keys are refused. `ledger/scores/cards/default.toml` shows
the form and holds RECORDS' weights.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.codes import Role
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord, NotFound

FAMILY = "lading/scorecard/"
"""How the format of every version of these files begins."""
FORMAT = f"{FAMILY}1"
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

    indicator: Indicator
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
    used = [weighted.indicator for weighted in result]
    if double := next((indicator for indicator in used if used.count(indicator) > 1), None):
        raise MalformedRecord("counted twice", where=where, found=double)
    return tuple(result)


def _group(indicators: object, role: Role, group: str, group_weight: int, where: str) -> list[Weighted]:
    listed = entries(indicators, where, least=1)
    for place, entry in listed:
        fields_of(entry, place, ("name", "weight", "zero", "full"))
    weights = [integer(entry["weight"], f"{place}.weight", 1, 100) for place, entry in listed]
    result = []
    for i, (place, entry) in enumerate(listed):
        allowed = sorted(OF_ROLE[role])
        if entry["name"] not in allowed:
            raise MalformedRecord(
                "no such indicator for this role",
                where=f"{place}.name",
                expected=", ".join(allowed),
                found=str(entry["name"])[:80],
            )
        zero = integer(entry["zero"], f"{place}.zero", 0, _LARGEST)
        full = integer(entry["full"], f"{place}.full", 0, _LARGEST)
        if zero == full:
            raise MalformedRecord("zero and full are the same", where=place, found=zero)
        weight = Fraction(group_weight * weights[i], 100 * sum(weights))
        result.append(Weighted(Indicator(entry["name"]), group, weight, zero, full))
    return result
