"""Which shipments and records bear on a partner's figures."""

from collections.abc import Iterator

from ledger.bundle.subject import OF_SHIPMENTS
from ledger.common.gs1 import recalled_product
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records import index_keys
from ledger.records.types import Attestation, Recall, RegistryChange, Revocation
from ledger.scores.card import Indicator
from ledger.scores.indicators import samples_of
from ledger.scores.samples import case_of
from ledger.shipments.history import Journeys
from ledger.store.records import StoredRecord

Rows = dict[RecordId, StoredRecord]


def shipments_for(partner: int, journeys: Journeys, period: Period) -> set[bytes]:
    """The shipments that give a partner's scores a sample, or that it owes or is owed for.

    Where it declared goods, all that the same offices released: their median is what it is measured against.
    """
    result: set[bytes] = set()
    offices: dict[str, set[bytes]] = {}
    own_offices: set[str] = set()
    for shipment in journeys.shipments():
        case = case_of(journeys, shipment, period)
        if case is None:
            continue
        if partner in (case.statement.liable, case.statement.beneficiary):
            result.add(shipment)
        for sample in samples_of(case):
            if sample.indicator is Indicator.OVER_MEDIAN:
                offices.setdefault(sample.group, set()).add(shipment)
            if sample.partner == partner:
                result.add(shipment)
                own_offices |= {sample.group} if sample.indicator is Indicator.OVER_MEDIAN else set()
    return result.union(*(offices[office] for office in own_offices))


def with_relatives(journeys: Journeys, wanted: set[bytes]) -> set[bytes]:
    """With the families of each, and the terms under which their goods went on."""
    result: set[bytes] = set()
    todo = [first for shipment in wanted for first in list(journeys.lineage(shipment))[-1:]]
    children: dict[bytes, list[bytes]] = {}
    for child, origin in journeys.origins.items():
        children.setdefault(origin.parent, []).append(child)
    while todo:
        if (name := todo.pop()) not in result:
            result.add(name)
            todo += [*children.get(name, ()), *(later.verified.id for later in journeys.onward(name))]
    return result


def bears(row: StoredRecord, shipments: set[bytes], chosen: Rows, paths: set[str], gtins: set[str]) -> bool:
    record = row.record
    if row.type_number in OF_SHIPMENTS:
        return not shipments.isdisjoint(shipments_in(row))
    if isinstance(record, Recall):
        subject = recalled_product(record.subject)
        return subject is not None and subject.gtin in gtins
    if isinstance(record, RegistryChange) or (isinstance(record, Attestation) and record.schema == BRAND_AUTHORISATION):
        return True  # they say whose attestations count
    subject_path = getattr(record, "subject", None)
    if subject_path is not None:
        return subject_path in paths
    target = record.target if isinstance(record, Revocation) else getattr(record, "target", b"")
    return RecordId(target) in chosen


def shipments_in(row: StoredRecord) -> Iterator[bytes]:
    for concern in index_keys.concerns(row.record_id, row.record):
        if concern.kind == index_keys.SHIPMENT:
            yield bytes.fromhex(concern.key[2:])
