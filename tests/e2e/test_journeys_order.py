"""Records that arrive in another order than they were signed in: they wait, and the end is the same."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ledger.codes import (
    Assurance,
    ClearanceStatus,
    Gate,
    HoldCause,
    Purpose,
    Regime,
    ShipmentState,
    SplitReason,
    StatementKind,
)
from ledger.custody import child_id, remainder_id
from ledger.errors import RuleBroken
from ledger.ids import RecordId
from ledger.penalties import DAY
from ledger.records import Child, Record, Require, ShipmentRef, Split
from ledger.services import holdings
from ledger.signing import SignedRecord, SigningKey
from ledger.store import shipments
from scripts.demo.scribe import NO_KEY, Deal, details, place
from tests.e2e.stage import (
    BROKER,
    CARRIER,
    CONSUMER,
    HOUR,
    LOT,
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

FORTNIGHT = 14 * DAY


@dataclass
class Journey:
    """Signed on docks without a network; submitted whenever somebody comes by."""

    stage: Stage
    signed: list[SignedRecord] = field(default_factory=list)

    def sign(self, record: Record, *signers: int | SigningKey) -> RecordId:
        self.signed.append(self.stage.trial.signed(record, *self.stage.keys(signers)))
        return self.stage.trial.node.domain.record_id(record)

    def terms(self, packages: int, *parents: tuple[bytes, int], purpose: Purpose = Purpose.ORIGINAL) -> RecordId:
        onward = bool(parents)
        export = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True)
        terms = self.stage.scribe.terms(
            Deal("PO", 100_00, 10_00, self.stage.now + 9 * DAY, 10, 1000, CARRIER, SHOP),
            LOT,
            consignor=SHOP if onward else MAKER,
            consignee=0 if onward else SHOP,
            holder=WAREHOUSE if onward else MAKER,
            packages=packages,
            requires=() if onward else (export,),
            purpose=purpose,
            parents=tuple(ShipmentRef(*parent) for parent in parents),
            recipient_key=CONSUMER.address if onward else NO_KEY,
        )
        return self.sign(terms, *((SHOP, WAREHOUSE) if onward else (MAKER,)))

    def hand(self, releaser: int, receiver: int, *items: tuple[bytes, int, int, int]) -> None:
        lines = [(RecordId(item[0]), *item[1:3], item[3]) for item in items]
        record = self.stage.scribe.handoff(lines, releaser, receiver, place("NZ", "", ""))  # type: ignore[arg-type]
        self.sign(record, releaser, receiver or CONSUMER)

    def clear(self, by: int, status: ClearanceStatus, *items: tuple[bytes, int]) -> None:
        backed = Assurance.BROKER_WORD if by == BROKER else Assurance.AUTHORITY_SIGNED
        cause = HoldCause.RISK if status == ClearanceStatus.HELD else None
        listed = [(RecordId(shipment), sequence) for shipment, sequence in items]
        record = self.stage.scribe.clearance(
            by, listed, "NZ", Regime.EXPORT, status, declarant=BROKER, cause=cause, assurance=backed
        )
        self.sign(record, by)


def travel(stage: Stage) -> Journey:
    """Two shipments: refused once, short, split, merged with what was missing, on to a consumer; nothing is lost."""
    way = Journey(stage)
    one, other = way.terms(6), way.terms(2)
    way.hand(MAKER, CARRIER, (one, 0, 6, NONE), (other, 0, 2, NONE))
    for sequence, (by, status) in enumerate(
        (
            (BROKER, ClearanceStatus.LODGED),
            (NZ, ClearanceStatus.PRESENTED),
            (NZ, ClearanceStatus.HELD),
            (NZ, ClearanceStatus.RELEASED),
        )
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
    with stage.trial.node.db.read() as connection:
        for row in shipments.listing(connection, limit=1000):
            holding = holdings.holding_of(row)
            slot = holding.slot
            if slot.state != ShipmentState.OPEN:
                slot = replace(slot, requirements=tuple(replace(r, released=False) for r in slot.requirements))
            found[row.shipment] = slot.pack(), holding.recipient_key
            for clearance in shipments.clearances(connection, row.shipment):
                key = row.shipment + clearance.jurisdiction.encode() + bytes([clearance.regime])
                found[key] = clearance.sequence << 8 | clearance.status, b""
    return found


def arrive(stage: Stage, records: Sequence[SignedRecord], settle_at: set[int]) -> None:
    """Submit in this order; the chain catches up after those of `settle_at`, and in the end."""
    for i, signed in enumerate(records):
        stage.trial.node.submission.submit(signed)
        if i in settle_at:
            stage.settle()
    for _ in range(4):
        stage.settle()
        stage.pass_time(HOUR)


@pytest.fixture(scope="module")
def signed(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[SignedRecord]:
    with staged(founded, tmp_path_factory.mktemp("dock")) as stage:
        return travel(stage).signed


@pytest.fixture(scope="module")
def in_order(
    founded: Path, signed: list[SignedRecord], tmp_path_factory: pytest.TempPathFactory
) -> dict[bytes, tuple[int, bytes]]:
    """The state after every record was submitted and recorded as it was signed."""
    with staged(founded, tmp_path_factory.mktemp("in order")) as stage:
        arrive(stage, signed, set(range(len(signed))))
        return state_of(stage)


def check_permutation(founded: Path, home: Path, signed: list[SignedRecord], seed: int) -> dict[bytes, object]:
    chance = random.Random(seed)
    records = chance.sample(signed, len(signed))
    with staged(founded, home) as stage:
        arrive(stage, records, set(chance.sample(range(len(records)), len(records) // 3)))
        reading = stage.trial.node.reading
        waiting = [r for r in reading.records(limit=1000) if r.chain.status == "pending" or r.chain.problem]
        assert not waiting, [(r.type, r.chain) for r in waiting]
        stage.audited()
        return dict(state_of(stage))


@pytest.mark.parametrize("seed", [0, 101, 103])
def test_any_order_of_arrival_ends_in_the_same_state(
    founded: Path, tmp_path: Path, signed: list[SignedRecord], in_order: dict[bytes, object], seed: int
) -> None:
    assert check_permutation(founded, tmp_path / "home", signed, seed) == in_order


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_orders_of_arrival_end_in_the_same_state(
    founded: Path, tmp_path: Path, signed: list[SignedRecord], in_order: dict[bytes, object], seed: int
) -> None:
    assert check_permutation(founded, tmp_path / "home", signed, seed) == in_order


def test_the_last_record_first_waits_visibly_and_applies_when_the_others_come(stage: Stage) -> None:
    way = Journey(stage)
    goods = way.terms(6)
    way.hand(MAKER, CARRIER, (goods, 0, 6, NONE))
    way.hand(CARRIER, SHOP, (goods, 1, 6, NONE))
    reading, ids = stage.trial.node.reading, [stage.trial.node.domain.record_id(s.record) for s in way.signed]
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
    track = stage.track(stage.trial.node.domain.record_id(way.signed[2].record))
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
    record_id = stage.trial.node.domain.record_id(way.signed[1].record)
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
