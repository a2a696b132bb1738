"""Disputed shipments of a bonus: the award waits for them, or is made without them, as the rule file says."""

from dataclasses import replace

import pytest

from ledger.bonuses.award import Award
from ledger.bonuses.disputed import DisputedShipment, Reckoning, reckoning
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import award_for
from ledger.codes import Role, StatementKind
from ledger.explain.bonus import explain, left_out_text, waiting_text
from ledger.penalties.statement import penalty_of
from ledger.records.types import BonusAgreement, Share
from ledger.records.verification import VerifiedRecord
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from ledger.shipments.tenders import DISPUTE
from tests.unit.bonuses.test_award import AGREEMENT, ID
from tests.unit.bonuses.test_rule_file import CARD, RULE
from tests.unit.bundle.test_undisclosed import hiding
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History

END = 100 * DAY
POOL = 1_000_000
LOCKER_ROLE = 1 << Role.LOCKER
PROMISED, TENDERED, CONTESTED = END - 10 * DAY, END - 7 * DAY, END - 5 * DAY


def text(disputed: str, *, form: int = 2, penalties: bool = True, grace: int = 0) -> bytes:
    rule = RULE.replace(CARD.hex(), default_card().hash.hex()).replace("900_000", "500_000").replace("950_000", "1")
    keys = [f"grace = {grace}"]
    keys += ["penalties = true"] * (penalties and form == 2) + [f'disputed = "{disputed}"'] * (form == 2)
    rule = rule.replace("penalties = true", "\n".join(keys)).replace("bonus-rule/2", f"bonus-rule/{form}")
    return rule.encode()


def agreed(rule: bytes, *parties: int) -> BonusAgreement:
    shares = tuple(Share(party, 10_000 // len(parties)) for party in sorted(parties))
    return replace(AGREEMENT, parties=shares, rule=parse_rule(rule).hash, periodStart=0, periodEnd=END)


def reckoned(records: list[VerifiedRecord], rule: bytes, *parties: int) -> Reckoning:
    return reckoning(agreed(rule, *(parties or (CARRIER,))), parse_rule(rule), Journeys(records))


def awarded(records: list[VerifiedRecord], rule: bytes, *parties: int) -> Award:
    agreement = agreed(rule, *(parties or (CARRIER,)))
    return award_for(ID, agreement, rule, default_card(), 1, POOL, records)


def delivered(history: History, count: int = 40) -> None:
    for i in range(count):
        shipment = history.terms(promisedAt=(5 + 2 * i) * DAY, signers=(MAKER, CARRIER), holder=CARRIER)
        history.handoff(shipment, CARRIER, SHOP, (5 + 2 * i) * DAY)


def contested(history: History, promised: int = PROMISED, tendered: int = TENDERED, at: int = CONTESTED) -> bytes:
    """Tendered late by the carrier, and contested: then not tendered at all is what the consignee says."""
    shipment = history.terms(promisedAt=promised, signers=(MAKER, CARRIER), holder=CARRIER)
    history.statement(StatementKind.TENDER, shipment, CARRIER, tendered, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, shipment, SHOP, at)
    return shipment


# --- wait ------------------------------------------------------------------------------------------------------------


def test_an_award_waits_for_the_end_of_the_dispute_and_counts_what_was_decided() -> None:
    history = History()
    delivered(history)
    shipment = contested(history)
    over = CONTESTED + DISPUTE
    found = reckoned(history.records, text("wait"))
    assert found == Reckoning(over, over + 1, (DisputedShipment(shipment, over),))
    (charge,) = awarded(history.records, text("wait")).lines[0].charges
    whole = penalty_of(shipment, history.records, over + 1)
    assert (charge.shipment, charge.amount, whole.frozen) == (shipment, whole.amount, 0)
    (lower,) = awarded(history.records, text("", form=1)).lines[0].charges
    assert 0 < lower.amount < charge.amount, "files of the older form go on counting the lower amount"


def test_a_third_that_bears_the_tender_out_during_the_wait_decides_it() -> None:
    history = History()
    delivered(history)
    shipment = contested(history)
    tender = next(match for match in Journeys(history.records).statements(shipment) if match.record.by == CARRIER)
    history.endorse(tender.verified.id, 900, END + DAY, roles=LOCKER_ROLE)
    (charge,) = awarded(history.records, text("wait")).lines[0].charges
    assert charge.amount == penalty_of(shipment, history.records, TENDERED).amount, "three days late"


def test_a_tender_that_may_still_be_contested_is_waited_for_too() -> None:
    history = History()
    shipment = history.terms(promisedAt=PROMISED, signers=(MAKER, CARRIER), holder=CARRIER)
    history.statement(StatementKind.TENDER, shipment, CARRIER, END - DAY, counterparty=SHOP)
    (waits,) = reckoned(history.records, text("wait")).waits_for
    assert (waits.shipment, waits.until) == (shipment, END + 2 * DAY), "three days from the tender"


def test_nobody_puts_an_award_off_by_a_tender_after_period_and_grace() -> None:
    history = History()
    contested(history, tendered=END + 1, at=END + DAY)
    assert reckoned(history.records, text("wait")) == Reckoning(END, END)
    assert reckoned(history.records, text("wait", grace=DAY)).waits_for, "the grace belongs to the period"


def test_nothing_is_waited_for_or_left_out_that_counts_for_no_party_or_is_decided() -> None:
    history = History()
    contested(history)
    for way in ("wait", "left out"):
        assert reckoned(history.records, text(way), SECOND) == Reckoning(END, END), "of others"
    decided = History()
    contested(decided, promised=40 * DAY, tendered=43 * DAY, at=45 * DAY)
    for way in ("wait", "left out"):
        assert reckoned(decided.records, text(way)) == Reckoning(END, END), "decided within the period"
    later = History()
    contested(later, promised=END, tendered=END, at=END)
    for way in ("wait", "left out"):
        assert reckoned(later.records, text(way)) == Reckoning(END, END), "of the next period"


def test_a_tender_of_one_child_is_waited_for_and_leaves_out_that_child_alone() -> None:
    history = History()
    delivered(history)
    whole = history.terms(promisedAt=PROMISED, signers=(MAKER, CARRIER), holder=CARRIER)
    tendered, other = history.split(whole, CARRIER, TENDERED - DAY, [5, 5])
    history.handoff(other, CARRIER, SHOP, TENDERED, packages=5)
    history.statement(StatementKind.TENDER, tendered, CARRIER, TENDERED, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, tendered, SHOP, CONTESTED)
    found = reckoned(history.records, text("wait"))
    assert [entry.shipment for entry in found.waits_for] == [tendered]
    assert found.until == CONTESTED + DISPUTE
    award = awarded(history.records, text("left out"))
    assert award.left_out == (tendered,)
    (charge,) = award.lines[0].charges
    assert charge.shipment == other


def test_what_a_withheld_part_may_hide_is_said() -> None:
    history = History()
    shipment = contested(history)
    hidden = [hiding(record, "commercial") if record.id == shipment else record for record in history.records]
    assert reckoned(hidden, text("wait")) == Reckoning(END, END, sure=False)


# --- left out --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalties", [True, False])
def test_what_is_left_out_counts_neither_for_nor_against_anybody(penalties: bool) -> None:
    history = History()
    delivered(history)
    without = list(history.records)
    shipment = contested(history)
    rule = text("left out", penalties=penalties)
    award, other = awarded(history.records, rule), awarded(without, rule)
    assert award.left_out == (shipment,)
    assert (award.lines, award.evidence) == (other.lines, other.evidence)
    assert other.left_out == ()
    said = explain(award)
    assert left_out_text(["0x" + shipment.hex()]) in said
    assert "Left out" not in " ".join(explain(other))


def test_an_older_file_leaves_nothing_out_and_waits_for_nothing() -> None:
    history = History()
    contested(history)
    assert reckoned(history.records, text("", form=1, grace=DAY)) == Reckoning(END + DAY, END)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "words"),
    [(10 * DAY, ""), (2 * DAY, "The deadline nears"), (0, "not before the award's deadline")],
)
def test_the_words_name_what_is_waited_for_and_a_deadline_that_nears(after: int, words: str) -> None:
    said = waiting_text((DisputedShipment(b"\7" * 32, END),), END + after)
    assert "07" * 32 in said
    assert words in said
    assert ("deadline" in said) is bool(words)
