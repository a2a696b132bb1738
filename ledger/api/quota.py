"""How much one client may ask for: a bucket of points for each, spent before anything of a request is read.

A request costs points by what it is (`ledger.api.costs`). Who has signed in as a partner pays from the partner's
bucket, everybody else from that of the address; of IPv6, what its network has used counts for the order in which
clients are served. A record that is taken in is paid for by the partners whose signatures
it brings; one that is refused, and more, by whoever sent it. What looks at codes count for has an allowance of its own.

Each process counts by itself. What partners spend is exchanged with the other processes of the database now and then
(`Budget.exchange`), so that many services grant a signer no more than one, but for what it spends in between.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from threading import Lock

from starlette.requests import cookie_parser
from starlette.types import Scope

from ledger.common.periods import DAY
from ledger.errors import Busy
from ledger.services.home.settings import Settings

REFUSED = 4
"""What a refused record costs on top of its 1: what is sent by mistake is cheap, what floods is not."""
MOST_PAYERS = 10_000
NEIGHBOURS = 16
"""So many times one client's budget is a /48's of IPv6, which one customer may have, or all who live in a town."""
LOOKS_A_DAY = 100
"""Looks of one client that count in a day: far more than a household has goods, and no use to who reads a shelf."""
COOKIE = "lading_session"
_PARTNER = "partner "
_IPV6 = re.compile("^(?:sign-in of )?((?:[0-9a-f]{4}:){3})[0-9a-f]{4}$")
Spend = Callable[[Mapping[str, float], float], Mapping[str, float]]
"""Takes points from payers' buckets in all processes, to which so many come back a second: how many lack then."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` points come back each second, up to `burst`; 0 a second: no limit."""

    per_second: float
    burst: int


class Budget:
    """Points by payer.

    At most `MOST_PAYERS` are remembered, the longest silent forgotten first: memory is bounded, and whoever comes from
    many addresses gains one burst each. `monotonic`: seconds that never go back. Safe for threads.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # payer: points left, and when
        self._untold: dict[str, float] = {}  # by partner, what it spent here that no other process knows of

    def take(self, payer: str, points: int) -> None:
        """Raises `Busy`, which says when to come back, unless the payer has so many points left.

        What costs more than a burst needs a full bucket, and leaves a debt.
        """
        if not self._rate.per_second:
            return
        with self._lock:
            now = self._monotonic()
            left, needed = self._left_at(payer, now), min(points, self._rate.burst)
            if left < needed:
                self._note(payer, 0)  # it may have got something back elsewhere
                wait = ceil((needed - left) / self._rate.per_second)
                raise Busy("this client asks for too much", retry_after=wait)
            self._keep(payer, left - points, now)
            self._note(payer, points)

    def charge(self, payer: str, points: int) -> None:
        """Take so many points, as far as they are there, or give them back where it is a negative number."""
        if not self._rate.per_second:
            return
        with self._lock:
            now = self._monotonic()
            left = self._left_at(payer, now)
            after = min(float(self._rate.burst), max(min(left, 0.0), left - points))
            self._keep(payer, after, now)
            self._note(payer, left - after)

    def affords(self, payer: str, points: int) -> int:
        """How often the payer could spend so many points now."""
        if not self._rate.per_second:
            return MOST_PAYERS
        with self._lock:
            return int(max(self._left_at(payer, self._monotonic()), 0.0) // points)

    def exchange(self, spend: Spend) -> None:
        """Tell the other processes what partners have spent here since the last time, and take over what that leaves.

        Raises what `spend` does; then it is told the next time.
        """
        with self._lock:
            telling, self._untold = self._untold, {}
        if not telling:
            return
        try:
            lacking = spend(telling, self._rate.per_second)
        except BaseException:
            with self._lock:
                for payer, points in telling.items():
                    self._note(payer, points)
            raise
        with self._lock:
            now = self._monotonic()
            for payer, points in lacking.items():
                self._keep(payer, self._rate.burst - max(points, 0.0) - self._untold.get(payer, 0.0), now)

    def spent(self, payer: str) -> float:
        """The share of its bucket that the payer has used, 0 to 1."""
        with self._lock:
            return 1 - self._left_at(payer, self._monotonic()) / self._rate.burst

    def _note(self, payer: str, points: float) -> None:
        if payer.startswith(_PARTNER):
            self._untold[payer] = self._untold.get(payer, 0.0) + points

    def _left_at(self, payer: str, now: float) -> float:
        known = self._left.get(payer)
        if known is None:
            return float(self._rate.burst)
        left, since = known
        return min(float(self._rate.burst), left + (now - since) * self._rate.per_second)

    def _keep(self, payer: str, left: float, now: float) -> None:
        self._left[payer] = (left, now)
        self._left.move_to_end(payer)
        if len(self._left) > MOST_PAYERS:
            self._left.popitem(last=False)


class Budgets:
    """What everybody has left, for reading and for writing, and whose session is whose."""

    def __init__(self, reads: Rate, writes: Rate, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.reads = Budget(reads, monotonic)
        self.writes = Budget(writes, monotonic)
        self._networks = {
            budget: Budget(Rate(rate.per_second * NEIGHBOURS, rate.burst * NEIGHBOURS), monotonic)
            for budget, rate in ((self.reads, reads), (self.writes, writes))
        }
        self._lock = Lock()
        self._partners: OrderedDict[str, int] = OrderedDict()  # by session token

    @classmethod
    def of(cls, settings: Settings) -> "Budgets":
        return cls(
            Rate(settings.quota_reads, settings.quota_read_burst),
            Rate(settings.quota_writes, settings.quota_write_burst),
        )

    def payer(self, scope: Scope) -> str:
        """Who pays for a request: the partner whose session it carries, if that has been seen before, or the address.

        Keys without a partner pay as their address does: anybody can make as many as they like.
        """
        with self._lock:
            partner = self._partners.get(token_of(scope), 0)
        return paid_by(partner) if partner else client_of(scope["client"][0] if scope.get("client") else "local")

    def note(self, budget: Budget, payer: str, points: int) -> None:
        """The network of an address of IPv6 has used so many points."""
        if network := network_of(payer):
            self._networks[budget].charge(network, points)

    def used(self, budget: Budget, payer: str) -> float:
        """The share of its budget that a payer has used, 0 to 1: who has used less is served first. Of an address of
        IPv6 it is at least that of its network: whoever comes from another /64 each time passes nobody by.
        """
        network = network_of(payer)
        return max(budget.spent(payer), self._networks[budget].spent(network) if network else 0.0)

    def remember(self, token: str, partner: int) -> None:
        """This session's requests are paid for by `partner`."""
        with self._lock:
            self._partners[token] = partner
            self._partners.move_to_end(token)
            if len(self._partners) > MOST_PAYERS:
                self._partners.popitem(last=False)

    def forget(self, token: str) -> None:
        with self._lock:
            self._partners.pop(token, None)

    def take_from_signers(self, partners: Collection[int]) -> None:
        """Let each of these pay for one record; raises `Busy` when one cannot, and none has paid."""
        paid: list[str] = []
        try:
            for partner in sorted(partners):
                self.writes.take(paid_by(partner), 1)
                paid.append(paid_by(partner))
        except Busy:
            for payer in paid:
                self.writes.charge(payer, -1)
            raise


class LookQuota:
    """How many looks at codes count for one client; beyond it the answer is the same, and nothing is remembered."""

    def __init__(self, a_day: int = LOOKS_A_DAY, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._budget = Budget(Rate(a_day / DAY, a_day), monotonic)

    def take(self, client: str) -> bool:
        """Whether one more look of this client counts."""
        try:
            self._budget.take(client, 1)
        except Busy:
            return False
        return True


def paid_by(partner: int) -> str:
    return f"{_PARTNER}{partner}"


@lru_cache(MOST_PAYERS)
def client_of(host: str) -> str:
    """Whose quota an address draws on: its own, for IPv6 that of its /64, of which one customer has all addresses.

    Proxies name a port with it, or an IPv4 address as one of IPv6 (``::ffff:192.0.2.1``); systems name an interface
    (``fe80::1%eth0``). It is the same client.
    """
    bare = host[1:].partition("]")[0] if host.startswith("[") else host
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)


@lru_cache(MOST_PAYERS)
def network_of(payer: str) -> str:
    """The /48 of a payer that is an address of IPv6; empty for others."""
    match = _IPV6.search(payer)
    return match[1] if match else ""


def token_of(scope: Scope) -> str:
    """The session token that a request is read with: the bearer token, or without that header the cookie's."""
    headers = {
        name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"authorization", b"cookie")
    }
    if b"authorization" in headers:
        return bearer_of(headers[b"authorization"])
    return cookie_parser(headers[b"cookie"]).get(COOKIE, "") if b"cookie" in headers else ""


def bearer_of(authorization: str) -> str:
    """The token in an `Authorization` header; empty when it names none."""
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" else ""
