"""One-time codes: those under a scratch layer, in an attestation's `itemCodes`, with at least 64 random bits.

A printed code is read by many people, so that looks at it say nothing. A code under a scratch layer is read once, by
whoever opened the goods, and nobody can guess it: a second reader more than a day later had it from somewhere else.
"""

import string
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from ledger.common.periods import DAY

RANDOM_BITS = 64
FIRST_HANDS = DAY
"""Seconds after the first look in which further devices are taken for those of the same hands: a household's phones."""
MANY_DEVICES = 5
MANY_WITHIN = 30 * DAY
"""From `MANY_DEVICES` devices within so many seconds on, the answer says in a note that a code was looked at."""

_ALPHABETS = (
    string.digits,
    string.digits + "abcdef",
    string.digits + "ABCDEF",
    string.digits + string.ascii_lowercase,
    string.digits + string.ascii_uppercase,
    string.digits + string.ascii_letters,
    "!\"%&'()*+,-./" + string.digits + ":;<=>?" + string.ascii_uppercase + "_" + string.ascii_lowercase,
)
"""The last is GS1's character set 82, of which a serial may be made."""
_CHANCE_BITS = 20


@dataclass(frozen=True, slots=True)
class Looks:
    """Who looked at one item's code, as a count of devices. Times are UTC seconds, 0 for never.

    `first`: the first look of all. `newcomer`: the first look of the first device that came more than `FIRST_HANDS`
    after it. `own`: the first look of the device that asks now. `devices`: how many looked in the last `MANY_WITHIN`.
    """

    first: int = 0
    newcomer: int = 0
    own: int = 0
    devices: int = 0

    def in_other_hands(self, now: int) -> bool:
        """Whether a second device looked, or looks now, more than `FIRST_HANDS` after the first."""
        if self.newcomer:
            return True
        return bool(self.first) and not self.own and now > self.first + FIRST_HANDS


NO_LOOKS = Looks()


def are_one_time(serials: Collection[str]) -> bool:
    """Whether the serials of one list can be codes of at least `RANDOM_BITS` random bits each.

    That a code was drawn at random cannot be proved, but a list that was not shows it: the serials are too short for so
    many bits, or two of them stand closer than random ones do but once in 2^20 lists, as serials that count up do.
    """
    lengths = {len(serial) for serial in serials}
    characters = set().union(*serials)
    alphabet = next((each for each in _ALPHABETS if characters <= set(each)), "")
    if len(lengths) != 1 or not alphabet or len(alphabet) ** lengths.pop() < 1 << RANDOM_BITS:
        return False
    value = {character: place for place, character in enumerate(alphabet)}
    numbers: list[int] = []
    for serial in serials:
        number = 0
        for character in serial:
            number = number * len(alphabet) + value[character]
        numbers.append(number)
    closest: int = min((later - earlier for earlier, later in pairwise(sorted(numbers))), default=1 << RANDOM_BITS)
    return closest * len(numbers) ** 2 >= 1 << RANDOM_BITS - _CHANCE_BITS
