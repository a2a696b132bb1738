"""Means, medians and ninth deciles in integers."""

import pytest

from ledger.common.distribution import Distribution, distribution


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), Distribution(0, None, None, None)),
        ((7,), Distribution(1, 7, 7, 7)),
        ((4, 1), Distribution(2, 2, 2, 4)),
        ((3, 1, 2), Distribution(3, 2, 2, 3)),
        (tuple(range(1, 11)), Distribution(10, 5, 5, 9)),
        (tuple(range(1, 12)), Distribution(11, 6, 6, 10)),
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 100), Distribution(10, 10, 1, 1)),
    ],
)
def test_mean_median_and_what_nine_in_ten_do_not_exceed(values: tuple[int, ...], expected: Distribution) -> None:
    assert distribution(values) == expected
    assert distribution(values[::-1]) == expected
