"""Forwarding: handing in at other operators' logs what partners consented to, as they could themselves.

At least once: a record counts as forwarded when the other log's receipt for it is noted, and is handed in again until
then. The same record is the same leaf there, so a run that broke off, or two at a time, double nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.client import Client
from ledger.codes import Outcome
from ledger.common.ids import LogId, RecordId, bytes_from_hex, to_hex
from ledger.errors import LadingError, NotFound, StorageFailed, Unavailable, VerificationFailed
from ledger.log.leaf import Leaf, LogIdentity, Receipt
from ledger.merkle import leaf_hash
from ledger.records import index_keys
from ledger.records.disclosure import Part, join
from ledger.records.signing import SignedRecord, signatures_from_json
from ledger.records.types import LOG_ONLY, Checkpoint, RegistryChange
from ledger.records.types import Outcome as OutcomeRecord
from ledger.registry.forwarding import Forwarded
from ledger.services.node.reader import LedgerReader
from ledger.services.state.consents import KeptConsent
from ledger.services.views.access_journal import AccessJournal, AccessRight, Opened
from ledger.services.views.records import Reader
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.documents import consents
from ledger.store.documents.consents import StoredForwarding
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord

PAGE = 500
LOG_ONLY_NUMBERS = tuple(kind.NUMBER for kind in LOG_ONLY)
NEVER = (Checkpoint, OutcomeRecord, RegistryChange)
"""Each log's own, or on the chain with all it says."""
Connect = Callable[[str], Client]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The other operator did not take this record, or not yet; why, in its words."""

    record_id: RecordId
    log_id: LogId
    why: str


@dataclass(frozen=True, slots=True)
class ForwardingReport:
    """`forwarded`: receipts noted in this run. `away`: logs whose service could not be asked, and why. `unconfigured`:
    logs that somebody consented to and the file `peers` does not name.
    """

    forwarded: int
    refused: tuple[Refusal, ...]
    away: Mapping[LogId, str]
    unconfigured: tuple[LogId, ...]


class Forwarding:
    def __init__(self, reader: LedgerReader, peers: Mapping[LogId, str], connect: Connect = Client) -> None:
        """`peers`: the only addresses that are connected to."""
        self._home = reader.home
        self._db = reader.home.database
        self._consents = reader.consents
        self._views = reader.views
        self._journal = AccessJournal(self._db, self._home.clock)
        self._peers = peers
        self._connect = connect

    def run(self) -> ForwardingReport:
        """Forward all that the consents in force cover and that was not forwarded yet.

        A record that is refused stops no other; a service that is away is left alone until the next run. Raises
        `StorageFailed` when this home cannot be read or written.
        """
        with self._db.read() as connection:
            asked = [one for one in self._consents.all(connection) if not one.problem]
        unconfigured = tuple(sorted({one.said.destination for one in asked} - set(self._peers)))
        count, refused, away = 0, list[Refusal](), dict[LogId, str]()
        peers: dict[LogId, _Peer] = {}
        for consent in asked:
            destination = consent.said.destination
            if destination in unconfigured or destination in away:
                continue
            try:
                if destination not in peers:
                    peers[destination] = _Peer(self._connect(self._peers[destination]), destination)
                for row, parts in self._due(consent):
                    try:
                        self._forward(consent, peers[destination], row, parts)
                        count += 1
                    except Unavailable:
                        raise
                    except LadingError as error:
                        refused.append(Refusal(row.record_id, destination, str(error)))
            except StorageFailed:  # of this home: no peer's fault
                raise
            except LadingError as error:
                away[destination] = str(error)
        return ForwardingReport(count, tuple(refused), away, unconfigured)

    def _forward(self, consent: KeptConsent, peer: "_Peer", row: StoredRecord, parts: Mapping[str, Part]) -> None:
        """1. Who is about to see what is noted. 2. It is handed in. 3. The receipt is noted."""
        said = consent.said
        if parts:
            opened = Opened(parts, AccessRight.FORWARDED)
            self._journal.note(said.partner, said.destination, {row.record_id: opened})
        peer.hand_in(row.record_id, SignedRecord(join(row.record, parts), row.signature_list))
        entry = StoredForwarding(
            row.record_id, said.destination, ",".join(sorted(parts)), consent.id, self._home.clock.now()
        )
        with self._db.write() as connection:
            consents.note_forwarded(connection, entry)

    # --- what is to be forwarded --------------------------------------------------------------------------------------

    def _due(self, consent: KeptConsent) -> Iterator[tuple[StoredRecord, dict[str, Part]]]:
        """What is to be forwarded, one after the other, until the consent counts no more."""
        for page in self._pages(consent):
            for one in page:
                with self._db.read() as connection:
                    if self._consents.kept(connection, consent.id).problem:
                        return
                yield one

    def _pages(self, consent: KeptConsent) -> Iterator[list[tuple[StoredRecord, dict[str, Part]]]]:
        """What the consent covers and the other log has not been given, in log order, so that what a record is about
        comes before it.
        """
        after: int | None = -1
        while after is not None:
            with self._db.read() as connection:
                rows = records.listing(
                    connection, index_keys.PARTNER, str(consent.said.partner), after=after, limit=PAGE
                )
                about = records.naming(connection, (r.record_id for r in rows), types=LOG_ONLY_NUMBERS)
                both = {row.record_id: row for row in rows} | about
                found = sorted(both.values(), key=lambda row: row.log_index)
                page = list(self._covered(connection, consent, found))
            yield page
            after = rows[-1].log_index if len(rows) == PAGE else None

    def _covered(
        self, connection: Connection, consent: KeptConsent, rows: Sequence[StoredRecord]
    ) -> Iterator[tuple[StoredRecord, dict[str, Part]]]:
        said = consent.said
        ids = [row.record_id for row in rows]
        known = consents.forwarded_to(connection, said.destination, ids)
        settled = outcomes.of_many(connection, ids)
        opened = openings.of_many(connection, rows)
        reader = Reader(said.partner, key=said.key)
        for row in rows:
            record, parts = row.record, opened[row.record_id]
            kind = Forwarded.LOG_ONLY if isinstance(record, LOG_ONLY) else Forwarded.PARTS
            if kind not in said.what or isinstance(record, NEVER):
                continue
            if kind is Forwarded.PARTS and (not parts or not _recorded(settled.get(row.record_id, ()))):
                continue
            before = known.get(row.record_id)
            if before is not None and set(parts) <= set(before.paths.split(",")):
                continue
            if not parts or self._views.may_open(connection, record, row.record_id, reader):
                yield row, parts


class _Peer:
    """The service of another operator, once it has said that it serves the log that the consent names."""

    def __init__(self, client: Client, log_id: LogId) -> None:
        self._client = client
        state = client.get("/v1/log")
        try:
            key = bytes_from_hex(str(state["publicKey"]), 32, "publicKey")
            self._log = LogIdentity(str(state["origin"]), key)
        except KeyError as error:
            raise Unavailable("that is no answer of a log", where="/v1/log", found=f"no {error}") from None
        if self._log.log_id != log_id:
            raise VerificationFailed(
                "another log answers there",
                where="peers",
                expected=to_hex(log_id),
                found=to_hex(self._log.log_id),
                mend="Correct the URL in the file `peers`.",
            )

    def hand_in(self, record_id: RecordId, signed: SignedRecord) -> None:
        """Raise what the service answered unless it gave its log's receipt for this record."""
        answer = self._client.submit(signed)
        if answer.get("id") != to_hex(record_id):
            raise VerificationFailed("a receipt for another record", expected=to_hex(record_id), found=answer.get("id"))
        if "receipt" not in answer:
            missing = ", ".join(map(str, answer.get("missing") or ()))
            raise NotFound("it waits there for what is missing", where=to_hex(record_id), found=missing)
        self._check(Receipt.from_json(answer["receipt"]), record_id, signed)

    def _check(self, receipt: Receipt, record_id: RecordId, signed: SignedRecord) -> None:
        """That the log promised this record; under these signatures, or those under which it had it before."""

        def promised(signatures: bytes) -> bool:
            leaf = Leaf.of(signed.record.NUMBER, record_id, signatures, receipt.log_time)
            return leaf_hash(leaf.encode()) == receipt.leaf_hash

        self._log.verify_receipt(receipt)
        if promised(signed.signature_bytes()):
            return
        there = self._client.get(f"/v1/records/{to_hex(record_id)}").get("signatures")
        if not promised(b"".join(signatures_from_json(there))):
            raise VerificationFailed(
                "a receipt for another leaf", where=to_hex(record_id), found=to_hex(receipt.leaf_hash)
            )


def _recorded(found: Sequence[outcomes.ItemOutcome]) -> bool:
    """Whether the chain took the record: then the other operator has it, and only its parts are news there."""
    return any(item.outcome != Outcome.REJECTED for item in found)
