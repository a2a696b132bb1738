"""Which scorecard governs a period: the council adopts it by its SHA-256, before the period, with *adopt rules*.

As every adopted file (`ledger.registry.adopted_files`), but that a file is taken for a card unless it is shown to be
none. Where none governs, Lading's default card is used, and every figure says so.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ledger.common.figure import Seconds, figure
from ledger.common.ids import to_hex
from ledger.errors import VerificationFailed
from ledger.registry.adopted_files import Adopted, FileKind, adopted_files
from ledger.registry.history import RegistryView
from ledger.scores.card import Card, parse_card

DEFAULT_CARDS = (bytes.fromhex("95aa2303bf709365b55710849a07c589e1387ce654e89e91461cfe40b4677b17"),)
"""SHA-256 of every default card that Lading has shipped, the newest last: old bundles still verify."""
CARDS = FileKind("scorecard", "lading/scorecard/", "lading scores card", parse_card, DEFAULT_CARDS[-1:])


def governing_card(view: RegistryView, start: int, others: Collection[bytes] = ()) -> Adopted | None:
    """The adopted card that governs a period from `start`; None where the default is used. `others`: hashes of adopted
    files that are shown to be no cards.
    """
    return next((adopted for adopted in _newest_first(view, start) if adopted.document not in others), None)


def passed_over(view: RegistryView, start: int, others: Collection[bytes]) -> list[bytes]:
    """Those of `others` that one must be shown to see which card governs: adopted to govern after it did."""
    result = []
    for adopted in _newest_first(view, start):
        if adopted.document not in others:
            break
        result.append(adopted.document)
    return result


def _newest_first(view: RegistryView, start: int) -> Iterator[Adopted]:
    return (adopted for adopted in reversed(adopted_files(view)) if adopted.since <= start)


@figure(("card", "card.hash"), "adopted", "since")
@dataclass(frozen=True, slots=True)
class Measure:
    """The card that governs a period. `since`: from when on, as the council adopted it; None for the default."""

    card: Card
    since: Seconds | None

    @property
    def adopted(self) -> bool:
        return self.since is not None


def measure_by(card: Card, view: RegistryView, start: int, others: Collection[bytes] = ()) -> Measure:
    """`card` as the measure of a period from `start`; raises `VerificationFailed` unless it governs that period.

    `others` as in `governing_card`.
    """
    adopted = governing_card(view, start, others)
    if adopted is not None and adopted.document == card.hash:
        return Measure(card, adopted.since)
    if adopted is None and card.hash in DEFAULT_CARDS:
        return Measure(card, None)
    expected = to_hex(adopted.document) if adopted else "Lading's default: none was adopted"
    raise VerificationFailed(
        "not the scorecard that governs the period", where="card", expected=expected, found=to_hex(card.hash)
    )
