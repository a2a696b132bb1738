"""How much one client may ask to have written: a bucket of tokens for each, and a bound on what is under way.

Both are looked at before a body is read, long before a signature is checked: a signature check is a cheap flood. What
looks at codes count for has an allowance of its own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil
from threading import Lock

from ledger.common.periods import DAY
from ledger.errors import Busy

PER_SECOND = 200
BURST = 5000
REFUSED = 4
"""What a refused write costs on top: what a client sends by mistake is cheap, what floods is not."""
MOST_CLIENTS = 10_000
MOST_UNDER_WAY = 512


LOOKS_A_DAY = 100
"""Looks of one client that count in a day: far more than a household has goods, and no use to who reads a shelf."""


class _Buckets:
    """Tokens by client: every second brings `per_second` back, up to `burst`.

    At most `MOST_CLIENTS` are remembered, the longest silent forgotten first: memory is bounded, and whoever comes
    from many addresses gains one burst each. `monotonic`: seconds that never go back. Not safe for threads by itself.
    """

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client: tokens left, and when

    def left(self, client: str) -> float:
        tokens, since = self._tokens.get(client, (self._burst, 0.0))
        return min(self._burst, tokens + (self._monotonic() - since) * self._per_second)

    def keep(self, client: str, tokens: float) -> None:
        self._tokens[client] = (tokens, self._monotonic())
        self._tokens.move_to_end(client)
        if len(self._tokens) > MOST_CLIENTS:
            self._tokens.popitem(last=False)


class Quota:
    """Tokens by client; each write takes one."""

    def __init__(
        self, per_second: int = PER_SECOND, burst: int = BURST, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._lock = Lock()
        self._buckets = _Buckets(per_second, burst, monotonic)
        self._under_way = 0

    def enter(self, client: str) -> None:
        """Begin a write; raises `Busy` when the client has no token left or too many writes are under way."""
        with self._lock:
            if self._under_way >= MOST_UNDER_WAY:
                raise Busy("too many writes are under way", retry_after=1)
            left = self._buckets.left(client)
            if left < 1:
                raise Busy("this client sends too much", retry_after=ceil((1 - left) / self._per_second))
            self._buckets.keep(client, left - 1)
            self._under_way += 1

    def leave(self, client: str, *, refused: bool) -> None:
        """End a write that `enter` began."""
        with self._lock:
            self._under_way -= 1
            if refused:
                self._buckets.keep(client, max(0.0, self._buckets.left(client) - REFUSED))


class LookQuota:
    """How many looks at codes count for one client; beyond it the answer is the same, and nothing is remembered."""

    def __init__(self, a_day: int = LOOKS_A_DAY, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lock = Lock()
        self._buckets = _Buckets(a_day / DAY, a_day, monotonic)

    def take(self, client: str) -> bool:
        """Whether one more look of this client counts."""
        with self._lock:
            left = self._buckets.left(client)
            if left < 1:
                return False
            self._buckets.keep(client, left - 1)
            return True


def client_of(host: str) -> str:
    """Whose quota an address draws on: its own, for IPv6 that of its /64, of which one customer has all addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return address.exploded[:19]
    return host
