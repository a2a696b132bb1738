"""Figures rest on what was known and visible, and say by which checkpoints: no operator moves money by its clock."""

from dataclasses import replace

import pytest

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Outcome, Role, StatementKind
from ledger.common.figure import to_json
from ledger.common.ids import PartnerId
from ledger.common.periods import Period
from ledger.penalties.statement import penalty_of
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.shipment_ids import remainder_id
from ledger.records.types import Place
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.scores.card import Indicator
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from tests.unit.history import (
    CARRIER,
    CUSTOMS,
    DAY,
    EIGHT_DAYS_COST,
    HOUR,
    MAKER,
    SECOND,
    SHOP,
    UNLIMITED,
    US_IMPORT,
    History,
)

WITNESSED = CheckpointTime(2, 18 * DAY + HOUR, Basis.WITNESSES)
ANCHORED = CheckpointTime(3, 19 * DAY, Basis.CHAIN)


def known_by(record: VerifiedRecord, facts: Facts) -> VerifiedRecord:
    return already_verified(record.id, record.record, record.signers, facts, roles=record.roles)


def test_a_back_dated_log_time_moves_a_delivery_by_an_hour_at_most() -> None:
    """Claimed for day 10 and logged then, but no checkpoint covered it before day 18."""
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST, reportLag=0)
    history.handoff(shipment, CARRIER, SHOP, 10 * DAY)
    terms, handoff = history.records
    seen = Facts(1, 10 * DAY, 1, 20 * DAY, 0, (Outcome.APPLIED,), 1, WITNESSED)
    statement = penalty_of(shipment, [terms, known_by(handoff, seen)])
    assert (statement.delivered_at, statement.amount) == (18 * DAY, 500_000)


def test_figures_list_the_checkpoints_that_decided_when_their_records_were_known() -> None:
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST)
    history.statement(StatementKind.TENDER, shipment, CARRIER, 10 * DAY, counterparty=SHOP)
    history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    terms, tender, handoff = history.records
    embedded = replace(tender.facts, covered=WITNESSED, block_time_counts=False)
    late_block = replace(handoff.facts, block_time=30 * DAY, covered=ANCHORED)
    own_block = replace(terms.facts, covered=replace(WITNESSED, size=1, time=19 * DAY))
    records = [known_by(terms, own_block), known_by(tender, embedded), known_by(handoff, late_block)]
    statement = penalty_of(shipment, records, 40 * DAY)
    assert statement.times == (WITNESSED, ANCHORED), "the terms' own block came before any checkpoint"
    assert statement.amount == 500_000, "the tender was visible on day 18, whatever the operator's chain says"
    assert to_json(statement)["times"] == [
        {"size": 2, "time": 18 * DAY + HOUR, "basis": "witnesses"},
        {"size": 3, "time": 19 * DAY, "basis": "chain"},
    ]
    assert to_json(statement)["judged_at"] == 40 * DAY


def test_an_outage_of_six_hours_changes_nothing_that_rests_on_two_signatures() -> None:
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST)
    history.handoff(shipment, CARRIER, SHOP, 10 * DAY, known=10 * DAY + 6 * HOUR)
    assert penalty_of(shipment, history.records).amount == 0


def test_an_operator_that_joins_late_has_the_same_figures_but_for_the_hour() -> None:
    """The second log has every record only when its operator joined; the blocks are the same, and decide."""
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST, reportLag=0)
    history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    for minutes in range(0, 91, 15):
        logs: dict[str, list[VerifiedRecord]] = {"first": [], "joined late": [], "rebuilt": []}
        for i, record in enumerate(history.records):
            block = record.known + minutes * 60
            for name, logged in (("first", record.known), ("joined late", 40 * DAY), ("rebuilt", block)):
                facts = replace(record.facts, log_index=i, logged_at=logged, block_time=block)
                logs[name].append(known_by(record, facts))
        first, late, rebuilt = (penalty_of(shipment, records) for records in logs.values())
        assert late.delivered_at == rebuilt.delivered_at
        assert late.delivered_at is not None
        assert first.delivered_at is not None
        assert late.delivered_at - first.delivered_at == min(minutes * 60, HOUR)
        assert late.amount == rebuilt.amount >= first.amount >= 500_000


@pytest.mark.parametrize(("liable", "day"), [(CARRIER, 19), (MAKER, 18)])
def test_carrier_and_shop_do_not_make_a_delivery_later_at_a_thirds_cost(liable: int, day: int) -> None:
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST, liable=liable)
    handoff = history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    history.amend(handoff.id, AmendmentKind.CORRECTION, {"occurredAt": 19 * DAY}, (CARRIER, SHOP), 18 * DAY + HOUR)
    assert penalty_of(shipment, history.records, 100 * DAY).delivered_at == day * DAY


def test_logs_that_took_the_records_of_one_second_in_another_order_have_the_same_figures() -> None:
    """Customs hold the goods in the second in which some go missing: the blocks say which came first."""
    for first in (0, 1):
        history = History()
        shipment = history.terms(**EIGHT_DAYS_COST, requires=(US_IMPORT,))
        held = history.clearance(ClearanceStatus.HELD, shipment, 5 * DAY, by=CUSTOMS)
        short = history.handoff(shipment, CARRIER, SECOND, 5 * DAY, packages=6, exceptions=int(ExceptionBit.SHORT))
        history.handoff(shipment, SECOND, SHOP, 9 * DAY, packages=6)
        history.handoff(remainder_id(shipment, 0), CARRIER, SHOP, 18 * DAY, packages=4)
        events = {held.id: first, short.id: 1 - first}
        amounts = set()
        for order in (held, short), (short, held):
            places = {record.id: 1 + place for place, record in enumerate(order)}
            records = [
                known_by(
                    r,
                    replace(
                        r.facts,
                        log_index=places.get(r.id, r.log_index),
                        block_number=1 if r.id in events else r.block_number,
                        event_index=events.get(r.id, 0),
                    ),
                )
                for r in history.records
            ]
            amounts.add(penalty_of(shipment, records).amount)
        assert amounts == ({0} if first == 0 else {200_000}), "what was missing left under the hold, or before it"


def test_a_record_of_two_shipments_counts_with_the_same_one_in_every_log() -> None:
    """The logs took the terms in another order than the chain recorded them."""
    history = History()
    near = history.terms(destination=Place(bytes(16), "US", "USNYC", "", ""))
    far = history.terms(destination=Place(bytes(16), "US", "USLAX", "", ""))
    history.handoff((near, far), CARRIER, SECOND, 3 * DAY)
    history.handoff(near, SECOND, SHOP, 5 * DAY)
    history.handoff(far, SECOND, SHOP, 9 * DAY)
    swapped = {near: 1, far: 0}
    other = [
        known_by(r, replace(r.facts, log_index=swapped.get(r.id, r.log_index)))
        for r in (*history.records[1::-1], *history.records[2:])
    ]
    period = Period(0, 40 * DAY, 40 * DAY)
    cards = [
        Tallies(Journeys(log), period).score(PartnerId(SECOND), Role.CARRIER, default_card())
        for log in (history.records, other)
    ]
    assert [len(entry.raised) for entry in cards[0].indicators if entry.indicator is Indicator.RECORDS] == [3]
    assert to_json(cards[0]) == to_json(cards[1])


@pytest.mark.parametrize(
    ("lag", "corrections", "day"),
    [
        (DAY, [(9, 78)], 18),
        (DAY, [(9, 18)], 17),
        (UNLIMITED, [(9, 78)], 9),
        (DAY, [(19, 78)], 19),
        (DAY, [(19, 78), (18, 79)], 18),
        (DAY, [(9, 18), (9, 78)], 17),
        (DAY, [(9, 18), (18, 78)], 18),
        (DAY, [(9, 18), (17, 78)], 17),
    ],
)
def test_a_correction_moves_a_delivery_no_further_back_than_a_record_of_that_day_would(
    lag: int, corrections: list[tuple[int, int]], day: int
) -> None:
    """Carrier and shop sign a delivery of day 18, and correct its day: the beneficiary, who signed neither, loses
    nothing by what they say weeks later. A time counts as known from when they first said it; who is liable may own
    that it was later.
    """
    history = History()
    shipment = history.terms(**EIGHT_DAYS_COST, reportLag=lag)
    handoff = history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    previous = bytes(32)
    for claimed, told in corrections:
        changes = {"occurredAt": claimed * DAY}
        signers = (CARRIER, SHOP)
        previous = history.amend(handoff.id, AmendmentKind.CORRECTION, changes, signers, told * DAY, previous).id
    statement = penalty_of(shipment, history.records, 100 * DAY)
    assert statement.delivered_at == day * DAY
    assert statement.amount == min(500_000, 7_813 * max(0, day - 10) ** 2)
