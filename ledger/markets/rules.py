"""The rules of a market, and which goods and times each speaks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ledger.codes import Regime
from ledger.common.periods import FOREVER

MOST_HS = 12
"""Digits of the longest tariff code: six of the Harmonized System, the rest as a jurisdiction adds them."""
VALUE, FREIGHT = "value", "freight"
"""Parts of a tax's base beside other taxes: the value of the goods, and the freight, as the terms state them."""
BASE_OF = "of:"
"""Before a tax, what its own lines state as its base."""


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
    """A tax. `rates` in parts per million of its base, any one of which may apply; empty: the file does not say.

    `fixed`: minor units for each six-digit subheading among the goods instead; None where it is a rate. `base`: the
    parts of its base, `VALUE`, `FREIGHT`, names of other taxes, and these behind `BASE_OF`; empty: it is not checked.
    """

    tax: str
    rates: tuple[int, ...]
    fixed: int | None
    base: tuple[str, ...]
    rounding: Rounding

    @property
    def key(self) -> str:
        return f"tax/{self.tax}"

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
    """`sources`: names of those of the file's sources that bear it out."""

    id: str
    scope: Scope
    says: Says
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule can be read. `date`: that of the text, or of its reading where it has none (ISO 8601)."""

    id: str
    title: str
    date: str
    url: str


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
    def index(self) -> Mapping[tuple[Lane, str], Mapping[str, tuple[Rule, ...]]]:
        """The rules by lane and key, then by prefix."""
        found: dict[tuple[Lane, str], dict[str, tuple[Rule, ...]]] = {}
        for rule in self.rules:
            by_prefix = found.setdefault((rule.scope.lane, rule.says.key), {})
            for prefix in rule.scope.prefixes:
                by_prefix[prefix] = (*by_prefix.get(prefix, ()), rule)
        return found

    @cached_property
    def bounds(self) -> frozenset[int]:
        """The values of consignments at which a rule begins or ends: all up to one, above the one before, are alike."""
        scopes = (rule.scope for rule in self.rules)
        return frozenset(b for scope in scopes for b in (scope.over, scope.up_to) if b is not None and b >= 0)

    @cached_property
    def taxes(self) -> frozenset[str]:
        """The names of all taxes that the file knows."""
        return frozenset(rule.says.tax for rule in self.rules if isinstance(rule.says, TaxRate))

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
