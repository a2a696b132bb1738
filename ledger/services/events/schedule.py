"""When a delivery that failed is tried again, and when it is given up."""

from dataclasses import replace

from ledger.common.periods import DAY, HOUR
from ledger.store.events.webhooks import DEAD, Delivery

PAUSES = (5, 30, 120, 600, 1_800, HOUR, 2 * HOUR, 4 * HOUR)
"""Seconds after the first, second … attempt; then the last again and again."""
GIVE_UP = 3 * DAY
"""Seconds after which a delivery that was tried is dead."""
LONGEST_PAUSE = PAUSES[-1]
LEAST_ATTEMPTS = len(PAUSES)
"""Fewer make no dead letter, whatever the clock says."""
ENDPOINT_PAUSES = (1, 5, 15, 60, 300)
"""Seconds for which nothing at all is sent to an endpoint that does not answer; then the last again and again."""


def waits(until: int, now: int, longest: int) -> bool:
    """Whether something that waits `longest` seconds at most has to wait still. What is to wait for longer was written
    by a clock that was ahead and has been put right since: it is due."""
    return now < until <= now + longest


def after_failure(delivery: Delivery, now: int, status: int, problem: str) -> Delivery:
    """The delivery after one more attempt that failed. Three days in which hardly anything was tried, for the service
    was away or its clock leapt, are not held against the endpoint."""
    tried = replace(delivery, attempts=delivery.attempts + 1, status=status, problem=problem)
    end = delivery.planned_at + GIVE_UP
    if now >= end and tried.attempts >= LEAST_ATTEMPTS:
        return replace(tried, state=DEAD)
    later = now + PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
    return replace(tried, next_try=min(later, end) if now < end else later)


def endpoint_pause(failures: int) -> int:
    """For how long nothing is sent after so many failures of the endpoint in a row, this one included."""
    return ENDPOINT_PAUSES[min(failures, len(ENDPOINT_PAUSES)) - 1]
