"""Contested tenders in scores: a fault at worst and none at best while they are disputed, then as decided; and signs
that somebody plays with tenders or holds."""

from ledger.codes import ClearanceStatus, Role, StatementKind
from ledger.common.periods import Period
from ledger.records.types import Statement
from ledger.scores.card import Indicator, parse_card
from ledger.scores.composite import Scorecard
from ledger.scores.flags import FlagKind
from ledger.scores.incremental import Running
from ledger.scores.indicator_score import IndicatorScore
from ledger.scores.publication import public_card
from ledger.scores.tallies import Tallies, score_of
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, HOUR, SHOP, UNLIMITED, US_IMPORT, History

CARD = parse_card(default_card_text())
THIRD = 40


def of(card: Scorecard, indicator: Indicator) -> IndicatorScore:
    return next(entry for entry in card.indicators if entry.indicator is indicator)


def judged(history: History, at: int) -> Scorecard:
    return score_of(CARRIER, Role.CARRIER, Journeys(history.records), CARD, Period(0, UNLIMITED, at))


def story(contested: bool = True) -> tuple[History, bytes]:
    """Eleven parcels delivered in time on as many days, one tendered on day 9 and never delivered."""
    history = History()
    for i in range(11):
        history.handoff(history.terms(promisedAt=(20 + i) * DAY), CARRIER, SHOP, (20 + i) * DAY)
    shipment = history.terms()
    tender = history.statement(StatementKind.TENDER, shipment, CARRIER, 9 * DAY + HOUR, counterparty=SHOP)
    if contested:
        history.statement(StatementKind.CONTEST, shipment, SHOP, 10 * DAY, counterparty=CARRIER)
    return history, tender.id


def test_a_contested_tender_is_a_fault_at_worst_and_none_at_best_for_thirty_days() -> None:
    """Day 35: disputed since day 10. On day 50 it has fallen, since nobody bore it out."""
    standing, contested = story(contested=False)[0], story()[0]
    calm, disputed, fallen = judged(standing, 35 * DAY), judged(contested, 35 * DAY), judged(contested, 50 * DAY)
    for indicator in (Indicator.ON_TIME, Indicator.IN_FULL):
        stands, open_, fell = (of(card, indicator) for card in (calm, disputed, fallen))
        assert (stands.disputed, open_.disputed, fell.disputed) == (0, 1, 0)
        assert open_.value == stands.value == 1_000_000, "none at best"
        assert open_.high == stands.high
        assert open_.low == fell.low, "a fault at worst"
        assert fell.value == 11_000_000 // 12
        assert fell.low is not None
        assert stands.low is not None
        assert fell.low < stands.low
    late = [of(card, Indicator.MEAN_LATE) for card in (calm, disputed, fallen)]
    assert [entry.value for entry in late] == [0, 0, 14 * DAY // 12]
    assert late[1].high is not None
    assert late[0].high is not None
    assert late[1].high > late[0].high
    assert disputed.low is not None
    assert calm.low is not None
    assert disputed.low < calm.low
    assert disputed.high == calm.high
    assert public_card(disputed).low is not None


def test_a_disputed_tender_of_goods_that_arrived_since_is_a_fault_in_time_alone() -> None:
    """Tendered on day 9, contested on day 10, delivered whole on day 12, two days late."""
    history = History()
    shipment = history.terms()
    history.statement(StatementKind.TENDER, shipment, CARRIER, 9 * DAY, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, shipment, SHOP, 10 * DAY, counterparty=CARRIER)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    card = judged(history, 35 * DAY)
    assert (of(card, Indicator.ON_TIME).disputed, of(card, Indicator.IN_FULL).disputed) == (1, 0)
    assert of(card, Indicator.IN_FULL).value == 1_000_000


def test_a_third_decides_a_dispute_for_who_tendered() -> None:
    for roles, good in ((1 << Role.WAREHOUSE, 12), (0, 11)):
        history, tender = story()
        history.endorse(tender, THIRD, 12 * DAY, roles=roles)
        assert of(judged(history, 50 * DAY), Indicator.ON_TIME).good == good


def test_the_same_third_under_over_one_in_five_tenders_of_one_holder_is_told() -> None:
    for endorsed, told in ((2, False), (3, True)):
        history = History()
        tendered(history, 10, 0)
        made = [r.id for r in history.records if isinstance(r.record, Statement)]
        for i, tender in enumerate(made[:endorsed]):
            history.endorse(tender, THIRD, (10 + i) * DAY, roles=1 << Role.WAREHOUSE)
            statement = next(r.record for r in history.records if r.id == tender)
            assert isinstance(statement, Statement)
            history.statement(StatementKind.CONTEST, statement.shipment, SHOP, (11 + i) * DAY, counterparty=CARRIER)
        found = flags(history)
        assert (found.get(FlagKind.SAME_THIRD) == (endorsed, 10)) is told


def test_figures_that_run_along_follow_a_dispute_through_time() -> None:
    history = story()[0]
    running = Running(Period(0, UNLIMITED, 0), history.records)
    for at in (9, 12, 35, 40, 41, 50, 70):
        period = Period(0, UNLIMITED, at * DAY)
        running.judge(period)
        tallies = Tallies(Journeys(history.records), period)
        for partner in tallies.partners(Role.CARRIER):
            assert running.score(partner, Role.CARRIER, CARD) == tallies.score(partner, Role.CARRIER, CARD), at


def flags(history: History, partner: int = CARRIER) -> dict[FlagKind, tuple[int, int]]:
    card = score_of(partner, Role.CARRIER, Journeys(history.records), CARD, Period(0, UNLIMITED, 90 * DAY))
    assert all(len(flag.records) == flag.count for flag in card.flags if flag.kind in _ABOUT_TENDERS)
    return {flag.kind: (flag.count, flag.of) for flag in card.flags}


_ABOUT_TENDERS = (FlagKind.CONTESTED_TENDERS, FlagKind.CONTESTS, FlagKind.SAME_THIRD)


def tendered(history: History, count: int, contested: int, shop: int = SHOP) -> None:
    for i in range(count):
        shipment = history.terms(consignee=shop, beneficiary=shop, promisedAt=(10 + i) * DAY)
        history.statement(StatementKind.TENDER, shipment, CARRIER, (9 + i) * DAY + HOUR, counterparty=shop)
        if i < contested:
            history.statement(StatementKind.CONTEST, shipment, shop, (10 + i) * DAY, counterparty=CARRIER)


def test_who_contests_or_is_contested_above_one_in_five_of_ten_is_told() -> None:
    few, rarely, often = History(), History(), History()
    tendered(few, 9, 9)
    tendered(rarely, 10, 2)
    tendered(often, 10, 3)
    for history in (few, rarely):
        assert not set(_ABOUT_TENDERS) & set(flags(history))
    assert flags(often)[FlagKind.CONTESTED_TENDERS] == (3, 10)
    assert flags(often)[FlagKind.CONTESTS] == (3, 10)


def test_one_party_that_contests_much_is_told_though_others_never_do() -> None:
    history = History()
    tendered(history, 10, 4, shop=31)
    tendered(history, 40, 0, shop=32)
    found = flags(history)
    assert FlagKind.CONTESTED_TENDERS not in found, "4 of 50"
    assert found[FlagKind.CONTESTS] == (4, 10)


def test_holds_that_became_known_over_a_day_late_are_told() -> None:
    history = History()
    for i, told_after in enumerate((HOUR, 2 * DAY)):
        shipment = history.terms(promisedAt=(10 + i) * DAY, requires=[US_IMPORT])
        history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, known=2 * DAY + told_after)
        history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
        history.handoff(shipment, CARRIER, SHOP, (12 + i) * DAY)
    assert flags(history)[FlagKind.LATE_HOLDS] == (1, 2)
