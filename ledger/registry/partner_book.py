"""The partner book of a trust file: who is who, for whoever signs or reads without a network.

The log's Ed25519 key signs it as of a size of the log: SHA-256 over the RFC 8785 text of `{council, entries}`. Names
and keys from an unsigned source would let anybody put his key under another's name. It is the log's word, no proof:
what proves whose key signed is the registry's history, which `lading verify` replays.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.common.canonical import canonical_json
from ledger.common.ids import KeyAddress, LogId, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, items, text
from ledger.common.scopes import ALL_SCOPES, key_covers
from ledger.errors import MalformedRecord
from ledger.log.leaf import SIGNATURE_LENGTH, LogIdentity, LogSigner
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
)

MOST_PARTNERS = 20_000
MOST_KEYS = 1000
_MOST_ID = 2**40 - 1


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A partner: name and GLN as it enrolled, and its keys in force: bit n - 1 lets a key sign type n, all of them a
    master key."""

    partner: int
    name: str
    gln: str
    keys: Mapping[KeyAddress, int]

    def to_json(self) -> dict[str, Any]:
        keys = [{"address": to_hex(key), "types": types} for key, types in sorted(self.keys.items())]
        return {"id": self.partner, "name": self.name, "gln": self.gln, "keys": keys}


@dataclass(frozen=True, slots=True)
class PartnerBook:
    """`entries` by partner id, `council` the members in force, both as of `size` records of the log."""

    log_id: LogId
    size: int
    council: tuple[KeyAddress, ...]
    entries: tuple[BookEntry, ...]
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "logId": to_hex(self.log_id),
            "size": self.size,
            **_content(self.council, self.entries),
            "signature": to_hex(self.signature),
        }

    @classmethod
    def from_json(cls, data: object, logs: Iterable[LogIdentity], where: str = "partners") -> "PartnerBook":
        """The book, once one of `logs` has signed it; raises `MalformedRecord`, `VerificationFailed`."""
        fields = fields_of(data, where, ("logId", "size", "council", "entries", "signature"))
        members = items(fields["council"], f"{where}.council", most=MOST_KEYS)
        book = cls(
            LogId(hex_bytes(fields["logId"], f"{where}.logId", 32)),
            integer(fields["size"], f"{where}.size"),
            tuple(KeyAddress(hex_bytes(member, f"{where}.council", 20)) for member in members),
            tuple(_entry(one, at) for at, one in entries(fields["entries"], f"{where}.entries", most=MOST_PARTNERS)),
            hex_bytes(fields["signature"], f"{where}.signature", SIGNATURE_LENGTH),
        )
        numbers = [entry.partner for entry in book.entries]
        keys = [key for entry in book.entries for key in entry.keys]
        if numbers != sorted(set(numbers)) or len(set(keys)) != len(keys):
            raise MalformedRecord("a partner or key twice, or not ascending", where=f"{where}.entries")
        log = next((log for log in logs if log.log_id == book.log_id), None)
        if log is None:
            raise MalformedRecord("signed by a log that is not named here", where=f"{where}.logId")
        log.verify_partners(book.log_id, book.size, _digest(book.council, book.entries), book.signature)
        return book

    @property
    def names(self) -> dict[int, str]:
        return {entry.partner: entry.name for entry in self.entries}

    def owner(self, key: KeyAddress) -> BookEntry | None:
        return next((entry for entry in self.entries if key in entry.keys), None)

    def knows(self, key: KeyAddress) -> bool:
        """Whether it is a partner's key, or a council member's."""
        return key in self.council or self.owner(key) is not None

    def may_sign_for(self, signer: Signer, key: KeyAddress, type_number: int) -> bool | None:
        """Whether `key` may sign a record of this type for `signer`; None where no book can tell."""
        entry = self.owner(key)
        match signer:
            case PartnerSigner(partner):
                return entry is not None and entry.partner == partner and key_covers(entry.keys[key], type_number)
            case MasterSigner(partner, itself):
                own = entry is not None and entry.partner == partner and entry.keys[key] == ALL_SCOPES
                return key == itself or own
            case CouncilSigners():
                return key in self.council
            case GrantedKeySigner(granted):
                return key == granted
            case RecipientSigner():
                return False if self.knows(key) else None
            case _:
                return None


def signed_book(
    signer: LogSigner, size: int, council: Iterable[KeyAddress], partners: Iterable[BookEntry]
) -> PartnerBook:
    """The book as `signer` states it as of `size` records."""
    members = tuple(sorted(council))
    listed = tuple(sorted(partners, key=lambda entry: entry.partner))
    return PartnerBook(signer.identity.log_id, size, members, listed, signer.partners(size, _digest(members, listed)))


def _content(council: Iterable[KeyAddress], partners: Iterable[BookEntry]) -> dict[str, Any]:
    return {"council": [to_hex(key) for key in council], "entries": [entry.to_json() for entry in partners]}


def _digest(council: Iterable[KeyAddress], partners: Iterable[BookEntry]) -> bytes:
    return hashlib.sha256(canonical_json(_content(council, partners))).digest()


def _entry(value: object, where: str) -> BookEntry:
    fields = fields_of(value, where, ("id", "name", "gln", "keys"))
    keys: dict[KeyAddress, int] = {}
    for at, one in entries(fields["keys"], f"{where}.keys", most=MOST_KEYS):
        key = fields_of(one, at, ("address", "types"))
        address = KeyAddress(hex_bytes(key["address"], f"{at}.address", 20))
        keys[address] = integer(key["types"], f"{at}.types", 0, ALL_SCOPES)
    if list(keys) != sorted(keys) or len(keys) != len(fields["keys"]):
        raise MalformedRecord("keys do not ascend, each once", where=f"{where}.keys")
    return BookEntry(
        integer(fields["id"], f"{where}.id", 1, _MOST_ID),
        text(fields["name"], f"{where}.name", 1, 200),
        text(fields["gln"], f"{where}.gln", 0, 13),
        keys,
    )
