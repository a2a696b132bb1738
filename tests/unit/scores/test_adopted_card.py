"""Which scorecard governs a period: adopted by the council, before the period, the newest of those."""

import hashlib

from ledger.codes import RegistryAction
from ledger.registry.adopted_files import Adopted, adopted_files
from ledger.registry.history import RecordedAt, RegistryHistory
from ledger.scores.adopted_card import CARDS, DEFAULT_CARDS, governing_card, passed_over
from ledger.services.home.score_cards import default_card_text
from tests.unit.registry.test_history import change, history

ONE, TWO, THREE = (bytes([i]) * 32 for i in (1, 2, 3))
NOW = 100_000


def adopted(*cards: tuple[bytes, int, int]) -> RegistryHistory:
    """A registry that adopted each (document, start) in a block at the third's time."""
    book = history()
    for number, (document, start, time) in enumerate(cards, 1):
        change(book, RecordedAt(number, time, 0, number), RegistryAction.ADOPT_RULES, document=document, number=start)
    return book


def governs(book: RegistryHistory, start: int) -> bytes | None:
    found = governing_card(book.now(NOW), start)
    return found.document if found else None


def test_a_card_governs_periods_from_its_start_on_and_none_before() -> None:
    book = adopted((ONE, 2000, 1000))
    assert [governs(book, start) for start in (0, 1999, 2000, 9000)] == [None, None, ONE, ONE]


def test_a_card_that_was_adopted_late_governs_what_starts_afterwards_only() -> None:
    """Whatever start the council names, nothing that has begun is measured by it."""
    book = adopted((ONE, 2000, 5000))
    assert [governs(book, start) for start in (2000, 5000, 5001)] == [None, None, ONE]


def test_the_newest_governs_and_of_two_for_one_start_the_last_adopted() -> None:
    book = adopted((ONE, 2000, 1000), (TWO, 4000, 1100), (THREE, 4000, 1200))
    assert [governs(book, start) for start in (2000, 3999, 4000)] == [ONE, ONE, THREE]
    assert adopted_files(book.now(NOW))[-1] == Adopted(THREE, 4000)


def test_a_later_adoption_never_changes_what_governs_a_period_that_has_begun() -> None:
    first = adopted((ONE, 2000, 1000))
    later = adopted((ONE, 2000, 1000), (TWO, 2500, 8000), (THREE, 1, 9000))
    assert all(governs(first, start) == governs(later, start) for start in range(0, 8001, 500))


def test_the_default_card_is_one_that_verifiers_know() -> None:
    """After a change of ledger/scores/cards/default.toml, add its SHA-256 to DEFAULT_CARDS; never take one out."""
    assert hashlib.sha256(default_card_text()).digest() == DEFAULT_CARDS[-1]


def test_another_adopted_file_governs_nothing_once_it_is_shown() -> None:
    """A file that nobody shows is taken for a card: hiding one only ends in no measure, never in another."""
    view = adopted((ONE, 2000, 1000), (TWO, 3000, 1100), (THREE, 4000, 1200)).now(NOW)
    found = governing_card(view, 5000, {THREE})
    assert found is not None
    assert found.document == TWO
    assert governing_card(view, 5000, {THREE, TWO, ONE}) is None
    assert governing_card(view, 5000, {TWO}) == Adopted(THREE, 4000)


def test_only_what_was_adopted_after_the_card_need_be_shown() -> None:
    view = adopted((ONE, 2000, 1000), (TWO, 3000, 1100), (THREE, 4000, 1200)).now(NOW)
    assert passed_over(view, 5000, {ONE, THREE}) == [THREE]
    assert passed_over(view, 5000, {ONE, TWO}) == []
    assert passed_over(view, 3500, {ONE, TWO, THREE}) == [TWO, ONE]


def test_a_file_says_itself_whether_it_is_a_card() -> None:
    assert CARDS.has(default_card_text())
    assert CARDS.has(b'format = "lading/scorecard/1"\ntitle = "wrong otherwise"')
    for text in (b'format = "lading/gates/1"', b"", b"format = 1", b"[[[", b"\xff", b"title = 'lading/scorecard/1'"):
        assert not CARDS.has(text)
