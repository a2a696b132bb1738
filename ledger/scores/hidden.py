"""Shipments of which a part that the numbers need is withheld or erased: whom they may bear on, and what they may hide.

Nothing is known of such a shipment but who took part in it, so each may be one more sample of every indicator of these
partners, or lie in a sample that is there, at its best or at its worst. A figure is then the range between the two.
Likewise where a place is closed that decides what a shipment is one sample with, or when its clock stopped; and for its
supplier where its goods are.
"""

from ledger.records.types import NOBODY
from ledger.shipments.closed import contents_closed, names_of
from ledger.shipments.history import Journeys


def concerned_by(journeys: Journeys, shipment: bytes) -> frozenset[int]:
    """Everybody whom public fields of the records of `shipment` and of its terms name, or who signed them: under every
    name that its goods had, also those left behind, split off or taken over by later terms, on which its figures rest.
    """
    partners: set[int] = set()
    papers = [journeys.terms_of(shipment).verified]
    for name in names_of(journeys, shipment):
        if (terms := journeys.terms.get(name)) is not None:
            partners |= {terms.record.consignor, terms.record.consignee, terms.record.holder}
            papers.append(terms.verified)
        for move in journeys.moves(name):
            partners |= {move.releaser, move.receiver}
        for statement in journeys.statements(name):
            partners |= {statement.record.by, statement.record.counterparty}
        for clearance in journeys.clearances(name):
            partners |= {clearance.record.by, clearance.record.declarant, clearance.record.causedBy}
        papers += [move.verified for move in journeys.moves(name)]
    for paper in papers:
        partners |= set(map(int, paper.signers))
        partners |= {endorsement.record.by for endorsement in journeys.endorsements(paper.id)}
        for amendment in journeys.amendments(paper.id):
            partners |= set(map(int, amendment.verified.signers))
    return frozenset(partners - {NOBODY})


def contents_closed_of(journeys: Journeys, supplier: int) -> frozenset[bytes]:
    """The shipments of `supplier` whose goods are withheld: what was attested or recalled of them is not known."""
    return frozenset(
        shipment
        for shipment, terms in journeys.terms.items()
        if terms.record.consignor == supplier and contents_closed(terms.record)
    )


def with_hidden(pairs: list[tuple[int, int]], count: int, top: int) -> list[list[tuple[int, int]]]:
    """These samples (good of due, all of one due) as `count` hidden shipments may really make them, in the four ways
    that reach furthest: one more sample each, or one that is there turned, at 0 or at `top` (good of one due).
    """
    one = next((due for _, due in pairs), 1)
    ordered = sorted(pairs)
    kept = max(0, len(ordered) - count)
    worst, best = (0, one), (top * one, one)
    ways = [
        [*ordered, *[worst] * count],
        [*ordered, *[best] * count],
        [*ordered[:kept], *[worst] * (len(ordered) - kept)],
        [*ordered[len(ordered) - kept :], *[best] * (len(ordered) - kept)],
    ]
    return [way for way in ways if way]
