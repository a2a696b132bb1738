"""What follows from journeys shipment by shipment, kept while more becomes known.

A value is computed again when somebody asks for it after a record has touched its shipment, or after time alone may
have changed it. Whoever takes records in says which shipments they touch (`ledger.scores.incremental.Running`).
"""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
NEVER_SETTLED = 2**64
"""Until when a value may change that no deadline settles."""


class _Kept(NamedTuple, Generic[T]):
    value: T
    at: int | None
    judged: int
    until: int


class PerShipment(Generic[T]):
    """One value a shipment, that for which it was asked last."""

    def __init__(self, compute: Callable[[bytes, int | None], tuple[T, int]]) -> None:
        """`compute` gives the value of a shipment judged at a second, and the last second at which time alone may
        change it: judged later than that, at whatever second, it is the same. None judges at the latest known time.
        """
        self._compute = compute
        self._kept: dict[bytes, _Kept[T]] = {}

    def of(self, shipment: bytes, at: int | None, latest: int = 0) -> T:
        """The value judged at `at`, None being the second `latest`. Raises what `compute` raises, and keeps nothing."""
        judged = latest if at is None else at
        kept = self._kept.get(shipment)
        if kept is not None and ((at, judged) == (kept.at, kept.judged) or kept.until < min(judged, kept.judged)):
            return kept.value
        value, until = self._compute(shipment, at)
        self._kept[shipment] = _Kept(value, at, judged, until)
        return value

    def touched(self, shipments: Iterable[bytes]) -> None:
        """Records bear on these shipments that did not when their values were computed."""
        for shipment in shipments:
            self._kept.pop(shipment, None)
