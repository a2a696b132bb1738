"""A clock that can be wrong."""

from ledger.services.home.clock import ManualClock


class BentClock(ManualClock):
    """Time passes as it should, and the clock shows it wrongly by `off` seconds."""

    off = 0
    machine = ""

    def boot(self) -> str:
        return self.machine

    def now(self) -> int:
        return super().now() + self.off
