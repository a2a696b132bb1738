"""How much one client may ask to have written: a bucket of tokens for each, and a bound on what is under way.

Both are looked at before a body is read, long before a signature is checked: a signature check is a cheap flood.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil
from threading import Lock

from ledger.errors import Busy

PER_SECOND = 200
BURST = 5000
REFUSED = 4
"""What a refused write costs on top: what a client sends by mistake is cheap, what floods is not."""
MOST_CLIENTS = 10_000
MOST_UNDER_WAY = 512


class Quota:
    """Tokens by client; each write takes one, and every second brings `per_second` back, up to `burst`.

    At most `MOST_CLIENTS` are remembered, the longest silent forgotten first: memory is bounded, and whoever comes
    from many addresses gains one burst each. `monotonic`: seconds that never go back.
    """

    def __init__(
        self, per_second: int = PER_SECOND, burst: int = BURST, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._lock = Lock()
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client: tokens left, and when
        self._under_way = 0

    def enter(self, client: str) -> None:
        """Begin a write; raises `Busy` when the client has no token left or too many writes are under way."""
        with self._lock:
            if self._under_way >= MOST_UNDER_WAY:
                raise Busy("too many writes are under way", retry_after=1)
            left = self._left(client)
            if left < 1:
                raise Busy("this client sends too much", retry_after=ceil((1 - left) / self._per_second))
            self._keep(client, left - 1)
            self._under_way += 1

    def leave(self, client: str, *, refused: bool) -> None:
        """End a write that `enter` began."""
        with self._lock:
            self._under_way -= 1
            if refused:
                self._keep(client, max(0.0, self._left(client) - REFUSED))

    def _left(self, client: str) -> float:
        tokens, since = self._tokens.get(client, (float(self._burst), 0.0))
        return min(float(self._burst), tokens + (self._monotonic() - since) * self._per_second)

    def _keep(self, client: str, tokens: float) -> None:
        self._tokens[client] = (tokens, self._monotonic())
        self._tokens.move_to_end(client)
        if len(self._tokens) > MOST_CLIENTS:
            self._tokens.popitem(last=False)


def client_of(host: str) -> str:
    """Whose quota an address draws on: its own, for IPv6 that of its /64, of which one customer has all addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return address.exploded[:19]
    return host
