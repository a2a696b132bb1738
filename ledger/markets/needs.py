"""What terms need on their lane, by the rules of the markets that it touches; what they lack, and what is refused."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

from ledger.codes import Regime
from ledger.common.canonical import parse_json
from ledger.common.figure import Pattern, figure
from ledger.errors import MalformedRecord
from ledger.markets.governing import Governing
from ledger.markets.rules import (
    REFUSED,
    About,
    GoodsStanding,
    Lane,
    Market,
    NeededClearance,
    NeededPaper,
    Rule,
    Standing,
    TaxRate,
    plain_hs,
)
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Details, Place, Require, ShipmentTerms

RuleName = Annotated[str, Pattern("[a-z0-9][a-z0-9-]{0,59}")]
Jurisdiction = Annotated[str, Pattern("[A-Z]{2}")]
HsCode = Annotated[str, Pattern("[0-9]{0,12}")]
SchemaName = Annotated[str, Pattern("([a-z0-9][a-z0-9_./-]{0,79})?")]
_COUNTRY_BYTES = 2
_MOST_VIA = 20
_TRANSIT = int(Regime.TRANSIT)


class Kind(StrEnum):
    CLEARANCE = "clearance"
    PAPER = "paper"
    TAX = "tax"
    GOODS = "goods"


@dataclass(frozen=True, slots=True)
class Case:
    """What of terms the rules of markets ask about. Countries are empty and `value` None where terms do not say or are
    closed; `goods` are tariff codes, "" for goods without one.
    """

    origin: str
    destination: str
    via: tuple[str, ...]
    fulfilment: int
    goods: tuple[str, ...]
    value: int | None
    currency: str

    def value_in(self, currency: str) -> int | None:
        return self.value if self.currency == currency else None


@figure("jurisdiction", "lane", "kind", "rule", "market", "certain", "goods", "standing", "regime", "gates", "relay",
        "schema", "about", "tax", "rates", "fixed")  # fmt: skip
@dataclass(frozen=True, slots=True)
class Need:
    """One rule that speaks of some of the goods. `certain`: whatever is not known of them, it does. `goods`: the codes
    of which it does, or else may speak. `market`: SHA-256 of the file. What its kind does not have is None.
    """

    jurisdiction: Jurisdiction
    lane: Lane
    says: Rule
    market: bytes
    certain: bool
    goods: tuple[HsCode, ...]

    @property
    def rule(self) -> RuleName:
        return self.says.id

    @property
    def kind(self) -> Kind:
        return Kind(self.says.says.key.partition("/")[0])

    @property
    def standing(self) -> Standing | None:
        return self.says.says.standing if isinstance(self.says.says, GoodsStanding) else None

    @property
    def regime(self) -> int | None:
        return self.says.says.regime if isinstance(self.says.says, NeededClearance | TaxRate) else None

    @property
    def gates(self) -> int | None:
        return self.says.says.gates if isinstance(self.says.says, NeededClearance) else None

    @property
    def relay(self) -> bool | None:
        return self.says.says.relay if isinstance(self.says.says, NeededClearance) else None

    @property
    def schema(self) -> SchemaName | None:
        return self.says.says.schema if isinstance(self.says.says, NeededPaper | GoodsStanding) else None

    @property
    def about(self) -> About | None:
        return self.says.says.about if isinstance(self.says.says, NeededPaper) else None

    @property
    def tax(self) -> RuleName | None:
        return self.says.says.tax if isinstance(self.says.says, TaxRate) else None

    @property
    def rates(self) -> tuple[int, ...] | None:
        return self.says.says.rates if isinstance(self.says.says, TaxRate) else None

    @property
    def fixed(self) -> int | None:
        return self.says.says.fixed if isinstance(self.says.says, TaxRate) else None

    @property
    def refuses(self) -> bool:
        return self.certain and self.standing in REFUSED


class Lacking(StrEnum):
    """What terms lack of a clearance that is needed."""

    CLEARANCE = "clearance"
    GATE = "gate"
    CUSTOMS_SIGNATURE = "customs-signature"


@figure("lacking", "jurisdiction", "regime", "gates", "rules")
@dataclass(frozen=True, slots=True)
class Lack:
    """`gates`: those that are missing, a mask. `rules`: who asks for it."""

    lacking: Lacking
    jurisdiction: Jurisdiction
    regime: int
    gates: int
    rules: tuple[RuleName, ...]


# --- reading terms -----------------------------------------------------------------------------------------------


def case_of(terms: ShipmentTerms) -> Case:
    """The case of terms. Countries on the way are those whose transit they require, and those that their details list
    as `via`.
    """
    contents = () if isinstance(terms.contents, Withheld) else terms.contents
    codes = {"" if isinstance(goods, Withheld) else plain_hs(goods.hs) for goods in contents}
    commercial = terms.commercial if isinstance(terms.commercial, Commercial) else None
    required = (_letters(r.jurisdiction) for r in terms.requires if r.regime == _TRANSIT)
    return Case(
        origin=_country(terms.origin),
        destination=_country(terms.destination),
        via=tuple(sorted({*required, *_via(terms.details)})),
        fulfilment=terms.fulfilment,
        goods=tuple(sorted(codes)) or ("",),
        value=commercial.value if commercial and commercial.value else None,
        currency=commercial.currency if commercial else "",
    )


def _country(place: Place | Withheld) -> str:
    return place.country if isinstance(place, Place) else ""


def _letters(jurisdiction: bytes) -> str:
    return jurisdiction.decode("ascii", "replace")


def _via(details: Details | Withheld) -> list[str]:
    if not isinstance(details, Details) or not details.text:
        return []
    try:
        told: Any = parse_json(details.text.encode(), where="details")
    except MalformedRecord:
        return []
    listed = told.get("via", []) if isinstance(told, dict) else []
    named = listed if isinstance(listed, list) else []
    return [one for one in named[:_MOST_VIA] if isinstance(one, str) and len(one) == _COUNTRY_BYTES]


# --- what is needed ----------------------------------------------------------------------------------------------


def needs_of(markets: Iterable[Market], case: Case, at: int) -> tuple[Need, ...]:
    """What a consignment opened at `at` (UTC seconds) needs by these markets, in the order of the files."""
    return tuple(need for market in markets for need in _of_market(market, case, at))


def _of_market(market: Market, case: Case, at: int) -> Iterator[Need]:
    lane = market.lane(case.origin, case.destination, case.via)
    if lane is None:
        return
    governing = Governing(market, lane, at, case.fulfilment)
    value = case.value_in(market.currency)
    surely: dict[str, list[str]] = {}
    perhaps: dict[str, list[str]] = {}
    for hs in case.goods:
        for rules in governing.possible(hs, value):
            for rule in rules:
                if rule is not None:
                    (surely if len(rules) == 1 else perhaps).setdefault(rule.id, []).append(hs)
    tables: dict[str, list[Rule]] = {}
    for rule in market.rules:
        goods = surely.get(rule.id) or perhaps.get(rule.id)
        if not goods or _is_nothing(rule):
            continue
        if rule.table and rule.id not in surely:
            tables.setdefault(rule.table, []).append(rule)
        else:
            yield Need(market.jurisdiction, lane, rule, market.hash, rule.id in surely, tuple(goods))
    for table, lines in tables.items():
        codes = dict.fromkeys(hs for line in lines for hs in perhaps[line.id])
        yield Need(market.jurisdiction, lane, _one_of(table, lines), market.hash, False, tuple(codes))


def _one_of(table: str, lines: Sequence[Rule]) -> Rule:
    """Lines of a tariff, one of which may speak, as one rule with the rates of all: a code that is not known would make
    everybody read the whole tariff.
    """
    first = lines[0]
    if len(lines) == 1 or not isinstance(first.says, TaxRate):
        return first
    rates = {rate for line in lines if isinstance(line.says, TaxRate) for rate in line.says.rates}
    return replace(first, id=table, says=replace(first.says, rates=tuple(sorted(rates))))


def _is_nothing(rule: Rule) -> bool:
    """Whether it only says that a wider rule asks nothing of its goods."""
    match rule.says:
        case NeededClearance(gates=gates):
            return not gates
        case NeededPaper(needed=needed):
            return not needed
        case GoodsStanding(standing=standing):
            return standing is Standing.FREE
        case _:
            return False


# --- terms beside it ---------------------------------------------------------------------------------------------


def required_by(needs: Iterable[Need]) -> tuple[Require, ...]:
    """The clearances that are needed for certain, as terms state them: at every gate that some of the goods need, and
    on a broker's word only where that will do for all.
    """
    found: dict[tuple[str, int], Require] = {}
    for need in needs:
        says = need.says.says
        if need.certain and isinstance(says, NeededClearance):
            pair = need.jurisdiction, says.regime
            before = found.get(pair)
            gates = says.gates | (before.gate if before else 0)
            relay = says.relay and (before is None or before.relay)
            found[pair] = Require(need.jurisdiction.encode(), says.regime, gates, relay)
    return tuple(found[pair] for pair in sorted(found))


def lacks_of(requires: Sequence[Require], needs: Sequence[Need]) -> tuple[Lack, ...]:
    """What the clearances that terms require lack of those that are needed."""
    given = {(_letters(require.jurisdiction), require.regime): require for require in requires}
    found = []
    for wanted in required_by(needs):
        place = _letters(wanted.jurisdiction), wanted.regime
        rules = tuple(
            n.rule for n in needs if n.kind is Kind.CLEARANCE and n.certain and (n.jurisdiction, n.regime) == place
        )
        stated = given.get(place)
        if stated is None:
            found.append(Lack(Lacking.CLEARANCE, *place, wanted.gate, rules))
            continue
        if missing := wanted.gate & ~stated.gate:
            found.append(Lack(Lacking.GATE, *place, missing, rules))
        if stated.relay and not wanted.relay:
            found.append(Lack(Lacking.CUSTOMS_SIGNATURE, *place, 0, rules))
    return tuple(found)


def refused_by(needs: Iterable[Need]) -> Need | None:
    """The first rule that refuses these goods; None where none does for certain."""
    return next((need for need in needs if need.refuses), None)
