"""How full a transaction gets: what is known of records and blocks, and what was learned from transactions that failed.

What was learned is kept in memory alone. After a restart it is found out once more, which costs a round.
"""

from collections.abc import Iterable, Sequence

from ledger.chain.client import MAX_TRANSACTION_GAS
from ledger.common.ids import RecordId
from ledger.records.types import Record
from ledger.services.relay.courier import Courier, Fate, Undelivered
from ledger.services.relay.parcels import MOST_RECORDS, Limits, Parcel, gas_bound, load_call, load_gas, loads
from ledger.services.relay.sender import Intent, Settled
from ledger.store.transactions import name_of


class Loading:
    """Makes transactions of the calls that submit records."""

    def __init__(self, courier: Courier, block_share: int) -> None:
        """`block_share`: per cent of a block's gas that one transaction takes at most."""
        self._courier = courier
        self._block_share = block_share
        self._most_records = MOST_RECORDS
        self._alone: set[RecordId] = set()

    def gas_bound(self, record_id: RecordId, record: Record) -> int | None:
        """What a record may use among others; None for one that goes alone, as when nobody judged it among others."""
        return None if record_id in self._alone else gas_bound(record)

    def intents(self, parcels: Sequence[Parcel], block_gas: int) -> list[Intent]:
        """The transactions that carry the parcels, in their order: each alone, or as many as fit into the courier's."""
        courier = self._courier.address() if parcels else None
        gas = min(MAX_TRANSACTION_GAS, block_gas * self._block_share // 100)
        result = []
        for load in loads(parcels, Limits(gas, records=self._most_records if courier else 1)):
            ids = tuple(parcel.record_id for parcel in load)
            if courier is None or len(load) == 1:
                result.append(Intent(name_of(ids), load[0].target, load[0].data, ids))
            else:
                result.append(Intent(name_of(ids), courier, load_call(load), ids, gas=load_gas(load)))
        return result

    def sent(self, record_ids: Iterable[RecordId]) -> None:
        """These are on their way: those that had to go alone went so."""
        self._alone.difference_update(record_ids)

    def learn(self, settled: Sequence[Settled], undelivered: Sequence[Undelivered]) -> None:
        """Half as many records a transaction after one that did not come to all of its own, more again after one that
        did; alone next time what nobody judged."""
        left = {one.settled.transaction.hash: one.of for one in undelivered if one.fate == Fate.LEFT}
        for settling in settled:
            if settling.receipt is None:
                continue  # another transaction took its nonce, whatever was in this one
            size = left.get(settling.transaction.hash)
            most = self._most_records * 2 if size is None else min(self._most_records, size) // 2
            self._most_records = min(max(most, 1), MOST_RECORDS)
        self._alone.update(one.record_id for one in undelivered if one.fate == Fate.UNJUDGED)
