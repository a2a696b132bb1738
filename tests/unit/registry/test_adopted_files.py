"""Files that the council adopts tell themselves of which kind they are."""

from importlib import resources

import pytest

from ledger.access.adopted_gates import GATES
from ledger.codes import RegistryAction
from ledger.markets.adopted_markets import MARKETS
from ledger.registry.adopted_files import Adopted, FileKind, adopted_of
from ledger.registry.history import RecordedAt
from ledger.scores.adopted_card import CARDS
from tests.unit.registry.test_history import change, history

KINDS = (CARDS, GATES, MARKETS)
FILES = {
    CARDS.name: resources.files("ledger.scores") / "cards" / "default.toml",
    GATES.name: resources.files("ledger.access") / "gates" / "example.toml",
    MARKETS.name: resources.files("ledger.markets") / "profiles" / "germany-e-commerce.toml",
}
TEXTS = {name: file.read_bytes() for name, file in FILES.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_is_of_one_kind_and_is_parsed_as_it(kind: FileKind) -> None:  # type: ignore[type-arg]
    assert [other.name for other in KINDS if other.has(TEXTS[kind.name])] == [kind.name]
    assert kind.parse(TEXTS[kind.name]).title


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[[[",
        b"\xff",
        b"format = 1",
        b"a = " + b"[" * 30_000,
        b'format = "lading/scorecard/1"\nn = ' + b"9" * 5_000,  # longer than Python prints
        b'format = "lading/gates/1"\n#' + b"x" * 70_000,
        b'title = "lading/market/1"',
    ],
    ids=["empty", "no-toml", "no-text", "number", "deep", "long-number", "long", "no-format"],
)
def test_what_is_no_such_file_is_of_no_kind_and_is_no_crash(text: bytes) -> None:
    assert not any(kind.has(text) for kind in KINDS)


def test_those_of_a_kind_come_in_the_order_in_which_they_govern() -> None:
    book = history()
    first, second, card = (bytes([i]) * 32 for i in (1, 2, 3))
    for number, (document, start) in enumerate(((second, 5_000), (first, 4_000), (card, 4_500)), 1):
        at = RecordedAt(number, 1_000, 0, number)
        change(book, at, RegistryAction.ADOPT_RULES, document=document, number=start)
    texts = {first: TEXTS["gates"], second: TEXTS["gates"], card: TEXTS["scorecard"]}
    view = book.now(100_000)
    assert [one for one, _ in adopted_of(GATES, view, texts)] == [Adopted(first, 4_000), Adopted(second, 5_000)]
    assert [one for one, _ in adopted_of(MARKETS, view, texts)] == []
