"""Scorecards at hand: the one that ships with Lading, and those that were kept here to be adopted by their hash."""

from importlib import resources

from ledger.errors import NotFound
from ledger.ids import to_hex
from ledger.registry import RegistryView
from ledger.score_card import Card, parse_card
from ledger.store import meta
from ledger.store.database import Connection


def default_card_text() -> bytes:
    """The file byte for byte: its SHA-256 is what rules and the registry name."""
    return (resources.files("ledger") / "cards" / "default.toml").read_bytes()


def default_card() -> Card:
    return parse_card(default_card_text())


def keep_card(connection: Connection, text: bytes) -> bytes:
    """Keep a scorecard under its SHA-256, which it returns. Raises `MalformedRecord` for a file that is none."""
    card = parse_card(text)
    meta.put_new(connection, _name(card.hash), text.decode())
    return card.hash


def card_text(connection: Connection, wanted: bytes) -> bytes:
    """The scorecard with this SHA-256; raises `NotFound` when it was not kept here."""
    if wanted == default_card().hash:
        return default_card_text()
    text = meta.get(connection, _name(wanted))
    if text is None:
        raise NotFound(
            "this scorecard is not kept here",
            where="card",
            found=to_hex(wanted),
            mend="Keep its file, byte for byte: lading scores card keep FILE",
        )
    return text.encode()


def governing_card(connection: Connection, view: RegistryView, start: int) -> bytes:
    """The scorecard that governs a period from `start`: of those that the council adopted for this or an earlier
    start, before that start, and that are kept here, the newest; without any, the one that ships with Lading.
    """
    adopted = sorted(
        ((rules.start, rules.adopted_at, document) for document, rules in view.adopted_rules()), reverse=True
    )
    for since, adopted_at, document in adopted:
        text = meta.get(connection, _name(document))
        if since <= start and adopted_at <= since and text is not None:
            return text.encode()
    return default_card_text()


def _name(document: bytes) -> str:
    return f"card/{to_hex(document)}"
