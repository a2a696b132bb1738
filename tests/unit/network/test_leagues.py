"""The leagues of suppliers, warehouses, brokers and customs, against what was planned."""

import random
from statistics import median_low

import pytest

from ledger.codes import Assurance, ClearanceStatus, ExceptionBit, Mode, Role
from ledger.explain.access.league import TITLES
from ledger.network.lane_times import Lane
from ledger.network.league import FIGURES, League, LeagueBy
from ledger.network.leagues.by_role import league_of
from ledger.network.leagues.served import KeptServed
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from tests.unit.history import BROKER, CARRIER, CUSTOMS, DAY, HOUR, MAKER, SECOND, SHOP, History
from tests.unit.network.test_league import LANE, YEAR, at

OTHER_MAKER, OTHER_BROKER, OFFICE, STORE, OTHER_STORE = 51, 52, 53, 54, 55
WAREHOUSE = 1 << Role.WAREHOUSE


def league(
    history: History, role: Role, by: LeagueBy = LeagueBy.TIME, lane: Lane = LANE, all_terms: bool = True
) -> League:
    journeys = Journeys(history.records)

    def wanted(terms: ShipmentTerms) -> bool:
        return all_terms or terms.consignor == MAKER

    return league_of(role, journeys, YEAR, lane, (wanted, KeptServed(journeys)))(by)


class Trade:
    """One shipment a day: a supplier's, through a warehouse, declared by a broker and released by an office."""

    def __init__(self) -> None:
        self.history = History()

    def ship(
        self, day: int, *, maker: int = MAKER, ready: int = HOUR, late: bool = False, store: int = STORE,
        stored: int = DAY, damaged: bool = False, broker: int = BROKER, office: int = CUSTOMS, desk: int = HOUR,
        held: bool = False, word: bool = False,
    ) -> bytes:  # fmt: skip
        history, opened = self.history, day * DAY
        shipment = history.terms(
            known=opened, consignor=maker, holder=maker, signers=(maker, CARRIER), mode=int(Mode.ROAD),
            origin=at("NZ"), destination=at("CN"), promisedAt=opened + 6 * DAY, liable=CARRIER,
        )  # fmt: skip
        history.handoff(shipment, maker, CARRIER, opened + ready)
        start = opened + ready + HOUR
        by = (
            {"by": broker, "declarant": CARRIER, "assurance": Assurance.BROKER_WORD, "signers": (broker, CARRIER)}
            if word
            else {"by": office, "declarant": broker}
        )
        history.clearance(ClearanceStatus.PRESENTED, shipment, start, **by)
        if held:
            history.clearance(ClearanceStatus.HELD, shipment, start + 1, caused_by=broker, by=office, declarant=broker)
        history.clearance(ClearanceStatus.RELEASED, shipment, start + desk, **by)
        came = start + desk + HOUR
        history.handoff(shipment, CARRIER, store, came, receiver_roles=WAREHOUSE)
        exceptions = ExceptionBit.DAMAGED if damaged else 0
        history.handoff(shipment, store, SECOND, came + stored, exceptions=exceptions)
        history.handoff(shipment, SECOND, SHOP, opened + (7 if late else 5) * DAY, exceptions=exceptions)
        return shipment


def entries(found: League) -> list[tuple[int, int | None, int | None]]:
    return [(e.partner, e.time.rank if e.time else None, e.faults.rank if e.faults else None) for e in found.entries]


def test_every_role_is_ranked_by_what_is_certain() -> None:
    trade = Trade()
    for day in range(40):
        trade.ship(day)
        trade.ship(
            day, maker=OTHER_MAKER, ready=9 * HOUR, late=day % 2 == 0, store=OTHER_STORE, stored=3 * DAY,
            damaged=day % 2 == 0, broker=OTHER_BROKER, office=OFFICE, desk=8 * HOUR, held=day % 2 == 0,
        )  # fmt: skip
    history = trade.history
    assert entries(league(history, Role.SUPPLIER)) == [(MAKER, 1, 1), (OTHER_MAKER, 2, 2)]
    assert entries(league(history, Role.WAREHOUSE)) == [(STORE, 1, 1), (OTHER_STORE, 2, 2)]
    assert entries(league(history, Role.BROKER)) == [(BROKER, 1, 1), (OTHER_BROKER, 2, 2)]
    assert entries(league(history, Role.CUSTOMS)) == [(CUSTOMS, 1, None), (OFFICE, 2, None)]
    slow = league(history, Role.SUPPLIER, LeagueBy.FAULTS).entries[1]
    assert slow.faults is not None
    assert (slow.faults.value, slow.faults.samples, slow.events) == (500_000, 40, 40)
    assert slow.faults.low < 500_000 < slow.faults.high
    assert slow.records == len(set(slow.evidence)) > 80


def test_times_are_medians_of_what_was_planned() -> None:
    rng, trade, planned = random.Random(5), Trade(), []
    for day in range(31):
        ready, stored, desk = (rng.randrange(HOUR, 3 * HOUR) for _ in range(3))
        planned.append((ready, stored, desk))
        trade.ship(day, ready=ready, stored=stored, desk=desk)
    middles = [median_low(column) for column in zip(*planned, strict=True)]
    roles = (Role.SUPPLIER, Role.WAREHOUSE, Role.CUSTOMS)
    found = [league(trade.history, role).entries[0].time for role in roles]
    assert [one.value for one in found if one] == middles
    ordered = [sorted(column) for column in zip(*planned, strict=True)]
    assert [(one.low, one.high) for one in found if one] == [(o[9], o[21]) for o in ordered], "ranks 10 and 22 of 31"


@pytest.mark.parametrize("role", [Role.SUPPLIER, Role.WAREHOUSE, Role.BROKER, Role.CUSTOMS])
def test_thin_data_has_no_rank_and_little_no_figure(role: Role) -> None:
    trade = Trade()
    for day in range(29):
        trade.ship(day)
    (own,) = league(trade.history, role).entries
    assert own.time is not None
    assert (own.time.rank, own.time.provisional, own.events) == (None, True, 29)
    few = Trade()
    for day in range(9):
        few.ship(day)
    (own,) = league(few.history, role).entries
    assert (own.time, own.faults, own.events) == (None, None, 9)


def test_splitting_a_day_makes_no_samples() -> None:
    trade = Trade()
    for _ in range(40):
        trade.ship(3)
    for role in FIGURES:
        if role is not Role.CARRIER:
            (own,) = league(trade.history, role).entries
            assert (own.events, own.shipments) == (1, 40), role


def test_a_brokers_word_is_no_time_of_customs() -> None:
    trade = Trade()
    for day in range(30):
        trade.ship(day, word=True)
    assert league(trade.history, Role.CUSTOMS).entries == ()
    assert league(trade.history, Role.BROKER).entries[0].partner == BROKER


def test_who_takes_goods_in_without_the_role_is_no_warehouse_and_other_lanes_do_not_count() -> None:
    trade = Trade()
    for day in range(30):
        trade.ship(day)
    assert {e.partner for e in league(trade.history, Role.WAREHOUSE).entries} == {STORE}
    assert league(trade.history, Role.WAREHOUSE, lane=Lane("NZ", "DE", Mode.ROAD)).entries == ()


def test_terms_that_the_reader_may_not_read_count_for_nobody() -> None:
    trade = Trade()
    for day in range(30):
        trade.ship(day)
        trade.ship(day, maker=OTHER_MAKER, store=OTHER_STORE)
    assert [e.partner for e in league(trade.history, Role.WAREHOUSE, all_terms=False).entries] == [STORE]


def test_every_figure_has_its_title() -> None:
    assert {role: tuple(titles) for role, titles in TITLES.items()} == FIGURES
