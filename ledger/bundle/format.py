"""The files that auditors exchange: bundle and trust file, their JSON and nothing else. RFC 8785 canonical.

`docs/bundle.md` describes both for whoever writes another verifier.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.common.canonical import canonical_json, parse_json, prints_as
from ledger.common.ids import ConsortiumId, KeyAddress, bytes_from_hex, to_hex
from ledger.errors import MalformedRecord
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import Complete, LogIdentity
from ledger.records.signing import SignedRecord, signature_from_hex
from ledger.records.types import record_named
from ledger.registry.history import Genesis

BUNDLE = "bundle/1"
TRUST = "trust/1"
MAX_BUNDLE = 256 << 20
MAX_TRUST = 1 << 20
MAX_RULES = 64
MAX_SIGNATURES = 200
_SAFE_INTEGER = 2**53 - 1
_TRUST_FIELDS = ("lading", "consortiumId", "genesis", "chainId", "registry", "logs")
_MORE_TRUST_FIELDS = ("bonusPool", "witnesses")
"""Fields that a trust file may have or not."""
_FIELDS = ("lading", "subject", "origin", "checkpoint", "proof", "records", "complete", "rules", "figures")


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier gets from somebody it trusts: the consortium, its genesis, its chain and its logs.

    `bonus_pool`: what a signer of money records binds; a verifier finds pools in the registry's changes. `witnesses`:
    who must have cosigned a checkpoint of these logs; None where nobody is asked.
    """

    genesis: Genesis
    chain_id: int
    registry: bytes
    logs: tuple[LogIdentity, ...]
    bonus_pool: bytes | None = None
    witnesses: WitnessPolicy | None = None


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
    """`subject`: `shipment/0x…`, `partner/7` or `award/0x…`. `proof`: of all records' leaves to `checkpoint`, see
    `ledger.log.multi_proof`. `rules`: texts of rule files, ascending. `figures`: as claimed.
    """

    subject: str
    origin: str
    checkpoint: str
    proof: tuple[bytes, ...]
    records: tuple[BundledRecord, ...]
    complete: Complete
    rules: tuple[str, ...]
    figures: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        return canonical_json(
            {
                "lading": BUNDLE,
                "subject": self.subject,
                "origin": self.origin,
                "checkpoint": self.checkpoint,
                "proof": [to_hex(value) for value in self.proof],
                "records": [record.to_json() for record in self.records],
                "complete": self.complete.to_json(),
                "rules": list(self.rules),
                "figures": dict(self.figures),
            }
        )


def parse_bundle(data: bytes) -> Bundle:
    """The bundle in `data`; accepts only what `to_bytes` would print. Raises `MalformedRecord`."""
    value = parse_json(data, max_size=MAX_BUNDLE, where="bundle")
    fields = _fields(value, "bundle", _FIELDS)
    if fields["lading"] != BUNDLE:
        raise MalformedRecord(
            "another format", where="bundle.lading", expected=BUNDLE, found=str(fields["lading"])[:40]
        )
    bundle = Bundle(
        subject=_text(fields["subject"], "bundle.subject"),
        origin=_text(fields["origin"], "bundle.origin"),
        checkpoint=_text(fields["checkpoint"], "bundle.checkpoint"),
        proof=tuple(_hex(value, 32, f"bundle.proof[{i}]") for i, value in enumerate(_list(fields, "proof"))),
        records=tuple(_record(entry, i) for i, entry in enumerate(_list(fields, "records"))),
        complete=Complete.from_json(fields["complete"]),
        rules=tuple(_text(rule, f"bundle.rules[{i}]") for i, rule in enumerate(_list(fields, "rules", MAX_RULES))),
        figures=_object(fields, "figures"),
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
    """The trust file in `data`; accepts only what `lading trust` would print. Raises `MalformedRecord`."""
    value = parse_json(data, max_size=MAX_TRUST, where="trust file")
    more = tuple(name for name in _MORE_TRUST_FIELDS if isinstance(value, dict) and name in value)
    fields = _fields(value, "trust file", (*_TRUST_FIELDS, *more))
    if fields["lading"] != TRUST:
        raise MalformedRecord("another format", where="trust file", expected=TRUST, found=str(fields["lading"])[:40])
    genesis = _fields(fields["genesis"], "trust file.genesis", ("council", "threshold", "delay"))
    council = _trust_list(genesis["council"], "trust file.genesis.council")
    logs = [
        _fields(log, f"trust file.logs[{i}]", ("origin", "key"))
        for i, log in enumerate(_trust_list(fields["logs"], "trust file.logs"))
    ]
    trust = Trust(
        Genesis(
            ConsortiumId(_hex(fields["consortiumId"], 32, "trust file.consortiumId")),
            _number(genesis["threshold"], "trust file.genesis.threshold"),
            _number(genesis["delay"], "trust file.genesis.delay"),
            tuple(KeyAddress(_hex(member, 20, "trust file.genesis.council")) for member in council),
        ),
        _number(fields["chainId"], "trust file.chainId"),
        _hex(fields["registry"], 20, "trust file.registry"),
        tuple(
            LogIdentity(_text(log["origin"], "trust file.logs.origin"), _hex(log["key"], 32, "trust file.logs.key"))
            for log in logs
        ),
        _hex(fields["bonusPool"], 20, "trust file.bonusPool") if "bonusPool" in more else None,
        WitnessPolicy.from_json(fields["witnesses"], "trust file.witnesses") if "witnesses" in more else None,
    )
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


def _trust_list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise MalformedRecord("not a list, or empty", where=where)
    return list(value)


def _record(value: object, i: int) -> BundledRecord:
    where = f"bundle.records[{i}]"
    fields = _fields(value, where, ("type", "message", "signatures", "index", "logTime", "leafHash"))
    kind = record_named(_text(fields["type"], f"{where}.type")[:80])
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or len(signatures) > MAX_SIGNATURES:
        raise MalformedRecord("not a list of signatures", where=f"{where}.signatures", expected="0 to 200 hex strings")
    signed = SignedRecord(
        kind.from_json(fields["message"], f"{where}.message"),
        tuple(signature_from_hex(s, f"{where}.signatures[{k}]") for k, s in enumerate(signatures)),
    )
    index, log_time = (_number(fields[name], f"{where}.{name}") for name in ("index", "logTime"))
    return BundledRecord(signed, index, log_time, _hex(fields["leafHash"], 32, f"{where}.leafHash"))


def _fields(value: object, where: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        found = ", ".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
        raise MalformedRecord("wrong fields", where=where, expected=", ".join(names), found=found[:200])
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedRecord("not a text", where=where)
    return value


def _number(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _SAFE_INTEGER:
        raise MalformedRecord("not a whole number", where=where, expected="0 to 2^53 - 1", found=str(value)[:40])
    return value


def _hex(value: object, length: int, where: str) -> bytes:
    data = bytes_from_hex(_text(value, where), length, where)
    if to_hex(data) != value:
        raise MalformedRecord("not lower-case hex with 0x", where=where)
    return data


def _list(fields: Mapping[str, Any], name: str, most: int = _SAFE_INTEGER) -> list[Any]:
    value = fields[name]
    if not isinstance(value, list) or len(value) > most:
        raise MalformedRecord("not a list, or too long", where=f"bundle.{name}")
    return list(value)


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(fields[name], dict):
        raise MalformedRecord("not an object", where=f"bundle.{name}")
    return dict(fields[name])
