"""Wilson's score interval for a share, in integers: the same to the last unit on every machine.

Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927); 95 %, with
z² = 3.8416.
"""

from math import isqrt

from ledger.errors import MalformedRecord

MILLION = 1_000_000
_Z2 = 38_416
_SCALE = 10_000


def wilson(good: int, due: int, samples: int) -> tuple[int, int]:
    """The interval of the share good / due as seen in `samples` independent samples, in parts per million.

    The lower end is rounded down, the upper end up. `samples` may be smaller than `due`: thirty lines on one truck are
    one sample. Raises `MalformedRecord` unless 0 ≤ good ≤ due, due ≥ 1 and samples ≥ 1.
    """
    if not 0 <= good <= due or due < 1 or samples < 1:
        raise MalformedRecord(
            "no share", where="interval", expected="0 ≤ good ≤ due, samples ≥ 1", found=f"{good}/{due}, {samples}"
        )
    # (2np + z² ± √(z²(4np(1 − p) + z²))) / (2(n + z²)) with p = good / due, all times due · _SCALE.
    middle = 2 * samples * good * _SCALE + _Z2 * due
    radicand = _Z2 * (4 * _SCALE * samples * good * (due - good) + _Z2 * due * due)
    divisor = 2 * due * (samples * _SCALE + _Z2)
    root = isqrt(radicand * MILLION * MILLION)
    root_up = root + (root * root != radicand * MILLION * MILLION)
    low = (middle * MILLION - root_up) // divisor
    high = -((-middle * MILLION - root_up) // divisor)
    return max(0, low), min(MILLION, high)
