"""Scores: what counts, what is unknown, what is owed and missing, and how sure a figure is."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ledger.codes import Assurance, ClearanceStatus, ExceptionBit, HoldCause, Outcome, Purpose, Role, StatementKind
from ledger.errors import MalformedRecord, NotFound
from ledger.intervals import MILLION, wilson
from ledger.journeys import Journeys
from ledger.records import Attestation, Claims, Goods
from ledger.score_card import POINTS, Card, Indicator, Weighted, parse_card
from ledger.score_samples import Period
from ledger.scores import Flag, IndicatorScore, Scorecard, Standing, Tallies, explain, score_of
from tests.unit.history import BROKER, CARRIER, DAY, HOUR, MAKER, SALT, SECOND, SHOP, History

DEFAULT = Path(__file__).parents[2] / "ledger" / "cards" / "default.toml"
YEAR = Period(0, 365 * DAY, 365 * DAY)


@pytest.fixture(scope="module")
def card() -> Card:
    return parse_card(DEFAULT.read_bytes())


def deliveries(history: History, late: int, count: int, **terms: Any) -> None:
    """`count` shipments, each on its own truck; the first `late` of them two days late."""
    for i in range(count):
        shipment = history.terms(freight=10_000, promisedAt=10 * DAY + i * HOUR, **terms)
        history.handoff(shipment, CARRIER, SHOP, (12 if i < late else 10) * DAY + i * HOUR)


def of(scorecard: Scorecard, indicator: Indicator) -> IndicatorScore:
    return next(entry for entry in scorecard.indicators if entry.indicator is indicator)


def carrier(history: History, card: Card, period: Period = YEAR) -> Scorecard:
    return score_of(CARRIER, Role.CARRIER, Journeys(history.records), card, period)


# --- samples and certainty ---


def test_under_ten_delivery_events_there_is_no_score(card: Card) -> None:
    history = History()
    deliveries(history, 0, 9)
    scorecard = carrier(history, card)
    assert (scorecard.score, scorecard.samples) == (None, 9)
    assert "at least 10" in scorecard.why


def test_from_ten_to_twenty_nine_it_is_provisional(card: Card) -> None:
    for count, provisional in ((10, True), (29, True), (30, False)):
        history = History()
        deliveries(history, 0, count)
        scorecard = carrier(history, card)
        assert (scorecard.provisional, scorecard.score) == (provisional, POINTS)


def test_thirty_lines_on_one_truck_are_one_sample(card: Card) -> None:
    history = History()
    shipments = [history.terms() for _ in range(30)]
    history.handoff(sorted(shipments), CARRIER, SHOP, 12 * DAY)
    scorecard = carrier(history, card)
    assert (scorecard.samples, scorecard.shipments, scorecard.score) == (1, 30, None)
    assert Flag.MANY_LINES in scorecard.flags


def test_few_shipments_mean_an_uncertain_score_not_a_bad_one(card: Card) -> None:
    few, many = History(), History()
    deliveries(few, 1, 10)
    deliveries(many, 10, 100)
    uncertain, certain = carrier(few, card), carrier(many, card)
    assert uncertain.score is not None
    assert certain.score is not None
    assert uncertain.low is not None
    assert uncertain.high is not None
    assert certain.low is not None
    assert uncertain.score == certain.score
    assert uncertain.low < certain.low <= certain.score <= uncertain.high


def test_a_share_runs_linearly_between_its_thresholds(card: Card) -> None:
    """90 % on time lies 10 / 18 of the way from 80 % to 98 %."""
    history = History()
    deliveries(history, 4, 40)
    on_time = of(carrier(history, card), Indicator.ON_TIME)
    assert (on_time.good, on_time.due, on_time.value, on_time.points) == (36, 40, 900_000, 5555)


# --- what is due ---


def test_everything_that_was_due_counts_overdue_lost_and_tendered_too(card: Card) -> None:
    history = History()
    history.terms()
    lost = history.terms()
    history.statement(StatementKind.LOST, lost, CARRIER, 5 * DAY)
    tendered = history.terms()
    history.statement(StatementKind.TENDER, tendered, CARRIER, 9 * DAY, counterparty=SHOP)
    refused = history.terms()
    history.handoff(refused, CARRIER, SHOP, 9 * DAY, packages=0)
    on_time = of(carrier(history, card), Indicator.ON_TIME)
    assert (on_time.good, on_time.due) == (2, 4)


def test_what_is_not_due_yet_does_not_count(card: Card) -> None:
    history = History()
    history.terms()
    on_time = of(carrier(history, card, Period(0, 365 * DAY, 9 * DAY)), Indicator.ON_TIME)
    assert on_time.standing is Standing.UNKNOWN


def test_goods_that_customs_still_excuse_are_not_judged_yet(card: Card) -> None:
    history = History()
    shipment = history.terms()
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY)
    assert of(carrier(history, card), Indicator.ON_TIME).standing is Standing.UNKNOWN


def test_nothing_owed_is_unknown_and_its_weight_is_spread(card: Card) -> None:
    """No leg had a deadline: the other 85 % decide."""
    history = History()
    deliveries(history, 0, 30)
    scorecard = carrier(history, card)
    assert of(scorecard, Indicator.LEGS).standing is Standing.UNKNOWN
    assert (scorecard.known_weight, scorecard.score) == (Fraction(85, 100), POINTS)


def test_too_little_known_weight_gives_no_composite(card: Card) -> None:
    """A carrier that is liable for nothing and had no deadlines shows goods and records only: 35 %."""
    history = History()
    for _ in range(12):
        shipment = history.terms(holder=MAKER, liable=MAKER)
        history.handoff(shipment, MAKER, CARRIER, 1 * DAY)
        history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    scorecard = carrier(history, card)
    assert (scorecard.score, scorecard.known_weight) == (None, Fraction(35, 100))


def test_an_attestation_owed_and_missing_is_zero_and_not_unknown(card: Card) -> None:
    history = History()
    gtin, goods = "09506000134352", Goods(SALT, "09506000134352", "LOT", bytes(32), 10, "EA", "", "")
    plain = history.terms(holder=MAKER)
    history.handoff(plain, MAKER, SHOP, 9 * DAY)
    journeys = Journeys(history.records)
    assert of(score_of(MAKER, Role.SUPPLIER, journeys, card, YEAR), Indicator.ATTESTED).standing is Standing.UNKNOWN
    owed = history.terms(holder=MAKER, contents=(goods,))
    history.handoff(owed, MAKER, SHOP, 9 * DAY)
    journeys = Journeys(history.records)
    attested = of(score_of(MAKER, Role.SUPPLIER, journeys, card, YEAR), Indicator.ATTESTED)
    assert (attested.good, attested.due, attested.points) == (0, 1, 0)
    claims, details = Claims(SALT, ""), history.details()
    none = bytes(32)
    record = Attestation(MAKER, none, f"01/{gtin}", none, 0, 400 * DAY, none, claims, none, details)
    history.log(record, (MAKER,), 8 * DAY, outcomes=(Outcome.APPLIED,))
    attested = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.ATTESTED)
    assert (attested.good, attested.due) == (1, 1)


# --- fairness ---


def test_only_what_is_new_counts_against_the_releaser(card: Card) -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY, exceptions=ExceptionBit.DAMAGED)
    history.handoff(shipment, CARRIER, SECOND, 2 * DAY, exceptions=ExceptionBit.DAMAGED)
    history.handoff(shipment, SECOND, SHOP, 9 * DAY, exceptions=ExceptionBit.DAMAGED | ExceptionBit.SEAL_BROKEN)
    tallies = Tallies(Journeys(history.records), YEAR)
    goods = {p: of(tallies.score(p, Role.CARRIER, card), Indicator.IN_FULL) for p in (CARRIER, SECOND)}
    assert (goods[CARRIER].good, goods[CARRIER].due) == (1, 1)
    assert (goods[SECOND].good, goods[SECOND].due) == (0, 1)
    defects = of(tallies.score(MAKER, Role.SUPPLIER, card), Indicator.DEFECTS)
    assert (defects.good, defects.due) == (10, 10)


def test_a_hold_that_a_partner_did_not_cause_is_not_its_delay(card: Card) -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY, due=9 * DAY)
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, caused_by=MAKER, cause=HoldCause.DOCUMENTS)
    history.clearance(ClearanceStatus.RELEASED, shipment, 6 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    tallies = Tallies(Journeys(history.records), YEAR)
    mover, maker = tallies.score(CARRIER, Role.CARRIER, card), tallies.score(MAKER, Role.SUPPLIER, card)
    assert of(mover, Indicator.ON_TIME).good == 1
    assert of(mover, Indicator.LEGS).good == 1
    assert of(maker, Indicator.ON_TIME_IN_FULL).good == 0
    assert (of(maker, Indicator.NO_HOLD).good, of(maker, Indicator.NO_HOLD).due) == (0, 1)


def test_a_suppliers_delivery_point_follows_the_incoterm(card: Card) -> None:
    """Under FCA it ends where the carrier takes over; under DAP at the destination."""
    for incoterm, good in (("FCA", 1), ("DAP", 0)):
        history = History()
        shipment = history.terms(holder=MAKER, incoterm=incoterm)
        history.handoff(shipment, MAKER, CARRIER, 1 * DAY)
        history.handoff(shipment, CARRIER, SHOP, 15 * DAY)
        scorecard = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR)
        assert of(scorecard, Indicator.ON_TIME_IN_FULL).good == good


def test_returns_count_as_defects(card: Card) -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, SHOP, 9 * DAY)
    history.terms(
        known=20 * DAY,
        consignor=SHOP,
        holder=SHOP,
        consignee=MAKER,
        parents=[shipment],
        purpose=Purpose.RETURN,
        packages=4,
        promisedAt=0,
    )
    scorecard = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR)
    assert (of(scorecard, Indicator.DEFECTS).good, of(scorecard, Indicator.DEFECTS).due) == (4, 10)


def test_a_late_record_counts_once_however_many_lines_it_has(card: Card) -> None:
    history = History()
    shipments = [history.terms() for _ in range(5)]
    history.handoff(sorted(shipments), CARRIER, SHOP, 9 * DAY, known=10 * DAY + 1)
    records = of(carrier(history, card), Indicator.RECORDS)
    assert (records.good, records.due) == (0, 1)


def test_mean_late_days_count_at_most_fourteen_each(card: Card) -> None:
    history = History()
    deliveries(history, 0, 3)
    history.terms()
    late = of(carrier(history, card), Indicator.MEAN_LATE)
    assert (late.value, late.points) == (14 * DAY // 4, 0)


def test_a_broker_is_measured_against_its_office(card: Card) -> None:
    """Other broker: one hour. Ours: three hours, so the median of both is two hours and ours takes 1.5 of it."""
    history = History()
    for broker, hours in ((BROKER, 3), (77, 1)):
        shipment = history.terms()
        history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY, declarant=broker)
        history.clearance(ClearanceStatus.RELEASED, shipment, 2 * DAY + hours * HOUR, declarant=broker)
    held = history.terms()
    history.clearance(
        ClearanceStatus.HELD,
        held,
        2 * DAY,
        caused_by=BROKER,
        cause=HoldCause.DOCUMENTS,
        assurance=Assurance.BROKER_WORD,
    )
    history.clearance(ClearanceStatus.RELEASED, held, 3 * DAY)
    scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
    assert of(scorecard, Indicator.OVER_MEDIAN).value == 1_500_000
    assert (of(scorecard, Indicator.RELEASED).good, of(scorecard, Indicator.RELEASED).due) == (1, 2)


def test_evidence_tells_what_raised_and_what_lowered_a_score(card: Card) -> None:
    history = History()
    deliveries(history, 1, 12)
    scorecard = carrier(history, card)
    on_time = of(scorecard, Indicator.ON_TIME)
    late, good = history.records[1], history.records[3]
    assert late.id in on_time.lowered
    assert late.id not in on_time.raised
    assert good.id in on_time.raised
    assert {late.id, good.id} <= set(scorecard.evidence)
    assert sum(entry.lost for entry in scorecard.indicators) in range(
        POINTS - (scorecard.score or 0) - 6, POINTS - (scorecard.score or 0) + 1
    )
    text = explain(scorecard)
    assert any("2 lowered it" in line for line in text)
    assert any("unknown: nothing was due" in line for line in text)
    assert Flag.ONE_CUSTOMER in scorecard.flags


# --- the card ---


def test_the_default_card_has_the_weights_of_the_rules(card: Card) -> None:
    weights = {role: [int(w.weight * 100) for w in weighted] for role, weighted in card.roles.items()}
    assert sorted(weights[Role.CARRIER]) == [5, 10, 10, 15, 25, 35]
    assert sorted(weights[Role.SUPPLIER]) == [10, 20, 30, 40]
    assert sorted(weights[Role.BROKER]) == [20, 30, 50]
    assert all(sum(w.weight for w in weighted) == 1 for weighted in card.roles.values())


def test_points_are_linear_and_clamped_in_both_directions() -> None:
    rising = Weighted(Indicator.ON_TIME, "", Fraction(1), 800_000, 980_000)
    falling = Weighted(Indicator.DEFECTS, "", Fraction(1), 20_000, 1_000)
    assert [rising.points(v) for v in (0, 800_000, 890_000, 980_000, MILLION)] == [0, 0, 5000, 10_000, 10_000]
    assert [falling.points(v) for v in (0, 1_000, 10_500, 20_000, MILLION)] == [10_000, 10_000, 5000, 0, 0]


def test_a_role_without_a_card_has_no_score(card: Card) -> None:
    with pytest.raises(NotFound, match="does not score the role"):
        score_of(1, Role.AUDITOR, Journeys(), card, YEAR)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("weight = 60", "weight = 61", "sum to 100"),
        ('"on-time"', '"in-time"', "no such indicator"),
        ('"defects"', '"on-time"', "no such indicator"),
        ("zero = 800_000", "zero = 0.8", "not an integer"),
        ("zero = 20_000", "zero = 1_000", "the same"),
        ("title =", "name =", "unknown key"),
        ("scorecard/1", "scorecard/2", "unknown format"),
        ("full = 0 }", "full = 0, half = 1 }", "wrong keys"),
        ('"legs-on-time"', '"on-time"', "counted twice"),
        ("[[carrier]]", "[[pirate]]", "unknown key"),
        ("[[carrier]]", "[[", "not TOML"),
        ('"Lading default scorecard"', '""', "not a title"),
    ],
)
def test_a_card_is_parsed_strictly(old: str, new: str, complaint: str) -> None:
    text = DEFAULT.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(MalformedRecord, match=complaint):
        parse_card(text.replace(old, new).encode())


def test_a_card_that_scores_no_role_is_refused() -> None:
    text = DEFAULT.read_text(encoding="utf-8")
    with pytest.raises(MalformedRecord, match="scores no role"):
        parse_card(text[: text.index("[[carrier]]")].encode())


# --- Wilson ---


def test_wilson_encloses_the_share_and_equals_its_definition() -> None:
    """The ends are the roots of (p − q)² = z² q (1 − q) / n: one step outside, the distance is larger; inside, not."""
    dice = random.Random(7)
    for _ in range(500):
        samples = dice.randint(1, 3000)
        good = dice.randint(0, samples)
        low, high = wilson(good, samples, samples)
        p, z2 = Fraction(good, samples), Fraction(38_416, 10_000)
        assert low <= p * MILLION <= high
        for end, outward in ((low, -1), (high, 1)):
            for step, outside in ((outward, True), (-outward, False)):
                q = Fraction(end + step, MILLION)
                if not 0 < q < 1 or (end in (0, MILLION) and outside):
                    continue
                assert ((p - q) ** 2 > z2 * q * (1 - q) / samples) == outside


def test_fewer_samples_widen_the_interval() -> None:
    assert wilson(90, 100, 10) == wilson(9, 10, 10)
    assert wilson(90, 100, 10)[0] < wilson(90, 100, 100)[0]
    with pytest.raises(MalformedRecord):
        wilson(3, 2, 2)
