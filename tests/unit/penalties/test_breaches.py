"""When a handoff that the chain marked is a breach as the numbers count it: by the last decision up to it."""

from typing import Any

import pytest

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Gate, Outcome, Regime, StatementKind
from ledger.records.types import Require
from ledger.records.verification import VerifiedRecord
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.history import Journeys
from tests.unit.history import BROKER, CARRIER, DAY, HOUR, MAKER, SECOND, SHOP, UNLIMITED, History

DELIVERY = Require(b"US", Regime.IMPORT, Gate.DELIVERY, relay=True)
HELD, RELEASED = ClearanceStatus.HELD, ClearanceStatus.RELEASED
BREACH = Outcome.APPLIED_IN_BREACH
WORD: dict[str, Any] = {"by": BROKER, "declarant": MAKER, "assurance": Assurance.BROKER_WORD}


@pytest.fixture
def history() -> History:
    return History()


def count(history: History, shipment: bytes) -> int:
    return len(breaches(Journeys(history.records), shipment))


def delivered(history: History, shipment: bytes, **more: Any) -> None:
    history.handoff(shipment, CARRIER, SHOP, 5 * DAY, **{"outcome": BREACH, **more})


@pytest.mark.parametrize(
    ("said", "breached"),
    [
        ([], 1),
        ([(RELEASED, 4)], 0),
        ([(RELEASED, 5)], 0),
        ([(RELEASED, 6)], 1),
        ([(RELEASED, 3), (HELD, 4)], 1),
        ([(HELD, 5), (RELEASED, 5)], 0),
        ([(RELEASED, 5), (HELD, 5)], 0),
        ([(RELEASED, 3), (HELD, 6)], 0),
        ([(RELEASED, 3), (ClearanceStatus.AMENDED, 4)], 0),
        ([(RELEASED, 3), (ClearanceStatus.RECALLED, 4)], 1),
        ([(RELEASED, 3), (ClearanceStatus.INSPECTED, 4)], 1),
    ],
)
def test_the_last_decision_up_to_the_handoff_decides(
    history: History, said: list[tuple[ClearanceStatus, int]], breached: int
) -> None:
    """A release in the very second of the handoff is no breach; of equals the release is the last."""
    shipment = history.terms(requires=[DELIVERY])
    for status, day in said:
        history.clearance(status, shipment, day * DAY)
    delivered(history, shipment)
    assert count(history, shipment) == breached


def test_what_the_chain_did_not_mark_is_no_breach(history: History) -> None:
    shipment = history.terms(requires=[DELIVERY])
    delivered(history, shipment, outcome=Outcome.APPLIED)
    assert count(history, shipment) == 0


def test_a_release_that_customs_record_later_counts_when_it_happened(history: History) -> None:
    shipment = history.terms(requires=[DELIVERY])
    delivered(history, shipment)
    history.clearance(RELEASED, shipment, 4 * DAY, known=9 * DAY)
    assert count(history, shipment) == 0


@pytest.mark.parametrize(("known", "breached"), [(5 * DAY, 0), (5 * DAY + 1, 1)])
def test_a_brokers_release_counts_only_if_it_was_known_within_the_report_lag(
    history: History, known: int, breached: int
) -> None:
    """Back-dated to before the breach, and endorsed by everybody, it is a breach all the same."""
    shipment = history.terms(requires=[DELIVERY])
    delivered(history, shipment)
    release = history.clearance(RELEASED, shipment, 4 * DAY, known=known, **WORD)
    for side in (CARRIER, SHOP):
        history.endorse(release.id, side, 9 * DAY)
    assert count(history, shipment) == breached


def test_a_release_of_an_ancestor_counts_up_to_the_split(history: History) -> None:
    before, after = history.terms(requires=[DELIVERY]), history.terms(requires=[DELIVERY])
    history.clearance(RELEASED, before, 2 * DAY)
    first, second = history.split(before, CARRIER, 3 * DAY, [5, 5])
    (late, _) = history.split(after, CARRIER, 3 * DAY, [5, 5])
    history.clearance(RELEASED, after, 4 * DAY)
    history.clearance(HELD, second, 4 * DAY)
    for shipment in (first, second, late):
        delivered(history, shipment, packages=5)
    assert [count(history, shipment) for shipment in (first, second, late)] == [0, 1, 1]


@pytest.mark.parametrize(("said", "breached"), [([(RELEASED, 2)], 0), ([(RELEASED, 0), (HELD, 2)], 1)])
def test_who_dates_a_later_parting_back_neither_makes_nor_hides_a_breach(
    history: History, said: list[tuple[ClearanceStatus, int]], breached: int
) -> None:
    """What customs said of an ancestor counts up to that ancestor's own parting, by whatever it was followed."""
    shipment = history.terms(requires=[DELIVERY])
    for status, day in said:
        history.clearance(status, shipment, day * DAY)
    child, _ = history.split(shipment, CARRIER, 3 * DAY, [5, 5])
    remainder = history.short(child, CARRIER, SECOND, DAY, 3, known=4 * DAY)
    grandchild, _ = history.split(remainder, CARRIER, DAY, [1, 1], known=4 * DAY)
    delivered(history, grandchild, packages=1)
    assert count(history, grandchild) == breached


def test_a_sale_in_breach_is_one(history: History) -> None:
    shipment = history.terms(requires=[Require(b"US", Regime.IMPORT, Gate.SALE, relay=True)])
    sale = history.statement(StatementKind.SOLD, shipment, CARRIER, 5 * DAY, outcome=BREACH)
    assert [breach.record.id for breach in breaches(Journeys(history.records), shipment)] == [sale.id]


# --- corrections -----------------------------------------------------------------------------------------------------


def corrected(history: History, record: VerifiedRecord, day: int, known: int) -> None:
    history.amend(record.id, AmendmentKind.CORRECTION, {"occurredAt": day * DAY}, record.signers, known)


@pytest.mark.parametrize(("known", "breached"), [(6 * DAY, 0), (6 * DAY + 1, 1), (40 * DAY, 1)])
def test_a_handoff_in_breach_is_not_corrected_away_weeks_later(history: History, known: int, breached: int) -> None:
    """Only while the handoff itself could still have been told in time, a day here, is its time corrected."""
    shipment = history.terms(requires=[DELIVERY])
    handoff = history.handoff(shipment, CARRIER, SHOP, 4 * DAY, known=5 * DAY, outcome=BREACH)
    history.clearance(RELEASED, shipment, 5 * DAY)
    corrected(history, handoff, 5, known)
    assert count(history, shipment) == breached


def test_a_seller_alone_does_not_correct_its_sale_out_of_breach(history: History) -> None:
    shipment = history.terms(requires=[Require(b"US", Regime.IMPORT, Gate.SALE, relay=True)])
    sale = history.statement(StatementKind.SOLD, shipment, CARRIER, 5 * DAY, outcome=BREACH)
    history.clearance(RELEASED, shipment, 8 * DAY)
    corrected(history, sale, 8, 40 * DAY)
    assert count(history, shipment) == 1


def test_a_correction_made_in_time_claims_nothing_that_is_still_to_come(history: History) -> None:
    shipment = history.terms(requires=[DELIVERY], reportLag=UNLIMITED)
    handoff = history.handoff(shipment, CARRIER, SHOP, 5 * DAY, outcome=BREACH)
    history.clearance(RELEASED, shipment, 8 * DAY)
    corrected(history, handoff, 30, 5 * DAY + HOUR)
    assert count(history, shipment) == 1


@pytest.mark.parametrize(("known", "breached"), [(5 * DAY, 0), (5 * DAY + 1, 1), (65 * DAY, 1)])
def test_a_brokers_release_is_not_corrected_to_before_the_breach_weeks_later(
    history: History, known: int, breached: int
) -> None:
    shipment = history.terms(requires=[DELIVERY])
    release = history.clearance(RELEASED, shipment, 4 * DAY + HOUR, **WORD)
    history.handoff(shipment, CARRIER, SHOP, 4 * DAY, known=5 * DAY, outcome=BREACH)
    corrected(history, release, 4, known)
    assert count(history, shipment) == breached


def test_customs_itself_corrects_its_release_whenever_it_finds_the_mistake(history: History) -> None:
    shipment = history.terms(requires=[DELIVERY])
    delivered(history, shipment)
    release = history.clearance(RELEASED, shipment, 6 * DAY)
    corrected(history, release, 5, 65 * DAY)
    assert count(history, shipment) == 0


def test_a_brokers_hold_is_not_corrected_to_after_the_breach_weeks_later(history: History) -> None:
    shipment = history.terms(requires=[DELIVERY])
    history.clearance(RELEASED, shipment, 2 * DAY)
    delivered(history, shipment)
    hold = history.clearance(HELD, shipment, 4 * DAY, known=6 * DAY, **WORD)
    assert count(history, shipment) == 1
    corrected(history, hold, 6, 40 * DAY)
    assert count(history, shipment) == 1
