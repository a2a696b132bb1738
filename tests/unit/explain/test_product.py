"""What a consumer reads: a sentence for every reason, and what to do."""

import pytest

from ledger.codes import RecallAction, RevocationReason, ShipmentState
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.explain.product import TO_DO, reason_text, to_do
from ledger.products.verdict import Part, ProductVerdict, Reason, Verdict, Why

DAY = 86_400
RECORD = RecordId(bytes(32))
PRODUCT = Product("09506000134352", "A1", "7")


@pytest.mark.parametrize("code", Why)
def test_every_reason_is_a_sentence(code: Why) -> None:
    detail = ShipmentState.LOST if code is Why.OFF_THE_MARKET else RecallAction.RETURN
    text = reason_text(Reason(code, (RECORD,), 3, detail, time=DAY, devices=5, asks=(Part.LOT,)))
    assert text.endswith(".")
    assert text[0].isupper() or text[0].isdigit()
    assert "0x" not in text


@pytest.mark.parametrize("action", RecallAction)
def test_every_recall_says_what_to_do(action: RecallAction) -> None:
    reason = Reason(Why.RECALL, (RECORD,), 3, action)
    assert to_do(ProductVerdict(PRODUCT, Verdict.RECALLED, (reason,))) == TO_DO[action]
    called = Reason(Why.RECALL, (RECORD,), 3, action, "0800 1234")
    assert to_do(ProductVerdict(PRODUCT, Verdict.RECALLED, (called,))) == f"{TO_DO[action]} Contact: 0800 1234"


def test_codes_of_a_later_version_are_read_too() -> None:
    assert "do not use it" in reason_text(Reason(Why.RECALL, (RECORD,), 3, 250)).lower()
    assert "unknown" in reason_text(Reason(Why.REVOKED, (RECORD,), 3, 250))
    assert "error" in reason_text(Reason(Why.REVOKED, (RECORD,), 3, RevocationReason.ERROR))


def test_an_incomplete_code_is_asked_about_and_warned_of_nothing() -> None:
    reason = Reason(Why.RECALL_MAYBE, (RECORD,), 3, RecallAction.DESTROY, asks=(Part.LOT, Part.SERIAL))
    verdict = ProductVerdict(PRODUCT, Verdict.INCOMPLETE, (reason,))
    assert "the lot and the serial number printed on the package" in to_do(verdict)
    for text in (to_do(verdict), reason_text(reason)):
        assert "not use" not in text
        assert "estroy" not in text


def test_the_day_of_the_first_look_is_told() -> None:
    assert "1 March 2026" in reason_text(Reason(Why.ONE_TIME_SEEN, (RECORD,), time=1_772_323_200 + 3600))
