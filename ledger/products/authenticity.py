"""What to tell somebody who scanned a product: a verdict, why, and what to do.

A verdict is a pure function of verified records and of where else the code was seen. An attestation counts only when
the holder of the GTIN's GS1 prefix signed it, or somebody whom the holder authorised, directly or through others: an
attestation with the schema `BRAND_AUTHORISATION` about ``partner/<id>``. Recalls count from the same, and from an
authority. What others say is shown and decides nothing.

No cryptography detects a copied code, so a code that was seen before, elsewhere, or after its goods were sold is
answered as a risk, and `AUTHENTIC` always comes with that caution among its reasons.

From the strongest: recalled, risk, authentic; and where nothing valid vouches for it: revoked, expired, unknown.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ledger.codes import RecallAction, RevocationReason, Role, ShipmentState
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.products.brand_authority import speakers
from ledger.products.gs1 import Product, has_prefix, parse_lots, parse_product, recall_covers
from ledger.records.types import Attestation, Recall, Revocation
from ledger.records.verification import VerifiedRecord

Chains = Mapping[int, tuple[RecordId, ...]]
"""Who speaks for the brand, by which authorisations."""
PrefixHolders = Callable[[str], Collection[int]]
"""The partners with the brand's role for a GS1 prefix of this GTIN (14 digits), at the time of the verdict."""


class Verdict(StrEnum):
    AUTHENTIC = "authentic"
    RECALLED = "recalled"
    RISK = "risk"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What a reason is about."""

    ATTESTED = "attested"
    COPY_CAUTION = "copy caution"
    RECALL = "recall"
    RECALL_MAYBE = "recall of some lots or serials"
    RECALL_BY_OTHERS = "recall by somebody who does not speak for the brand"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    NOT_LISTED = "not among the attested codes"
    NOT_SPECIFIC = "only lots or items are attested"
    OTHERS = "attested by others only"
    NOTHING = "nothing attested"
    SEEN_BEFORE = "seen before"
    SEEN_ELSEWHERE = "seen elsewhere"
    AFTER_SALE = "after sale"
    OFF_THE_MARKET = "off the market"


_RISKS = frozenset({Why.RECALL_MAYBE, Why.SEEN_BEFORE, Why.SEEN_ELSEWHERE, Why.AFTER_SALE, Why.OFF_THE_MARKET})
TO_DO: Mapping[RecallAction, str] = {
    RecallAction.STOP_SALE: "Do not sell or use it; ask the contact.",
    RecallAction.QUARANTINE: "Set it aside, do not use it; ask the contact.",
    RecallAction.RETURN: "Do not use it; bring it back where you bought it.",
    RecallAction.DESTROY: "Do not use it; destroy it so that nobody else can.",
}
"""What a consumer should do with recalled goods."""
_OFF_THE_MARKET: Mapping[ShipmentState, str] = {
    ShipmentState.LOST: "was reported lost",
    ShipmentState.DESTROYED: "was destroyed",
    ShipmentState.ABANDONED: "was abandoned",
    ShipmentState.SEIZED: "was seized by customs",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence for people, and the records (or none) that say so."""

    code: Why
    text: str
    records: tuple[RecordId, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductVerdict:
    """`why` has the deciding reasons first. `to_do` is empty when there is nothing to do."""

    product: Product
    verdict: Verdict
    why: tuple[Reason, ...]
    to_do: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody looked at this very item's code. `place` is a country (ISO 3166-1 alpha-2) or empty, `reader` an opaque
    token: the same reader looking twice is no sign of a copy."""

    time: int
    place: str
    reader: str


@dataclass(frozen=True, slots=True)
class Fate:
    """A shipment with this very item in it, as custody knows it: its state since `time`, by which record."""

    shipment: RecordId
    state: ShipmentState
    time: int
    record: RecordId


@dataclass(frozen=True, slots=True)
class Scan:
    """The question: which product, when (UTC seconds), read by whom and in which country (both may be empty)."""

    product: Product
    time: int
    place: str = ""
    reader: str = ""


def _nothing_listed(_attestation: RecordId, _path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known. `records`: attestations (of partners too), revocations and recalls, in any order; others are
    ignored. `holders` says who has a GS1 prefix of a GTIN. `listed(attestation, path)`: whether this path was proved to
    be under the attestation's `itemCodes`. `authorities` adds partners to those whose role the record itself shows.
    """

    records: Sequence[VerifiedRecord]
    holders: PrefixHolders
    listed: Callable[[RecordId, str], bool] = _nothing_listed
    authorities: frozenset[int] = frozenset()
    sightings: Sequence[Sighting] = ()
    fates: Sequence[Fate] = ()


def holders_from(prefixes: Mapping[str, Collection[int]]) -> PrefixHolders:
    """`PrefixHolders` from a mapping of GS1 prefix to the partners that hold it."""

    def holders(gtin: str) -> Collection[int]:
        return {partner for prefix, held in prefixes.items() if has_prefix(gtin, prefix) for partner in held}

    return holders


def judge(scan: Scan, evidence: Evidence) -> ProductVerdict:
    """The verdict on the scanned product, at the time of the scan.

    Only records that were known by then and that the chain applied are heard.
    """
    heard = _Heard.at(scan.time, evidence.records)
    valid = ((i, attestation) for i, (_, attestation) in heard.attestations.items() if heard.valid(i, attestation))
    chains = speakers(evidence.holders(scan.product.gtin), valid)
    recalls, to_do = _recalls(scan, evidence, heard, chains)
    vouched, doubts = _attestations(scan, evidence, heard, chains)
    risks = [*_seen(scan, evidence.sightings), *_fates(scan, evidence.fates)]
    why = [*recalls, *risks, *vouched, *doubts]
    return ProductVerdict(scan.product, _verdict(why), tuple(sorted(why, key=_weight)), to_do)


def _verdict(why: Iterable[Reason]) -> Verdict:
    codes = {reason.code for reason in why}
    if Why.RECALL in codes:
        return Verdict.RECALLED
    if codes & _RISKS:
        return Verdict.RISK
    if Why.ATTESTED in codes:
        return Verdict.AUTHENTIC
    if Why.REVOKED in codes:
        return Verdict.REVOKED
    return Verdict.EXPIRED if Why.EXPIRED in codes else Verdict.UNKNOWN


_ORDER = [
    Why.RECALL, *sorted(_RISKS), Why.ATTESTED, Why.REVOKED, Why.EXPIRED, Why.NOT_YET, Why.NOT_LISTED, Why.NOT_SPECIFIC,
    Why.NOTHING, Why.COPY_CAUTION, Why.RECALL_BY_OTHERS, Why.OTHERS,
]  # fmt: skip


def _weight(reason: Reason) -> int:
    return _ORDER.index(reason.code)


# --- records heard -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was known and applied at a time, by type. `revoked` maps a record to its earliest revocation in force."""

    time: int
    attestations: Mapping[RecordId, tuple[VerifiedRecord, Attestation]] = field(default_factory=dict)
    recalls: Mapping[RecordId, tuple[VerifiedRecord, Recall]] = field(default_factory=dict)
    revoked: Mapping[RecordId, tuple[VerifiedRecord, Revocation]] = field(default_factory=dict)

    @classmethod
    def at(cls, time: int, records: Sequence[VerifiedRecord]) -> "_Heard":
        known = sorted((r for r in records if r.known <= time and r.applied()), key=lambda r: r.log_index)
        attestations = {r.id: (r, r.record) for r in known if isinstance(r.record, Attestation)}
        recalls = {r.id: (r, r.record) for r in known if isinstance(r.record, Recall)}
        authors = {i: attestation.by for i, (_, attestation) in attestations.items()}
        authors |= {i: recall.by for i, (_, recall) in recalls.items()}
        revoked: dict[RecordId, tuple[VerifiedRecord, Revocation]] = {}
        for verified in known:
            match verified.record:
                case Revocation(by=by, target=target, effectiveFrom=start) if start <= time:
                    first = revoked.get(RecordId(target))
                    if authors.get(RecordId(target)) == by and (first is None or start < first[1].effectiveFrom):
                        revoked[RecordId(target)] = (verified, verified.record)
        return cls(time, attestations, recalls, revoked)

    def valid(self, record_id: RecordId, attestation: Attestation) -> bool:
        ended = attestation.validUntil != 0 and attestation.validUntil < self.time
        return record_id not in self.revoked and attestation.validFrom <= self.time and not ended


def _product(subject: str) -> Product | None:
    """The product that a record is about; None when it is about something else, or malformed (nobody checked it)."""
    try:
        return parse_product(subject)
    except MalformedRecord:
        return None


# --- recalls -------------------------------------------------------------------------------------------------------


def _recalls(scan: Scan, evidence: Evidence, heard: _Heard, chains: Chains) -> tuple[list[Reason], str]:
    superseded = {
        RecordId(recall.supersedes)
        for verified, recall in heard.recalls.values()
        if verified.id not in heard.revoked and _may_supersede(verified, recall, evidence, heard)
    }
    reasons, to_do = [], ""
    for record_id, (verified, recall) in heard.recalls.items():
        if record_id in superseded or record_id in heard.revoked:
            continue
        covers = _covered(recall, scan.product)
        if covers is False:
            continue
        chain = chains.get(recall.by)
        if chain is None and not _is_authority(verified, recall, evidence):
            text = f"Partner {recall.by} calls for a recall; it does not speak for this brand and is no authority."
            reasons.append(Reason(Why.RECALL_BY_OTHERS, text, (record_id,)))
            continue
        what = TO_DO[RecallAction(recall.action)] + (f" Contact: {recall.contact}" if recall.contact else "")
        evidence_ids = (record_id, *(chain or ()))
        if covers:
            reasons.append(Reason(Why.RECALL, f"Recalled by partner {recall.by}. {what}", evidence_ids))
            to_do = what
        else:
            text = "Some lots or serials of this product are recalled; compare the lot and serial on the package."
            reasons.append(Reason(Why.RECALL_MAYBE, f"{text} {what}", evidence_ids))
            to_do = to_do or f"Compare the lot and serial on the package. If they are affected: {what}"
    return reasons, to_do


def _covered(recall: Recall, product: Product) -> bool | None:
    subject = _product(recall.subject)
    if subject is None or subject.gtin != product.gtin:
        return False
    try:
        lots = parse_lots(recall.lots)
    except MalformedRecord:
        lots = ()  # nobody can tell which lots are meant: the safe reading is all of them
    return recall_covers(subject, lots, product)


def _is_authority(verified: VerifiedRecord, recall: Recall, evidence: Evidence) -> bool:
    return recall.by in evidence.authorities or bool(verified.roles_of(recall.by) & 1 << Role.AUTHORITY)


def _may_supersede(verified: VerifiedRecord, recall: Recall, evidence: Evidence, heard: _Heard) -> bool:
    before = heard.recalls.get(RecordId(recall.supersedes))
    return before is not None and (before[1].by == recall.by or _is_authority(verified, recall, evidence))


# --- attestations --------------------------------------------------------------------------------------------------


def _attestations(scan: Scan, evidence: Evidence, heard: _Heard, chains: Chains) -> tuple[list[Reason], list[Reason]]:
    """Reasons to believe in the product, and what was found instead."""
    vouched: list[Reason] = []
    doubts: list[Reason] = []
    for record_id, (_, attestation) in heard.attestations.items():
        subject = _product(attestation.subject)
        if subject is None or subject.gtin != scan.product.gtin:
            continue
        chain = chains.get(attestation.by)
        if not subject.covers(scan.product):
            if chain is not None and scan.product.covers(subject) and heard.valid(record_id, attestation):
                text = f"Attested is {subject.path()} only: scan the code of the very item."
                doubts.append(Reason(Why.NOT_SPECIFIC, text, (record_id,)))
        elif chain is None:
            text = f"Attested by partner {attestation.by}, who does not speak for this brand."
            doubts.append(Reason(Why.OTHERS, text, (record_id,)))
        elif (doubt := _doubt(record_id, attestation, scan, evidence, heard)) is not None:
            doubts.append(doubt)
        else:
            by = "its brand" if not chain else "a partner whom its brand authorised"
            vouched.append(Reason(Why.ATTESTED, f"Attested by {by} (partner {attestation.by}).", (record_id, *chain)))
    if vouched:
        text = "The records cannot show whether this code was copied from another item: look at the goods as well."
        vouched.append(Reason(Why.COPY_CAUTION, text))
    elif not doubts:
        doubts.append(Reason(Why.NOTHING, "No attestation of this product is known."))
    return vouched, doubts


def _doubt(
    record_id: RecordId, attestation: Attestation, scan: Scan, evidence: Evidence, heard: _Heard
) -> Reason | None:
    """Why an attestation that covers the product and counts does not vouch for it; None when it does."""
    if revocation := heard.revoked.get(record_id):
        verified, record = revocation
        known = record.reason in set(RevocationReason)
        cause = RevocationReason(record.reason).name.lower() if known else "unknown"
        return Reason(Why.REVOKED, f"Its attestation was revoked (reason: {cause}).", (verified.id, record_id))
    if attestation.validFrom > scan.time:
        return Reason(Why.NOT_YET, "Its attestation is not valid yet.", (record_id,))
    if not heard.valid(record_id, attestation):
        return Reason(Why.EXPIRED, "Its attestation has expired.", (record_id,))
    if any(attestation.itemCodes) and not evidence.listed(record_id, scan.product.path()):
        text = "Its brand attested a list of codes, and this one is not known to be among them."
        return Reason(Why.NOT_LISTED, text, (record_id,))
    return None


# --- copies --------------------------------------------------------------------------------------------------------


def _seen(scan: Scan, sightings: Sequence[Sighting]) -> list[Reason]:
    """Signs of a copied code. They say something about one item only, so a code without a serial gives none."""
    if not scan.product.serial:
        return []
    others = [s for s in sightings if s.time <= scan.time and (not scan.reader or s.reader != scan.reader)]
    if not others:
        return []
    reasons = [Reason(Why.SEEN_BEFORE, f"This item's code was looked at before, {len(others)} times by others.")]
    if elsewhere := sorted({s.place for s in others if s.place and scan.place and s.place != scan.place}):
        reasons.append(Reason(Why.SEEN_ELSEWHERE, f"This item's code was seen elsewhere: {', '.join(elsewhere)}."))
    return reasons


def _fates(scan: Scan, fates: Sequence[Fate]) -> list[Reason]:
    if not scan.product.serial:
        return []
    reasons = []
    for fate in sorted(fates, key=lambda f: (f.time, f.record)):
        if fate.time > scan.time:
            continue
        if fate.state == ShipmentState.SOLD:
            text = "This item was sold already: if it is offered to you as new, its code is a copy."
            reasons.append(Reason(Why.AFTER_SALE, text, (fate.record,)))
        elif fate.state in _OFF_THE_MARKET:
            text = f"This item {_OFF_THE_MARKET[fate.state]}: it should not be on the market."
            reasons.append(Reason(Why.OFF_THE_MARKET, text, (fate.record,)))
    return reasons
