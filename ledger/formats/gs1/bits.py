"""Bits to read and to write, in the URI-safe alphabet of base64 without padding bytes: six bits a character."""

from ledger.errors import MalformedRecord

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

LEAST = 8
"""Bits of the shortest identifier."""


def bits_for_digits(count: int) -> int:
    """Bits of any number of so many decimal digits: their number by log 2 of 10, and a hundredth, rounded up."""
    hundredths = (2 * 10 ** (100 * count) - 1).bit_length()
    return -(-hundredths // 100) if count else 0


def bits_for_length(most: int) -> int:
    """Bits of a length of at most so many."""
    return most.bit_length()


class Bits:
    """Reads from the first bit on; raises `MalformedRecord` where fewer are left than asked for."""

    def __init__(self, text: str) -> None:
        """`text` is in the alphabet."""
        self._number = 0
        for character in text:
            self._number = self._number << 6 | ALPHABET.index(character)
        self.left = 6 * len(text)

    def take(self, count: int) -> int:
        if count > self.left:
            raise MalformedRecord("a compressed link that breaks off", where="link", expected=f"{count} more bits")
        self.left -= count
        return self._number >> self.left & (1 << count) - 1

    def ends(self) -> bool:
        """Whether nothing is left but zeros, too few to be another element: what filled up the last character, or, as
        some write a value that was left out, a character more."""
        return self.left < LEAST and self._number & (1 << self.left) - 1 == 0


class BitWriter:
    def __init__(self) -> None:
        self._number, self._count = 0, 0

    def put(self, value: int, count: int) -> None:
        """`value` in so many bits, which it fits in."""
        self._number = self._number << count | value
        self._count += count

    def text(self) -> str:
        """All that was put, with zero bits up to the next whole character."""
        missing = -self._count % 6
        number, characters = self._number << missing, (self._count + missing) // 6
        return "".join(ALPHABET[number >> 6 * i & 63] for i in reversed(range(characters)))
