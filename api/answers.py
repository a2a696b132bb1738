"""What the API answers, typed: pages of lists, and the documents that services give as plain data."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ledger.services.views import (
    AwaitedView,
    MissingView,
    PartnerView,
    RecallSummary,
    ReceiptView,
    RecordView,
    ShipmentSummary,
)


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
    status: str
    receipt: ReceiptView | None = None
    missing: list[str] | None = None
    waitsFor: list[AwaitedView] | None = None


class TypedData(Answer):
    id: str = Field(description="The record id: what `eth_signTypedData_v4` signs")
    typedData: dict[str, Any] = Field(description="Payload for `eth_signTypedData_v4`")


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


class LogState(Answer):
    origin: str
    logId: str
    publicKey: str
    verifierKey: str = Field(description="Origin, hash and key as C2SP signed-note verifiers take them")
    size: int
    published: TreeView | None
    anchored: AnchoredView | None
    records: dict[str, int]


# --- penalties ---------------------------------------------------------------------------------------------------


class PenaltyTotal(Answer):
    """Minor units, decimal strings over 48 bits. `open`: the part that may still change."""

    currency: str
    statements: int
    late: int
    owes: int | str
    is_owed: int | str
    open: int | str


class PenaltyPage(Page):
    totals: list[PenaltyTotal]
    penalties: list[dict[str, Any]] = Field(description="As `/v1/shipments/{shipment}/penalty` answers")


# --- the network -------------------------------------------------------------------------------------------------


class NetworkGroup(Answer):
    """Times in seconds, shares in parts per million, money in minor units by currency (null where the reader may not
    know prices). `before` and `changes` only where a comparison was asked for.
    """

    group: str
    figures: dict[str, Any] | None
    before: dict[str, Any] | None = None
    changes: list[dict[str, Any]] | None = None


class NetworkPeriod(Answer):
    start: int
    end: int
    at: int


class NetworkView(Answer):
    by: str | None
    of: str = Field(description="Which shipments, in words: all, or those whose terms the reader may read")
    period: NetworkPeriod
    before_period: NetworkPeriod | None
    groups: list[NetworkGroup]


# --- shipments, partners -----------------------------------------------------------------------------------------


class ShipmentPage(Page):
    shipments: list[ShipmentSummary]


class PartnerPage(Page):
    partners: list[PartnerView]


class ScorePeriod(Answer):
    start: int
    end: int
    at: int


class EffectView(Answer):
    """One sample: by how many millionths of a point it raised or lowered the score (all of a card sum to its score),
    `good` of what was `due`, and the records that say so.
    """

    by: int
    good: int | str
    due: int | str
    shipment: str
    records: list[str]


class FlagView(Answer):
    """A mark for whoever reads a score; it changes nothing. `count` of `of` shipments, records, events or seconds."""

    kind: str
    text: str
    count: int
    of: int
    records: list[str]


class IndicatorView(Answer):
    """`value`, `low`, `high` in the indicator's unit: parts per million, or seconds. `points` in hundredths.
    Integers over 48 bits are decimal strings.

    Null, and without samples, where the indicator is about money and the reader is neither the partner nor an auditor.
    """

    name: str
    title: str
    standing: str
    weight: str
    good: int | str | None
    due: int | str | None
    samples: int
    value: int | str | None
    low: int | str | None
    high: int | str | None
    points: int | None
    lost: int
    raised: list[EffectView]
    lowered: list[EffectView]


class ScorecardView(Answer):
    """Scores in hundredths of a point; null where there are too few samples, and `why` says so."""

    partner: int
    role: str
    period: ScorePeriod
    card: str = Field(description="SHA-256 of the scorecard's file")
    score: int | None
    low: int | None
    high: int | None
    samples: int
    shipments: int
    provisional: bool
    why: str
    withheld: int = Field(description="shipments left out, of whomever: parts of their terms are withheld here")
    flags: list[FlagView]
    indicators: list[IndicatorView]
    explanation: list[str]


class MeasureView(Answer):
    """By which scorecard: the one that the council adopted before the period, or Lading's default where none was."""

    card: str = Field(description="SHA-256 of the scorecard's file")
    title: str
    adopted: bool
    since: int | None = Field(description="From when on its periods may start; null for the default")
    words: str


class ScoreView(Answer):
    partner: int
    measure: MeasureView
    scores: list[ScorecardView]


class TrendPointView(Answer):
    """Scores in hundredths of a point; null where there were too few samples."""

    name: str
    period: ScorePeriod
    card: str
    score: int | None
    low: int | None
    high: int | None
    samples: int


class RoleTrend(Answer):
    role: str
    points: list[TrendPointView]


class TrendView(Answer):
    partner: int
    by: str
    roles: list[RoleTrend]


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


class CouncilView(Answer):
    members: list[str]
    threshold: int


class ConsortiumView(Answer):
    """`trust` is the trust file. Get it from somebody you trust, not from here, when you mean to check this service."""

    trust: dict[str, Any]
    council: CouncilView
    delay: int = Field(description="Seconds until admissions, roles, council members and contracts are in force")
    next_sequence: int = Field(description="What the next `RegistryChange` must carry")
    contracts: dict[str, str | None]


# --- products, bonuses -------------------------------------------------------------------------------------------


class ReasonView(Answer):
    code: str
    text: str
    records: list[str]


class JourneyStep(Answer):
    at: int
    text: str
    outcome: str
    breach: bool = Field(description="the numbers count it as a breach")
    counts: bool = Field(description="false for what was skipped, and for a tender that stands nowhere")


class Journey(Answer):
    shipment: str
    status: str
    consignor: str
    consignee: str
    steps: list[JourneyStep]


class ProductView(Answer):
    """`why` has the deciding reasons first; `toDo` is empty when there is nothing to do."""

    id: str
    verdict: str
    why: list[ReasonView]
    toDo: str
    journey: list[Journey]


class OpenView(Answer):
    partner: int
    open: list[MissingView]


class RecallPage(Page):
    recalls: list[RecallSummary]


class Kept(Answer):
    kept: int


class PartyShare(Answer):
    partner: int
    name: str
    basisPoints: int


class AgreementSummary(Answer):
    """Amounts are decimal strings in minor units of `currency`; `meaning` is the status in words; `cursor` pages the
    list."""

    id: str
    status: str
    meaning: str
    currency: str
    token: str
    funded: str
    periodStart: int
    periodEnd: int
    awarder: str
    arbiter: str
    residual: str
    parties: list[PartyShare]
    cursor: int


class AwardView(Answer):
    """`upheld`: whether the ruling voided the award. `file`: the lines, for parties and auditors."""

    record: str
    version: int
    total: str
    logSize: str
    disputedBy: str | None
    ruledBy: str | None
    upheld: bool | None
    file: dict[str, Any] | None


class ClaimView(Answer):
    record: str
    partner: str
    version: int
    amount: str
    claimedAt: int | None


class AgreementDates(Answer):
    """Times in UTC seconds, windows in seconds from what they follow: an award, a dispute or a ruling."""

    awardBy: int
    disputeWindow: int
    arbiterWindow: int
    claimUntil: int


class DepositView(Answer):
    """A payment into the pool, by the account that it goes back to."""

    funder: str
    amount: str
    refunded: bool


class AgreementView(AgreementSummary):
    dates: AgreementDates
    deposits: list[DepositView]
    awards: list[AwardView]
    claims: list[ClaimView]


class AgreementPage(Page):
    agreements: list[AgreementSummary]


class AwardKept(Answer):
    kept: int = Field(description="Version of the award whose lines are kept")


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
    token: str = Field(description="Send it as `Authorization: Bearer …`; valid for an hour, for reading only")


class Challenge(Answer):
    message: str = Field(description="EIP-4361 text for `personal_sign`, valid for five minutes and once")


class Readiness(Answer):
    """Database, chain, log and worker, each `ok` or with a word on what is wrong."""

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
