"""Who gets how much of a pool and why: exact sums, thresholds, penalties, the tree of amounts, the award file."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.bonuses.amounts import AmountProof, Line, amount_proof, amounts_root, check_lines, leaf
from ledger.bonuses.award import Award, compute_award, scorecards_of
from ledger.bonuses.award_file import FORMAT, amounts_from_json, amounts_only, award_to_json, evidence_of_file
from ledger.bonuses.charges import Charge, SetAside
from ledger.bonuses.findings import Finding, judge, may_sanction
from ledger.bonuses.judgement import judgements, threshold_of
from ledger.bonuses.rule_file import SCORE, Threshold, parse_rule
from ledger.bundle.figures import award_for
from ledger.codes import Role
from ledger.common.figure import to_json as figure_json
from ledger.common.ids import LogId, PartnerId, RecordId, to_hex
from ledger.common.periods import Period
from ledger.errors import LadingError, MalformedRecord, NotFound, VerificationFailed
from ledger.explain.bonus import explain, finding_text
from ledger.penalties.statement import PenaltyStatement, penalties
from ledger.records.types import BonusAgreement, BonusAward, Details, Share
from ledger.scores import card as score_card
from ledger.scores.card import Indicator, Weighted
from ledger.scores.composite import Scorecard, ScoreStatus
from ledger.scores.counters import Rows
from ledger.scores.estimate import Tally
from ledger.scores.indicator_score import IndicatorScore, IndicatorStatus
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from tests.unit.bonuses.test_rule_file import CARD, RULE
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History

ID = RecordId(b"\xaa" * 32)
LOG = LogId(b"\x01" * 32)
RULES = parse_rule(RULE.encode())
SHIP_A, SHIP_B, SHIP_C = b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32
REC = [RecordId(bytes([i]) * 32) for i in range(1, 9)]
A, B, C, HOST = PartnerId(2), PartnerId(5), PartnerId(9), PartnerId(77)

AGREEMENT = BonusAgreement(
    salt=bytes(16),
    parties=(Share(C, 2_000), Share(A, 3_333), Share(B, 3_333)),
    awarder=HOST,
    residual=HOST,
    token=b"\x22" * 20,
    currency="EUR",
    rule=RULES.hash,
    periodStart=1,
    periodEnd=2,
    disputeWindow=10,
    arbiter=50,
    arbiterWindow=20,
    deadline=100,
    claimUntil=200,
    details=Details(bytes(16), ""),
)


def charges_of(agreement: BonusAgreement, statements: Iterable[PenaltyStatement]) -> tuple[Charge, ...]:
    """What `charges_on` says, from whole statements, and on anybody's account."""
    return tuple(
        Charge(s.shipment, s.liable, s.amount, s.currency, s.indicative, s.evidence)
        for s in statements
        if s.amount > 0 and agreement.periodStart <= s.promised_at < agreement.periodEnd
    )


def indicator(name: Indicator, low: int | None, samples: int, evidence: Sequence[RecordId]) -> IndicatorScore:
    """An indicator whose interval lies 5,000 around its value; `low` None: nothing was due."""
    known = low is not None
    edge = low or 0
    rows = Rows()
    rows += (1, 1, tuple(evidence), None)
    return IndicatorScore(
        weighted=Weighted(name, "", Fraction(1, 2), 0, 1),
        status=IndicatorStatus.KNOWN if known else IndicatorStatus.UNKNOWN,
        part=Fraction(1, 2),
        good=1,
        due=1,
        samples=samples,
        value=edge + 5_000 if known else None,
        low=edge if known else None,
        high=edge + 10_000 if known else None,
        points=1 if known else None,
        points_low=1 if known else None,
        points_high=1 if known else None,
        lost=0,
        tally=Tally(name, {"": rows}, {}),
    )


def scorecard(
    partner: PartnerId, on_time: int | None = 920_000, in_full: int | None = 970_000, samples: int = 40, **fields: Any
) -> Scorecard:
    plain = Scorecard(
        partner=partner,
        role=Role.CARRIER,
        period=Period(1, 2, 2),
        card=CARD,
        score=8_000,
        low=7_000,
        high=9_000,
        samples=samples,
        shipments=3 * samples,
        provisional=False,
        known_weight=Fraction(1),
        status=ScoreStatus.KNOWN,
        withheld=0,
        indicators=(
            indicator(Indicator.ON_TIME, on_time, samples, REC[0:2]),
            indicator(Indicator.IN_FULL, in_full, samples, REC[1:3]),
        ),
        flags=(),
    )
    return replace(plain, **fields)


def supplier(partner: PartnerId, defects_low: int = 1_000, shipments: int = 100) -> Scorecard:
    found = (indicator(Indicator.DEFECTS, defects_low - 10_000, 40, REC[3:4]),)
    return scorecard(partner, role=Role.SUPPLIER, shipments=shipments, indicators=found)


GOOD = (scorecard(A), scorecard(B), scorecard(C))


def charge(partner: PartnerId, amount: int, shipment: bytes = SHIP_A, **more: Any) -> Charge:
    fields: dict[str, Any] = {"currency": "EUR", "indicative": False, "evidence": (REC[5],)} | more
    return Charge(shipment, partner, amount, **fields)


def amounts(award: Award) -> dict[int, int]:
    return {line.partner: line.amount for line in award.lines}


# --- shares ----------------------------------------------------------------------------------------------------------


def test_each_gets_its_share_rounded_down_and_the_rest_is_residual() -> None:
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_001, GOOD)
    assert amounts(award) == {A: 33_330, B: 33_330, C: 20_000}
    assert award.residual_amount == 100_001 - 33_330 - 33_330 - 20_000
    assert [line.partner for line in award.lines] == [A, B, C]


def test_who_misses_benchmark_or_quality_forfeits_to_residual() -> None:
    found = [scorecard(A, on_time=900_000), scorecard(B, in_full=950_000), scorecard(C)]
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, found)
    assert amounts(award) == {A: 0, B: 0, C: 20_000}
    assert award.residual_amount == 80_000
    assert [line.met for line in award.lines] == [False, False, True]


def test_penalties_are_taken_from_the_share_and_never_below_nothing() -> None:
    charges = [charge(A, 1_330), charge(A, 2_000, SHIP_B), charge(B, 33_331, SHIP_C), charge(HOST, 5)]
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD, charges)
    assert amounts(award) == {A: 30_000, B: 0, C: 20_000}
    assert award.residual_amount == 50_000
    assert [line.deducted for line in award.lines] == [3_330, 33_330, 0]
    assert [c.shipment for c in award.lines[0].charges] == [SHIP_B, SHIP_A]


def said(finding: Finding) -> str:
    return finding_text(figure_json(finding))


def test_penalties_in_another_currency_and_indicative_ones_do_not_count_and_are_shown() -> None:
    charges = [charge(A, 100, currency="USD"), charge(A, 200, SHIP_B, indicative=True)]
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD, charges)
    assert amounts(award)[A] == 33_330
    assert [aside.reason for aside in award.lines[0].set_aside] == [SetAside.INDICATIVE, SetAside.OTHER_CURRENCY]
    text = "\n".join(explain(award))
    assert "not counted (indicative: the partner has not signed or endorsed the terms)" in text
    assert "1.00 USD, not counted (in another currency than the agreement's)" in text


def test_a_rule_that_does_not_say_so_takes_no_penalty_off_and_claims_tell_nothing_of_one() -> None:
    rule = parse_rule(RULE.replace("penalties = true\n", "").encode())
    agreement = replace(AGREEMENT, rule=rule.hash)
    charges = [charge(A, 10_000, SHIP_A), charge(B, 40_000, SHIP_B)]
    award = compute_award(ID, agreement, rule, 1, 100_000, GOOD, charges)
    assert award == compute_award(ID, agreement, rule, 1, 100_000, GOOD)
    assert award.amounts != compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD, charges).amounts


def test_a_penalty_named_twice_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="named twice"):
        compute_award(ID, AGREEMENT, RULES, 1, 100, GOOD, [charge(A, 1), charge(A, 1)])


def test_another_rule_than_the_signed_one_is_refused() -> None:
    other = parse_rule(RULE.replace("900_000", "800_000").encode())
    with pytest.raises(VerificationFailed, match="not the rule"):
        compute_award(ID, AGREEMENT, other, 1, 100, GOOD)


def test_nothing_known_of_anybody_leaves_everything_to_residual() -> None:
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, [])
    assert award.residual_amount == 100_000
    assert award.evidence == ()
    assert award.evidence_root == bytes(32)


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=8),
    st.integers(0, 2**128 - 1),
    st.lists(
        st.tuples(st.integers(890_000, 990_000), st.integers(940_000, 990_000), st.integers(0, 40)),
        min_size=8,
        max_size=8,
    ),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2**100)), max_size=12),
)
def test_the_sum_is_exact_always(
    points: list[int], total: int, standings: list[tuple[int, int, int]], fines: list[tuple[int, int]]
) -> None:
    whole = max(1, sum(points))
    shares = tuple(Share(PartnerId(i + 1), p * 10_000 // max(whole, 10_000)) for i, p in enumerate(points))
    agreement = replace(AGREEMENT, parties=shares)
    found = [scorecard(PartnerId(i + 1), a, b, n) for i, (a, b, n) in enumerate(standings)]
    charges = [charge(PartnerId(who), fine, bytes([i]) * 32) for i, (who, fine) in enumerate(fines)]
    award = compute_award(ID, agreement, RULES, 1, total, found, charges)
    assert sum(line.amount for line in award.lines) + award.residual_amount == total
    assert award.residual_amount >= 0
    assert all(0 <= line.amount <= line.share for line in award.lines)
    assert check_lines(agreement, award.record(HOST, LOG, 5), award.amounts) == award.residual_amount


# --- thresholds ------------------------------------------------------------------------------------------------------


ON_TIME = RULES.roles[Role.CARRIER].benchmark


@pytest.mark.parametrize(("low", "met"), [(899_999, False), (900_000, False), (900_001, True)])
def test_a_reward_needs_the_low_end_above_the_threshold(low: int, met: bool) -> None:
    assert judge(ON_TIME, scorecard(A, on_time=low)).met is met


@pytest.mark.parametrize(("samples", "met"), [(9, False), (10, True)])
def test_too_few_samples_are_unknown(samples: int, met: bool) -> None:
    finding = judge(ON_TIME, scorecard(A, samples=samples))
    assert finding.met is met
    assert ("unknown" in said(finding)) is not met


def test_what_was_never_due_is_unknown() -> None:
    for card in (scorecard(A, on_time=None), scorecard(A, indicators=())):
        finding = judge(ON_TIME, card)
        assert (finding.value, finding.met, said(finding)) == (None, False, "on-time unknown: nothing was due")


@pytest.mark.parametrize(("high", "met"), [(4_999, True), (5_000, False)])
def test_defects_stay_below_their_threshold_at_their_high_end(high: int, met: bool) -> None:
    finding = judge(RULES.roles[Role.SUPPLIER].quality, supplier(A, defects_low=high))
    assert finding.met is met
    shown = {4_999: "0.4999 %", 5_000: "0.5 %"}[high]
    assert f"(at most {shown}), needed below 0.5 %: " in said(finding), "no rounding hides what decided"


@pytest.mark.parametrize(("shipments", "met"), [(99, False), (100, True)])
def test_a_volume_is_a_count_that_must_be_reached(shipments: int, met: bool) -> None:
    assert judge(RULES.roles[Role.SUPPLIER].benchmark, supplier(A, shipments=shipments)).met is met


@pytest.mark.parametrize(("low", "met"), [(7_000, False), (7_001, True)])
def test_a_score_is_judged_by_its_low_end(low: int, met: bool) -> None:
    finding = judge(Threshold("score", 7_000, 10), scorecard(A, low=low))
    assert finding.met is met
    assert said(finding).startswith(f"score 80.00 (at least {low // 100}.{low % 100:02}), needed above 70.00: ")


def test_no_score_is_unknown_and_says_why() -> None:
    none = scorecard(A, score=None, low=None, high=None, status=ScoreStatus.TOO_FEW_SAMPLES)
    finding = judge(Threshold("score", 1, 10), none)
    assert not finding.met
    assert said(finding) == "score unknown: no value from 40 delivery events"


def test_a_party_is_judged_in_every_role_in_which_anything_was_due() -> None:
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, [*GOOD, supplier(A), supplier(B, shipments=99)])
    assert amounts(award) == {A: 33_330, B: 0, C: 20_000}
    assert [f.role for f in award.lines[0].findings] == [Role.CARRIER, Role.SUPPLIER]
    idle = scorecard(C, shipments=0, samples=0)
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, [scorecard(A), scorecard(B), idle])
    assert amounts(award)[C] == 0
    assert "Not judged" in "\n".join(explain(award))


def test_scorecards_of_another_card_or_period_are_refused() -> None:
    with pytest.raises(VerificationFailed, match="measured by another card"):
        compute_award(ID, AGREEMENT, RULES, 1, 100, [scorecard(A, card=bytes(32))])
    with pytest.raises(VerificationFailed, match="of another period"):
        compute_award(ID, AGREEMENT, RULES, 1, 100, [scorecard(A, period=Period(1, 3, 3))])


# --- the tree of amounts ---------------------------------------------------------------------------------------------


def test_a_leaf_is_what_the_contract_encodes() -> None:
    expected = ID + (3).to_bytes(32, "big") + (7).to_bytes(32, "big") + (2**128 - 1).to_bytes(32, "big")
    assert leaf(ID, 3, Line(PartnerId(7), 2**128 - 1)) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_every_line_can_be_proved(size: int) -> None:
    lines = [Line(PartnerId(3 * i + 1), i * 7 % 5) for i in range(size)]
    root = amounts_root(ID, 2, lines)
    for line in lines:
        proof = amount_proof(ID, 2, lines, line.partner)
        merkle.verify_inclusion(merkle.leaf_hash(leaf(ID, 2, line)), proof.index, proof.size, proof.path, root)
        more = merkle.leaf_hash(leaf(ID, 2, Line(line.partner, line.amount + 1)))
        with pytest.raises(VerificationFailed):
            merkle.verify_inclusion(more, proof.index, proof.size, proof.path, root)


def test_a_stranger_has_no_proof() -> None:
    with pytest.raises(NotFound):
        amount_proof(ID, 1, [Line(A, 1)], B)


def test_lines_ascend_and_fit() -> None:
    for bad in ([Line(B, 1), Line(A, 1)], [Line(A, 1), Line(A, 2)], [Line(PartnerId(0), 1)], [Line(A, 2**128)]):
        with pytest.raises(MalformedRecord):
            amounts_root(ID, 1, bad)


def record(award_lines: list[Line], total: int) -> BonusAward:
    root = amounts_root(ID, 1, award_lines)
    return BonusAward(
        by=HOST, agreement=ID, version=1, logId=LOG, logSize=1, total=total, amounts=root, evidence=bytes(32)
    )


def test_a_party_sees_what_is_wrong_with_an_award() -> None:
    fair = [Line(A, 333), Line(B, 0), Line(C, 200)]
    assert check_lines(AGREEMENT, record(fair, 1_000), fair) == 467
    with pytest.raises(VerificationFailed, match="not one line for each party"):
        check_lines(AGREEMENT, record(fair[:2], 1_000), fair[:2])
    with pytest.raises(VerificationFailed, match="commits to other amounts"):
        check_lines(AGREEMENT, record(fair, 1_000), [Line(A, 332), *fair[1:]])
    greedy = [Line(A, 334), *fair[1:]]
    with pytest.raises(VerificationFailed, match="more than the party's share"):
        check_lines(AGREEMENT, record(greedy, 1_000), greedy)


# --- from records ----------------------------------------------------------------------------------------------------


def test_from_signed_records_to_an_award() -> None:
    """Forty deliveries of a carrier, one of them three days late: its share less that penalty."""
    history = History()
    for i in range(40):
        shipment = history.terms(promisedAt=(10 + 4 * i) * DAY)
        history.handoff(shipment, CARRIER, SHOP, (13 if i == 0 else 10 + 4 * i) * DAY)
    journeys = Journeys(history.records)
    card_file = Path(score_card.__file__).parent / "cards" / "default.toml"
    card = score_card.parse_card(card_file.read_bytes())
    text = RULE.replace(CARD.hex(), card.hash.hex()).replace("900_000", "850_000").replace("950_000", "900_000")
    rule = parse_rule(text.encode())
    agreement = replace(
        AGREEMENT,
        parties=(Share(CARRIER, 5_000), Share(SECOND, 5_000)),
        rule=rule.hash,
        periodStart=0,
        periodEnd=365 * DAY,
    )
    tallies = Tallies(journeys, Period(0, 365 * DAY, 365 * DAY))
    late_elsewhere = history.terms(promisedAt=400 * DAY)
    history.handoff(late_elsewhere, CARRIER, SHOP, 402 * DAY)
    charges = charges_of(agreement, penalties(Journeys(history.records)))
    award = compute_award(ID, agreement, rule, 1, 10_000, scorecards_of(agreement, rule, tallies, card), charges)
    assert [c.amount for c in charges] == [900], "100 a day², three days"
    assert award.amounts == (Line(PartnerId(CARRIER), 4_100), Line(PartnerId(SECOND), 0))
    assert award.residual_amount == 5_900
    assert set(award.evidence) <= {record.id for record in history.records}
    assert len(award.evidence) == 80, "terms and handoff of every delivery"


def test_goods_that_are_kept_back_cost_the_bonus_like_goods_that_come_late() -> None:
    """Neither delivered nor tendered at the period's end: the penalty has run to its cap, and the bonus pays it."""
    history = History()
    kept_back = history.terms(promisedAt=10 * DAY, signers=(MAKER, CARRIER), holder=CARRIER)
    for i in range(40):
        shipment = history.terms(promisedAt=(11 + 2 * i) * DAY)
        history.handoff(shipment, CARRIER, SHOP, (11 + 2 * i) * DAY)
    journeys = Journeys(history.records)
    text = RULE.replace(CARD.hex(), default_card().hash.hex()).replace("900_000", "500_000").replace("950_000", "1")
    agreement = replace(
        AGREEMENT, parties=(Share(CARRIER, 10_000),), rule=parse_rule(text.encode()).hash, periodStart=0,
        periodEnd=100 * DAY,
    )  # fmt: skip
    award = award_for(ID, agreement, text.encode(), default_card(), 1, 1_000_000, history.records)
    (line,) = award.lines
    assert [(c.shipment, c.amount) for c in line.charges] == [(kept_back, 10_000)], "the cap: 100 a day² for 30 days"
    assert line.amount == 990_000
    assert journeys.terms[kept_back].verified.id in award.evidence
    assert line.charges == charges_of(agreement, penalties(journeys, agreement.periodEnd)), "as its statement says"


# --- evidence, file, explanation -------------------------------------------------------------------------------------


def test_the_award_names_every_record_it_came_from() -> None:
    charges = [charge(A, 10), charge(B, 10, SHIP_B, currency="USD", evidence=(REC[7],))]
    award = compute_award(ID, AGREEMENT, RULES, 4, 100_000, GOOD, charges)
    assert award.evidence == (REC[0], REC[1], REC[2], REC[5], REC[7])
    assert all(a < b for a, b in pairwise(award.evidence))
    signed = award.record(HOST, LOG, 1234)
    assert (signed.version, signed.logSize, signed.total) == (4, 1234, 100_000)
    assert signed.amounts == amounts_root(ID, 4, award.amounts)
    assert signed.evidence == merkle.root([merkle.leaf_hash(r) for r in award.evidence])
    signed.check()


def test_the_file_gives_the_amounts_back() -> None:
    award = compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD, [charge(A, 10)])
    data = award_to_json(award)
    assert amounts_from_json(data) == award.amounts
    assert sum(int(line["amount"]) for line in data["lines"]) + int(data["residual"]["amount"]) == 100_000
    assert award.proof(B) == AmountProof(1, 3, award.proof(B).path)


def _fields(**fields: Any) -> Any:
    return lambda data: data["lines"][0].update(fields)


DAMAGES = {
    "another format": lambda d: d.update(format="lading/award/1"),
    "no list": lambda d: d.update(lines="none"),
    "no line": lambda d: d["lines"].append(5),
    "partner as text": _fields(partner="2"),
    "partner as truth": _fields(partner=True),
    "amount as number": _fields(amount=5),
    "leading zero": _fields(amount="05"),
    "negative": _fields(amount="-5"),
    "too long": _fields(amount="9" * 40),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_refused(damage: Any) -> None:
    data = award_to_json(compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD))
    damage(data)
    with pytest.raises(MalformedRecord):
        amounts_from_json(data)


def _is_accepted(text: str) -> bool:
    """Whether an auditor finds nothing wrong with a file of the award below that is kept as this text."""
    try:
        data = json.loads(text)
        right = (data["format"], data["agreement"], data["version"]) == (FORMAT, to_hex(ID), 1)
        evidence_of_file(data, AGREEMENT)
        return right and json.dumps(data) == text and amounts_from_json(data) == KEPT.amounts
    except (LadingError, ValueError, KeyError, TypeError):
        return False


KEPT = compute_award(ID, AGREEMENT, RULES, 1, 100_000, GOOD, [charge(A, 10)])
BARE = json.dumps(amounts_only(award_to_json(KEPT)))


def test_no_character_of_a_file_that_has_the_amounts_alone_can_be_edited() -> None:
    assert _is_accepted(BARE)
    edits = [BARE[:i] + c + BARE[i + 1 :] for i in range(len(BARE)) for c in "0 x" if c != BARE[i]]
    assert [text for text in [*edits, BARE + " ", BARE[:-1] + ', "x": 1}'] if _is_accepted(text)] == []


def test_a_file_of_the_first_release_does_not_say_what_was_left_out() -> None:
    data = json.loads(json.dumps(award_to_json(KEPT)))
    del data["leftOut"]
    assert evidence_of_file(data, AGREEMENT) == KEPT.evidence


EDITS = {
    "currency": lambda d: d.update(currency="XXX"),
    "rule": lambda d: d.update(rule="0x" + "ab" * 32),
    "total": lambda d: d.update(total="100001"),
    "residual partner": lambda d: d["residual"].update(partner=d["residual"]["partner"] + 1),
    "residual": lambda d: d["residual"].update(amount="0"),
    "root": lambda d: d["evidence"].update(root="0x" + "ab" * 32),
    "order of evidence": lambda d: d["evidence"]["records"].reverse(),
    "evidence": lambda d: d["evidence"]["records"].pop(),
    "line without share": lambda d: d["lines"][0].pop("share"),
    "line with more": lambda d: d["lines"][0].update(x=1),
    "order of fields": lambda d: d.update(lines=d.pop("lines")),
    "no currency": lambda d: d.pop("currency"),
    "no version": lambda d: d.pop("version"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_whole_file_agrees_with_the_agreement_and_with_itself(edit: Any) -> None:
    data = json.loads(json.dumps(award_to_json(KEPT)))
    assert evidence_of_file(data, AGREEMENT) == KEPT.evidence
    assert len(KEPT.evidence) > 1
    edit(data)
    with pytest.raises(VerificationFailed):
        evidence_of_file(data, AGREEMENT)


def test_the_explanation_has_every_line() -> None:
    charges = [charge(A, 330), charge(A, 5, SHIP_B, currency="USD")]
    found = [scorecard(A), scorecard(B, on_time=890_000), scorecard(C)]
    text = "\n".join(explain(compute_award(ID, AGREEMENT, RULES, 1, 100_000, found, charges)))
    assert f"Penalty of shipment 0x{SHIP_A.hex()}: 3.30 EUR." in text
    assert (
        f"Penalty of shipment 0x{SHIP_B.hex()}: 0.05 USD, not counted (in another currency than the agreement's)."
        in text
    )
    assert "Gets 330.00 EUR: 3.30 EUR taken for penalties." in text
    assert "Benchmark as carrier: on-time 89.5 % (at least 89 %), needed above 90 %: missed." in text
    assert "Gets 0: 333.30 EUR forfeited." in text
    assert "Partner 77 gets the rest: 1,000.00 EUR - 530.00 EUR = 470.00 EUR" in text


def test_a_sanction_needs_the_upper_end_below_the_threshold() -> None:
    """Between the ends neither reward nor sanction follows; and few samples sanction nobody."""
    card = scorecard(A, on_time=900_000)  # 900,000 to 910,000
    for limit, rewarded, punished in ((899_999, True, False), (905_000, False, False), (910_001, False, True)):
        threshold = Threshold(Indicator.ON_TIME.value, limit, 30)
        assert (judge(threshold, card).met, may_sanction(threshold, card)) == (rewarded, punished)
        assert not may_sanction(Threshold(Indicator.ON_TIME.value, limit, 50), card)
    for limit, punished in ((8_999, False), (9_001, True)):
        assert may_sanction(Threshold(SCORE, limit, 30), card) is punished
    bad = replace(card, role=Role.SUPPLIER, indicators=(indicator(Indicator.DEFECTS, 20_000, 40, ()),))
    assert may_sanction(Threshold(Indicator.DEFECTS.value, 19_999, 30), bad)
    assert not may_sanction(Threshold(Indicator.DEFECTS.value, 25_000, 30), bad)


def test_what_may_follow_from_scorecards_by_a_threshold() -> None:
    """Between the ends, and where too little is known, neither follows; roles without the indicator are left out."""
    cards = [scorecard(A, on_time=900_000), supplier(A)]  # as carrier 900,000 to 910,000
    for limit, rewarded, punished in ((899_999, True, False), (905_000, False, False), (910_001, False, True)):
        (found,) = judgements(threshold_of("on-time", limit), cards)
        assert found.to_json() == {
            "partner": A, "role": "carrier", "value": 905_000, "may_reward": rewarded, "may_sanction": punished,
        }  # fmt: skip
        (found,) = judgements(threshold_of("on-time", limit, 50), cards)
        assert (found.may_reward, found.may_sanction) == (False, False)
    assert [found.role for found in judgements(threshold_of("score", 9_001), cards)] == [Role.CARRIER, Role.SUPPLIER]


@pytest.mark.parametrize(
    ("indicator", "limit"), [("shipments", 5), ("kindness", 5), ("score", 10_001), ("on-time", -1), ("penalty", 1)]
)
def test_nobody_is_judged_by_what_is_no_threshold(indicator: str, limit: int) -> None:
    with pytest.raises(MalformedRecord):
        threshold_of(indicator, limit)
