"""The one family of readers of parsed JSON: what each takes, and what its error names."""

from collections.abc import Callable

import pytest

from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, items, shown, text, wide_integer
from ledger.errors import MalformedRecord

NAMES = ("one", "two")
HEX = "as 0x and lower-case hex"


def test_what_fits_is_taken() -> None:
    assert fields_of({"one": 1, "two": 2}, "a", NAMES) == {"one": 1, "two": 2}
    assert fields_of({"one": 1, "three": 3}, "a", ("one",), more=("two", "three")) == {"one": 1, "three": 3}
    assert [text("", "a"), text("ab", "a", 2, 2)] == ["", "ab"]
    assert [integer(0, "a"), integer(2**53 - 1, "a"), integer(-1, "a", -1, 1)] == [0, 2**53 - 1, -1]
    assert [wide_integer("0", "a", 64), wide_integer(str(2**128 - 1), "a", 128)] == [0, 2**128 - 1]
    assert [hex_bytes("0x", "a"), hex_bytes("0xab01", "a"), hex_bytes("0xab", "a", 1)] == [b"", b"\xab\x01", b"\xab"]
    assert items([], "a") == []
    assert entries([7, 8], "a.b", 2, 2) == [("a.b[0]", 7), ("a.b[1]", 8)]


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda v: fields_of(v, "a", NAMES), [], "a: not an object (expected an object with one, two, found [])"),
        (lambda v: fields_of(v, "a", NAMES), None, "a: not an object (expected an object with one, two, found None)"),
        (lambda v: fields_of(v, "a", NAMES), {"one": 1}, "a.two: missing field (expected one, two)"),
        (lambda v: fields_of(v, "", NAMES), {"one": 1}, "two: missing field (expected one, two)"),
        (lambda v: fields_of(v, "a", NAMES), {"one": 1, "too": 2}, "a.too: unknown field (expected one, two)"),
        (lambda v: fields_of(v, "a", NAMES), {"one": 1, "two": 2, "x": 3}, "a.x: unknown field (expected one, two)"),
        (lambda v: text(v, "a"), 7, "a: not a text (expected a string, found 7)"),
        (lambda v: text(v, "a", 1, 3), "", "a: not a text of this length (expected 1 to 3 characters, found 0)"),
        (lambda v: text(v, "a", 1, 3), "abcd", "a: not a text of this length (expected 1 to 3 characters, found 4)"),
        (lambda v: integer(v, "a", 0, 9), True, "a: not an integer (expected 0 to 9, found True)"),
        (lambda v: integer(v, "a", 0, 9), "7", "a: not an integer (expected 0 to 9, found '7')"),
        (lambda v: integer(v, "a", 0, 9), 0.0, "a: not an integer (expected 0 to 9, found 0.0)"),
        (lambda v: integer(v, "a", 0, 9), 10, "a: not in range (expected 0 to 9, found 10)"),
        (lambda v: integer(v, "a", 1, 9), 0, "a: not in range (expected 1 to 9, found 0)"),
        (lambda v: hex_bytes(v, "a", 1), "ab", f"a: not lower-case hex (expected 1 bytes {HEX}, found 'ab')"),
        (lambda v: hex_bytes(v, "a", 1), "0xAB", f"a: not lower-case hex (expected 1 bytes {HEX}, found '0xAB')"),
        (lambda v: hex_bytes(v, "a"), "0xabc", f"a: not lower-case hex (expected bytes {HEX}, found '0xabc')"),
        (lambda v: hex_bytes(v, "a", 2), "0xab", f"a: wrong length (expected 2 bytes {HEX}, found 1 bytes)"),
        (lambda v: hex_bytes(v, "a", 2), "0xab\n", f"a: not lower-case hex (expected 2 bytes {HEX}, found '0xab\\n')"),
        (lambda v: items(v, "a"), {}, "a: not a list (expected a list, found {})"),
        (lambda v: items(v, "a", 1), [], "a: wrong number of entries (expected 1 or more, found 0)"),
        (lambda v: entries(v, "a", 0, 1), [1, 2], "a: wrong number of entries (expected 0 to 1, found 2)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(read: Callable[[object], object], value: object, message: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        read(value)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [1, "", "01", "+1", "-1", "1.0", "0x1", "1\n", "9" * 41, "٣", str(2**64), None])
def test_wide_integers_have_one_spelling(value: object) -> None:
    with pytest.raises(MalformedRecord) as caught:
        wide_integer(value, "a", 64)
    assert caught.value.expected == "uint64 as a decimal string"


def test_what_was_found_is_cut_off() -> None:
    assert shown("a" * 100) == "'" + "a" * 76 + "…"
