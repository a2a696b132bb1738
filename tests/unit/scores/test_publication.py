"""What is published of scores and of the network: so coarse, and so seldom, that no single shipment can be solved."""

import random
from dataclasses import replace
from typing import Any

from ledger.codes import Mode, Role
from ledger.common.figure import to_json
from ledger.common.periods import DAY, HOUR, Period
from ledger.explain.score import explain_public
from ledger.network.performance import network
from ledger.network.publication import FEWEST, OTHER, merged, public_network
from ledger.network.routes import GROUPS, By
from ledger.scores.card import ABOUT_MONEY, Indicator, parse_card
from ledger.scores.composite import without_private
from ledger.scores.indicator_score import IndicatorStatus
from ledger.scores.publication import PublicScorecard, public_card
from ledger.scores.tallies import Tallies, score_of
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, MAKER, SECOND, SHOP, History
from tests.unit.penalties.test_fast_path import random_history

CARD = parse_card(default_card_text())
YEAR = Period(0, 365 * DAY, 365 * DAY)


def of_carrier(history: History, **changed: Any) -> PublicScorecard:
    period = replace(YEAR, **changed)
    return public_card(score_of(CARRIER, Role.CARRIER, Journeys(history.records), CARD, period))


def test_a_published_score_says_the_same_whatever_the_goods_cost() -> None:
    """Weights of money are spread over the others, so neither points nor the composite tell freight or penalty."""
    said = set()
    for cap, freight in ((0, 10_000), (900, 10_000), (10_000, 50), (500, 0)):
        history = History()
        for i in range(12):
            shipment = history.terms(promisedAt=(10 + 3 * i) * DAY, penaltyCap=cap, freight=freight)
            history.handoff(shipment, CARRIER, SHOP, ((12 if i < 2 else 10) + 3 * i) * DAY)
        card = of_carrier(history)
        assert {entry.indicator for entry in card.indicators} & ABOUT_MONEY == set()
        assert sum(entry.weight for entry in card.indicators) == 1
        assert not any("freight" in line for line in explain_public(card))
        said.add(str(to_json(card)))
    assert len(said) == 1


def test_what_fewer_than_ten_events_tell_is_not_published() -> None:
    """Legs of nine shipments: whatever they came to, the published card is the same; of ten it tells."""

    def card(legs: int, kept: bool) -> PublicScorecard:
        history = History()
        for i in range(20):
            shipment = history.terms(holder=MAKER, promisedAt=(20 + 2 * i) * DAY)
            due = (4 + 2 * i) * DAY if i < legs else 0
            history.handoff(shipment, MAKER, SECOND, (1 + 2 * i) * DAY)
            history.handoff(shipment, SECOND, CARRIER, (2 + 2 * i) * DAY, due=due)
            history.handoff(shipment, CARRIER, SHOP, (3 if kept else 9) * DAY + 2 * i * DAY)
        return of_carrier(history)

    for legs, told in ((9, False), (10, True)):
        good, bad = (card(legs, kept) for kept in (True, False))
        assert (good.score != bad.score) is told
        (entry,) = (e for e in bad.indicators if e.indicator is Indicator.LEGS)
        assert (entry.status is IndicatorStatus.KNOWN) is (entry.value is not None) is told
    assert any("too few delivery events" in line for line in explain_public(card(9, kept=True)))


def test_published_figures_are_whole_points_whole_per_cent_and_whole_hours() -> None:
    """And enclose the figures that they stand for."""
    seen = 0
    for seed in range(16):
        tallies = Tallies(random_history(seed, 60), Period(0, 365 * DAY, 60 * DAY))
        for role in CARD.roles:
            for partner in tallies.partners(role):
                full = without_private(tallies.score(partner, role, CARD))
                card = public_card(tallies.score(partner, role, CARD))
                for value in (card.score, card.low, card.high, *(entry.points for entry in card.indicators)):
                    assert value is None or value % 100 == 0
                for entry, whole in zip(card.indicators, full.indicators, strict=True):
                    grain = HOUR if entry.indicator == "mean-late-seconds" else 10_000
                    for value in (entry.value, entry.low, entry.high):
                        assert value is None or value % grain == 0
                    if entry.low is not None and entry.high is not None:
                        assert whole.low is not None
                        assert whole.high is not None
                        assert entry.low <= whole.low <= whole.high <= entry.high
                seen += card.score is not None
    assert seen > 20


def test_no_group_of_the_network_can_be_told_by_what_the_others_leave() -> None:
    """Whatever the sizes: nothing under ten is shown, and never is exactly one group missing from all."""
    dice = random.Random(5)
    for _ in range(2000):
        sizes = {f"g{i}": dice.choice((1, 2, 5, 9, 10, 11, 40)) for i in range(dice.randint(1, 6))}
        small = merged(sizes)
        apart = [group for group in sizes if group not in small]
        assert all(sizes[group] >= FEWEST for group in apart)
        together = sum(sizes[group] for group in small)
        if apart and small:
            assert len(small) > 1
            assert together >= FEWEST
        assert bool(small) == any(size < FEWEST for size in sizes.values())


def test_few_shipments_of_a_mode_are_shown_with_those_of_others() -> None:
    history = History()
    for mode, count in ((Mode.MARITIME, 12), (Mode.RAIL, 3), (Mode.INLAND_WATER, 9), (Mode.AIR, 30)):
        for i in range(count):
            shipment = history.terms(mode=mode)
            history.handoff(shipment, CARRIER, SHOP, 9 * DAY + i * 7 * HOUR + 11)
    journeys = Journeys(history.records)
    shown = public_network(journeys, YEAR)
    assert {group: figures.shipments for group, figures in shown.items()} == {"maritime": 12, "air": 30, OTHER: 12}
    for figures in shown.values():
        for value in (figures.mean_seconds, figures.median_seconds, figures.p90_seconds):
            assert value is not None
            assert value % HOUR == 0
        assert (figures.legs_ppm, figures.first_time_ppm, figures.customs_seconds) == (None, None, {})
        assert "freight" not in to_json(figures)
    assert network(journeys, YEAR, GROUPS[By.MODE])["rail"].shipments == 3
    assert public_network(Journeys(history.records[:10]), YEAR) == {}


def test_every_shipment_lies_in_one_published_group_and_no_more() -> None:
    """By carrier beside by mode, ten shipments of a carrier and eleven of its mode told the eleventh by subtraction."""
    history = History()
    for carrier, mode, count in ((CARRIER, Mode.AIR, 10), (SECOND, Mode.AIR, 1), (SECOND, Mode.MARITIME, 20)):
        for i in range(count):
            shipment = history.terms(holder=MAKER, liable=carrier, mode=mode)
            history.handoff(shipment, MAKER, carrier, HOUR + i * DAY)
            history.handoff(shipment, carrier, SHOP, (20 + i) * DAY)
    shown = public_network(Journeys(history.records), YEAR)
    assert {group: figures.shipments for group, figures in shown.items()} == {"air": 11, "maritime": 20}
