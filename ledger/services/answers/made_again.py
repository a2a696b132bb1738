"""A home for a moment, made of a verified bundle: its log as it was when an answer was given, and nothing of later.

The same services answer from it. It has no chain, no node and no network, and its keys are thrown away.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.access.evidence import is_evidence
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.format import BundledRecord
from ledger.bundle.whole.ledger import stood_in
from ledger.chain.deploy import Deployment
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.log.leaf import LogSigner
from ledger.log.witness_policy import AskedWitnesses
from ledger.records.disclosure import part_to_json, split
from ledger.records.evidence import CheckpointTime, Evidence
from ledger.records.index_keys import concerns
from ledger.services.answers.no_chain import NoChain
from ledger.services.figures.access import KEPT_AS
from ledger.services.home import kept_rules
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import Consortium, OperatorKeys
from ledger.services.home.home import Home
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import LedgerReader
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.evidence import KnownEvidence
from ledger.services.state.projections import Projector
from ledger.store import meta, migrate, rowwise
from ledger.store.database import Connection, Database
from ledger.store.documents import enrolments
from ledger.store.documents.enrolments import StoredEnrolment
from ledger.store.rows import chunks, text_of

BATCH = 500


@contextmanager
def made_again(checks: BundleChecks, size: int, newest: CheckpointTime | None, at: int) -> Iterator[LedgerReader]:
    """The ledger of a bundle that was verified, as it was known with `size` leaves, the evidence up to `newest` and the
    clock at `at`. Everything lies in a folder that is deleted in the end.
    """
    with TemporaryDirectory(prefix="lading-") as folder:
        home = _home(Path(folder), checks, at)
        log = LogSigner(checks.log.origin, Ed25519PrivateKey.generate())
        keys = OperatorKeys(Path(folder) / "keys", "", log, secrets.token_bytes(32))
        ledger = LedgerReader(home, keys)
        try:
            ledger.registry.evidence = _Told(_evidence(checks, size, newest))
            with home.database.write() as connection:
                _fill(connection, checks, size)
                _keep_files(connection, checks)
                Projector(CurrentRegistry(home.consortium.genesis, home.clock)).catch_up(connection)
            yield ledger
        finally:
            ledger.close()


class _Told(KnownEvidence):
    """The evidence that the bundle has, in place of what a store holds."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__()
        self._evidence = evidence

    def of(self, connection: Connection, consortium: Consortium, counted: int | None = None) -> Evidence:  # noqa: ARG002
        return self._evidence


def _evidence(checks: BundleChecks, size: int, newest: CheckpointTime | None) -> Evidence:
    """What others bore out by then. Of several checkpoints a later and larger one says no more than those before, so
    whoever knew the newest knew all of them.
    """
    until = -1 if newest is None else newest.time
    times = (one for one in checks.evidence.times if one.size <= size and one.time <= until)
    return Evidence.of_chain(checks.trust.chain_id, times)


def _home(folder: Path, checks: BundleChecks, at: int) -> Home:
    trust, policy = checks.trust, checks.bundle.times.witnesses
    contracts = {ContractKind.BONUS: trust.bonus_pool or bytes(20)}
    deployment = Deployment(trust.chain_id, trust.genesis, trust.registry, contracts, None, 0, bytes(32))
    asked = None if policy is None else AskedWitnesses(policy, ("",) * len(policy.keys))
    consortium = Consortium(deployment, checks.log, demo=False, witnesses=asked)
    settings = read_settings({}, home=folder)
    return Home(settings, consortium, Database.scratch(folder / "ledger.db"), NoChain(trust.chain_id), ManualClock(at))


def _fill(connection: Connection, checks: BundleChecks, size: int) -> None:
    """The records below `size`, with what is open of them, and the projections that outcomes make."""
    known = [record for record in checks.bundle.records if record.index < size]
    for batch in chunks(known, BATCH):
        _put(connection, [(checks.ids[record.index], record) for record in batch])
    rowwise.set_head(connection, size, known[-1].log_time if known else 0)
    migrate.empty_projections(connection)
    for stood in stood_in(checks.bundle.figures):
        row = {"size": stood.size, "root": bytes(32), "note": "", "signed_at": stood.time}
        rowwise.insert(connection, "checkpoints", [row] if stood.size <= size else [])


def _put(connection: Connection, batch: Sequence[tuple[RecordId, BundledRecord]]) -> None:
    rows, parts, index = [], [], []
    for record_id, one in batch:
        public, opened = split(one.signed.record)
        rows.append({
            "record_id": record_id,
            "log_index": one.index,
            "type_number": public.NUMBER,
            "log_time": one.log_time,
            "leaf_hash": one.leaf_hash,
            "signatures": one.signed.signature_bytes(),
            "message": text_of(public.to_json()),
        })  # fmt: skip
        parts += [
            {"record_id": record_id, "path": path, "body": text_of(part_to_json(part))} for path, part in opened.items()
        ]
        index += [
            {"kind": concern.kind, "key": concern.key, "log_index": one.index}
            for concern in concerns(record_id, public)
        ]
    rowwise.insert(connection, "records", rows)
    rowwise.insert(connection, "openings", parts)
    rowwise.insert(connection, "record_index", index)


def _keep_files(connection: Connection, checks: BundleChecks) -> None:
    """What the council adopted, and how partners enrolled: their names."""
    view = checks.history.at_log(checks.head.size, 0)
    admitted = {partner.document for _, partner in view.partners()}
    for text in checks.bundle.rules:
        data = text.encode()
        document = sha256(data).digest()
        if document in admitted:
            enrolments.add(connection, StoredEnrolment(document, data, b"", bytes(20), 0), admitted=True)
        elif is_evidence(data):
            meta.put_new(connection, f"{KEPT_AS}/{to_hex(document)}", text)
        else:
            kept_rules.put(connection, document, data)
