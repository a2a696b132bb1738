"""The league of a lane: against a plain second computation, and against who would look better than they are."""

import random
from math import comb
from statistics import median

import pytest

from ledger.codes import Mode
from ledger.common.periods import Period
from ledger.network.contributions import KeptContributions
from ledger.network.lane_times import Lane
from ledger.network.league import League, LeagueBy, LeagueEntry, lanes, league, median_interval
from ledger.records.types import Place, ShipmentTerms
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

LANE = Lane("NZ", "CN", Mode.ROAD)
YEAR = Period(0, 365 * DAY, 365 * DAY)


def at(country: str, locode: str = "") -> Place:
    return Place(SALT, country, locode, "", "")


def carried(history: History, carrier: int, day: int, days: int, *, town: str = "", freight: int = 1_000) -> bytes:
    """Ten packages that leave on a day and arrive so many days later; promised after three."""
    shipment = history.terms(
        known=day * DAY, holder=MAKER, signers=(MAKER, carrier), mode=int(Mode.ROAD), origin=at("NZ"),
        destination=at("CN", town), promisedAt=(day + 3) * DAY, freight=freight, liable=carrier, alpha=100,
    )  # fmt: skip
    history.handoff(shipment, MAKER, carrier, day * DAY)
    history.handoff(shipment, carrier, SHOP, (day + days) * DAY)
    return shipment


def of(history: History, by: LeagueBy = LeagueBy.TIME, wanted: object = None) -> League:
    journeys = Journeys(history.records)
    may_see = wanted if callable(wanted) else (lambda _: True)
    return league(journeys, YEAR, LANE, by, (may_see, KeptContributions(journeys)))


def entry(found: League, carrier: int) -> LeagueEntry:
    return next(one for one in found.entries if one.partner == carrier)


def test_the_faster_is_first_and_who_cannot_be_told_apart_is_tied() -> None:
    history = History()
    for day in range(40):
        carried(history, CARRIER, 2 * day, 2 + day % 2)
        carried(history, SECOND, 2 * day, 6 + day % 2)
        carried(history, 9, 2 * day, 2 + (day + 1) % 2)
    found = of(history)
    assert [one.partner for one in found.entries] == [CARRIER, 9, SECOND]
    times = [one.time for one in found.entries]
    assert [one.rank for one in times if one] == [1, 1, 3]
    assert [one.tied for one in times if one] == [1, 1, 0]
    late = entry(found, SECOND).penalty
    assert late is not None
    assert late.rank == 3, "it came three days late and more: what that costs ranks it last too"
    assert found.currency == "EUR"
    assert {one.cost.rank for one in found.entries if one.cost} == {1}, "they cost the same"


def test_under_thirty_nobody_has_a_rank_and_under_ten_nothing_is_said() -> None:
    history = History()
    for day in range(29):
        carried(history, CARRIER, day, 2)
    for day in range(9):
        carried(history, SECOND, day, 1)
    found = of(history)
    own = entry(found, CARRIER).time
    assert own is not None
    assert (own.rank, own.provisional, own.samples) == (None, True, 29)
    few = entry(found, SECOND)
    assert (few.time, few.cost, few.penalty, few.events) == (None, None, None, 9)


def test_splitting_a_days_deliveries_makes_no_samples() -> None:
    history = History()
    for _ in range(50):
        carried(history, CARRIER, 1, 2)
    assert entry(of(history), CARRIER).events == 1


def test_who_loses_goods_does_not_look_good() -> None:
    history = History()
    for day in range(40):
        carried(history, CARRIER, day, 2)
        carried(history, SECOND, day, 2)
    for day in range(40):
        lost = history.terms(
            known=day * DAY, holder=MAKER, signers=(MAKER, SECOND), mode=int(Mode.ROAD), origin=at("NZ"),
            destination=at("CN", "CNSHA"), promisedAt=(day + 3) * DAY, freight=1_000, liable=SECOND,
        )  # fmt: skip
        history.handoff(lost, MAKER, SECOND, day * DAY)
    found = of(history, LeagueBy.PENALTY)
    assert [one.partner for one in found.entries] == [CARRIER, SECOND]
    assert entry(found, SECOND).delivered == 40
    assert entry(found, SECOND).events == 80


def test_a_reader_gets_what_rests_on_terms_that_it_may_read() -> None:
    history = History()
    for day in range(12):
        carried(history, CARRIER, day, 2)
    assert of(history, wanted=lambda terms: terms.consignor != MAKER).entries == ()
    journeys = Journeys(history.records)

    def every(_: ShipmentTerms) -> bool:
        return True

    assert lanes(journeys, YEAR, every, KeptContributions(journeys)) == {LANE: 12}


@pytest.mark.parametrize("n", [1, 5, 6, 10, 29, 30, 31, 100, 999, 1000])
def test_the_interval_holds_the_median_with_certainty(n: int) -> None:
    """By the binomial itself, and no wider than that asks for."""
    low, high = median_interval(list(range(n)))
    k = low + 1
    assert high == n - k
    outside = sum(comb(n, i) for i in range(k))
    assert n < 6 or 40 * outside <= 1 << n
    assert 40 * (outside + comb(n, k)) > 1 << n


def test_many_samples_take_the_wider_bound() -> None:
    low, high = median_interval(list(range(1_001)))
    exact = next(k for k in range(501) if 40 * sum(comb(1_001, i) for i in range(k + 1)) > 1 << 1_001)
    assert low + 1 <= exact
    assert high - low < 80


def test_random_leagues_equal_a_plain_second_computation() -> None:
    rng, ranked = random.Random(5), 0
    for _ in range(15):
        history = History()
        told: dict[int, dict[tuple[int, str], list[int]]] = {}
        for carrier in (CARRIER, SECOND, 9):
            for _ in range(rng.choice([8, 20, 45])):
                day, days, town = rng.randrange(150), rng.randrange(1, 6), rng.choice(["", "CNSHA", "CNNGB"])
                carried(history, carrier, day, days, town=town)
                told.setdefault(carrier, {}).setdefault((day + days, town), []).append(days * DAY)
        found = of(history)
        for carrier, events in told.items():
            own, means = entry(found, carrier), [sum(times) // len(times) for times in events.values()]
            assert own.events == len(events)
            assert (own.time is None) == (len(means) < 10)
            if own.time is not None:
                assert own.time.value == int(median(means))
                assert own.time.low <= own.time.value <= own.time.high
                ahead = sum(
                    other.time.high < own.time.low
                    for other in found.entries
                    if other.time is not None and other.time.samples >= 30
                )
                assert own.time.rank == (ahead + 1 if len(means) >= 30 else None)
                ranked += own.time.rank is not None
    assert ranked > 5


def test_late_goods_given_to_a_subcontractor_count_for_who_is_liable() -> None:
    history = History()
    for day in range(35):
        shipment = history.terms(
            known=day * DAY, holder=MAKER, signers=(MAKER, CARRIER), mode=int(Mode.ROAD), origin=at("NZ"),
            destination=at("CN"), promisedAt=(day + 3) * DAY, liable=CARRIER, alpha=100,
        )  # fmt: skip
        history.handoff(shipment, MAKER, CARRIER, day * DAY)
        history.handoff(shipment, CARRIER, SECOND, (day + 2) * DAY)
        history.handoff(shipment, SECOND, SHOP, (day + 9) * DAY)
    (own,) = of(history).entries
    assert own.partner == CARRIER
    assert own.time is not None
    assert own.time.value == 9 * DAY
    assert own.penalty is not None
    assert own.penalty.value > 0


def test_nobody_is_named_liable_by_others_alone() -> None:
    history = History()
    for day in range(35):
        shipment = history.terms(
            known=day * DAY, holder=MAKER, signers=(MAKER,), mode=int(Mode.ROAD), origin=at("NZ"),
            destination=at("CN"), promisedAt=(day + 3) * DAY, liable=CARRIER, alpha=100,
        )  # fmt: skip
        history.handoff(shipment, MAKER, SECOND, day * DAY)
        history.handoff(shipment, SECOND, SHOP, (day + 9) * DAY)
    assert [one.partner for one in of(history).entries] == [SECOND]
