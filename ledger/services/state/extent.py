"""How far the store has come: as long as it is the same, so is what was read from it."""

from dataclasses import dataclass

from ledger.store import changes, log
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the store has come. Two equal ones hold the same records, outcomes, parts, evidence and documents."""

    size: int
    projected: int
    changes: tuple[tuple[str, int], ...]

    @property
    def evidence(self) -> int:
        """How often evidence of times came in."""
        return dict(self.changes)[changes.EVIDENCE]


def extent_of(connection: Connection) -> Extent:
    size, projected, counts = log.reached(connection)
    return Extent(size, projected, tuple(sorted(counts.items())))
