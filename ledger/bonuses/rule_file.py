"""The rule file of a bonus agreement: what a party must reach before its share is paid.

A small TOML file that all parties have before they sign; the agreement's `rule` is the SHA-256 of its bytes, so nobody
can change it afterwards. It is parsed strictly: unknown, missing and repeated keys are refused.

    format = "lading/bonus-rule/2"
    title = "On-time bonus, second half-year"
    card = "0x…"                    # SHA-256 of the scorecard by which parties are measured
    grace = 86_400                  # seconds after the period in which records still count; left out, 0
    penalties = true                # delay penalties are taken off the shares; left out, they are not
    disputed = "wait"               # or "left out": what becomes of disputed shipments; without the key they wait

    [carrier.benchmark]             # the performance threshold
    indicator = "on-time"
    threshold = 900_000
    samples = 30

    [carrier.quality]               # the quality gate: haste must not pay
    indicator = "in-full-undamaged"
    threshold = 950_000
    samples = 30

    [currencies]                    # penalties of other currencies count too: see `ledger.bonuses.currencies`
    issuer = 9
    day = "period-end"

There is such a pair for each role that the rule judges: carrier, supplier, broker. A party is judged in every one of
them in which anything was due from it. An indicator is a share of the scorecard in parts per million, `score` the
composite in hundredths of a point, or `shipments`, the number of shipments that were due (the volume). `samples` is the
least number of delivery events below which nothing is known well enough to be rewarded; for `shipments` it is 0.

`grace` moves the size at which awards are computed: see `ledger.bonuses.award_size`. `penalties` lets everybody who
knows the shares read from a claim what was taken off, for claims are public; signers are warned of it. `disputed`
is in `ledger.bonuses.disputed`: to wait is the safe way, for nothing undecided is paid, and nobody gets rid of a late
shipment by a tender that will fall. Files of the older form, `lading/bonus-rule/1`, have neither key, take penalties
off and count the lower amount of what is disputed: what was signed means what it meant.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from ledger.bonuses.currencies import CurrencyRule, parse_currencies
from ledger.codes import Role
from ledger.common.figure import Pattern
from ledger.common.ids import to_hex
from ledger.common.json_fields import fields_of, hex_bytes, integer, shown, text
from ledger.common.periods import DAY
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.scores.card import OF_ROLE, POINTS, Indicator

FORMAT = "lading/bonus-rule/2"
TAKES_PENALTIES = "lading/bonus-rule/1"
"""The older form: penalties are always taken off, and of what is disputed the lower amount counts."""
MAX_TITLE = 200
LONGEST_GRACE = 366 * DAY
SCORE = "score"
SHIPMENTS = "shipments"
AT_MOST = frozenset({Indicator.DEFECTS.value})
"""Indicators of which less is better: the threshold is a ceiling."""
_MILLION = 1_000_000
_LARGEST = 2**63 - 1
_NO_SHARES = {Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN}


IndicatorName = Annotated[str, Pattern("[a-z-]{1,64}")]
"""An indicator of the scorecard, `score` or `shipments`."""


class WhenDisputed(StrEnum):
    """What becomes of disputed shipments. The lower amount counts by files of the older form alone."""

    WAIT = "wait"
    LEFT_OUT = "left out"
    LOWER_AMOUNT = "lower amount"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`limit` in the indicator's unit; `samples` the number of delivery events below which nothing is rewarded."""

    indicator: IndicatorName
    limit: int
    samples: int


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What a party must reach in one role: both."""

    benchmark: Threshold
    quality: Threshold


@dataclass(frozen=True, slots=True)
class BonusRule:
    """`card` is the SHA-256 of the scorecard; `hash` that of this file's bytes, the agreement's `rule`. `grace` is the
    number of seconds after the period's end in which what is logged still counts. `penalties`: whether delay penalties
    are taken off the shares. `disputed`: what becomes of disputed shipments. `currencies`: by which rates penalties of
    another currency than the agreement's count; None: they do not.
    """

    title: str
    card: bytes
    roles: Mapping[Role, RoleRule]
    hash: bytes
    grace: int = 0
    penalties: bool = False
    disputed: WhenDisputed = WhenDisputed.WAIT
    currencies: CurrencyRule | None = None


def parse_rule(data: bytes) -> BonusRule:
    """The rule that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = read_toml(data, "bonus rule")
    known = {role.name.lower(): role for role in OF_ROLE}
    older = table.get("format") == TAKES_PENALTIES
    more = ("grace",) if older else ("grace", "penalties", "disputed", "currencies")
    fields_of(table, "bonus rule", ("format", "title", "card"), more=(*more, *known))
    if not older and table["format"] != FORMAT:
        expected = f"{FORMAT}, or {TAKES_PENALTIES}"
        raise MalformedRecord("unknown format", where="format", expected=expected, found=str(table["format"])[:80])
    title = text(table["title"], "title", 1, MAX_TITLE)
    roles = {role: _role(table[name], role, name) for name, role in known.items() if name in table}
    if not roles:
        raise MalformedRecord("judges no role", where="bonus rule", expected=", ".join(known))
    grace = integer(table.get("grace", 0), "grace", 0, LONGEST_GRACE)
    penalties = table.get("penalties", older)
    if not isinstance(penalties, bool):
        raise MalformedRecord("not a boolean", where="penalties", expected="true or false", found=shown(penalties))
    disputed = WhenDisputed.LOWER_AMOUNT if older else _when_disputed(table.get("disputed", WhenDisputed.WAIT.value))
    card = hex_bytes(table["card"], "card", 32)
    currencies = None
    if "currencies" in table:
        currencies = parse_currencies(table["currencies"], grace, penalties=penalties)
    return BonusRule(title, card, roles, hashlib.sha256(data).digest(), grace, penalties, disputed, currencies)


def require_rule(rule: BonusRule, expected: bytes) -> None:
    """Raise `VerificationFailed` unless `rule` is the one that an agreement's `rule` field names."""
    if rule.hash != expected:
        raise VerificationFailed(
            "not the rule that the parties signed",
            where="bonus rule",
            expected=to_hex(expected),
            found=to_hex(rule.hash),
            mend="Take the file that the parties had when they signed, byte for byte.",
        )


def indicators_of(role: Role) -> list[str]:
    """What a threshold for a partner in this role may be about."""
    return [*sorted(indicator.value for indicator in OF_ROLE[role] - _NO_SHARES), SCORE, SHIPMENTS]


def _when_disputed(value: object) -> WhenDisputed:
    known = {way.value: way for way in (WhenDisputed.WAIT, WhenDisputed.LEFT_OUT)}
    if not isinstance(value, str) or value not in known:
        expected = " or ".join(f'"{name}"' for name in known)
        raise MalformedRecord("unknown way", where="disputed", expected=expected, found=shown(value))
    return known[value]


def _role(value: object, role: Role, where: str) -> RoleRule:
    table = fields_of(value, where, ("benchmark", "quality"))
    benchmark, quality = (_threshold(table[name], role, f"{where}.{name}") for name in ("benchmark", "quality"))
    if benchmark.indicator == quality.indicator:
        raise MalformedRecord(
            "the quality gate repeats the benchmark",
            where=f"{where}.quality.indicator",
            expected="another indicator than the benchmark's: haste must not pay",
            found=quality.indicator,
        )
    return RoleRule(benchmark, quality)


def _threshold(value: object, role: Role, where: str) -> Threshold:
    table = fields_of(value, where, ("indicator", "threshold", "samples"))
    names = indicators_of(role)
    indicator = table["indicator"]
    if not isinstance(indicator, str) or indicator not in names:
        raise MalformedRecord(
            "no such indicator", where=f"{where}.indicator", expected=", ".join(names), found=str(indicator)[:80]
        )
    highest = {SCORE: POINTS, SHIPMENTS: _LARGEST}.get(indicator, _MILLION)
    samples = (0, 0) if indicator == SHIPMENTS else (1, _LARGEST)
    return Threshold(
        indicator,
        integer(table["threshold"], f"{where}.threshold", 0, highest),
        integer(table["samples"], f"{where}.samples", *samples),
    )
