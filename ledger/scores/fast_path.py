"""The samples of a plain journey, counted straight into the books: the same as `ledger.scores.indicators` gives.

The order of indicators and moves is that of `SHIPMENT_INDICATORS`, so that evidence comes in the same order too.
"""

from ledger.codes import ClearanceStatus, Role
from ledger.common.periods import DAY, Period
from ledger.common.spans import measure
from ledger.penalties.fast_path import Plain, PlainHold, Step, beyond_accrual
from ledger.records.types import NOBODY
from ledger.scores.card import Indicator
from ledger.scores.counters import Books
from ledger.scores.roles.broker import at_office, broker_of
from ledger.scores.roles.supplier import attested
from ledger.scores.samples import BAD, LONGEST_LATE, Delivery, event_of, parties_of, products_of
from ledger.shipments.customs_holds import LATE_KNOWN
from ledger.shipments.history import Journeys

# Members of an enumeration are slow to look up, and this runs for every shipment.
_CARRIER, _SUPPLIER = Role.CARRIER, Role.SUPPLIER
_ON_TIME, _MEAN_LATE, _IN_FULL, _LEGS, _RECORDS, _IN_TIME_IN_FULL, _DEFECTS, _ATTESTED, _NO_HOLD = (
    (indicator.value, "")
    for indicator in (
        Indicator.ON_TIME,
        Indicator.MEAN_LATE,
        Indicator.IN_FULL,
        Indicator.LEGS,
        Indicator.RECORDS,
        Indicator.ON_TIME_IN_FULL,
        Indicator.DEFECTS,
        Indicator.ATTESTED,
        Indicator.NO_HOLD,
    )
)
_PENALTY = Indicator.PENALTY.value
_BROKER, _PRESENTED = Role.BROKER, int(ClearanceStatus.PRESENTED)
_BROKER_CLEAN, _OVER_MEDIAN = (Indicator.RELEASED.value, ""), Indicator.OVER_MEDIAN.value
UNTIL_HANDED_OVER = frozenset("EFCefc")


def count_plain(found: Plain, journeys: Journeys, period: Period, books: Books) -> bool:
    """Count all samples of a plain journey; False (nothing counted) where the general way must decide."""
    found = beyond_accrual(found)
    terms, commercial, steps = found.record, found.commercial, found.steps
    products = products_of(terms) if terms.contents else []
    if (products and journeys.recalls) or any(step.move.in_breach for step in steps):
        return False
    consignor, consignee, liable = terms.consignor, terms.consignee, commercial.liable
    if len({step.move.releaser for step in steps}) < len(steps):
        return False  # somebody had the goods twice
    first = next((step for step in steps if step.move.releaser == consignor), None)
    if products and first is None and terms.holder == consignor:
        return False
    last = steps[-1]
    terms_id, stop = found.terms.id, last.move.verified.id
    start, end, judged = period.start, period.end, period.at
    carriers, supplier = books.shelves[_CARRIER], books.shelves[_SUPPLIER][consignor]
    hold = found.hold
    event = event_of(terms, last.move.releaser, last.move.receiver, last.at)
    delivery = Delivery(terms_id, event, max(1, terms.packages), terms_id, parties_of(terms))
    if event.destination is None:
        delivery = delivery._replace(closed=True)
    if hold is not None and hold.seconds:
        held = hold.steps[-2]
        told_late = (held.verified.id,) if held.verified.known - held.record.occurredAt > LATE_KNOWN else ()
        delivery = delivery._replace(excused=hold.seconds, holds=1, told_late=told_late)
    both = (terms_id, stop)
    new = _new_exceptions(steps)
    late = found.late_seconds
    if commercial.promisedAt and start <= found.promised_at < end:
        answers = found.bound or any(liable in (step.move.releaser, step.move.receiver) for step in steps)
        if liable not in (NOBODY, consignor) and answers:
            book = carriers[liable]
            book[_ON_TIME].extend((0 if late else 1, 1, both, delivery))
            book[_MEAN_LATE].extend((min(LONGEST_LATE, late), 1, both, delivery))
            if found.bound and commercial.freight:
                book[_PENALTY, commercial.currency].extend((found.amount, commercial.freight, both, delivery))
        records, good = tuple(both), not late and not any(new)
        if commercial.incoterm[:1] in UNTIL_HANDED_OVER:
            if first is not None:
                records = terms_id, first.move.verified.id
                good = first.at <= found.promised_at and not new[steps.index(first)]
            else:  # it never held them: they went at the opening
                records = (terms_id,)
                good = terms.holder != consignor and found.terms.known <= found.promised_at
        supplier[_IN_TIME_IN_FULL].extend((int(good), 1, records, delivery))
        packages = terms.packages or 1
        if first is not None and new[steps.index(first)]:
            supplier[_DEFECTS].extend((packages, packages, (*records, first.move.verified.id), delivery))
        else:
            supplier[_DEFECTS].extend((0, packages, records, delivery))
        if hold is not None:
            supplier[_NO_HOLD].extend((1, 1, (hold.steps[-1].verified.id,), delivery))
    if products:
        at = found.terms.known if first is None else first.at
        if start <= at < end:
            proofs = [attested(journeys, product, at) for product in products]
            shown = (terms_id, *(proof for proof in proofs if proof is not None))
            supplier[_ATTESTED].extend((int(None not in proofs), 1, shown, delivery))
    outsiders, until = (consignor, consignee, NOBODY), found.counted_until
    for i, (move, handoff, known, came) in enumerate(steps):
        name, releaser, receiver = move.verified.id, move.releaser, move.receiver
        record = (name,)
        due = handoff.dueAt
        if due and start <= due < end and due < judged and came <= until and receiver != consignee:
            out = max(came, min(steps[i + 1].at, until))
            excused = measure((hold.span,), came, out) if hold is not None else 0
            carriers[receiver][_LEGS].extend((int(out - due <= excused), 1, record, delivery))
        if not start <= known < end:
            continue
        if releaser not in outsiders:
            carriers[releaser][_IN_FULL].extend((0 if new[i] else 1, 1, record, delivery))
        in_time = int(known - handoff.occurredAt <= DAY)
        for partner in (releaser, receiver):
            if partner == consignor:
                role, book = _SUPPLIER, supplier
            elif partner not in outsiders:
                role, book = _CARRIER, carriers[partner]
            else:
                continue
            if len(handoff.items) > 1:
                if (role, partner, name) in books.once:
                    continue
                books.once.add((role, partner, name))
            book[_RECORDS].extend((in_time, 1, record, delivery))
    if hold is not None:
        _count_hold(hold, journeys, period, delivery, commercial.reportLag, books)
    return True


def _new_exceptions(steps: tuple[Step, ...]) -> tuple[int, ...]:
    """Of each handoff the exceptions that are new: only these count against the releaser."""
    noted, new = 0, []
    for step in steps:
        exceptions = step.move.exceptions
        new.append(exceptions & BAD & ~noted if exceptions else 0)
        noted |= exceptions
    return tuple(new)


def _count_hold(
    hold: PlainHold, journeys: Journeys, period: Period, goods: Delivery, report_lag: int, books: Books
) -> None:
    """Count the broker's samples of the procedure that `hold` is of; customs itself signed all records of that."""
    steps, released = hold.steps, hold.steps[-1]
    shelf = books.shelves[_BROKER]
    broker = broker_of(journeys, goods.shipment, steps)
    if broker != NOBODY and released.record.occurredAt in period:
        name, presented = released.verified.id, steps[0]
        delivery = at_office(goods, broker, presented, report_lag)
        shelf[broker][_BROKER_CLEAN].extend((1, 1, (name,), delivery))
        if presented.record.status == _PRESENTED:
            seconds = released.record.occurredAt - presented.record.occurredAt
            office = f"{released.record.jurisdiction.decode('ascii', 'replace')}/{released.record.regime}"
            shelf[broker][_OVER_MEDIAN, office].extend((seconds, 0, (presented.verified.id, name), delivery))
