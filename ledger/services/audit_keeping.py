"""What is kept beside the log: index, outbox, pending slots, proposals, enrolments, award files, item codes, notes.

Leases, sightings and the times at which something was noted are working notes that nothing can bear out; they decide
nothing that is signed, and are not judged.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ledger import merkle
from ledger.audit import Findings
from ledger.bonus_amounts import amounts_root
from ledger.bonus_words import amounts_from_json
from ledger.chain.client import ChainReader
from ledger.chain.contracts import has_chain_track, kind_of
from ledger.chain.events import item_count
from ledger.clearance import SlotKey
from ledger.codes import Outcome as Code
from ledger.codes import RegistryAction
from ledger.concerns import concerns
from ledger.enrolment import check_possession, parse_enrolment
from ledger.errors import LadingError
from ledger.ids import ConsortiumId, RecordId, to_hex
from ledger.keccak import keccak256
from ledger.records import (
    BY_NUMBER,
    Attestation,
    BonusAward,
    Clearance,
    Handoff,
    Override,
    Record,
    RegistryChange,
    ShipmentTerms,
    Split,
)
from ledger.services.audit_chain import ChainFacts, contracts_in_meta
from ledger.services.audit_log import Tell, WalkedLog, domain_of
from ledger.services.expectation import clearance_scope
from ledger.services.submission import REGISTRY_SCOPE
from ledger.signing import Domain, recover
from ledger.store import outbox, outcomes, records, rowwise
from ledger.store.database import Connection
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks
from ledger.store.rowwise import Row

CHAIN_TYPES = tuple(number for number, kind in BY_NUMBER.items() if has_chain_track(kind))


def check_head(source: Connection, log: WalkedLog, findings: Findings) -> None:
    """The row that appenders lock says how many leaves there are."""
    rows = list(rowwise.stream(source, "log_head"))
    size = rows[0]["size"] if len(rows) == 1 else f"{len(rows)} rows"
    if size != log.rows:
        findings.add("", "log_head.size", log.rows, size, "the log's head does not agree with its rows: one was edited")


def check_cursor(source: Connection, chain: ChainReader, final: int, findings: Findings) -> None:
    for row in rowwise.stream(source, "chain_cursor"):
        block = chain.block(row["block"]) if isinstance(row["block"], int) and row["block"] > 0 else None
        if block is None or block.hash != row["block_hash"]:
            findings.add(
                "",
                f"chain_cursor.block_hash of {row['name']}",
                block.hash if block else f"a block up to {final}",
                f"block {row['block']}, {to_hex(row['block_hash'])}",
                "the chain was not followed to this block: the note was edited, or the chain is another",
            )


# --- index, outbox, pending ------------------------------------------------------------------------------------------


def fill_index(copy: Connection) -> None:
    """Make the index of the copy from its records."""
    for batch in chunks(records.stream(copy), 500):
        rows = [
            {"kind": concern.kind, "key": concern.key, "log_index": row.log_index}
            for row in batch
            for concern in concerns(row.record_id, row.record)
        ]
        rowwise.insert(copy, "record_index", rows)


def check_index(source: Connection, copy: Connection, skipped: set[int], findings: Findings) -> None:
    """Every record is found under everything that it concerns, and under nothing else."""
    shape = rowwise.shape("record_index")
    names = rowwise.stream(copy, "record_index"), rowwise.stream(source, "record_index")
    from ledger.audit import paired

    for expected, found in paired(*names, shape.key):
        row = expected or found
        if (expected is not None and found is not None) or row is None or row["log_index"] in skipped:
            continue
        stored = records.at(copy, row["log_index"]) if isinstance(row["log_index"], int) else None
        entry = f"{row['kind']} {row['key']}"
        findings.add(
            stored.record_id if stored else "",
            "record_index",
            entry if expected else "no such entry",
            entry if found else "no such entry",
            "a record is not listed under what it concerns: the entry was deleted"
            if expected
            else "a record is listed under what it does not concern: the entry was inserted",
        )


def check_outbox(source: Connection, copy: Connection, skipped: set[RecordId], findings: Findings, tell: Tell) -> None:
    """What the chain has not settled waits in the outbox, and nothing else does.

    A record with a chain track that is neither settled nor waiting would never be submitted: suppressed.
    """
    total = rowwise.count(source, "outbox")
    done = 0
    for batch in chunks(rowwise.stream(source, "outbox"), 500):
        tell("outbox", done, total)
        done += len(batch)
        known = _states(copy, [row["record_id"] for row in batch])
        for row in batch:
            stored, final = known.get(row["record_id"], (None, False))
            if row["record_id"] not in skipped:
                _check_outbox_row(row, stored, final, findings)
    for rows in chunks(records.stream(copy, types=CHAIN_TYPES), 500):
        states = _states(copy, [row.record_id for row in rows])
        open_ids = [record_id for record_id, (_, final) in states.items() if not final]
        waiting = {row["record_id"] for row in rowwise.some(source, "outbox", "record_id", open_ids)}
        for record_id in open_ids:
            if record_id not in waiting and record_id not in skipped:
                findings.add(
                    record_id,
                    "outbox",
                    "a row that waits",
                    "no such row",
                    "the chain has not settled this record, and nobody would submit it: its outbox row was deleted",
                )


def _states(copy: Connection, ids: Sequence[Any]) -> dict[RecordId, tuple[StoredRecord | None, bool]]:
    """Each record with whether all its outcomes are final."""
    wanted = [RecordId(value) for value in ids if isinstance(value, bytes)]
    settled = outcomes.of_many(copy, wanted)
    found: dict[RecordId, tuple[StoredRecord | None, bool]] = {}
    for record_id, stored in records.get_many(copy, wanted).items():
        found[record_id] = stored, len(settled.get(record_id, [])) == item_count(stored.record)
    return found


def _check_outbox_row(row: Row, stored: StoredRecord | None, final: bool, findings: Findings) -> None:
    if stored is None:
        findings.add(row["record_id"], "outbox", "a record", "none", "an outbox row without a record: it was inserted")
        return
    expected = {
        "log_index": stored.log_index,
        "type_number": stored.type_number,
        "submit_by": getattr(stored.record, "submitBy", 0),
    }
    for column, value in expected.items():
        if row[column] != value:
            findings.add(
                stored.record_id, f"outbox.{column}", value, row[column], "the row does not agree with its record"
            )
    if (row["state"] == outbox.FINAL) != final or row["state"] not in (outbox.PENDING, outbox.SENT, outbox.FINAL):
        findings.add(
            stored.record_id,
            "outbox.state",
            outbox.FINAL if final else f"{outbox.PENDING} or {outbox.SENT}",
            row["state"],
            "the log says that the chain has settled this record"
            if final
            else "the chain has not settled this record, and it would not be submitted any more",
        )


def check_pending(source: Connection, copy: Connection, skipped: set[RecordId], findings: Findings) -> None:
    """Slots are held by records that name them and are not settled."""
    for batch in chunks(rowwise.stream(source, "pending"), 500):
        known = _states(copy, [row["record_id"] for row in batch])
        for row in batch:
            if row["record_id"] in skipped:
                continue
            stored, final = known.get(row["record_id"], (None, False))
            slot = f"{to_hex(bytes(row['scope']))} sequence {row['sequence']}"
            if stored is None or final or (row["scope"], row["sequence"]) not in set(_slots(stored.record)):
                findings.add(
                    row["record_id"],
                    "pending",
                    "an unsettled record that names this sequence",
                    f"{slot}, " + ("no such record" if stored is None else "settled" if final else "not named in it"),
                    "a sequence is held by a record that cannot use it, and blocks others: the row was edited",
                )


def _slots(record: Record) -> Iterator[tuple[bytes, int]]:
    match record:
        case ShipmentTerms():
            yield from ((ref.shipment, ref.sequence) for ref in record.parents)
        case Handoff():
            yield from ((item.shipment, item.sequence) for item in record.items)
        case Split() | Override():
            yield record.shipment, record.sequence
        case Clearance():
            for ref in record.items:
                key = SlotKey(RecordId(ref.shipment), record.jurisdiction, record.regime)
                yield clearance_scope(key), ref.sequence
        case RegistryChange():
            yield REGISTRY_SCOPE, record.sequence
        case _:
            pass


# --- documents -------------------------------------------------------------------------------------------------------


def check_transactions(source: Connection, findings: Findings) -> None:
    for row in rowwise.stream(source, "transactions"):
        if keccak256(bytes(row["raw"])) != row["hash"]:
            findings.add(
                row["record_id"] or "",
                f"transactions.raw of {row['intent']}",
                row["hash"],
                keccak256(bytes(row["raw"])),
                "the stored transaction is not the one that was signed: it would be looked up in vain",
            )


def check_proposals(source: Connection, domains: Sequence[Domain], findings: Findings) -> None:
    """A proposal is the record that its signers have signed so far."""
    for row in rowwise.stream(source, "proposals"):
        try:
            record = BY_NUMBER[row["type_number"]].from_json(json.loads(row["message"]))
            if domain_of(record, row["record_id"], domains) is None:
                raise ValueError("the message has another digest")
            for signer, signature in json.loads(row["signatures"]).items():
                if to_hex(recover(row["record_id"], bytes.fromhex(signature[2:]))) != signer:
                    raise ValueError(f"the signature is not {signer}'s")
        except (LadingError, ValueError, KeyError, TypeError, AttributeError) as error:
            findings.add(
                row["record_id"], "proposals", "what was proposed and signed", str(error), "the proposal was edited"
            )


def check_enrolments(source: Connection, copy: Connection, consortium: ConsortiumId, findings: Findings) -> None:
    """Documents have their hash and were signed by the key they name; those that led to an admission here are kept."""
    kept = set()
    for row in rowwise.stream(source, "enrolments"):
        kept.add(row["document_hash"])
        try:
            if hashlib.sha256(row["document"]).digest() != row["document_hash"]:
                raise ValueError("the document has another hash")
            enrolment = parse_enrolment(row["document"], consortium)
            check_possession(enrolment, row["signature"])
            if enrolment.key != row["key"]:
                raise ValueError("the document names another key")
        except (LadingError, ValueError, TypeError) as error:
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
            asked_here = rowwise.some(source, "outbox", "record_id", [stored.record_id])
            if change.document not in kept and asked_here:
                findings.add(
                    stored.record_id,
                    "enrolments",
                    change.document,
                    "no such document",
                    "the partner was admitted on a document that is not here any more: it was deleted",
                )


def check_meta(source: Connection, copy: Connection, facts: ChainFacts, findings: Findings) -> None:
    """Award files and item codes have the roots in their records; contracts are those that the council opened."""
    for row in rowwise.stream(source, "meta"):
        kind, _, rest = str(row["name"]).partition("/")
        try:
            if kind == "codes":
                _check_codes(copy, rest, row["value"], findings)
            elif kind == "award":
                _check_award(copy, rest, row["value"], findings)
            elif kind == "contracts":
                _check_known_contracts(row["value"], facts, findings)
        except (LadingError, ValueError, KeyError, TypeError, AttributeError) as error:
            findings.add("", f"meta.{row['name']}", "what was kept", str(error), "the value was edited")


def _check_codes(copy: Connection, name: str, value: str, findings: Findings) -> None:
    record_id = RecordId(bytes.fromhex(name[2:]))
    stored = records.get(copy, record_id)
    expected = stored.record.itemCodes if stored and isinstance(stored.record, Attestation) else None
    found = merkle.sorted_root(code.encode() for code in json.loads(value))
    if found != expected:
        findings.add(
            record_id,
            "item codes",
            expected,
            found,
            "the item codes are not those that the issuer attested: the list was edited",
        )


def _check_award(copy: Connection, name: str, value: str, findings: Findings) -> None:
    agreement, _, version = name.partition("/")
    agreement_id = RecordId(bytes.fromhex(agreement[2:]))
    awards = [
        row
        for row in records.listing(copy, "agreement", agreement, types=[BonusAward.NUMBER], limit=1000)
        if isinstance(row.record, BonusAward) and row.record.version == int(version)
    ]
    found = amounts_root(agreement_id, int(version), amounts_from_json(json.loads(value)))
    roots = {row.record.amounts for row in awards if isinstance(row.record, BonusAward)}
    if found not in roots:
        findings.add(
            awards[0].record_id if awards else agreement_id,
            f"award file, version {version}",
            next(iter(roots), None),
            found,
            "the lines are not those of the award that was signed: the file was edited",
        )


def _check_known_contracts(value: str, facts: ChainFacts, findings: Findings) -> None:
    for address, kind in contracts_in_meta(value).items():
        name = facts.contracts.get(address)
        opened = kind_of(name) if name else None
        if opened is None or int(opened) != kind:
            findings.add(
                "",
                "meta.contracts",
                "contracts that the council opened",
                to_hex(address),
                "the council never opened this contract: the entry was inserted",
            )


_ = Code
