"""What is closed of what happened to goods: places that decide when a clock stopped, and amendments."""

from collections.abc import Iterable, Iterator

from ledger.codes import StatementKind
from ledger.common.ids import RecordId
from ledger.records.eip712 import Withheld
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.tenders import to_locker


def names_of(journeys: Journeys, shipment: bytes) -> tuple[bytes, ...]:
    """What `shipment` was split or left behind from, itself, and whatever became of it, under later terms too."""
    seen = dict.fromkeys(journeys.lineage(shipment))
    todo = [journeys.own_shipment(shipment)]
    while todo:
        for portion in journeys.portions(todo.pop()):
            below = [*journeys.children(portion.shipment)]
            below += [later.verified.id for later in journeys.onward(portion.shipment)]
            todo += [name for name in below if name not in seen]
            seen |= dict.fromkeys((*(name for name, _ in portion.path), *below))
    return tuple(seen)


def closed_places(journeys: Journeys, names: Iterable[bytes]) -> Iterator[RecordId]:
    """The tenders, and the handoffs to lockers, of goods under these names of which the place is withheld."""
    for name in names:
        for move in journeys.moves(name):
            if move.handoff is not None and isinstance(move.handoff.place, Withheld) and to_locker(move):
                yield move.verified.id
        for verified, statement in journeys.statements(name):
            if statement.kind == StatementKind.TENDER and isinstance(statement.place, Withheld):
                yield verified.id


def closed_amendments(journeys: Journeys, names: Iterable[bytes]) -> Iterator[RecordId]:
    """The amendments that are withheld of terms, handoffs, statements and clearances of goods under these names."""
    for name in names:
        targets = [journeys.terms[name].verified] if name in journeys.terms else []
        targets += [move.verified for move in journeys.moves(name)]
        targets += [match.verified for match in journeys.statements(name)]
        targets += [match.verified for match in journeys.clearances(name)]
        for target in targets:
            for amendment in journeys.amendments(target.id):
                if isinstance(amendment.record.changes, Withheld):
                    yield amendment.verified.id


def contents_closed(terms: ShipmentTerms) -> bool:
    """Whether any of the goods are withheld."""
    return isinstance(terms.contents, Withheld) or any(isinstance(goods, Withheld) for goods in terms.contents)
