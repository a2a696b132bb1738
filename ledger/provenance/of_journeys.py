"""The graph of all shipments of which verified records tell."""

from collections.abc import Iterator

from ledger.codes import Purpose
from ledger.provenance.contents import Counted, counts, stated
from ledger.provenance.graph import Graph, Made, Node, stated_loss
from ledger.provenance.parted import Parted, parted_by
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
    counted: dict[bytes, list[Counted]] = {}
    splits: dict[bytes, Parted] = {}
    for shipment in _parents_first(journeys):
        found = journeys.terms.get(shipment)
        if found is not None:
            terms, made = found.record, made_by(found.record)
            line = counted[shipment] = counts(terms.packages, (move.packages for move in journeys.moves(shipment)))
            yield Node(
                shipment,
                found.verified.id,
                made,
                () if made is Made.OPENED else tuple(parent.shipment for parent in terms.parents),
                terms.packages,
                line[-1].packages,
                stated(terms.contents, found.verified.id),
                stated_loss(terms.details) if made is Made.TRANSFORMATION else None,
                line[-1].share,
            )
            continue
        origin = journeys.origins[shipment]
        record, parent = origin.verified.id, origin.parent
        if origin.remainder:
            here = next(i for i, move in enumerate(journeys.moves(parent)) if move.sequence == origin.sequence)
            before, after = counted[parent][here : here + 2]
            packages = before.packages - after.packages
            line = counted[shipment] = counts(packages, (move.packages for move in journeys.moves(shipment)))
            kept, part = line[-1].share, before.share - after.share
            made = Made.LEFT_BEHIND
            yield Node(shipment, record, made, (parent,), packages, line[-1].packages, None, None, kept, part)
        elif (split := journeys.split_of(parent)) is not None:
            if parent not in splits:
                splits[parent] = parted_by(split.record, record)
            parted = splits[parent]
            packages, own = parted.packages[origin.index], parted.named[origin.index]
            line = counted[shipment] = counts(packages, (move.packages for move in journeys.moves(shipment)))
            yield Node(
                shipment,
                record,
                Made.SPLIT,
                (parent,),
                packages,
                line[-1].packages,
                own,
                kept=line[-1].share,
                parted=parted,
                index=origin.index,
            )


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
