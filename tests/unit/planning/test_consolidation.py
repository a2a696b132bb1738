"""Consolidation: the cheapest manifests of all, shares that add up, and goods that do not go together kept apart."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib import resources
from time import process_time
from typing import Any

import pytest

from ledger.attested.rate_card import Rate, RateCard, Ratio
from ledger.client.drafts import completed
from ledger.codes import Mode, Outcome, Purpose, StatementKind
from ledger.common.figure import json_schema, to_json
from ledger.common.ids import RecordId
from ledger.common.scopes import schema_hash
from ledger.custody.shape import check_shape
from ledger.errors import MalformedRecord, RuleBroken
from ledger.planning.consolidation.classes import Unfit, parse_classes
from ledger.planning.consolidation.drafts import manifest_drafts
from ledger.planning.consolidation.gathering import filled, gatherings, lots_of
from ledger.planning.consolidation.plan import ConsolidationPlan, SharedBy, consolidate
from ledger.planning.consolidation.prices import Asked, Price, collectors_of
from ledger.planning.consolidation.sharing import shares
from ledger.planning.consolidation.waiting import Group, Waiting, waiting
from ledger.planning.distances import Distances
from ledger.records.content_checks import check_content
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation, Claims, Goods
from ledger.records.wallet_input import envelope_from_wallet
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History
from tests.unit.network.test_performance import CHINA, GERMANY

SHIPPED = parse_classes((resources.files("ledger.planning") / "consolidation" / "classes.toml").read_bytes())
THIRD = 44
"""Who brings together."""
CARD = RateCard(
    CARRIER, CARRIER, RecordId(bytes(32)), "EUR", (Rate(Mode.MARITIME, "CN", "DE", 10_000, 100),)
)  # fmt: skip


def number(value: int) -> RecordId:
    return RecordId(value.to_bytes(32, "big"))


def goods(hs: str = "9503", quantity: int = 1, unit: str = "KGM") -> Goods:
    return Goods(SALT, "09506000134352", "", bytes(32), quantity, unit, hs, "")


def parcel(history: History, by: int = MAKER, packages: int = 10, **more: Any) -> bytes:
    fields: dict[str, Any] = {
        "origin": CHINA,
        "destination": GERMANY,
        "mode": 1,
        "contents": (goods(quantity=packages),),
        **more,
    }
    return history.terms(consignor=by, holder=by, packages=packages, **fields)


def weigh(history: History, shipment: bytes, by: int, kilograms: int) -> None:
    none, claims = bytes(32), f'{{"lading":"number/1","unit":"KGM","value":{kilograms}}}'
    record = Attestation(
        by, schema_hash("gross-mass"), f"shipment/0x{shipment.hex()}", none, 0, 400 * DAY, none, Claims(SALT, claims),
        none, history.details(),
    )  # fmt: skip
    history.log(record, (by,), DAY, outcomes=(Outcome.APPLIED,))


def planned(
    history: History, cards: Sequence[RateCard] = (CARD,), collectors: Sequence[Price] = (Price(0, 0, THIRD, None),)
) -> ConsolidationPlan:
    """By default somebody brings goods together for nothing."""
    found, kept_out = waiting(Journeys(history.records), lambda _: True, (SHIPPED, 90 * DAY), lambda _: True)
    return consolidate(found, kept_out, Asked(cards, "EUR", Distances(), collectors))


# --- the cheapest manifests ------------------------------------------------------------------------------------------


def partitions(items: list[int], most: int) -> Iterator[list[list[int]]]:
    """Every way to part `items` into manifests of at most `most`."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for parts in partitions(rest, most):
        yield [[first], *parts]
        for i, part in enumerate(parts):
            if len(part) < most:
                yield [*parts[:i], [first, *part], *parts[i + 1 :]]


def compared(seeds: range) -> int:
    """How many cases had more than one manifest at prices of which not always the same was best."""
    mixed = 0
    for seed in seeds:
        chance = random.Random(seed)
        prices = [
            Price(chance.randint(0, 60), chance.randint(0, 9), partner, number(partner))
            for partner in range(1, chance.randint(2, 4))
        ]
        packages = [chance.randint(1, 12) for _ in range(chance.randint(1, 6))]
        most = chance.randint(1, 4)
        group = Group("CN", "DE", Mode.MARITIME, 0, "general")
        members = [Waiting(number(i), 1, 1, count, None, group) for i, count in enumerate(packages)]
        found = filled(members, prices, most)
        least = min(
            sum(min(price.of(sum(part)) for price in prices) for part in parts) for parts in partitions(packages, most)
        )
        assert sum(manifest.charge for manifest in found) == least, seed
        assert sorted(one.shipment for each in found for one in each.members) == [one.shipment for one in members]
        assert all(len(each.members) <= most for each in found)
        mixed += len({each.price.partner for each in found}) > 1
    return mixed


def test_no_way_to_part_the_shipments_is_cheaper() -> None:
    assert compared(range(500)) > 5


@pytest.mark.drill
def test_no_way_to_part_the_shipments_is_cheaper_in_ten_thousand_cases() -> None:
    assert compared(range(500, 10_500)) > 100


# --- who takes part --------------------------------------------------------------------------------------------------


def some_lots(chance: random.Random) -> tuple[list[Waiting], list[Price], list[Price]]:
    """Few shipments of few consignors with few holders, prices, and prices for bringing together."""
    group = Group("CN", "DE", Mode.MARITIME, 0, "general")
    members = [
        Waiting(number(i), chance.randint(1, 3), chance.randint(11, 13), chance.randint(1, 9), None, group)
        for i in range(chance.randint(1, 6))
    ]
    prices = [Price(chance.randint(0, 40), chance.randint(0, 6), p, number(p)) for p in range(1, chance.randint(2, 4))]
    collectors = [
        Price(chance.randint(0, 12), chance.randint(0, 2), p, None)
        for p in chance.sample([11, 12, 20], chance.randint(0, 2))
    ]
    return members, prices, collectors


def saved_at_most(members: list[Waiting], prices: list[Price], collectors: list[Price]) -> int:
    """By the words of the model: every set of what a consignor has with a holder, brought to every place."""
    lots: dict[tuple[int, int], int] = {}
    for one in members:
        lots[one.consignor, one.holder] = lots.get((one.consignor, one.holder), 0) + one.packages
    alone = {lot: min(p.fixed + p.per_package * n for p in prices) for lot, n in lots.items()}
    best = 0
    for chosen in itertools.product((False, True), repeat=len(lots)):
        taken = [lot for lot, yes in zip(lots, chosen, strict=True) if yes]
        if not taken:
            continue
        packages = sum(lots[lot] for lot in taken)
        together = min(p.fixed + p.per_package * packages for p in prices)
        holders = {holder for _, holder in taken}
        ways = [0] if len(holders) == 1 else []
        for c in collectors:
            far = [lot for lot in taken if lot[1] != c.partner]
            ways.append(c.fixed * len({h for _, h in far}) + c.per_package * sum(lots[lot] for lot in far))
        if ways:
            best = max(best, sum(alone[lot] for lot in taken) - together - min(ways))
    return best


def gathered(seeds: range) -> Counter[str]:
    seen = Counter[str]()
    for seed in seeds:
        members, prices, collectors = some_lots(random.Random(seed))
        lots = lots_of(members, prices)
        made = list(gatherings(lots, prices, collectors))
        best = made[0].bound if made else 0
        assert best == saved_at_most(members, prices, collectors), seed
        for one in made:
            alone = sum(lot.alone for lot in one.lots)
            together = filled([m for lot in one.lots for m in lot.members], prices)
            cost = sum(each.charge for each in together) + sum(one.collected.values())
            assert alone - cost == one.bound > 0, seed
        names = [(lot.consignor, lot.holder) for one in made for lot in one.lots]
        assert len(names) == len(set(names)), seed
        seen["saves"] += bool(made)
        seen["several groups"] += len(made) > 1
        seen["collected"] += any(one.collected for one in made)
        seen["somebody stays apart"] += bool(made) and len(names) < len(lots)
    return seen


def test_no_other_choice_of_who_takes_part_saves_more() -> None:
    seen = gathered(range(600))
    assert min(seen[name] for name in ("saves", "several groups", "collected", "somebody stays apart")) > 5, seen


def test_many_holders_take_no_long_time() -> None:
    """1,200 consignors with 400 holders: each hub is reckoned anew only where it lost something."""
    chance = random.Random(1)
    group = Group("CN", "DE", Mode.MARITIME, 0, "general")
    members = [Waiting(number(i), i, 10_000 + i % 400, chance.randint(1, 9), None, group) for i in range(1, 1_201)]
    prices = [Price(5_000 - 900 * p, 10 + 9 * p, p, number(p)) for p in range(1, 5)]
    lots = lots_of(members, prices)
    begun = process_time()
    made = list(gatherings(lots, prices, [Price(6_000 + p, p % 3, 5_000 + p, None) for p in range(20)]))
    assert process_time() - begun < 10
    assert len(made) == 400, "each holder for itself: fetching costs more than it saves"


@pytest.mark.drill
def test_no_other_choice_saves_more_in_ten_thousand_cases() -> None:
    seen = gathered(range(600, 10_600))
    assert min(seen.values()) > 100, seen


# --- shares ----------------------------------------------------------------------------------------------------------


def test_shares_add_up_and_nobody_pays_more_than_alone() -> None:
    bound = 0
    for seed in range(1_000):
        chance = random.Random(seed)
        count = chance.randint(1, 6)
        weights = [chance.randint(1, 50) for _ in range(count)]
        alone = [chance.randint(0, 60) for _ in range(count)]
        total = chance.randint(0, sum(alone))
        found = shares(total, weights, alone)
        assert sum(found) == total
        assert all(0 <= share <= most for share, most in zip(found, alone, strict=True))
        free = [i for i in range(count) if found[i] < alone[i]]
        bound += 0 < len(free) < count
        for i in free:  # in proportion, but for the rounding of less than one unit each
            for j in free:
                per_weight = Fraction(found[j], weights[j])
                assert abs(found[i] - per_weight * weights[i]) <= 1 + Fraction(weights[i], weights[j])
    assert bound > 150


def test_remainders_go_to_the_largest_then_to_the_first() -> None:
    assert shares(100, [1, 1, 1], [99, 99, 99]) == (34, 33, 33)
    assert shares(10, [1, 5], [9, 9]) == (2, 8), "10/6 and 50/6"
    assert shares(10, [1, 1], [3, 90]) == (3, 7)
    with pytest.raises(RuleBroken, match="dearer"):
        shares(11, [1, 1], [5, 5])


# --- what goes together ----------------------------------------------------------------------------------------------


def test_two_small_partners_share_a_manifest_by_mass() -> None:
    history = History()
    small, large = parcel(history, MAKER, 10), parcel(history, SECOND, 30)
    for shipment in (small, large):
        history.endorse(shipment, CARRIER, DAY)
    (group,) = planned(history).groups
    assert (group.cost, group.alone, group.saves) == (14_000, 11_000 + 13_000, 10_000)
    assert group.shared_by is SharedBy.MASS
    assert [(one.partner, one.pays) for one in group.contributions] == [(MAKER, 3_500), (SECOND, 10_500)]
    assert {*group.manifests[0].shipments} == {small, large}
    assert [(one.holder, one.shipments) for one in group.collections] == [(MAKER, (small,)), (SECOND, (large,))]
    assert (group.hub, group.collector_stated, group.bound) == (THIRD, True, 10_000)
    assert planned(history).saves == 10_000
    assert set(to_json(planned(history))) == set(json_schema(ConsolidationPlan)["properties"])


def test_who_weighs_its_own_goods_pays_by_packages() -> None:
    """Whoever states a small mass would pay little: it counts where others stand for it."""
    history = History()
    light = parcel(history, MAKER, 10, contents=(goods(quantity=1, unit="GRM"),))
    heavy = parcel(history, SECOND, 30)
    assert [one.pays for one in planned(history).groups[0].contributions] == [3_500, 10_500]
    assert planned(history).groups[0].shared_by is SharedBy.PACKAGES
    history.endorse(heavy, CARRIER, DAY)
    weigh(history, light, MAKER, 10)
    assert planned(history).groups[0].shared_by is SharedBy.PACKAGES, "by itself"
    weigh(history, light, SHOP, 10)
    weigh(history, light, SHOP, 0)
    group = planned(history).groups[0]
    assert (group.shared_by, group.contributions[0].grams) == (SharedBy.MASS, 10_000)
    closed, _ = waiting(Journeys(history.records), lambda _: True, (SHIPPED, 90 * DAY), lambda _: False)
    assert {one.shipment: one.grams for one in closed} == {light: None, heavy: 30_000}, "claims that one may not open"


def test_bringing_together_costs_and_who_does_not_gain_by_it_stays_apart() -> None:
    history = History()
    first, second = parcel(history, MAKER, 10), parcel(history, SECOND, 30)
    local = RateCard(THIRD, THIRD, number(9), "EUR", (Rate(Mode.ROAD, "CN", "CN", 2_000, 10),))
    (group,) = planned(history, (CARD, local), ()).groups
    assert [one.charge for one in group.collections] == [2_100, 2_300]
    assert (group.hub, group.collector_card, group.cost) == (THIRD, number(9), 14_000 + 4_400)
    assert sum(one.pays for one in group.contributions) == group.cost
    (own,) = planned(history, (CARD,), (Price(2_000, 10, MAKER, None),)).groups
    assert [(one.holder, one.charge) for one in own.collections] == [(SECOND, 2_300)], "its own lies there already"
    dear = planned(history, (CARD,), (Price(9_000, 0, THIRD, None),))
    assert (dear.groups, dear.single, dear.apart) == ((), 2, ())
    (apart,) = planned(history, (CARD,), ()).apart
    assert (apart.worth, apart.holders, apart.shipments) == (10_000, (MAKER, SECOND), (first, second))


def test_drafts_bring_together_first_and_name_the_sequence_of_then() -> None:
    history = History()
    first, second = parcel(history, MAKER, 10), parcel(history, SECOND, 30)
    plan = planned(history, (CARD,), (Price(2_000, 10, MAKER, None),))
    fetch, together = manifest_drafts(plan, lambda shipment: (0, 10 if shipment == first else 30))
    assert (fetch.signers, together.signers) == ((SECOND, MAKER), (MAKER, CARRIER))
    items = [(one["shipment"], one["sequence"], one["packages"]) for one in together.template["message"]["items"]]
    assert items == sorted([("0x" + first.hex(), 0, 10), ("0x" + second.hex(), 1, 30)])
    for draft in (fetch, together):
        record = envelope_from_wallet(completed(draft.template, 9 * DAY)).record
        check_content(record, 9 * DAY)
        check_shape(record)
    gone = manifest_drafts(plan, lambda shipment: None if shipment == first else (0, 30))
    assert [len(draft.template["message"]["items"]) for draft in gone] == [1, 1], "what left meanwhile is left out"
    home = manifest_drafts(planned(history, (CARD,), (Price(0, 0, CARRIER, None),)), lambda _: (0, 1))
    assert [draft.signers for draft in home] == [(MAKER, CARRIER), (SECOND, CARRIER)], "the hub carries them itself"


@pytest.mark.parametrize("text", ["4", "4:1", "0:1:1", "4:-1:1", "4:1:1:1", "four:1:1", "9999999999999:1:1"])
def test_prices_of_collectors_are_read_strictly(text: str) -> None:
    with pytest.raises(MalformedRecord):
        collectors_of([text])
    with pytest.raises(MalformedRecord, match="twice"):
        collectors_of(["4:1:1", "4:1:2"])


def test_where_a_mass_is_not_stated_packages_count() -> None:
    history = History()
    parcel(history, MAKER, 10, contents=(goods(unit="C62"),))
    parcel(history, SECOND, 30)
    (group,) = planned(history).groups
    assert (group.shared_by, group.contributions[0].grams) == (SharedBy.PACKAGES, None)


def test_a_partners_own_shipments_alone_are_no_saving() -> None:
    history = History()
    parcel(history)
    parcel(history)
    assert (planned(history).groups, planned(history).single) == ((), 2)
    parcel(history, SECOND)
    (group,) = planned(history).groups
    assert group.contributions[0].alone == 12_000, "what its two would cost together, not each"


def test_other_lanes_weeks_modes_and_classes_stay_apart() -> None:
    for other in (
        {"destination": CHINA, "origin": GERMANY},
        {"promisedAt": 30 * DAY},
        {"mode": 4},
        {"contents": (goods("0406"),)},
        {"contents": (goods("3004"),)},
    ):
        history = History()
        parcel(history)
        parcel(history, SECOND, **other)
        assert planned(history).groups == (), other


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"contents": (goods("3604"),)}, Unfit.ALONE),
        ({"contents": (goods("0406"), goods("9503"))}, Unfit.MIXED),
        ({"contents": (goods(""),)}, Unfit.GOODS),
        ({"contents": ()}, Unfit.GOODS),
        ({"destination": Withheld(bytes(32))}, Unfit.PLACE),
        ({"promisedAt": 0}, Unfit.PROMISE),
    ],
)
def test_what_does_not_fit_is_kept_out_and_said(other: dict[str, Any], reason: Unfit) -> None:
    history = History()
    parcel(history)
    parcel(history, SECOND, **other)
    assert planned(history).groups == ()
    assert planned(history).kept_out == {reason: 1}


def test_what_has_left_ended_or_comes_back_waits_for_nothing() -> None:
    history = History()
    parcel(history)
    gone = parcel(history, SECOND)
    history.handoff(gone, SECOND, CARRIER, DAY)
    lost = parcel(history, SECOND)
    history.statement(StatementKind.LOST, lost, SECOND, DAY)
    parcel(history, SECOND, purpose=Purpose.RETURN)
    plan = planned(history)
    assert (plan.groups, plan.single, plan.kept_out) == ((), 1, {})


def test_lanes_without_a_price_are_said() -> None:
    history = History()
    parcel(history)
    parcel(history, SECOND)
    assert planned(history, ()).unpriced == 2
    per_km = RateCard(CARRIER, CARRIER, number(1), "EUR", (Rate(Mode.MARITIME, "CN", "DE", 0, 1, Ratio(1, 1)),))
    assert planned(history, (per_km,)).unpriced == 2, "nobody knows how far it is between two countries"


def test_the_longest_prefix_decides() -> None:
    tables = {"alone": ["36"], "classes.food": ["04", "0407"], "classes.cold": ["0406"]}
    lines = [f"[{name}]\nhs = {prefixes}" for name, prefixes in tables.items()]
    classes = parse_classes("\n".join(['format = "lading/consolidation/1"', *lines]).encode())
    codes: dict[str, str] = {"0405": "food", "0406.10": "cold", "04 07": "food", "9999": "general"}
    codes |= {"3605": Unfit.ALONE, "x": Unfit.GOODS}
    assert {code: classes.of([goods(code)]) for code in codes} == codes
    assert SHIPPED.of([goods("0602")]) == "cold"
    assert SHIPPED.of([goods("0501")]) == "food"
    assert SHIPPED.of(Withheld(bytes(32))) is Unfit.GOODS


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        'format = "lading/consolidation/2"',
        'format = "lading/consolidation/1"\ncolour = 1',
        'format = "lading/consolidation/1"\nclasses = 3',
        'format = "lading/consolidation/1"\n[classes.Food]\nhs = ["04"]',
        'format = "lading/consolidation/1"\n[classes.general]\nhs = ["04"]',
        'format = "lading/consolidation/1"\n[classes.food]\nhs = []',
        'format = "lading/consolidation/1"\n[classes.food]\nhs = ["4"]',
        'format = "lading/consolidation/1"\n[classes.food]\nhs = ["milk"]',
        'format = "lading/consolidation/1"\n[classes.food]\nhs = ["04"]\n[classes.cold]\nhs = ["04"]',
        'format = "lading/consolidation/1"\n[classes.food]\nhs = ["04"]\nmore = 1',
    ],
)
def test_classes_are_read_strictly(wrong: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_classes(wrong.encode())


def test_what_a_reader_may_not_read_is_in_no_plan() -> None:
    history = History()
    parcel(history)
    parcel(history, SECOND)
    journeys = Journeys(history.records)
    found, _ = waiting(journeys, lambda terms: terms.consignor == MAKER, (SHIPPED, DAY), lambda _: True)
    assert [one.consignor for one in found] == [MAKER]
