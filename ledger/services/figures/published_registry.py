"""The registry as the published log tells it, read from its leaves and from no table that is kept beside them.

Whoever has the database could edit what is stored about a key, or take a row away, for the moment in which a worker
begins. `CurrentRegistry` would take that for true until it ends. That shows in figures for so long; in what is sealed
it would stay. So here every leaf is compared with the tree's.
"""

from collections.abc import Iterable
from typing import cast

from ledger import merkle
from ledger.codes import NOT_FINAL
from ledger.common.ids import RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.log.tiles import TileTree
from ledger.records.signing import Domain
from ledger.records.types import Outcome
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory, RegistryRecord
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.services.state.signer_keys import SignerKeys
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.records import StoredLeaf, StoredRecord

LEAVES = 5_000
"""Read at once at most: a tenth of a second or two."""


class PublishedRegistry:
    """`history` holds what the first `size` leaves tell of keys and partners."""

    def __init__(self, genesis: Genesis, domain: Domain, signer_keys: SignerKeys) -> None:
        self.history = RegistryHistory(genesis)
        self.size = 0
        self._domain = domain
        self._signer_keys = signer_keys
        self._unsaid: dict[RecordId, StoredRecord] = {}
        """Registry records of which no final outcome was read yet."""
        self._said: set[RecordId] = set()

    def read_on(self, connection: Connection, tree: TileTree) -> bool:
        """Read the next leaves of `tree`, some at a time; whether all of them are read now.

        Raises `VerificationFailed` where a row is not what was published, `NotFound` for a tile that is about to be
        written, and what `RegistryHistory.apply` does; what was read before stands, and is read on from there.
        """
        stop = min(tree.size, self.size + LEAVES)
        if self.size < stop:
            require_leaves(records.leaves(connection, self.size, stop), self.size, stop, tree)
            told = list(records.stream(connection, self.size, stop, types=(*REGISTRY_TYPES, Outcome.NUMBER)))
            for row in told:
                if self._domain.record_id(row.record) != row.record_id:
                    raise other_than_published(row.record_id)
            for row in told:
                self._take(row)
            self.size = stop
        return self.size >= tree.size

    def _take(self, row: StoredRecord) -> None:
        """What was taken once is not taken again: after an error the same leaves are read anew."""
        if row.type_number in REGISTRY_TYPES:
            if row.record_id not in self._said:
                self._unsaid[row.record_id] = row
            return
        outcome = cast(Outcome, row.record)
        said = self._unsaid.get(RecordId(outcome.record))
        if said is not None and outcome.outcomes[:1] and outcome.outcomes[0] not in NOT_FINAL:
            at = RecordedAt(outcome.blockNumber, outcome.blockTime, outcome.eventIndex, row.log_index)
            self.history.apply(cast(RegistryRecord, said.record), self._signer_keys.of(said), at)
            del self._unsaid[said.record_id]
            self._said.add(said.record_id)


def require_leaves(rows: Iterable[StoredLeaf | StoredRecord], start: int, stop: int, tree: TileTree) -> None:
    """Raise `VerificationFailed` unless `rows` are all leaves of the tree from `start` to before `stop`."""
    place = start
    for row in rows:
        if row.log_index != place:
            break
        require_leaf(row, tree)
        place += 1
    if place != stop:
        raise VerificationFailed("a row of the log is missing", where=f"log index {place}")


def require_leaf(row: StoredLeaf | StoredRecord, tree: TileTree) -> None:
    """Raise `VerificationFailed` unless a row is the leaf in the tree's place."""
    if merkle.leaf_hash(records.leaf_of(row).encode()) != tree.leaf_hash(row.log_index):
        raise other_than_published(row.record_id)


def other_than_published(record_id: RecordId) -> VerificationFailed:
    return VerificationFailed("a row is not what was published", where=f"record {to_hex(record_id)}")
