"""Scores: what counts, what is unknown, what is owed and missing, and how sure a figure is."""

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    HoldCause,
    Outcome,
    Purpose,
    Regime,
    RegistryAction,
    Role,
    StatementKind,
)
from ledger.common.ids import to_hex
from ledger.common.periods import Period
from ledger.errors import MalformedRecord, NotFound
from ledger.explain.score import explain, why
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation, Claims, Goods, Place, Recall, Require, Revocation, ShipmentTerms
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.scores.card import POINTS, Card, Indicator, Weighted, parse_card
from ledger.scores.composite import Scorecard, ScoreStatus
from ledger.scores.confidence import MILLION, ratio, wilson
from ledger.scores.flags import FlagKind
from ledger.scores.incremental import Running
from ledger.scores.indicator_score import IndicatorScore, IndicatorStatus
from ledger.scores.tallies import Tallies, score_of
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.history import Journeys
from tests.unit.history import BROKER, CARRIER, CUSTOMS, DAY, HOUR, MAKER, SALT, SECOND, SHOP, US_IMPORT, History
from tests.unit.penalties.test_fast_path import random_history

DEFAULT = Path(__file__).parents[3] / "ledger" / "scores" / "cards" / "default.toml"
BREACH = Outcome.APPLIED_IN_BREACH
YEAR = Period(0, 365 * DAY, 365 * DAY)


@pytest.fixture(scope="module")
def card() -> Card:
    return parse_card(DEFAULT.read_bytes())


def deliveries(history: History, late: int, count: int, **terms: Any) -> None:
    """`count` shipments, one every third day; the first `late` of them two days late."""
    for i in range(count):
        shipment = history.terms(freight=10_000, promisedAt=(10 + 3 * i) * DAY, **terms)
        history.handoff(shipment, CARRIER, SHOP, ((12 if i < late else 10) + 3 * i) * DAY)


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
    assert scorecard.status is ScoreStatus.TOO_FEW_SAMPLES
    assert "at least 10" in why(scorecard)


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


def test_nobody_is_judged_by_terms_that_others_signed_alone(card: Card) -> None:
    """Whoever opens terms may name anybody as liable; only who put its name to them, or had the goods, is judged."""
    history = History()
    deliveries(history, 0, 12)
    before = carrier(history, card)
    for i in range(30):
        history.terms(promisedAt=9 * DAY + i * HOUR, holder=MAKER)
        delivered = history.terms(promisedAt=9 * DAY + i * HOUR, holder=MAKER)
        history.handoff(delivered, MAKER, SHOP, 12 * DAY + i * HOUR)
        refused = history.terms(promisedAt=9 * DAY + i * HOUR, holder=MAKER)
        history.handoff(refused, MAKER, CARRIER, 2 * DAY, packages=0)
    after = carrier(history, card)
    counted = [(e.good, e.due) for e in after.indicators if e.indicator is not Indicator.RECORDS]
    assert counted == [(e.good, e.due) for e in before.indicators if e.indicator is not Indicator.RECORDS]
    assert after.score == before.score == POINTS


def test_who_had_the_goods_is_judged_by_time_and_by_money_once_it_signed_or_endorsed_the_terms(card: Card) -> None:
    for plainly in (True, False):
        history = History()
        late = history.terms(holder=MAKER)
        history.handoff(late, MAKER, CARRIER, 2 * DAY)
        history.handoff(late, CARRIER, SHOP, 12 * DAY)
        if not plainly:
            history.statement(StatementKind.FOUND, late, SHOP, 13 * DAY)
        found = carrier(history, card)
        assert [of(found, i).due for i in (Indicator.ON_TIME, Indicator.MEAN_LATE, Indicator.PENALTY)] == [1, 1, 0]
        history.endorse(late, CARRIER, 20 * DAY)
        assert (of(carrier(history, card), Indicator.PENALTY).good) == 400


def test_what_is_not_due_yet_does_not_count(card: Card) -> None:
    history = History()
    history.terms()
    on_time = of(carrier(history, card, Period(0, 365 * DAY, 9 * DAY)), Indicator.ON_TIME)
    assert on_time.status is IndicatorStatus.UNKNOWN


def test_goods_that_customs_still_excuse_are_not_judged_yet(card: Card) -> None:
    history = History()
    shipment = history.terms(requires=[US_IMPORT])
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY)
    assert of(carrier(history, card), Indicator.ON_TIME).status is IndicatorStatus.UNKNOWN


def test_nothing_owed_is_unknown_and_its_weight_is_spread(card: Card) -> None:
    """No leg had a deadline: the other 85 % decide."""
    history = History()
    deliveries(history, 0, 30)
    scorecard = carrier(history, card)
    assert of(scorecard, Indicator.LEGS).status is IndicatorStatus.UNKNOWN
    assert (scorecard.known_weight, scorecard.score) == (Fraction(85, 100), POINTS)


def test_a_friend_does_not_excuse_a_leg_that_is_over(card: Card) -> None:
    history = History()
    for i in range(10):
        shipment = history.terms(holder=MAKER)
        leg = history.handoff(shipment, MAKER, CARRIER, (1 + i) * DAY, due=(2 + i) * DAY)
        history.handoff(shipment, CARRIER, SHOP, (4 + i) * DAY)
        history.amend(leg.id, AmendmentKind.CORRECTION, {"dueAt": (9 + i) * DAY}, (MAKER, CARRIER), 40 * DAY)
    legs = of(carrier(history, card), Indicator.LEGS)
    assert (legs.good, legs.due) == (0, 10)


def test_too_little_known_weight_gives_no_composite(card: Card) -> None:
    """A carrier that is liable for nothing and had no deadlines shows goods and records only: 35 %."""
    history = History()
    for _ in range(12):
        shipment = history.terms(holder=MAKER, liable=MAKER)
        history.handoff(shipment, MAKER, CARRIER, 1 * DAY)
        history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    scorecard = carrier(history, card)
    assert (scorecard.score, scorecard.known_weight) == (None, Fraction(35, 100))


def test_an_attestation_counts_only_from_who_speaks_for_the_brand(card: Card) -> None:
    """Not from a stranger, nor once the brand's role was revoked; but from whom the brand authorised."""

    def good(*story: Callable[[History], object]) -> int:
        history = History()
        contents = (Goods(SALT, "09506000134352", "LOT", bytes(32), 10, "EA", "", ""),)
        history.handoff(history.terms(holder=MAKER, contents=contents), MAKER, SHOP, 9 * DAY)
        for tell in story:
            tell(history)
        return of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.ATTESTED).good

    stranger = partial(History.attest, by=SECOND, subject="01/09506000134352")
    holder = partial(History.brand, partner=MAKER)
    revoked = partial(History.brand, partner=MAKER, action=RegistryAction.REVOKE_ROLE, at=7 * DAY)
    licence = partial(History.attest, by=MAKER, subject=f"partner/{SECOND}", schema=BRAND_AUTHORISATION)
    assert good(stranger) == 0
    assert good(holder, stranger) == 0
    assert good(holder, licence, stranger) == 1
    assert good(holder, revoked, licence, stranger) == 0


def test_an_attestation_owed_and_missing_is_zero_and_not_unknown(card: Card) -> None:
    history = History()
    gtin, goods = "09506000134352", Goods(SALT, "09506000134352", "LOT", bytes(32), 10, "EA", "", "")
    plain = history.terms(holder=MAKER)
    history.handoff(plain, MAKER, SHOP, 9 * DAY)
    journeys = Journeys(history.records)
    assert (
        of(score_of(MAKER, Role.SUPPLIER, journeys, card, YEAR), Indicator.ATTESTED).status is IndicatorStatus.UNKNOWN
    )
    owed = history.terms(holder=MAKER, contents=(goods,))
    history.handoff(owed, MAKER, SHOP, 9 * DAY)
    journeys = Journeys(history.records)
    attested = of(score_of(MAKER, Role.SUPPLIER, journeys, card, YEAR), Indicator.ATTESTED)
    assert (attested.good, attested.due, attested.points) == (0, 1, 0)
    history.brand(MAKER)
    history.attest(MAKER, f"01/{gtin}")
    attested = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.ATTESTED)
    assert (attested.good, attested.due) == (1, 1)


def test_an_event_is_the_delivery_whatever_else_is_signed_on_the_way(card: Card) -> None:
    """Five shipments with a leg each are five samples, though ten handoffs were signed."""
    history = History()
    for i in range(5):
        shipment = history.terms(holder=MAKER)
        history.handoff(shipment, MAKER, CARRIER, DAY + i * HOUR, due=9 * DAY)
        history.handoff(shipment, CARRIER, SHOP, (5 + i) * DAY)
    scorecard = carrier(history, card)
    assert (scorecard.samples, scorecard.shipments, scorecard.score) == (5, 5, None)
    assert of(scorecard, Indicator.LEGS).samples == of(scorecard, Indicator.RECORDS).samples == 5


def test_splitting_a_shipment_makes_no_more_of_them(card: Card) -> None:
    """Parcels that arrive on several days are samples of their own, but the volume is that of the terms."""
    history = History()
    shipment = history.terms(packages=4)
    for i, child in enumerate(history.split(shipment, CARRIER, 2 * DAY, [1, 1, 1, 1])):
        history.handoff(child, CARRIER, SHOP, (5 + i) * DAY, packages=1)
    scorecard = carrier(history, card)
    assert (scorecard.samples, scorecard.shipments) == (4, 1)


def test_two_hundred_children_and_thirty_manifests_a_day_to_a_friend_are_one_sample(card: Card) -> None:
    """Nor do they weigh more than one: the figure is that of eleven samples, one of them late."""
    friend, figures = 9, []
    for children, manifests in ((0, 1), (200, 1), (0, 30)):
        history = History()
        deliveries(history, 1, 10)
        for _ in range(manifests):
            shipment = history.terms(packages=200, consignee=friend, beneficiary=friend)
            parts = history.split(shipment, CARRIER, 2 * DAY, [1] * children) if children else [shipment]
            for part in parts:
                history.handoff(part, CARRIER, friend, 9 * DAY, packages=200 // len(parts))
        card_of = carrier(history, card)
        on_time = of(card_of, Indicator.ON_TIME)
        assert (card_of.samples, on_time.samples, on_time.value) == (11, 11, 10 * MILLION // 11)
        figures.append((card_of.score, on_time.low, on_time.high, of(card_of, Indicator.MEAN_LATE).value))
    assert figures == [figures[0]] * 3


def test_splitting_what_is_in_time_hides_nothing_of_what_is_late(card: Card) -> None:
    """One package of ten late is a tenth of the day's sample, whether the others go as one or as nine."""
    for parts in ([9], [1] * 9):
        history = History()
        history.handoff(history.terms(packages=1), CARRIER, SHOP, 12 * DAY, packages=1)
        in_time = history.terms(packages=9, promisedAt=15 * DAY)
        for child in history.split(in_time, CARRIER, 2 * DAY, parts):
            history.handoff(child, CARRIER, SHOP, 12 * DAY, packages=parts[0])
        on_time = of(carrier(history, card), Indicator.ON_TIME)
        assert (on_time.samples, on_time.value) == (1, 900_000)


def test_two_hundred_declarations_of_a_day_are_one_sample_of_a_broker(card: Card) -> None:
    """By broker, pair and day of the first status as counted: a claimed earlier day makes no other sample."""

    def told(count: int, **fields: Any) -> tuple[int, int | None]:
        history = History()
        for i in range(count):
            at = 5 * DAY - i * DAY if fields.get("known") else 5 * DAY
            shipment = history.terms(reportLag=0)
            history.clearance(ClearanceStatus.PRESENTED, shipment, at, **fields)
            history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY + HOUR, known=5 * DAY + HOUR)
        scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
        return scorecard.samples, of(scorecard, Indicator.RELEASED).low

    assert told(1) == told(200) == (1, wilson(1, 1, 1)[0])
    assert told(4, known=5 * DAY) == (1, wilson(1, 1, 1)[0])


def test_destinations_days_partners_and_recipient_keys_make_samples(card: Card) -> None:
    """The finest code of the destination counts; closed ones count as one; and each one-time key is one of its own."""

    def samples(*fields: dict[str, Any], days: tuple[int, ...] = (9,)) -> int:
        history = History()
        for terms in fields:
            for day in days:
                history.handoff(history.terms(**terms), CARRIER, terms.get("consignee", SHOP), day * DAY)
        return carrier(history, card).samples

    harbour, depot = Place(SALT, "DE", "DEHAM", "", ""), Place(SALT, "DE", "DEHAM", "4012345000009", "")
    renamed = Place(SALT, "DE", "DEHAM", "", "another gate")
    assert samples({}, {}) == 1
    assert samples({}, days=(9, 10)) == 2
    assert samples({"destination": harbour}, {"destination": renamed}) == 1
    assert samples({"destination": harbour}, {"destination": depot}) == 2
    assert samples({"destination": Withheld(bytes(32))}, {"destination": Withheld(b"1" * 32)}) == 1
    keys = ({"consignee": 0, "beneficiary": 0, "recipient": key * 20} for key in (b"1", b"2", b"2"))
    assert samples(*keys) == 2


def test_in_full_counts_what_never_moved_and_what_was_refused_damaged(card: Card) -> None:
    """Of 40 due, 20 delivered whole, 10 untouched and 10 refused damaged: 20 of 40."""
    history = History()
    for i in range(40):
        shipment = history.terms()
        if i < 20:
            history.handoff(shipment, CARRIER, SHOP, 9 * DAY + i)
        elif i < 30:
            history.handoff(shipment, CARRIER, SHOP, 9 * DAY + i, packages=0, exceptions=ExceptionBit.DAMAGED)
    in_full = of(carrier(history, card), Indicator.IN_FULL)
    assert (in_full.good, in_full.due) == (20, 40)


def test_a_standing_tender_of_whole_goods_is_in_full(card: Card) -> None:
    history = History()
    shipment = history.terms()
    history.statement(StatementKind.TENDER, shipment, CARRIER, 9 * DAY, counterparty=SHOP)
    in_full = of(carrier(history, card), Indicator.IN_FULL)
    assert (in_full.good, in_full.due) == (1, 1)


def test_a_procedure_held_up_by_its_brokers_own_fault_is_due_though_never_released(card: Card) -> None:
    history = History()
    for i in range(12):
        shipment = history.terms()
        if i < 2:
            history.clearance(ClearanceStatus.RELEASED, shipment, 2 * DAY)
        else:
            history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, caused_by=BROKER, cause=HoldCause.DOCUMENTS)
    scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
    assert (of(scorecard, Indicator.RELEASED).good, of(scorecard, Indicator.RELEASED).due) == (2, 12)


def procedures(lodged: dict[str, Any] | None, **steps: Any) -> History:
    """Fourteen procedures that end well, every other one after a hold by the broker's papers; lodged first, or not."""
    history = History()
    for i in range(14):
        day = 2 * i * DAY
        shipment = history.terms(known=day, holder=MAKER, promisedAt=day + 9 * DAY)
        if lodged is not None:
            history.clearance(ClearanceStatus.LODGED, shipment, day + HOUR, **lodged)
        if i % 2:
            held: dict[str, Any] = {"caused_by": BROKER, "cause": HoldCause.DOCUMENTS}
            history.clearance(ClearanceStatus.HELD, shipment, day + 2 * HOUR, **held, **steps)
        history.clearance(ClearanceStatus.RELEASED, shipment, day + 9 * HOUR, **steps)
        history.handoff(shipment, MAKER, CARRIER, day + DAY)
        history.handoff(shipment, CARRIER, SHOP, day + 4 * DAY)
    return history


ON_ITS_WORD: dict[str, Any] = {"by": BROKER, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}
LODGED_BY: dict[int, dict[str, Any]] = {
    who: {"by": who, "declarant": MAKER, "assurance": Assurance.BROKER_WORD} for who in (MAKER, BROKER, 77)
}


@pytest.mark.parametrize(
    ("lodged", "steps"),
    [
        (None, {}),
        (LODGED_BY[MAKER], {}),
        (LODGED_BY[BROKER], {}),
        (LODGED_BY[77], {}),
        (None, ON_ITS_WORD),
        (LODGED_BY[MAKER], ON_ITS_WORD),
    ],
)
def test_no_lodging_makes_a_brokers_bad_procedures_vanish(
    lodged: dict[str, Any] | None, steps: dict[str, Any], card: Card
) -> None:
    """Neither a consignor that lodges itself, nor a friend that lodges for it, has the procedure that customs names
    another broker in; and who declares under a broker's signature is no broker.
    """
    journeys = Journeys(procedures(lodged, **steps).records)
    released = of(score_of(BROKER, Role.BROKER, journeys, card, YEAR), Indicator.RELEASED)
    assert (released.good, released.due, released.samples) == (7, 14, 14)
    assert {MAKER, CUSTOMS}.isdisjoint(Tallies(journeys, YEAR).partners(Role.BROKER))
    assert of(score_of(77, Role.BROKER, journeys, card, YEAR), Indicator.RELEASED).due == 0


@pytest.mark.parametrize("declarant", [MAKER, SHOP, CARRIER])
def test_who_declares_its_own_goods_is_not_scored_as_a_broker(declarant: int, card: Card) -> None:
    """Consignor, consignee, and who has custody then; the carrier is custodian until the second handoff only."""
    history = History()
    for holder in (CARRIER, SECOND):
        shipment = history.terms(holder=MAKER)
        history.handoff(shipment, MAKER, CARRIER, DAY)
        if holder == SECOND:
            history.handoff(shipment, CARRIER, SECOND, 2 * DAY)
        history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, declarant=declarant)
        history.handoff(shipment, holder, SHOP, 4 * DAY)
    due = of(score_of(declarant, Role.BROKER, Journeys(history.records), card, YEAR), Indicator.RELEASED).due
    assert due == (1 if declarant == CARRIER else 0)


@pytest.mark.parametrize(("after", "due"), [(False, 0), (True, 1)])
def test_who_had_custody_then_is_told_by_blocks_whenever_a_record_became_visible(
    after: bool, due: int, card: Card
) -> None:
    history = History()
    shipment = history.terms(holder=CARRIER)

    def released() -> None:
        history.clearance(ClearanceStatus.RELEASED, shipment, 2 * DAY, declarant=CARRIER, known=3 * DAY, own_clock=True)

    if not after:
        released()
    history.handoff(shipment, CARRIER, SECOND, 2 * DAY)
    if after:
        released()
    history.handoff(shipment, SECOND, SHOP, 4 * DAY)
    assert of(score_of(CARRIER, Role.BROKER, Journeys(history.records), card, YEAR), Indicator.RELEASED).due == due


@pytest.mark.parametrize("steps", [{}, ON_ITS_WORD])
@pytest.mark.parametrize(("amender", "good"), [(BROKER, 0), (77, 1)])
def test_an_amendment_is_a_fault_of_the_broker_that_made_it(
    amender: int, good: int, steps: dict[str, Any], card: Card
) -> None:
    history = History()
    shipment = history.terms()
    history.clearance(ClearanceStatus.PRESENTED, shipment, DAY, **steps)
    own: dict[str, Any] = {"by": amender} if steps else {"declarant": amender}
    history.clearance(ClearanceStatus.AMENDED, shipment, 2 * DAY, **(steps | own))
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, **steps)
    released = of(score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR), Indicator.RELEASED)
    assert (released.good, released.due) == (good, 1)


def test_a_broker_is_in_time_with_what_it_signed_itself(card: Card) -> None:
    """Not with what customs signed, nor has a party that lodges, or signs as declarant, any part in it."""
    history = History()
    shipment = history.terms(holder=MAKER)
    history.clearance(ClearanceStatus.LODGED, shipment, HOUR, known=3 * DAY, **LODGED_BY[MAKER])
    history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * HOUR, known=3 * DAY)
    history.clearance(ClearanceStatus.INSPECTED, shipment, 3 * HOUR, known=3 * DAY, **ON_ITS_WORD)
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, **ON_ITS_WORD)
    journeys = Journeys(history.records)
    records = of(score_of(BROKER, Role.BROKER, journeys, card, YEAR), Indicator.RECORDS)
    assert (records.good, records.due) == (1, 2)
    assert Tallies(journeys, YEAR).partners(Role.BROKER) == [BROKER]


@pytest.mark.parametrize("status", [ClearanceStatus.HELD, ClearanceStatus.REFUSED, ClearanceStatus.SEIZED])
def test_a_rival_brokers_word_is_no_fault_of_a_broker(card: Card, status: ClearanceStatus) -> None:
    """With a party for a friend it could spoil the other's score; what customs or the broker itself say counts."""
    rival = 11
    for by, endorsed, good in ((rival, False, 1), (rival, True, 0), (CUSTOMS, False, 0), (BROKER, False, 0)):
        history = History()
        shipment = history.terms(holder=MAKER, requires=[US_IMPORT])
        history.clearance(ClearanceStatus.PRESENTED, shipment, DAY)
        itself = by == CUSTOMS
        said = history.clearance(
            status, shipment, DAY + HOUR, by=by, declarant=BROKER if itself else MAKER,
            caused_by=BROKER if status is ClearanceStatus.HELD else 0,
            assurance=Assurance.AUTHORITY_SIGNED if itself else Assurance.BROKER_WORD,
        )  # fmt: skip
        history.clearance(ClearanceStatus.RELEASED, shipment, 2 * DAY)
        running = Running(YEAR, history.records)
        running.score(BROKER, Role.BROKER, card)
        if endorsed:
            running.add(history.endorse(said.id, BROKER, 3 * DAY))
        whole = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
        released = of(whole, Indicator.RELEASED)
        assert (released.good, released.due) == (good, 1)
        assert running.score(BROKER, Role.BROKER, card) == whole


def test_a_rival_brokers_word_makes_no_broker_slower(card: Card) -> None:
    """It dates a presentation back; what customs say of the same goods counts."""
    history = History()
    shipment = history.terms(holder=MAKER, requires=[US_IMPORT])
    history.clearance(
        ClearanceStatus.PRESENTED, shipment, 0, by=11, declarant=MAKER, assurance=Assurance.BROKER_WORD, known=9 * DAY
    )
    history.clearance(ClearanceStatus.PRESENTED, shipment, 9 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 9 * DAY + HOUR)
    scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
    over_median = of(scorecard, Indicator.OVER_MEDIAN)
    assert (over_median.good, over_median.samples) == (HOUR, 1)


def test_a_split_erases_neither_the_leg_nor_the_hold_before_it(card: Card) -> None:
    """The leg is late with its last parcel; the hold by the supplier's papers counts once."""
    history = History()
    shipment = history.terms(holder=MAKER, packages=4, requires=[US_IMPORT])
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY, due=4 * DAY, packages=4)
    history.clearance(ClearanceStatus.HELD, shipment, DAY, caused_by=MAKER, cause=HoldCause.DOCUMENTS)
    history.clearance(ClearanceStatus.RELEASED, shipment, DAY + HOUR)
    first, second = history.split(shipment, CARRIER, 2 * DAY, [2, 2])
    history.handoff(first, CARRIER, SHOP, 3 * DAY, packages=2)
    history.handoff(second, CARRIER, SHOP, 6 * DAY, packages=2)
    tallies = Tallies(Journeys(history.records), YEAR)
    legs = of(tallies.score(CARRIER, Role.CARRIER, card), Indicator.LEGS)
    maker = tallies.score(MAKER, Role.SUPPLIER, card)
    assert (legs.good, legs.due) == (0, 1)
    assert (of(maker, Indicator.NO_HOLD).good, of(maker, Indicator.NO_HOLD).due) == (0, 1)
    assert (of(maker, Indicator.ON_TIME_IN_FULL).good, of(maker, Indicator.ON_TIME_IN_FULL).due) == (1, 1)


def test_an_attestation_is_owed_by_who_never_released_the_goods_too(card: Card) -> None:
    history = History()
    history.terms(holder=MAKER, contents=(Goods(SALT, "09506000134352", "LOT", bytes(32), 10, "EA", "", ""),))
    attested = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.ATTESTED)
    assert (attested.good, attested.due) == (0, 1)


def test_defects_of_a_short_item_are_what_is_missing(card: Card) -> None:
    """One short of a hundred is one defect, not ninety-nine; damaged are all that arrived, for nobody says how many."""
    for exceptions, bad in ((ExceptionBit(0), 1), (ExceptionBit.DAMAGED, 100)):
        history = History()
        shipment = history.terms(holder=MAKER, packages=100)
        history.short(shipment, MAKER, CARRIER, DAY, 99)
        if exceptions:
            history = History()
            shipment = history.terms(holder=MAKER, packages=100)
            history.handoff(shipment, MAKER, CARRIER, DAY, packages=100, exceptions=exceptions)
        defects = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.DEFECTS)
        assert (defects.good, defects.due) == (bad, 100)


def test_a_recall_that_its_author_took_back_is_no_defect(card: Card) -> None:
    """From when the revocation is effective, and by nobody else; running figures agree at each moment."""
    history = History()
    history.brand(MAKER)
    gtin = "09506000134352"
    contents = (Goods(bytes(16), gtin, "L1", bytes(32), 10, "PCE", "", ""),)
    history.handoff(history.terms(holder=MAKER, contents=contents), MAKER, SHOP, 9 * DAY)
    recall = Recall(MAKER, f"01/{gtin}", "", 1, 1, "", bytes(32), 11 * DAY, history.details())
    told = history.log(recall, [MAKER], 11 * DAY, outcomes=[Outcome.APPLIED])
    for by, since in ((SHOP, 0), (MAKER, 50 * DAY)):
        taken_back = Revocation(by, told.id, 1, since, history.details())
        history.log(taken_back, [by], 12 * DAY, outcomes=[Outcome.APPLIED])
    running = Running(Period(0, 365 * DAY, 20 * DAY), history.records)
    for at, bad in ((20 * DAY, 10), (50 * DAY - 1, 10), (50 * DAY, 0)):
        period = Period(0, 365 * DAY, at)
        running.judge(period)
        whole = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, period)
        assert (of(whole, Indicator.DEFECTS).good, of(whole, Indicator.DEFECTS).due) == (bad, 10)
        assert running.score(MAKER, Role.SUPPLIER, card) == whole


def test_nobody_takes_back_an_attestation_for_goods_that_are_gone(card: Card) -> None:
    """A brand that dates the revocation of an authorisation back lowers no score of its licensee; one known before the
    release does, from when it is effective.
    """
    for known, since, good in ((200 * DAY, 0, 1), (9 * DAY + 1, 0, 1), (8 * DAY, 0, 0), (8 * DAY, 9 * DAY + 1, 1)):
        for of_authorisation in (True, False):
            history = History()
            history.brand(SHOP)
            authorisation = authorised(history, SHOP, MAKER, 0, 0, 0)
            attestation = history.attest(MAKER, f"01/{RECALLED_GTIN}/10/L1", at=DAY)
            carried(history)
            by, target = (SHOP, authorisation.id) if of_authorisation else (MAKER, attestation.id)
            revocation = Revocation(by, target, 1, since, history.details())
            history.log(revocation, [by], known, outcomes=[Outcome.APPLIED])
            attested = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.ATTESTED)
            assert (attested.good, attested.due) == (good, 1)


RECALLED_GTIN = "09506000134352"


def carried(history: History) -> None:
    contents = (Goods(bytes(16), RECALLED_GTIN, "L1", bytes(32), 10, "PCE", "", ""),)
    history.handoff(history.terms(holder=MAKER, contents=contents), MAKER, SHOP, 9 * DAY)


def recalled(
    history: History, by: int, at: int, *, lots: str = "", supersedes: bytes = bytes(32), roles: int = 0
) -> VerifiedRecord:
    recall = Recall(by, f"01/{RECALLED_GTIN}", lots, 1, 1, "", supersedes, at, history.details())
    return history.log(recall, [by], at, outcomes=[Outcome.APPLIED], roles=[roles])


def authorised(history: History, by: int, partner: int, since: int, until: int, at: int) -> VerifiedRecord:
    none = bytes(32)
    record = Attestation(
        by, BRAND_AUTHORISATION, f"partner/{partner}", none, since, until, none, Claims(SALT, ""), none,
        history.details(),
    )  # fmt: skip
    return history.log(record, [by], at, outcomes=[Outcome.APPLIED])


def defects_of_maker(history: History, card: Card, *moments: int) -> list[int]:
    """Defective packages as known at each moment: read at once, in running figures, and in these by another order."""
    first = Period(0, 365 * DAY, moments[0])
    running, backwards = Running(first, history.records), Running(first, history.records[::-1])
    result = []
    for at in moments:
        period = Period(0, 365 * DAY, at)
        whole = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, period)
        for kept in (running, backwards):
            kept.judge(period)
            assert kept.score(MAKER, Role.SUPPLIER, card) == whole
        assert Tallies(Journeys(history.records), period, shortcut=False).score(MAKER, Role.SUPPLIER, card) == whole
        result.append(of(whole, Indicator.DEFECTS).good)
    return result


def test_a_rivals_recall_is_no_defect(card: Card) -> None:
    """It counts from who speaks for the brand, and from an authority, as in the verdict on the product."""
    for by, roles, bad in ((SHOP, 0, 0), (MAKER, 0, 10), (SHOP, 1 << Role.AUTHORITY, 10), (SHOP, 1 << Role.BRAND, 0)):
        history = History()
        history.brand(MAKER)
        history.brand(SHOP, prefix="9501101")
        carried(history)
        recalled(history, by, 11 * DAY, roles=roles)
        assert defects_of_maker(history, card, 20 * DAY) == [bad]


def test_a_recall_without_anybody_who_holds_the_prefix_is_no_defect(card: Card) -> None:
    history = History()
    carried(history)
    recalled(history, MAKER, 11 * DAY)
    assert defects_of_maker(history, card, 20 * DAY) == [0]


def test_a_superseded_recall_is_no_defect(card: Card) -> None:
    """One by the same author, or by an authority, replaces it; a stranger's does not, nor one that was taken back."""
    for by, roles, revoked, bad in (
        (MAKER, 0, False, 0), (SHOP, 1 << Role.AUTHORITY, False, 0), (SHOP, 0, False, 10), (MAKER, 0, True, 10),
    ):  # fmt: skip
        history = History()
        history.brand(MAKER)
        carried(history)
        first = recalled(history, MAKER, 11 * DAY)
        narrower = recalled(history, by, 12 * DAY, lots='[{"lot":"L9"}]', supersedes=first.id, roles=roles)
        if revoked:
            history.log(
                Revocation(by, narrower.id, 1, 0, history.details()), [by], 13 * DAY, outcomes=[Outcome.APPLIED]
            )
        assert defects_of_maker(history, card, 20 * DAY) == [bad]


def test_a_recall_outlasts_the_role_of_its_brand_and_none_follows_it(card: Card) -> None:
    """The council takes a brand's role: what it recalled before is a defect still, what it recalls later is none."""
    for at, bad in ((11 * DAY, 10), (13 * DAY, 0)):
        history = History()
        history.brand(MAKER)
        carried(history)
        if at < 12 * DAY:
            recalled(history, MAKER, at)
        history.brand(MAKER, RegistryAction.REVOKE_ROLE, at=12 * DAY)
        if at > 12 * DAY:
            recalled(history, MAKER, at)
        assert defects_of_maker(history, card, 20 * DAY, 90 * DAY) == [bad, bad]


def test_a_recall_counts_while_its_author_speaks_for_the_brand_or_did_when_it_was_made(card: Card) -> None:
    """An authorisation that ends silences none; one that begins later, or a role granted later, gives weight then."""
    history = History()
    history.brand(MAKER)
    carried(history)
    authorised(history, MAKER, SHOP, 30 * DAY, 40 * DAY, 10 * DAY)
    recalled(history, SHOP, 11 * DAY)
    moments = 20 * DAY, 30 * DAY - 1, 30 * DAY, 40 * DAY, 40 * DAY + 1
    assert defects_of_maker(history, card, *moments) == [0, 0, 10, 10, 0]
    recalled(history, SHOP, 35 * DAY)
    assert defects_of_maker(history, card, *moments) == [0, 0, 10, 10, 10]
    later = History()
    carried(later)
    recalled(later, MAKER, 11 * DAY)
    later.brand(MAKER, at=50 * DAY)
    assert defects_of_maker(later, card, 20 * DAY, 50 * DAY - 1, 50 * DAY, 60 * DAY) == [0, 0, 10, 10]


def test_shipments_withheld_here_are_told(card: Card) -> None:
    history = History()
    deliveries(history, 0, 10)
    terms = history.records[0]
    history.records[0] = already_verified(
        terms.id,
        replace(cast(ShipmentTerms, terms.record), commercial=Withheld(bytes(32))),
        terms.signers,
        terms.facts,
        roles=terms.roles,
    )
    scorecard = carrier(history, card)
    assert (scorecard.withheld, scorecard.samples) == (1, 9)
    assert any("1 shipment not known" in line for line in explain(scorecard))


# --- breaches ---

IMPORT = (Require(b"US", 1, 2, False),)


@pytest.mark.parametrize(("released", "good"), [(None, 0), (10 * DAY, 0), (9 * DAY - 1, 1)])
def test_a_delivery_before_its_clearance_is_a_breach_and_not_on_time(
    card: Card, released: int | None, good: int
) -> None:
    """Customs may report a release later: what counts is when it says that it released."""
    history = History()
    shipment = history.terms(holder=MAKER, requires=IMPORT)
    history.handoff(shipment, MAKER, SECOND, DAY)
    history.handoff(shipment, SECOND, CARRIER, 2 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 9 * DAY, outcome=Outcome.APPLIED_IN_BREACH)
    if released is not None:
        history.clearance(ClearanceStatus.RELEASED, shipment, released, known=11 * DAY)
    journeys = Journeys(history.records)
    assert len(breaches(journeys, shipment)) == 1 - good
    tallies = Tallies(journeys, YEAR)
    assert of(tallies.score(CARRIER, Role.CARRIER, card), Indicator.ON_TIME).good == good
    assert of(tallies.score(SECOND, Role.CARRIER, card), Indicator.ON_TIME).status is IndicatorStatus.UNKNOWN
    assert of(tallies.score(MAKER, Role.SUPPLIER, card), Indicator.ON_TIME_IN_FULL).good == 1


def test_a_handover_to_a_main_carrier_in_breach_counts_for_both_who_signed_it(card: Card) -> None:
    """The carrier that took over is not on time, though not liable; nor is the supplier's handover on time in full."""
    history = History()
    shipment = history.terms(holder=MAKER, requires=(Require(b"NZ", 2, 1, False),))
    history.handoff(shipment, MAKER, SECOND, DAY, receiver_roles=1 << Role.MAIN_CARRIER, outcome=BREACH)
    history.handoff(shipment, SECOND, CARRIER, 2 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 9 * DAY)
    tallies = Tallies(Journeys(history.records), YEAR)
    second = of(tallies.score(SECOND, Role.CARRIER, card), Indicator.ON_TIME)
    assert (second.good, second.due) == (0, 1)
    assert of(tallies.score(CARRIER, Role.CARRIER, card), Indicator.ON_TIME).good == 1
    assert of(tallies.score(MAKER, Role.SUPPLIER, card), Indicator.ON_TIME_IN_FULL).good == 0


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
    shipment = history.terms(holder=MAKER, requires=[US_IMPORT])
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


def test_returns_count_as_defects_once_somebody_took_the_goods_back(card: Card) -> None:
    """Terms of a return that their consignee signed alone are its own word, and lower nobody's score."""
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, SHOP, 9 * DAY)
    later = history.terms(
        known=20 * DAY, consignor=SHOP, holder=SHOP, consignee=MAKER, parents=[shipment], purpose=Purpose.RETURN,
        packages=4, promisedAt=0,
    )  # fmt: skip
    running = Running(YEAR, history.records)

    def defects() -> int:
        whole = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR)
        assert running.score(MAKER, Role.SUPPLIER, card) == whole
        assert of(whole, Indicator.DEFECTS).due == 10
        return of(whole, Indicator.DEFECTS).good

    assert defects() == 0
    first, _ = history.split(later, SHOP, 21 * DAY, (3, 1))
    running.add(history.records[-1])
    assert defects() == 0
    running.add(history.handoff(first, SHOP, CARRIER, 22 * DAY, packages=3))
    assert defects() == 4


def test_a_late_record_counts_once_however_many_lines_it_has(card: Card) -> None:
    history = History()
    shipments = [history.terms() for _ in range(5)]
    history.handoff(sorted(shipments), CARRIER, SHOP, 9 * DAY, known=10 * DAY + 1)
    records = of(carrier(history, card), Indicator.RECORDS)
    assert (records.good, records.due) == (0, 1)


def test_mean_late_days_count_at_most_fourteen_each(card: Card) -> None:
    history = History()
    deliveries(history, 0, 3)
    history.terms(promisedAt=11 * DAY)
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
        by=BROKER,
        declarant=MAKER,
        caused_by=BROKER,
        cause=HoldCause.DOCUMENTS,
        assurance=Assurance.BROKER_WORD,
    )
    history.clearance(ClearanceStatus.RELEASED, held, 3 * DAY)
    scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
    assert of(scorecard, Indicator.OVER_MEDIAN).value == 1_500_000
    assert (of(scorecard, Indicator.RELEASED).good, of(scorecard, Indicator.RELEASED).due) == (1, 2)


def test_a_slow_office_outweighs_no_quick_one(card: Card) -> None:
    """Two hours where the median is one, four days where it is eight: the mean of 2 and of a half, by shares of 1."""
    history = History()
    for regime, own, others in ((Regime.IMPORT, 2 * HOUR, 1 * HOUR), (Regime.EXPORT, 4 * DAY, 8 * DAY)):
        for broker, seconds in ((BROKER, own), (77, others), (78, others)):
            shipment = history.terms()
            history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY, declarant=broker, regime=regime)
            history.clearance(ClearanceStatus.RELEASED, shipment, 2 * DAY + seconds, declarant=broker, regime=regime)
    scorecard = score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR)
    assert of(scorecard, Indicator.OVER_MEDIAN).value == (2_000_000 + 500_000) // 2


@pytest.mark.parametrize(("by", "good"), [(77, 1), (BROKER, 0), (CUSTOMS, 0)])
def test_a_broker_does_not_answer_for_what_a_rival_lays_to_it(by: int, good: int, card: Card) -> None:
    history = History()
    shipment = history.terms()
    history.clearance(ClearanceStatus.PRESENTED, shipment, DAY, **ON_ITS_WORD)
    word = {"by": by, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}
    said: dict[str, Any] = {} if by == CUSTOMS else word
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, caused_by=BROKER, **said)
    history.clearance(ClearanceStatus.RELEASED, shipment, 3 * DAY, **ON_ITS_WORD)
    released = of(score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR), Indicator.RELEASED)
    assert (released.good, released.due) == (good, 1)


@pytest.mark.parametrize(("claimed", "hours"), [(3, 24), (8, 72), (9, 96)])
def test_a_broker_does_not_date_its_release_back_to_be_fast(claimed: int, hours: int, card: Card) -> None:
    """Presented on day 5 and released on day 9, says who else may see it; a day of report lag is all that it has."""
    history = History()
    for broker in (BROKER, 77):
        shipment = history.terms()
        word: dict[str, Any] = {"by": broker, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}
        history.clearance(ClearanceStatus.PRESENTED, shipment, 5 * DAY, **word)
        at = claimed * DAY if broker == BROKER else 9 * DAY
        history.clearance(ClearanceStatus.RELEASED, shipment, at, known=9 * DAY, **word)
    figure = of(score_of(BROKER, Role.BROKER, Journeys(history.records), card, YEAR), Indicator.OVER_MEDIAN)
    median = (96 + max(72, hours)) / 2
    assert figure.value == int(max(72, hours) * 1_000_000 / median)


def test_a_supplier_answers_for_no_hold_that_others_lay_to_its_papers(card: Card) -> None:
    """On a broker's word with its customer as declarant; where customs itself says so, or the supplier, it does."""
    for word, good in (
        ({"by": BROKER, "declarant": SHOP, "assurance": Assurance.BROKER_WORD}, 1),
        ({"by": BROKER, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}, 0),
        ({}, 0),
    ):
        history = History()
        shipment = history.terms(holder=MAKER, requires=[US_IMPORT])
        said: dict[str, Any] = dict(word)
        signers = (BROKER, said["declarant"]) if said else None
        hold = history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY, caused_by=MAKER, signers=signers, **said)
        history.endorse(hold.id, SHOP, 3 * DAY)
        history.clearance(ClearanceStatus.RELEASED, shipment, 5 * DAY)
        history.handoff(shipment, MAKER, SHOP, 9 * DAY)
        papers = of(score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR), Indicator.NO_HOLD)
        assert (papers.good, papers.due) == (good, 1)


def test_evidence_tells_what_raised_and_what_lowered_a_score(card: Card) -> None:
    history = History()
    deliveries(history, 1, 12)
    scorecard = carrier(history, card)
    on_time = of(scorecard, Indicator.ON_TIME)
    late, good = history.records[1], history.records[3]
    effects = {record: effect.micropoints for effect in on_time.effects() for record in effect.records}
    assert effects[late.id] < 0 < effects[good.id]
    assert {late.id, good.id} <= set(scorecard.evidence)
    assert sum(entry.lost for entry in scorecard.indicators) in range(
        POINTS - (scorecard.score or 0) - 6, POINTS - (scorecard.score or 0) + 1
    )
    text = explain(scorecard)
    assert f"(records {to_hex(history.records[0].id)}, {to_hex(late.id)})." in next(
        line for line in text if "lowered" in line
    )
    assert any("unknown: nothing was due" in line for line in text)


def test_all_effects_together_are_the_score(card: Card) -> None:
    """Whatever is due, and with figures beyond the thresholds too."""
    for seed in range(40):
        tallies = Tallies(random_history(seed, 40), Period(0, 365 * DAY, 60 * DAY))
        for role in card.roles:
            for partner in tallies.partners(role):
                scorecard = tallies.score(partner, role, card)
                effects = [effect.micropoints for entry in scorecard.indicators for effect in entry.effects()]
                if scorecard.score is not None:
                    # Each of up to six indicators and the composite are rounded down to hundredths of a point.
                    assert scorecard.score * 10_000 - len(effects) <= sum(effects) <= (scorecard.score + 7) * 10_000
                    assert scorecard.low is not None
                    assert scorecard.high is not None
                    assert scorecard.low <= scorecard.score <= scorecard.high


def test_explanations_are_in_words_with_the_largest_effects_first(card: Card) -> None:
    history = History()
    deliveries(history, 1, 12)
    text = explain(carrier(history, card))
    assert not any("ppm" in line or "on-time" in line for line in text)
    assert any(line.startswith("Shipments on time (weight 35 %): 91.66 % (") for line in text)
    assert any(line.startswith("Mean delay (weight 10 %): 4 hours (") for line in text)
    raised = [line for line in text if line.startswith("Shipments on time: raised")]
    assert len(raised) == 4
    assert raised[-1].endswith("in all by 8 more samples.")


# --- flags ---


def flags(scorecard: Scorecard) -> dict[FlagKind, tuple[int, int]]:
    for flag in scorecard.flags:
        assert flag.records
    return {flag.kind: (flag.count, flag.of) for flag in scorecard.flags}


def test_one_counterparty_is_told_by_its_part_of_the_shipments(card: Card) -> None:
    history = History()
    for i in range(12):
        shop = SHOP if i < 4 else 20 + i
        shipment = history.terms(consignee=shop, beneficiary=shop)
        history.handoff(shipment, CARRIER, shop, 9 * DAY + i * HOUR)
    assert flags(carrier(history, card)) == {FlagKind.ONE_CUSTOMER: (4, 12)}


def test_late_records_are_told_of_suppliers_too(card: Card) -> None:
    history = History()
    for i in range(4):
        shipment = history.terms(holder=MAKER)
        history.handoff(shipment, MAKER, SHOP, DAY + i * HOUR, known=3 * DAY if i else None)
    scorecard = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR)
    assert flags(scorecard)[FlagKind.LATE_RECORDS] == (3, 4)


def test_promises_longer_than_usual_on_their_lane_are_told(card: Card) -> None:
    history = History()
    for i in range(20):
        ours = i < 6
        liable = CARRIER if ours else SECOND
        shipment = history.terms(holder=liable, liable=liable, promisedAt=(20 if ours else 10) * DAY)
        history.handoff(shipment, liable, SHOP, 9 * DAY + i * HOUR)
    tallies = Tallies(Journeys(history.records), YEAR)
    assert flags(tallies.score(CARRIER, Role.CARRIER, card))[FlagKind.PADDED_PROMISES] == (6, 6)
    assert FlagKind.PADDED_PROMISES not in flags(tallies.score(SECOND, Role.CARRIER, card))


def test_customs_time_that_rests_on_a_brokers_word_is_told(card: Card) -> None:
    history = History()
    shipment = history.terms()
    held = history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY, assurance=Assurance.BROKER_WORD, by=BROKER)
    history.endorse(held.id, SHOP, 2 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 4 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 12 * DAY)
    assert flags(carrier(history, card))[FlagKind.BROKER_WORD] == (2 * DAY, 2 * DAY)


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
        ("title =", "name =", "name: unknown field"),
        ("scorecard/1", "scorecard/2", "unknown format"),
        ("full = 0 }", "full = 0, half = 1 }", "half: unknown field"),
        ('"legs-on-time"', '"on-time"', "counted twice"),
        ("[[carrier]]", "[[pirate]]", "pirate: unknown field"),
        ("[[carrier]]", "[[", "not TOML"),
        ('"Lading default scorecard"', '""', "title: not a text of this length"),
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


# --- means and ratios ---


def test_the_interval_of_a_ratio_equals_its_definition() -> None:
    """With one more event imagined at the threshold: v ± t·√(n/(n − 1)·Σ(g − v d)²)/Σd, here with fractions."""
    dice = random.Random(11)
    for _ in range(300):
        pairs = [(dice.randrange(50), dice.randint(1, 9)) for _ in range(dice.randint(1, 40))]
        good, due = sum(g for g, _ in pairs), sum(d for _, d in pairs)
        value = Fraction(good, due)
        low, high = ratio(pairs, 1000, 100, 6000)
        assert low <= value * 1000 <= high
        for end, at, side in ((low, min(Fraction(100, 1000), value), -1), (high, max(Fraction(6), value), 1)):
            n, mean = len(pairs) + 1, Fraction(due, len(pairs))
            events = [*((Fraction(g), Fraction(d)) for g, d in pairs), (at * mean, mean)]
            middle = sum((g for g, _ in events), Fraction(0)) / sum((d for _, d in events), Fraction(0))
            spread = (
                sum(((g - middle * d) ** 2 for g, d in events), Fraction(0)) * n / (n - 1) / Fraction(due + mean) ** 2
            )
            t = _student(n - 1)
            inner, outer = (end - side) - middle * 1000, end - middle * 1000
            if end:
                assert outer * side >= 0
                assert outer**2 >= t * t * spread * 1_000_000 > inner * abs(inner) * side


def _student(degrees: int) -> Fraction:
    """From a table of Student's t, 97.5 %."""
    table = {1: 127_063, 2: 43_027, 3: 31_825, 4: 27_765, 5: 25_706, 6: 24_470, 7: 23_647, 8: 23_061, 9: 22_622,
             10: 22_282, 15: 21_315, 20: 20_860, 30: 20_423}  # fmt: skip
    return Fraction(table[max(known for known in table if known <= degrees)], 10_000)


def test_few_events_that_agree_are_no_certainty() -> None:
    few, many = ratio([(0, 1)] * 10, 1, 0, DAY), ratio([(0, 1)] * 1000, 1, 0, DAY)
    assert few[0] == many[0] == 0
    assert few[1] > many[1] > 0
    assert ratio([(DAY, 1)], 1, 0, DAY)[0] == 0
    with pytest.raises(MalformedRecord):
        ratio([], 1, 0, 1)


def test_the_upper_end_of_a_score_is_rounded_up() -> None:
    rising = Weighted(Indicator.ON_TIME, "", Fraction(1), 0, 3)
    assert (rising.points(1), rising.points_up(1), rising.points_up(0), rising.points_up(9)) == (3333, 3334, 0, 10_000)
