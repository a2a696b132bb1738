"""What readers get: frozen views with plain fields, ready for JSON and pages. Bytes are 0x-hex, times UTC seconds."""

from dataclasses import dataclass, field
from typing import Any

from ledger.common.ids import to_hex
from ledger.services.intake.out_of_order import Awaited
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.course.private_parts import PrivateView
from ledger.services.views.course.spans import HeldView, StayView

# --- records -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemView:
    """What the chain made of one item, and where: final."""

    item: int
    outcome: str
    block_number: int
    block_time: int
    transaction: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The log's signed promise that the leaf stands at `index`; `signature` is Ed25519 over the receipt's bytes."""

    logId: str
    index: int
    leafHash: str
    logTime: int
    signature: str


@dataclass(frozen=True, slots=True)
class LogTrack:
    """`status`: proposed, accepted or anchored. `missing` names who has yet to sign a proposal.

    `logged_at` is the operator's word. `known_at`: since when nobody can deny knowledge of the record, as numbers count
    it, and `known_by` on whose word that rests: operator, witnesses or chain.
    """

    status: str
    index: int | None = None
    logged_at: int | None = None
    known_at: int | None = None
    known_by: str = ""
    leaf_hash: str | None = None
    receipt: ReceiptView | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AwaitedView:
    """Where a record is ahead: its field `where` names `sequence` of `shipment`, of which `standing` is the current
    one; null while nobody has opened the shipment."""

    where: str
    shipment: str
    sequence: int
    standing: int | None = None


def awaited_view(one: Awaited) -> AwaitedView:
    return AwaitedView(one.where, to_hex(one.shipment), one.sequence, one.current)


@dataclass(frozen=True, slots=True)
class ChainTrack:
    """`status`: none (log only), pending, recorded, skipped or rejected; with items, the best of them.

    `problem` says what a record, or the items of it that are not listed, still waits for, where that is known;
    `waitsFor` lists the places where its predecessors are missing.
    """

    status: str
    items: tuple[ItemView, ...] = ()
    problem: str = ""
    waitsFor: tuple[AwaitedView, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasedView:
    """A private part that was erased here: `by` a partner's id, 0 for the operator; `reason` as a code."""

    path: str
    erased_at: int
    by: int
    reason: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record with both tracks. Private parts that the reader may not see stand as their hashes.

    `number` is the type's; `signers` stand in the order of `signatures`. `erased` is for those who may see the parts.
    """

    id: str
    type: str
    number: int
    message: dict[str, Any]
    signatures: tuple[str, ...]
    signers: tuple[PartnerName, ...]
    log: LogTrack
    chain: ChainTrack
    erased: tuple[ErasedView, ...] = ()


# --- shipments ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a shipment's story.

    `at` is when it happened as its signers said first, `logged_at` when the log learnt of it, `block_time` when the
    chain recorded it, `known_at` since when nobody can deny knowledge of it, as numbers count it, and `known_by` on
    whose word that rests: operator, witnesses or chain. `by` are those whom it is about, `signers` those who signed.
    `note` says in words what a breach, a skipped item, a late report, a tender or a correction means; empty for nothing
    of the kind. `breach`: the numbers count it as one. `counts`: false where it applied and still counts nowhere, such
    as a tender by who held nothing.
    """

    kind: str
    record: str
    at: int
    block_time: int | None
    by: tuple[PartnerName, ...]
    packages: int
    exceptions: tuple[str, ...]
    outcome: str
    text: str
    signers: tuple[PartnerName, ...] = ()
    logged_at: int | None = None
    known_at: int | None = None
    known_by: str = ""
    note: str = ""
    breach: bool = False
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ComingView:
    """A record about the shipment that is signed and accepted, and has no effect yet: it waits, or is on its way.

    `waits_for` says in words for what; `not_before`: the earliest moment at which it can take effect, if one is known.
    `by_outsiders`: nobody who signed it is a party of the shipment or has had the goods.
    """

    record: str
    type: str
    text: str
    waits_for: str
    signers: tuple[PartnerName, ...]
    logged_at: int
    not_before: int | None = None
    by_outsiders: bool = False


@dataclass(frozen=True, slots=True)
class RelativeView:
    """A shipment that this one came from or that came from it; `relation` in words, such as `split into`."""

    relation: str
    shipment: str
    packages: int
    status: str
    holder: PartnerName


@dataclass(frozen=True, slots=True)
class MissingView:
    """Packages that a short delivery left behind: open against who released them until found or closed.

    `shipment` is the remainder's id, `delivery` the shipment that it is missing from; `status` missing or found.
    """

    shipment: str
    delivery: str
    packages: int
    against: PartnerName
    since: int
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class ClearanceView:
    """`required_at`: the gates at which the terms require it released; `released` whether custody counts it so."""

    jurisdiction: str
    regime: str
    status: str
    sequence: int
    required_at: tuple[str, ...]
    released: bool = False
    assurance: str = ""


@dataclass(frozen=True, slots=True)
class ShipmentSummary:
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


@dataclass(frozen=True, slots=True)
class StoryView:
    """Where a shipment stands, and every step so far, in order."""

    summary: ShipmentSummary
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """`steps` is the custody line with the clearances in between, in the order in which they took effect; `children`
    include remainders, `onward` the shipments that were opened over this one. `coming` waits for its turn; `missing` is
    set for what a short delivery left behind, while it is open against somebody. `due_at`: by when its holder signed to
    pass it on; `private`: what the reader may see of its order, goods and places."""

    summary: ShipmentSummary
    parent: str | None
    parents: tuple[str, ...]
    children: tuple[str, ...]
    flags: tuple[str, ...]
    clearances: tuple[ClearanceView, ...]
    steps: tuple[StepView, ...]
    records: tuple[str, ...]
    onward: tuple[str, ...] = ()
    family: tuple[RelativeView, ...] = ()
    coming: tuple[ComingView, ...] = ()
    missing: MissingView | None = None
    stays: tuple[StayView, ...] = ()
    holds: tuple[HeldView, ...] = ()
    due_at: int | None = None
    private: PrivateView | None = None


@dataclass(frozen=True, slots=True)
class UnopenedShipment:
    """A shipment that the chain has not opened, though `records` of the log are about it. `opener`: the one among them
    that would open it; null while nobody has handed in its terms, its split or its short manifest."""

    id: str
    opener: str | None
    records: tuple[str, ...]
    status: str = "not opened yet"


# --- partners ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoleView:
    role: str
    scope: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class PartnerView:
    """`keys`: the keys in force; `admitted_at`: from when the partner takes part."""

    id: int
    name: str
    gln: str
    suspended: bool
    admitted_at: int | None
    roles: tuple[RoleView, ...] = field(default_factory=tuple)
    keys: tuple[str, ...] = field(default_factory=tuple)


# --- recalls -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecallSummary:
    """What everybody may know of a recall. `cursor` pages the list.

    `affected`: its lots and serials in words, none for all of them. `to_do`: what a consumer should do. `speaks`: its
    author speaks for the brand, as its prefix's holder or by its authorisation, now or when the recall became known, or
    is an authority. `superseded_by`: the recall in its place. `revoked_by`: its author took it back, for the reason in
    `revoked_for`; it counts no more.
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
    affected: tuple[str, ...] = ()
    to_do: str = ""
    speaks: bool = False
    revoked_by: str | None = None
    revoked_for: str = ""


@dataclass(frozen=True, slots=True)
class TracedShipment:
    """`certainty`: named (its contents name such goods) or possible. `consignor` is who can reach its consumer."""

    shipment: str
    certainty: str
    status: str
    packages: int
    consignor: PartnerName
    stays: tuple[StayView, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a partner says it found, set apart and disposed of; its newest word."""

    found: int
    quarantined: int
    disposed: int
    at: int


@dataclass(frozen=True, slots=True)
class HolderView:
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


@dataclass(frozen=True, slots=True)
class TraceView:
    """Shipments in order of opening, partners by id."""

    shipments: tuple[TracedShipment, ...] = ()
    holders: tuple[HolderView, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectView:
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


@dataclass(frozen=True, slots=True)
class RecallView:
    """`trace` holds what the reader may see; `effect` is for who recalled, authorities and auditors."""

    recall: RecallSummary
    trace: TraceView = field(default_factory=TraceView)
    effect: EffectView | None = None
