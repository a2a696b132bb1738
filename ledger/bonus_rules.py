"""The rule file of a bonus agreement: what a party must reach before its share is paid.

A small TOML file that all parties have before they sign; the agreement's `rule` is the SHA-256 of its bytes, so nobody
can change it afterwards. It is parsed strictly: unknown, missing and repeated keys are refused.

    format = "lading/bonus-rule/1"
    title = "On-time bonus, second half-year"

    [benchmark]                 # the performance threshold
    indicator = "on-time"
    threshold = 9500
    samples = 10

    [quality]                   # the quality gate: haste must not pay
    indicator = "undamaged"
    threshold = 9900
    samples = 10

A share of events (on-time, undamaged, compliance) is in basis points, a score in hundredths of a point (0 to 10,000),
a volume in packages. `samples` is the least number of delivery events below which nothing is known well enough to be
rewarded; a volume has no samples and takes 0.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.ids import to_hex

FORMAT = "lading/bonus-rule/1"
MAX_SIZE = 65_536
MAX_TITLE = 200
HIGHEST_SHARE = 10_000
HIGHEST_VOLUME = 2**64 - 1


class Indicator(StrEnum):
    """What a threshold is about."""

    ON_TIME = "on-time"
    UNDAMAGED = "undamaged"
    COMPLIANCE = "compliance"
    SCORE = "score"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`least` in the indicator's unit; `samples` the number of delivery events below which nothing is rewarded."""

    indicator: Indicator
    least: int
    samples: int


@dataclass(frozen=True, slots=True)
class BonusRule:
    """Both thresholds must be reached. `hash` is the SHA-256 of the file's bytes, the agreement's `rule`."""

    title: str
    benchmark: Threshold
    quality: Threshold
    hash: bytes


def parse_rule(data: bytes) -> BonusRule:
    """The rule that the file `data` states. Raises `MalformedRecord` naming the key."""
    if len(data) > MAX_SIZE:
        raise MalformedRecord("too long", where="bonus rule", expected=f"at most {MAX_SIZE} bytes", found=len(data))
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MalformedRecord(f"not TOML: {error}", where="bonus rule") from None
    _require_keys(table, ("format", "title", "benchmark", "quality"), "bonus rule")
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=str(table["format"])[:80])
    title = table["title"]
    if not isinstance(title, str) or not 0 < len(title) <= MAX_TITLE:
        raise MalformedRecord("not a title", where="title", expected=f"1 to {MAX_TITLE} characters")
    benchmark, quality = (_threshold(table[name], name) for name in ("benchmark", "quality"))
    if benchmark.indicator == quality.indicator:
        raise MalformedRecord(
            "the quality gate repeats the benchmark",
            where="quality.indicator",
            expected="another indicator than the benchmark's: haste must not pay",
            found=quality.indicator,
        )
    return BonusRule(title, benchmark, quality, hashlib.sha256(data).digest())


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


def _threshold(value: object, where: str) -> Threshold:
    if not isinstance(value, Mapping):
        raise MalformedRecord("not a table", where=where, expected=f"[{where}]")
    _require_keys(value, ("indicator", "threshold", "samples"), where)
    names = [indicator.value for indicator in Indicator]
    if value["indicator"] not in names:
        raise MalformedRecord(
            "no such indicator",
            where=f"{where}.indicator",
            expected=", ".join(names),
            found=str(value["indicator"])[:80],
        )
    indicator = Indicator(value["indicator"])
    highest = HIGHEST_VOLUME if indicator is Indicator.VOLUME else HIGHEST_SHARE
    return Threshold(
        indicator,
        _integer(value["threshold"], f"{where}.threshold", 0, highest),
        _integer(
            value["samples"], f"{where}.samples", *((0, 0) if indicator is Indicator.VOLUME else (1, HIGHEST_VOLUME))
        ),
    )


def _require_keys(table: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    if missing := [key for key in keys if key not in table]:
        raise MalformedRecord("missing key", where=f"{where}.{missing[0]}", expected=", ".join(keys))
    if unknown := sorted(set(table) - set(keys)):
        raise MalformedRecord("unknown key", where=f"{where}.{unknown[0]}", expected=", ".join(keys))


def _integer(value: object, where: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MalformedRecord("not in range", where=where, expected=f"integer {least} to {most}", found=str(value)[:80])
    return value
