"""Goods that came back: terms of purpose return over a shipment that had arrived, or was to; and where others stay."""

from collections.abc import Iterator
from typing import NamedTuple

from ledger.codes import Purpose
from ledger.errors import NotFound
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found
from ledger.shipments.return_reason import ReturnReason, reason_of


class Returned(NamedTuple):
    """Packages that went back under `paper`, the terms of the return. `agreed`: who gets them back signed or endorsed
    these terms, so that the reason is not the word of one side."""

    paper: VerifiedRecord
    packages: int
    reason: ReturnReason
    agreed: bool


def returns_of(journeys: Journeys, shipment: bytes) -> Iterator[Returned]:
    """Of these goods, and of what they were split into once they had arrived."""
    for name, later in _later(journeys, shipment):
        verified, terms = later
        if terms.purpose == Purpose.RETURN:
            packages = journeys.portion(name).packages
            yield Returned(verified, packages, reason_of(terms), _agreed(journeys, later))


def went_on(journeys: Journeys, shipment: bytes) -> int:
    """Packages of these goods, split or not, that later terms took over but as a return: they stay elsewhere."""
    return sum(
        journeys.portion(name).packages
        for name, later in _later(journeys, shipment)
        if later.record.purpose != Purpose.RETURN
    )


def ordered_as(journeys: Journeys, terms: ShipmentTerms) -> ShipmentTerms:
    """The terms of the order whose goods come back under these; these, where they are no return, or of several orders
    that went different ways.
    """
    seen: set[bytes] = set()
    while terms.purpose == Purpose.RETURN:
        above = {ref.shipment for ref in terms.parents} - seen
        try:
            orders = {order.verified.id: order.record for order in map(journeys.terms_of, above)}
        except NotFound:
            return terms
        if len({order.fulfilment for order in orders.values()}) != 1:
            return terms
        seen |= above
        terms = orders[min(orders)]
    return terms


def _later(journeys: Journeys, shipment: bytes) -> Iterator[tuple[bytes, Found[ShipmentTerms]]]:
    """The first later terms over these goods, or over each of what they were split into."""
    todo = [shipment]
    while todo:
        name = todo.pop(0)
        yield from ((name, later) for later in journeys.onward(name)[:1])
        todo += journeys.children(name)


def _agreed(journeys: Journeys, later: Found[ShipmentTerms]) -> bool:
    verified, terms = later
    by = {endorsement.record.by for endorsement in journeys.endorsements(verified.id)}
    return verified.signed_by(terms.consignee) or (terms.consignee != NOBODY and terms.consignee in by)
