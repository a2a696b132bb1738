"""Record ids, signatures and keys: the EIP-712 hot path.

A record's id is its EIP-712 digest under the consortium's domain. Evidence binds no chain and no contract, so that
contracts can be replaced and chains moved; the bonus family moves money and binds both.

Signatures are 65 bytes r ‖ s ‖ v, low s only (EIP-2), v 27 or 28, deterministic (RFC 6979).
Source: EIP-712, section "Specification of the eth_signTypedData JSON RPC" for the wallet payload.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coincurve import PrivateKey, PublicKey

from ledger.common.ids import ConsortiumId, KeyAddress, RecordId, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes
from ledger.common.keccak import keccak256
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.eip712 import Struct, Withheld
from ledger.records.types import PARTS, Record, record_named

SIGNATURE_LENGTH = 65
MAX_SIGNATURES = 200
"""Of one record: a council's, or those of an agreement's parties."""
CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_HALF_ORDER = CURVE_ORDER // 2
MOST_CHAIN_ID = 2**53 - 1
"""EIP-712 would take 256 bits; a JSON number, and so trust files and wallets' data, keeps no more than this exactly."""
_EVIDENCE_DOMAIN = keccak256(b"EIP712Domain(string name,string version,bytes32 salt)")
_MONEY_DOMAIN = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
_NAME = keccak256(b"Lading")
_VERSION = keccak256(b"1")


@dataclass(frozen=True)
class Domain:
    """What a record's id is bound to. `chain_id` and `bonus_pool` serve the money domain only.

    Raises `MalformedRecord` for a chain id over `MOST_CHAIN_ID`: in JSON and in browsers it would be another number.
    """

    consortium_id: ConsortiumId
    chain_id: int = 0
    bonus_pool: bytes = bytes(20)

    def __post_init__(self) -> None:
        if not 0 <= self.chain_id <= MOST_CHAIN_ID:
            raise MalformedRecord("not a chain id", where="chainId", expected="0 to 2^53 - 1", found=self.chain_id)

    @cached_property
    def evidence_separator(self) -> bytes:
        return keccak256(_EVIDENCE_DOMAIN + _NAME + _VERSION + self.consortium_id)

    @cached_property
    def money_separator(self) -> bytes:
        return keccak256(
            _MONEY_DOMAIN
            + _NAME
            + _VERSION
            + self.chain_id.to_bytes(32, "big")
            + self.bonus_pool.rjust(32, b"\0")
            + self.consortium_id
        )

    def record_id(self, record: Record) -> RecordId:
        """The record's EIP-712 digest: its id, and what its signers sign."""
        separator = self.money_separator if record.MONEY else self.evidence_separator
        return RecordId(keccak256(b"\x19\x01" + separator + record.hash_struct()))

    def typed_data(self, record: Record) -> dict[str, Any]:
        """The `eth_signTypedData_v4` payload with which any wallet shows and signs `record`.

        Raises `MalformedRecord` when a private part is withheld: nobody should sign what he cannot see.
        """
        _refuse_withheld(record, type(record).__name__)
        domain: dict[str, Any] = {"name": "Lading", "version": "1"}
        fields = [("name", "string"), ("version", "string")]
        if record.MONEY:
            domain |= {"chainId": self.chain_id, "verifyingContract": to_hex(self.bonus_pool)}
            fields += [("chainId", "uint256"), ("verifyingContract", "address")]
        domain["salt"] = to_hex(self.consortium_id)
        fields.append(("salt", "bytes32"))
        types = {"EIP712Domain": [{"name": name, "type": kind} for name, kind in fields]}
        for struct in _structs_of(type(record)):
            types[struct.__name__] = [{"name": m.name, "type": m.type_name} for m in struct.members()]
        return {"types": types, "primaryType": type(record).__name__, "domain": domain, "message": record.to_json()}


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A record and its signatures in the canonical order of its type (see `docs/records.md`)."""

    record: Record
    signatures: tuple[bytes, ...]

    def signature_bytes(self) -> bytes:
        return b"".join(self.signatures)

    def to_json(self) -> dict[str, Any]:
        return {
            "type": type(self.record).__name__,
            "message": self.record.to_json(),
            "signatures": [to_hex(s) for s in self.signatures],
        }

    @classmethod
    def from_json(cls, data: object) -> "SignedRecord":
        """Parse the envelope `{type, message, signatures}`; raises `MalformedRecord`."""
        fields = fields_of(data, "record", ("type", "message", "signatures"))
        kind = record_named(str(fields["type"])[:80])
        return cls(kind.from_json(fields["message"], "message"), signatures_from_json(fields["signatures"]))


class SigningKey:
    """A secp256k1 private key held in memory. Its representation never shows the secret."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = address_of(self._key.public_key)

    def __repr__(self) -> str:
        return f"SigningKey({to_hex(self.address)})"

    def sign_digest(self, digest: bytes) -> bytes:
        raw = self._key.sign_recoverable(digest, hasher=None)
        return raw[:64] + bytes([raw[64] + 27])

    def sign(self, domain: Domain, record: Record) -> bytes:
        """This key's signature under `record`: 65 bytes r ‖ s ‖ v."""
        return self.sign_digest(domain.record_id(record))

    def secret(self) -> bytes:
        """The 32 secret bytes, for writing an encrypted keystore and nothing else."""
        return self._key.secret


def address_of(key: PublicKey) -> KeyAddress:
    return KeyAddress(keccak256(key.format(compressed=False)[1:])[12:])


def signature_from_hex(value: object, where: str) -> bytes:
    return hex_bytes(value, where, SIGNATURE_LENGTH)


def signatures_from_json(value: object, where: str = "signatures", least: int = 0) -> tuple[bytes, ...]:
    """The signatures of one record, at least so many."""
    return tuple(signature_from_hex(entry, at) for at, entry in entries(value, where, least, MAX_SIGNATURES))


def recover(digest: bytes, signature: bytes, where: str = "signature") -> KeyAddress:
    """The address of the key that signed `digest`. Raises `BadSignature` for anything not canonical."""
    if len(signature) != SIGNATURE_LENGTH:
        raise BadSignature("wrong length", where=where, expected=f"{SIGNATURE_LENGTH} bytes", found=len(signature))
    if signature[64] not in (27, 28):
        raise BadSignature("v is not canonical", where=where, expected="27 or 28", found=signature[64])
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise BadSignature("s is in the upper half of the order", where=where, expected="low s (EIP-2)", found="high s")
    try:
        return address_of(
            PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
        )
    except Exception:  # noqa: BLE001 - coincurve raises bare Exception and ValueError alike
        raise BadSignature("no key can have made this signature", where=where) from None


def _structs_of(struct: type[Struct]) -> list[type[Struct]]:
    result = [struct]
    for kind in result:
        result += [m.struct for m in kind.members() if m.struct and m.struct not in result]
    return [result[0], *(p for p in PARTS if p in result[1:])]


def _refuse_withheld(value: Struct, where: str) -> None:
    for member in value.members():
        part = getattr(value, member.name)
        for piece in part if isinstance(part, tuple) else (part,):
            if isinstance(piece, Withheld):
                raise MalformedRecord(
                    "a private part is withheld",
                    where=f"{where}.{member.name}",
                    expected="the opened part",
                    mend="Open every part before showing the record to a signer.",
                )
            if isinstance(piece, Struct):
                _refuse_withheld(piece, f"{where}.{member.name}")
