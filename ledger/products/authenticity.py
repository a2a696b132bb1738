"""What to tell somebody who scanned a product: a verdict, why, and what to do.

A verdict is a pure function of verified records and of where else the code was seen. An attestation counts only when
the holder of the GTIN's GS1 prefix signed it, or somebody whom the holder authorised, directly or through others: an
attestation with the schema `BRAND_AUTHORISATION` about ``partner/<id>``. Recalls count from the same, and from an
authority. What others say is shown and decides nothing. A recall counts too where its author spoke for the brand when
it became known: goods do not get better when an authorisation ends, or the brand loses its role, and nobody can end it
for then afterwards.

A brand's description of its product (`ledger.products.description`) is no word for any item, and decides nothing.

No cryptography detects a copied code, so `AUTHENTIC` always comes with that caution among its reasons. A printed code
is looked at by many people: looks alone, and looks after the sale, are told in a note and change no verdict. A one-time
code that a second device looks at more than a day after the first is a risk.

A code that does not say which lot, serial or variant it means, where the records tell these apart, is `INCOMPLETE`: the
answer asks, and neither warns nor vouches.

From the strongest: recalled, risk, incomplete where some of the goods are recalled, authentic; and where nothing valid
vouches for it: incomplete where some of the goods are attested, revoked, expired, unknown.
"""

from collections.abc import Iterable, Sequence

from ledger.codes import ShipmentState
from ledger.common.gs1 import (
    Lot,
    Product,
    SerialRange,
    parse_product,
    recall_covers,
    recalled_lots,
    recalled_product,
)
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.products.brand_authority import speakers
from ledger.products.description import PRODUCT_SCHEMA, current
from ledger.products.heard import Heard, chain_of, is_authority
from ledger.products.one_time_codes import MANY_DEVICES
from ledger.products.verdict import (
    Chains,
    Evidence,
    Fate,
    Part,
    ProductVerdict,
    Reason,
    Scan,
    Verdict,
    Why,
)
from ledger.records.types import Attestation, Recall

_RISKS = frozenset({Why.ONE_TIME_SEEN, Why.OFF_THE_MARKET})
_MOST_NAMED = 10
"""Of many attestations of single lots, so many are named."""
_OFF_THE_MARKET = frozenset(
    {ShipmentState.LOST, ShipmentState.DESTROYED, ShipmentState.ABANDONED, ShipmentState.SEIZED}
)


def judge(scan: Scan, evidence: Evidence) -> ProductVerdict:
    """The verdict on the scanned product, at the time of the scan.

    Only records that were known by then and that the chain applied are heard.
    """
    heard = Heard.at(scan.time, evidence.records)
    chains = speakers(evidence.holders(scan.product.gtin), heard.in_force())
    recalls = _recalls(scan, evidence, heard, chains)
    vouched, doubts = _attestations(scan, evidence, heard, chains)
    knowing = _knowing(scan, evidence, heard, chains)
    copies = [*_looks(scan, evidence, knowing), *_fates(scan, evidence.fates, chains)]
    why = [*recalls, *copies, *vouched, *doubts]
    described = current(scan.product, heard.in_force(), chains)
    return ProductVerdict(
        scan.product,
        _verdict(why),
        tuple(sorted(why, key=_weight)),
        bool(knowing),
        None if described is None else (described[0], described[1].document),
    )


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


def _product(subject: str) -> Product | None:
    """The product that a record is about; None when it is about something else, or malformed (nobody checked it)."""
    try:
        return parse_product(subject)
    except MalformedRecord:
        return None


# --- recalls -------------------------------------------------------------------------------------------------------


def _recalls(scan: Scan, evidence: Evidence, heard: Heard, chains: Chains) -> list[Reason]:
    replaced = heard.replaced(evidence)
    reasons = []
    for record_id, (verified, recall) in heard.recalls.items():
        if record_id in replaced or record_id in heard.revoked:
            continue
        subject = recalled_product(recall.subject)
        lots = recalled_lots(recall.lots)
        if subject is None or (covers := recall_covers(subject, lots, scan.product)) is False:
            continue
        chain = chain_of(verified, recall, scan.product.gtin, chains, evidence)
        if chain is None and not is_authority(verified, recall, evidence):
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


# --- attestations --------------------------------------------------------------------------------------------------


def _attestations(scan: Scan, evidence: Evidence, heard: Heard, chains: Chains) -> tuple[list[Reason], list[Reason]]:
    """Reasons to believe in the product, and what was found instead."""
    vouched: list[Reason] = []
    doubts: list[Reason] = []
    narrower: list[tuple[RecordId, Product]] = []
    for record_id, (_, attestation) in heard.attestations.items():
        subject = _product(attestation.subject)
        if subject is None or subject.gtin != scan.product.gtin or attestation.schema == PRODUCT_SCHEMA:
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
    record_id: RecordId, attestation: Attestation, scan: Scan, evidence: Evidence, heard: Heard
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


def _knowing(scan: Scan, evidence: Evidence, heard: Heard, chains: Chains) -> list[RecordId]:
    """The attestations that count, in force or not, which know this very code: it is under their subject and, where
    they list codes, among these."""
    result = []
    for record_id, (_, attestation) in heard.attestations.items():
        subject = _product(attestation.subject)
        if subject is None or attestation.by not in chains or not subject.covers(scan.product):
            continue
        if attestation.schema == PRODUCT_SCHEMA:
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
