"""Until when the goods of a lot are fit for use: what the brand attests of the lot under the schema `EXPIRY`.

The last day is that of the attestation's `validUntil`, in UTC: a public field, so that it is known wherever the
attestation is, and needs no part that may be withheld. Only who spoke for the brand when it was recorded counts, as for
all that is said of a GTIN; what its author revoked counts no more. Of several that stand the earliest does.
"""

from dataclasses import dataclass

from ledger.common.figure import Seconds
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.common.scopes import schema_hash
from ledger.products.brand_authority import holders_at, speakers
from ledger.records.types import Attestation
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

EXPIRY = schema_hash("expiry")


@dataclass(frozen=True, slots=True)
class Expiry:
    """`until`: the last second in which the goods are fit for use; `record`: the attestation."""

    until: Seconds
    record: RecordId


class Expiries:
    """Those of all lots, each looked up once. Revocations count that had effect by the latest known time, or by `at`
    (UTC seconds) where that is later.
    """

    def __init__(self, journeys: Journeys, at: int = 0) -> None:
        self._journeys = journeys
        self._judged = max(journeys.latest, at)
        self._known: dict[tuple[str, str], Expiry | None] = {}

    def of(self, gtin: str, lot: str) -> Expiry | None:
        """Of a lot of a GTIN (14 digits); None where nobody who counts says."""
        key = gtin, lot
        if key not in self._known:
            self._known[key] = self._find(gtin, lot) if gtin and lot else None
        return self._known[key]

    def _find(self, gtin: str, lot: str) -> Expiry | None:
        told = self._journeys.attestations.get(Product(gtin, lot).path(), ())
        dated = [found for found in told if found.record.schema == EXPIRY and found.record.validUntil]
        standing = [found for found in dated if not self._journeys.is_revoked(found, self._judged)]
        expiries = [Expiry(f.record.validUntil, f.verified.id) for f in standing if self._speaks(gtin, f)]
        return min(expiries, key=lambda expiry: (expiry.until, expiry.record), default=None)

    def _speaks(self, gtin: str, found: Found[Attestation]) -> bool:
        """Whether its author spoke for the brand when it became known."""
        journeys, at = self._journeys, found.verified.known
        given = ((f.verified.id, f.record) for f in journeys.authorisations if self._in_force(f, at))
        return found.record.by in speakers(holders_at(journeys.brand_changes, gtin, at), given)

    def _in_force(self, found: Found[Attestation], at: int) -> bool:
        record = found.record
        in_time = record.validFrom <= at and (record.validUntil == 0 or at <= record.validUntil)
        return in_time and found.verified.known <= at and not self._journeys.is_revoked(found, at)
