"""Messages are read only as they would be written."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotSealed
from ledger.seals.protobuf import (
    Kind,
    bytes_field,
    fixed64_field,
    integer_field,
    message_field,
    read_message,
    read_varint,
    timestamp,
    varint,
)

KINDS = {1: Kind.INTEGER, 2: Kind.BYTES, 3: Kind.REPEATED, 17: Kind.INTEGER}
numbers = st.integers(1, 2**64 - 1)


@given(numbers, st.binary(min_size=1), st.lists(st.binary()), numbers)
def test_what_is_written_is_read(one: int, two: bytes, three: list[bytes], seventeen: int) -> None:
    data = integer_field(1, one) + bytes_field(2, two) + b"".join(message_field(3, body) for body in three)
    expected = {1: one, 2: two, 17: seventeen} | ({3: three} if three else {})
    assert read_message(data + integer_field(17, seventeen), KINDS, "here") == expected


@st.composite
def nearly_messages(draw: st.DrawFn) -> bytes:
    """A message as it is written, in which a byte may be another one."""
    data = integer_field(1, draw(numbers)) + bytes_field(2, draw(st.binary(min_size=1, max_size=9)))
    data += b"".join(message_field(3, part) for part in draw(st.lists(st.binary(max_size=5), max_size=3)))
    place = draw(st.integers(0, 2 * len(data)))
    return data[:place] + bytes([draw(st.integers(0, 255))]) + data[place + 1 :] if place < len(data) else data


def test_whatever_is_read_is_written_the_same() -> None:
    results: Counter[bool] = Counter()

    @given(st.binary(max_size=40) | nearly_messages())
    def any_bytes(data: bytes) -> None:
        fields = {}
        with suppress(NotSealed):
            fields = read_message(data, KINDS, "here")
        body = integer_field(1, fields.get(1, 0)) + bytes_field(2, fields.get(2, b""))
        body += b"".join(message_field(3, part) for part in fields.get(3, [])) + integer_field(17, fields.get(17, 0))
        assert body == (data if fields else b"")
        results[bool(fields)] += 1

    any_bytes()
    assert min(results[True], results[False]) >= 10, results


@given(st.integers(0, 2**64 - 1))
def test_numbers_come_back(value: int) -> None:
    assert read_varint(b"\x80" + varint(value), 1, "here") == (value, 1 + len(varint(value)))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x08\x80\x00", "fewest bytes"),
        (b"\x88\x00\x01", "fewest bytes"),
        (b"\x08" + b"\xff" * 9 + b"\x7f", "fewest bytes"),
        (b"\x08\x80", "ends within a number"),
        (b"\x12\x05abc", "longer than its message"),
        (b"\x08\x00", "without a value"),
        (b"\x12\x00", "without a value"),
        (b"\x08\x01\x08\x01", "do not ascend"),
        (b"\x12\x01a\x08\x01", "do not ascend"),
        (b"\x20\x01", "does not have"),
        (b"\x09" + bytes(8), "does not have"),
        (b"\x0a\x01a", "does not have"),
        (b"\x10\x01", "does not have"),
    ],
)
def test_every_other_encoding_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(NotSealed, match=what):
        read_message(data, KINDS, "here")


def test_zero_and_empty_are_left_out_but_messages_are_not() -> None:
    assert integer_field(1, 0) + bytes_field(2, b"") + fixed64_field(3, 0) + timestamp(0, 0) == b""
    assert message_field(4, b"") == b"\x22\x00"
    assert fixed64_field(2, 1) == b"\x11\x01" + bytes(7)
