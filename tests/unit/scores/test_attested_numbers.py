"""Attested numbers in scores: which count, how they are scaled, and that every way to compute scores agrees."""

import hashlib
import json
from fractions import Fraction
from random import Random
from statistics import median

import pytest

from ledger.codes import Outcome, Role
from ledger.columns.parts import Asked, tallies_of
from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.errors import MalformedRecord
from ledger.explain.score import explain
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation, Revocation
from ledger.scores.attested import judged_at
from ledger.scores.card import POINTS, AttestedNumber, Card, Indicator, WhenMissing, parse_card
from ledger.scores.composite import Scorecard, ScoreStatus
from ledger.scores.flags import FlagKind
from ledger.scores.incremental import Running
from ledger.scores.indicator_score import IndicatorScore, IndicatorStatus
from ledger.scores.publication import public_card
from ledger.scores.tallies import Tallies, score_of
from ledger.services.home.score_cards import default_card, shipped_cards
from ledger.shipments.history import Journeys
from tests.unit.attested.saying import attest, revoke, say_number
from tests.unit.columns.ledgers import MAKERS, SHOPS, Ledger
from tests.unit.columns.test_parts import parted
from tests.unit.history import DAY, MAKER, SHOP, History

RATER, AUDITOR, THIRD = 40, 41, 42
CARD = """format = "lading/scorecard/1"
title = "Own blocks"

[[supplier]]
group = "Leistung & Qualität"
weight = 70
indicators = [
  { name = "on-time-in-full", weight = 2, zero = 850_000, full = 980_000 },
  { name = "defects", weight = 1, zero = 20_000, full = 1_000 },
]

[[supplier]]
group = "finance"
weight = 30
indicators = [
  { name = "attested:rating", weight = 2, zero = -20, full = 80, unit = "points", missing = "MISSING", self = SELF },
  { name = "attested:price-index", weight = 1, zero = 120, full = 95, unit = "per cent" },
]
"""
END = 60 * DAY
PERIOD = Period(0, END, END)


def card(missing: str = "unknown", own: str = "false") -> Card:
    return parse_card(CARD.replace("MISSING", missing).replace("SELF", own).encode())


def deliveries(count: int = 12) -> History:
    history = History()
    for day in range(count):
        shipment = history.terms(holder=MAKER, promisedAt=40 * DAY)
        history.handoff(shipment, MAKER, SHOP, (5 + day) * DAY)
    return history


def rated(history: History, by: Card, period: Period = PERIOD) -> Scorecard:
    """The maker's score, computed in every way that there is for one history."""
    whole = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), by, period)
    assert Tallies(Journeys(history.records), period, shortcut=False).score(MAKER, Role.SUPPLIER, by) == whole
    for records in (history.records, history.records[::-1]):
        running = Running(Period(0, 1, 1))
        for record in records:
            running.add(record)
        running.judge(period)
        assert running.score(MAKER, Role.SUPPLIER, by) == whole
    return whole


def number(score: Scorecard, name: str = "attested:rating") -> IndicatorScore:
    return next(entry for entry in score.indicators if entry.name == name)


def test_blocks_have_free_names_and_the_formula_is_exact() -> None:
    """Σ first-order weight × (Σ second-order weight × points), rounded down once."""
    history = deliveries()
    say_number(history, RATER, MAKER, "rating", 33)
    say_number(history, RATER, MAKER, "price-index", 101, unit="per cent")
    score = rated(history, card())
    points = {str(entry.name): entry.points or 0 for entry in score.indicators}
    by_hand = Fraction(70, 100) * (Fraction(2, 3) * points["on-time-in-full"] + Fraction(1, 3) * points["defects"])
    by_hand += Fraction(30, 100) * (
        Fraction(2, 3) * points["attested:rating"] + Fraction(1, 3) * points["attested:price-index"]
    )
    assert score.score == int(by_hand)
    assert points["attested:rating"] == (33 + 20) * POINTS // 100
    assert points["attested:price-index"] == (120 - 101) * POINTS // 25
    assert {entry.weighted.group for entry in score.indicators} == {"Leistung & Qualität", "finance"}
    assert score.status is ScoreStatus.PROVISIONAL


def test_a_number_about_nothing_else_makes_no_score() -> None:
    history = deliveries(3)
    say_number(history, RATER, MAKER, "rating", 80)
    score = rated(history, card())
    assert (score.status, score.score) == (ScoreStatus.TOO_FEW_SAMPLES, None)
    assert number(score).value == 80


def test_what_is_missing_is_unknown_or_zero_as_the_card_says() -> None:
    history = deliveries()
    unknown, zero = rated(history, card("unknown")), rated(history, card("zero"))
    assert number(unknown).status is IndicatorStatus.UNKNOWN
    assert (unknown.known_weight, unknown.score) == (Fraction(70, 100), POINTS)
    assert (number(zero).status, number(zero).points, number(zero).part) == (
        IndicatorStatus.MISSING, 0, Fraction(20, 90),
    )  # fmt: skip
    assert (zero.known_weight, zero.score) == (Fraction(90, 100), POINTS * 70 // 90)
    assert (zero.low or 0) <= (zero.score or 0) <= (zero.high or 0)


def test_a_number_counts_as_it_stood_in_the_last_second_of_the_period() -> None:
    last = END - 1
    for times, counts in (
        ({"at": last}, True),
        ({"at": END}, False),  # nobody knew it in the period, whatever it is dated
        ({"since": last}, True),
        ({"since": END}, False),
        ({"until": last}, True),
        ({"until": last - 1}, False),
    ):
        history = deliveries()
        say_number(history, RATER, MAKER, "rating", 50, **times)  # type: ignore[arg-type]
        assert (number(rated(history, card())).value == 50) is counts, times
    assert judged_at(Period(0, 2**40 - 1, 77)) == 77  # a period under way: when it is judged


def test_a_revoked_number_gives_way_to_the_one_before_it() -> None:
    for at, since, by, value in (
        (20 * DAY, 0, RATER, 40),
        (END, 0, RATER, 70),  # too late: it is dated back, and takes nothing from who relied on it
        (20 * DAY, END, RATER, 70),
        (20 * DAY, 0, THIRD, 70),  # a stranger's
    ):
        history = deliveries()
        say_number(history, RATER, MAKER, "rating", 40, at=DAY)
        second = say_number(history, RATER, MAKER, "rating", 70, at=2 * DAY)
        revoke(history, second, at, by=by, since=since)
        assert number(rated(history, card())).value == value


def test_of_several_issuers_the_median_counts_so_nobody_chooses() -> None:
    """A partner that shops for a good last word moves nothing beyond it, nor does a rival's friend."""
    history = deliveries()
    honest = [say_number(history, by, MAKER, "rating", value) for by, value in ((RATER, 50), (AUDITOR, 52))]
    score = rated(history, card())
    assert (number(score).value, number(score).low, number(score).high) == (51, 51, 51)
    bought = say_number(history, THIRD, MAKER, "rating", 1_000)
    score = rated(history, card())
    assert (number(score).value, number(score).due) == (52, 3)
    assert set(number(score).evidence) == {honest[0].id, honest[1].id, bought.id}
    say_number(history, THIRD, MAKER, "rating", -1_000)  # the newest of each: not two words of one
    assert number(rated(history, card())).value == 50
    say_number(history, AUDITOR, MAKER, "rating", 53)
    say_number(history, 43, MAKER, "rating", 54)
    score = rated(history, card())  # −1000, 50, 53, 54: between the middle two, exactly
    assert (number(score).low, number(score).value, number(score).high) == (51, 51, 52)
    assert number(score).points == (Fraction(103, 2) + 20) * POINTS // 100


def test_its_own_word_counts_only_where_the_card_says_so_and_is_flagged() -> None:
    history = deliveries()
    own = say_number(history, MAKER, MAKER, "rating", 80)
    assert number(rated(history, card())).status is IndicatorStatus.UNKNOWN
    score = rated(history, card(own="true"))
    assert number(score).value == 80
    (flag,) = [flag for flag in score.flags if flag.kind is FlagKind.INTERESTED_ISSUER]
    assert (flag.count, flag.of, flag.records) == (1, 1, (own.id,))


def test_a_customers_word_counts_and_is_flagged() -> None:
    history = deliveries()
    say_number(history, RATER, MAKER, "rating", 80)
    assert not [flag for flag in rated(history, card()).flags if flag.kind is FlagKind.INTERESTED_ISSUER]
    theirs = say_number(history, SHOP, MAKER, "rating", 10)
    (flag,) = [flag for flag in rated(history, card()).flags if flag.kind is FlagKind.INTERESTED_ISSUER]
    assert (flag.count, flag.of, flag.records) == (1, 2, (theirs.id,))


def test_what_is_no_number_of_the_card_says_nothing() -> None:
    good = {"lading": "number/1", "unit": "points", "value": 80}
    for claims in (
        good | {"lading": "number/2"}, good | {"value": "80"}, good | {"value": 80.5}, good | {"value": True},
        good | {"value": 10**12 + 1}, good | {"more": 1}, {"lading": "number/1", "value": 80}, {**good, "unit": ""},
        '{"lading":"number/1", "unit":"points","value":80}', "", "80", "[]", '{"value":1,"value":2}',
    ):  # fmt: skip
        history = deliveries()
        text = claims if isinstance(claims, str) else json.dumps(claims, separators=(",", ":"), sort_keys=True)
        attest(history, RATER, f"partner/{MAKER}", "rating", text)
        assert number(rated(history, card())).status is IndicatorStatus.UNKNOWN, claims
    for subject, schema, unit, outcome in (
        ("partner/01", "rating", "points", Outcome.APPLIED), ("partner/2", "rating", "points", Outcome.APPLIED),
        ("partner/1", "other", "points", Outcome.APPLIED), ("partner/1", "rating", "per cent", Outcome.APPLIED),
        ("partner/1", "rating", "points", Outcome.REJECTED),  # the chain: no issuer with the role for the schema
    ):  # fmt: skip
        history = deliveries()
        attest(history, RATER, subject, schema, good | {"unit": unit}, outcome=outcome)
        assert number(rated(history, card())).status is IndicatorStatus.UNKNOWN


def test_a_closed_number_may_be_any_and_is_never_guessed() -> None:
    """Whoever erases the claims of a bad rating gets no better score, nor a worse one for a rival: a range."""
    for missing in ("unknown", "zero"):
        by = card(missing)
        closed = deliveries()
        say_number(closed, RATER, MAKER, "rating", None)
        score = rated(closed, by)
        assert (score.status, score.score, number(score).value) == (ScoreStatus.HIDDEN, None, None)
        assert number(score).closed == (closed.records[-1].id,)
        for value in (-1_000, -20, 3, 79, 80, 500):
            opened = deliveries()
            say_number(opened, RATER, MAKER, "rating", value)
            shown = rated(opened, by)
            assert (score.low or 0) <= (shown.score or 0) <= (score.high or 0)
            assert shown.score is not None
        say_number(closed, RATER, MAKER, "rating", 30)  # a newer one of the same issuer, and it decides nothing
        assert rated(closed, by).score is not None


def test_the_public_sees_no_attested_number_and_nothing_that_follows_from_one() -> None:
    shown, other = deliveries(), deliveries()
    say_number(shown, RATER, MAKER, "rating", 80)
    say_number(other, SHOP, MAKER, "rating", -20)
    cards = [public_card(rated(history, card())) for history in (shown, other, deliveries())]
    assert cards[0] == cards[1] == cards[2]
    assert all(isinstance(entry.indicator, Indicator) for entry in cards[0].indicators)


def test_its_sentences_say_who_attested_and_what_it_costs() -> None:
    history = deliveries()
    record = say_number(history, RATER, MAKER, "rating", 30)
    said = "\n".join(map(str, explain(rated(history, card("zero")))))
    assert "Attested: rating (weight 20 %): 30 points, attested by 1 issuer: 50.00 points" in said
    assert record.id.hex() in said
    assert "Attested: price-index (weight 10 %): unknown: nobody attested it" in said
    assert "nobody attested it: 0 points" in "\n".join(map(str, explain(rated(deliveries(), card("zero")))))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('unit = "points", ', "", "unit"),
        ('"MISSING"', '"nothing"', "missing"),
        ("SELF", '"yes"', "self"),
        ("attested:rating", "attested:Rating!", "name"),
        ("attested:rating", "attested:", "name"),
        ("zero = -20", "zero = 80", "indicators"),
        ("attested:price-index", "attested:rating", "supplier"),
        ("full = 980_000", "full = 980_000, missing = \"zero\"", "indicators"),
        ("full = 80", "full = 2_000_000_000_000", "full"),
    ],
)  # fmt: skip
def test_a_card_says_what_is_wrong_with_it(old: str, new: str, where: str) -> None:
    assert old in CARD
    text = CARD.replace(old, new).replace("MISSING", "zero").replace("SELF", "false")
    with pytest.raises(MalformedRecord) as refused:
        parse_card(text.encode())
    assert where in str(refused.value)


def test_the_card_for_suppliers_has_the_six_blocks_and_a_score_without_any_issuer() -> None:
    own = parse_card(shipped_cards()["supplier-evaluation"])
    weights = own.of(Role.SUPPLIER)
    assert list(dict.fromkeys(w.group for w in weights)) == [
        "performance", "finance", "cost", "quality", "organisation", "other",
    ]  # fmt: skip
    assert sum(w.weight for w in weights) == 1
    counted = sum(w.weight for w in weights if isinstance(w.indicator, Indicator))
    assert counted >= Fraction(60, 100)
    assert own.schemas == {
        hashlib.sha256(name).digest()
        for name in (b"financial-rating", b"price-index", b"management-audit", b"innovation")
    }
    assert default_card().schemas == frozenset()


def random_ledger(dice: Random) -> tuple[Ledger, Card]:
    """A random ledger in which issuers speak of its makers, take back, and are closed."""
    ledger = Ledger(dice, 30)
    for _ in range(dice.randrange(40)):
        by = dice.choice((RATER, AUDITOR, THIRD, *SHOPS, *MAKERS))
        schema, unit = dice.choice((("rating", "points"), ("rating", "stars"), ("price-index", "per cent")))
        value = None if dice.random() < 0.1 else dice.randrange(-40, 140)
        said = say_number(
            ledger, by, dice.choice(MAKERS), schema, value, unit=unit, at=dice.randrange(40) * DAY,
            since=dice.choice((0, dice.randrange(60) * DAY)), until=dice.choice((0, 0, dice.randrange(60) * DAY)),
        )  # fmt: skip
        if dice.random() < 0.3:
            revoke(ledger, said, dice.randrange(60) * DAY, by=dice.choice((by, THIRD)))
    return ledger, card(dice.choice(("unknown", "zero")), dice.choice(("true", "false")))


def oracle(ledger: Ledger, partner: int, wanted: AttestedNumber, at: int) -> list[int | None]:
    """What counts of a partner, read from the raw records in another way: the newest of each issuer, None if closed."""
    taken_back = {
        one.record.target
        for one in ledger.records
        if isinstance(one.record, Revocation)
        and max(one.known, one.record.effectiveFrom) <= at
        and any(it.id == one.record.target and it.record.by == one.record.by for it in ledger.records)  # type: ignore[attr-defined]
    }
    newest: dict[int, int | None] = {}
    for one in ledger.records:  # in the chain's order
        record = one.record
        if not isinstance(record, Attestation) or record.subject != f"partner/{partner}" or one.id in taken_back:
            continue
        if one.known > at or record.validFrom > at or 0 < record.validUntil < at or record.schema != wanted.schema:
            continue
        if record.by == partner and not wanted.own:
            continue
        closed = isinstance(record.claims, Withheld)
        claims = {} if isinstance(record.claims, Withheld) else json.loads(record.claims.text)
        if closed or claims["unit"] == wanted.unit:
            newest[record.by] = None if closed else claims["value"]
    return list(newest.values())


def in_chain_order(ledger: Ledger) -> bool:
    places = [one.place for one in ledger.records if isinstance(one.record, Attestation)]
    return places == sorted(places)


def agree(seed: int, seen: dict[str, int]) -> None:
    dice = Random(seed)
    ledger, by = random_ledger(dice)
    start, end = dice.randrange(20), dice.randrange(30, 70)
    period = Period(start * DAY, end * DAY, dice.choice((end * DAY, (end + 20) * DAY, start * DAY)))
    journeys = Journeys(ledger.records)
    plain = Tallies(journeys, period)
    columns = tallies_of(parted(ledger.records, dice, Asked(period)), period)
    running = Running(Period(0, 1, 1))
    for record in dice.sample(ledger.records, len(ledger.records)):
        running.add(record)
    running.judge(period)
    assert in_chain_order(ledger)
    for partner in plain.partners(Role.SUPPLIER):
        score = plain.score(partner, Role.SUPPLIER, by)
        assert to_json(columns.score(partner, Role.SUPPLIER, by)) == to_json(score)
        assert running.score(partner, Role.SUPPLIER, by) == score
        for entry in score.indicators:
            wanted = entry.indicator
            if not isinstance(wanted, AttestedNumber):
                continue
            said = oracle(ledger, partner, wanted, min(period.end - 1, period.at))
            known = [value for value in said if value is not None]
            assert (entry.due, entry.good) == (len(said), len(known))
            if not said:
                expected = IndicatorStatus.MISSING if wanted.missing is WhenMissing.ZERO else IndicatorStatus.UNKNOWN
                assert entry.status is expected
                seen["none"] += 1
            elif len(known) < len(said):
                assert (entry.value, entry.points, score.score) == (None, None, None)
                seen["closed"] += 1
            else:
                exact = Fraction(median(map(Fraction, known)))
                points = (exact - entry.weighted.zero) * POINTS / (entry.weighted.full - entry.weighted.zero)
                assert entry.points == min(POINTS, max(0, points.numerator // points.denominator))
                seen["one" if len(said) == 1 else "several"] += 1
        seen["flagged"] += any(flag.kind is FlagKind.INTERESTED_ISSUER for flag in score.flags)
        seen["scored"] += score.score is not None


def test_every_way_to_compute_agrees_with_an_oracle() -> None:
    seen = dict.fromkeys(("none", "closed", "one", "several", "flagged", "scored"), 0)
    for seed in range(40):
        agree(seed, seen)
    assert min(seen.values()) >= 5, seen


@pytest.mark.drill
def test_every_way_to_compute_agrees_with_an_oracle_in_many_ledgers() -> None:
    seen = dict.fromkeys(("none", "closed", "one", "several", "flagged", "scored"), 0)
    for seed in range(1_000, 3_000):
        agree(seed, seen)
    assert min(seen.values()) >= 100, seen
