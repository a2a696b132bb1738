"""Where parts are withheld an award is a range for each party, and what was shown would lie in it."""

import random
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award
from ledger.bonuses.award_range import AwardRange
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import award_for, range_for
from ledger.codes import ExceptionBit, StatementKind
from ledger.common.ids import PartnerId
from ledger.errors import VerificationFailed
from ledger.explain.bonus import explain
from ledger.records.types import BonusAgreement, Share, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.services.home.score_cards import default_card
from tests.unit.bonuses.test_award import AGREEMENT, ID
from tests.unit.bonuses.test_rule_file import CARD, RULE
from tests.unit.bundle.test_undisclosed import hiding
from tests.unit.history import CARRIER, DAY, LOCKER, MAKER, SECOND, SHOP, History

END = 100 * DAY
POOL = 1_000_000
PARTIES = (CARRIER, SECOND, LOCKER)


def rule_text(benchmark: str = "500_000", quality: str = "300_000", samples: str = "1") -> bytes:
    text = RULE.replace(CARD.hex(), default_card().hash.hex()).replace("900_000", benchmark)
    text = text.replace("950_000", quality).replace("samples = 12", f"samples = {samples}")
    return text.replace("samples = 10", f"samples = {samples}").encode()


def agreed(text: bytes) -> BonusAgreement:
    shares = (Share(CARRIER, 5_000), Share(SECOND, 3_000), Share(LOCKER, 1_000))
    return replace(AGREEMENT, parties=shares, rule=parse_rule(text).hash, periodStart=0, periodEnd=END)


def awarded(records: list[VerifiedRecord], text: bytes) -> Award:
    return award_for(ID, agreed(text), text, default_card(), 1, POOL, records)


def ranges(records: list[VerifiedRecord], text: bytes, signed: Award) -> AwardRange | None:
    result = awarded(records, text)
    return range_for(result, agreed(text), default_card(), records, lambda: signed.amounts)


def delivered(carrier: int, days: int, late: int = 0, *, damaged: bool = False, history: History) -> bytes:
    shipment = history.terms(holder=carrier, liable=carrier, promisedAt=days * DAY)
    exceptions = ExceptionBit.DAMAGED if damaged else ExceptionBit(0)
    history.handoff(shipment, carrier, SHOP, (days + late) * DAY, exceptions=exceptions)
    return shipment


def with_hidden(history: History, hidden: dict[bytes, str]) -> list[VerifiedRecord]:
    return [hiding(r, hidden[r.id]) if r.id in hidden else r for r in history.records]


def line_of(result: AwardRange | None, partner: int) -> Any:
    assert result is not None
    return next(line for line in result.lines if line.partner == partner)


def test_a_carrier_that_hides_its_one_late_shipment_proves_no_amount_by_it() -> None:
    history = History()
    late = delivered(CARRIER, 11, 3, history=history)
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, history=history)
        delivered(SECOND, 12 + 2 * i, history=history)
    whole = awarded(history.records, rule_text())
    assert [line.amount for line in whole.amounts] == [499_100, 300_000, 0]
    assert ranges(history.records, rule_text(), whole) is None
    hidden = ranges(with_hidden(history, {late: "commercial"}), rule_text(), whole)
    mine, other = line_of(hidden, CARRIER), line_of(hidden, SECOND)
    assert (mine.low, mine.high, mine.amount) == (0, 500_000, 499_100)
    assert (other.low, other.high, other.amount) == (300_000, 300_000, 300_000), "nothing hidden concerns it"
    assert hidden is not None
    assert (hidden.residual.low, hidden.residual.high, hidden.residual.amount) == (200_000, 700_000, 200_900)
    hidden.check()


def test_penalties_that_rest_on_nothing_withheld_lower_what_is_possible() -> None:
    history = History()
    delivered(CARRIER, 11, 3, history=history)
    closed = delivered(CARRIER, 12, history=history)
    for i in range(20):
        delivered(CARRIER, 13 + 2 * i, history=history)
    whole = awarded(history.records, rule_text())
    hidden = line_of(ranges(with_hidden(history, {closed: "commercial"}), rule_text(), whole), CARRIER)
    assert (hidden.low, hidden.high, hidden.amount) == (0, 499_100, 499_100)


def test_who_misses_the_threshold_whatever_is_withheld_gets_nothing_for_sure() -> None:
    history = History()
    closed = delivered(CARRIER, 11, history=history)
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, 5, history=history)
    whole = awarded(history.records, rule_text("900_000"))
    hidden = line_of(ranges(with_hidden(history, {closed: "commercial"}), rule_text("900_000"), whole), CARRIER)
    assert (hidden.low, hidden.high, hidden.amount) == (0, 0, 0)


def test_a_draft_with_a_withheld_part_is_put_in_words() -> None:
    """A figure of which only the range is known has no value, and the draft says by which end it was judged."""
    history = History()
    closed = delivered(CARRIER, 11, history=history)
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, history=history)
    said = "\n".join(explain(awarded(with_hidden(history, {closed: "commercial"}), rule_text())))
    assert "on-time not known exactly (at least " in said


def test_what_is_hidden_of_strangers_leaves_every_amount_exact() -> None:
    """Where it may name a party as liable that never signed, the evidence cannot be made again, the amounts can."""
    history = History()
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, history=history)
    strange = history.terms(holder=SHOP, consignee=MAKER, consignor=SHOP, liable=SECOND, promisedAt=11 * DAY)
    whole, text = awarded(history.records, rule_text()), rule_text()
    assert ranges(with_hidden(history, {strange: "destination"}), text, whole) is None
    assert strange in whole.evidence, "a penalty that is set aside"
    hidden = ranges(with_hidden(history, {strange: "commercial"}), text, whole)
    assert hidden is not None
    assert [(line.low, line.high) for line in hidden.lines] == [(line.amount, line.amount) for line in whole.amounts]


def test_an_amount_outside_its_range_is_refuted_though_parts_are_withheld() -> None:
    history = History()
    late = delivered(CARRIER, 11, 3, history=history)
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, history=history)
        delivered(SECOND, 12 + 2 * i, history=history)
    records, text = with_hidden(history, {late: "commercial"}), rule_text()
    for lines in ((499_100, 299_999, 0), (500_001, 300_000, 0), (499_100, 300_000, 1)):
        signed = [Line(PartnerId(p), amount) for p, amount in zip(PARTIES, lines, strict=True)]
        result = range_for(awarded(records, text), agreed(text), default_card(), records, partial(list, signed))
        assert result is not None
        with pytest.raises(VerificationFailed, match="whatever the withheld parts say"):
            result.check()


@pytest.mark.parametrize("seed", range(60))
def test_the_range_holds_what_the_hidden_parts_said(seed: int) -> None:
    """Random deliveries, random thresholds, random parts hidden: what the whole records give lies in the range."""
    rng, history = random.Random(seed), History()
    ids = []
    for i in range(rng.randrange(4, 30)):
        late = rng.choice((0, 0, 0, 1, 4, 20))
        ids.append(delivered(rng.choice(PARTIES), 5 + i, late, damaged=rng.random() < 0.1, history=history))
    text = rule_text(str(rng.randrange(1, 1_000_000)), str(rng.randrange(1, 900_000)), str(rng.randrange(1, 12)))
    whole = awarded(history.records, text)
    parts = ("commercial", "contents", "origin", "destination")
    hidden = {one: rng.choice(parts) for one in rng.sample(ids, rng.randrange(1, len(ids)))}
    result = ranges(with_hidden(history, hidden), text, whole)
    assert result is not None
    result.check()
    assert result.residual.low <= whole.residual_amount <= result.residual.high
    named = {
        partner
        for record in history.records
        if record.id in hidden and isinstance(record.record, ShipmentTerms)
        for partner in (record.record.holder,)
    }
    for line, true in zip(result.lines, whole.lines, strict=True):
        assert line.amount == true.amount
        assert line.partner in {*named, MAKER} or line.low == line.high


def test_where_a_dispute_may_be_hidden_for_which_an_award_waited_no_amount_is_sure() -> None:
    """It was judged when that dispute was over, which the parts that are shown do not tell."""
    history = History()
    for i in range(20):
        delivered(CARRIER, 12 + 2 * i, history=history)
        delivered(SECOND, 12 + 2 * i, history=history)
    history.terms(holder=SECOND, liable=SECOND, promisedAt=END - 5 * DAY, signers=(MAKER, SECOND))
    contested = history.terms(holder=CARRIER, liable=CARRIER, promisedAt=END - 10 * DAY, signers=(MAKER, CARRIER))
    history.statement(StatementKind.TENDER, contested, CARRIER, END - 7 * DAY, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, contested, SHOP, END - 5 * DAY)
    closed = with_hidden(history, {contested: "commercial"})
    text = rule_text()
    whole = awarded(history.records, text)
    hidden = ranges(closed, text, whole)
    assert hidden is not None
    (_, sooner, _), (_, signed, _) = awarded(closed, text).lines, whole.lines
    assert signed.amount < sooner.amount, "what it keeps back ran on"
    assert [(line.low, line.high) for line in hidden.lines] == [(0, line.share) for line in whole.lines]
    hidden.check()
    without = text.replace(b"penalties = true", b'penalties = true\ndisputed = "left out"')
    other = line_of(ranges(closed, without, awarded(history.records, without)), SECOND)
    assert other.low == other.high == other.amount, "it is judged when the period and its grace end"
