"""When a delivery that failed is tried again, and when it is given up."""

from dataclasses import replace

from ledger.common.periods import DAY, HOUR
from ledger.store.events.webhooks import DEAD, Delivery

PAUSES = (5, 30, 120, 600, 1_800, HOUR, 2 * HOUR, 4 * HOUR)
"""Seconds after the first, second … attempt; then the last again and again."""
GIVE_UP = 3 * DAY
"""Seconds after which a delivery that was tried is dead."""
ENDPOINT_PAUSES = (1, 5, 15, 60, 300)
"""Seconds for which nothing at all is sent to an endpoint that does not answer; then the last again and again."""


def after_failure(delivery: Delivery, now: int, status: int, problem: str) -> Delivery:
    """The delivery after one more attempt that failed."""
    tried = replace(delivery, attempts=delivery.attempts + 1, status=status, problem=problem)
    end = delivery.planned_at + GIVE_UP
    if now >= end:
        return replace(tried, state=DEAD)
    return replace(tried, next_try=min(now + PAUSES[min(delivery.attempts, len(PAUSES) - 1)], end))


def endpoint_pause(failures: int) -> int:
    """For how long nothing is sent after so many failures of the endpoint in a row, this one included."""
    return ENDPOINT_PAUSES[min(failures, len(ENDPOINT_PAUSES)) - 1]
