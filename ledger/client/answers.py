"""What the API answers, for type checkers: generated from its OpenAPI document by scripts/generate_answer_types.py.

A service may answer more than stands here, a later one above all; nothing is checked while a program runs. Amounts that
may be wide are decimal strings, times UTC seconds, bytes 0x and lower-case hex.
"""

from typing import Any, Literal, NotRequired, TypedDict, final


class InclusionProof(TypedDict):
    """RFC 9162 audit path of `leafHash` at `index` up to `root`, the root of the tree of `size` leaves."""

    index: int
    size: int
    leafHash: str
    root: str
    proof: list[str]
    checkpoint: str | None
    """The signed note, when `size` is that of the newest checkpoint"""


class ConsistencyProof(TypedDict):
    first: int
    second: int
    proof: list[str]


class AnchorView(TypedDict):
    """A checkpoint that the chain took: `block` and its time (UTC seconds), which on an embedded chain is the
    operator's own.
    """

    size: int
    root: str
    signed_at: int
    block: int | None
    block_time: int | None
    transaction: str


class AnchorPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    anchors: list[AnchorView]


class TreeClaim(TypedDict):
    """`root`: 0x-hex, empty where it was not told."""

    size: int
    root: str


class TreeContradiction(TypedDict):
    """What a witness says that it has cosigned, beside what this log showed it: both cannot be. `checkpoint`: the note
    that it names as proof; empty where it named none, and then it is the witness's word.
    """

    witness: str
    what: str
    theirs: TreeClaim
    ours: TreeClaim
    checkpoint: str


class Contradictions(TypedDict):
    contradictions: list[TreeContradiction]


class TreeView(TypedDict):
    size: int
    root: str


class AnchoredView(TypedDict):
    size: int
    block: int | None
    transaction: str | None


class WitnessView(TypedDict):
    """A witness of the log; `cosignedAt` is when it cosigned the published checkpoint, by its own clock."""

    name: str
    verifierKey: str
    """Name, hash and key as C2SP signed-note verifiers take them"""
    cosignedAt: int | None
    problem: str
    """What went wrong when it was asked last; empty when it answered"""


class WitnessesView(TypedDict):
    """`cosignedAt`: by when a quorum had cosigned the published checkpoint; null while `missing` is not 0."""

    threshold: int
    cosignedAt: int | None
    missing: int
    """Cosignatures that the published checkpoint still needs"""
    witnesses: list[WitnessView]


class LogState(TypedDict):
    origin: str
    logId: str
    publicKey: str
    verifierKey: str
    """Origin, hash and key as C2SP signed-note verifiers take them"""
    size: int
    published: TreeView | None
    anchored: AnchoredView | None
    records: dict[str, int]
    witnesses: WitnessesView | None
    """Null where the log asks no witnesses"""


class ReceiptView(TypedDict):
    """The log's signed promise that the leaf stands at `index`; `signature` is Ed25519 over the receipt's bytes."""

    logId: str
    index: int
    leafHash: str
    logTime: int
    signature: str


class AwaitedView(TypedDict):
    """Where a record is ahead: its field `where` names `sequence` of `shipment`, of which `standing` is the current
    one; null while nobody has opened the shipment.
    """

    where: str
    shipment: str
    sequence: int
    standing: NotRequired[int | None]


class Problem(TypedDict):
    """RFC 9457, with what was expected and what was found."""

    type: str
    title: str
    status: int
    detail: str
    instance: NotRequired[str]
    what: NotRequired[str]
    where: NotRequired[str]
    expected: NotRequired[str]
    found: NotRequired[str]
    mend: NotRequired[str]


class BatchAnswer(TypedDict):
    """`accepted` or `proposed` as for a single record, or `refused` with the problem that it would have got. `id` is
    left out for what is no record; `retryAfter`: seconds after which the same may be sent again.
    """

    id: NotRequired[str]
    status: Literal["accepted", "proposed", "refused"]
    receipt: NotRequired[ReceiptView]
    missing: NotRequired[list[str]]
    waitsFor: NotRequired[list[AwaitedView]]
    problem: NotRequired[Problem]
    retryAfter: NotRequired[int]


class BatchAnswers(TypedDict):
    results: list[BatchAnswer]
    """One for each record, in their order"""


class Submitted(TypedDict):
    """`accepted` with a receipt, or `proposed` with what is missing in words: who has yet to sign, or the record that
    has to come first. `waitsFor`: an accepted record's predecessors that are missing; it is tried when they come.
    """

    id: str
    status: Literal["accepted", "proposed"]
    receipt: NotRequired[ReceiptView]
    missing: NotRequired[list[str]]
    waitsFor: NotRequired[list[AwaitedView]]


class PartnerName(TypedDict):
    """`id` 0 is the one-time recipient key."""

    id: int
    name: str


class LogTrack(TypedDict):
    """`status`: proposed, accepted or anchored. `missing` names who has yet to sign a proposal. `logged_at` is the
    operator's word. `known_at`: since when nobody can deny knowledge of the record, as numbers count it, and `known_by`
    on whose word that rests: operator, witnesses or chain.
    """

    status: str
    index: NotRequired[int | None]
    logged_at: NotRequired[int | None]
    known_at: NotRequired[int | None]
    known_by: NotRequired[str]
    leaf_hash: NotRequired[str | None]
    receipt: NotRequired[ReceiptView | None]
    missing: NotRequired[list[str]]


class ItemView(TypedDict):
    """What the chain made of one item, and where: final."""

    item: int
    outcome: str
    block_number: int
    block_time: int
    transaction: str


class ChainTrack(TypedDict):
    """`status`: none (log only), pending, recorded, skipped or rejected; with items, the best of them. `problem` says
    what a record, or the items of it that are not listed, still waits for, where that is known; `waitsFor` lists the
    places where its predecessors are missing.
    """

    status: str
    items: NotRequired[list[ItemView]]
    problem: NotRequired[str]
    waitsFor: NotRequired[list[AwaitedView]]


class ErasedView(TypedDict):
    """A private part that was erased here: `by` a partner's id, 0 for the operator; `reason` as a code."""

    path: str
    erased_at: int
    by: int
    reason: str


class RecordView(TypedDict):
    """A record with both tracks. Private parts that the reader may not see stand as their hashes. `number` is the
    type's; `signers` stand in the order of `signatures`. `erased` is for those who may see the parts.
    """

    id: str
    type: str
    number: int
    message: dict[str, Any]
    signatures: list[str]
    signers: list[PartnerName]
    log: LogTrack
    chain: ChainTrack
    erased: NotRequired[list[ErasedView]]


class RecordPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    records: list[RecordView]


class ListRecordsFilters(TypedDict, total=False):
    type_: str | None
    """Record type, e.g. Handoff"""
    partner: int | None
    """Partner id"""
    shipment: str | None
    """Shipment id"""
    subject: str | None
    """Subject of attestations and recalls"""
    target: str | None
    """Record that others are about, e.g. endorsed or amended"""
    waiting: bool
    """Only records whose predecessors are missing"""


AgreementWarning = Literal["awarder-is-residual", "claims-are-public"]


class SignerView(TypedDict):
    """Who has to sign, and which field of the record says so; `partner` 0 for the recipient key and the council."""

    partner: int
    name: str
    role: str


class CarriedGoods(TypedDict):
    gtin: str
    lot: str
    description: str
    quantity: int
    unit: str


class CarriedView(TypedDict):
    """What a shipment's terms say of its order and goods, as far as the reader may know it."""

    shipment: str
    order: str
    goods: list[CarriedGoods]


class TypedData(TypedDict):
    id: str
    """The record id: what `eth_signTypedData_v4` signs"""
    typedData: dict[str, Any]
    """Payload for `eth_signTypedData_v4`"""
    warnings: list[AgreementWarning]
    """Of a bonus agreement, to be shown before anybody signs: who judges his own cause, what claims tell"""
    signers: list[SignerView]
    """Who has to sign, in order; empty while the record that this one is about is not here"""
    signer: SignerView | None
    """For whom the key that was named signs"""
    market: list[str]
    """Of terms: what they need and lack by the rules of the markets in force, in words"""
    closed: list[str]
    """Clearances that are not released: signed all the same, it is a breach"""
    partners: dict[str, str]
    """Names of the partners in the record, by number"""
    shipments: list[CarriedView]
    """Order and goods of the shipments in the record, where the session may read their terms"""


class Erasures(TypedDict):
    """What was erased of what was asked for, now or before."""

    record: str
    erased: list[ErasedView]


class Proposals(TypedDict):
    records: list[RecordView]


class RecordType(TypedDict):
    name: str
    number: int
    encodeType: str
    schema: dict[str, Any]


class RecordTypes(TypedDict):
    types: list[RecordType]


class LeafView(TypedDict):
    """An entry of the log. `leaf`: its 74 bytes, and `leafHash` what stands in the tree for them."""

    index: int
    record: str
    type: str
    logged_at: int
    leaf: str
    leafHash: str


class RawRecord(TypedDict):
    """A record as its signers and the log have it. `typedData`: what a wallet was shown; none where the reader may not
    see a private part of it. `before`, `after`: the entries next to it, none at the log's ends.
    """

    id: str
    typedData: dict[str, Any] | None
    signatures: list[str]
    leaf: LeafView
    before: LeafView | None
    after: LeafView | None


class TakenPlace(TypedDict):
    """`jurisdiction` and `regime` of a clearance; empty and 0 for custody."""

    shipment: str
    sequence: int
    jurisdiction: str
    regime: int


class Rival(TypedDict):
    """Another record of the log that names places which `record` names too: only one of them can have each."""

    record: str
    type: str
    index: int
    logged_at: int
    places: list[TakenPlace]


class Rivals(TypedDict):
    rivals: list[Rival]


class PromiseView(TypedDict):
    """What the private terms promise, for who may read them: order number, lane (UN/LOCODEs, else countries), the last
    second on time with grace, as amended, and whether that has passed undelivered, or had when the goods came. Null
    where a part is closed or says nothing; holds and relief are for the penalty.
    """

    order: str | None
    origin: str | None
    destination: str | None
    due_at: int | None
    late: bool | None


class ListedShipment(TypedDict):
    """`held`: customs hold the goods now. `disputed`: a contest of a tender is not decided yet. `promise` is null for
    whoever may not read the terms.
    """

    id: str
    terms: str
    consignor: PartnerName
    consignee: PartnerName
    custodian: PartnerName
    packages: int
    sequence: int
    status: str
    purpose: str
    mode: str
    opened_at: int
    ended_at: int | None
    held: bool
    disputed: bool
    promise: PromiseView | None


class ShipmentPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    shipments: list[ListedShipment]


Sort = Literal["opened", "due"]


Order = Literal["asc", "desc"]


class ListShipmentsFilters(TypedDict, total=False):
    partner: int | None
    """Id of who has or had a part in them"""
    role: str
    """As what; without a partner, as what the reader has a part: consignor, consignee, holder, liable, beneficiary,
    custodian, declarant, broker, customs
    """
    status: str
    """Where they stand: under way, open, in transit, tendered, refused, missing, found, delivered, closed into
    children, closed into onward, lost, left, sold, destroyed, abandoned, seized
    """
    late: bool | None
    """Past the promise and its grace, undelivered or when they came"""
    lane: str
    """`CN-NZ`: countries or UN/LOCODEs, of which one may be left out"""
    mode: str
    """Mode of transport: not specified, maritime, rail, road, air, mail, multimodal, fixed installation, inland water,
    not applicable
    """
    start: str
    """A day as YYYY-MM-DD (UTC), or UTC seconds"""
    end: str
    """A day as YYYY-MM-DD (UTC), or UTC seconds"""
    held: bool | None
    """Whether customs hold them now"""
    disputed: bool | None
    """Whether an offer of delivery is contested and not decided yet"""
    sort: Sort
    """By when they were opened, or are due (those with a due time alone)"""
    order: Order | None
    """By default the newest first, or what is due first"""


class ShipmentSummary(TypedDict):
    """What everybody may know of a shipment at a glance."""

    id: str
    terms: str
    consignor: PartnerName
    consignee: PartnerName
    custodian: PartnerName
    packages: int
    sequence: int
    status: str
    purpose: str
    mode: str
    opened_at: int
    ended_at: int | None


class ClearanceView(TypedDict):
    """`required_at`: the gates at which the terms require it released; `released` whether custody counts it so."""

    jurisdiction: str
    regime: str
    status: str
    sequence: int
    required_at: list[str]
    released: NotRequired[bool]
    assurance: NotRequired[str]


class StepView(TypedDict):
    """One line of a shipment's story. `at` is when it happened as its signers said first, `logged_at` when the log
    learnt of it, `block_time` when the chain recorded it, `known_at` since when nobody can deny knowledge of it, as
    numbers count it, and `known_by` on whose word that rests: operator, witnesses or chain. `by` are those whom it is
    about, `signers` those who signed. `note` says in words what a breach, a skipped item, a late report, a tender or a
    correction means; empty for nothing of the kind. `breach`: the numbers count it as one. `counts`: false where it
    applied and still counts nowhere, such as a tender by who held nothing.
    """

    kind: str
    record: str
    at: int
    block_time: int | None
    by: list[PartnerName]
    packages: int
    exceptions: list[str]
    outcome: str
    text: str
    signers: NotRequired[list[PartnerName]]
    logged_at: NotRequired[int | None]
    known_at: NotRequired[int | None]
    known_by: NotRequired[str]
    note: NotRequired[str]
    breach: NotRequired[bool]
    counts: NotRequired[bool]


class RelativeView(TypedDict):
    """A shipment that this one came from or that came from it; `relation` in words, such as `split into`."""

    relation: str
    shipment: str
    packages: int
    status: str
    holder: PartnerName


class ComingView(TypedDict):
    """A record about the shipment that is signed and accepted, and has no effect yet: it waits, or is on its way.
    `waits_for` says in words for what; `not_before`: the earliest moment at which it can take effect, if one is known.
    `by_outsiders`: nobody who signed it is a party of the shipment or has had the goods.
    """

    record: str
    type: str
    text: str
    waits_for: str
    signers: list[PartnerName]
    logged_at: int
    not_before: NotRequired[int | None]
    by_outsiders: NotRequired[bool]


class MissingView(TypedDict):
    """Packages that a short delivery left behind: open against who released them until found or closed. `shipment` is
    the remainder's id, `delivery` the shipment that it is missing from; `status` missing or found.
    """

    shipment: str
    delivery: str
    packages: int
    against: PartnerName
    since: int
    status: str
    text: str


class StayView(TypedDict):
    """Who had the packages from when to when; `until` None: still."""

    partner: PartnerName
    since: int
    until: int | None
    packages: int


class HeldView(TypedDict):
    """Customs of `jurisdiction` held the goods under `regime`, for `cause`; `until` None: still. What a hold takes out
    of a penalty is said by the penalty's statement.
    """

    jurisdiction: str
    regime: str
    cause: str
    since: int
    until: int | None


class GoodsView(TypedDict):
    """`hs`: Harmonized System code; each but `quantity` may be empty."""

    description: str
    gtin: str
    lot: str
    quantity: int
    unit: str
    hs: str


class PlaceView(TypedDict):
    """`country` ISO 3166-1 alpha-2, `locode` UN/LOCODE, `gln` 13 digits; each may be empty."""

    country: str
    locode: str
    gln: str
    name: str


class StopView(TypedDict):
    """Where a handoff, a tender or a contest happened as its signers say, `at` UTC seconds, and by which record."""

    kind: str
    record: str
    at: int
    place: PlaceView


class PrivateView(TypedDict):
    """`terms`: whether the reader may see the terms' private parts; then `order`, `goods`, `origin` and `destination`
    are what they say, with `withheld` where a part of them is not kept here. `stops` are the places of custody that the
    reader may see, in their order, `loads` the containers, SSCCs or waybills.
    """

    terms: bool
    order: NotRequired[str]
    goods: NotRequired[list[GoodsView]]
    origin: NotRequired[PlaceView | None]
    destination: NotRequired[PlaceView | None]
    withheld: NotRequired[bool]
    stops: NotRequired[list[StopView]]
    loads: NotRequired[list[str]]


@final
class ShipmentView(TypedDict):
    """`steps` is the custody line with the clearances in between, in the order in which they took effect; `children`
    include remainders, `onward` the shipments that were opened over this one. `coming` waits for its turn; `missing` is
    set for what a short delivery left behind, while it is open against somebody. `due_at`: by when its holder signed to
    pass it on; `private`: what the reader may see of its order, goods and places.
    """

    summary: ShipmentSummary
    parent: str | None
    parents: list[str]
    children: list[str]
    flags: list[str]
    clearances: list[ClearanceView]
    steps: list[StepView]
    records: list[str]
    onward: NotRequired[list[str]]
    family: NotRequired[list[RelativeView]]
    coming: NotRequired[list[ComingView]]
    missing: NotRequired[MissingView | None]
    stays: NotRequired[list[StayView]]
    holds: NotRequired[list[HeldView]]
    due_at: NotRequired[int | None]
    private: NotRequired[PrivateView | None]


@final
class UnopenedShipment(TypedDict):
    """A shipment that the chain has not opened, though `records` of the log are about it. `opener`: the one among them
    that would open it; null while nobody has handed in its terms, its split or its short manifest.
    """

    id: str
    opener: str | None
    records: list[str]
    status: NotRequired[str]


HoldLine = TypedDict(
    "HoldLine",
    {
        "record": str,
        "jurisdiction": str,
        "regime": int,
        "cause": int,
        "caused_by": int | str,
        "assurance": int,
        "confirmed": bool,
        "known_late": bool,
        "held_at": int,
        "presented_at": int | None,
        "from": int,
        "until": int | None,
        "seconds": int,
        "taken_out": bool,
        "reason": Literal["not_caused_by_liable", "on_a_brokers_word", "caused_by_liable", "outside_the_clock"],
    },
)


class Tender(TypedDict):
    record: str
    claimed_at: int
    counted_at: int
    state: Literal["open", "stands", "disputed", "upheld", "fallen", "early", "elsewhere", "moved_on"]
    place_closed: bool
    contestable_until: int
    contested_by: str | None
    disputed_until: int | None
    endorsed_by: list[str]


class PortionLine(TypedDict):
    shipment: str
    packages: int | str
    share: str
    stopped_by: Literal["delivery", "locker_receipt", "refusal", "tender", "onward_terms"] | None
    stopped_at: int | None
    claimed_at: int | None
    ended: (
        Literal["lost", "left", "sold", "destroyed", "abandoned", "seized", "destroyed_by_customs", "transformed"]
        | None
    )
    counted_until: int
    customs_seconds: int
    relief_seconds: int
    late_seconds: int
    late_seconds_high: int
    promised_at: int
    alpha: int | str
    cap: int | str
    amount: int | str
    amount_high: int | str
    settled: bool
    holds: list[HoldLine]
    tenders: list[Tender]


class LegLine(TypedDict):
    partner: int
    shipment: str
    handoff: str
    in_at: int
    due_at: int
    out_at: int
    customs_seconds: int
    overrun_seconds: int
    amount: int | str


class Remark(TypedDict):
    amendment: str
    reason: Literal["not_signed_by_both", "unreadable"]


class CheckpointTime(TypedDict):
    size: int | str
    time: int
    basis: Literal["operator", "witnesses", "chain"]


class ResponseGetpenalty(TypedDict):
    shipment: str
    liable: int
    beneficiary: int
    currency: str
    amount: int | str
    amount_high: int | str
    frozen: int | str
    uncapped: int | str
    cap: int | str
    alpha: int | str
    opened_at: int
    promised: int
    grace: int
    promised_at: int
    lost_after: int
    delivered_at: int | None
    stopped_at: int | None
    customs_seconds: int
    relief_seconds: int
    late_seconds: int
    settled: bool
    indicative: bool
    stays_with_liable: int | str
    share: str
    terms: str
    part_of: str | None
    family: str
    children: list[str]
    portions: list[PortionLine]
    legs: list[LegLine]
    remarks: list[Remark]
    evidence: list[str]
    times: list[CheckpointTime]
    judged_at: int | None
    explanation: list[str]


AccessRight = Literal["party", "recipient", "goods", "amended", "auditor", "export", "forwarded"]


class AccessView(TypedDict):
    """`partner` (id 0: a recipient's key, or the operator) opened the parts at `paths` of `record` at `at`, and perhaps
    again in that full hour. `right`: as a party or signer, as the recipient, as sender or receiver of all its goods, as
    a party of what it amends, as an auditor, or the operator into a bundle that it exported. `forwarded`: the operator
    to the log with the id `key`, with the consent of `partner`.
    """

    record: str
    paths: list[str]
    partner: PartnerName
    key: str
    right: AccessRight
    at: int


class OpeningPage(TypedDict):
    openings: list[AccessView]


class Total(TypedDict):
    currency: str
    statements: int | str
    late: int | str
    owes: int | str
    is_owed: int | str
    frozen: int | str
    open: int | str
    indicative: int | str


class LeftOut(TypedDict):
    currency: str
    statements: int | str
    owes: int | str
    is_owed: int | str
    frozen: int | str


class TotalInOne(TypedDict):
    currency: str
    issuer: int
    statements: int | str
    owes: int | str
    is_owed: int | str
    frozen: int | str
    left_out: list[LeftOut]
    rates: list[str]


class PenaltyStatement(TypedDict):
    shipment: str
    liable: int
    beneficiary: int
    currency: str
    amount: int | str
    amount_high: int | str
    frozen: int | str
    uncapped: int | str
    cap: int | str
    alpha: int | str
    opened_at: int
    promised: int
    grace: int
    promised_at: int
    lost_after: int
    delivered_at: int | None
    stopped_at: int | None
    customs_seconds: int
    relief_seconds: int
    late_seconds: int
    settled: bool
    indicative: bool
    stays_with_liable: int | str
    share: str
    terms: str
    part_of: str | None
    family: str
    children: list[str]
    portions: list[PortionLine]
    legs: list[LegLine]
    remarks: list[Remark]
    evidence: list[str]
    times: list[CheckpointTime]
    judged_at: int | None
    explanation: list[str]


class PenaltyPage(TypedDict):
    """`in_one`: the sums in one currency, where that is asked for."""

    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    totals: list[Total]
    in_one: NotRequired[TotalInOne | None]
    penalties: list[PenaltyStatement]


class DocumentDraft(TypedDict):
    """`kind` and `number` of the document, its day of issue, and how many lines it has; `draft`: `{type, message}` of
    the terms or the manifest, a template that nobody has signed.
    """

    kind: str
    number: str
    issued: str
    lines: int
    draft: dict[str, Any]


class OfferedDocument(TypedDict):
    form: str
    mediaType: str
    path: str


class DocumentList(TypedDict):
    documents: list[OfferedDocument]


class RecallSummary(TypedDict):
    """What everybody may know of a recall. `cursor` pages the list. `affected`: its lots and serials in words, none for
    all of them. `to_do`: what a consumer should do. `speaks`: its author speaks for the brand, as its prefix's holder
    or by its authorisation, now or when the recall became known, or is an authority. `superseded_by`: the recall in its
    place. `revoked_by`: its author took it back, for the reason in `revoked_for`; it counts no more.
    """

    id: str
    by: PartnerName
    subject: str
    lots: str
    hazard: str
    action: str
    contact: str
    at: int
    superseded_by: str | None
    cursor: int
    affected: NotRequired[list[str]]
    to_do: NotRequired[str]
    speaks: NotRequired[bool]
    revoked_by: NotRequired[str | None]
    revoked_for: NotRequired[str]


class RecallPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    recalls: list[RecallSummary]


class TracedShipment(TypedDict):
    """`certainty`: named (its contents name such goods) or possible. `consignor` is who can reach its consumer."""

    shipment: str
    certainty: str
    status: str
    packages: int
    consignor: PartnerName
    stays: list[StayView]


class AnswerView(TypedDict):
    """What a partner says it found, set apart and disposed of; its newest word."""

    found: int
    quarantined: int
    disposed: int
    at: int


class HolderView(TypedDict):
    """A partner whom the goods passed, in packages; `expected` is what it has to account for by custody."""

    partner: PartnerName
    holds: int
    expected: int
    passed_on: int
    sold: int
    lost: int
    destroyed: int
    outstanding: int
    answer: AnswerView | None
    text: str


class TraceView(TypedDict):
    """Shipments in order of opening, partners by id."""

    shipments: NotRequired[list[TracedShipment]]
    holders: NotRequired[list[HolderView]]


class EffectView(TypedDict):
    """How far a recall has come, in partners and packages. `unconfirmed` is claimed beyond what custody shows."""

    asked: int
    answered: int
    expected: int
    found: int
    quarantined: int
    disposed: int
    outstanding: int
    unconfirmed: int
    at_consumers: int
    text: str


class RecallView(TypedDict):
    """`trace` holds what the reader may see; `effect` is for who recalled, authorities and auditors."""

    recall: RecallSummary
    trace: NotRequired[TraceView]
    effect: NotRequired[EffectView | None]


class GoodsViewGoodsView(TypedDict):
    """So much of a GTIN and lot (empty: not told), as it was stated or, not `exact`, shared out by packages."""

    gtin: str
    lot: str
    unit: str
    quantity: str
    exact: bool


class ShareView(TypedDict):
    """`exact`: the fraction `n/d` in lowest terms, null where it is not known or has over 100 digits; `millionths` is
    rounded down. `basis`: stated, packages or unknown.
    """

    exact: str | None
    millionths: int | None
    basis: str


class PlaceViewPlaceView(TypedDict):
    country: str
    locode: str
    gln: str
    name: str


class StopViewStopView(TypedDict):
    """`partner` had `packages` from `since` to `until` (UTC seconds; null: still). `place`: where that was signed; null
    where nothing says, or it is not shown to this reader. `record`: which says so.
    """

    partner: PartnerName
    since: int
    until: int | None
    packages: int
    place: PlaceViewPlaceView | None
    record: str


class NodeView(TypedDict):
    """A shipment: `record` made it of `parents`. `share`: upwards, what share of the goods asked about came from it;
    downwards, what share of its goods is of those asked about. `goods` null: not named, or not shown (`closed`).
    """

    shipment: str
    direction: str
    made: str
    record: str
    parents: list[str]
    certainty: str
    status: str
    packages: int
    consignor: PartnerName
    goods: list[GoodsViewGoodsView] | None
    closed: bool
    share: ShareView
    stops: list[StopViewStopView]


class SumView(TypedDict):
    """A sum of a balance, in base units (grams, millilitres, pieces); see `ledger.provenance.balance.Sum`."""

    gtin: str
    lot: str
    unit: str
    went_in: str
    came_out: str
    lost: str
    difference: str | None
    verdict: str
    unknown: list[str]


class BalanceView(TypedDict):
    """Whether what `record` made of `parents` is what went in. `loss_reason`: in the words of who signed it."""

    record: str
    made: str
    parents: list[str]
    children: list[str]
    verdict: str
    sums: list[SumView]
    loss_reason: str


KindOutput = Literal[
    "access",
    "league",
    "network",
    "stock",
    "provenance/gaps",
    "provenance",
    "shipments/market",
    "markets/deviations",
    "markets/changes",
    "plans/route",
    "plans/consolidation",
    "plans/forecast",
    "plans/warehouses",
]


class AskedBy(TypedDict):
    """By whose rights: a partner, an auditor, and what the key may read (bit n − 1: records of type n)."""

    partner: int
    auditor: bool
    scopes: int


class PointView(TypedDict):
    size: int
    root: str


class CountedView(TypedDict):
    """The first `size` records of the log `origin` count; `checkpoint`: the newest that was published then."""

    origin: str
    size: int
    checkpoint: PointView | None


class NewestEvidence(TypedDict):
    """By `time` (UTC seconds) a checkpoint of `size` leaves stood with others."""

    size: int
    time: int
    basis: Literal["operator", "witnesses", "chain"]


class InputsView(TypedDict):
    """From what the answer is made again: `lading verify ANSWER --bundle BUNDLE`."""

    lading: Literal["answer/1"]
    kind: KindOutput
    asked: dict[str, Any]
    """Every parameter, by name"""
    reader: AskedBy | None
    at: int
    """As of when it was asked, UTC seconds"""
    log: CountedView
    evidence: NewestEvidence | None
    """The newest evidence of time that counts; null without any"""
    rules: list[str]
    """SHA-256 of the adopted files that were at hand, ascending"""


class ProvenanceAnswer(TypedDict):
    subject: str
    limited: bool
    shipments: list[NodeView]
    balances: list[BalanceView]
    inputs: InputsView | None


Gap = Literal[
    "never_received",
    "left_behind",
    "custody_broken",
    "overridden",
    "more_out",
    "less_out",
    "loss_unclear",
    "serials_twice",
    "no_goods",
]


class FindingView(TypedDict):
    """A question about `shipment`, and `others`; `at`: since when (UTC seconds). `records`: on which it rests."""

    code: Gap
    text: str
    shipment: str
    others: list[str]
    at: int
    records: list[str]


class FindingsAnswer(TypedDict):
    total: int
    findings: list[FindingView]
    inputs: InputsView | None


class CouncilInForce(TypedDict):
    members: list[str]
    threshold: int


class ConsortiumView(TypedDict):
    """`trust` is the trust file. Get it from somebody you trust, not from here, when you mean to check this service."""

    trust: dict[str, Any]
    council: CouncilInForce
    delay: int
    """Seconds until admissions, roles, council members and contracts are in force"""
    next_sequence: int
    """What the next `RegistryChange` must carry"""
    contracts: dict[str, str | None]
    pools: list[str]
    """Every bonus pool from the first to the newest; closed ones serve what they have"""


class RoleView(TypedDict):
    role: str
    scope: str
    in_force: bool


class PartnerView(TypedDict):
    """`keys`: the keys in force; `admitted_at`: from when the partner takes part."""

    id: int
    name: str
    gln: str
    suspended: bool
    admitted_at: int | None
    roles: NotRequired[list[RoleView]]
    keys: NotRequired[list[str]]


class PartnerPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    partners: list[PartnerView]


class BookKey(TypedDict):
    """`types`: bit n - 1 lets the key sign type n; all of them a master key."""

    address: str
    types: int


class BookPartner(TypedDict):
    id: int
    name: str
    gln: str
    keys: list[BookKey]


class SignedPartnerBook(TypedDict):
    """Who is who as of `size` records, signed by the log (`ledger.registry.partner_book`)."""

    logId: str
    size: int
    council: list[str]
    entries: list[BookPartner]
    signature: str


KeyStatus = Literal["coming", "in force", "expired", "revoked"]


class KeyView(TypedDict):
    """`kind` is master or device. `types`: names of the record types that it may sign; `may_sign` says so in words.
    `valid_from`, `valid_until`: UTC seconds; no end of a key that has none. `granted_by`: the record that granted a
    device, none for master keys, which the council enters. `device`: the name that its partner gave it, which only the
    partner itself and auditors see, where the grant says one.
    """

    address: str
    kind: str
    status: KeyStatus
    types: list[str]
    may_sign: str
    actor: int
    valid_from: int
    valid_until: int | None
    granted_by: str | None
    device: str


class PartnerKeys(TypedDict):
    partner: int
    keys: list[KeyView]


class CouncilMember(TypedDict):
    """`since`, `until`: UTC seconds; none for a founder's begin and for no end."""

    address: str
    status: KeyStatus
    since: int | None
    until: int | None


class CouncilView(TypedDict):
    """Who is, was or will be of the council. `threshold` members must sign now; `next_threshold` from then on, if the
    council has decided on another.
    """

    threshold: int
    members: list[CouncilMember]
    next_threshold: int | None
    next_threshold_from: int | None


class OpenView(TypedDict):
    partner: int
    open: list[MissingView]


class Enrolled(TypedDict):
    document: str
    """SHA-256 of the document: what its admission carries"""
    name: str
    key: str


class EnrolmentView(TypedDict):
    """`partner` is the id that the council gave it; null while it has not been admitted."""

    document: str
    name: str
    key: str
    asked_at: int
    partner: int | None


class EnrolmentPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    enrolments: list[EnrolmentView]


class EnrolmentDocument(TypedDict):
    document: str
    name: str
    key: str
    asked_at: int
    partner: int | None
    text: str
    """The signed document, RFC 8785 JSON"""
    signature: str


class MeasureView(TypedDict):
    """By which scorecard: the one that the council adopted before the period, or Lading's default where none was."""

    card: str
    """SHA-256 of the scorecard's file"""
    title: str
    adopted: bool
    since: int | None
    """From when on its periods may start; null for the default"""
    words: str


class Period(TypedDict):
    start: int
    end: int
    at: int


class TakenView(TypedDict):
    """At which checkpoint figures were taken, when that was evidenced, and on whose word: `operator`, `witnesses` or
    `chain`.
    """

    log_size: int
    time: int
    basis: str


class PublishedView(TypedDict):
    """The closed calendar quarter of what everybody may see."""

    name: str
    period: Period
    taken: TakenView


class Flag(TypedDict):
    kind: Literal[
        "one_customer",
        "late_records",
        "padded_promises",
        "broker_word",
        "late_holds",
        "contested_tenders",
        "contests",
        "same_third",
        "interested_issuer",
    ]
    count: int | str
    of: int | str
    records: list[str]


class Effect(TypedDict):
    by: int | str
    good: int | str
    due: int | str
    shipment: str
    records: list[str]


class IndicatorInShort(TypedDict):
    name: (
        Literal[
            "on-time",
            "in-full-undamaged",
            "legs-on-time",
            "mean-late-seconds",
            "records-in-a-day",
            "penalty-over-freight",
            "on-time-in-full",
            "defects",
            "no-hold-by-papers",
            "attested-at-release",
            "released-clean",
            "time-over-median",
        ]
        | str
    )
    status: Literal["known", "unknown", "missing", "too_few"]
    weight: str
    good: int | str
    due: int | str
    samples: int | str
    disputed: int | str
    value: int | str | None
    low: int | str | None
    high: int | str | None
    points: int | None
    lost: int
    raised_by: int | str
    lowered_by: int | str
    raised: list[Effect]
    lowered: list[Effect]


class ScorecardInShort(TypedDict):
    partner: int
    role: Literal[
        "supplier",
        "carrier",
        "main_carrier",
        "warehouse",
        "customs",
        "broker",
        "platform",
        "retailer",
        "issuer",
        "brand",
        "authority",
        "auditor",
        "operator",
        "locker",
    ]
    period: Period
    card: str
    status: Literal["known", "provisional", "too_few_samples", "too_little_known", "hidden"]
    score: int | None
    low: int | None
    high: int | None
    samples: int | str
    shipments: int | str
    provisional: bool
    known_weight: str
    withheld: int | str
    flags: list[Flag]
    indicators: list[IndicatorInShort]
    why: str
    explanation: list[str]
    flag_texts: list[str]


class PublicIndicator(TypedDict):
    name: Literal[
        "on-time",
        "in-full-undamaged",
        "legs-on-time",
        "mean-late-seconds",
        "records-in-a-day",
        "penalty-over-freight",
        "on-time-in-full",
        "defects",
        "no-hold-by-papers",
        "attested-at-release",
        "released-clean",
        "time-over-median",
    ]
    status: Literal["known", "unknown", "missing", "too_few"]
    weight: str
    value: int | str | None
    low: int | str | None
    high: int | str | None
    points: int | None


class PublicScorecard(TypedDict):
    partner: int
    role: Literal[
        "supplier",
        "carrier",
        "main_carrier",
        "warehouse",
        "customs",
        "broker",
        "platform",
        "retailer",
        "issuer",
        "brand",
        "authority",
        "auditor",
        "operator",
        "locker",
    ]
    period: Period
    card: str
    status: Literal["known", "provisional", "too_few_samples", "too_little_known", "hidden"]
    score: int | None
    low: int | None
    high: int | None
    samples: int | str
    provisional: bool
    known_weight: str
    flags: list[
        Literal[
            "one_customer",
            "late_records",
            "padded_promises",
            "broker_word",
            "late_holds",
            "contested_tenders",
            "contests",
            "same_third",
            "interested_issuer",
        ]
    ]
    indicators: list[PublicIndicator]
    why: str
    explanation: list[str]


class ScoreView(TypedDict):
    partner: int
    measure: MeasureView
    published: PublishedView | None
    """For the public: the quarter, and when it was taken"""
    scores: list[ScorecardInShort] | list[PublicScorecard]


class SamplePage(TypedDict):
    """`side`: what `lowered` the score, or `raised` it or left it as it was; `count` of them in all."""

    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    partner: int
    role: str
    indicator: str
    side: str
    count: int
    samples: list[Effect]


class RoleJudgement(TypedDict):
    """`value` is null where nothing, or too little, is known: then neither reward nor sanction follows."""

    partner: int
    role: str
    value: int | None
    may_reward: bool
    may_sanction: bool


class JudgementView(TypedDict):
    partner: int
    indicator: str
    threshold: int
    samples: int
    judgements: list[RoleJudgement]


class TrendPoint(TypedDict):
    name: str
    period: Period
    card: str
    score: int | None
    low: int | None
    high: int | None
    samples: int | str


class RoleTrend(TypedDict):
    role: str
    points: list[TrendPoint]


class TrendView(TypedDict):
    partner: int
    by: str
    roles: list[RoleTrend]


MatchKind = Literal["product", "partner", "shipment", "order", "lot", "load", "declaration", "record", "leaf", "block"]


class Match(TypedDict):
    """Something that the text may mean: as what (`kind`), and what there is (`id` at the page `where`). `order` and
    `lot`: a shipment of it; `load`: a handoff of it (container, SSCC, waybill); `declaration`: a clearance with this
    reference of customs (MRN); `leaf`: the record at that index; `block`: a record in it. `name`: the partner's; the
    product's or lot's GTIN; the record's type. `at`: when it was opened or logged, seconds UTC. `order`, `goods`: of a
    shipment whose terms the reader may see, its order number and goods; else empty.
    """

    kind: MatchKind
    id: str
    where: str
    name: str
    at: int | None
    order: NotRequired[str]
    goods: NotRequired[list[str]]


class Search(TypedDict):
    """`more`: some kind has more than `MOST`. `private`: orders, lots, containers and SSCCs were looked for too."""

    asked: str
    matches: list[Match]
    more: bool
    private: bool


class OutcomeOf(TypedDict):
    """What the chain made of a record: one word an item, those of `chain.items` in a record's answer."""

    record: str
    type: str
    items: list[str]


class Event(TypedDict):
    """`shipments` and `partners`: whom the record concerns; of an outcome, those of the record that it is about.
    `logSize`: how many leaves there were with this one. `loggedAt`: UTC seconds by the log.
    """

    index: int
    id: str
    type: str
    number: int
    shipments: list[str]
    partners: list[int]
    loggedAt: int
    leafHash: str
    logId: str
    logSize: int
    outcome: NotRequired[OutcomeOf | None]


class Anchored(TypedDict):
    """The newest checkpoint that the chain has: all events below `size` are under it."""

    size: int
    block: int
    transaction: str


class Events(TypedDict):
    """`next` is the cursor to go on from, on the last page too; null only while there is nothing at all. It stays valid
    as long as the log does. `more`: ask again at once, even if this page is empty. `anchored`: all events below `size`
    are under a checkpoint that the chain has.
    """

    events: list[Event]
    next: int | None
    more: bool
    size: int
    """Of the log, when it was read"""
    anchored: Anchored | None
    logId: str
    """Of the log whose indexes the cursors are"""


class WebhookView(TypedDict):
    """`types`, `shipment`, `partner`: which events it is for; empty, or 0, for all. `cursor`: the event up to which its
    deliveries are planned. `waiting` and `dead`: deliveries that are still tried, and that were given up. `query`: the
    name of the EPCIS query to which it is a subscription, else empty; then indexes are numbers of EPCIS events.
    """

    id: str
    url: str
    types: list[str]
    shipment: str
    partner: int
    state: str
    problem: str
    cursor: int
    waiting: int
    dead: int
    delivered: int
    deliveredAt: int | None
    createdAt: int
    query: str


class Registered(TypedDict):
    """`secret` is shown this once: `whsec_` and Base64, as Standard Webhooks has it."""

    webhook: WebhookView
    secret: str


class WebhookList(TypedDict):
    webhooks: list[WebhookView]


class Removed(TypedDict):
    status: str


class DeadLetter(TypedDict):
    """A delivery that was given up after three days. `index`: the event's; `status`: of the last answer, 0 for none."""

    index: int
    plannedAt: int
    attempts: int
    status: int
    problem: str


class DeadLetters(TypedDict):
    dead: list[DeadLetter]
    next: int | None
    """Pass it on for the next page; null on the last one"""


class Resent(TypedDict):
    """How many dead letters are due again."""

    resent: int


class ConsentView(TypedDict):
    consent: str
    """SHA-256 of its document"""
    partner: int
    to: str
    """Id of the log to which the partner's records may be forwarded"""
    until: int
    what: list[str]
    """`log-only` records, opened `parts` of records that the chain carries"""
    counts: bool
    problem: str
    """Why nothing is forwarded by it now; empty while it counts"""
    forwarded: int
    """How many records the other log gave a receipt for"""


class PublishedCredential(TypedDict):
    """`revoked_from`: from when its author revoked its record, in seconds; None where nothing here does by now."""

    id: str
    record: str
    kind: str
    issuer: int
    kept_at: int
    revoked_from: int | None


class PublishedCredentials(TypedDict):
    """By id; a record has one a kind and signer at most."""

    credentials: list[PublishedCredential]


class BenchmarkRow(TypedDict):
    fulfilment: Literal["express", "own_warehouse", "third_party", "bonded_warehouse", "direct_mail"]
    link: Literal["freight", "onward_freight", "return_freight", "duty", "penalties", "total"]
    per: Literal["order", "package"]
    currency: str
    benchmark: int | str
    measured: int | str | None
    difference: int | str | None
    ratio_ppm: int | str | None


class BenchmarkView(TypedDict):
    """Costs that the runner of this home provided to compare with, as its file says, beside what was measured."""

    title: str
    source: str
    costs: list[BenchmarkRow]


class SectionFigures(TypedDict):
    section: Literal["first", "middle", "last", "whole"]
    due: int | str
    in_time: int | str
    in_time_ppm: int | str | None


class LinkCost(TypedDict):
    link: Literal["freight", "onward_freight", "return_freight", "duty", "penalties"]
    mode: (
        Literal[
            "not_specified",
            "maritime",
            "rail",
            "road",
            "air",
            "mail",
            "multimodal",
            "fixed_installation",
            "inland_water",
            "not_applicable",
        ]
        | None
    )
    currency: str
    amount: int | str


class CostBase(TypedDict):
    currency: str
    shipments: int | str
    packages: int | str
    orders: int | str
    order_packages: int | str
    priced_orders: int | str
    priced_packages: int | str


class NodeFigures(TypedDict):
    partner: int
    handled: int | str
    failed: int | str
    failure_ppm: int | str | None


@final
class NetworkFigures(TypedDict):
    shipments: int | str
    delivered: int | str
    packages: int | str
    timed: int | str
    mean_seconds: int | str | None
    median_seconds: int | str | None
    p90_seconds: int | str | None
    windowed: int | str
    abnormal: int | str
    legs_due: int | str
    legs_in_time: int | str
    legs_undated: int | str
    procedures: int | str
    first_time: int | str
    held_seconds: int | str
    abnormal_ppm: int | str | None
    legs_ppm: int | str | None
    first_time_ppm: int | str | None
    processed: int | str
    processing_mean_seconds: int | str | None
    processing_median_seconds: int | str | None
    processing_p90_seconds: int | str | None
    reached: int | str
    reached_packages: int | str
    returned: int | str
    returned_packages: int | str
    return_ppm: int | str | None
    reasons: dict[str, int | str]
    reasons_agreed: dict[str, int | str]
    sections: list[SectionFigures]
    lanes_judged: int | str
    lanes_by_mode: int | str
    lanes_by_carrier: int | str
    lanes_flexible: int | str
    flexible_ppm: int | str | None
    duty: dict[str, int | str]
    duties_hidden: int | str
    links: list[LinkCost]
    bases: list[CostBase]
    customs_seconds: dict[str, int | str]
    freight: dict[str, int | str]
    penalties: dict[str, int | str]
    indicative: dict[str, int | str]
    cost_per_shipment: dict[str, int | str | None]
    cost_per_package: dict[str, int | str | None]
    nodes: list[NodeFigures]
    records: int | str
    evidence: list[str] | None


class PublicNode(TypedDict):
    partner: int
    failure_ppm: int | str


@final
class PublicNetwork(TypedDict):
    shipments: int | str
    mean_seconds: int | str | None
    median_seconds: int | str | None
    p90_seconds: int | str | None
    abnormal_ppm: int | str | None
    legs_ppm: int | str | None
    first_time_ppm: int | str | None
    customs_seconds: dict[str, int | str]
    held_seconds: int | str | None
    nodes: list[PublicNode]


class GoodsTurnover(TypedDict):
    gtin: str
    unit: str
    out: str
    held_seconds: str
    turnover_ppm: int | str | None
    exact: bool


class Turnover(TypedDict):
    partner: int
    packages_out: int | str
    package_seconds: int | str
    seconds: int | str
    average_packages: int | str | None
    turnover_ppm: int | str | None
    closed: int | str
    goods: list[GoodsTurnover]


class Change(TypedDict):
    figure: str
    before: int | str | None
    after: int | str | None
    difference: int | str | None


class NetworkGroup(TypedDict):
    """Times in seconds, shares in parts per million, money in minor units by currency; for the public without money,
    whole hours and per cent. `before` and `changes` only where a comparison was asked for.
    """

    group: str
    figures: NetworkFigures | PublicNetwork | None
    turnover: NotRequired[list[Turnover]]
    """Of each partner that held goods of the group"""
    explanation: list[str]
    before: NotRequired[NetworkFigures | None]
    before_turnover: NotRequired[list[Turnover] | None]
    changes: NotRequired[list[Change] | None]


class NetworkView(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    by: str | None
    of: str
    """Which shipments, in words: all, or those whose terms the reader may read"""
    period: Period | None
    published: PublishedView | None
    """For the public: the quarter, and when it was taken"""
    before_period: Period | None
    benchmark: NotRequired[BenchmarkView | None]
    """With `by=fulfilment`, where one is kept here"""
    groups: list[NetworkGroup]


class Location(TypedDict):
    country: str
    locode: str
    gln: str
    name: str


class StockPageTotal(TypedDict):
    partner: int
    place: Location | None
    gtin: str
    lot: str
    unit: str
    on_hand: str
    in_transit: str
    missing: str
    due: str
    overdue: str
    ages: list[str]
    oldest: int | None
    until: int | None
    expired: bool
    exact: bool


class StockPage(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    at: int
    """The second that is told of, UTC"""
    partner: int | None
    gtin: str
    lot: str
    log_size: int
    """All records of the log below it count"""
    withheld: int
    """Holdings with goods that the reader may not know, in no sum"""
    ages: list[int]
    """Days up to which the groups of `ages` in a sum reach; the last has the rest"""
    totals: list[StockPageTotal]


class Line(TypedDict):
    gtin: str
    lot: str
    unit: str
    quantity: str
    exact: bool


class Holding(TypedDict):
    shipment: str
    holder: int
    place: Location | None
    packages: int | str
    state: Literal["on_hand", "in_transit", "missing"]
    goods: list[Line]
    closed: bool
    since: int
    made_at: int
    consignor: int
    consignee: int
    destination: Location | None
    due_at: int | None
    records: list[str]


class HoldingPage(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    at: int
    """The second that is told of, UTC"""
    log_size: int
    holdings: list[Holding]


class LaneView(TypedDict):
    """Countries, or names of places; `mode` null where terms name none."""

    origin: str
    destination: str
    mode: str | None


class Measured(TypedDict):
    value: int | str
    low: int | str
    high: int | str
    samples: int | str
    provisional: bool
    rank: int | str | None
    tied: int | str


class LeagueEntry(TypedDict):
    partner: int
    shipments: int | str
    delivered: int | str
    events: int | str
    time: Measured | None
    cost: Measured | None
    penalty: Measured | None
    faults: Measured | None
    records: int | str
    evidence: list[str] | None


class League(TypedDict):
    period: Period
    role: Literal[
        "supplier",
        "carrier",
        "main_carrier",
        "warehouse",
        "customs",
        "broker",
        "platform",
        "retailer",
        "issuer",
        "brand",
        "authority",
        "auditor",
        "operator",
        "locker",
    ]
    currency: str
    entries: list[LeagueEntry]
    hidden: int | str


class LaneCount(TypedDict):
    origin: str
    destination: str
    mode: str | None
    shipments: int


class LeagueView(TypedDict):
    """`league` null where no lane was named; `lanes`: those of the reader's shipments, the busiest first."""

    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    role: str
    by: str
    period: Period
    lane: LaneView | None
    league: League | None
    explanation: list[str]
    lanes: list[LaneCount]


class Gate(TypedDict):
    name: str
    role: Literal[
        "supplier",
        "carrier",
        "main_carrier",
        "warehouse",
        "customs",
        "broker",
        "platform",
        "retailer",
        "issuer",
        "brand",
        "authority",
        "auditor",
        "operator",
        "locker",
    ]
    scope: str
    indicator: str
    threshold: int | str
    samples: int | str
    action: Literal["revoke-role", "suspend"]
    step: Literal["quarter", "month"]
    settle: int
    appeal: int
    gates: str


class Reading(TypedDict):
    period: Period
    taken: CheckpointTime
    card: str
    samples: int | str
    withheld: int | str
    low: int | str | None
    high: int | str | None
    records: int | str
    root: str


class Course(TypedDict):
    stage: Literal["in_good_standing", "one_period_below", "probation", "change_due", "access_withdrawn", "return_due"]
    since: int
    until: int | None
    gate: Gate | None
    below: list[Reading]
    again: list[Reading]
    good: list[Reading]


class Standing(TypedDict):
    partner: int
    gate: Gate
    course: Course
    open: bool
    prepared: bool
    title: str
    explanation: list[str]


class StandingPage(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    standings: list[Standing]


class SourceView(TypedDict):
    id: str
    title: str
    date: str
    """Of the text, or of its reading where it has none; ISO 8601"""
    url: str


class MarketView(TypedDict):
    """An adopted file. `state`: `in force`, `coming` or `replaced`."""

    market: str
    """SHA-256 of the file"""
    jurisdiction: str
    title: str
    version: int
    currency: str
    since: int
    """From when on it is in force, UTC seconds"""
    state: str
    rules: int
    sources: list[SourceView]


class MarketList(TypedDict):
    markets: list[MarketView]


class Need(TypedDict):
    jurisdiction: str
    lane: Literal["export", "import", "transit"]
    kind: Literal["clearance", "paper", "tax", "goods"]
    rule: str
    market: str
    certain: bool
    goods: list[str]
    standing: Literal["prohibited", "restricted", "licence", "free"] | None
    regime: int | str | None
    gates: int | str | None
    relay: bool | None
    schema: str | None
    about: Literal["product", "lot", "shipment", "consignor", "consignee"] | None
    tax: str | None
    rates: list[int | str] | None
    fixed: int | str | None


class Lack(TypedDict):
    lacking: Literal["clearance", "gate", "customs-signature"]
    jurisdiction: str
    regime: int | str
    gates: int | str
    rules: list[str]


class NeedsView(TypedDict):
    """`requires`: the clearances that would do, as terms state them; `refused`: the rule that refuses the goods."""

    at: int
    needs: list[Need]
    lacks: list[Lack]
    requires: list[dict[str, Any]]
    refused: str | None
    explanation: list[str]


class TaxDeviation(TypedDict):
    deviation: Literal["rate", "base", "sum", "missing", "unknown-tax", "currency"]
    tax: str
    rule: str | None
    expected: str | None
    found: str | None


class DutyCheck(TypedDict):
    clearance: str
    shipment: str
    jurisdiction: str
    regime: int
    status: int
    at: int
    market: str
    judged: bool
    deviations: list[TaxDeviation]
    explanation: list[str]


class DutyList(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    clearances: list[DutyCheck]


class NeedChange(TypedDict):
    change: Literal["added", "removed", "changed"]
    before: Need | None
    after: Need | None
    since: int | None


class CaseChange(TypedDict):
    origin: str
    destination: str
    fulfilment: int
    goods: list[str]
    shipments: int | str
    changes: list[NeedChange]
    explanation: list[str]


class ChangesView(TypedDict):
    """What one version changes for a partner; `open`: shipments under way, which stay as they are."""

    partner: int
    market: str
    jurisdiction: str
    version: int
    since: int
    replaces: str | None
    open: int
    cases: list[CaseChange]


class ChangesList(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    changes: list[ChangesView]


class Paper(TypedDict):
    rule: str
    schema: str
    about: Literal["product", "lot", "shipment", "consignor", "consignee"] | None
    subject: str | None
    attested: str | None


class ResponseGetshipmentmarketDutyCheck(TypedDict):
    clearance: str
    shipment: str
    jurisdiction: str
    regime: int
    status: int
    at: int
    market: str
    judged: bool
    deviations: list[TaxDeviation]


class ResponseGetshipmentmarket(TypedDict):
    shipment: str
    opened: int
    markets: list[str]
    needs: list[Need]
    lacks: list[Lack]
    papers: list[Paper]
    duties: list[ResponseGetshipmentmarketDutyCheck]
    explanation: list[str]
    inputs: dict[str, Any] | None


class Exchange(TypedDict):
    currency: str
    charge: str
    rate: str
    day: int


class Leg(TypedDict):
    partner: int
    issuer: int
    card: str
    mode: Literal[
        "not_specified",
        "maritime",
        "rail",
        "road",
        "air",
        "mail",
        "multimodal",
        "fixed_installation",
        "inland_water",
        "not_applicable",
    ]
    origin: str
    destination: str
    kilometres: int | str | None
    currency: str
    charge: str
    holding_p50: str
    holding_p90: str
    p50: int | str
    p90: int | str
    customs: int | str
    basis: Literal["carrier", "lane", "stated"]
    samples: int | str
    thin: bool
    records: list[str] | None
    exchange: Exchange | None


class Outcome(TypedDict):
    arrives: int
    late: int
    holding: str
    penalty: str
    cost: str


class Failure(TypedDict):
    fails: Literal["place", "mode", "partner"]
    name: str
    cost: str | None
    more: str | None
    arrives: int | None
    places: list[str]
    modes: list[
        Literal[
            "not_specified",
            "maritime",
            "rail",
            "road",
            "air",
            "mail",
            "multimodal",
            "fixed_installation",
            "inland_water",
            "not_applicable",
        ]
    ]
    partners: list[int | str]


class Way(TypedDict):
    legs: list[Leg]
    charge: str
    p50: Outcome
    p90: Outcome
    thin: bool
    failures: list[Failure]


class RoutePlan(TypedDict):
    origin: str
    destination: str
    packages: int | str
    currency: str
    value: str
    depart: int
    judged: Literal["p50", "p90"]
    ways: list[Way]
    cost: str | None
    bound: str | None
    gap: str | None
    left_out: dict[str, int | str]
    no_calendar: list[str]
    legs_offered: int | str


class RouteView(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    at: int
    """As of when records count, UTC seconds"""
    shipment: str | None
    plan: RoutePlan
    explanation: list[str]


class Collection(TypedDict):
    holder: int
    packages: int | str
    charge: str
    shipments: list[str]


class Manifest(TypedDict):
    partner: int
    card: str | None
    packages: int | str
    charge: str
    shipments: list[str]


class Contribution(TypedDict):
    partner: int
    shipments: int | str
    packages: int | str
    grams: int | str | None
    alone: str
    pays: str
    saves: str


class Consolidation(TypedDict):
    origin: str
    destination: str
    mode: Literal[
        "not_specified",
        "maritime",
        "rail",
        "road",
        "air",
        "mail",
        "multimodal",
        "fixed_installation",
        "inland_water",
        "not_applicable",
    ]
    week: int
    goods: str
    hub: int
    collector_card: str | None
    collector_stated: bool
    collections: list[Collection]
    shared_by: Literal["mass", "packages"]
    alone: str
    cost: str
    saves: str
    bound: str
    manifests: list[Manifest]
    contributions: list[Contribution]


class Apart(TypedDict):
    origin: str
    destination: str
    mode: Literal[
        "not_specified",
        "maritime",
        "rail",
        "road",
        "air",
        "mail",
        "multimodal",
        "fixed_installation",
        "inland_water",
        "not_applicable",
    ]
    week: int
    goods: str
    holders: list[int]
    worth: str
    shipments: list[str]


class ConsolidationPlan(TypedDict):
    currency: str
    groups: list[Consolidation]
    saves: str
    apart: list[Apart]
    single: int | str
    unpriced: int | str
    kept_out: dict[str, int | str]


class ConsolidationViewConsolidationView(TypedDict):
    name: str
    signers: list[int]
    template: dict[str, Any]


class ConsolidationView(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    at: int
    """As of when records count, UTC seconds"""
    plan: ConsolidationPlan
    explanation: list[str]
    drafts: NotRequired[list[ConsolidationViewConsolidationView] | None]
    """Templates of handoffs to read and sign, in this order"""


class Error(TypedDict):
    method: Literal["naive", "seasonal_naive", "holt", "holt_winters"]
    absolute_error: int | str
    tests: int | str


class Expected(TypedDict):
    month: str
    quantity: int | str


class Forecast(TypedDict):
    gtin: str
    market: str
    unit: str
    first: str
    history: list[int | str]
    used: Literal["naive", "seasonal_naive", "holt", "holt_winters"] | None
    beats_naive: bool
    errors: list[Error]
    expected: list[Expected]
    records: list[str] | None


class ForecastView(TypedDict):
    """By market and unit, at most twelve of them, those with the most demand first."""

    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    at: int
    """As of when records count, UTC seconds"""
    closed: int
    """Deliveries whose goods are withheld here, so that demand may be higher"""
    more: int
    """Markets that are left out"""
    forecasts: list[Forecast]
    explanation: list[str]


class Optimum(TypedDict):
    answer: Literal["optimal", "limit", "infeasible"]
    objective: int | str | None
    bound: int | str | None
    gap_ppm: int | str | None
    proof: Literal["prices", "search", "none"]


class Transfer(TypedDict):
    origin: int
    destination: int
    gtin: str
    packages: int | str
    worth: int | str
    charge: int | str
    records: list[str]


@final
class Allocation(TypedDict):
    currency: str
    optimum: Optimum
    transfers: list[Transfer]
    served: int | str
    moving: int | str


class Watch(TypedDict):
    warehouse: int
    gtin: str
    on_hand: int | str
    due: int | str
    overdue: int | str
    sold: int | str
    per_day: str
    turnover: str | None
    stock_out_at: int | None
    target: int | str
    threshold: int | str | None
    triggered: bool
    ordered: int | str
    short: int | str
    records: list[str]


@final
class Triggered(TypedDict):
    currency: str
    at: int
    moving: str
    orders: list[Transfer]
    watched: list[Watch]


class Load(TypedDict):
    site: int
    areas: int | str
    demand: int | str
    capacity: int | str | None


class Service(TypedDict):
    area: str
    site: int
    demand: int | str
    share_ppm: int
    on_time: int | str
    deliveries: int | str
    records: list[str]


@final
class Cover(TypedDict):
    optimum: Optimum
    demand: int | str
    covered_ppm: int | str
    open: list[Load]
    services: list[Service]
    unserved: list[str]


class Shift(TypedDict):
    origin: int
    destination: int
    gtin: str
    packages: int | str
    cost: int | str
    reduction_ppm: int | str
    records: list[str]


class Level(TypedDict):
    warehouse: int
    gtin: str
    target: int | str
    before: int | str
    after: int | str
    distance_before_ppm: int | str
    distance_after_ppm: int | str
    records: list[str]


@final
class Balance(TypedDict):
    currency: str
    worth: int | str
    optimum: Optimum
    before_ppm: int | str
    after_ppm: int | str
    cost: int | str
    shifts: list[Shift]
    levels: list[Level]


class WarehousePlanAnswerWarehousePlanAnswer(TypedDict):
    name: str
    signers: list[int]
    template: dict[str, Any]


class WarehousePlanAnswer(TypedDict):
    inputs: NotRequired[InputsView | None]
    """Null where the log grew meanwhile, and for what is published"""
    kind: Literal["allocate", "trigger", "cover", "balance"]
    at: int
    """As of when records count, UTC seconds"""
    file: str
    """SHA-256 of the plan as canonical JSON: what it states rests on nothing else"""
    stated: list[str]
    """Inputs that the plan states in place of records"""
    left_out: int
    """Shipments whose goods no plan can move: of several products, or not told"""
    unfit: int
    """Packages that are recalled or past their expiry: no plan makes use of them"""
    plan: Allocation | Triggered | Cover | Balance
    prices: list[str]
    """Of the limits of `allocate` and the areas of `cover`: the bound follows from them without a solver"""
    explanation: list[str]
    drafts: NotRequired[list[WarehousePlanAnswerWarehousePlanAnswer] | None]
    """Templates of records to read and sign, splits first"""


class PartyShare(TypedDict):
    partner: int
    name: str
    basisPoints: int


class AgreementSummary(TypedDict):
    """Amounts are decimal strings in minor units of `currency`; `pool` is the contract that holds the money and to
    which signatures about it are bound; `meaning` is the status in words; `cursor` pages the list.
    """

    id: str
    status: str
    meaning: str
    currency: str
    pool: str
    token: str
    funded: str
    periodStart: int
    periodEnd: int
    awarder: str
    arbiter: str
    residual: str
    parties: list[PartyShare]
    cursor: int


class AgreementPage(TypedDict):
    next: int | str | None
    """Pass it on for the next page; null on the last one"""
    agreements: list[AgreementSummary]


class AgreementDates(TypedDict):
    """Times in UTC seconds, windows in seconds from what they follow: an award, a dispute or a ruling."""

    awardBy: int
    disputeWindow: int
    arbiterWindow: int
    claimUntil: int


class DepositView(TypedDict):
    """A payment into the pool, by the account that it goes back to."""

    funder: str
    amount: str
    refunded: bool


class AwardView(TypedDict):
    """`upheld`: whether the ruling voided the award. `file`: the lines, for parties and auditors; `explanation` says in
    sentences what stands in it.
    """

    record: str
    version: int
    total: str
    logSize: str
    disputedBy: str | None
    ruledBy: str | None
    upheld: bool | None
    file: dict[str, Any] | None
    explanation: list[str]


class ClaimView(TypedDict):
    record: str
    partner: str
    version: int
    amount: str
    claimedAt: int | None


class AgreementView(TypedDict):
    id: str
    status: str
    meaning: str
    currency: str
    pool: str
    token: str
    funded: str
    periodStart: int
    periodEnd: int
    awarder: str
    arbiter: str
    residual: str
    parties: list[PartyShare]
    cursor: int
    dates: AgreementDates
    deposits: list[DepositView]
    awards: list[AwardView]
    claims: list[ClaimView]


class AwardKept(TypedDict):
    kept: int
    """Version of the award whose lines are kept"""


class WorkCountView(TypedDict):
    kind: str
    title: str
    items: int
    urgent: int


class DraftView(TypedDict):
    """The record that the item's action signs, as far as it follows from what is known: a template of `lading sign`."""

    type: str
    message: dict[str, Any]


class WorkItemView(TypedDict):
    """`id` names the item for as long as it waits. `kind` and `action` are codes, `title`, `text` and `todo` the words
    for them. `until`: the last second in which the action counts, or by which it is expected; null where nothing says.
    `since`: how long it has waited. `urgent`: it runs out within a day, or has (`overdue`). `partner`: the other side.
    `subject`: the shipment, record, agreement or document that it is about, or the address of a key. `page`: where it
    is done. `draft`: null where nothing is signed, or what is signed is proposed already. `facts`: numbers and codes by
    name.
    """

    id: str
    kind: str
    action: str
    title: str
    text: str
    todo: str
    since: int
    until: int | None
    urgent: bool
    overdue: bool
    partner: PartnerName | None
    subject: str
    shipment: str | None
    page: str
    draft: DraftView | None
    facts: dict[str, int | str]


class WorklistView(TypedDict):
    """One page as of `now`; `counts` and `urgent` are those of all pages. `next`: the cursor of the next page."""

    now: int
    urgent: int
    counts: list[WorkCountView]
    items: list[WorkItemView]
    next: str | None


class Challenge(TypedDict):
    message: str
    """EIP-4361 text for `personal_sign`, valid for five minutes and once"""


class SignedIn(TypedDict):
    address: str
    token: str
    """Send it as `Authorization: Bearer …`; valid for an hour: to read, and to erase what its key signed"""


class SessionView(TypedDict):
    """`partner` is 0 for the public and for keys without a partner."""

    partner: int
    auditor: bool


class SignedOut(TypedDict):
    status: str


class RequiredView(TypedDict):
    """A clearance that the terms require at `gates` (a mask); `released` as last known."""

    jurisdiction: str
    regime: int
    gates: int
    released: bool


class DockShipment(TypedDict):
    """A shipment as acceptance expects it: what is recorded, and what is accepted and not recorded yet.
    `recipient_key`: who signs for partner 0. `remainder`: what was missing from a short delivery. `terms`: the message
    of its own terms, their private parts opened where the reader may see them; null for children of a split, and for
    whoever may not.
    """

    shipment: str
    consignor: int
    consignee: int
    custodian: int
    packages: int
    sequence: int
    state: int
    recipient_key: str
    requires: list[RequiredView]
    remainder: bool
    terms: dict[str, Any] | None


class DockKey(TypedDict):
    """`types`: bit n - 1 lets it sign type n. In force from `since` until just before `until`, null for no end."""

    address: str
    types: int
    since: int
    until: int | None


class DockPartner(TypedDict):
    """`roles`: bit `1 << role` for each in force. `keys`: those in force, and those that are to come."""

    id: int
    roles: int
    suspended: bool
    keys: list[DockKey]


class DockView(TypedDict):
    """`at`: UTC seconds at which all of it stood, by the chain where that is ahead of the clock. `coming`: under way to
    the partner and held by others, on the first page alone, as `partners` are.
    """

    partner: int
    at: int
    shipments: list[DockShipment]
    coming: list[DockShipment]
    partners: list[DockPartner]
    next: int | None


class CodeElement(TypedDict):
    """`ai`: the application identifier; `title`: its short name by GS1, empty for one that is not known yet."""

    ai: str
    title: str
    value: str


class CodeView(TypedDict):
    """`message`: the element strings, `^` for FNC1; `bracketed`: the same for people. `link`: the canonical Digital
    Link, `compressed`: the same compressed, null where no link can say it. `product`: the path under which
    `/v1/products/` answers, null where no trade item is named.
    """

    elements: list[CodeElement]
    message: str
    bracketed: str
    link: str | None
    compressed: str | None
    product: str | None


class Health(TypedDict):
    status: str


class Readiness(TypedDict):
    """Database, chain, log, clock and worker, each `ok` or with a word on what is wrong."""

    status: str
    checks: dict[str, str]


class Kept(TypedDict):
    kept: int


class ReasonView(TypedDict):
    code: str
    text: str
    records: list[str]
    at: int | None
    """UTC seconds of the first look at a code, of a sale, of a loss"""


class JourneyStop(TypedDict):
    at: int
    name: str


class JourneyStep(TypedDict):
    at: int
    text: str
    outcome: str
    breach: bool
    """the numbers count it as a breach"""
    counts: bool
    """false for what was skipped, and for a tender that stands nowhere"""


class Journey(TypedDict):
    shipment: str
    status: str
    consignor: str
    consignee: str
    stops: list[JourneyStop]
    """who had the goods, one after another, and since when"""
    steps: list[JourneyStep]


class ProductData(TypedDict):
    """What the brand signed about the product, in `record`; `document` is its SHA-256. Texts by language."""

    record: str
    document: str
    brand: str
    names: dict[str, str]
    descriptions: dict[str, str]
    picture: str | None
    """SHA-256 of the picture, where it is kept here"""


class ProductView(TypedDict):
    """`why` has the deciding reasons first; `toDo` is empty when there is nothing to do."""

    id: str
    verdict: str
    why: list[ReasonView]
    asks: list[str]
    """`lot`, `serial`, `variant`: what the code leaves open; for `incomplete` alone"""
    toDo: str
    journey: list[Journey]
    product: ProductData | None
