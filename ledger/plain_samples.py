"""The samples of a plain journey, counted straight into tallies: the same as `ledger.score_indicators` gives.

The order of indicators and moves is that of `SHIPMENT_INDICATORS`, so that evidence comes in the same order too.
"""

from collections.abc import Callable

from ledger.codes import Role
from ledger.ids import RecordId
from ledger.journeys import Journeys
from ledger.plain import Plain
from ledger.records import NOBODY
from ledger.score_card import Indicator
from ledger.score_indicators import DAY, LONGEST_LATE, attested
from ledger.score_samples import Period, products_of

Count = Callable[[Role, int, Indicator, int, int, bytes, tuple[RecordId, ...], int, str], None]
"""(role, partner, indicator, good, due, event, records, counterparty, group)"""


def count_plain(found: Plain, journeys: Journeys, period: Period, count: Count) -> bool:
    """Count all samples of a plain journey; False (nothing counted) where the general way must decide."""
    terms, commercial, steps = found.record, found.commercial, found.steps
    consignor, consignee, liable = terms.consignor, terms.consignee, commercial.liable
    terms_id, delivery = found.terms.id, steps[-1].move.verified.id
    start, end, judged = period.start, period.end, period.at
    products = products_of(terms) if terms.contents else []
    if products and journeys.recalls:
        return False
    both: tuple[RecordId, ...] = (terms_id, delivery)
    came_due = bool(commercial.promisedAt) and start <= found.promised_at < end
    late = found.late_seconds
    # Carrier: time.
    if came_due and liable not in (NOBODY, consignor):
        other = commercial.beneficiary
        count(Role.CARRIER, liable, Indicator.ON_TIME, 0 if late else 1, 1, delivery, both, other, "")
        mean = min(LONGEST_LATE, late)
        count(Role.CARRIER, liable, Indicator.MEAN_LATE, mean, 1, delivery, both, other, "")
        if commercial.freight:
            count(
                Role.CARRIER, liable, Indicator.PENALTY, found.amount, commercial.freight, delivery, both, other,
                commercial.currency,
            )  # fmt: skip
    # Carrier: goods.
    for move, _, known, _ in steps:
        if move.releaser != consignor and start <= known < end:
            name = move.verified.id
            count(Role.CARRIER, move.releaser, Indicator.IN_FULL, 1, 1, name, (name,), move.receiver, "")
    # Carrier: legs.
    for i, (move, handoff, _, came) in enumerate(steps[:-1]):
        due = handoff.dueAt
        if not due or came > found.counted_until or not (start <= due < end and due < judged):
            continue
        out = max(came, min(steps[i + 1].at, found.counted_until))
        name = move.verified.id
        count(Role.CARRIER, move.receiver, Indicator.LEGS, int(out <= due), 1, name, (name,), consignee, "")
    # Supplier: delivery and defects.
    first = next((step for step in steps if step.move.releaser == consignor), None)
    if came_due:
        event, records, good = delivery, both, 0 if late else 1
        if commercial.incoterm[:1].upper() in ("E", "F", "C"):
            good = 0
            if first is not None:
                event = first.move.verified.id
                records, good = (terms_id, event), int(first.at <= found.promised_at)
        count(Role.SUPPLIER, consignor, Indicator.ON_TIME_IN_FULL, good, 1, event, records, consignee, "")
        packages = terms.packages or 1
        count(Role.SUPPLIER, consignor, Indicator.DEFECTS, 0, packages, event, records, consignee, "")
    # Supplier: attestations.
    if products and first is not None and start <= first.at < end:
        proofs = [attested(journeys, product, first.at) for product in products]
        records = tuple(map(RecordId, (terms_id, *(proof for proof in proofs if proof is not None))))
        good = int(None not in proofs)
        count(Role.SUPPLIER, consignor, Indicator.ATTESTED, good, 1, first.move.verified.id, records, consignee, "")
    # Records in a day.
    for move, handoff, known, _ in steps:
        if not start <= known < end:
            continue
        good, name = int(known - handoff.occurredAt <= DAY), move.verified.id
        releaser, receiver = move.releaser, move.receiver
        if releaser not in (consignor, consignee, NOBODY):
            count(Role.CARRIER, releaser, Indicator.RECORDS, good, 1, name, (name,), receiver, "")
        if receiver not in (consignor, consignee, NOBODY):
            count(Role.CARRIER, receiver, Indicator.RECORDS, good, 1, name, (name,), releaser, "")
    return True
