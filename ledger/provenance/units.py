"""Units of quantity that convert into each other exactly, by their codes of UN/ECE Recommendation 20.

Symbols that people write for the same units are read too (`kg`, `g`, `t`, `l`). A unit that is not in the table is one
of its own: it agrees with itself alone.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

GRAM, MILLILITRE, PIECE = "GRM", "MLT", "H87"
PHYSICAL = (GRAM, MILLILITRE)
"""What measures stuff itself, whatever it is called; pieces of one thing are not pieces of another."""


class Measure(NamedTuple):
    """`unit`: the code of the base unit; `factor`: how many of these one unit is."""

    unit: str
    factor: Fraction


def _measures(base: str, **factors: Fraction | int) -> dict[str, Measure]:
    return {code: Measure(base, Fraction(factor)) for code, factor in factors.items()}


_POUND = Fraction(45_359_237, 100_000)
"""Grams: 0.45359237 kg exactly, by the international yard and pound agreement of 1959."""
_MASS = _measures(
    GRAM,
    MC=Fraction(1, 10**6), MGM=Fraction(1, 1000), GRM=1, DG=Fraction(1, 10), DJ=10, HGM=100, KGM=1000, DTN=100_000,
    TNE=10**6, LBR=_POUND, ONZ=_POUND / 16, STN=_POUND * 2000, LTN=_POUND * 2240,
)  # fmt: skip
_VOLUME = _measures(
    MILLILITRE,
    MLT=1, CMQ=1, CLT=10, DLT=100, LTR=1000, DMQ=1000, HLT=100_000, MTQ=10**6,
)  # fmt: skip
_COUNT = _measures(PIECE, H87=1, C62=1, EA=1, PR=2, DZN=12, CEN=100, GRO=144, MIL=1000)
_SYMBOLS = {
    "mg": "MGM",
    "g": "GRM",
    "kg": "KGM",
    "t": "TNE",
    "ml": "MLT",
    "cl": "CLT",
    "l": "LTR",
    "L": "LTR",
    "mL": "MLT",
}
UNITS: Mapping[str, Measure] = MappingProxyType(
    {**_MASS, **_VOLUME, **_COUNT, **{name: (_MASS | _VOLUME)[code] for name, code in _SYMBOLS.items()}}
)


def code_of(unit: str) -> str:
    """The code of a unit that is written as its symbol; any other as it is."""
    return _SYMBOLS.get(unit, unit)


@lru_cache(maxsize=1024)
def measure_of(unit: str) -> Measure:
    """What a unit is in base units; a measure of its own where the table does not have it."""
    return UNITS.get(unit) or Measure(unit, Fraction(1))
