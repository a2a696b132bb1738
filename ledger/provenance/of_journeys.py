"""The graph of all shipments of which verified records tell."""

from collections.abc import Iterator

from ledger.codes import Purpose
from ledger.provenance.graph import Graph, Made, Node, stated, stated_loss
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys

_BY_PURPOSE: dict[int, Made] = {Purpose.MERGE: Made.MERGE, Purpose.TRANSFORMATION: Made.TRANSFORMATION}


def made_by(terms: ShipmentTerms) -> Made:
    """How terms open a shipment. A replacement only names its parents: its goods are others."""
    if not terms.parents or terms.purpose == Purpose.REPLACEMENT:
        return Made.OPENED
    return _BY_PURPOSE.get(terms.purpose, Made.ONWARD)


def graph_of(journeys: Journeys) -> Graph:
    return Graph(_nodes(journeys))


def _nodes(journeys: Journeys) -> Iterator[Node]:
    started: dict[bytes, int] = {}
    for shipment in _parents_first(journeys):
        found = journeys.terms.get(shipment)
        if found is not None:
            terms, made = found.record, made_by(found.record)
            started[shipment] = terms.packages
            yield Node(
                shipment,
                found.verified.id,
                made,
                () if made is Made.OPENED else tuple(parent.shipment for parent in terms.parents),
                terms.packages,
                _left(journeys, shipment, terms.packages),
                stated(terms.contents),
                stated_loss(terms.details) if made is Made.TRANSFORMATION else None,
            )
            continue
        origin = journeys.origins[shipment]
        split = journeys.split_of(origin.parent)
        own = None
        if origin.remainder:
            packages = _missing(journeys, origin.parent, origin.sequence, started.get(origin.parent, 0))
        elif split is not None:
            child = split.record.children[origin.index]
            packages, own = child.packages, stated(child.contents)
        else:
            continue
        started[shipment] = packages
        made = Made.LEFT_BEHIND if origin.remainder else Made.SPLIT
        left = _left(journeys, shipment, packages)
        yield Node(shipment, origin.verified.id, made, (origin.parent,), packages, left, own)


def _parents_first(journeys: Journeys) -> Iterator[bytes]:
    """As `Journeys.shipments`, but what was split or left behind after what it came from."""
    seen: set[bytes] = set()
    for shipment in journeys.shipments():
        line = []
        for name in journeys.lineage(shipment):
            line.append(name)
            if name in seen:
                break
        if line[-1] not in seen and line[-1] not in journeys.terms:
            continue  # of what it was split from nothing is known
        for name in reversed(line):
            if name not in seen:
                seen.add(name)
                yield name


def _left(journeys: Journeys, shipment: bytes, packages: int) -> int:
    for move in journeys.moves(shipment):
        packages = move.packages or packages
    return packages


def _missing(journeys: Journeys, parent: bytes, sequence: int, packages: int) -> int:
    for move in journeys.moves(parent):
        if move.sequence == sequence:
            return max(0, packages - move.packages)
        packages = move.packages or packages
    return 0
