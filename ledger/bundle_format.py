"""The files that auditors exchange: bundle and trust file, their JSON and nothing else. RFC 8785 canonical."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.canonical import canonical_json, parse_json
from ledger.checkpoint import Complete, LogIdentity
from ledger.errors import MalformedRecord
from ledger.ids import ConsortiumId, KeyAddress, bytes_from_hex, to_hex
from ledger.records import record_named
from ledger.registry import Genesis
from ledger.signing import SignedRecord, signature_from_hex

BUNDLE = "bundle/1"
TRUST = "trust/1"
MAX_BUNDLE = 256 << 20
MAX_TRUST = 1 << 20
MAX_PROOF = 64


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier gets from somebody it trusts: the consortium, its genesis, its chain and its logs."""

    genesis: Genesis
    chain_id: int
    registry: bytes
    logs: tuple[LogIdentity, ...]


@dataclass(frozen=True, slots=True)
class BundledRecord:
    """A record with its place in the log and its inclusion proof to the bundle's checkpoint."""

    signed: SignedRecord
    index: int
    log_time: int
    proof: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        return self.signed.to_json() | {
            "index": self.index,
            "logTime": self.log_time,
            "proof": [to_hex(h) for h in self.proof],
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """`subject`: `shipment/0x…`, `partner/7` or `award/0x…`. `rules`: texts of rule files. `figures`: as claimed."""

    subject: str
    origin: str
    checkpoint: str
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
                "records": [record.to_json() for record in self.records],
                "complete": self.complete.to_json(),
                "rules": list(self.rules),
                "figures": dict(self.figures),
            }
        )


def parse_bundle(data: bytes) -> Bundle:
    """The bundle in `data`; accepts only what `to_bytes` would print. Raises `MalformedRecord`."""
    value = parse_json(data, max_size=MAX_BUNDLE, where="bundle")
    fields = _fields(
        value, "bundle", ("lading", "subject", "origin", "checkpoint", "records", "complete", "rules", "figures")
    )
    if fields["lading"] != BUNDLE:
        raise MalformedRecord(
            "another format", where="bundle.lading", expected=BUNDLE, found=str(fields["lading"])[:40]
        )
    bundle = Bundle(
        subject=_text(fields, "subject"),
        origin=_text(fields, "origin"),
        checkpoint=_text(fields, "checkpoint"),
        records=tuple(_record(entry, i) for i, entry in enumerate(_list(fields, "records"))),
        complete=Complete.from_json(fields["complete"]),
        rules=tuple(rule if isinstance(rule, str) else "" for rule in _list(fields, "rules")),
        figures=_object(fields, "figures"),
    )
    indexes = [record.index for record in bundle.records]
    if indexes != sorted(set(indexes)):
        raise MalformedRecord("records are not in log order, each once", where="bundle.records")
    if bundle.to_bytes() != data:
        raise MalformedRecord("not canonical", where="bundle", expected="RFC 8785 JSON, as exported")
    return bundle


def parse_trust(data: bytes) -> Trust:
    """The trust file in `data`; raises `MalformedRecord`."""
    value = parse_json(data, max_size=MAX_TRUST, where="trust file")
    if not isinstance(value, dict) or value.get("lading") != TRUST:
        raise MalformedRecord("not a trust file", where="trust file", expected=f'"lading": "{TRUST}"')
    try:
        genesis, logs = value["genesis"], value["logs"]
        return Trust(
            Genesis(
                ConsortiumId(bytes_from_hex(value["consortiumId"], 32, "consortiumId")),
                int(genesis["threshold"]),
                int(genesis["delay"]),
                tuple(KeyAddress(bytes_from_hex(member, 20, "council")) for member in genesis["council"]),
            ),
            int(value["chainId"]),
            bytes_from_hex(value["registry"], 20, "registry"),
            tuple(LogIdentity(log["origin"], bytes_from_hex(log["key"], 32, "logs.key")) for log in logs),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedRecord(
            "a field is missing or of the wrong kind", where="trust file", found=str(error)[:80]
        ) from None


def _record(value: object, i: int) -> BundledRecord:
    where = f"records[{i}]"
    fields = _fields(value, where, ("type", "message", "signatures", "index", "logTime", "proof"))
    kind = record_named(str(fields["type"]))
    signatures, proof = fields["signatures"], fields["proof"]
    if not isinstance(signatures, list) or not isinstance(proof, list) or len(proof) > MAX_PROOF:
        raise MalformedRecord("not lists of hex", where=where, expected="signatures and proof")
    index, log_time = fields["index"], fields["logTime"]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in (index, log_time)):
        raise MalformedRecord("not whole numbers", where=where, expected="index and logTime from 0 up")
    signed = SignedRecord(
        kind.from_json(fields["message"], f"{where}.message"),
        tuple(signature_from_hex(s, f"{where}.signatures[{k}]") for k, s in enumerate(signatures)),
    )
    return BundledRecord(signed, index, log_time, tuple(bytes_from_hex(str(h), 32, f"{where}.proof") for h in proof))


def _fields(value: object, where: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        found = ", ".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
        raise MalformedRecord("wrong fields", where=where, expected=", ".join(names), found=found[:200])
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    if not isinstance(fields[name], str):
        raise MalformedRecord("not a text", where=f"bundle.{name}")
    return str(fields[name])


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(fields[name], list):
        raise MalformedRecord("not a list", where=f"bundle.{name}")
    return list(fields[name])


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(fields[name], dict):
        raise MalformedRecord("not an object", where=f"bundle.{name}")
    return dict(fields[name])
