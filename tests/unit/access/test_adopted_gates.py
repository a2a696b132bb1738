"""Which gates govern which periods: adopted before they began, whole, and the newest of several."""

import hashlib

from ledger.access.adopted_gates import closed_periods, gates_in_force
from ledger.codes import RegistryAction
from ledger.common.periods import DAY
from ledger.registry.history import RecordedAt
from ledger.services.home.score_cards import default_card_text
from tests.unit.access.world import GATES
from tests.unit.registry.test_history import change, history

APRIL, JULY, OCTOBER = 90 * DAY, 181 * DAY, 273 * DAY
NOW = OCTOBER + 40 * DAY
STRICTER = GATES.replace(b"threshold = 800_000", b"threshold = 820_000")


def governed(*files: tuple[bytes, int, int], now: int = NOW) -> list[tuple[int, int]]:
    """The starts of the closed quarters, and the threshold by which each counts; of files (text, start, adopted)."""
    book = history()
    for number, (text, start, adopted) in enumerate(files, 1):
        at = RecordedAt(number, adopted, 0, number)
        change(book, at, RegistryAction.ADOPT_RULES, document=hashlib.sha256(text).digest(), number=start)
    texts = {hashlib.sha256(text).digest(): text for text, *_ in files}
    found = closed_periods(gates_in_force(book.now(now), texts), now)
    return [(period.start, gates.gates["carriers"].threshold) for gates, period in found]


def test_gates_govern_the_quarters_that_begin_after_their_adoption() -> None:
    assert governed((GATES, APRIL, 5)) == [(APRIL, 800_000), (JULY, 800_000)]
    assert governed((GATES, APRIL, APRIL)) == [(JULY, 800_000)], "in the second in which the quarter began"
    assert governed((GATES, 1, APRIL + DAY)) == [(JULY, 800_000)], "however early the start that the council names"


def test_a_stricter_file_changes_nothing_of_what_has_begun() -> None:
    both = governed((GATES, APRIL, 5), (STRICTER, JULY, APRIL + DAY))
    assert both == [(APRIL, 800_000), (JULY, 820_000)]
    assert governed((GATES, APRIL, 5), (STRICTER, APRIL, JULY + DAY)) == [(APRIL, 800_000), (JULY, 800_000)]


def test_a_quarter_closes_once_it_has_settled() -> None:
    assert governed((GATES, APRIL, 5), now=OCTOBER + 30 * DAY - 1) == [(APRIL, 800_000)]


def test_a_scorecard_adopted_later_leaves_the_gates_in_force() -> None:
    assert governed((GATES, APRIL, 5), (default_card_text(), APRIL, 6)) == [(APRIL, 800_000), (JULY, 800_000)]
