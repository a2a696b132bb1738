"""Any partition of a ledger, put into columns in any measure, gives the figures of one process: all of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from random import Random
from typing import Any

import numpy as np
import pytest

from ledger.bonuses.charges import charges_on
from ledger.codes import Outcome, Role
from ledger.columns import charges
from ledger.columns.families import Families, FamilyRecords, shares, split
from ledger.columns.parts import Asked, Part, part_of, tallies_of, tally
from ledger.columns.plain_columns import joined, without
from ledger.columns.sealing import sealed
from ledger.columns.tallies import ColumnTallies
from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.errors import RuleBroken
from ledger.records.types import BonusAgreement, Details, Recall, ShipmentTerms
from ledger.records.types import Share as PoolShare
from ledger.records.verification import VerifiedRecord
from ledger.scores.card import Indicator, parse_card
from ledger.scores.composite import Scorecard, Scores
from ledger.scores.flags import FlagKind
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from scripts.bench.numbers import records as records_of
from tests.oracle.journeys import random_journey
from tests.oracle.product import verified
from tests.oracle.scores.ledgers import contested, together
from tests.unit.columns.ledgers import CARRIERS, GTIN, LAST, Ledger
from tests.unit.history import DAY

CARD = parse_card(default_card_text())
PERIODS = (Period(0, 2**40, LAST), Period(5 * DAY, 25 * DAY, 30 * DAY), Period(0, 20 * DAY, 15 * DAY))
BENCHED = Period(1_690_000_000, 1_800_000_000, 1_800_000_000)
PARTIES = frozenset(CARRIERS[:2])


def told(tallies: Scores) -> Iterator[tuple[int, str, Any]]:
    """All that scores say of everybody, with effects and evidence, in their order."""
    for role in CARD.roles:
        for partner in tallies.partners(role):
            card = tallies.score(partner, role, CARD)
            yield partner, role.name, (to_json(card), _details(card))


def _details(card: Scorecard) -> list[Any]:
    return [(entry.effects(), entry.evidence, entry.points_low, entry.points_high) for entry in card.indicators]


def parted(records: Sequence[VerifiedRecord], dice: Random, asked: Asked) -> list[Part]:
    """The ledger in one to four parts, each family in one of them, and some families put into columns before."""
    families, parts = Families(records), dice.randrange(1, 5)
    opened = [bytes(one.id) for one in records if isinstance(one.record, ShipmentTerms)]
    where = {families.of(name): dice.randrange(parts) for name in opened}
    chosen = {name: where[families.of(name)] for name in opened}
    result = []
    for share in shares(records, chosen, families, parts):
        before = {families.of(name): dice.randrange(2) for name in share.opened}
        own = {name: before[families.of(name)] for name in share.opened}
        earlier, later = shares(share.records, own, families, 2)
        sealing = sealed(earlier.records)
        rest = {one.id: one for one in (*sealing.rest.records, *later.records)}
        in_order = tuple(one for one in share.records if one.id in rest)
        result.append(part_of(FamilyRecords(in_order, sealing.rest.opened | later.opened), asked, sealing.columns))
    return result


def compare(records: Sequence[VerifiedRecord], dice: Random, period: Period) -> ColumnTallies:
    journeys = Journeys(records)
    plain = Tallies(journeys, period, penalties=True)
    tallies = tallies_of(parted(records, dice, Asked(period, PARTIES)), period)
    assert tallies.owed == plain.owed
    assert list(told(tallies)) == list(told(plain))
    shares_of = tuple(PoolShare(partner, 100) for partner in sorted(PARTIES))
    agreement = BonusAgreement(
        bytes(16), shares_of, 1, 1, bytes(20), "EUR", bytes(32), period.start, period.end, DAY, 2, DAY, period.end,
        period.end, Details(bytes(16), ""),
    )  # fmt: skip
    assert charges.charges_on(agreement, tallies) == charges_on(agreement, journeys, plain.owed, period.at)
    return tallies


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.drill) for seed in range(8, 100))])
def test_any_partition_of_a_random_ledger_gives_the_figures_of_one_process(seed: int) -> None:
    dice = Random(seed)
    ledger = Ledger(dice, 40)
    for period in PERIODS:
        compare(ledger.records, dice, period)


def test_random_ledgers_meet_what_is_global() -> None:
    """Otherwise their equality would say little: flags of each kind but those of the tenders (which need ten), records
    that two parts count, offices of several brokers, wide amounts, closed places.
    """
    flags, twice, wide, ranges, plain, every = set[FlagKind](), 0, 0, 0, 0, 0
    for seed in range(6):
        dice, period = Random(seed), PERIODS[0]
        parts = parted(Ledger(dice, 40).records, dice, Asked(period))
        tallies = tallies_of(parts, period)
        cards = [tallies.score(who, role, CARD) for role in CARD.roles for who in tallies.partners(role)]
        flags |= {flag.kind for card in cards for flag in card.flags}
        ranges += sum(card.withheld > 0 for card in cards)
        wide += sum(one.amount >= 2**63 for one in tallies.owed)
        plain += sum(len(part.columns.shipments) for part in parts)
        every += len(tallies.owed)
        twice += sum(_records_counted(tallies_of([part], period)) for part in parts) - _records_counted(tallies)
    assert flags >= {
        FlagKind.ONE_CUSTOMER, FlagKind.LATE_RECORDS, FlagKind.PADDED_PROMISES, FlagKind.LATE_HOLDS,
    }  # fmt: skip
    assert min(twice, wide, ranges) > 0
    assert 0.3 < plain / every < 0.9


def _records_counted(tallies: ColumnTallies) -> int:
    """Records that somebody was to tell of in time, as all scorecards of carriers count them."""
    cards = (tallies.score(who, Role.CARRIER, CARD) for who in tallies.partners(Role.CARRIER))
    return sum(e.due for card in cards for e in card.indicators if e.indicator is Indicator.RECORDS)


def test_processes_of_their_own_give_the_same() -> None:
    records = list(records_of(1_000))
    shared = split(records, 3)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        tallies = tally([partial(_given, share) for share in shared], Asked(BENCHED), pool)
    assert list(told(tallies)) == list(told(Tallies(Journeys(records), BENCHED)))


def _given(share: FamilyRecords) -> FamilyRecords:
    return share


@pytest.mark.parametrize("seed", range(8))
def test_columns_without_some_shipments_are_those_of_the_others(seed: int) -> None:
    dice = Random(seed)
    sealing = sealed(Ledger(dice, 30).records)
    rows = np.array([row for row in range(len(sealing.columns.shipments)) if dice.random() < 0.5], np.int64)
    other = np.setdiff1d(np.arange(len(sealing.columns.shipments)), rows)
    halves = [without(sealing.columns, rows), without(sealing.columns, other)]
    nothing = FamilyRecords((), frozenset())
    whole, again = (
        tallies_of([part_of(nothing, Asked(PERIODS[0]), columns)], PERIODS[0])
        for columns in (sealing.columns, joined(halves))
    )
    assert again.owed == whole.owed
    assert list(told(again)) == list(told(whole))


def test_what_is_left_over_of_products_is_refused_once_there_is_a_recall() -> None:
    history = Ledger(Random(3), 30)
    sealing = sealed(history.records)
    assert any(sealing.columns.names.products)
    recall = Recall(1, f"01/{GTIN}", "", 1, 1, "", bytes(32), DAY, history.details())
    history.log(recall, [1], DAY, outcomes=[Outcome.APPLIED])
    with pytest.raises(RuleBroken, match="recalled"):
        part_of(FamilyRecords((history.records[-1],), frozenset()), Asked(PERIODS[0]), sealing.columns)


@pytest.mark.parametrize("seed", range(0, 40, 10))
def test_any_partition_of_random_journeys_gives_the_figures_of_one_process(seed: int) -> None:
    dice = Random(seed)
    journeys = [random_journey(Random(seed + i)) for i in range(7)] + [contested(Random(seed + i)) for i in range(3)]
    records = verified(together([journey.seen for journey in journeys]))
    compare(records, dice, Period(0, 2**40, max(journey.at for journey in journeys)))
