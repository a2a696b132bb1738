"""The samples of a plain journey, counted straight into the books: the same as `ledger.score_indicators` gives.

The order of indicators and moves is that of `SHIPMENT_INDICATORS`, so that evidence comes in the same order too.
"""

from ledger.codes import Role
from ledger.ids import RecordId
from ledger.journeys import Journeys
from ledger.plain import Plain
from ledger.records import NOBODY
from ledger.score_card import Indicator
from ledger.score_indicators import DAY, LONGEST_LATE, attested
from ledger.score_samples import Period, products_of
from ledger.tallies import Books

# Members of an enumeration are slow to look up, and this runs for every shipment.
_CARRIER, _SUPPLIER = Role.CARRIER, Role.SUPPLIER
_ON_TIME, _MEAN_LATE, _PENALTY = Indicator.ON_TIME, Indicator.MEAN_LATE, Indicator.PENALTY
_IN_FULL, _LEGS, _RECORDS = Indicator.IN_FULL, Indicator.LEGS, Indicator.RECORDS
_IN_TIME_IN_FULL, _DEFECTS, _ATTESTED = Indicator.ON_TIME_IN_FULL, Indicator.DEFECTS, Indicator.ATTESTED
_UNTIL_HANDED_OVER = frozenset("EFCefc")


def count_plain(found: Plain, journeys: Journeys, period: Period, books: Books) -> bool:
    """Count all samples of a plain journey; False (nothing counted) where the general way must decide."""
    terms, commercial, steps = found.record, found.commercial, found.steps
    products = products_of(terms) if terms.contents else []
    if products and journeys.recalls:
        return False
    consignor, consignee, liable = terms.consignor, terms.consignee, commercial.liable
    terms_id, delivery = found.terms.id, steps[-1].move.verified.id
    start, end, judged = period.start, period.end, period.at
    carriers = books.shelves[_CARRIER]
    both: tuple[RecordId, ...] = (terms_id, delivery)
    came_due = bool(commercial.promisedAt) and start <= found.promised_at < end
    late = found.late_seconds
    # Carrier: time.
    if came_due and liable not in (NOBODY, consignor):
        book = carriers[liable]
        book[_ON_TIME].add(0 if late else 1, 1, delivery, both, late > 0)
        book[_MEAN_LATE].add(min(LONGEST_LATE, late), 1, delivery, both, late > 0)
        counted = 2
        if commercial.freight:
            counted, tally = 3, book[_PENALTY]
            tally.add(found.amount, commercial.freight, delivery, both, found.amount > 0)
            tally.add_to_group(commercial.currency, found.amount, commercial.freight)
        book.customers[commercial.beneficiary] += counted
    # Carrier: goods.
    for move, _, known, _ in steps:
        releaser = move.releaser
        if releaser != consignor and start <= known < end:
            name = move.verified.id
            book = carriers[releaser]
            book[_IN_FULL].add(1, 1, name, (name,), False)
            book.customers[move.receiver] += 1
    # Carrier: legs.
    until = found.counted_until
    for i, (move, handoff, _, came) in enumerate(steps[:-1]):
        due = handoff.dueAt
        if not due or came > until or not (start <= due < end and due < judged):
            continue
        out = max(came, min(steps[i + 1].at, until))
        name, book = move.verified.id, carriers[move.receiver]
        book[_LEGS].add(int(out <= due), 1, name, (name,), out > due)
        book.customers[consignee] += 1
    # Supplier: delivery and defects.
    first = next((step for step in steps if step.move.releaser == consignor), None)
    if came_due:
        event, records, good = delivery, both, not late
        if commercial.incoterm[:1] in _UNTIL_HANDED_OVER:
            good = False
            if first is not None:
                event = first.move.verified.id
                records, good = (terms_id, event), first.at <= found.promised_at
        book = books.shelves[_SUPPLIER][consignor]
        book[_IN_TIME_IN_FULL].add(int(good), 1, event, records, not good)
        book[_DEFECTS].add(0, terms.packages or 1, event, records, False)
        book.customers[consignee] += 2
    # Supplier: attestations.
    if products and first is not None and start <= first.at < end:
        proofs = [attested(journeys, product, first.at) for product in products]
        shown = tuple(map(RecordId, (terms_id, *(proof for proof in proofs if proof is not None))))
        good = None not in proofs
        book = books.shelves[_SUPPLIER][consignor]
        book[_ATTESTED].add(int(good), 1, first.move.verified.id, shown, not good)
        book.customers[consignee] += 1
    # Records in a day.
    once = books.once
    for move, handoff, known, _ in steps:
        if not start <= known < end:
            continue
        name = move.verified.id
        for partner in (move.releaser, move.receiver):
            if partner not in (consignor, consignee, NOBODY) and (mark := (_CARRIER, partner, name)) not in once:
                once.add(mark)
                good = known - handoff.occurredAt <= DAY
                carriers[partner][_RECORDS].add(int(good), 1, name, (name,), not good)
    return True
