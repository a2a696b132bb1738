"""What to tell somebody who scanned a product: a verdict, why, and what to do.

A verdict is a pure function of verified records and of where else the code was seen. An attestation counts only when
the holder of the GTIN's GS1 prefix signed it, or somebody whom the holder authorised, directly or through others: an
attestation with the schema `BRAND_AUTHORISATION` about ``partner/<id>``. Recalls count from the same, and from an
authority. What others say is shown and decides nothing. A recall counts too where its author spoke for the brand when
it became known: goods do not get better when an authorisation ends, and nobody can end it for then afterwards.

No cryptography detects a copied code, so `AUTHENTIC` always comes with that caution among its reasons. A printed code
is looked at by many people: looks alone, and looks after the sale, are told in a note and change no verdict. A one-time
code that a second device looks at more than a day after the first is a risk.

A code that does not say which lot, serial or variant it means, where the records tell these apart, is `INCOMPLETE`: the
answer asks, and neither warns nor vouches.

From the strongest: recalled, risk, incomplete where some of the goods are recalled, authentic; and where nothing valid
vouches for it: incomplete where some of the goods are attested, revoked, expired, unknown.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.codes import Role, ShipmentState
from ledger.common.gs1 import (
    Lot,
    Product,
    SerialRange,
    has_prefix,
    parse_product,
    recall_covers,
    recalled_lots,
    recalled_product,
)
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.products.brand_authority import BRAND_AUTHORISATION, speakers
from ledger.products.one_time_codes import MANY_DEVICES
from ledger.products.verdict import (
    Chains,
    Evidence,
    Fate,
    Part,
    PrefixHolders,
    ProductVerdict,
    Reason,
    Scan,
    Verdict,
    Why,
)
from ledger.records.types import Attestation, Recall, Record, Revocation
from ledger.records.verification import VerifiedRecord

_RISKS = frozenset({Why.ONE_TIME_SEEN, Why.OFF_THE_MARKET})
_MOST_NAMED = 10
"""Of many attestations of single lots, so many are named."""
_OFF_THE_MARKET = frozenset(
    {ShipmentState.LOST, ShipmentState.DESTROYED, ShipmentState.ABANDONED, ShipmentState.SEIZED}
)


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
    chains = speakers(evidence.holders(scan.product.gtin), heard.in_force())
    recalls = _recalls(scan, evidence, heard, chains)
    vouched, doubts = _attestations(scan, evidence, heard, chains)
    knowing = _knowing(scan, evidence, heard, chains)
    copies = [*_looks(scan, evidence, knowing), *_fates(scan, evidence.fates, chains)]
    why = [*recalls, *copies, *vouched, *doubts]
    return ProductVerdict(scan.product, _verdict(why), tuple(sorted(why, key=_weight)), bool(knowing))


def _verdict(why: Iterable[Reason]) -> Verdict:
    codes = {reason.code for reason in why}
    if Why.RECALL in codes:
        return Verdict.RECALLED
    if codes & _RISKS:
        return Verdict.RISK
    if Why.RECALL_MAYBE in codes:
        return Verdict.INCOMPLETE
    if Why.ATTESTED in codes:
        return Verdict.AUTHENTIC
    if Why.NOT_SPECIFIC in codes:
        return Verdict.INCOMPLETE
    if Why.REVOKED in codes:
        return Verdict.REVOKED
    return Verdict.EXPIRED if Why.EXPIRED in codes else Verdict.UNKNOWN


_ORDER = [
    Why.RECALL, *sorted(_RISKS), Why.RECALL_MAYBE, Why.ATTESTED, Why.NOT_SPECIFIC, Why.REVOKED, Why.EXPIRED,
    Why.NOT_YET, Why.NOT_LISTED, Why.NOTHING, Why.AFTER_SALE, Why.SEEN_BEFORE, Why.COPY_CAUTION, Why.RECALL_BY_OTHERS,
    Why.OTHERS,
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

    def in_force(self) -> Iterator[tuple[RecordId, Attestation]]:
        return ((i, attestation) for i, (_, attestation) in self.attestations.items() if self.valid(i, attestation))


def _product(subject: str) -> Product | None:
    """The product that a record is about; None when it is about something else, or malformed (nobody checked it)."""
    try:
        return parse_product(subject)
    except MalformedRecord:
        return None


# --- recalls -------------------------------------------------------------------------------------------------------


def _recalls(scan: Scan, evidence: Evidence, heard: _Heard, chains: Chains) -> list[Reason]:
    superseded = {
        RecordId(recall.supersedes)
        for verified, recall in heard.recalls.values()
        if verified.id not in heard.revoked and _may_supersede(verified, recall, evidence, heard)
    }
    authorising = [verified for verified in evidence.records if _tells_who_speaks(verified.record)]
    reasons = []
    for record_id, (verified, recall) in heard.recalls.items():
        if record_id in superseded or record_id in heard.revoked:
            continue
        subject = recalled_product(recall.subject)
        lots = recalled_lots(recall.lots)
        if subject is None or (covers := recall_covers(subject, lots, scan.product)) is False:
            continue
        chain = chains.get(recall.by)
        if chain is None:
            then = _Heard.at(verified.known, authorising).in_force()
            chain = speakers(evidence.holders(scan.product.gtin), then).get(recall.by)
        if chain is None and not _is_authority(verified, recall, evidence):
            reasons.append(_recall_reason(Why.RECALL_BY_OTHERS, recall, (record_id,)))
        elif covers:
            reasons.append(_recall_reason(Why.RECALL, recall, (record_id, *(chain or ()))))
        else:
            asks = _left_open(scan.product, subject, lots)
            reasons.append(_recall_reason(Why.RECALL_MAYBE, recall, (record_id, *(chain or ())), asks))
    return reasons


def _recall_reason(code: Why, recall: Recall, records: tuple[RecordId, ...], asks: tuple[Part, ...] = ()) -> Reason:
    return Reason(code, records, recall.by, recall.action, recall.contact, asks=asks)


def _left_open(product: Product, subject: Product, lots: Sequence[Lot | SerialRange] = ()) -> tuple[Part, ...]:
    """What `product` does not say, and `subject` narrowed to `lots` does."""
    told = {part for part in Part if getattr(subject, part)}
    told |= {Part.LOT if isinstance(entry, Lot) else Part.SERIAL for entry in lots}
    return tuple(part for part in Part if part in told and not getattr(product, part))


def _tells_who_speaks(record: Record) -> bool:
    """Whether it tells who spoke for a brand at some time."""
    return isinstance(record, Revocation) or (isinstance(record, Attestation) and record.schema == BRAND_AUTHORISATION)


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
    narrower: list[tuple[RecordId, Product]] = []
    for record_id, (_, attestation) in heard.attestations.items():
        subject = _product(attestation.subject)
        if subject is None or subject.gtin != scan.product.gtin:
            continue
        chain = chains.get(attestation.by)
        if not subject.covers(scan.product):
            if chain is not None and _left_open(scan.product, subject) and _agree(scan.product, subject):
                narrower.append((record_id, subject))
        elif chain is None:
            doubts.append(Reason(Why.OTHERS, (record_id,), attestation.by))
        elif (doubt := _doubt(record_id, attestation, scan, evidence, heard)) is not None:
            doubts.append(doubt)
        else:
            vouched.append(Reason(Why.ATTESTED, (record_id, *chain), attestation.by))
    if vouched:
        return [*vouched, Reason(Why.COPY_CAUTION)], doubts
    if narrower:
        doubts.append(_not_specific(scan.product, narrower))
    return [], doubts or [Reason(Why.NOTHING)]


def _agree(product: Product, subject: Product) -> bool:
    """Whether what both of them say is the same."""
    return all(getattr(subject, part) in ("", getattr(product, part)) or not getattr(product, part) for part in Part)


def _not_specific(product: Product, narrower: Sequence[tuple[RecordId, Product]]) -> Reason:
    """Attested, or no longer, are single lots, variants or items: which are meant must be told first."""
    asks = {part for _, subject in narrower for part in _left_open(product, subject)}
    newest = tuple(record_id for record_id, _ in narrower[-_MOST_NAMED:])
    return Reason(Why.NOT_SPECIFIC, newest, asks=tuple(part for part in Part if part in asks))


def _doubt(
    record_id: RecordId, attestation: Attestation, scan: Scan, evidence: Evidence, heard: _Heard
) -> Reason | None:
    """Why an attestation that covers the product and counts does not vouch for it; None when it does."""
    if revocation := heard.revoked.get(record_id):
        verified, record = revocation
        return Reason(Why.REVOKED, (verified.id, record_id), attestation.by, record.reason)
    if attestation.validFrom > scan.time:
        return Reason(Why.NOT_YET, (record_id,), attestation.by)
    if not heard.valid(record_id, attestation):
        return Reason(Why.EXPIRED, (record_id,), attestation.by)
    if any(attestation.itemCodes) and not evidence.listed(record_id, scan.product.path()):
        return Reason(Why.NOT_LISTED, (record_id,), attestation.by)
    return None


def _knowing(scan: Scan, evidence: Evidence, heard: _Heard, chains: Chains) -> list[RecordId]:
    """The attestations that count, in force or not, which know this very code: it is under their subject and, where
    they list codes, among these."""
    result = []
    for record_id, (_, attestation) in heard.attestations.items():
        subject = _product(attestation.subject)
        if subject is None or attestation.by not in chains or not subject.covers(scan.product):
            continue
        if not any(attestation.itemCodes) or evidence.listed(record_id, scan.product.path()):
            result.append(record_id)
    return result


# --- copies --------------------------------------------------------------------------------------------------------


def _looks(scan: Scan, evidence: Evidence, knowing: Iterable[RecordId]) -> list[Reason]:
    """What looks say about one item's code; a code without a serial is no item's."""
    looks = evidence.looks
    if not scan.product.serial:
        return []
    scratched = tuple(
        record_id
        for record_id in knowing
        if evidence.listed(record_id, scan.product.path()) and evidence.one_time(record_id)
    )
    if scratched and looks.in_other_hands(scan.time):
        return [Reason(Why.ONE_TIME_SEEN, scratched, time=looks.first, devices=looks.devices)]
    if looks.devices >= MANY_DEVICES:
        return [Reason(Why.SEEN_BEFORE, time=looks.first, devices=looks.devices)]
    return []


def _fates(scan: Scan, fates: Sequence[Fate], chains: Chains) -> list[Reason]:
    """What became of the item, as far as shipments of somebody who speaks for the brand tell it."""
    if not scan.product.serial:
        return []
    reasons = []
    for fate in sorted(fates, key=lambda f: (f.time, f.record)):
        if fate.time > scan.time or fate.consignor not in chains:
            continue
        if fate.state == ShipmentState.SOLD:
            reasons.append(Reason(Why.AFTER_SALE, (fate.record,), time=fate.time))
        elif fate.state in _OFF_THE_MARKET:
            reasons.append(Reason(Why.OFF_THE_MARKET, (fate.record,), detail=fate.state, time=fate.time))
    return reasons
