"""What the claims of a credential may say beside its records: until when, of which brand, under which numbers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.bundle.format import Trust
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import LATEST, Party, moment
from ledger.products.description import PRODUCT_SCHEMA
from ledger.records.types import Attestation

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
"""As `moment` prints it: such texts sort as the times do."""


def check_end(told: object, until: int) -> None:
    """A credential may end before its record, and not after it."""
    if not 0 < until <= LATEST or (isinstance(told, str) and _MOMENT.fullmatch(told) and told <= moment(until)):
        return
    raise VerificationFailed(
        "valid for longer than the record", where="validUntil", expected=moment(until), found=str(told or "no end")[:40]
    )


def check_passport(attestation: Attestation, subject: Mapping[str, Any]) -> None:
    """It rests on what a brand attested of its product, and names that brand."""
    if attestation.schema != PRODUCT_SCHEMA:
        raise VerificationFailed(
            "the attestation describes no product",
            where="evidence[0]",
            expected=to_hex(PRODUCT_SCHEMA),
            found=to_hex(attestation.schema),
        )
    listed = subject.get("relatedParty", [])
    for one in listed if isinstance(listed, list) else [None]:
        party = party_of(one.get("party") if isinstance(one, dict) else None)
        if party.partner != attestation.by:
            raise VerificationFailed(
                "another party than who attested it", where="relatedParty", expected=attestation.by, found=party.partner
            )


def check_numbers(claims: Mapping[str, Any], trust: Trust) -> None:
    """Who goes by a GLN goes by his own, as far as the partner book has one: other software takes it for who he is."""
    entries = trust.partners.entries if trust.partners else ()
    book = {str(entry.partner): entry.gln for entry in entries}
    for one in _objects([claims["issuer"], claims.get("credentialSubject")]):
        gln = str(one.get("id", "")).partition("/417/")[2]
        own = book.get(str(one.get("registeredId")), gln)
        if "registeredId" in one and gln and gln != own:
            raise VerificationFailed("another's GLN", where="registeredId", expected=own or "none", found=gln[:40])


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _objects(one)


def party_of(value: object) -> Party:
    """A party as we print it; its name and number are compared with nothing but the record's numbers."""
    try:
        partner, name, identifier = int(value["registeredId"]), str(value["name"]), str(value["id"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        raise MalformedRecord("not a party", where="credentialSubject", expected="id, name and registeredId") from None
    gln = identifier.rpartition("/417/")[2] if "/417/" in identifier else ""
    return Party(partner, name, gln)


def check_valid(claims: Mapping[str, Any], now: int) -> str:
    since, until = claims.get("validFrom"), claims.get("validUntil")
    for name, value in (("validFrom", since), ("validUntil", moment(now) if "validUntil" not in claims else until)):
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise MalformedRecord(
                "not a time", where=name, expected="such as 2026-01-31T10:00:00Z", found=str(value)[:40]
            )
    if str(since) > moment(now) or (until and until <= moment(now)):
        raise VerificationFailed(
            "not valid now", where="validity", expected=f"from {since} to {until or 'ever'}", found=moment(now)
        )
    return f"from {since} to {until or 'ever'}"
