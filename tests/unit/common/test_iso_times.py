"""Moments as people write them."""

import pytest

from ledger.common.iso_times import seconds_of
from ledger.errors import MalformedRecord


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-12-01T09:00Z", 1_796_115_600),
        ("2026-12-01T17:00:00+08:00", 1_796_115_600),
        ("2026-12-01 04:00:00-05:00", 1_796_115_600),
        ("2024-02-29T23:59:59+00:00", 1_709_251_199),
    ],
)
def test_moments(text: str, seconds: int) -> None:
    assert seconds_of(text, "dueAt") == seconds


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-12-01", "2026-12-01T17:00:00", "01/12/2026", "2026-12-01T17:00:00.5Z", "2026-13-01T00:00Z",
     "2026-02-29T00:00Z", "2026-12-01T24:00Z", "2026-12-01T17:00+25:00", "1969-12-31T23:59:59Z", "1796115600",
     "2026-12-01T17Z",
     "20261201T170000Z", "2026-12-01T17:00:00Z ", "0000-01-01T00:00Z", "２026-12-01T17:00Z"],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(MalformedRecord):
        seconds_of(text, "dueAt")


def test_a_day_is_asked_about_and_never_guessed() -> None:
    with pytest.raises(MalformedRecord, match=r"dueAt: .*2026-12-01T23:59:59\+08:00.*another moment in each time zone"):
        seconds_of("2026-12-01", "dueAt")
