"""Which scorecard governs a period: the council adopts it by its SHA-256, before the period, with *adopt rules*.

A card governs periods that start at or after the start that the council named, and after the block that recorded its
adoption: so nobody changes the measure of what has begun. Of several the newest governs, and of those from the same
start the one adopted last. Where none governs, Lading's default card is used, and every figure says so.
"""

from dataclasses import dataclass

from ledger.registry import RegistryView

DEFAULT_CARDS = (bytes.fromhex("95aa2303bf709365b55710849a07c589e1387ce654e89e91461cfe40b4677b17"),)
"""SHA-256 of every default card that Lading has shipped, the newest last: old bundles still verify."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A card that the council adopted. It governs periods that start at `since` (seconds UTC) or later."""

    document: bytes
    since: int


def adopted_cards(view: RegistryView) -> list[Adopted]:
    """Every adopted card, by when it starts to govern; the last of two that start together governs."""
    found = [Adopted(document, max(rules.start, rules.adopted_at + 1)) for document, rules in view.adopted_rules()]
    return sorted(found, key=lambda card: card.since)


def governing_card(view: RegistryView, start: int) -> Adopted | None:
    """The adopted card that governs a period from `start`; None where the default is used."""
    return next((card for card in reversed(adopted_cards(view)) if card.since <= start), None)
