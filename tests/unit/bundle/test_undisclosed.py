"""What was not shown is told: leaving a part out must not be a way to better figures."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.bundle.figures import statements_of
from ledger.bundle.undisclosed import WithheldKind, WithheldPart, withheld_parts
from ledger.codes import AmendmentKind, ClearanceStatus, Role, StatementKind
from ledger.errors import NotFound
from ledger.records.eip712 import Withheld
from ledger.records.types import Place
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, CUSTOMS, DAY, EIGHT_DAYS_COST, LOCKER, MAKER, SALT, SHOP, US_IMPORT, History


def hiding(verified: VerifiedRecord, part: str) -> VerifiedRecord:
    record: Any = verified.record  # whichever has such a part
    hidden = replace(record, **{part: Withheld(b"\x01" * 32)})
    return already_verified(verified.id, hidden, verified.signers, verified.facts, roles=verified.roles)


def all_hiding(history: History, hidden: VerifiedRecord, part: str) -> Journeys:
    return Journeys(hiding(record, part) if record.id == hidden.id else record for record in history.records)


@pytest.mark.parametrize("part", ["commercial", "contents", "origin", "destination"])
def test_each_part_that_figures_rest_on_is_named_when_it_is_withheld(part: str) -> None:
    history = History()
    shipment = history.terms(origin=Place(bytes(16), "NZ", "", "", ""))
    assert withheld_parts(Journeys(history.records)) == []
    (told,) = withheld_parts(Journeys([hiding(history.records[0], part)]))
    assert (told.shipment, told.record, told.part) == (shipment, shipment, part)


def delivered(history: History) -> tuple[bytes, VerifiedRecord]:
    """A shipment that was handed on whole, and its delivery."""
    shipment = history.terms(holder=CARRIER, **EIGHT_DAYS_COST)
    return shipment, history.handoff(shipment, CARRIER, SHOP, 10 * DAY)


def test_hiding_the_correction_of_a_delivery_hides_no_penalty_silently() -> None:
    history = History()
    shipment, delivery = delivered(history)
    later = {"occurredAt": 18 * DAY}
    correction = history.amend(delivery.id, AmendmentKind.CORRECTION, later, (CARRIER, SHOP), 19 * DAY)
    (statement,) = statements_of(Journeys(history.records), 20 * DAY)
    assert statement.amount == 500_000
    hidden = all_hiding(history, correction, "changes")
    assert statements_of(hidden, 20 * DAY) == []
    assert withheld_parts(hidden) == [WithheldPart(shipment, correction.id, WithheldKind.CHANGES)]


def test_hiding_the_correction_of_a_clearance_on_a_plain_journey_is_told() -> None:
    history = History()
    shipment = history.terms(holder=CARRIER, requires=(US_IMPORT,))
    held = history.clearance(ClearanceStatus.HELD, shipment, 8 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 12 * DAY)
    history.handoff(shipment, CARRIER, SHOP, 13 * DAY)
    cause = {"occurredAt": 11 * DAY}
    correction = history.amend(held.id, AmendmentKind.CORRECTION, cause, (CUSTOMS,), 14 * DAY)
    assert Journeys(history.records).plain_moves(shipment) is not None
    hidden = all_hiding(history, correction, "changes")
    assert withheld_parts(hidden) == [WithheldPart(shipment, correction.id, WithheldKind.CHANGES)]


def test_hiding_the_correction_of_a_statement_is_told() -> None:
    history = History()
    shipment = history.terms(holder=CARRIER)
    tender = history.statement(StatementKind.TENDER, shipment, CARRIER, 9 * DAY, counterparty=SHOP)
    later = {"occurredAt": 12 * DAY}
    correction = history.amend(tender.id, AmendmentKind.CORRECTION, later, (CARRIER,), 13 * DAY)
    hidden = all_hiding(history, correction, "changes")
    assert withheld_parts(hidden) == [WithheldPart(shipment, correction.id, WithheldKind.CHANGES)]


def test_a_correction_hidden_in_what_was_left_behind_is_told_of_the_whole() -> None:
    history = History()
    shipment = history.terms(holder=CARRIER)
    rest = history.short(shipment, CARRIER, SHOP, 9 * DAY, 6)
    last = history.handoff(rest, CARRIER, SHOP, 9 * DAY, packages=4)
    later = {"occurredAt": 12 * DAY}
    correction = history.amend(last.id, AmendmentKind.CORRECTION, later, (CARRIER, SHOP), 13 * DAY)
    hidden = all_hiding(history, correction, "changes")
    assert withheld_parts(hidden) == [WithheldPart(shipment, correction.id, WithheldKind.CHANGES)]


def test_hiding_where_goods_were_tendered_is_told_where_it_moves_what_is_owed() -> None:
    history = History()
    here, elsewhere = (Place(SALT, code[:2], code, "", "") for code in ("NZAKL", "CNNGB"))
    shipment = history.terms(holder=CARRIER, destination=here, **EIGHT_DAYS_COST)
    tender = history.statement(StatementKind.TENDER, shipment, CARRIER, 10 * DAY, counterparty=SHOP, place=elsewhere)
    history.handoff(shipment, CARRIER, SHOP, 18 * DAY)
    hidden = all_hiding(history, tender, "place")
    owed = [statements_of(journeys, 60 * DAY)[0] for journeys in (Journeys(history.records), hidden)]
    assert [(one.amount, one.frozen) for one in owed] == [(500_000, 0), (0, 500_000)]
    assert withheld_parts(hidden) == [WithheldPart(shipment, tender.id, WithheldKind.PLACE)]


def test_hiding_where_a_locker_took_the_goods_is_told_and_where_others_did_is_not() -> None:
    history = History()
    shipment = history.terms(holder=MAKER)
    first = history.handoff(shipment, MAKER, CARRIER, 8 * DAY)
    locker = history.handoff(shipment, CARRIER, LOCKER, 9 * DAY, receiver_roles=1 << Role.LOCKER)
    assert withheld_parts(all_hiding(history, first, "place")) == []
    told = withheld_parts(all_hiding(history, locker, "place"))
    assert told == [WithheldPart(shipment, locker.id, WithheldKind.PLACE)]


def test_a_statement_that_fails_with_nothing_withheld_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    _, delivery = delivered(history)
    correction = history.amend(delivery.id, AmendmentKind.CORRECTION, {"occurredAt": DAY}, (CARRIER, SHOP), 19 * DAY)
    hidden = all_hiding(history, correction, "changes")
    assert statements_of(hidden) == []
    monkeypatch.setattr("ledger.bundle.figures.withheld_parts", lambda _: [])
    with pytest.raises(NotFound, match="withheld"):
        statements_of(hidden)
