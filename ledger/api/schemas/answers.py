"""What the API answers, typed: pages of lists, and the documents that services give as plain data."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from ledger.bonuses.agreement import AgreementWarning
from ledger.services.products.credentials import PublishedCredential
from ledger.services.views.access_journal import AccessView
from ledger.services.views.before_signing import CarriedView, SignerView
from ledger.services.views.lists.listed_shipment import ListedShipment
from ledger.services.views.models import (
    AwaitedView,
    ErasedView,
    ReceiptView,
    RecordView,
)

Absent = SkipJsonSchema[None]
"""A field that is left out, and never null."""


class Answer(BaseModel):
    """What a service gives beyond this is passed on, and a test finds that it is not described."""

    model_config = ConfigDict(extra="allow")


class Page(Answer):
    next: int | str | None = Field(description="Pass it on for the next page; null on the last one")


class Submitted(Answer):
    """`accepted` with a receipt, or `proposed` with what is missing in words: who has yet to sign, or the record that
    has to come first. `waitsFor`: an accepted record's predecessors that are missing; it is tried when they come."""

    id: str
    status: Literal["accepted", "proposed"]
    receipt: ReceiptView | Absent = None
    missing: list[str] | Absent = None
    waitsFor: list[AwaitedView] | Absent = None


class BatchAnswer(Answer):
    """`accepted` or `proposed` as for a single record, or `refused` with the problem that it would have got. `id` is
    left out for what is no record; `retryAfter`: seconds after which the same may be sent again."""

    id: str | Absent = None
    status: Literal["accepted", "proposed", "refused"]
    receipt: ReceiptView | Absent = None
    missing: list[str] | Absent = None
    waitsFor: list[AwaitedView] | Absent = None
    problem: "Problem | Absent" = None
    retryAfter: int | Absent = None


class BatchAnswers(Answer):
    results: list[BatchAnswer] = Field(description="One for each record, in their order")


class TypedData(Answer):
    id: str = Field(description="The record id: what `eth_signTypedData_v4` signs")
    typedData: dict[str, Any] = Field(description="Payload for `eth_signTypedData_v4`")
    warnings: list[AgreementWarning] = Field(
        description="Of a bonus agreement, to be shown before anybody signs: who judges his own cause, what claims tell"
    )
    signers: list[SignerView] = Field(
        description="Who has to sign, in order; empty while the record that this one is about is not here"
    )
    signer: SignerView | None = Field(description="For whom the key that was named signs")
    market: list[str] = Field(
        description="Of terms: what they need and lack by the rules of the markets in force, in words"
    )
    closed: list[str] = Field(description="Clearances that are not released: signed all the same, it is a breach")
    partners: dict[int, str] = Field(description="Names of the partners in the record, by number")
    shipments: list[CarriedView] = Field(
        description="Order and goods of the shipments in the record, where the session may read their terms"
    )


class Erasures(Answer):
    """What was erased of what was asked for, now or before."""

    record: str
    erased: list[ErasedView]


class PublishedCredentials(Answer):
    """By id; a record has one a kind and signer at most."""

    credentials: list[PublishedCredential]


class RecordType(Answer):
    name: str
    number: int
    encodeType: str
    json_schema: dict[str, Any] = Field(alias="schema")


class RecordTypes(Answer):
    types: list[RecordType]


class RecordPage(Page):
    records: list[RecordView]


class Proposals(Answer):
    records: list[RecordView]


class ShipmentPage(Page):
    shipments: list[ListedShipment]


class OpeningPage(Answer):
    openings: list[AccessView]


class DocumentDraft(Answer):
    """`kind` and `number` of the document, its day of issue, and how many lines it has; `draft`: `{type, message}` of
    the terms or the manifest, a template that nobody has signed."""

    kind: str
    number: str
    issued: str
    lines: int
    draft: dict[str, Any]


class OfferedDocument(Answer):
    form: str
    mediaType: str
    path: str


class DocumentList(Answer):
    documents: list[OfferedDocument]


class Kept(Answer):
    kept: int


class SignedOut(Answer):
    status: str


class Health(Answer):
    status: str


class SessionView(Answer):
    """`partner` is 0 for the public and for keys without a partner."""

    partner: int
    auditor: bool


class SignedIn(Answer):
    address: str
    token: str = Field(
        description="Send it as `Authorization: Bearer …`; valid for an hour: to read, and to erase what its key signed"
    )


class Challenge(Answer):
    message: str = Field(description="EIP-4361 text for `personal_sign`, valid for five minutes and once")


class Readiness(Answer):
    """Database, chain, log, clock and worker, each `ok` or with a word on what is wrong."""

    status: str
    checks: dict[str, str]


class Problem(BaseModel):
    """RFC 9457, with what was expected and what was found."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    what: str = ""
    where: str = ""
    expected: str = ""
    found: str = ""
    mend: str = ""
