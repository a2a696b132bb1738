"""RLP read at once: what the library reads with three calls and two copies an item.

Nothing is decided here: what does not read at once is left to the library, which refuses it, or reads it after all.

Source: the yellow paper, appendix B.
"""

from typing import Any

import rlp

_SHORT = 56
"""From this length on, a prefix is followed by the length itself."""


class _Misfit(Exception):
    """Left to the library."""


def read_rlp(data: bytes) -> Any:
    """As `rlp.decode(data)`: bytes, or a list of such. Raises what that raises."""
    found: list[Any] = []
    try:
        _read(data, 0, len(data), found)
    except (_Misfit, IndexError, RecursionError):
        return rlp.decode(data)
    return found[0] if len(found) == 1 else rlp.decode(data)


def _read(data: bytes, at: int, end: int, found: list[Any]) -> None:
    """The items of `data` between two places."""
    while at < end:
        first = data[at]
        at += 1
        if first < 0x80:
            found.append(data[at - 1 : at])
            continue
        length = first & 0x3F
        if length >= _SHORT:
            size = length - _SHORT + 1
            if not data[at]:
                raise _Misfit
            length, at = int.from_bytes(data[at : at + size]), at + size
            if length < _SHORT:
                raise _Misfit
        stop = at + length
        if stop > end or (first == 0x81 and data[at] < 0x80):
            raise _Misfit
        if first < 0xC0:
            found.append(data[at:stop])
        else:
            inner: list[Any] = []
            _read(data, at, stop, inner)
            found.append(inner)
        at = stop
