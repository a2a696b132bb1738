"""Scorecards at hand: those that ship with Lading, and the one that governs a period by what the council adopted."""

from importlib import resources

from ledger.common.ids import to_hex
from ledger.errors import Misconfigured, NotFound
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import CARDS, Measure, governing_card
from ledger.scores.card import Card, parse_card
from ledger.services.home import kept_rules
from ledger.store.database import Connection


def default_card_text() -> bytes:
    """The file byte for byte: its SHA-256 is what rules and the registry name."""
    return (resources.files("ledger.scores") / "cards" / "default.toml").read_bytes()


def shipped_cards() -> dict[str, bytes]:
    """The files of all cards that Lading ships, by name. Only the default counts without being adopted."""
    files = (resources.files("ledger.scores") / "cards").iterdir()
    return {file.name.removesuffix(".toml"): file.read_bytes() for file in files if file.name.endswith(".toml")}


def default_card() -> Card:
    return parse_card(default_card_text())


def card_text(connection: Connection, wanted: bytes) -> bytes:
    """The scorecard with this SHA-256; raises `NotFound` when it was not kept here."""
    return default_card_text() if wanted == default_card().hash else kept_rules.kept(connection, CARDS, wanted)


def measure_for(connection: Connection, view: RegistryView, start: int | None) -> Measure:
    """The card that governs a period from `start` (None: a period that starts now).

    Raises `Misconfigured` when the council adopted a card whose file was never kept here: a score by another card would
    pass for the one that everybody agreed on.
    """
    others = kept_rules.kept_others(connection, view)
    adopted = governing_card(view, view.time if start is None else start, others)
    if adopted is None:
        return Measure(default_card(), None)
    try:
        return Measure(parse_card(card_text(connection, adopted.document)), adopted.since)
    except NotFound as error:
        raise Misconfigured(
            "the council adopted a scorecard that is not kept here",
            where="card",
            expected=to_hex(adopted.document),
            mend=error.mend,
        ) from None
