"""Tenders and contests that run out: who may still contest one, and who has to have his borne out.

The rules are those of `ledger.shipments.tenders`, asked of single records: a tender that stops no clock, because it is
early or was made elsewhere, waits for nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.codes import StatementKind
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, FOREVER
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, ShipmentTerms, Statement
from ledger.shipments.default_terms import TENDER_WINDOW
from ledger.shipments.places import tendered_at
from ledger.shipments.tenders import DISPUTE
from ledger.worklist.items import Action, Item, Kind


@dataclass(frozen=True, slots=True)
class Offer:
    """A tender of which something may wait for a partner. `tendered_at` and `contested_at` are the block times of the
    tender and of the first contest that came after it, None while there is none.
    """

    tender: bytes
    shipment: bytes
    sequence: int
    holder: int
    consignor: int
    consignee: int
    tendered_at: int
    contested_at: int | None


def window_of(terms: ShipmentTerms | None) -> int:
    """For how long a tender can be contested, seconds; the usual time where prices are not shown."""
    commercial = None if terms is None else terms.commercial
    return commercial.tenderWindow if isinstance(commercial, Commercial) else TENDER_WINDOW


def item_of(
    offer: Offer,
    reader: int,
    now: int,
    terms: ShipmentTerms | None,
    tender: Statement | None = None,
    thirds: Collection[int] = (),
) -> Item | None:
    """What waits for `reader`; None where nothing does. `terms` and `tender` with what is open of them; `thirds`:
    partners of standing who endorsed the tender.
    """
    until = min(FOREVER, offer.tendered_at + window_of(terms))
    if not _counts(offer, terms, tender):
        return None
    if offer.contested_at is None:
        if now > until or reader == offer.holder or reader not in (offer.consignor, offer.consignee):
            return None
        return Item(
            Kind.TENDER,
            Action.CONTEST,
            offer.shipment,
            offer.tendered_at,
            until=until,
            detail=to_hex(offer.tender),
            partner=offer.holder,
            draft={
                "by": reader,
                "counterparty": offer.holder,
                "kind": int(StatementKind.CONTEST),
                "shipment": to_hex(offer.shipment),
                "sequence": offer.sequence,
            },
        )
    disputed_until = offer.contested_at + DISPUTE
    others = set(thirds) - {offer.holder, offer.consignor, offer.consignee}
    if reader != offer.holder or offer.contested_at > until or now > disputed_until or others:
        return None
    return Item(
        Kind.CONTEST,
        Action.BEAR_OUT,
        offer.shipment,
        offer.contested_at,
        until=disputed_until,
        detail=to_hex(offer.tender),
        partner=offer.consignee,
        draft={"target": to_hex(offer.tender)},
    )


def _counts(offer: Offer, terms: ShipmentTerms | None, tender: Statement | None) -> bool:
    """Whether the tender may stop a clock, as far as is shown."""
    if terms is None:
        return True
    if not isinstance(terms.commercial, Withheld) and offer.tendered_at < terms.commercial.promisedAt - DAY:
        return False
    return tender is None or tendered_at(terms.destination, tender.place) is not False
