"""What the API answers about partners, their keys, enrolments and consents, and the consortium, typed."""

from typing import Any

from pydantic import Field

from ledger.api.schemas.answers import Answer, Page
from ledger.services.views.keys import KeyView
from ledger.services.views.models import (
    PartnerView,
)


class PartnerPage(Page):
    partners: list[PartnerView]


class PartnerKeys(Answer):
    partner: int
    keys: list[KeyView]


class BookKey(Answer):
    """`types`: bit n - 1 lets the key sign type n; all of them a master key."""

    address: str
    types: int


class BookPartner(Answer):
    id: int
    name: str
    gln: str
    keys: list[BookKey]


class SignedPartnerBook(Answer):
    """Who is who as of `size` records, signed by the log (`ledger.registry.partner_book`)."""

    logId: str
    size: int
    council: list[str]
    entries: list[BookPartner]
    signature: str


class EnrolmentView(Answer):
    """`partner` is the id that the council gave it; null while it has not been admitted."""

    document: str
    name: str
    key: str
    asked_at: int
    partner: int | None


class EnrolmentPage(Page):
    enrolments: list[EnrolmentView]


class Enrolled(Answer):
    document: str = Field(description="SHA-256 of the document: what its admission carries")
    name: str
    key: str


class EnrolmentDocument(EnrolmentView):
    text: str = Field(description="The signed document, RFC 8785 JSON")
    signature: str


class ConsentView(Answer):
    consent: str = Field(description="SHA-256 of its document")
    partner: int
    to: str = Field(description="Id of the log to which the partner's records may be forwarded")
    until: int
    what: list[str] = Field(description="`log-only` records, opened `parts` of records that the chain carries")
    counts: bool
    problem: str = Field(description="Why nothing is forwarded by it now; empty while it counts")
    forwarded: int = Field(description="How many records the other log gave a receipt for")


class CouncilInForce(Answer):
    members: list[str]
    threshold: int


class ConsortiumView(Answer):
    """`trust` is the trust file. Get it from somebody you trust, not from here, when you mean to check this service."""

    trust: dict[str, Any]
    council: CouncilInForce
    delay: int = Field(description="Seconds until admissions, roles, council members and contracts are in force")
    next_sequence: int = Field(description="What the next `RegistryChange` must carry")
    contracts: dict[str, str | None]
    pools: list[str] = Field(
        description="Every bonus pool from the first to the newest; closed ones serve what they have"
    )
