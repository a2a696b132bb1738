"""Sums, products and fractions in columns are exact, wherever 64 bits end."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ledger.columns.arrays import codes, lowest, narrow, sums, times, total, whole

amounts = st.one_of(st.integers(0, 300), st.integers(2**61, 2**63), st.integers(0, 2**128))
rows = st.lists(st.tuples(amounts, st.integers(1, 2**64)), min_size=1, max_size=12)


@given(rows)
def test_sums_and_products_are_those_of_whole_numbers(pairs: list[tuple[int, int]]) -> None:
    left, right = (whole([pair[i] for pair in pairs]) for i in (0, 1))
    starts = np.arange(0, len(pairs), 2)
    assert total(left) == sum(one for one, _ in pairs)
    assert times(left, right).tolist() == [one * other for one, other in pairs]
    runs = [*starts.tolist(), len(pairs)]
    assert sums(left, starts).tolist() == [sum(one for one, _ in pairs[a:b]) for a, b in pairwise(runs)]
    assert narrow(left).tolist() == left.tolist()


@given(rows)
def test_fractions_in_lowest_terms_are_counted(pairs: list[tuple[int, int]]) -> None:
    goods, weights = (whole([pair[i] for pair in pairs]) for i in (0, 1))
    expected = Counter(Fraction(*pair).as_integer_ratio() for pair in pairs)
    assert lowest(goods, weights) == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 1))))
def test_codes_tell_rows_apart(pairs: list[tuple[int, int]]) -> None:
    found = codes(*(np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))).tolist()
    assert len(set(zip(found, pairs, strict=True))) == len(set(pairs)) == len(set(found))
