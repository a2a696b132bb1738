"""The worked example in the package's docstring runs."""

import doctest

from ledger.formats import tabular


def test_the_worked_example() -> None:
    result = doctest.testmod(tabular)
    assert result.attempted > 5
    assert result.failed == 0
