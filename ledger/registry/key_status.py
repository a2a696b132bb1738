"""What a partner's key is at a moment: coming, in force, run out or revoked."""

from enum import StrEnum

from ledger.registry.state import NO_END, Address


class KeyStatus(StrEnum):
    COMING = "coming"
    IN_FORCE = "in force"
    EXPIRED = "expired"
    REVOKED = "revoked"


def key_status(address: Address, time: int, granted_until: int = NO_END) -> KeyStatus:
    """The status of a key at `time` (UTC seconds). `granted_until`: the end that its grant named; a revocation ends it
    before, so a key over at its granted end has expired. One that is revoked before it began was never in force.
    """
    if address.in_force(time):
        return KeyStatus.IN_FORCE
    if time < address.until:
        return KeyStatus.COMING
    return KeyStatus.EXPIRED if address.until == granted_until else KeyStatus.REVOKED
