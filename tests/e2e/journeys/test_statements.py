"""What a holder says of goods: offered and not taken, in a locker, lost, left, sold, destroyed, abandoned."""

import pytest

from ledger.cli.demo.cast import GTIN
from ledger.codes import Purpose, StatementKind
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.types import ShipmentRef
from ledger.services.views.lists.shipment_list import ShipmentQuery
from ledger.services.views.records import PUBLIC
from ledger.shipments.default_terms import TENDER_WINDOW
from tests.e2e.stage import (
    ALPHA,
    CARRIER,
    CONSUMER,
    HOUR,
    LOCKER,
    MAKER,
    PROMISED,
    REFUSED,
    SECOND,
    SHOP,
    WAREHOUSE,
    Stage,
    key_of,
)

GRACE = DAY // 2


@pytest.fixture
def offered(stage: Stage) -> bytes:
    """A shipment with the carrier, a day late."""
    goods = stage.open(10)
    opened = stage.now
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.clock.move_to(opened + PROMISED + GRACE + DAY)
    return goods


# --- tender and contest ---------------------------------------------------------------------------------------------


def test_an_uncontested_tender_stops_the_clock_and_is_no_delivery(stage: Stage, offered: bytes) -> None:
    stage.state(StatementKind.TENDER, CARRIER, offered, 1, SHOP)
    assert stage.status(offered) == "tendered"
    stage.pass_time(TENDER_WINDOW + HOUR)
    penalty = stage.penalty(offered, at=stage.now)
    assert (penalty.late_seconds, penalty.amount, penalty.settled) == (DAY, ALPHA, True)
    assert stage.held_by(offered)[0] == CARRIER
    stage.audited()


@pytest.mark.parametrize("contester", [SHOP, MAKER])
def test_a_tender_contested_in_time_is_disputed_for_thirty_days_and_then_stops_nothing(
    stage: Stage, offered: bytes, contester: int
) -> None:
    stage.state(StatementKind.TENDER, CARRIER, offered, 1, SHOP)
    stage.pass_time(2 * DAY)
    stage.state(StatementKind.CONTEST, contester, offered, 1)
    assert stage.status(offered) == "tendered", "while that is disputed"
    stage.pass_time(DAY)
    stage.hand(CARRIER, SHOP, (offered, 1, 10))
    disputed = stage.penalty(offered, at=stage.now)
    assert (disputed.amount, disputed.frozen) == (ALPHA, ALPHA * 15)
    fallen = stage.penalty(offered, at=stage.now + 30 * DAY)
    assert (fallen.amount, fallen.frozen, fallen.settled) == (ALPHA * 16, 0, True)


def test_a_contest_after_the_window_comes_too_late(stage: Stage, offered: bytes) -> None:
    stage.state(StatementKind.TENDER, CARRIER, offered, 1, SHOP)
    stage.pass_time(TENDER_WINDOW + HOUR)
    stage.state(StatementKind.CONTEST, SHOP, offered, 1)
    assert stage.penalty(offered, at=stage.now).late_seconds == DAY
    assert stage.status(offered) == "tendered", "a contest that comes too late changes nothing"


def test_no_operator_suppresses_a_tender(stage: Stage, offered: bytes) -> None:
    tender = stage.statement(StatementKind.TENDER, CARRIER, offered, 1, SHOP)
    record = stage.straight_to_the_contract(tender, CARRIER)
    assert stage.outcome(record) == ["applied"]
    assert stage.status(offered) == "tendered"
    stage.audited()


def test_only_the_holder_tenders_to_the_consignee_and_only_its_sides_contest(stage: Stage, offered: bytes) -> None:
    with pytest.raises(RuleBroken, match="does not hold"):
        stage.state(StatementKind.TENDER, SECOND, offered, 1, SHOP)
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.state(StatementKind.TENDER, CARRIER, offered, 1, MAKER)
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.state(StatementKind.CONTEST, CARRIER, offered, 1)


def test_a_counter_signed_refusal_stops_the_clock_and_leaves_the_goods(stage: Stage, offered: bytes) -> None:
    stage.hand(CARRIER, SHOP, (offered, 1, 0, REFUSED))
    assert stage.held_by(offered) == (CARRIER, 10, 2)
    assert stage.penalty(offered).amount == ALPHA
    assert stage.view(offered).steps[-1].text == "Partner 7 refused to take it from Partner 3; it stays with Partner 3"
    assert stage.status(offered) == "refused", "the last thing that happened is the consignee's refusal"
    stage.hand(CARRIER, SECOND, (offered, 2, 10))
    assert stage.status(offered) == "in transit"
    stage.hand(SECOND, WAREHOUSE, (offered, 3, 0, REFUSED))
    assert stage.status(offered) == "in transit", "a refusal by somebody else ends nothing"


def test_a_contest_at_another_step_leaves_the_tender_standing_in_the_status_and_in_the_penalty(
    stage: Stage, offered: bytes
) -> None:
    early = stage.now
    stage.state(StatementKind.TENDER, CARRIER, offered, 1, SHOP)
    stage.state(StatementKind.CONTEST, SHOP, offered, 0)
    assert stage.status(offered) == "tendered"
    stage.pass_time(DAY)
    stop = stage.penalty(offered, at=stage.now).portions[0].stop
    assert stop is not None
    assert stop.occurred_at == early
    contest = stage.view(offered).steps[-1]
    assert not contest.counts
    assert "no tender at this step" in contest.note


def test_a_tender_for_a_step_at_which_its_maker_did_not_hold_the_goods_counts_nowhere(stage: Stage) -> None:
    goods = stage.open(4)
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    stage.hand(CARRIER, SECOND, (goods, 1, 4))
    stage.straight_to_the_contract(stage.statement(StatementKind.TENDER, SECOND, goods, 1, SHOP), SECOND)
    step = stage.view(goods).steps[-1]
    assert (step.kind, step.outcome) == ("tender", "applied")
    assert not step.counts
    assert step.note == "It counts nowhere: Partner 4 did not hold the goods then."
    assert stage.status(goods) == "in transit"
    assert stage.penalty(goods, at=stage.now).portions[0].stop is None


def test_a_doorstep_delivery_to_a_consumer_is_tendered_and_contested_with_the_one_time_key(stage: Stage) -> None:
    opened = stage.now
    order = stage.open(1, consignor=SHOP, consignee=0, recipient_key=CONSUMER.address, beneficiary=SHOP)
    stage.hand(SHOP, CARRIER, (order, 0, 1))
    stage.clock.move_to(opened + PROMISED + GRACE + DAY)
    stage.state(StatementKind.TENDER, CARRIER, order, 1, 0)
    assert stage.status(order) == "tendered"
    stage.pass_time(DAY)
    with pytest.raises(NotPermitted, match="no part"):
        stage.state(StatementKind.CONTEST, key_of("a neighbour"), order, 1)
    stage.state(StatementKind.CONTEST, CONSUMER, order, 1)
    disputed = stage.penalty(order, at=stage.now).portions[0]
    assert (disputed.late_seconds, disputed.late_seconds_high) == (DAY, 2 * DAY)
    stage.pass_time(31 * DAY)
    assert stage.status(order) == "in transit", "it fell"
    stage.audited()


def test_a_lockers_receipt_stops_the_clock_before_the_consumer_comes(stage: Stage) -> None:
    opened = stage.now
    order = stage.open(1, consignor=SHOP, consignee=0, recipient_key=CONSUMER.address, beneficiary=SHOP)
    stage.hand(SHOP, CARRIER, (order, 0, 1))
    stage.clock.move_to(opened + PROMISED + GRACE + DAY)
    stage.hand(CARRIER, LOCKER, (order, 1, 1))
    assert stage.status(order) == "in transit", "a locker's receipt is no delivery"
    stage.pass_time(4 * DAY)
    stage.hand(LOCKER, 0, (order, 2, 1), by=(LOCKER, CONSUMER))
    assert stage.status(order) == "delivered"
    assert stage.penalty(order).late_seconds == DAY
    stage.audited()


# --- endings --------------------------------------------------------------------------------------------------------

ENDINGS = {
    StatementKind.LOST: ("lost", None),
    StatementKind.LEFT: ("left", None),
    StatementKind.SOLD: ("sold", None),
    StatementKind.DESTROYED: ("destroyed", MAKER),
    StatementKind.ABANDONED: ("abandoned", SHOP),
}


def test_what_has_ended_takes_nothing_more_and_says_why(stage: Stage) -> None:
    goods = {kind: stage.open(2, endorsed=False) for kind in ENDINGS}
    stage.hand(MAKER, CARRIER, *((one, 0, 2) for one in goods.values()))
    for kind, (status, witness) in ENDINGS.items():
        stage.state(kind, CARRIER, goods[kind], 1, witness or 0, witness=witness)
        assert stage.status(goods[kind]) == status
        refused = (
            lambda one: stage.hand(CARRIER, SHOP, (one, 1, 2)),
            lambda one: stage.split(CARRIER, one, 1, 1, 1),
            lambda one: stage.state(StatementKind.LOST, CARRIER, one, 1),
            lambda one: stage.state(StatementKind.TENDER, CARRIER, one, 1, SHOP),
            lambda one: stage.open(
                2, consignor=SHOP, holder=CARRIER, parents=(ShipmentRef(one, 1),), purpose=Purpose.ONWARD
            ),
        )
        for act in refused:
            with pytest.raises(RuleBroken, match="ended") as error:
                act(goods[kind])
            assert status in error.value.found.lower()
    with pytest.raises(RuleBroken, match="ended"):
        stage.state(StatementKind.FOUND, CARRIER, goods[StatementKind.LOST], 1)
    stage.audited()


def test_who_ends_it_must_hold_it_and_destruction_needs_a_witness_who_is_a_party(stage: Stage) -> None:
    goods = stage.open(2, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 2))
    with pytest.raises(RuleBroken, match="does not hold"):
        stage.state(StatementKind.LOST, MAKER, goods, 1)
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.state(StatementKind.DESTROYED, CARRIER, goods, 1, SECOND, witness=SECOND)
    with pytest.raises(RuleBroken, match="signatures are missing"):
        stage.trial.sign_and_submit(
            stage.statement(StatementKind.DESTROYED, CARRIER, goods, 1, MAKER), stage.parties[CARRIER]
        )


def test_a_delivered_shipment_can_still_be_sold(stage: Stage) -> None:
    goods = stage.open(2, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 2))
    stage.hand(CARRIER, SHOP, (goods, 1, 2))
    stage.state(StatementKind.SOLD, SHOP, goods, 2)
    assert stage.status(goods) == "sold"


def test_lost_goods_cost_what_never_delivered_goods_cost(stage: Stage, offered: bytes) -> None:
    other = stage.open(10)
    never = stage.penalty(offered, at=stage.now + 60 * DAY)
    assert never.amount == never.cap
    stage.state(StatementKind.LOST, CARRIER, offered, 1)
    lost = stage.penalty(offered)
    assert (lost.late_seconds, lost.amount, lost.settled) == (30 * DAY, lost.cap, True)
    assert stage.penalty(other).amount == 0


def test_a_code_is_off_the_market_only_when_its_whole_lot_is(stage: Stage) -> None:
    """Which serials were in a shipment is not told: while any of the lot may be about, this may be one of them."""
    look = stage.node.reader.products.look_up
    first, second = (stage.open(2, lot="L-GONE", endorsed=False) for _ in range(2))
    code = f"01/{GTIN}/10/L-GONE/21/000001"
    stage.attest("L-GONE")
    stage.state(StatementKind.DESTROYED, MAKER, first, 0, SHOP, witness=SHOP)
    stage.pass_time(HOUR)
    assert look(code)["verdict"] == "authentic"
    stage.state(StatementKind.DESTROYED, MAKER, second, 0, SHOP, witness=SHOP)
    stage.pass_time(HOUR)
    answer = look(code)
    assert answer["verdict"] == "risk"
    assert "This item was destroyed" in " ".join(reason["text"] for reason in answer["why"])


def test_a_list_says_where_goods_stand_as_their_own_pages_do(stage: Stage) -> None:
    """What is not on its straight way is kept for lists: it follows the log, and the clock where nothing is logged."""
    views, both = stage.node.reader.views, [stage.open() for _ in range(2)]
    lists = stage.node.reader.lists
    stage.hand(MAKER, CARRIER, *((one, 0, 10) for one in both))
    stage.pass_time(10 * DAY)
    seen = []

    def look() -> None:
        listed = {one.id: one.status for one in lists.page(ShipmentQuery(), PUBLIC, 100).shipments}
        assert [listed[to_hex(one)] for one in both] == [views.shipment(one).summary.status for one in both]
        seen.append(tuple(listed[to_hex(one)] for one in both))

    look()
    for one in both:
        stage.state(StatementKind.TENDER, CARRIER, one, 1, SHOP)
        look()
    stage.state(StatementKind.CONTEST, SHOP, both[0], 1)
    look()
    stage.clock.advance(31 * DAY)
    look()
    moving, offered = "in transit", "tendered"
    assert seen[:3] == [(moving, moving), (offered, moving), (offered, offered)]
    assert seen[-1] == (moving, offered), "a contested tender falls after 30 days, though nothing was logged"
