"""Enrolment: documents that partners have signed, kept until the council decides."""

from collections.abc import Mapping
from typing import Any

from ledger.codes import ContractKind
from ledger.common.gs1_keys import check_gln
from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.registry.enrolment import Enrolment, check_possession, parse_enrolment
from ledger.services.home.consortium import Consortium
from ledger.services.home.home import Home
from ledger.services.state.bonus_pools import pools
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Connection
from ledger.store.documents import enrolments
from ledger.store.documents.enrolments import StoredEnrolment


class Enrolling:
    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._db = home.database
        self._registry = registry
        self._consortium_id = home.consortium.genesis.consortium_id
        self._clock = home.clock

    def ask(self, document: bytes, signature: bytes) -> dict[str, Any]:
        """Keep an enrolment whose key has proved its possession; the same one again changes nothing.

        Raises `MalformedRecord` for another document, `BadSignature` for another key.
        """
        enrolment = parse_enrolment(document, self._consortium_id)
        if enrolment.gln:  # documents of before are read as they were signed
            check_gln(enrolment.gln, "document.gln")
        check_possession(enrolment, signature)
        row = StoredEnrolment(enrolment.document_hash(), document, signature, enrolment.key, self._clock.now())
        with self._db.write() as connection:
            enrolments.add(connection, row, admitted=row.document_hash in self._admitted(connection))
        return {"document": to_hex(enrolment.document_hash()), "name": enrolment.name, "key": to_hex(enrolment.key)}

    def listing(self, *, after: tuple[int, bytes] | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        """Enrolments, oldest first, with the partner id each led to (None while the council has not admitted it).

        Page with the last one's `asked_at` and document as `after`.
        """
        with self._db.read() as connection:
            admitted = self._admitted(connection)
            rows = enrolments.listing(connection, after=after, limit=limit)
            return [self._entry(row, admitted) for row in rows]

    def document(self, document_hash: bytes) -> dict[str, Any]:
        """One enrolment with its signed text; raises `NotFound`."""
        with self._db.read() as connection:
            row = enrolments.get(connection, document_hash)
            if row is None:
                raise NotFound("no such enrolment", where="document", found=to_hex(document_hash))
            entry = self._entry(row, self._admitted(connection))
        return entry | {"text": row.document.decode(), "signature": to_hex(row.signature)}

    def consortium(self, consortium: Consortium) -> dict[str, Any]:
        """The trust file, and what the registry says now: council, contracts in force, the next change's sequence.

        `pools`: every bonus pool from the first to the newest.
        """
        with self._db.read() as connection:
            registry = self._registry.refreshed(connection)
            known = pools(connection, consortium.deployment)
        view = registry.now()
        council = view.council()
        contracts = {kind: view.contract(kind) for kind in ContractKind}
        return {
            "trust": consortium.trust_file(),
            "council": {"members": [to_hex(key) for key in sorted(council.members)], "threshold": council.threshold},
            "delay": consortium.genesis.delay,
            "next_sequence": registry.history.next_sequence,
            "contracts": {kind.name.lower(): to_hex(key) if key else None for kind, key in contracts.items()},
            "pools": [to_hex(pool) for pool in known],
        }

    def _admitted(self, connection: Connection) -> dict[bytes, int]:
        view = self._registry.refreshed(connection).now()
        return {partner.document: number for number, partner in view.partners()}

    def _entry(self, row: StoredEnrolment, admitted: Mapping[bytes, int]) -> dict[str, Any]:
        return {
            "document": to_hex(row.document_hash),
            "name": parse_enrolment(row.document, self._consortium_id).name,
            "key": to_hex(row.key),
            "asked_at": row.created_at,
            "partner": admitted.get(row.document_hash),
        }

    def enrolment(self, document_hash: bytes) -> Enrolment | None:
        with self._db.read() as connection:
            row = enrolments.get(connection, document_hash)
        return None if row is None else parse_enrolment(row.document, self._consortium_id)
