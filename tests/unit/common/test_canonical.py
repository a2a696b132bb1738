"""RFC 8785 out; on the way in, nothing that two programs could read differently."""

import json
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.common.canonical import (
    MAX_DEPTH,
    MAX_SIZE,
    canonical_json,
    check_depth,
    parse_json,
    wide_as_text,
    without_mark,
)
from ledger.errors import MalformedRecord

integers = st.integers(-(2**53 - 1), 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300)
@given(values)
def test_what_is_printed_is_read_and_printed_again(value: object) -> None:
    text = canonical_json(value)
    assert parse_json(text) == value
    assert canonical_json(parse_json(text)) == text
    assert json.loads(text) == value


def test_the_example_of_rfc_8785_without_its_floats() -> None:
    """Section 3.2.3: keys sort by their UTF-16 code units, not by code points."""
    text = canonical_json(
        {
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew",
            "1": "One",
            "\U0001f600": "Emoji",
            "\u0080": "C",
            "ö": "o",
        }
    )
    assert list(json.loads(text)) == ["\r", "1", "\u0080", "ö", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical_json({"b": [1, True, None], "a": '"\\\b\f\n\r\t\u000f/é'}) == (
        '{"a":"\\"\\\\\\b\\f\\n\\r\\t\\u000f/é","b":[1,true,null]}'.encode()
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":1,"a":1}', "duplicate key"),
        (b'{"a":1,"\\u0061":2}', "duplicate key"),
        (b'{"x":{"a":1,"b":2,"a":3}}', "duplicate key"),
        (b"1.0", "not an integer"),
        (b"1e2", "not an integer"),
        (b'{"a":0.1}', "not an integer"),
        (b"-0.0", "not an integer"),
        (b"NaN", "not an integer"),
        (b"Infinity", "not an integer"),
        (b"-Infinity", "not an integer"),
        (b"9007199254740992", "too large for a JSON number"),
        (b"-9007199254740992", "too large for a JSON number"),
        (b"9" * 5000, "too large for a JSON number"),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"\\uDFFF":1}', "lone surrogate"),
        (b'["\\udc00\\ud800"]', "lone surrogate"),
        (b"\xff", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"\xef\xbb\xbf1", "not JSON"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"01", "not JSON"),
        (b"1 2", "not JSON"),
        (b'"\n"', "not JSON"),
        (b'"\\x"', "not JSON"),
        (b"tru", "not JSON"),
    ],
)
def test_ambiguous_or_broken_text_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(MalformedRecord, match=why) as caught:
        parse_json(text, where="message")
    assert caught.value.where == "message"
    assert len(str(caught.value)) < 400


def test_the_largest_integers_that_are_exact() -> None:
    assert parse_json(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, -(2**53 - 1)]


def test_a_pair_of_escaped_surrogates_is_one_character() -> None:
    assert parse_json(b'"\\ud83d\\udce6"') == "\U0001f4e6"


@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_bounded(pair: tuple[bytes, bytes]) -> None:
    opening, closing = pair
    parse_json(opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH)
    with pytest.raises(MalformedRecord, match="nested too deeply"):
        parse_json(opening * (MAX_DEPTH + 1) + b"1" + closing * (MAX_DEPTH + 1))


def test_brackets_inside_strings_do_not_count() -> None:
    assert parse_json(b'"' + b"[{" * 1000 + b'\\"[["') == "[{" * 1000 + '"[['
    with pytest.raises(MalformedRecord, match="nested too deeply"):
        parse_json(b'["\\\\",' + b"[" * MAX_DEPTH)


def test_depth_is_found_alike_at_once_and_bracket_by_bracket() -> None:
    dice = random.Random(7)
    levels = []
    for _ in range(3_000):
        text = b'{"a":1}'
        for _ in range(dice.randrange(MAX_DEPTH + 3)):
            beside = dice.choice(
                (b"", b',"]}[{"', b',"\\\\"', b',"\\"["', b',"\\\\\\"{"', b",[[]]", b',{"":{}}', b',"')
            )
            text = dice.choice((b"[" + text + beside + b"]", b'{"k":' + text + b"}"))
        text = text[: dice.choice((len(text), len(text), dice.randrange(len(text))))]
        outside = re.sub(rb'"(?:[^"\\]|\\.)*"?', b"", text, flags=re.DOTALL)
        deep = most = 0
        for mark in outside:
            deep += (mark in b"[{") - (mark in b"]}")
            most = max(most, deep)
        levels.append(most)
        if most > MAX_DEPTH:
            with pytest.raises(MalformedRecord, match="nested too deeply"):
                check_depth(text, "body")
        else:
            check_depth(text, "body")
    assert {MAX_DEPTH, MAX_DEPTH + 1} <= set(levels)


def test_size_is_bounded() -> None:
    assert parse_json(b" " * (MAX_SIZE - 1) + b"1") == 1
    with pytest.raises(MalformedRecord, match="too large"):
        parse_json(b" " * MAX_SIZE + b"1")
    with pytest.raises(MalformedRecord, match="at most 10 bytes"):
        parse_json(b'"0123456789"', max_size=10)


@pytest.mark.parametrize(
    "text",
    [
        b'"' + b'\\"' * (MAX_SIZE // 2 - 1),
        b'"' + b'\\"' * (MAX_SIZE // 2 - 1) + b"\\",
        b'"' * MAX_SIZE,
        b"[" * MAX_SIZE,
        b"[]" * (MAX_SIZE // 2),
        b'{"a":' * (MAX_SIZE // 5),
        b"\\" * MAX_SIZE,
        b"9" * MAX_SIZE,
    ],
)
def test_hostile_text_of_the_largest_size_is_refused_quickly(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(MalformedRecord):
        parse_json(text)
    # Quadratic work would take minutes.
    assert time.process_time() - started < 2


def test_integers_over_48_bits_are_decimal_strings_at_any_depth() -> None:
    value = {"a": 2**48, "b": [2**48 - 1, (-(2**60),)], "c": {"d": 10**38, "e": True, "f": None, "g": "x"}}
    assert wide_as_text(value) == {
        "a": str(2**48),
        "b": [2**48 - 1, [str(-(2**60))]],
        "c": {"d": str(10**38), "e": True, "f": None, "g": "x"},
    }


def test_a_byte_order_mark_is_passed_over_only_where_somebody_sends_or_saves() -> None:
    assert parse_json(without_mark(b'\xef\xbb\xbf{"a":1}')) == {"a": 1}
    assert without_mark(b'{"a":1}') == b'{"a":1}'
    assert without_mark(b"\xef\xbb\xbf\xef\xbb\xbf1") == b"\xef\xbb\xbf1"
    with pytest.raises(MalformedRecord, match="not JSON"):
        parse_json(b"\xef\xbb\xbf{}")
