"""Errors carry facts, survive a process boundary, and each has its place in the tree and in the API."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from ledger import errors
from ledger.errors import Busy, Conflict, InconsistentLog, LadingError, NotSealed, TreeView


def every_kind(kind: type[LadingError] = LadingError) -> list[type[LadingError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in every_kind(child))]


def one_of(kind: type[LadingError]) -> LadingError:
    if issubclass(kind, Conflict):
        return kind("two for one place", first="0x01", second="0x02", where="sequence", mend="Look at both.")
    if issubclass(kind, InconsistentLog):
        return kind(
            "two roots", first=TreeView(1, "0x01"), second=TreeView(1, "0x02"), where="anchor", mend="Keep both."
        )
    if issubclass(kind, NotSealed):
        return kind("no seals", code="power", where="block 7", expected="one", found="two", mend="Mend it.")
    if issubclass(kind, Busy):
        return kind("the queue is full", retry_after=7)
    return kind("wrong", where="field", expected="one", found="two", mend="Mend it.")


each_kind = pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.__name__)


@each_kind
def test_errors_pickle_and_copy(kind: type[LadingError]) -> None:
    error = one_of(kind)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301 - our own
        assert type(other) is kind
        assert other.__dict__ == error.__dict__
        assert str(other) == str(error)
        assert other.args == error.args


def raise_one(name: str) -> None:
    raise one_of(getattr(errors, name))


def test_errors_cross_a_process_boundary() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(Conflict) as caught:
            pool.submit(raise_one, "Conflict").result()
        assert (caught.value.first, caught.value.second) == ("0x01", "0x02")


@each_kind
def test_the_sentence_says_where_what_both_sides_and_how_to_mend_it(kind: type[LadingError]) -> None:
    error = one_of(kind)
    text = str(error)
    assert error.what in text
    assert error.where in text
    assert error.expected in text
    assert error.found in text
    assert error.mend in text


def test_the_sentence_without_facts_is_what_went_wrong() -> None:
    assert str(LadingError("wrong")) == "wrong"
    assert str(LadingError("wrong", where="by")) == "by: wrong"
    assert str(LadingError("wrong", expected=0, found=1)) == "wrong (expected 0, found 1)"
    assert str(LadingError("wrong", found="x")) == "wrong (found x)"


def test_the_tree_drawn_on_top_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    for kind in every_kind():
        if kind.__module__ == "ledger.errors":
            assert kind.__name__ in drawn
    for line in drawn.splitlines():
        name = line.strip("│├└─ ").split(" ")[0]
        if name and line[:1] in "│├└L" and name.isidentifier():
            assert issubclass(getattr(errors, name), LadingError)


def test_both_sides_of_a_conflict_are_kept() -> None:
    conflict = one_of(Conflict)
    assert isinstance(conflict, Conflict)
    assert (conflict.expected, conflict.found) == (conflict.first, conflict.second)
    views = one_of(InconsistentLog)
    assert isinstance(views, InconsistentLog)
    assert views.first.root in str(views)
    assert views.second.root in str(views)
