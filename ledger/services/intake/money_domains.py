"""Under which bonus pool a record about money is signed: its id follows from that.

One pool takes new agreements at a time; those before it serve the agreements that they have.
"""

from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.errors import InvalidInput, NotFound, RuleBroken
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import BonusAgreement, Record
from ledger.services.home.home import Home
from ledger.services.state.bonus_pools import domains, pool_of
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import proposals, records
from ledger.store.database import Connection


class MoneyDomains:
    """Answers for every record: those that are not about money have one domain."""

    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._domain = home.domain
        self._deployment = home.deployment
        self._registry = registry

    def of(self, connection: Connection, signed: SignedRecord) -> Domain:
        """What the signers of a record bind, or are to bind.

        1. A record about an agreement that is here: the agreement's pool, whatever it is signed for.
        2. The newest pool for which all its signatures are by keys that the registry knows.
        3. The newest pool for which the same record is here already.
        4. The pool that takes new agreements, or the newest while none does.
        """
        record = signed.record
        if not record.MONEY:
            return self._domain
        known = domains(connection, self._deployment)
        if len(known) == 1:
            return known[0]
        # 1.
        if not isinstance(record, BonusAgreement):
            try:
                pool = pool_of(connection, self._deployment, RecordId(getattr(record, "agreement", b"")))
            except NotFound:
                pass
            else:
                return self._deployment.domain(pool)
        newest_first = known[::-1]
        # 2.
        if signed.signatures:
            for domain in newest_first:
                if self._signed_by_known_keys(connection, signed, domain.record_id(record)):
                    return domain
        # 3.
        for domain in newest_first:
            record_id = domain.record_id(record)
            if records.get(connection, record_id) or proposals.get(connection, record_id):
                return domain
        # 4.
        current = self._registry.refreshed(connection).now().contract(ContractKind.BONUS)
        return next((domain for domain in known if domain.bonus_pool == current), known[-1])

    def _signed_by_known_keys(self, connection: Connection, signed: SignedRecord, record_id: RecordId) -> bool:
        view = self._registry.refreshed(connection).now()
        try:
            keys = self._registry.signer_keys.recovered(signed, record_id).keys
        except InvalidInput:
            return False
        return all(view.address(key) is not None for key in keys)

    def check_open(self, connection: Connection, record: Record, pool: bytes) -> None:
        """Raise `RuleBroken` for an agreement in a pool that takes none: it could never come into force."""
        if not isinstance(record, BonusAgreement) or len(domains(connection, self._deployment)) == 1:
            return  # the first pool says itself whether it is open
        current = self._registry.refreshed(connection).now().contract(ContractKind.BONUS)
        if current != pool:
            raise RuleBroken(
                "this bonus pool takes no new agreements",
                where="BonusAgreement",
                expected=f"signed for the pool {to_hex(current)}" if current else "a pool in force",
                found=f"signed for the pool {to_hex(pool)}",
                mend="All parties sign the agreement for the pool in force (`lading contracts`)."
                if current
                else "Wait until the successor that the council has opened is in force.",
            )
