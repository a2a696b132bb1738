"""Which recalls count as a defect of goods: those that would turn the verdict on them, and no others.

A recall counts from who speaks for the brand or is an authority, while its author has not taken it back and no other
recall of the product replaces it (see `ledger.products.heard`). Otherwise any rival could lower a supplier's score.
"""

from collections.abc import Iterator
from functools import partial

from ledger.common.gs1 import Product, recall_covers, recalled_lots, recalled_product
from ledger.common.ids import RecordId
from ledger.products.brand_authority import holders_at
from ledger.products.heard import Heard, word_of
from ledger.products.verdict import Evidence
from ledger.records.types import Recall
from ledger.records.verification import Facts
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found


def counted_recalls(journeys: Journeys, product: Product, at: int) -> list[RecordId]:
    """The recalls of `product` that count at `at` (UTC seconds), in log order."""
    of_product = list(_of_product(journeys, product.gtin))
    covering = [found.verified.id for found in of_product if _covers(found.record, product)]
    if not covering:
        return []
    told = [found.verified for found in (*of_product, *journeys.authorisations)]
    revoking = [said.verified for record in told for said in journeys.revocations.get(record.id, ())]
    evidence = Evidence((*told, *revoking), partial(_holders, journeys, at))
    heard = Heard.at(at, evidence.records)
    words = ((recall, word_of(recall, heard, evidence)) for recall in covering)
    return [recall for recall, word in words if word.speaks and word.stands]


def _holders(journeys: Journeys, at: int, gtin: str, place: Facts | None = None, /) -> set[int]:
    """Who holds the brand at `at`, or at the block where a record stands."""
    if place is not None:
        at = place.block_time if place.block_time is not None else place.known
    return holders_at(journeys.brand_changes, gtin, at)


def word_may_change_until(journeys: Journeys, product: Product) -> int:
    """The last second at which time alone may change what `counted_recalls` gives; 0 where nothing was recalled."""
    of_product = list(_of_product(journeys, product.gtin))
    if not of_product:
        return 0
    bounds = [change.known for change in journeys.brand_changes]
    bounds += [getattr(change.record, "notBefore", 0) for change in journeys.brand_changes]
    for found in (*of_product, *journeys.authorisations):
        bounds.append(found.verified.known)
        for said in journeys.revocations.get(found.verified.id, ()):
            bounds += (said.verified.known, said.record.effectiveFrom)
    for authorisation in journeys.authorisations:
        bounds += (authorisation.record.validFrom, authorisation.record.validUntil + 1)
    return max(bounds)


def _of_product(journeys: Journeys, gtin: str) -> Iterator[Found[Recall]]:
    for found in journeys.recalls:
        subject = recalled_product(found.record.subject)
        if subject is not None and subject.gtin == gtin:
            yield found


def _covers(recall: Recall, product: Product) -> bool:
    subject = recalled_product(recall.subject)
    return subject is not None and bool(recall_covers(subject, recalled_lots(recall.lots), product))
