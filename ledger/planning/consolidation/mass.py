"""What shipments weigh, where somebody but their consignor stands for it: by mass a cost is shared, and who states a
small one pays less.

An accredited issuer attests it under the schema `gross-mass` about ``shipment/0x…``, in claims such as
``{"lading":"number/1","unit":"KGM","value":840}``; of several issuers' the greatest counts, of one its newest, and none
of the consignor's own. Else the mass that the terms state counts, where another holder signed them too, or somebody who
is neither consignor nor consignee endorsed them.
"""

from collections.abc import Callable, Mapping

from ledger.attested.claims import Closed, text_of
from ledger.attested.numbers import counts_at, parse_number
from ledger.common.ids import RecordId, to_hex
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.types import Attestation, Goods, ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

GROSS_MASS = schema_hash("gross-mass")
GRAMS: Mapping[str, int] = {"GRM": 1, "KGM": 1_000, "TNE": 1_000_000}
"""Units of mass by their code of UN/ECE Recommendation 20."""


MayOpen = Callable[[Found[Attestation]], bool]
"""Whether whoever plans may know the claims of an attestation."""


def verified_grams(
    journeys: Journeys, shipment: RecordId, terms: ShipmentTerms, at: int, may_open: MayOpen
) -> int | None:
    """Grams at the second `at`, at least 1; None where nobody but the consignor says so, to whom it may be told."""
    newest: dict[int, int] = {}
    for found in journeys.attestations.get(f"shipment/{to_hex(shipment)}", ()):  # in log order, so the newest stays
        record = found.record
        if (
            record.schema == GROSS_MASS
            and record.by != terms.consignor
            and counts_at(journeys, found, at)
            and may_open(found)
        ):
            told = text_of(record)
            try:
                number = parse_number("" if isinstance(told, Closed) else told)
            except MalformedRecord:
                continue
            if number.unit in GRAMS and number.value > 0:
                newest[record.by] = number.value * GRAMS[number.unit]
    return max(newest.values()) if newest else _co_signed(journeys, shipment, terms)


def _co_signed(journeys: Journeys, shipment: RecordId, terms: ShipmentTerms) -> int | None:
    parties = {terms.consignor, terms.consignee}
    others = {endorsement.record.by for endorsement in journeys.endorsements(shipment)} - parties
    if terms.holder == terms.consignor and not others:
        return None
    return stated_grams(terms.contents)


def stated_grams(contents: object) -> int | None:
    """Of all goods together, as terms state them."""
    if not isinstance(contents, tuple):
        return None
    masses = [
        goods.quantity * GRAMS[goods.unit] if isinstance(goods, Goods) and goods.unit in GRAMS else None
        for goods in contents
    ]
    known = [mass for mass in masses if mass is not None]
    return sum(known) if len(known) == len(masses) and known and sum(known) else None
