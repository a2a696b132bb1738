"""Documents and notes beside the log: transactions, proposals, enrolments and consents.

What nothing bears out is not judged: `ledger.explain.not_judged` lists it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence

from ledger.chain.client import ChainReader
from ledger.chain.transactions import sender_and_nonce
from ledger.codes import RegistryAction
from ledger.common.ids import ConsortiumId, RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import LadingError
from ledger.records.disclosure import join, part_from_json, part_to_json, split
from ledger.records.index_keys import concerns
from ledger.records.signing import Domain, recover, signature_from_hex
from ledger.records.types import BY_NUMBER, Record, RegistryChange
from ledger.registry.enrolment import check_possession, parse_enrolment
from ledger.registry.forwarding import ConsentRevocation, check_signature, document_hash, parse_forwarding
from ledger.services.audit.chain import ChainFacts
from ledger.services.audit.findings import Findings, shown
from ledger.services.audit.rows.judged import domain_of
from ledger.services.intake.judgement import PROPOSAL_SECONDS
from ledger.store import records, rowwise
from ledger.store.database import Connection
from ledger.store.rows import text_of
from ledger.store.rowwise import Row
from ledger.store.transactions import DROPPED, MINED, OPEN, name_of


def check_transactions(
    source: Connection, chain: ChainReader, facts: ChainFacts, log_id: bytes, findings: Findings
) -> None:
    """Each is what its sender signed, for what it says, and stands with the chain as it says.

    A database that was rebuilt has none of its earlier ones, so none is missed.
    """
    anchors = {one.transaction: f"anchor:{to_hex(log_id)}:{one.size}" for one in facts.anchors.values()}
    carried = _carried(source)
    for row in rowwise.stream(source, "transactions"):
        several = carried.pop((row["sender"], row["nonce"]), "")
        if several != (row["intent"] if row["intent"].startswith("records:") else ""):
            what = "which records the transaction carries was edited: others would be taken for sent"
            findings.add("", f"carried by {row['intent']}", row["intent"], several, what)
        if (purpose := anchors.get(row["hash"], row["intent"])) != row["intent"]:
            what = "the transaction anchored another checkpoint than the row says: it was edited"
            findings.add("", f"transactions.intent of {row['intent']}", purpose, row["intent"], what)
        for column, expected, match, what in _transaction_faults(row, chain, facts):
            findings.add(row["record_id"] or "", f"transactions.{column} of {row['intent']}", expected, match, what)
    for (_, nonce), several in carried.items():
        what = "they belong to none of the transactions: its row was deleted, or these were inserted"
        findings.add("", f"carried under nonce {nonce}", "a transaction", several, what)


def _carried(source: Connection) -> dict[tuple[object, object], str]:
    """What for the transactions of several records are, by sender and nonce, as the records that they carry say it."""
    rows: dict[tuple[object, object], list[Row]] = {}
    for row in rowwise.stream(source, "carried"):
        rows.setdefault((row["sender"], row["nonce"]), []).append(row)
    return {place: _purpose_of(several) for place, several in rows.items()}


def _purpose_of(several: Sequence[Row]) -> str:
    ids = [row["record_id"] for row in several if isinstance(row["record_id"], bytes)]
    in_order = [row["position"] for row in several] == list(range(len(ids)))
    return name_of(ids) if in_order else "other records"


def _transaction_faults(row: Row, chain: ChainReader, facts: ChainFacts) -> Iterator[tuple[str, object, object, str]]:
    """Column, what was expected, what was found, and a sentence."""
    # What was left to the chain proves itself there by the same hash.
    raw = bytes(row["raw"]) or chain.signed(row["hash"]) or b""
    if keccak256(raw) != row["hash"]:
        what = "the stored transaction is not the one that was signed: it would be looked up in vain"
        yield "raw", row["hash"], keccak256(raw), what
        return
    try:
        sender, nonce = sender_and_nonce(raw)
    except LadingError as error:
        yield "raw", "a signed transaction", str(error), "the stored transaction was edited"
        return
    if (sender, nonce) != (row["sender"], row["nonce"]):
        yield "nonce", f"{nonce} of {to_hex(sender)}", f"{row['nonce']} of {shown(row['sender'])}", "the row was edited"
    if (row["record_id"] is None) == row["intent"].startswith("record:"):
        yield "record_id", row["intent"], row["record_id"], "the intent names a record or none, the column otherwise"
    if row["record_id"] is not None and row["intent"] != f"record:{to_hex(row['record_id'])}":
        yield "intent", f"record:{to_hex(row['record_id'])}", row["intent"], "the row was edited"
    block = facts.blocks.get(row["hash"])
    if block is None and (row["state"] in (MINED, DROPPED) or not row["raw"]):
        receipt = chain.receipt(row["hash"])
        block = None if receipt is None else receipt.block
    expected = f"{MINED} in block {block}" if block is not None else DROPPED
    stated = f"{MINED} in block {row['block_number']}" if row["state"] == MINED else row["state"]
    if (row["state"] not in OPEN or not row["raw"]) and stated != expected:
        yield "state", expected, stated, "the chain says otherwise: the row was edited"


def check_proposals(source: Connection, domains: Sequence[Domain], findings: Findings) -> None:
    """A proposal is the record that its signers have signed so far, with the parts that it shows, until it expires; and
    it is found under all that it concerns, and under nothing else.
    """
    expected: set[tuple[str, str, bytes]] = set()
    for row in rowwise.stream(source, "proposals"):
        try:
            record = _proposed(row, domains)
        except (LadingError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            findings.add(
                row["record_id"], "proposals", "what was proposed and signed", str(error), "the proposal was edited"
            )
            continue
        expected |= {(c.kind, c.key, bytes(row["record_id"])) for c in concerns(row["record_id"], record)}
    judged = {record_id for _, _, record_id in expected}
    there = {(row["kind"], row["key"], row["record_id"]) for row in rowwise.stream(source, "proposal_index")}
    known = {row["record_id"] for row in rowwise.stream(source, "proposals")}
    for kind, key, record_id in sorted(expected - there):
        what = "a proposal is not listed under what it concerns: the entry was deleted"
        findings.add(record_id, "proposal_index", f"{kind} {key}", "no such entry", what)
    for kind, key, record_id in sorted(there - expected):
        if record_id in judged or record_id not in known:
            what = "listed under what it does not concern, or without a proposal: inserted, or the proposal was deleted"
            findings.add(record_id, "proposal_index", "no such entry", f"{kind} {key}", what)


def _proposed(row: Row, domains: Sequence[Domain]) -> Record:
    """The proposed record with its opened parts; raises where the row is not as it was written."""
    record = BY_NUMBER[row["type_number"]].from_json(json.loads(row["message"]))
    if domain_of(record, row["record_id"], domains) is None:
        raise ValueError("the message has another digest")
    signatures = json.loads(row["signatures"])
    if not signatures:
        raise ValueError("nobody has signed it")
    for signer, signature in signatures.items():
        if to_hex(recover(row["record_id"], signature_from_hex(signature, "signatures"))) != signer:
            raise ValueError(f"the signature is not {signer}'s")
    bodies = json.loads(row["openings"])
    opened = join(record, {path: part_from_json(type(record), path, body) for path, body in bodies.items()})
    public, parts = split(opened)
    written = {
        "message": text_of(public.to_json()),
        "openings": text_of({path: part_to_json(part) for path, part in parts.items()}),
        "signatures": text_of(signatures),
    }
    for column, value in written.items():
        if row[column] != value:
            raise ValueError(f"{column} is not as it was written")
    expires = getattr(record, "submitBy", 0) or row["created_at"] + PROPOSAL_SECONDS
    if row["expires"] != expires:
        raise ValueError(f"it expires at {expires}, and not at {row['expires']}")
    return opened


def check_consents(source: Connection, consortium: ConsortiumId, findings: Findings) -> None:
    """Consents to forwarding and their revocations have their hash and were signed by the key they name."""
    for row in rowwise.stream(source, "consents"):
        try:
            if document_hash(row["document"]) != row["document_hash"]:
                raise ValueError("the document has another hash")
            said = parse_forwarding(row["document"], consortium)
            check_signature(said, row["signature"])
            if row["consent"] != (said.consent if isinstance(said, ConsentRevocation) else row["document_hash"]):
                raise ValueError("the document is about another consent")
        except (LadingError, ValueError, TypeError, RecursionError) as error:
            what = "the consent or revocation is not the one that its key signed: it was edited"
            findings.add(row["document_hash"], "consents", "the document that was signed", str(error), what)


def check_enrolments(source: Connection, copy: Connection, consortium: ConsortiumId, findings: Findings) -> None:
    """Documents have their hash and were signed by the key they name; those that led to an admission here are kept.

    Of partners that were admitted elsewhere, or before a database was lost, nobody here need have any: a note.
    """
    kept, elsewhere = set(), list[RecordId]()
    for row in rowwise.stream(source, "enrolments"):
        kept.add(row["document_hash"])
        try:
            if hashlib.sha256(row["document"]).digest() != row["document_hash"]:
                raise ValueError("the document has another hash")
            enrolment = parse_enrolment(row["document"], consortium)
            check_possession(enrolment, row["signature"])
            if enrolment.key != row["key"]:
                raise ValueError("the document names another key")
        except (LadingError, ValueError, TypeError, RecursionError) as error:
            findings.add(
                row["document_hash"],
                "enrolments",
                "the document that was signed",
                str(error),
                "the enrolment is not the one that its key signed: it was edited",
            )
    for stored in records.stream(copy, types=[RegistryChange.NUMBER]):
        change = stored.record
        if isinstance(change, RegistryChange) and change.action == RegistryAction.ADMIT and any(change.document):
            if change.document in kept:
                continue
            if not rowwise.some(source, "outbox", "record_id", [stored.record_id]):
                elsewhere.append(stored.record_id)
            else:
                findings.add(
                    stored.record_id,
                    "enrolments",
                    change.document,
                    "no such document",
                    "the partner was admitted on a document that is not here any more: it was deleted",
                )
    if elsewhere:
        found = f"none for {len(elsewhere)} partners, the first admitted by {to_hex(elsewhere[0])}"
        what = "partners were admitted on documents that are not here: given to another operator, lost, or deleted"
        findings.note("", "enrolments", "the document of every admission", found, what)
