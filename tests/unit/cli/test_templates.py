"""Terms drafted with `lading sign`: what they leave out about the penalty is filled in, and said."""

from typing import Any

import pytest

from ledger.cli.templates import told_defaults
from ledger.client.drafts import completed
from ledger.errors import MalformedRecord
from ledger.provenance.loss import Loss, parse_loss
from ledger.records.signing import SignedRecord
from ledger.records.types import ShipmentTerms
from ledger.shipments.default_terms import REPORT_LAG, TENDER_WINDOW
from ledger.shipments.return_reason import ReturnReason, parse_reason


def terms(**commercial: Any) -> dict[str, Any]:
    message = {"consignor": 1, "consignee": 2, "holder": 1, "purpose": "original", "packages": 1, "mode": "road"}
    return {"type": "ShipmentTerms", "message": {**message, "commercial": {"currency": "EUR", **commercial}}}


def drafted(draft: dict[str, Any]) -> Any:
    record = SignedRecord.from_json(completed(draft, 1_800_000_000)).record
    assert isinstance(record, ShipmentTerms)
    return record.commercial


def test_the_cap_is_the_smaller_of_freight_and_a_tenth_of_the_value_and_ten_days_reach_it() -> None:
    assert drafted(terms(value="100000", freight="5000")).penaltyCap == 5_000, "the freight"
    found = drafted(terms(value="100000", freight="50000"))
    assert (found.penaltyCap, found.alpha) == (10_000, 100)
    assert found.alpha * 10**2 == found.penaltyCap
    assert (found.lostAfter, found.tenderWindow, found.reportLag) == (30 * 86400, TENDER_WINDOW, REPORT_LAG)


def test_what_a_template_says_stands_a_zero_too() -> None:
    found = drafted(terms(value="100000", freight="50000", penaltyCap="600", tenderWindow=0))
    assert (found.penaltyCap, found.alpha, found.tenderWindow) == (600, 6, 0)
    assert drafted(terms(value="100000", freight="50000", alpha="0")).alpha == 0


def test_whoever_signs_is_told_what_was_filled_in() -> None:
    told = list(told_defaults(terms(value="100000", freight="5000", lostAfter=86400)))
    assert told[0] == (
        "Filled in by default: the penalty is at most 50.00 EUR, the smaller of freight and a tenth of the value."
    )
    assert told[1] == "Filled in by default: its rate per day squared is 0.50 EUR, so that ten days reach the most."
    assert len(told) == 4
    assert not any("it grows for" in line for line in told)
    assert list(told_defaults({"type": "Handoff", "message": {}})) == []
    whole = terms(penaltyCap="1", alpha="1", lostAfter=1, tenderWindow=1, reportLag=1)
    assert list(told_defaults(whole)) == []


def test_terms_without_prices_cost_nothing_late_and_withheld_ones_are_left_alone() -> None:
    bare = {"type": "ShipmentTerms", "message": {}}
    assert completed(bare, 0)["message"]["commercial"]["penaltyCap"] == "0"
    hidden: dict[str, Any] = {"type": "ShipmentTerms", "message": {"commercial": {"withheld": "0x" + "00" * 32}}}
    assert completed(hidden, 0)["message"]["commercial"] == hidden["message"]["commercial"]
    assert list(told_defaults(hidden)) == []


def test_times_may_be_said_as_people_write_them() -> None:
    assert drafted(terms(promisedAt="2026-12-01T23:59:59+08:00")).promisedAt == 1_796_140_799
    handed = {"type": "Handoff", "message": {"dueAt": "2026-12-01T09:00Z", "occurredAt": 5}}
    message = completed(handed, 0)["message"]
    assert (message["dueAt"], message["occurredAt"]) == (1_796_115_600, 5)
    for text in ("2026-12-01", "tomorrow", "2026-12-01T09:00"):
        with pytest.raises(MalformedRecord, match="promisedAt: not a moment"):
            completed(terms(promisedAt=text), 0)


def test_an_sscc_with_a_wrong_check_digit_is_not_drafted() -> None:
    def draft(identifier: str) -> dict[str, Any]:
        return {"type": "Handoff", "message": {"load": {"identifier": identifier}}}

    assert completed(draft("(00)106141412345678908"), 0)["message"]["load"]["identifier"] == "(00)106141412345678908"
    with pytest.raises(MalformedRecord, match=r"load.identifier: wrong check digit of an SSCC"):
        completed(draft("(00)106141412345678909"), 0)


def made(details: Any, purpose: Any = "transformation") -> dict[str, Any]:
    return {"type": "ShipmentTerms", "message": {"purpose": purpose, "details": details}}


def test_a_transformation_states_its_loss_as_it_is_read_later() -> None:
    loss = {"quantity": 1_250, "unit": "GRM", "reason": "left in the mixer"}
    text = completed(made({"loss": loss}), 0)["message"]["details"]["text"]
    assert text == '{"loss":{"quantity":1250,"reason":"left in the mixer","unit":"GRM"}}'
    assert parse_loss(text) == Loss(1_250, "GRM", "left in the mixer")
    assert completed(made({"text": text}, 7), 0)["message"]["details"]["text"] == text
    assert completed(made({"text": '{"note":"x"}'}, "onward"), 0)["message"]["details"]["text"] == '{"note":"x"}'
    assert completed(made({}), 0)["message"]["details"]["text"] == ""


@pytest.mark.parametrize(
    ("details", "purpose"),
    [
        ({"loss": {"quantity": 1, "unit": "GRM"}}, "transformation"),
        ({"loss": {"quantity": -1, "unit": "GRM", "reason": "x"}}, "transformation"),
        ({"loss": {"quantity": 1.5, "unit": "GRM", "reason": "x"}}, "transformation"),
        ({"loss": {"quantity": 1, "unit": "GRM", "reason": "x"}}, "onward"),
        ({"loss": {"quantity": 1, "unit": "GRM", "reason": "x"}, "text": "{}"}, "transformation"),
        ({"text": '{"loss":{"quantity":"much"}}'}, "transformation"),
        ({"text": "no JSON"}, 7),
    ],
)
def test_a_loss_that_nobody_could_read_is_refused_before_it_is_signed(details: Any, purpose: str) -> None:
    with pytest.raises(MalformedRecord):
        completed(made(details, purpose), 0)


def test_a_return_states_its_reason_as_it_is_counted_later() -> None:
    text = completed(made({"reason": "wrong_goods"}, "return"), 0)["message"]["details"]["text"]
    assert text == '{"reason":"wrong_goods"}'
    assert parse_reason(text) is ReturnReason.WRONG_GOODS
    beside = '{"note":"lid broken","reason":"damaged"}'
    assert completed(made({"text": beside}, 3), 0)["message"]["details"]["text"] == beside
    assert completed(made({}, "return"), 0)["message"]["details"]["text"] == ""
    assert (
        completed(made({"text": '{"reason":"any"}'}, "onward"), 0)["message"]["details"]["text"] == '{"reason":"any"}'
    )


@pytest.mark.parametrize(
    ("details", "purpose"),
    [
        ({"reason": "Damaged"}, "return"),
        ({"reason": "unknown"}, "return"),
        ({"reason": None}, "return"),
        ({"reason": ["late"]}, "return"),
        ({"reason": "late"}, "onward"),
        ({"reason": "late"}, None),
        ({"reason": "late", "text": '{"note":"x"}'}, "return"),
        ({"reason": "late", "loss": {"quantity": 1, "unit": "GRM", "reason": "x"}}, "return"),
        ({"text": '{"reason":"weather"}'}, 3),
        ({"text": "it was late"}, "return"),
    ],
)
def test_a_reason_that_nobody_would_count_is_refused_before_it_is_signed(details: Any, purpose: Any) -> None:
    with pytest.raises(MalformedRecord):
        completed(made(details, purpose), 0)
