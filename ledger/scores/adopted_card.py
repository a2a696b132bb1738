"""Which scorecard governs a period: the council adopts it by its SHA-256, before the period, with *adopt rules*.

A card governs periods that start at or after the start that the council named, and after the block that recorded its
adoption: so nobody changes the measure of what has begun. Of several the newest governs, and of those from the same
start the one adopted last. Where none governs, Lading's default card is used, and every figure says so.
"""

from dataclasses import dataclass

from ledger.common.figure import Seconds, figure
from ledger.common.ids import to_hex
from ledger.errors import VerificationFailed
from ledger.registry.history import RegistryView
from ledger.scores.card import Card

DEFAULT_CARDS = (bytes.fromhex("95aa2303bf709365b55710849a07c589e1387ce654e89e91461cfe40b4677b17"),)
"""SHA-256 of every default card that Lading has shipped, the newest last: old bundles still verify."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A card that the council adopted. It governs periods that start at `since` (seconds UTC) or later."""

    document: bytes
    since: int


def adopted_cards(view: RegistryView) -> list[Adopted]:
    """Every adopted card, by when it starts to govern; the last of two that start together governs."""
    result = [Adopted(document, max(rules.start, rules.adopted_at + 1)) for document, rules in view.adopted_rules()]
    return sorted(result, key=lambda card: card.since)


def governing_card(view: RegistryView, start: int) -> Adopted | None:
    """The adopted card that governs a period from `start`; None where the default is used."""
    return next((card for card in reversed(adopted_cards(view)) if card.since <= start), None)


@figure(("card", "card.hash"), "adopted", "since")
@dataclass(frozen=True, slots=True)
class Measure:
    """The card that governs a period. `since`: from when on, as the council adopted it; None for the default."""

    card: Card
    since: Seconds | None

    @property
    def adopted(self) -> bool:
        return self.since is not None


def measure_by(card: Card, view: RegistryView, start: int) -> Measure:
    """`card` as the measure of a period from `start`; raises `VerificationFailed` unless it governs that period."""
    adopted = governing_card(view, start)
    if adopted is not None and adopted.document == card.hash:
        return Measure(card, adopted.since)
    if adopted is None and card.hash in DEFAULT_CARDS:
        return Measure(card, None)
    expected = to_hex(adopted.document) if adopted else "Lading's default: none was adopted"
    raise VerificationFailed(
        "not the scorecard that governs the period", where="card", expected=expected, found=to_hex(card.hash)
    )
