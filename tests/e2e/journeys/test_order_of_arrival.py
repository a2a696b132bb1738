"""Records that arrive in another order than they were signed in: they wait, and the end is the same."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import details
from ledger.codes import (
    ClearanceStatus,
    Purpose,
    ShipmentState,
    SplitReason,
    StatementKind,
)
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import RuleBroken
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signing import SignedRecord
from ledger.records.types import Child, ShipmentTerms, Split
from ledger.services.state import shipment_state
from ledger.store.projections import parties, shipments
from ledger.store.projections.parties import Wanted
from tests.e2e.stage import (
    BROKER,
    CARRIER,
    HOUR,
    MAKER,
    NONE,
    NZ,
    OCEAN,
    REFUSED,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    staged,
)
from tests.e2e.wandering import Journey, Wandering

FORTNIGHT = 14 * DAY
MOST_DELAYS = 60


@dataclass(frozen=True)
class Ending:
    """What a ledger has come to: slots and keys, what became of each record, and what is owed for each shipment
    (amount, late hours, hours in customs).
    """

    slots: dict[bytes, tuple[int, bytes]]
    outcomes: dict[RecordId, tuple[bool | str, ...]]
    owed: dict[RecordId, tuple[int, int, int]]


def travel(stage: Stage) -> Journey:
    """Two shipments: refused once, short, split, merged with what was missing, on to a consumer; nothing is lost."""
    way = Journey(stage)
    one, other = way.terms(6), way.terms(2)
    way.hand(MAKER, CARRIER, (one, 0, 6, NONE), (other, 0, 2, NONE))
    way.clear(BROKER, ClearanceStatus.LODGED, (one, 2), (other, 0))
    for sequence, (by, status) in enumerate(
        ((NZ, ClearanceStatus.PRESENTED), (NZ, ClearanceStatus.HELD), (NZ, ClearanceStatus.RELEASED))
    ):
        way.clear(by, status, (one, sequence), (other, sequence))
    way.hand(CARRIER, OCEAN, (one, 1, 0, REFUSED))
    way.hand(CARRIER, OCEAN, (one, 2, 6, NONE), (other, 1, 2, NONE))
    way.hand(OCEAN, WAREHOUSE, (one, 3, 5, SHORT), (other, 2, 2, NONE))
    missing = remainder_id(one, 3)
    way.sign(stage.statement(StatementKind.FOUND, OCEAN, missing, 0), OCEAN)
    way.hand(OCEAN, WAREHOUSE, (missing, 0, 1, NONE))
    split = Split(WAREHOUSE, one, 4, (Child(2, ()), Child(3, ())), int(SplitReason.PARCELS), stage.now, details())
    way.sign(split, WAREHOUSE)
    first, second = (child_id(one, 4, i) for i in range(2))
    way.hand(WAREHOUSE, SECOND, (first, 0, 2, NONE))
    way.sign(stage.statement(StatementKind.TENDER, SECOND, first, 1, SHOP), SECOND)
    way.hand(SECOND, SHOP, (first, 1, 2, NONE))
    merged = way.terms(4, (second, 0), (missing, 1), purpose=Purpose.MERGE)
    way.hand(WAREHOUSE, SECOND, (merged, 0, 4, NONE), (other, 3, 2, NONE))
    way.hand(SECOND, 0, (merged, 1, 4, NONE))
    return way


def state_of(stage: Stage) -> dict[bytes, tuple[int, bytes]]:
    """Every slot and recipient key. Gate bits of what is no longer under way mean nothing: customs came too late."""
    found: dict[bytes, tuple[int, bytes]] = {}
    with stage.trial.node.home.database.read() as connection:
        for _, row in parties.page(connection, Wanted(), limit=1000):
            holding = shipment_state.holding_of(row)
            slot = holding.slot
            if slot.state != ShipmentState.OPEN:
                slot = replace(slot, requirements=tuple(replace(r, released=False) for r in slot.requirements))
            found[row.shipment] = slot.pack(), holding.recipient_key
            for clearance in shipments.clearances(connection, row.shipment):
                key = row.shipment + clearance.jurisdiction.encode() + bytes([clearance.regime])
                found[key] = clearance.sequence << 8 | clearance.status, b""
    return found


def ending_of(stage: Stage, records: Sequence[SignedRecord], at: int) -> Ending:
    """A breach is a mark of the order in which the chain learnt things; numbers do not go by it, and nor does this."""
    reading, domain = stage.trial.node.reader.views, stage.trial.node.home.domain
    ids = [domain.record_id(signed.record) for signed in records]
    views = {one: reading.record(one) for one in ids}
    outcomes: dict[RecordId, tuple[bool | str, ...]] = {
        one: (view.log.status == "proposed", *(item.outcome.removesuffix(" in breach") for item in view.chain.items))
        for one, view in views.items()
    }
    opened = [one for one, signed in zip(ids, records, strict=True) if isinstance(signed.record, ShipmentTerms)]
    figures = {one: stage.penalty(one, at) for one in opened}
    # In hours: a tender counts from the block that showed it, and blocks come some seconds earlier or later.
    owed = {
        one: (p.amount, round(p.late_seconds / HOUR), round(p.customs_seconds / HOUR)) for one, p in figures.items()
    }
    return Ending(state_of(stage), outcomes, owed)


def arrive(stage: Stage, records: Sequence[SignedRecord], settle_at: set[int], at: int) -> Ending:
    """Submit in this order; the chain catches up after those of `settle_at`, and in the end until nothing waits."""
    for i, signed in enumerate(records):
        stage.trial.node.submission.submit(signed)
        if i in settle_at:
            stage.settle()
    stage.settle()
    reading = stage.trial.node.reader.views
    for _ in range(MOST_DELAYS):
        if not any(view.chain.problem for view in reading.records(limit=1000)):
            break
        stage.pass_time(HOUR + 1)  # an override moves after the council's delay
    stuck = [r for r in reading.records(limit=1000) if r.chain.status == "pending" or r.chain.problem]
    assert not stuck, [(r.type, r.chain) for r in stuck]
    return ending_of(stage, records, at)


def shuffled(
    founded: Path, home: Path, signed: list[SignedRecord], seed: int, first: Sequence[SignedRecord] = ()
) -> Ending:
    """The ending after the records came in an order drawn by `seed`, those of `first` before all others."""
    chance = random.Random(seed)
    records = chance.sample(signed, len(signed))
    with staged(founded, home) as stage:
        at = stage.now + DAY
        for one in first:
            stage.trial.node.submission.submit(one)
        ending = arrive(stage, records, set(chance.sample(range(len(records)), len(records) // 3)), at)
        stage.audited()
        return ending


def straight(founded: Path, home: Path, signed: list[SignedRecord], first: Sequence[SignedRecord] = ()) -> Ending:
    """The ending after every record was submitted and recorded as it was signed."""
    with staged(founded, home) as stage:
        at = stage.now + DAY
        for one in first:
            stage.trial.node.submission.submit(one)
        return arrive(stage, signed, set(range(len(signed))), at)


@pytest.fixture(scope="module")
def signed(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[SignedRecord]:
    with staged(founded, tmp_path_factory.mktemp("dock")) as stage:
        return travel(stage).signed


@pytest.fixture(scope="module")
def in_order(founded: Path, signed: list[SignedRecord], tmp_path_factory: pytest.TempPathFactory) -> Ending:
    return straight(founded, tmp_path_factory.mktemp("in order"), signed)


@pytest.mark.parametrize("seed", [0, 103])
def test_any_order_of_arrival_ends_in_the_same_state(
    founded: Path, tmp_path: Path, signed: list[SignedRecord], in_order: Ending, seed: int
) -> None:
    assert shuffled(founded, tmp_path / "home", signed, seed) == in_order


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_orders_of_arrival_end_in_the_same_state(
    founded: Path, tmp_path: Path, signed: list[SignedRecord], in_order: Ending, seed: int
) -> None:
    assert shuffled(founded, tmp_path / "home", signed, seed) == in_order


def check_wandering(founded: Path, tmp_path: Path, seed: int, steps: int) -> None:
    """A random journey ends alike whether it comes in as it happened or in any other order."""
    with staged(founded, tmp_path / "dock") as stage:
        way = Wandering(stage, seed, steps)
    expected = straight(founded, tmp_path / "straight", way.journey.signed, [way.granted])
    refused = {one: outcome for one, outcome in expected.outcomes.items() if set(outcome) - {False, "applied"}}
    assert not refused, "the journey itself must be one that the rules allow"
    assert shuffled(founded, tmp_path / "shuffled", way.journey.signed, seed, [way.granted]) == expected


@pytest.mark.parametrize("seed", range(2))
def test_a_random_journey_ends_alike_in_any_order_of_arrival(founded: Path, tmp_path: Path, seed: int) -> None:
    check_wandering(founded, tmp_path, seed, 18)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(1000, 1030))
def test_many_random_journeys_end_alike_in_any_order_of_arrival(founded: Path, tmp_path: Path, seed: int) -> None:
    check_wandering(founded, tmp_path, seed, 40)


def test_the_last_record_first_waits_visibly_and_applies_when_the_others_come(stage: Stage) -> None:
    way = Journey(stage)
    goods = way.terms(6)
    way.hand(MAKER, CARRIER, (goods, 0, 6, NONE))
    way.hand(CARRIER, SHOP, (goods, 1, 6, NONE))
    reading, ids = stage.trial.node.reader.views, [stage.trial.node.home.domain.record_id(s.record) for s in way.signed]
    for i in (2, 1):
        stage.trial.node.submission.submit(way.signed[i])
        stage.settle()
        assert reading.record(ids[i]).chain.status == "pending"
        assert "waits for its predecessor" in reading.record(ids[i]).chain.problem
    stage.trial.node.submission.submit(way.signed[0])
    stage.settle()
    assert [stage.outcome(one) for one in ids] == [["applied"]] * 3
    assert reading.record(ids[2]).chain.problem == ""
    assert stage.status(goods) == "delivered"


def test_of_a_manifest_some_items_apply_while_others_wait(stage: Stage) -> None:
    way = Journey(stage)
    known, unknown = way.terms(1), way.terms(2)
    way.hand(MAKER, CARRIER, *sorted([(known, 0, 1, NONE), (unknown, 0, 2, NONE)]))
    for i in (0, 2):
        stage.trial.node.submission.submit(way.signed[i])
        stage.settle()
    track = stage.track(stage.trial.node.home.domain.record_id(way.signed[2].record))
    assert (track.status, len(track.items)) == ("recorded", 1)
    assert "waits for its predecessor" in track.problem
    stage.trial.node.submission.submit(way.signed[1])
    stage.settle()
    assert stage.held_by(unknown) == (CARRIER, 2, 1)


def test_what_waits_in_vain_expires_with_its_deadline(stage: Stage) -> None:
    way = Journey(stage)
    never = way.terms(1)
    way.hand(MAKER, CARRIER, (never, 0, 1, NONE))
    stage.trial.node.submission.submit(way.signed[1])
    stage.settle()
    stage.pass_time(FORTNIGHT + HOUR)
    stage.pass_time(HOUR)
    record_id = stage.trial.node.home.domain.record_id(way.signed[1].record)
    assert stage.track(record_id).status == "rejected"
    stage.audited()


def test_terms_over_a_parent_that_is_still_under_way_wait_for_it(stage: Stage) -> None:
    way = Journey(stage)
    goods = way.terms(6)
    way.hand(MAKER, WAREHOUSE, (goods, 0, 6, NONE))
    onward = way.terms(6, (goods, 1), purpose=Purpose.ONWARD)
    for i in (2, 0):
        stage.trial.node.submission.submit(way.signed[i])
        stage.settle()
    assert stage.track(onward).status == "pending"
    stage.trial.node.submission.submit(way.signed[1])
    stage.settle()
    assert (stage.status(goods), stage.held_by(onward)) == ("closed into onward", (WAREHOUSE, 6, 0))


def test_a_record_too_far_ahead_is_refused(stage: Stage) -> None:
    goods = stage.open(2, endorsed=False)
    with pytest.raises(RuleBroken, match="too far ahead"):
        stage.hand(MAKER, CARRIER, (goods, 33, 2))
    with pytest.raises(RuleBroken, match="too far ahead"):
        stage.split(MAKER, goods, 40, 1, 1)


def test_steps_are_listed_in_the_order_of_custody_not_of_clocks(stage: Stage) -> None:
    """Each later handoff of one block says that it happened before the earlier one, as skewed scanners do."""
    shipment = stage.open(4, lot="L-CLOCK")
    stage.attest("L-CLOCK")
    stage.pass_time(DAY)
    way = (MAKER, CARRIER, OCEAN, WAREHOUSE, SHOP)
    for sequence, (giver, taker) in enumerate(pairwise(way)):
        occurred = stage.now - sequence * HOUR
        stage.submit(stage.scribe_handoff(giver, taker, (shipment, sequence, 4), occurred_at=occurred), giver, taker)
    stage.settle()
    view = stage.view(shipment)
    assert [step.by[-1].id for step in view.steps] == list(way)
    times = [step.at for step in view.steps[1:]]
    assert times == sorted(times, reverse=True), "so the clocks say the opposite"
    (journey,) = stage.node.reader.products.look_up(f"01/{GTIN}/10/L-CLOCK")["journey"]
    assert [step["at"] for step in journey["steps"]] == [step.at for step in view.steps]
