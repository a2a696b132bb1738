"""What a text may mean that somebody types into the one box."""

import pytest

from ledger.common.search_text import MOST, Readings, readings, squeezed
from ledger.errors import MalformedRecord


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x1A2b3C4d…", Readings("1a2b3c4d", None, "0x1a2b3c4d", "0x1a2b3c4d...")),
        ("12", Readings("", 12, "12", "12")),
        ("12345678", Readings("12345678", 12345678, "12345678", "12345678")),
        (" PO-2024/17 ", Readings("", None, "po202417", "po-2024/17")),
        ("7", Readings("", 7, "7", "")),
        ("9" * 18, Readings("9" * 18, None, "9" * 18, "9" * 18)),
        ("Straße  12", Readings("", None, "strasse12", "strasse 12")),
        ("٣", Readings("", None, "٣", "")),
    ],
)
def test_readings_of_a_text(text: str, expected: Readings) -> None:
    assert readings(text) == expected


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "x" * (MOST + 1), "\ud800"])
def test_what_nothing_is_called(text: str) -> None:
    with pytest.raises(MalformedRecord, match="nothing is called so"):
        readings(text)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("MSKU 123456-7", "msku1234567"),
        ("(00)0 0942190 000000001 7", "009421900000000017"),
        ("00009421900000000017", "009421900000000017"),
        ("PO_1", "po1"),
        (" - ", ""),
    ],
)
def test_spellings_of_one_identifier(written: str, same: str) -> None:
    assert squeezed(written) == same
    assert squeezed(squeezed(written)) == same
