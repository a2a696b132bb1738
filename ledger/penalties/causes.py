"""Why goods were late: what their clock stopped at, or what it stood still for.

One cause a statement, that of its latest goods: customs first, then how the clock stopped. Holds that are taken out are
no cause of lateness, for they are no part of it.
"""

from enum import StrEnum

from ledger.penalties.lateness import HoldReason, PortionLine
from ledger.shipments.clock_stop import StopKind

_COUNTS = {HoldReason.CAUSED_BY_LIABLE, HoldReason.ON_A_BROKERS_WORD}


class LateCause(StrEnum):
    """In the order in which they are shown."""

    DELIVERED = "delivered_late"
    """On its way for too long, and delivered."""
    CUSTOMS = "held_by_customs"
    """Held by customs for a time that counts: the liable partner caused it, or only a broker says so."""
    NOT_TAKEN = "not_taken"
    """Offered, refused, left in a locker or taken over by other terms: its clock stopped without a delivery."""
    NEVER_DELIVERED = "never_delivered"
    """Lost, destroyed, seized or sold: it will not arrive."""
    UNDER_WAY = "under_way"
    """Its clock runs."""


def cause_of(latest: PortionLine | None) -> LateCause:
    """Of the goods that are the latest of their statement; without any nothing has stopped."""
    if latest is None:
        return LateCause.UNDER_WAY
    if any(hold.seconds and hold.reason in _COUNTS for hold in latest.holds):
        return LateCause.CUSTOMS
    if latest.stop is not None:
        return LateCause.DELIVERED if latest.stop.kind is StopKind.DELIVERY else LateCause.NOT_TAKEN
    return LateCause.UNDER_WAY if latest.ending is None else LateCause.NEVER_DELIVERED
