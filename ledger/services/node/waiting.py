"""Waiting until the chain has said what it makes of what was accepted, for commands that nobody works beside."""

import time
from collections.abc import Callable

from ledger.errors import ChainUnavailable, LeaseLost, Unavailable
from ledger.services.node.node import Node
from ledger.store import outbox

PATIENCE = 600
"""Seconds for which a command waits unless told otherwise."""
_PAUSE = 0.2
Tell = Callable[[int], object]
"""Called with the number of records that have no final outcome yet."""


def settle_within(node: Node, seconds: float, tell: Tell = lambda _: None) -> int:
    """Work, or let another process work, until nothing is on its way to the chain; then anchor and publish.

    How many records are left without a final outcome: they wait for others, or were refused and are tried again later.
    A chain that is away is asked again. Raises `Unavailable` with the number of records that are still on their way
    after so many `seconds`.
    """
    ends = time.monotonic() + seconds
    while True:
        busy, away = False, False
        try:
            busy = node.tick(anchor=False)
        except (ChainUnavailable, LeaseLost):
            away = True
        with node.home.database.read() as connection:
            moving, left = outbox.under_way(connection, node.home.clock.now()), outbox.left(connection)
        tell(left)
        if not (busy or away or moving):
            break
        if time.monotonic() > ends:
            raise Unavailable(
                f"{left} records are still pending after {seconds:g} s",
                where="outbox",
                found=f"{node.news.away[1]}" if node.news.away else f"{moving} on their way to the chain",
                mend="Nothing is lost: run the same again, or let a service of this home go on.",
            )
        if not busy:
            time.sleep(_PAUSE)
    node.settle()
    return left
