"""Every sample that a shipment gives: what each scorecard indicator counts, one small function an indicator."""

from collections.abc import Callable, Iterator

from ledger.codes import Assurance, Role
from ledger.common.periods import DAY
from ledger.errors import NotFound
from ledger.scores.card import Indicator
from ledger.scores.roles.broker import at_office, broker_clearances, broker_in, procedures_of
from ledger.scores.roles.carrier import carrier_goods, carrier_legs, carrier_time
from ledger.scores.roles.supplier import supplier_attestations, supplier_delivery, supplier_papers
from ledger.scores.samples import Case, Sample


def samples_of(case: Case) -> Iterator[Sample]:
    """Every sample that one shipment gives, for whichever partners."""
    for measure_case in SHIPMENT_INDICATORS:
        yield from measure_case(case)


def known_samples(case: Case) -> tuple[Sample, ...] | None:
    """The samples of one shipment; None where a correction that they need is withheld here: that stays unknown."""
    try:
        return tuple(samples_of(case))
    except NotFound:
        return None


def records_in_a_day(case: Case) -> Iterator[Sample]:
    """Records known within 24 h of the time they claim; each counts once a partner, however many lines it has.

    Of suppliers no card counts them, but readers of a score are told (see `ledger.scores.flags`).
    """
    consignor, outsiders = case.terms.consignor, case.outsiders
    for move in case.journeys.moves(case.shipment):
        if move.handoff is None or move.verified.known not in case.period:
            continue
        good, record = int(move.verified.known - move.handoff.occurredAt <= DAY), move.verified.id
        for partner in (move.releaser, move.receiver):
            if partner == consignor or partner not in outsiders:
                role = Role.SUPPLIER if partner == consignor else Role.CARRIER
                yield Sample(role, partner, Indicator.RECORDS, good, 1, (record,), case.delivery, once=record)
    for steps in procedures_of(case.journeys, case.shipment).values():
        for match in steps:
            record, by, known = match.verified.id, match.record.by, match.verified.known
            if match.record.assurance == Assurance.AUTHORITY_SIGNED or known not in case.period:
                continue  # what customs signed is not the broker's to be in time with
            if by == broker_in(case.journeys, case.shipment, match):
                good = int(known - match.record.occurredAt <= DAY)
                delivery = at_office(case.delivery, by, steps[0], case.force.commercial.reportLag)
                yield Sample(Role.BROKER, by, Indicator.RECORDS, good, 1, (record,), delivery, once=record)


SHIPMENT_INDICATORS: tuple[Callable[[Case], Iterator[Sample]], ...] = (
    carrier_time,
    carrier_goods,
    carrier_legs,
    supplier_delivery,
    supplier_papers,
    supplier_attestations,
    broker_clearances,
    records_in_a_day,
)
