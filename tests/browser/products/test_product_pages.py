"""What a browser says of a product: honest pages get their verdict, every altered answer a plain no."""

import json
from collections.abc import Callable

import pytest

from tests.browser.lies import Edit, text_of
from tests.browser.mutations import MUTATIONS
from tests.browser.reading import Reader, Shown
from tests.browser.shelf import (
    AUTHENTIC,
    AUTHENTIC_ITEM,
    BY_DEVICE,
    EXPIRED,
    LICENSED,
    LISTED,
    OTHERS,
    RECALLED,
    REVOKED,
    SOME_ATTESTED,
    SOME_RECALLED,
    UNKNOWN,
    WARNED,
    Shelf,
)

pytestmark = pytest.mark.browser
BUNDLE = "/v1/products/bundle/"
ALWAYS = ["trust", "memory", "elsewhere"]
"""What a first visit cannot check, and says so."""


def edited(edit: Edit, shelf: Shelf) -> Callable[[str], str]:
    def change(text: str) -> str:
        bundle = json.loads(text)
        edit(bundle, shelf)
        return text_of(bundle)

    return change


def is_a_no(shown: Shown, step: str) -> bool:
    """A plain no that stands where the green would."""
    return (shown.verdict, shown.heading, shown.refused, shown.errors) == ("refused", "No", [step], [])


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (AUTHENTIC, "authentic"), (AUTHENTIC_ITEM, "authentic"),
        (LICENSED, "authentic"), (LISTED, "authentic"), (BY_DEVICE, "authentic"),
        (RECALLED, "recalled"), (WARNED, "recalled"), (REVOKED, "revoked"), (EXPIRED, "expired"),
        (OTHERS, "unknown"), (UNKNOWN, "unknown"), (SOME_RECALLED, "incomplete"),
    ],
)  # fmt: skip
def test_honest_pages_get_their_verdict(reader: Reader, shelf: Shelf, path: str, verdict: str) -> None:
    """The same test as for the lies, with nothing altered: the check can say both."""
    shown = reader.open(path, alter={BUNDLE: edited(lambda _bundle, _shelf: None, shelf)})
    assert (shown.verdict, shown.refused, shown.unchecked, shown.errors) == (verdict, [], ALWAYS, []), shown.text


def test_that_lots_are_attested_is_called_the_services_word(reader: Reader, shelf: Shelf) -> None:
    """A bundle holds what covers the code, not the hundred thousand lots below it."""
    shown = reader.open(SOME_ATTESTED)
    assert (shown.verdict, shown.refused, shown.unchecked) == ("incomplete", [], [*ALWAYS, "asks"])


@pytest.mark.parametrize("name", MUTATIONS)
def test_an_answer_altered_on_its_way_is_a_no(reader: Reader, shelf: Shelf, name: str) -> None:
    path, step, edit = MUTATIONS[name]
    shown = reader.open(path, alter={BUNDLE: edited(edit, shelf)})
    assert is_a_no(shown, step), (shown.verdict, shown.refused, shown.errors, shown.text)
