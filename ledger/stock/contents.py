"""Which goods a shipment opened with: as its terms or the split say, else its part of what it came from."""

from ledger.provenance.contents import Contents, stated, together
from ledger.provenance.graph import Made
from ledger.provenance.of_journeys import made_by
from ledger.provenance.parted import Left, Parted, parted_by
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found
from ledger.stock.courses import Course


def contents(journeys: Journeys, courses: dict[bytes, Course]) -> dict[bytes, Contents]:
    """What each shipment opened with. `courses` has whatever came of others after these.

    Where a split states the contents of some children, the others share what is left, by packages. Terms that take
    goods over and name none of them go on with these; what they made of them, only terms can say.
    """
    result: dict[bytes, Contents] = {}
    splits: dict[bytes, Parted] = {}
    left: dict[bytes, Left] = {}
    for shipment, course in courses.items():
        if (terms := journeys.terms.get(shipment)) is not None:
            result[shipment] = stated(terms.record.contents, terms.verified.id) or _taken_over(terms, courses, result)
            continue
        origin = journeys.origins[shipment]
        parent, split = origin.parent, journeys.split_of(origin.parent)
        if origin.remainder or split is None:
            result[shipment] = result[parent].part(course.part)
            continue
        if parent not in splits:
            splits[parent] = parted_by(split.record, split.verified.id)
        own = splits[parent].named[origin.index]
        if own is None:
            if parent not in left:
                left[parent] = splits[parent].left(result[parent].part(courses[parent].steps[-1].share))
            own = left[parent].part(splits[parent].packages[origin.index])
        result[shipment] = own
    return result


def _taken_over(terms: Found[ShipmentTerms], courses: dict[bytes, Course], known: dict[bytes, Contents]) -> Contents:
    """What terms took over without a word about it: closed where it came from goods of which nothing is known here."""
    own = Contents((), False, (terms.verified.id,))
    if made_by(terms.record) not in (Made.ONWARD, Made.MERGE):
        return own
    parents = [ref.shipment for ref in terms.record.parents]
    if any(parent not in known for parent in parents):
        return Contents((), True, own.sources)
    return together([known[parent].part(courses[parent].steps[-1].share) for parent in parents]) or own
