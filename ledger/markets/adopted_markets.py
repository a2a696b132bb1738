"""Which version of a market's rules is in force: the council adopts a file by its SHA-256, before it begins.

The file that began last governs its jurisdiction, whole, of two that begin together the one adopted last: a new version
replaces the old one. Terms are judged by the version in force when they were opened, so nobody changes the rules of
what is open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ledger.errors import MalformedRecord
from ledger.markets.market_file import MOST_BYTES, parse_market
from ledger.markets.rules import Market
from ledger.registry.adopted_files import FileKind, adopted_of
from ledger.registry.history import RegistryView

MARKETS = FileKind("market", "lading/market/", "lading market", parse_market, most=MOST_BYTES)


@dataclass(frozen=True, slots=True)
class AdoptedMarket:
    """A market's file, and the second (UTC) from which on it is in force."""

    market: Market
    since: int


def adopted_markets(view: RegistryView, texts: Mapping[bytes, bytes]) -> tuple[AdoptedMarket, ...]:
    """The adopted files of markets among `texts` (files by SHA-256), by when they come into force. One that says that
    it is a market's and is not well made governs nothing.
    """
    found = ((_market(text), adopted.since) for adopted, text in adopted_of(MARKETS, view, texts))
    return tuple(AdoptedMarket(market, since) for market, since in found if market is not None)


@lru_cache(16)
def _market(text: bytes) -> Market | None:
    try:
        return parse_market(text)
    except MalformedRecord:
        return None


def in_force(adopted: Iterable[AdoptedMarket], at: int) -> tuple[AdoptedMarket, ...]:
    """The version in force at `at` of each jurisdiction, by its code."""
    newest = {one.market.jurisdiction: one for one in adopted if one.since <= at}
    return tuple(newest[code] for code in sorted(newest))


def coming(adopted: Iterable[AdoptedMarket], now: int) -> tuple[AdoptedMarket, ...]:
    """The versions that are adopted and not in force yet."""
    return tuple(one for one in adopted if one.since > now)
