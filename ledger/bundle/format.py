"""The files that auditors exchange: bundle and trust file, their JSON and nothing else. RFC 8785 canonical.

`docs/bundle.md` describes both for whoever writes another verifier.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.bundle.award_cutoff import Cutoff
from ledger.bundle.last_leaf import LastLeaf
from ledger.bundle.sealed.seals import Seals
from ledger.bundle.subject import SubjectKind, parse_subject
from ledger.bundle.times import Times
from ledger.common.canonical import canonical_json, parse_json, prints_as
from ledger.common.ids import ConsortiumId, KeyAddress, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, items, shown, text
from ledger.errors import MalformedRecord
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import Complete, LogIdentity
from ledger.records.signing import SignedRecord, signatures_from_json
from ledger.records.types import record_named
from ledger.registry.history import Genesis
from ledger.registry.partner_book import PartnerBook
from ledger.seals.validators import Network

BUNDLE = "bundle/4"
TRUST = "trust/1"
MAX_BUNDLE = 256 << 20
MAX_TRUST = 8 << 20
MAX_RULES = 64
MAX_FILES = 20_000
"""Of a ledger: adopted files, and an enrolment a partner."""
_TRUST_FIELDS = ("lading", "consortiumId", "genesis", "chainId", "registry", "logs")
_MORE_TRUST_FIELDS = ("bonusPool", "cometbft", "laterPools", "partners", "witnesses")
"""Fields that a trust file may have or not."""
FINGERPRINTED = ("lading", "consortiumId", "genesis", "chainId", "registry", "logs", "witnesses", "cometbft")
"""Fields of a trust file that its fingerprint covers."""
_FIELDS = ("lading", "subject", "origin", "checkpoint", "proof", "records", "complete", "rules", "times", "figures")
_MORE_FIELDS = {SubjectKind.AWARD: "cutoff", SubjectKind.SHIPMENT: "last", SubjectKind.PARTNER: "last"}
"""What bundles of these subjects have too: what shows until when their figures may have been made."""
_SEALS = "seals"
"""What bundles of the same subjects may have: what proves them down to a network's seals. Products' are for browsers,
which know no seals.
"""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier gets from somebody it trusts: the consortium, its genesis, its chain and its logs.

    `bonus_pool`, and `later_pools` that the council opened since, oldest first: what signers of records about money
    bind, each agreement one of them; a verifier finds pools in the registry's changes. `witnesses`: who must have
    cosigned a checkpoint of these logs; None where nobody is asked. `partners`: names and keys as one of the logs
    signed them, for whoever signs without a network; None where it has none. `network`: the CometBFT network whose
    validators seal the chain's blocks; None where the chain is another, or nobody relies on its seals.
    """

    genesis: Genesis
    chain_id: int
    registry: bytes
    logs: tuple[LogIdentity, ...]
    bonus_pool: bytes | None = None
    witnesses: WitnessPolicy | None = None
    partners: PartnerBook | None = None
    later_pools: tuple[bytes, ...] = ()
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class BundledRecord:
    """A record with its place in the log. `leaf_hash` as claimed: it shows which record was altered."""

    signed: SignedRecord
    index: int
    log_time: int
    leaf_hash: bytes

    @property
    def where(self) -> str:
        return f"record {self.index} ({type(self.signed.record).__name__})"

    def to_json(self) -> dict[str, Any]:
        return self.signed.to_json() | {
            "index": self.index,
            "logTime": self.log_time,
            "leafHash": to_hex(self.leaf_hash),
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """`subject`: as `ledger.bundle.subject` has it. `proof`: of all records' leaves to `checkpoint`, see
    `ledger.log.multi_proof`. `rules`: texts of rule files, ascending. `times`: what says when records were
    there. `figures`: as claimed. `cutoff`: of an award alone, why it was computed at its size. `last`: the last leaf
    under `checkpoint`, of a shipment and of a partner, whose figures are judged at a time. `seals`: what proves
    outcomes and anchors down to a network's validators; None where nobody collected it.
    """

    subject: str
    origin: str
    checkpoint: str
    proof: tuple[bytes, ...]
    records: tuple[BundledRecord, ...]
    complete: Complete
    rules: tuple[str, ...]
    times: Times
    figures: Mapping[str, Any]
    cutoff: Cutoff | None = None
    last: LastLeaf | None = None
    seals: Seals | None = None

    def to_bytes(self) -> bytes:
        more = {"cutoff": self.cutoff, "last": self.last, _SEALS: self.seals}
        return canonical_json(
            {name: shown.to_json() for name, shown in more.items() if shown is not None}
            | {
                "lading": BUNDLE,
                "subject": self.subject,
                "origin": self.origin,
                "checkpoint": self.checkpoint,
                "proof": [to_hex(value) for value in self.proof],
                "records": [record.to_json() for record in self.records],
                "complete": self.complete.to_json(),
                "rules": list(self.rules),
                "times": self.times.to_json(),
                "figures": dict(self.figures),
            }
        )


def parse_bundle(data: bytes) -> Bundle:
    """The bundle in `data`; accepts only what `to_bytes` would print. Raises `MalformedRecord`."""
    value = parse_json(data, max_size=MAX_BUNDLE, where="bundle")
    found = value.get("lading") if isinstance(value, dict) else None
    if isinstance(found, str) and found != BUNDLE:
        raise MalformedRecord(
            "another format",
            where="bundle.lading",
            expected=BUNDLE,
            found=found[:40],
            mend="Have it exported again by the version that verifies it, or verify it with the version that made it.",
        )
    about = value.get("subject") if isinstance(value, dict) else None
    subject = parse_subject(text(about, "bundle.subject"))
    more = _MORE_FIELDS.get(subject.kind)
    if more is None:
        fields = fields_of(value, "bundle", _FIELDS)
    else:
        fields = fields_of(value, "bundle", (*_FIELDS, more), more=(_SEALS,))
    most = MAX_FILES if subject.kind is SubjectKind.LEDGER else MAX_RULES
    bundle = Bundle(
        subject=text(fields["subject"], "bundle.subject"),
        origin=text(fields["origin"], "bundle.origin"),
        checkpoint=text(fields["checkpoint"], "bundle.checkpoint"),
        proof=tuple(hex_bytes(value, at, 32) for at, value in entries(fields["proof"], "bundle.proof")),
        records=tuple(_record(entry, at) for at, entry in entries(fields["records"], "bundle.records")),
        complete=Complete.from_json(fields["complete"]),
        rules=tuple(text(rule, at) for at, rule in entries(fields["rules"], "bundle.rules", most=most)),
        times=Times.from_json(fields["times"], "bundle.times"),
        figures=_figures(fields["figures"]),
        cutoff=Cutoff.from_json(fields["cutoff"], "bundle.cutoff") if more == "cutoff" else None,
        last=LastLeaf.from_json(fields["last"], "bundle.last") if more == "last" else None,
        seals=Seals.from_json(fields[_SEALS], "bundle.seals") if _SEALS in fields else None,
    )
    if list(bundle.rules) != sorted(set(bundle.rules)):
        raise MalformedRecord("rule files do not ascend, each once", where="bundle.rules")
    indexes = [record.index for record in bundle.records]
    if not indexes or indexes != sorted(set(indexes)):
        raise MalformedRecord("no records, or not in log order, each once", where="bundle.records")
    if not prints_as(value, data):
        raise MalformedRecord("not canonical", where="bundle", expected="RFC 8785 JSON, as exported")
    return bundle


def parse_trust(data: bytes) -> Trust:
    """The trust file in `data`; accepts only what `lading trust` would print.

    Raises `MalformedRecord`, and `VerificationFailed` for a partner book that none of its logs has signed.
    """
    value = parse_json(data, max_size=MAX_TRUST, where="trust file")
    fields = fields_of(value, "trust file", _TRUST_FIELDS, more=_MORE_TRUST_FIELDS)
    if fields["lading"] != TRUST:
        raise MalformedRecord("another format", where="trust file", expected=TRUST, found=str(fields["lading"])[:40])
    genesis = fields_of(fields["genesis"], "trust file.genesis", ("council", "threshold", "delay"))
    council = items(genesis["council"], "trust file.genesis.council", least=1)
    logs = [fields_of(log, at, ("origin", "key")) for at, log in entries(fields["logs"], "trust file.logs", least=1)]
    identities = tuple(
        LogIdentity(text(log["origin"], "trust file.logs.origin"), hex_bytes(log["key"], "trust file.logs.key", 32))
        for log in logs
    )
    trust = Trust(
        Genesis(
            ConsortiumId(hex_bytes(fields["consortiumId"], "trust file.consortiumId", 32)),
            integer(genesis["threshold"], "trust file.genesis.threshold"),
            integer(genesis["delay"], "trust file.genesis.delay"),
            tuple(KeyAddress(hex_bytes(member, "trust file.genesis.council", 20)) for member in council),
        ),
        integer(fields["chainId"], "trust file.chainId"),
        hex_bytes(fields["registry"], "trust file.registry", 20),
        identities,
        hex_bytes(fields["bonusPool"], "trust file.bonusPool", 20) if "bonusPool" in fields else None,
        WitnessPolicy.from_json(fields["witnesses"], "trust file.witnesses") if "witnesses" in fields else None,
        PartnerBook.from_json(fields["partners"], identities, "trust file.partners") if "partners" in fields else None,
        tuple(hex_bytes(pool, at, 20) for at, pool in entries(fields.get("laterPools", []), "trust file.laterPools")),
    )
    if "cometbft" in fields:
        trust = replace(trust, network=network_from_json(fields["cometbft"], trust.genesis, "trust file.cometbft"))
    if len({log.origin for log in trust.logs}) != len(trust.logs):
        raise MalformedRecord("a log is named twice", where="trust file.logs")
    witnesses = trust.witnesses.keys if trust.witnesses else ()
    if {key.public_key for key in witnesses} & {log.public_key for log in trust.logs}:
        raise MalformedRecord("a log is no witness of itself", where="trust file.witnesses")
    if not prints_as(value, data):
        raise MalformedRecord(
            "not canonical", where="trust file", expected="RFC 8785 JSON, as `lading trust` prints it"
        )
    return trust


def network_from_json(value: object, genesis: Genesis, where: str) -> Network:
    """The CometBFT network in a trust file of the consortium with this genesis; raises as `Network.from_json` does."""
    return Network.from_json(value, genesis.consortium_id, genesis.council, genesis.threshold, where)


def trust_fingerprint(trust: Mapping[str, Any]) -> str:
    """SHA-256 of what a verifier relies on in a trust file, as printed links and browsers name it: 0x and 64 digits.

    Left out is what the registry's history, or the log's own signature, tells as well and what changes with them.
    """
    core = {name: trust[name] for name in FINGERPRINTED if name in trust}
    return to_hex(hashlib.sha256(canonical_json(core)).digest())


def _record(value: object, where: str) -> BundledRecord:
    fields = fields_of(value, where, ("type", "message", "signatures", "index", "logTime", "leafHash"))
    kind = record_named(text(fields["type"], f"{where}.type")[:80])
    signed = SignedRecord(
        kind.from_json(fields["message"], f"{where}.message"),
        signatures_from_json(fields["signatures"], f"{where}.signatures"),
    )
    index, log_time = (integer(fields[name], f"{where}.{name}") for name in ("index", "logTime"))
    return BundledRecord(signed, index, log_time, hex_bytes(fields["leafHash"], f"{where}.leafHash", 32))


def _figures(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRecord("not an object", where="bundle.figures", found=shown(value))
    return dict(value)
