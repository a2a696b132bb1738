"""The scorecard that ships with Lading; the council adopts it, or another, by its hash."""

from importlib import resources

from ledger.score_card import Card, parse_card


def default_card_text() -> bytes:
    """The file byte for byte: its SHA-256 is what rules and the registry name."""
    return (resources.files("ledger") / "cards" / "default.toml").read_bytes()


def default_card() -> Card:
    return parse_card(default_card_text())
