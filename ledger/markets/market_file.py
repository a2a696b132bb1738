"""The file of a market: what a jurisdiction asks of goods on their way in, out or through. Strict TOML.

    format = "lading/market/1"
    title = "Atlantis, parcels"
    jurisdiction = "DE"             # as in clearances: ISO 3166-1 alpha-2, or EU
    territory = ["DE"]              # countries that it speaks for; left out, the jurisdiction itself
    union = ["FR", "NL"]            # countries without a customs border to these; left out, none
    version = 1
    currency = "EUR"                # of `over`, `up_to` and `fixed`, in minor units
    offsets = ["+01:00", "+02:00"]  # of its midnights from UTC

    [[source]]                      # public texts, which rules name
    id = "act"
    title = "Act on imports"
    date = 2026-02-18               # of the text; of its reading where it has none
    url = "https://example.org/act"

    [[clearance]]                   # must be released at its gates; `gates = []`: none is needed
    id = "import"
    lane = "import"                 # import, export or transit
    regime = "import"               # of the clearance; left out, that of the lane
    gates = ["delivery"]            # handover, delivery, sale
    relay = true                    # whether a broker's release will do; left out, it will not

    [[paper]]                       # an attestation that the goods need; `needed = false`: not these
    id = "milk-health"
    lane = "import"
    hs = ["0401", "1901.10"]
    schema = "health-certificate"
    about = "lot"                   # product, lot, shipment, consignor, consignee

    [[tax]]
    id = "vat"
    lane = "import"
    tax = "vat"
    rates = [190_000, 70_000]       # ppm of the base, one of which applies; left out, any; or `fixed = 300` instead
    base = ["value", "duty"]        # value, freight, taxes, and `of:duty` for the base of one; left out, not checked
    rounding = "half-up"            # or down, up; left out, half-up

    [[goods]]
    id = "asbestos"
    lane = "import"
    hs = ["2524"]
    standing = "prohibited"         # restricted, licence (then with `schema`), free

Every rule may also have `hs` (prefixes; left out, all goods), `fulfilment` (such as "express"), `over` and `up_to`
(value of the consignment), `from` and `until` (midnights with an offset of the file; until is the first moment at which
it holds no more) and `sources`. Of the rules of one kind (one clearance, one paper, one tax, the standing of the goods)
that of the longest prefix speaks of goods; two that could both speak of one consignment are refused.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ledger.codes import Fulfilment, Gate, Regime
from ledger.common.iso_codes import COUNTRIES, CURRENCIES, CUSTOMS_TERRITORIES
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.periods import FOREVER
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.markets.rules import (
    BASE_OF,
    FREIGHT,
    MOST_HS,
    VALUE,
    About,
    GoodsStanding,
    Lane,
    Market,
    NeededClearance,
    NeededPaper,
    Rounding,
    Rule,
    Says,
    Scope,
    Source,
    Standing,
    TaxRate,
)

FORMAT = "lading/market/1"
MOST_RULES, MOST_BOUNDS, MOST_PREFIXES = 1_000, 16, 2_000
"""Limits of what one consignment may make somebody look at."""
MOST_RATE = 10_000_000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_./-]{0,79}")
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
_DOTS = str.maketrans("", "", ". ")
_COMMON = ("id", "lane")
_SCOPED = ("hs", "fulfilment", "over", "up_to", "from", "until", "sources")
_FULFILMENTS = {"unstated": 0} | {f.name.lower().replace("_", "-"): int(f) for f in Fulfilment}
_GATES = {gate.name.lower(): int(gate) for gate in Gate if gate.name}
_REGIMES = {regime.name.lower().replace("_", "-"): int(regime) for regime in Regime}
_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clearance": (("gates",), ("regime", "relay")),
    "paper": (("schema", "about"), ("needed",)),
    "tax": (("tax",), ("rates", "fixed", "base", "rounding")),
    "goods": (("standing",), ("schema",)),
}


def parse_market(data: bytes) -> Market:
    """The market that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = read_toml(data, "market")
    needed = ("format", "title", "jurisdiction", "version", "currency", "offsets")
    fields_of(table, "", needed, more=("territory", "union", "source", *_KINDS))
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=shown(table["format"]))
    jurisdiction = _one_of(table["jurisdiction"], CUSTOMS_TERRITORIES, "jurisdiction", "ISO 3166-1 alpha-2, or EU")
    own = [jurisdiction] if jurisdiction in COUNTRIES else []
    territory = _countries(table.get("territory", own), "territory", least=1)
    union = _countries(table.get("union", []), "union")
    if both := territory & union:
        raise MalformedRecord("in the territory and in its union", where="union", found=", ".join(sorted(both)))
    sources = _sources(table.get("source", []))
    rules = _rules(table, _offsets(table["offsets"]), frozenset(source.id for source in sources))
    _check_bases(rules)
    _check_single(rules)
    return Market(
        title=text(table["title"], "title", 1, 200),
        jurisdiction=jurisdiction,
        territory=territory,
        union=union,
        version=integer(table["version"], "version", 1),
        currency=_one_of(table["currency"], CURRENCIES, "currency", "ISO 4217"),
        rules=rules,
        sources=sources,
        hash=hashlib.sha256(data).digest(),
    )


def plain_hs(code: str) -> str:
    """A tariff code as digits; empty for one that is none, of which nothing is known."""
    digits = code.translate(_DOTS)
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= MOST_HS else ""


# --- the head of the file ----------------------------------------------------------------------------------------


def _one_of(value: object, known: Any, where: str, expected: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise MalformedRecord("not one that is known", where=where, expected=expected, found=shown(value))
    return value


def _countries(value: object, where: str, least: int = 0) -> frozenset[str]:
    listed = [_one_of(name, COUNTRIES, place, "ISO 3166-1 alpha-2") for place, name in entries(value, where, least)]
    if len(set(listed)) < len(listed):
        raise MalformedRecord("a country twice", where=where)
    return frozenset(listed)


def _offsets(value: object) -> frozenset[timedelta]:
    found = set()
    for place, offset in entries(value, "offsets", 1, 4):
        if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
            raise MalformedRecord("not an offset", where=place, expected="such as +08:00", found=shown(offset))
        sign = -1 if offset[0] == "-" else 1
        found.add(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])))
    return frozenset(found)


def _sources(value: object) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for place, entry in entries(value, "source", 0, 100):
        fields_of(entry, place, ("id", "title", "date", "url"))
        name = _named(entry["id"], f"{place}.id")
        day, url = entry["date"], text(entry["url"], f"{place}.url", 1, 500)
        if not isinstance(day, date) or isinstance(day, datetime):
            raise MalformedRecord("not a day", where=f"{place}.date", expected="such as 2026-02-18", found=shown(day))
        if not url.startswith(("https://", "http://")) or not url.isascii() or not url.isprintable() or " " in url:
            raise MalformedRecord("not an address", where=f"{place}.url", expected="https://…", found=shown(url))
        if name in found:
            raise MalformedRecord("a source twice", where=f"{place}.id", found=name)
        found[name] = Source(name, text(entry["title"], f"{place}.title", 1, 300), day.isoformat(), url)
    return tuple(found.values())


def _named(value: object, where: str, shape: re.Pattern[str] = _ID) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise MalformedRecord("not a name", where=where, expected=f"text such as {shape.pattern}", found=shown(value))
    return value


# --- rules -------------------------------------------------------------------------------------------------------


def _rules(table: Mapping[str, Any], offsets: frozenset[timedelta], sources: frozenset[str]) -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    for kind, (needed, more) in _KINDS.items():
        for place, entry in entries(table.get(kind, []), kind, 0, MOST_RULES):
            fields_of(entry, place, (*_COMMON, *needed), more=(*more, *_SCOPED))
            name = _named(entry["id"], f"{place}.id")
            if name in found:
                raise MalformedRecord("a rule twice", where=f"{place}.id", found=name)
            scope = _scope(entry, place, offsets)
            told = tuple(
                _one_of(source, sources, at, "the id of a source of this file")
                for at, source in entries(entry.get("sources", []), f"{place}.sources", 0, 20)
            )
            found[name] = Rule(name, scope, _says(kind, entry, place, scope.lane), told)
    rules = tuple(found.values())
    bounds = {b for rule in rules for b in (rule.scope.over, rule.scope.up_to) if b is not None and b >= 0}
    for what, count, most in (
        ("rules", len(rules), MOST_RULES),
        ("different bounds of value", len(bounds), MOST_BOUNDS),
        ("prefixes", sum(len(rule.scope.prefixes) for rule in rules), MOST_PREFIXES),
    ):
        if count > most:
            raise MalformedRecord(f"too many {what}", where="market", expected=f"at most {most}", found=count)
    return rules


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
        _FULFILMENTS[_one_of(name, _FULFILMENTS, at, ", ".join(_FULFILMENTS))]
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
    lane = lanes[_one_of(entry["lane"], lanes, f"{place}.lane", ", ".join(lanes))]
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
            regime = _one_of(entry.get("regime", str(lane)), _REGIMES, f"{place}.regime", ", ".join(_REGIMES))
            listed = entries(entry["gates"], f"{place}.gates")
            gates = {_GATES[_one_of(gate, _GATES, at, ", ".join(_GATES))] for at, gate in listed}
            return NeededClearance(_REGIMES[regime], sum(gates), _flag(entry.get("relay", False), f"{place}.relay"))
        case "paper":
            about = About(_one_of(entry["about"], set(About), f"{place}.about", ", ".join(About)))
            schema = _named(entry["schema"], f"{place}.schema", _NAME)
            return NeededPaper(schema, about, _flag(entry.get("needed", True), f"{place}.needed"))
        case "tax":
            return _tax(entry, place)
        case _:
            standing = Standing(_one_of(entry["standing"], set(Standing), f"{place}.standing", ", ".join(Standing)))
            schema = _named(entry["schema"], f"{place}.schema", _NAME) if "schema" in entry else ""
            if bool(schema) != (standing is Standing.LICENCE):
                raise MalformedRecord("a licence, and nothing else, has a schema", where=f"{place}.schema")
            return GoodsStanding(standing, schema)


def _tax(entry: Mapping[str, Any], place: str) -> TaxRate:
    if "fixed" in entry and ("rates" in entry or "base" in entry):
        raise MalformedRecord("a fixed amount has neither rates nor base", where=f"{place}.fixed")
    fixed = integer(entry["fixed"], f"{place}.fixed") if "fixed" in entry else None
    rates = tuple(
        integer(rate, at, 0, MOST_RATE) for at, rate in entries(entry.get("rates", []), f"{place}.rates", 0, 20)
    )
    base = tuple(_part(part, at) for at, part in entries(entry.get("base", []), f"{place}.base", 0, 20))
    if len(set(base)) < len(base) or len(set(rates)) < len(rates):
        raise MalformedRecord("twice the same", where=place)
    name = _named(entry["tax"], f"{place}.tax")
    if name in (VALUE, FREIGHT):
        raise MalformedRecord("not the name of a tax", where=f"{place}.tax", found=name)
    rounding = _one_of(entry.get("rounding", "half-up"), set(Rounding), f"{place}.rounding", ", ".join(Rounding))
    return TaxRate(name, rates, fixed, base, Rounding(rounding))


def _part(value: object, where: str) -> str:
    if isinstance(value, str) and value.startswith(BASE_OF):
        return BASE_OF + _named(value.removeprefix(BASE_OF), where)
    return _named(value, where)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedRecord("not true or false", where=where, found=shown(value))
    return value


# --- rules beside each other -------------------------------------------------------------------------------------


def _check_bases(rules: tuple[Rule, ...]) -> None:
    """A tax is taken on known parts, and on no tax that is taken on it in turn."""
    taken: dict[str, set[str]] = {}
    for rule in rules:
        if isinstance(rule.says, TaxRate):
            parts = {part.removeprefix(BASE_OF) for part in rule.says.base}
            taken.setdefault(rule.says.tax, set()).update(parts)
    for tax, base in taken.items():
        if unknown := sorted(base - taken.keys() - {VALUE, FREIGHT}):
            raise MalformedRecord("taken on a tax that the file does not know", where=tax, found=unknown[0])
        reached, waiting = set[str](), list(base)
        while waiting:
            part = waiting.pop()
            if part == tax:
                raise MalformedRecord("a tax that is taken on itself", where="tax.base", found=tax)
            if part not in reached:
                reached.add(part)
                waiting += taken.get(part, ())


def _check_single(rules: tuple[Rule, ...]) -> None:
    """For one lane, key and prefix at most one rule speaks of any consignment."""
    beside: dict[tuple[Lane, str, str], list[Rule]] = {}
    for rule in rules:
        for prefix in rule.scope.prefixes:
            place = (rule.scope.lane, rule.says.key, prefix)
            others = beside.setdefault(place, [])
            if other := next((one for one in others if one.scope.meets(rule.scope)), None):
                raise MalformedRecord(
                    "two rules speak of the same goods",
                    where=rule.id,
                    expected="other goods, times, values or fulfilment",
                    found=f"{other.id}, for prefix {prefix or 'of all goods'}",
                )
            others.append(rule)
