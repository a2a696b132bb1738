"""Which contract takes which record, now and before: the registry's answer, and every address it ever opened."""

import json
from collections.abc import Mapping

from ledger.chain.client import ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY, contract_of, kind_of, view
from ledger.chain.deploy import Deployment
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.records.types import Record
from ledger.services.state.bonus_pools import CONTRACTS, domain_of, opened_later
from ledger.store import meta
from ledger.store.database import Connection


class ContractBook:
    """The consortium's contracts, those that were closed too, because their events remain."""

    def __init__(self, chain: ChainReader, deployment: Deployment) -> None:
        self._chain = chain
        self._deployment = deployment

    def known(self, connection: Connection) -> dict[bytes, str]:
        """Every contract whose events are Lading's, by address: its name."""
        later = opened_later(connection)
        return self._deployment.names() | {address: CONTRACT_OF_KIND[kind] for address, kind in later.items()}

    def add(self, connection: Connection, contracts: Mapping[bytes, str]) -> None:
        """Remember those of `contracts` (by address: the name) that the council opened since."""
        known = self.known(connection)
        kinds = {name: int(kind) for kind, name in CONTRACT_OF_KIND.items()}
        opened = [{"kind": kinds[n], "address": to_hex(a)} for a, n in contracts.items() if a not in known]
        if opened:
            entries = json.loads(meta.get(connection, CONTRACTS) or "[]") + opened
            meta.put(connection, CONTRACTS, json.dumps(entries))

    def in_force(self, kind: ContractKind) -> bytes | None:
        """The contract of this kind that takes records now; None while there is none."""
        (address,) = view(self._chain, self._deployment.registry, REGISTRY, "contractOf", int(kind))
        return bytes(address) if any(address) else None

    def override_ready_at(self, custody: bytes, record_id: RecordId) -> int:
        """From when on an announced override can be submitted again."""
        (ready,) = view(self._chain, custody, CONTRACT_OF_KIND[ContractKind.CUSTODY], "overrideReadyAt", record_id)
        return int(ready)

    def target(
        self,
        connection: Connection,
        record: Record,
        record_id: RecordId,
        asked: dict[ContractKind, bytes | None] | None = None,
    ) -> bytes | None:
        """Where to submit a record: None while no contract takes it.

        `asked` keeps the registry's answers for the caller's next records; throw it away with the batch.
        """
        name = contract_of(type(record))
        if name is None:
            return None
        kind = kind_of(name)
        if kind is None:
            return self._deployment.registry
        if record.MONEY:
            # Its signatures bind the pool's address, and a closed pool still serves the agreements it has.
            domain = domain_of(connection, self._deployment, record, record_id)
            return None if domain is None else domain.bonus_pool
        if asked is None:
            return self.in_force(kind)
        if kind not in asked:
            asked[kind] = self.in_force(kind)
        return asked[kind]
