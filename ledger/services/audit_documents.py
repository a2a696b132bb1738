"""Documents and notes beside the log: transactions, proposals, enrolments, award and rule files, item codes.

Leases, sightings and the times at which something was noted are working notes that nothing can bear out; they decide
nothing that is signed, and are not judged.
"""

import hashlib
import json
from collections.abc import Sequence

from ledger import merkle
from ledger.audit import Findings
from ledger.bonus_amounts import amounts_root
from ledger.bonus_words import amounts_from_json
from ledger.chain.contracts import kind_of
from ledger.codes import RegistryAction
from ledger.enrolment import check_possession, parse_enrolment
from ledger.errors import LadingError
from ledger.ids import ConsortiumId, RecordId, to_hex
from ledger.keccak import keccak256
from ledger.records import BY_NUMBER, Attestation, BonusAward, RegistryChange
from ledger.services.audit_chain import ChainFacts, contracts_in_meta
from ledger.services.audit_log import domain_of
from ledger.signing import Domain, recover
from ledger.store import records, rowwise
from ledger.store.database import Connection


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
            elif kind in ("rule", "card") and to_hex(hashlib.sha256(row["value"].encode()).digest()) != rest:
                raise ValueError(f"the {kind} file has another SHA-256")
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
    agreement, version, root = name.split("/")
    agreement_id = RecordId(bytes.fromhex(agreement[2:]))
    found = amounts_root(agreement_id, int(version), amounts_from_json(json.loads(value)))
    if to_hex(found) == root:
        return
    rows = records.listing(copy, "agreement", agreement, types=[BonusAward.NUMBER], limit=1000)
    named = [r.record_id for r in rows if isinstance(r.record, BonusAward) and to_hex(r.record.amounts) == root]
    findings.add(
        named[0] if named else agreement_id,
        f"award file, version {version}",
        root,
        found,
        "the lines are not those of the award: the file was edited",
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
