"""Periods that figures are asked for."""

from datetime import UTC, datetime

import pytest

from ledger.common.periods import DAY, FOREVER, Grain, Period, Step, before, full_hour, period_of, unit_name, unit_of
from ledger.errors import MalformedRecord


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


NOW = at(2026, 2, 14, 10)


def test_by_default_all_time_is_judged_now() -> None:
    assert period_of(NOW) == Period(0, FOREVER, NOW)
    assert period_of(NOW, 5) == Period(5, FOREVER, NOW)


def test_a_period_that_is_over_is_judged_at_its_end() -> None:
    assert period_of(NOW, 5, NOW - 1) == Period(5, NOW - 1, NOW - 1)
    assert period_of(NOW, 5, NOW + 9) == Period(5, NOW + 9, NOW)


def test_rolling_days_end_now() -> None:
    assert period_of(NOW, rolling=30) == Period(NOW - 30 * DAY, NOW, NOW)
    assert period_of(DAY, rolling=30).start == 0


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"start": 9, "end": 9}, "end"),
        ({"start": -1}, "start"),
        ({"end": FOREVER + 1}, "end"),
        ({"rolling": 0}, "rolling"),
        ({"rolling": 30, "start": 1}, "rolling"),
        ({"rolling": 10**6}, "rolling"),
    ],
)
def test_what_is_no_period_is_refused(options: dict[str, int], where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        period_of(NOW, **options)
    assert refused.value.where == where


def test_quarters_and_months_follow_the_calendar() -> None:
    quarters = before(NOW, Step.QUARTER, 3)
    assert [name for name, _ in quarters] == ["2025 Q3", "2025 Q4", "2026 Q1"]
    assert quarters[1][1] == Period(at(2025, 10, 1), at(2026, 1, 1), at(2026, 1, 1))
    assert quarters[2][1] == Period(at(2026, 1, 1), at(2026, 4, 1), NOW)
    months = before(NOW, Step.MONTH, 3)
    assert [name for name, _ in months] == ["2025-12", "2026-01", "2026-02"]
    assert before(5, Step.MONTH, 3)[0][0] == "1970-01", "there is nothing before"


def test_a_full_hour_is_the_last_one() -> None:
    assert full_hour(NOW + 3599) == NOW == full_hour(NOW)


def test_calendar_units_are_numbered_without_a_gap() -> None:
    january, december = 1_704_067_200, 1_704_067_199  # 2024-01-01 00:00:00, and the second before
    for grain, last, first in (
        (Grain.MONTH, "2023-12", "2024-01"),
        (Grain.QUARTER, "2023 Q4", "2024 Q1"),
        (Grain.YEAR, "2023", "2024"),
    ):
        assert unit_of(december, grain) + 1 == unit_of(january, grain)
        assert [unit_name(unit_of(at, grain), grain) for at in (december, january)] == [last, first]
    assert unit_name(unit_of(FOREVER, Grain.YEAR), Grain.YEAR) == "9999"
