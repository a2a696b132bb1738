"""The rules of a market, and which goods and times each speaks of."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ledger.codes import Regime
from ledger.common.periods import FOREVER

MOST_HS = 12
"""Digits of the longest tariff code: six of the Harmonized System, the rest as a jurisdiction adds them."""
_DOTS = str.maketrans("", "", ". ")
VALUE, FREIGHT = "value", "freight"
"""Parts of a tax's base beside other taxes: the value of the goods, and the freight, as the terms state them."""
BASE_OF = "of:"
"""Before a tax, what its own lines state as its base."""


def plain_hs(code: str) -> str:
    """A tariff code as digits; empty for one that is none, of which nothing is known."""
    digits = code.translate(_DOTS)
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= MOST_HS else ""


class Lane(StrEnum):
    """What a lane is to a jurisdiction: it starts there, ends there, or only passes."""

    EXPORT = "export"
    IMPORT = "import"
    TRANSIT = "transit"


class Standing(StrEnum):
    """What a jurisdiction lets happen to goods: never, never under the rule's conditions, with a licence, freely."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    LICENCE = "licence"
    FREE = "free"


REFUSED = frozenset({Standing.PROHIBITED, Standing.RESTRICTED})


class About(StrEnum):
    """What the attestation of a paper is about."""

    PRODUCT = "product"
    LOT = "lot"
    SHIPMENT = "shipment"
    CONSIGNOR = "consignor"
    CONSIGNEE = "consignee"


class Rounding(StrEnum):
    """How a tax becomes minor units."""

    DOWN = "down"
    HALF_UP = "half-up"
    UP = "up"

    def of(self, amount: int, rate_ppm: int) -> int:
        """`amount` · `rate_ppm` / 1,000,000 in whole minor units."""
        parts = amount * rate_ppm
        match self:
            case Rounding.DOWN:
                return parts // 1_000_000
            case Rounding.HALF_UP:
                return (2 * parts + 1_000_000) // 2_000_000
            case Rounding.UP:
                return -(-parts // 1_000_000)


@dataclass(frozen=True, slots=True)
class NeededClearance:
    """A clearance to be released at these gates (a mask of `codes.Gate`); 0: none is needed."""

    regime: int
    gates: int
    relay: bool

    @property
    def key(self) -> str:
        return f"clearance/{Regime(self.regime).name.lower()}"


@dataclass(frozen=True, slots=True)
class NeededPaper:
    """An attestation whose schema has this name; `needed` False: not for these goods."""

    schema: str
    about: About
    needed: bool

    @property
    def key(self) -> str:
        return f"paper/{self.about}/{self.schema}"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax that clearances of `regime` state. `rates` in parts per million of its base, any one of which may apply;
    empty: the file does not say.

    `fixed`: minor units for each six-digit subheading among the goods instead; None where it is a rate. `base`: the
    parts of its base, `VALUE`, `FREIGHT`, names of other taxes, and these behind `BASE_OF`; empty: it is not checked.
    `at_least`: the base may hold more than these parts.
    """

    tax: str
    regime: int
    rates: tuple[int, ...]
    fixed: int | None
    base: tuple[str, ...]
    at_least: bool
    rounding: Rounding

    @property
    def key(self) -> str:
        return f"tax/{Regime(self.regime).name.lower()}/{self.tax}"

    @property
    def due(self) -> bool:
        """Whether it takes something in every case."""
        return bool(self.fixed) or (bool(self.rates) and min(self.rates) > 0)


@dataclass(frozen=True, slots=True)
class GoodsStanding:
    """Whether goods may pass; `schema`: that of the attestation which shows a licence, or empty."""

    standing: Standing
    schema: str

    @property
    def key(self) -> str:
        return "goods"


Says = NeededClearance | NeededPaper | TaxRate | GoodsStanding


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what a rule speaks: goods by prefixes of their tariff code ("" is all), consignments by fulfilment (empty is
    all), and by value in minor units of the file's currency, above `over` and at most `up_to`. It holds from `start` to
    before `end` (UTC seconds; both are midnights of the jurisdiction).
    """

    lane: Lane
    prefixes: tuple[str, ...]
    fulfilments: frozenset[int]
    over: int
    up_to: int | None
    start: int
    end: int

    def holds(self, at: int, fulfilment: int) -> bool:
        return self.start <= at < self.end and (not self.fulfilments or fulfilment in self.fulfilments)

    def covers(self, value: int) -> bool:
        return self.over < value and (self.up_to is None or value <= self.up_to)

    def meets(self, other: "Scope") -> bool:
        """Whether both could speak of one consignment at one time, prefixes aside."""
        mine = FOREVER if self.up_to is None else self.up_to
        theirs = FOREVER if other.up_to is None else other.up_to
        return (
            max(self.start, other.start) < min(self.end, other.end)
            and max(self.over, other.over) < min(mine, theirs)
            and not (self.fulfilments and other.fulfilments and not self.fulfilments & other.fulfilments)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """`sources`: names of those of the file's sources that bear it out. `table`: the entry whose tariff has it as a
    line; empty for a rule that is an entry of its own.
    """

    id: str
    scope: Scope
    says: Says
    sources: tuple[str, ...]
    table: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule can be read. `date`: that of the text, or of its reading where it has none (ISO 8601)."""

    id: str
    title: str
    date: str
    url: str


class Shelf:
    """The rules of one lane and key, by the prefixes of which they speak."""

    def __init__(self, by_prefix: Mapping[str, tuple[Rule, ...]]) -> None:
        self.by_prefix = by_prefix
        self._prefixes = sorted(by_prefix)
        self._lengths = sorted({len(prefix) for prefix in by_prefix}, reverse=True)
        scopes = [rule.scope for rules in by_prefix.values() for rule in rules]
        bounds = {bound for scope in scopes for bound in (scope.over, scope.up_to) if bound is not None and bound >= 0}
        self.values = frozenset(bounds | {max(bounds, default=0) + 1})
        """Values such that every other is treated like one of them: the last of each band, and one beyond all."""

    def matching(self, hs: str) -> Iterator[tuple[Rule, ...]]:
        """The rules of each prefix of this code, the longest first."""
        for length in self._lengths:
            if length <= len(hs) and (rules := self.by_prefix.get(hs[:length])):
                yield rules

    def longer(self, hs: str) -> list[str]:
        """The prefixes that begin with this code."""
        return self._prefixes[bisect_left(self._prefixes, hs) : bisect_left(self._prefixes, f"{hs}:")]  # ":" follows 9


@dataclass(frozen=True)
class Market:
    """The parsed file of a jurisdiction. `territory`: the countries that it speaks for; `union`: further countries with
    which these have no customs border. `hash` is the SHA-256 of the file's bytes.
    """

    title: str
    jurisdiction: str
    territory: frozenset[str]
    union: frozenset[str]
    version: int
    currency: str
    rules: tuple[Rule, ...]
    sources: tuple[Source, ...]
    hash: bytes

    @cached_property
    def shelves(self) -> Mapping[Lane, tuple[Shelf, ...]]:
        """The rules of each lane, those of one key together."""
        found: dict[tuple[Lane, str], dict[str, list[Rule]]] = {}
        for rule in self.rules:
            by_prefix = found.setdefault((rule.scope.lane, rule.says.key), {})
            for prefix in rule.scope.prefixes:
                by_prefix.setdefault(prefix, []).append(rule)
        of: dict[Lane, list[Shelf]] = {lane: [] for lane in Lane}
        for (lane, _), by_prefix in found.items():
            of[lane].append(Shelf({prefix: tuple(rules) for prefix, rules in sorted(by_prefix.items())}))
        return {lane: tuple(shelves) for lane, shelves in of.items()}

    @cached_property
    def bounds(self) -> frozenset[int]:
        """The values of consignments at which a rule begins or ends: all up to one, above the one before, are alike."""
        scopes = (rule.scope for rule in self.rules)
        return frozenset(b for scope in scopes for b in (scope.over, scope.up_to) if b is not None and b >= 0)

    @cached_property
    def taxes(self) -> frozenset[str]:
        """The names of all taxes that the file knows."""
        return frozenset(tax for taxes in self.taxes_by_regime.values() for tax in taxes)

    @cached_property
    def taxes_by_regime(self) -> Mapping[int, frozenset[str]]:
        """The names of the taxes that clearances of each regime state; none of a regime of which the file says
        nothing.
        """
        found: dict[int, set[str]] = {}
        for rule in self.rules:
            if isinstance(rule.says, TaxRate):
                found.setdefault(rule.says.regime, set()).add(rule.says.tax)
        return {regime: frozenset(taxes) for regime, taxes in found.items()}

    def lane(self, origin: str, destination: str, via: Iterable[str] = ()) -> Lane | None:
        """What the way from one country to another is to this jurisdiction; None where it does not touch it."""
        inside = self.territory | self.union
        if origin in self.territory and destination not in inside:
            return Lane.EXPORT
        if destination in self.territory and origin not in inside:
            return Lane.IMPORT
        if not {origin, destination} & self.territory and self.territory & frozenset(via):
            return Lane.TRANSIT
        return None
