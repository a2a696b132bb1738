"""Which lists of codes can be one-time codes: nobody may guess one from another."""

import random

import pytest

from ledger.products.one_time_codes import are_one_time

DIGITS, HEX, SMALL = "0123456789", "0123456789abcdef", "0123456789abcdefghijklmnopqrstuvwxyz"
BOTH = SMALL + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def drawn(alphabet: str, length: int, count: int) -> list[str]:
    source = random.Random(7)
    return ["".join(source.choice(alphabet) for _ in range(length)) for _ in range(count)]


@pytest.mark.parametrize(("alphabet", "length"), [(DIGITS, 20), (HEX, 16), (SMALL, 13), (BOTH, 11)])
@pytest.mark.parametrize("count", [2, 1000])
def test_64_random_bits_are_enough_and_one_character_less_is_not(alphabet: str, length: int, count: int) -> None:
    assert are_one_time(drawn(alphabet, length, count))
    assert not are_one_time(drawn(alphabet, length - 1, count))


@pytest.mark.parametrize(
    "serials",
    [
        [],
        [""],
        ["000007"],
        [f"{number:020}" for number in range(1000)],  # long, and counting up
        [f"{1000 * number:020}" for number in range(1000)],
        [f"A7Q2-LOT26-{serial}" for serial in drawn(DIGITS, 9, 1000)],  # random, in 30 bits of it only
        ["k3J9xT0aQz7", "k3J9xT0aQz7m"],  # of two lengths: not drawn alike
        ["schlüssel-12"],
    ],
    ids=["none", "empty", "short", "counting", "by thousands", "30 bits", "two lengths", "not GS1"],
)
def test_a_list_from_which_the_next_code_can_be_guessed_holds_no_one_time_codes(serials: list[str]) -> None:
    assert not are_one_time(serials)


def test_a_hundred_thousand_random_codes_are_one_time_codes() -> None:
    assert are_one_time(drawn(HEX, 16, 100_000))
