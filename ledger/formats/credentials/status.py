"""Where a credential's issuer says whether it was revoked, and the list in which the issuer says it.

What revokes is a Revocation in the log, and whoever verifies looks for one in a bundle. The list is for others' tools,
which know no records: its issuer signs it, and nobody else. A credential's place in it is that of its record in the
log, so that nobody keeps a register of indexes, and two credentials of one record stand and fall together.

Source: W3C Bitstring Status List v1.0, sections 2 and 3.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.bundle.format import Trust
from ledger.common.ids import LogId, to_hex
from ledger.common.json_fields import fields_of, text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.claims import check_valid
from ledger.formats.credentials.envelope import VCDM, Validity, moment
from ledger.formats.credentials.jose import IssuingKey, OpenedCredential, decoded, encoded, open_credential
from ledger.formats.credentials.parties import owner_of
from ledger.formats.log_proofs import log_of_proof
from ledger.log.tlog_proof import TlogProof

KIND = "BitstringStatusListCredential"
ENTRY = "BitstringStatusListEntry"
LIST = "BitstringStatusList"
PURPOSE = "revocation"
LENGTH = 1 << 17
"""Entries of a list, the fewest that the standard allows: fewer would tell which one a reader asks about."""
_URL = re.compile(r"https?://[!-~]{1,1000}/0x[0-9a-f]{64}/(?:0|[1-9][0-9]{0,11})")
_TYPES = ["VerifiableCredential", KIND]
_MULTIBASE = "u"


@dataclass(frozen=True, slots=True)
class Entry:
    """A credential's place. `url`: of the list's credential."""

    url: str
    index: int

    @classmethod
    def of(cls, lists: str, proof: TlogProof, trust: Trust) -> "Entry":
        """The place of the record that `proof` is for. `lists`: the URL below which the issuer's lists are."""
        log = log_of_proof(trust, proof)
        return cls(list_url(lists, log.log_id, proof.index // LENGTH), proof.index % LENGTH)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": f"{self.url}#{self.index}",
            "type": ENTRY,
            "statusPurpose": PURPOSE,
            "statusListIndex": str(self.index),
            "statusListCredential": self.url,
        }


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that an issuer's key signed. `bits`: `LENGTH // 8` bytes, the first entry the highest bit of the first."""

    url: str
    signed: OpenedCredential
    bits: bytes

    def revoked(self, index: int) -> bool:
        return bool(self.bits[index // 8] >> (7 - index % 8) & 1)


def list_url(lists: str, log: LogId, number: int) -> str:
    """Entries `number * LENGTH` and on of a log; raises `MalformedRecord` where `lists` is no URL."""
    url = f"{lists.rstrip('/')}/{to_hex(log)}/{number}"
    if not _URL.fullmatch(url):
        raise MalformedRecord("not a URL", where="status lists", expected="https://…", found=lists[:80])
    return url


def entry_of(value: object, proof: TlogProof, trust: Trust) -> Entry:
    """A credential's status, once it is the place of its record; raises `MalformedRecord`, `VerificationFailed`.

    An issuer that could choose the place would take one that is never set.
    """
    fields = fields_of(value, "credentialStatus", tuple(Entry("", 0).to_json()))
    url = text(fields["statusListCredential"], "credentialStatus.statusListCredential")
    lists = url.rsplit("/", 2)[0]
    entry = Entry.of(lists, proof, trust)
    if entry.to_json() != fields:
        raise VerificationFailed(
            "not the place of its record",
            where="credentialStatus",
            expected=f"index {entry.index} of {entry.url}"[:200],
            found=f"index {fields['statusListIndex']!s} of {url}"[:200],
        )
    return entry


def status_list(url: str, revoked: Iterable[int], issuer: IssuingKey, name: str, validity: Validity) -> dict[str, Any]:
    """An unsigned list. `revoked`: places in it; `name`: of the partner that issues it."""
    bits = bytearray(LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 1 << (7 - index % 8)
    return {
        "@context": [VCDM],
        "type": _TYPES,
        "id": url,
        "issuer": {"id": issuer.did, "name": name},
        "validFrom": moment(validity.since),
        "validUntil": moment(validity.until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": LIST,
            "statusPurpose": PURPOSE,
            "encodedList": _MULTIBASE + encoded(gzip.compress(bytes(bits), mtime=0)),
        },
    }


def open_status_list(data: bytes) -> StatusList:
    """The list in a token, its signature checked; whose it is, and whether it is valid now, is not looked at.

    Raises `MalformedRecord`, `VerificationFailed`.
    """
    opened = open_credential(data)
    names = ("@context", "type", "id", "issuer", "validFrom", "validUntil", "credentialSubject")
    claims = fields_of(opened.claims, "status list", names)
    if (claims["@context"], claims["type"]) != ([VCDM], _TYPES):
        raise MalformedRecord("not a status list", where="type", expected=KIND, found=str(claims["type"])[:80])
    url = text(claims["id"], "status list.id")
    if not _URL.fullmatch(url):
        raise MalformedRecord(
            "not the URL of a list", where="status list.id", expected="https://…/0x…/0", found=url[:80]
        )
    issuer = fields_of(claims["issuer"], "issuer", ("id", "name"))
    text(issuer["name"], "issuer.name", 1, 200)
    subject = fields_of(
        claims["credentialSubject"], "credentialSubject", ("id", "type", "statusPurpose", "encodedList")
    )
    if (subject["id"], subject["type"], subject["statusPurpose"]) != (f"{url}#list", LIST, PURPOSE):
        raise MalformedRecord("another list", where="credentialSubject", expected=f"{url}#list, for {PURPOSE}"[:200])
    return StatusList(url, opened, _expanded(text(subject["encodedList"], "encodedList")))


def issuer_of_list(listed: StatusList, trust: Trust) -> int:
    """The partner whose key in force signed the list, by the partner book, under its own name."""
    owner = owner_of(listed.signed.key, trust)
    name = listed.signed.claims["issuer"]["name"]
    if owner is None or owner.name != name:
        raise VerificationFailed(
            "nobody known signed the list, or in another's name",
            where="status list.issuer",
            expected="a key that the partner book has, and its partner's name",
            found=f"{to_hex(listed.signed.key)}, {name[:80]}",
        )
    return owner.partner


def check_listed(entry: Entry, data: bytes, partner: int, trust: Trust, now: int) -> str:
    """Why a credential by `partner` is not revoked by its list; raises where it is, or the list is another, by another,
    or not valid now: an old list would hide what was revoked since.
    """
    listed = open_status_list(data)
    claims: Mapping[str, Any] = listed.signed.claims
    if listed.url != entry.url:
        raise VerificationFailed("another list", where="status list", expected=entry.url, found=listed.url)
    signer = issuer_of_list(listed, trust)
    if signer != partner:
        raise VerificationFailed("another's list", where="status list", expected=partner, found=signer)
    check_valid(claims, now)
    if listed.revoked(entry.index):
        raise VerificationFailed(
            "revoked by its issuer", where="status list", expected="not set", found=f"index {entry.index} is set"
        )
    return f"its issuer's list of {claims['validFrom']} does not revoke it; that is the issuer's word"


def _expanded(encoded_list: str) -> bytes:
    """The bits; never more memory than they need, whatever the text expands to."""
    expander = zlib.decompressobj(wbits=31)
    try:
        if not encoded_list.startswith(_MULTIBASE):
            raise ValueError
        bits = expander.decompress(decoded(encoded_list[1:]), LENGTH // 8 + 1)
    except (zlib.error, ValueError):
        bits = b""
    if len(bits) != LENGTH // 8 or not expander.eof or expander.unused_data:
        raise MalformedRecord(
            "not a list",
            where="encodedList",
            expected=f"u, and {LENGTH} bits in gzip and base64url",
            found=encoded_list[:40],
        )
    return bits
