"""What a bundle is about, and which records bear on that: `shipment/0x…`, `partner/7`, `award/0x…`, `trace/0x…`, a
GS1 path, `ledger` (the whole log) or `ledger/7` (the whole log as partner 7 may read it).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.gs1 import Product, parse_product, recalled_product
from ledger.common.ids import RecordId, to_hex
from ledger.errors import MalformedRecord
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records import index_keys
from ledger.records.index_keys import Concern
from ledger.records.types import Attestation, BonusAward, Recall, Record, Revocation, ShipmentTerms

OF_SHIPMENTS = range(4, 10)
"""Terms, handoffs, splits, statements, overrides, clearances."""
NUMBERS_NEED = (1, *OF_SHIPMENTS, 10, 11, 12, 14, 15)
"""With the registry's changes, which say who speaks for a brand, and attestations, revocations, recalls, amendments,
endorsements: all that figures are computed from."""
_SUBJECT = re.compile(
    r"(shipment|award|trace)/(0x[0-9a-f]{64})|partner/([1-9][0-9]{0,12})|ledger(?:/([1-9][0-9]{0,12}))?"
)


class SubjectKind(StrEnum):
    SHIPMENT = "shipment"
    PARTNER = "partner"
    AWARD = "award"
    PRODUCT = "product"
    TRACE = "trace"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Subject:
    """`id`: the shipment's or the award's 32 bytes, of a trace the root over its shipments, empty for others.
    `partner`: 0 for others; of a ledger who reads it, 0 for whoever may read all. `product`: only its.
    """

    kind: SubjectKind
    id: bytes = b""
    partner: int = 0
    product: Product | None = None

    def __str__(self) -> str:
        if self.kind is SubjectKind.LEDGER:
            return f"{self.kind}/{self.partner}" if self.partner else str(self.kind)
        return self.product.path() if self.product else f"{self.kind}/{self.partner or to_hex(self.id)}"


def parse_subject(text: str) -> Subject:
    """The subject that `text` names; raises `MalformedRecord`."""
    if text.startswith("01/"):
        return Subject(SubjectKind.PRODUCT, product=parse_product(text))
    match = _SUBJECT.fullmatch(text)
    if match is None:
        raise MalformedRecord(
            "not a subject",
            where="subject",
            expected="shipment/0x…, partner/7, award/0x…, trace/0x…, a GS1 path, ledger or ledger/7",
            found=text[:100],
        )
    if match[1] is None:
        kind = SubjectKind.PARTNER if match[3] else SubjectKind.LEDGER
        return Subject(kind, partner=int(match[3] or match[4] or 0))
    return Subject(SubjectKind(match[1]), bytes.fromhex(match[2][2:]))


def bears_on(
    subject: Subject,
    record_id: RecordId,
    record: Record,
    index: int,
    records: Mapping[RecordId, Record],
    traced: Collection[bytes] = (),
    schemas: Collection[bytes] = (),
) -> bool:
    """Whether a record at leaf `index` must be in a bundle about `subject` that holds `records`. `traced`: of a
    trace, the shipments that its figures name. `schemas`: those that the scorecard in the bundle reads numbers from.

    Judged by public fields. True means that it must; what only private parts or figures tell is not known here.

    - shipment: records of exactly this shipment;
    - partner: records of shipments that name it, and of shipments whose terms are in the bundle; attestations about it
      of the scorecard's schemas, and revocations of these;
    - award: all that figures need below the award's log size, and what names its agreement;
    - product: attestations that cover it, all authorisations by brands, recalls of its GTIN, revocations of these;
    - trace: records of exactly these shipments;
    - ledger: every record, outcomes too;
    - all but products: amendments and endorsements of records in the bundle.
    """
    if subject.kind is SubjectKind.LEDGER:
        return True
    if subject.product is not None:
        return bears_on_product(subject.product, record, records)
    keys = set(index_keys.concerns(record_id, record))
    if subject.kind is SubjectKind.AWARD:
        award = records.get(RecordId(subject.id))
        if not isinstance(award, BonusAward):
            return False
        named = Concern(index_keys.AGREEMENT, to_hex(award.agreement)) in keys
        return named or (record.NUMBER in NUMBERS_NEED and index < award.logSize)
    if record.NUMBER in (14, 15):
        return any(Concern(index_keys.RECORD, to_hex(known)) in keys for known in records)
    if subject.kind is SubjectKind.PARTNER and isinstance(record, Attestation | Revocation):
        number = records.get(RecordId(record.target)) if isinstance(record, Revocation) else record
        about = isinstance(number, Attestation) and number.subject == str(subject)
        return about and isinstance(number, Attestation) and number.schema in schemas
    if record.NUMBER not in OF_SHIPMENTS:
        return False
    if subject.kind is SubjectKind.TRACE:
        return any(Concern(index_keys.SHIPMENT, to_hex(shipment)) in keys for shipment in traced)
    if subject.kind is SubjectKind.SHIPMENT:
        return Concern(index_keys.SHIPMENT, to_hex(subject.id)) in keys
    if Concern(index_keys.PARTNER, str(subject.partner)) in keys:
        return True
    opened = {
        Concern(index_keys.SHIPMENT, to_hex(i)) for i, known in records.items() if isinstance(known, ShipmentTerms)
    }
    return bool(opened & keys)


def bears_on_product(product: Product, record: Record, records: Collection[RecordId]) -> bool:
    """As `bears_on`, for a product: whatever can turn the verdict on it, and nothing else."""
    match record:
        case Attestation():
            about = _product(record.subject)
            if about is None:
                return record.schema == BRAND_AUTHORISATION and record.subject.startswith("partner/")
            return about.covers(product)
        case Recall():
            about = recalled_product(record.subject)
            return about is not None and about.gtin == product.gtin
        case Revocation():
            return RecordId(record.target) in records
    return False


def _product(subject: str) -> Product | None:
    try:
        return parse_product(subject)
    except MalformedRecord:
        return None
