"""Positions, triggers and drafts: from histories of custody to records that people may sign."""

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from ledger.client.drafts import completed
from ledger.codes import Outcome, Purpose
from ledger.common.canonical import canonical_json
from ledger.common.ids import PartnerId
from ledger.errors import MalformedRecord
from ledger.planning.allocate import Available, Pair, Spot, Transfer, Way
from ledger.planning.plan_file import PlanFile, Rules, parse_plan
from ledger.planning.positions import Position, Positions, positions_of
from ledger.planning.transfer_drafts import transfer_drafts
from ledger.planning.trigger import trigger
from ledger.records.content_checks import check_content
from ledger.records.shipment_ids import child_id
from ledger.records.types import Attestation, Claims, Goods, Recall, Revocation, ShipmentTerms, Split
from ledger.records.wallet_input import envelope_from_wallet
from ledger.shipments.history import Journeys
from ledger.stock.expiry import EXPIRY
from ledger.stock.holdings import Stock
from tests.unit.history import CARRIER, DAY, MAKER, SHOP, History

NORTH, SOUTH = 77, 78
A, B = "09506000134352", "09506000134369"
SAME = "{warehouse = 7, gtin = '09506000134352', packages = 2}"


def goods(packages: int, gtin: str = A, lot: str = "L1") -> list[Goods]:
    return [Goods(bytes(16), gtin, lot, bytes(32), packages * 12, "H87", "", "")]


def plan_file(**rules: object) -> PlanFile:
    said = "\n".join(f"{name} = {value!r}" for name, value in rules.items())
    text = f"""
        lading = "plan/1"
        currency = "EUR"
        window_days = 10
        warehouses = [{{partner = {NORTH}, place = "DEHAM"}}, {{partner = {SOUTH}, place = "DE"}}]
        products = [{{gtin = "{A}", value = 100}}]
        [rules]
        {said}
    """
    return parse_plan(text.encode())


def delivered(history: History, to: int, day: int, packages: int, gtin: str = A) -> bytes:
    shipment = history.terms(
        known=(day - 1) * DAY, holder=CARRIER, consignee=to, packages=packages, contents=goods(packages, gtin)
    )
    history.handoff(shipment, CARRIER, to, day * DAY, packages=packages)
    return shipment


def sold(history: History, by: int, parent: bytes, day: int, packages: int, to: int = SHOP) -> bytes:
    onward = history.terms(
        known=day * DAY - 100, consignor=by, holder=by, consignee=to, purpose=Purpose.ONWARD, parents=[parent],
        packages=packages, contents=goods(packages),
    )  # fmt: skip
    history.handoff(onward, by, CARRIER, day * DAY, packages=packages)
    return onward


def positions(history: History, day: int, plan: PlanFile) -> Positions:
    journeys = Journeys(history.records)
    return positions_of(Stock(journeys), journeys, plan, day * DAY, lambda _: True)


def test_stock_demand_and_turnover_follow_from_custody() -> None:
    history = History()
    first = delivered(history, NORTH, 12, 30)
    delivered(history, NORTH, 12, 40)
    delivered(history, NORTH, 2, 7, B)
    sold(history, NORTH, first, 17, 30)
    history.terms(known=19 * DAY, holder=CARRIER, consignee=NORTH, packages=9, contents=goods(9), promisedAt=21 * DAY)
    history.terms(known=3 * DAY, holder=CARRIER, consignee=NORTH, packages=8, contents=goods(8), promisedAt=4 * DAY)
    found = positions(history, 20, plan_file())
    spot = Spot(NORTH, A)
    position = found.of[spot]
    assert (position.on_hand, position.sold, position.overdue) == (40, 30, 8)
    assert [packages for _, packages in position.due] == [9]
    assert found.per_day(spot) == 3
    # 40 packages for 8 days and 30 for 5 days, over ten days: 47 on average.
    assert position.held == (40 * 8 + 30 * 5) * DAY
    assert found.turnover(spot) == Fraction(300, 470)
    assert found.target(spot) == 90
    assert found.of[Spot(NORTH, B)].on_hand == 7
    assert found.holds[NORTH] == 47
    # 40 + 9 packages at three a day.
    assert found.stock_out_at(spot) == 20 * DAY + 49 * DAY // 3


def test_what_goes_to_another_warehouse_is_no_demand_and_mixed_goods_are_left_out() -> None:
    history = History()
    first = delivered(history, NORTH, 12, 30)
    sold(history, NORTH, first, 15, 30, to=SOUTH)
    mixed = history.terms(
        known=11 * DAY, consignee=SOUTH, packages=5, contents=[*goods(2), *goods(3, B)], holder=CARRIER
    )
    history.handoff(mixed, CARRIER, SOUTH, 12 * DAY, packages=5)
    found = positions(history, 20, plan_file())
    assert found.of[Spot(NORTH, A)].sold == 0
    assert found.left_out == 1
    assert found.holds[SOUTH] == 5


def test_only_what_the_reader_may_read_counts() -> None:
    history = History()
    delivered(history, NORTH, 12, 30)
    journeys = Journeys(history.records)
    found = positions_of(Stock(journeys), journeys, plan_file(), 20 * DAY, lambda _: False)
    assert found.of == {}


@pytest.mark.parametrize("seed", range(40))
def test_the_stock_out_is_that_of_a_simulation(seed: int) -> None:
    """Second by second, for demand and times of a few seconds."""
    rng = random.Random(seed)
    plan = plan_file()
    window = plan.window_days * DAY
    position = Position(on_hand=rng.randrange(0, 6), sold=rng.randrange(1, 9) * window // 12)
    position.due = sorted((1_000 + rng.randrange(0, 60), rng.randrange(1, 5)) for _ in range(rng.randrange(0, 4)))
    spot = Spot(NORTH, A)
    found = Positions(1_000, plan, {spot: position}, {}, 0)
    per_second = Fraction(position.sold, window)
    stock, second, due = Fraction(position.on_hand), 1_000, dict[int, int]()
    for at, packages in position.due:
        due[at] = due.get(at, 0) + packages
    stock += due.get(second, 0)
    while stock >= per_second:
        stock -= per_second
        second += 1
        stock += due.get(second, 0)
    assert found.stock_out_at(spot) == second


def position_of(on_hand: int, sold: int, held_days: int = 1) -> Position:
    return Position(on_hand=on_hand, sold=sold, held=held_days * DAY)


def orders(of: Mapping[Spot, Position], plan: PlanFile, space: Mapping[int, Available] | None = None) -> list[Transfer]:
    ways = {Pair(NORTH, SOUTH): Way(5, 100), Pair(SOUTH, NORTH): Way(5, 100)}
    return list(trigger(Positions(0, plan, of, {}, 0), ways, space or {}).orders)


def test_an_order_brings_stock_up_to_its_target() -> None:
    of = {Spot(NORTH, A): position_of(100, 0), Spot(SOUTH, A): position_of(10, 20)}
    (order,) = orders(of, plan_file(lead_days=4, safety_days=2, cover_days=20))
    assert (order.origin, order.destination, order.packages) == (NORTH, SOUTH, 30)
    assert orders(of, plan_file(lead_days=4, safety_days=1)) == [], "ten packages last five days"


def test_an_order_is_made_where_stock_lies_below_a_threshold() -> None:
    """Even where nothing leaves, so that no date says so; of what is due, too."""
    of = {Spot(NORTH, A): position_of(100, 0), Spot(SOUTH, A): position_of(10, 0)}
    plan = plan_file()
    assert orders(of, plan) == []
    (order,) = orders(of, replace(plan, thresholds={Spot(SOUTH, A): 40, Spot(NORTH, A): 80}))
    assert (order.packages, order.charge) == (20, 100), "whoever gives keeps its own threshold"
    of[Spot(SOUTH, A)].due.append((DAY, 30))
    assert orders(of, replace(plan, thresholds={Spot(SOUTH, A): 40})) == []
    (order,) = orders(of, replace(plan, thresholds={Spot(SOUTH, A): 41}, targets={Spot(SOUTH, A): 50}))
    assert order.packages == 10, "up to its target"
    found = Positions(0, replace(plan, thresholds={Spot(SOUTH, A): 41}), of, {}, 0)
    watch = trigger(found, {}, {}).watched[1]
    assert (watch.threshold, watch.triggered, watch.stock_out_at, watch.short) == (41, True, None, 1)


def test_a_threshold_is_read_from_the_file() -> None:
    said = {"lading": "plan/1", "currency": "EUR", "warehouses": [{"partner": NORTH}],
            "thresholds": [{"warehouse": NORTH, "gtin": A, "packages": 4}]}  # fmt: skip
    assert parse_plan(canonical_json(said)).thresholds == {Spot(NORTH, A): 4}


def test_whoever_gives_keeps_what_it_needs_itself() -> None:
    of = {Spot(NORTH, A): position_of(100, 80), Spot(SOUTH, A): position_of(0, 20)}
    (order,) = orders(of, plan_file(keep_days=12, lead_days=1))
    assert order.packages == 4


def test_fast_goods_come_first_where_space_is_short() -> None:
    of = {
        Spot(NORTH, A): position_of(100, 0), Spot(SOUTH, A): position_of(1, 20, held_days=100),
        Spot(NORTH, B): position_of(100, 0), Spot(SOUTH, B): position_of(5, 20, held_days=10),
    }  # fmt: skip
    room = {SOUTH: Available(40)}
    assert [o.gtin for o in orders(of, plan_file(priority="turnover"), room)] == [B]
    assert [o.gtin for o in orders(of, plan_file(priority="stock_out"), room)] == [A]
    plan = trigger(Positions(0, plan_file(priority="turnover"), of, {}, 0), {Pair(NORTH, SOUTH): Way(5, 100)}, room)
    shorts = {watch.gtin: watch.short for watch in plan.watched if watch.warehouse == SOUTH}
    assert shorts == {A: 59, B: 15}
    assert plan.moving == 40 * 5 + 100


def test_drafts_split_the_oldest_goods_and_are_records_to_sign() -> None:
    history = History()
    old = delivered(history, NORTH, 3, 30)
    new = delivered(history, NORTH, 5, 30)
    plan = plan_file(lead_days=3)
    found = positions(history, 20, plan)
    transfers = [_transfer(35), _transfer(10), _transfer(40)]
    made = transfer_drafts(transfers, found.of, plan, 20 * DAY, lambda _: 1)
    assert made.short == {2: 25}
    split, *terms = [envelope_from_wallet(completed(draft.template, 20 * DAY)).record for draft in made.drafts]
    assert isinstance(split, Split)
    assert (split.shipment, split.sequence, split.by) == (new, 1, NORTH)
    assert [child.packages for child in split.children] == [5, 10, 15]
    taken = [{ref.shipment for ref in one.parents} for one in terms if isinstance(one, ShipmentTerms)]
    assert taken == [{old, child_id(new, 1, 0)}, {child_id(new, 1, 1)}, {child_id(new, 1, 2)}]
    for record, packages in zip(terms, (35, 10, 15), strict=True):
        assert isinstance(record, ShipmentTerms)
        check_content(record, 20 * DAY)
        assert (record.packages, record.consignor, record.consignee) == (packages, NORTH, SOUTH)
        assert record.commercial.promisedAt == 23 * DAY  # type: ignore[union-attr]
        assert record.commercial.penaltyCap == min(7 * packages, 10 * packages)  # type: ignore[union-attr]
        assert record.contents[0].quantity == packages * 12  # type: ignore[index,union-attr]
    assert made.drafts[0].signers == (NORTH,)
    assert {draft.signers for draft in made.drafts[1:]} == {(NORTH,)}
    assert not any(draft.template.get("signatures") for draft in made.drafts)


def test_goods_that_the_chain_does_not_have_are_in_no_draft() -> None:
    history = History()
    delivered(history, NORTH, 3, 30)
    plan = plan_file()
    made = transfer_drafts([_transfer(5)], positions(history, 20, plan).of, plan, 20 * DAY, lambda _: None)
    assert (made.drafts, made.short) == ((), {0: 5})


def _transfer(packages: int) -> Transfer:
    return Transfer(PartnerId(NORTH), PartnerId(SOUTH), A, packages, 0, (), 7 * packages)


def test_a_plan_file_reads_the_same_as_json() -> None:
    json = b"""{"lading": "plan/1", "currency": "EUR", "warehouses": [{"partner": 7, "space": 5}],
        "demand": [{"warehouse": 7, "gtin": "9506000134352", "packages": 3}], "rules": {"most_sites": 2}}"""
    toml = b"""
        lading = "plan/1"
        currency = "EUR"
        [[warehouses]]
        partner = 7
        space = 5
        [[demand]]
        warehouse = 7
        gtin = "9506000134352"
        packages = 3
        [rules]
        most_sites = 2
    """
    one, other = parse_plan(json), parse_plan(toml)
    assert one.demand == other.demand == {Spot(7, A): 3}
    assert one.rules == other.rules == Rules(most_sites=2)
    assert one.stock is None
    assert one.sha256 != other.sha256


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ('currency = "eur"', "currency"),
        ("window_days = 0", "window_days"),
        ("window_days = 1.5", "window_days"),
        ("colour = 1", "colour"),
        ("stock = [{warehouse = 9, gtin = '9506000134352', packages = 1}]", "stock[0].warehouse"),
        ("stock = [{warehouse = 7, gtin = '9506000134353', packages = 1}]", "stock[0].gtin"),
        ("ways = [{from = 7, to = 7}]", "ways[0]"),
        ("ways = [{from = 7, to = 8, per_package = -1}]", "ways[0].per_package"),
        ("shares = [{warehouse = 7, area = 'DE', on_time = 2, deliveries = 1}]", "shares[0].on_time"),
        ("areas = [{area = ' ', packages = 1}]", "areas[0].area"),
        ("rules = {priority = 'alphabet'}", "rules.priority"),
        ("targets = [{warehouse = 7, gtin = '9506000134352', packages = 1}, SAME]", "targets[1]"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_its_place(change: str, where: str) -> None:
    currency = "" if change.startswith("currency") else 'currency = "EUR"'
    said = change.replace("SAME", SAME)
    text = f'lading = "plan/1"\n{currency}\nwarehouses = [{{partner = 7}}, {{partner = 8}}]\n{said}\n'
    with pytest.raises(MalformedRecord) as refused:
        parse_plan(text.encode())
    assert refused.value.where == where


def recalled(history: History, by: int, lots: str, day: int, instead: bytes = bytes(32), gtin: str = A) -> bytes:
    record = Recall(by, f"01/{gtin}", lots, 1, 1, "", instead, day * DAY, history.details())
    return history.log(record, [by], day * DAY, outcomes=[Outcome.APPLIED]).id


def test_recalled_goods_are_in_no_plan_until_their_author_takes_it_back() -> None:
    history = History()
    delivered(history, NORTH, 12, 30)
    delivered(history, SOUTH, 12, 7)
    first = recalled(history, NORTH, '[{"lot":"L1"}]', 13)
    found = positions(history, 20, plan_file())
    assert found.unfit == 37
    assert all(not one.on_hand and not one.lots for one in found.of.values())
    recalled(history, NORTH, '[{"lot":"L2"}]', 14, first)  # about another lot, in its place
    found = positions(history, 20, plan_file())
    assert (found.unfit, found.of[Spot(NORTH, A)].on_hand, found.of[Spot(SOUTH, A)].on_hand) == (0, 30, 7)
    whole = recalled(history, NORTH, "", 15)
    recalled(history, SOUTH, '[{"lot":"L3"}]', 16, whole)  # nobody takes back what others recalled
    assert positions(history, 20, plan_file()).unfit == 37
    revoked = Revocation(NORTH, whole, 1, 18 * DAY, history.details())
    history.log(revoked, [NORTH], 17 * DAY, outcomes=[Outcome.APPLIED])
    assert positions(history, 20, plan_file()).unfit == 0


def test_a_recall_is_not_replaced_by_one_taken_back_nor_by_one_of_other_goods() -> None:
    history = History()
    delivered(history, NORTH, 12, 30)
    first = recalled(history, NORTH, '[{"lot":"L1"}]', 13)
    recalled(history, NORTH, "", 14, first, gtin=B)
    assert positions(history, 20, plan_file()).unfit == 30
    second = recalled(history, NORTH, '[{"lot":"L2"}]', 14, first)
    assert positions(history, 20, plan_file()).unfit == 0
    revoked = Revocation(NORTH, second, 1, 16 * DAY, history.details())
    history.log(revoked, [NORTH], 15 * DAY, outcomes=[Outcome.APPLIED])
    assert positions(history, 20, plan_file()).unfit == 30


def test_what_is_past_its_expiry_is_in_no_plan() -> None:
    history = History()
    history.brand(MAKER)
    delivered(history, NORTH, 12, 30)
    until = 20 * DAY
    none, claims = bytes(32), Claims(bytes(16), "")
    expiry = Attestation(MAKER, EXPIRY, f"01/{A}/10/L1", none, 0, until, none, claims, none, history.details())
    history.log(expiry, [MAKER], 8 * DAY, outcomes=[Outcome.APPLIED])
    assert [positions(history, day, plan_file()).unfit for day in (20, 21)] == [0, 30]
