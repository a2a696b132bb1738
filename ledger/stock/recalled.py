"""Which lots are recalled: nobody should send, sell or plan with them, whoever it was that recalled them.

A recall stands until its author takes it back or puts another of the same GTIN in its place; one that was taken back
replaces none either, as in a product's verdict. The chain takes one from an accredited
issuer, a brand or an authority only, and what it is worth for a product's verdict is decided in `ledger.products`; here
any that stands counts, for goods that may have to come back are not moved on.
"""

from ledger.common.gs1 import Product, recall_covers, recalled_lots, recalled_product
from ledger.common.ids import RecordId
from ledger.records.types import Recall
from ledger.shipments.history import Journeys


class Recalled:
    """The recalls that stand by the latest known time, or at `at` (UTC seconds) where that is later; each lot is looked
    up once.
    """

    def __init__(self, journeys: Journeys, at: int = 0) -> None:
        judged = max(journeys.latest, at)
        standing = {one.verified.id: one.record for one in journeys.recalls if not journeys.is_revoked(one, judged)}
        every = {one.verified.id: one.record for one in journeys.recalls}
        replaced = {
            record.supersedes
            for record in standing.values()
            if (before := every.get(RecordId(record.supersedes))) is not None and _may_replace(before, record)
        }
        self._standing = [
            (subject, recalled_lots(record.lots), record_id)
            for record_id, record in standing.items()
            if record_id not in replaced
            if (subject := recalled_product(record.subject)) is not None
        ]
        self._known: dict[tuple[str, str], RecordId | None] = {}

    def of(self, gtin: str, lot: str) -> RecordId | None:
        """The first recall that takes in a lot of a GTIN (14 digits), or may; None where none does."""
        key = gtin, lot
        if key not in self._known:
            product = Product(gtin, lot)
            covering = (
                record for subject, lots, record in self._standing
                if recall_covers(subject, lots, product) is not False
            )  # fmt: skip
            self._known[key] = next(covering, None)
        return self._known[key]


def _may_replace(before: Recall, record: Recall) -> bool:
    one, other = recalled_product(before.subject), recalled_product(record.subject)
    return before.by == record.by and one is not None and other is not None and one.gtin == other.gtin
