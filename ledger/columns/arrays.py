"""Whole numbers in columns: kept as narrow as they are, reckoned with 64 bits, and with Python's own where these end.

numpy wraps around without a word. So what is kept narrow is widened before anything is done with it, and sums and
products are done in 64 bits only where they surely fit.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
"""Signed integers of some width, or Python's own (`object`)."""
Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
FITS = 2**62
"""What is below this in size is kept in columns: one more of it can be added without a thought."""
_WIDTHS = (np.int8, np.int16, np.int32, np.int64)
ID = 32


def whole(values: "Sequence[int] | array[int]") -> Ints:
    """64 bits each; Python's own numbers where one does not fit."""
    if isinstance(values, array):
        return np.frombuffer(values, dtype=np.int64) if values else np.zeros(0, np.int64)
    if all(-FITS < value < FITS for value in values):
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=object)


def narrow(values: Ints) -> Ints:
    """The same numbers, each as wide as the widest needs."""
    if values.dtype == object or not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    return values.astype(next(w for w in _WIDTHS if np.iinfo(w).min <= low and high <= np.iinfo(w).max))


def wide(values: Ints) -> Ints:
    """64 bits each, to be reckoned with."""
    return values if values.dtype == object else values.astype(np.int64)


def total(values: Ints) -> int:
    """The exact sum."""
    if values.dtype == object or not _sum_fits(values):
        return sum(values.tolist())
    return int(values.sum(dtype=np.int64))


def sums(values: Ints, starts: Ints) -> Ints:
    """The exact sum of each run of `values`, which begin at `starts`, ascending from 0."""
    if not len(starts):
        return np.zeros(0, np.int64)
    if values.dtype != object and not _sum_fits(values):
        values = values.astype(object)
    return np.asarray(np.add.reduceat(wide(values), starts))


def times(values: Ints, by: Ints) -> Ints:
    """The exact product of each pair."""
    if values.dtype != object and by.dtype != object and _largest(values) * _largest(by) >= FITS:
        values = values.astype(object)
    return np.asarray(wide(values) * wide(by))


def _sum_fits(values: Ints) -> bool:
    return _largest(values) * len(values) < FITS


def _largest(values: Ints) -> int:
    return max(abs(int(values.max())), abs(int(values.min()))) if len(values) else 0


def lowest(goods: Ints, weights: Ints) -> Counter[tuple[int, int]]:
    """How often each fraction good/weight comes, in lowest terms. Neither is negative."""
    by = np.gcd(goods, weights)
    goods, weights = goods // by, weights // by
    radix = _largest(weights) + 1
    if goods.dtype == object or weights.dtype == object or (_largest(goods) + 1) * radix >= FITS:
        return Counter(zip(goods.tolist(), weights.tolist(), strict=True))
    keys, counts = np.unique(goods * radix + weights, return_counts=True)
    pairs = zip((keys // radix).tolist(), (keys % radix).tolist(), strict=True)
    return Counter(dict(zip(pairs, counts.tolist(), strict=True)))


def runs(*keys: Ints) -> Ints:
    """Where runs of rows begin that are equal in all `keys`."""
    size = len(keys[0])
    if not size:
        return np.zeros(0, np.int64)
    new = np.ones(size, np.bool_)
    new[1:] = False
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def codes(*keys: Ints) -> Ints:
    """A number for each row, equal where rows are equal in all `keys`, dense from 0."""
    size = len(keys[0])
    order = np.lexsort(keys)
    starts = runs(*(key[order] for key in keys))
    result = np.zeros(size, np.int64)
    lengths = np.diff(starts, append=size)
    result[order] = np.repeat(np.arange(len(starts)), lengths)
    return result


def id_codes(ids: Bytes) -> Ints:
    """A number for each of some 32-byte ids, equal where they are, dense from 0."""
    return codes(*np.ascontiguousarray(ids).view(np.int64).reshape(-1, 4).T)


def id_rows(ids: Iterable[bytes]) -> Bytes:
    """32-byte ids as rows."""
    return np.frombuffer(b"".join(ids), np.uint8).reshape(-1, ID)
