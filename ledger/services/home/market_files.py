"""Files of markets at hand: those that were kept here to be adopted by their hash."""

from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, NotFound
from ledger.markets.adopted_markets import AdoptedMarket, adopted_markets
from ledger.markets.market_file import parse_market
from ledger.markets.rules import Market
from ledger.registry.history import RegistryView
from ledger.services.home import kept_rules
from ledger.store.database import Connection

HOW_TO_KEEP = "Keep its file here, byte for byte: lading market keep FILE"


def keep_market(connection: Connection, text: bytes) -> Market:
    """Keep a market's file under its SHA-256. Raises `MalformedRecord` for a file that is none."""
    market = parse_market(text)
    kept_rules.keep(connection, market.hash, text)
    return market


def market_text(connection: Connection, wanted: bytes) -> bytes:
    """The file with this SHA-256; raises `NotFound` when it was not kept here, or is no market's."""
    try:
        text = kept_rules.kept(connection, wanted)
        parse_market(text)
    except (NotFound, MalformedRecord):
        raise NotFound(
            "no market's file with this hash is kept here", where="market", found=to_hex(wanted), mend=HOW_TO_KEEP
        ) from None
    return text


def markets_in(connection: Connection, view: RegistryView) -> tuple[AdoptedMarket, ...]:
    """The adopted files of markets that are kept here, by when they come into force."""
    if next(view.adopted_rules(), None) is None:
        return ()
    return adopted_markets(view, kept_rules.kept_others(connection, view))
