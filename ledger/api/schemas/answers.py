"""What the API answers, typed: pages of lists, and the documents that services give as plain data."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from ledger.bonuses.agreement import AgreementWarning
from ledger.services.products.credentials import PublishedCredential
from ledger.services.views.access_journal import AccessView
from ledger.services.views.before_signing import CarriedView, SignerView
from ledger.services.views.contradictions import TreeContradiction
from ledger.services.views.explorer import AnchorView, Rival
from ledger.services.views.keys import KeyView
from ledger.services.views.lists.listed_shipment import ListedShipment
from ledger.services.views.models import (
    AwaitedView,
    ErasedView,
    MissingView,
    PartnerView,
    RecallSummary,
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


# --- records -----------------------------------------------------------------------------------------------------


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


# --- log ---------------------------------------------------------------------------------------------------------


class InclusionProof(Answer):
    """RFC 9162 audit path of `leafHash` at `index` up to `root`, the root of the tree of `size` leaves."""

    index: int
    size: int
    leafHash: str
    root: str
    proof: list[str]
    checkpoint: str | None = Field(description="The signed note, when `size` is that of the newest checkpoint")


class ConsistencyProof(Answer):
    first: int
    second: int
    proof: list[str]


class TreeView(Answer):
    size: int
    root: str


class AnchoredView(Answer):
    size: int
    block: int | None
    transaction: str | None


class WitnessView(Answer):
    """A witness of the log; `cosignedAt` is when it cosigned the published checkpoint, by its own clock."""

    name: str
    verifierKey: str = Field(description="Name, hash and key as C2SP signed-note verifiers take them")
    cosignedAt: int | None
    problem: str = Field(description="What went wrong when it was asked last; empty when it answered")


class WitnessesView(Answer):
    """`cosignedAt`: by when a quorum had cosigned the published checkpoint; null while `missing` is not 0."""

    threshold: int
    cosignedAt: int | None
    missing: int = Field(description="Cosignatures that the published checkpoint still needs")
    witnesses: list[WitnessView]


class LogState(Answer):
    origin: str
    logId: str
    publicKey: str
    verifierKey: str = Field(description="Origin, hash and key as C2SP signed-note verifiers take them")
    size: int
    published: TreeView | None
    anchored: AnchoredView | None
    records: dict[str, int]
    witnesses: WitnessesView | None = Field(description="Null where the log asks no witnesses")


# --- shipments, partners -----------------------------------------------------------------------------------------


class ShipmentPage(Page):
    shipments: list[ListedShipment]


class OpeningPage(Answer):
    openings: list[AccessView]


class PartnerPage(Page):
    partners: list[PartnerView]


class AnchorPage(Page):
    anchors: list[AnchorView]


class Contradictions(Answer):
    contradictions: list[TreeContradiction]


class Rivals(Answer):
    rivals: list[Rival]


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


# --- products ----------------------------------------------------------------------------------------------------


class ReasonView(Answer):
    code: str
    text: str
    records: list[str]
    at: int | None = Field(description="UTC seconds of the first look at a code, of a sale, of a loss")


class JourneyStep(Answer):
    at: int
    text: str
    outcome: str
    breach: bool = Field(description="the numbers count it as a breach")
    counts: bool = Field(description="false for what was skipped, and for a tender that stands nowhere")


class JourneyStop(Answer):
    at: int
    name: str


class Journey(Answer):
    shipment: str
    status: str
    consignor: str
    consignee: str
    stops: list[JourneyStop] = Field(description="who had the goods, one after another, and since when")
    steps: list[JourneyStep]


class ProductData(Answer):
    """What the brand signed about the product, in `record`; `document` is its SHA-256. Texts by language."""

    record: str
    document: str
    brand: str
    names: dict[str, str]
    descriptions: dict[str, str]
    picture: str | None = Field(description="SHA-256 of the picture, where it is kept here")


class ProductView(Answer):
    """`why` has the deciding reasons first; `toDo` is empty when there is nothing to do."""

    id: str
    verdict: str
    why: list[ReasonView]
    asks: list[str] = Field(description="`lot`, `serial`, `variant`: what the code leaves open; for `incomplete` alone")
    toDo: str
    journey: list[Journey]
    product: ProductData | None


class OpenView(Answer):
    partner: int
    open: list[MissingView]


class RecallPage(Page):
    recalls: list[RecallSummary]


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
