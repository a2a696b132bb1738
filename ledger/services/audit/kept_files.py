"""Documents kept beside the log by name: rules, scorecards, award files, item codes, and contracts opened later."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from ledger import merkle
from ledger.access import evidence
from ledger.bonuses.amounts import amounts_root
from ledger.bonuses.award_file import FORMAT, amounts_from_json, evidence_of_file
from ledger.bonuses.rule_file import parse_rule
from ledger.chain.contracts import kind_of
from ledger.codes import RegistryAction
from ledger.common.ids import RecordId, to_hex
from ledger.common.json_fields import hex_bytes
from ledger.errors import LadingError
from ledger.network.benchmark import parse_benchmark
from ledger.products.description import PRODUCT_SCHEMA
from ledger.records.types import Attestation, BonusAgreement, BonusAward, RegistryChange
from ledger.services.audit.chain import ChainFacts, contracts_in_meta
from ledger.services.audit.findings import Findings
from ledger.services.figures.access import KEPT_AS as EVIDENCE
from ledger.services.home.benchmarks import KEPT_AS as BENCHMARK
from ledger.services.home.score_cards import default_card
from ledger.services.products.descriptions import PICTURES, TEXTS, read_picture
from ledger.services.state.bonus_pools import CONTRACTS
from ledger.services.state.erasure import UNSCRUBBED
from ledger.store import records, rowwise
from ledger.store.database import Connection
from ledger.store.epcis.events import CURSOR

_JSON = ("codes", "award", "published", CONTRACTS)
"""What is kept as `json.dumps` writes it."""
_TOML = ("rule", "card", "rules")
_KINDS = (*_JSON, *_TOML, EVIDENCE, TEXTS, PICTURES, BENCHMARK, UNSCRUBBED, CURSOR)


def check_meta(source: Connection, copy: Connection, facts: ChainFacts, findings: Findings) -> None:
    """What is kept is what records name: by hash, or by root. What they name and is not kept is a note.

    The log has no trace of a document's coming, and an honest node may never have been given one; so its absence
    cannot be told from its deletion. Contracts are another matter: every node reads from the chain which were opened.
    """
    kept = {str(row["name"]): row["value"] for row in rowwise.stream(source, "meta")}
    for record_id, name, what in _named(copy, kept):
        if name not in kept:
            findings.note(record_id, f"meta.{name}", what, "not here", f"{what} is not here: never given, or deleted")
    check_no_contract_missing(kept.get(CONTRACTS), facts, findings)
    for row in rowwise.stream(source, "meta"):
        kind, _, rest = str(row["name"]).partition("/")
        try:
            if kind not in _KINDS:
                raise ValueError("nothing is kept under such a name")
            if kind in _JSON and json.dumps(json.loads(row["value"])) != row["value"]:
                raise ValueError("JSON, but spelt otherwise than it was written")
            if kind == "codes":
                _check_codes(copy, rest, row["value"], findings)
            elif kind == "award":
                _check_award(copy, rest, row["value"], findings)
            elif kind in (*_TOML, EVIDENCE, TEXTS) and to_hex(hashlib.sha256(row["value"].encode()).digest()) != rest:
                raise ValueError(f"the {kind} file has another SHA-256")
            elif kind == BENCHMARK:
                parse_benchmark(row["value"].encode())  # nobody signs it, so that it is one is all that can be told
            elif kind == PICTURES and read_picture(row["value"], hex_bytes(rest, "name", 32)) is None:
                raise ValueError("the picture has another SHA-256")
            elif kind in (CONTRACTS, UNSCRUBBED) and rest:
                raise ValueError("nothing is kept under such a name")
            elif kind == CONTRACTS:
                check_known_contracts(row["value"], facts, findings)
        except (LadingError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            findings.add("", f"meta.{row['name']}", "what was kept", str(error), "the value was edited")


def _named(copy: Connection, kept: Mapping[str, str]) -> Iterator[tuple[RecordId, str, str]]:
    """Every document that a record names: the record, the document's name here, and what it is."""
    types = [Attestation.NUMBER, BonusAgreement.NUMBER, BonusAward.NUMBER, RegistryChange.NUMBER]
    own = default_card().hash
    for stored in records.stream(copy, types=types):
        match stored.record:
            case Attestation(schema=schema, document=document) if schema == PRODUCT_SCHEMA and any(document):
                yield stored.record_id, f"{TEXTS}/{to_hex(document)}", "the product's description"
            case Attestation(itemCodes=root) if any(root):
                yield stored.record_id, f"codes/{to_hex(stored.record_id)}", "the list of item codes"
            case BonusAgreement(rule=rule) if any(rule):
                name = f"rule/{to_hex(rule)}"
                yield stored.record_id, name, "the agreement's rule file"
                card = _card_of(kept.get(name))
                if card and card != own:
                    yield stored.record_id, f"card/{to_hex(card)}", "the scorecard of the agreement's rule"
            case BonusAward(agreement=agreement, version=version, amounts=root):
                yield stored.record_id, f"award/{to_hex(agreement)}/{version}/{to_hex(root)}", "the award's file"
            case RegistryChange(action=RegistryAction.ADOPT_RULES, document=document, number=evidence.GOVERNS_NOTHING):
                yield stored.record_id, f"{EVIDENCE}/{to_hex(document)}", "the evidence of a change of access"
            case RegistryChange(action=RegistryAction.ADOPT_RULES, document=document) if document != own:
                other = f"rules/{to_hex(document)}"
                name = other if other in kept else f"card/{to_hex(document)}"
                yield stored.record_id, name, "the file that the council adopted"
            case _:
                pass


def _card_of(rule: str | None) -> bytes:
    try:
        return parse_rule((rule or "").encode()).card
    except LadingError:
        return b""


def _check_codes(copy: Connection, name: str, value: str, findings: Findings) -> None:
    record_id = RecordId(hex_bytes(name, "name", 32))
    stored = records.get(copy, record_id)
    expected = stored.record.itemCodes if stored and isinstance(stored.record, Attestation) else None
    codes = json.loads(value)
    if not isinstance(codes, list):
        raise ValueError("not a list of codes")
    once = sorted(set(codes))
    result = merkle.sorted_root(code.encode() for code in once)
    if result != expected:
        findings.add(
            record_id,
            "item codes",
            expected,
            result,
            "the item codes are not those that the issuer attested: the list was edited",
        )
    elif codes != once:
        raise ValueError("codes in another order, or twice")


def _check_award(copy: Connection, name: str, value: str, findings: Findings) -> None:
    agreement, version, root = name.split("/")
    agreement_id = RecordId(hex_bytes(agreement, "name", 32))
    if str(int(version)) != version:
        raise ValueError("another spelling of the version")
    file = json.loads(value)
    told = {"format": FORMAT, "agreement": agreement, "version": int(version), "amounts": root}
    if other := [name for name, right in told.items() if json.dumps(file.get(name, right)) != json.dumps(right)]:
        raise ValueError(f"{', '.join(other)}: not those of the award that it is kept for")
    result = amounts_root(agreement_id, int(version), amounts_from_json(file))
    if to_hex(result) == root:
        signed = records.get(copy, agreement_id)
        if signed is None or not isinstance(signed.record, BonusAgreement):
            raise ValueError("no agreement of this name is here")
        _check_logged(copy, evidence_of_file(file, signed.record))
        return
    rows = records.listing(copy, "agreement", agreement, types=[BonusAward.NUMBER], limit=1000)
    named = [r.record_id for r in rows if isinstance(r.record, BonusAward) and to_hex(r.record.amounts) == root]
    findings.add(
        named[0] if named else agreement_id,
        f"award file, version {version}",
        root,
        result,
        "the lines are not those of the award: the file was edited",
    )


def _check_logged(copy: Connection, evidence: Sequence[RecordId]) -> None:
    if other := next((one for one in evidence if records.get(copy, one) is None), None):
        raise ValueError(f"evidence.records: {to_hex(other)} is not logged here")


def check_no_contract_missing(value: str | None, facts: ChainFacts, findings: Findings) -> None:
    """Every contract that the council opened is one of the founding's, or in `value`, which was noted here."""
    missing = {a for a, name in facts.opened.items() if kind_of(name)} - set(contracts_in_meta(value))
    for address in sorted(missing - facts.first):
        findings.add(
            "",
            "meta.contracts",
            to_hex(address),
            "no such entry",
            "the council opened this contract, and its events would be passed over: the entry was deleted, here "
            "or in consortium.json",
        )


def check_known_contracts(value: str, facts: ChainFacts, findings: Findings) -> None:
    """The contracts opened later that are noted here are those that the council opened; raises `ValueError` for what is
    not as it was written.
    """
    written = [{"kind": kind, "address": to_hex(address)} for address, kind in contracts_in_meta(value).items()]
    if json.dumps(written) != value:
        raise ValueError("not as it was written")
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
