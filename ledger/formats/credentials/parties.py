"""Who is named in a credential, held against the partner book of a trust file: other software believes names.

Names are a partner's number, name and GLN together. Without a book there is nothing to hold them against, and the step
that names the issuer says so.
"""

from collections.abc import Iterable

from ledger.bundle.format import Trust
from ledger.common.ids import KeyAddress, PartnerId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import GS1_ID, Party
from ledger.records.signers import PartnerSigner
from ledger.registry.partner_book import BookEntry

NO_BOOK = "the trust file has no partner book to hold names and keys against"


def party_by_book(partner: int, trust: Trust) -> Party:
    """A partner by the trust file's book; by its number alone where that does not know it."""
    for entry in trust.partners.entries if trust.partners else ():
        if entry.partner == partner:
            return Party(partner, entry.name, entry.gln)
    return Party(partner, f"partner {partner}" if partner else "")


def party_of(value: object) -> Party:
    """A party exactly as `Party.to_json` prints it; raises `MalformedRecord`."""
    try:
        identifier = value["id"]  # type: ignore[index]
        gln = identifier.removeprefix(f"{GS1_ID}/417/") if identifier.startswith(f"{GS1_ID}/417/") else ""
        party = Party(int(value["registeredId"]), value["name"], gln)  # type: ignore[index]
    except (AttributeError, KeyError, TypeError, ValueError):
        party = None
    if party is None or party.to_json() != value:
        raise MalformedRecord(
            "not a party", where="party", expected="type, id, name and registeredId, and nothing else"
        )
    return party


def check_named(parties: Iterable[Party], trust: Trust) -> None:
    """Each goes by its own name and number; raises `VerificationFailed`. Nothing is known without a book."""
    for party in parties if trust.partners else ():
        known = party_by_book(party.partner, trust)
        if party != known:
            raise VerificationFailed(
                "another name or number than the partner book's",
                where=f"partner {party.partner}",
                expected=f"{known.name}, {known.id()}",
                found=f"{party.name[:80]}, {party.id()[:80]}",
                mend="Nobody goes by another's name; where it enrolled lately, get a newer trust file.",
            )


def owner_of(key: KeyAddress, trust: Trust) -> BookEntry | None:
    return None if trust.partners is None else trust.partners.owner(key)


def may_issue(key: KeyAddress, partner: int, type_number: int, trust: Trust) -> bool:
    """Whether a book says that the key is the partner's, in force, and may sign records of this type."""
    book = trust.partners
    return book is not None and book.may_sign_for(PartnerSigner(PartnerId(partner), "issuer"), key, type_number) is True
