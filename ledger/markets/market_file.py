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
    regime = "import"               # of the clearance that states it; left out, that of the lane
    rates = [190_000, 70_000]       # ppm of the base, one of which applies; left out, any; or `fixed = 300` instead
    base = ["value", "duty"]        # value, freight, taxes, and `of:duty` for the base of one; left out, not checked
    base_at_least = true            # the base may hold more than these; left out, it is exactly these
    rounding = "half-up"            # or down, up; left out, half-up

    [[tax]]                         # many rates by tariff code, each a rule of its own: duty-950300, duty-61
    id = "duty"
    lane = "import"
    tax = "duty"
    [tax.tariff]                    # instead of `hs` and `rates`
    "9503.00" = [47_000, 0]
    "61" = 120_000

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
from datetime import date, datetime

from ledger.common.iso_codes import COUNTRIES, CURRENCIES, CUSTOMS_TERRITORIES
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.markets.rule_conflicts import check_bases, check_single
from ledger.markets.rule_entries import KINDS, named, offsets_of, one_of, rules_of
from ledger.markets.rules import Market, Source

FORMAT = "lading/market/1"
MOST_BYTES = 1 << 20
"""Room for a tariff of ten thousand codes."""


def parse_market(data: bytes) -> Market:
    """The market that the file `data` states. Raises `MalformedRecord` naming the key."""
    table = read_toml(data, "market", MOST_BYTES)
    needed = ("format", "title", "jurisdiction", "version", "currency", "offsets")
    fields_of(table, "", needed, more=("territory", "union", "source", *KINDS))
    if table["format"] != FORMAT:
        raise MalformedRecord("unknown format", where="format", expected=FORMAT, found=shown(table["format"]))
    jurisdiction = one_of(table["jurisdiction"], CUSTOMS_TERRITORIES, "jurisdiction", "ISO 3166-1 alpha-2, or EU")
    own = [jurisdiction] if jurisdiction in COUNTRIES else []
    territory = _countries(table.get("territory", own), "territory", least=1)
    union = _countries(table.get("union", []), "union")
    if both := territory & union:
        raise MalformedRecord("in the territory and in its union", where="union", found=", ".join(sorted(both)))
    sources = _sources(table.get("source", []))
    rules = rules_of(table, offsets_of(table["offsets"]), frozenset(source.id for source in sources))
    check_bases(rules)
    check_single(rules)
    return Market(
        title=text(table["title"], "title", 1, 200),
        jurisdiction=jurisdiction,
        territory=territory,
        union=union,
        version=integer(table["version"], "version", 1),
        currency=one_of(table["currency"], CURRENCIES, "currency", "ISO 4217"),
        rules=rules,
        sources=sources,
        hash=hashlib.sha256(data).digest(),
    )


# --- the head of the file ----------------------------------------------------------------------------------------


def _countries(value: object, where: str, least: int = 0) -> frozenset[str]:
    listed = [one_of(name, COUNTRIES, place, "ISO 3166-1 alpha-2") for place, name in entries(value, where, least)]
    if len(set(listed)) < len(listed):
        raise MalformedRecord("a country twice", where=where)
    return frozenset(listed)


def _sources(value: object) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for place, entry in entries(value, "source", 0, 100):
        fields_of(entry, place, ("id", "title", "date", "url"))
        name = named(entry["id"], f"{place}.id")
        day, url = entry["date"], text(entry["url"], f"{place}.url", 1, 500)
        if not isinstance(day, date) or isinstance(day, datetime):
            raise MalformedRecord("not a day", where=f"{place}.date", expected="such as 2026-02-18", found=shown(day))
        if not url.startswith(("https://", "http://")) or not url.isascii() or not url.isprintable() or " " in url:
            raise MalformedRecord("not an address", where=f"{place}.url", expected="https://…", found=shown(url))
        if name in found:
            raise MalformedRecord("a source twice", where=f"{place}.id", found=name)
        found[name] = Source(name, text(entry["title"], f"{place}.title", 1, 300), day.isoformat(), url)
    return tuple(found.values())
