"""Terms on their page: what the rules of markets need stands there before anybody signs, and goods that a rule refuses
get no button to sign with.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.cli.demo.scribe import Deal
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.types import ShipmentTerms
from ledger.services.intake.submission import Proposed
from tests.browser.people import Person, serving, somebody
from tests.e2e.markets.test_markets import FILE, STRICTER, adopt
from tests.e2e.stage import ALPHA, CAP, CARRIER, MAKER, PROMISED, SHOP, Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def proposed(stage: Stage, order: str) -> RecordId:
    """Terms that the maker has signed and the carrier has not."""
    deal = Deal(order, 10_000_00, CAP, stage.now + PROMISED, ALPHA, CAP, CARRIER, SHOP)
    terms = stage.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=10, holder=CARRIER)
    assert isinstance(terms, ShipmentTerms)
    taken = stage.node.submission.submit(stage.trial.signed(terms, *stage.keys([MAKER])))
    assert isinstance(taken, Proposed)
    return taken.record_id


def ask(who: Person, record: RecordId) -> None:
    """Signed in, on the record's page, with the key chosen."""
    with who.open(f"/sign-in?back=/records/{to_hex(record)}").expect_navigation():
        who.page.get_by_role("button", name="Sign in with the wallet in this browser").click()
    who.page.get_by_role("button", name="Sign with the wallet in this browser").click()


def test_what_terms_need_is_shown_and_what_is_refused_is_not_signed(
    browser: "Browser", founded: Path, tmp_path: Path
) -> None:
    with serving(founded, tmp_path / "home") as service:
        stage = service.stage
        adopt(stage, FILE, stage.now + 2 * DAY)
        adopt(stage, STRICTER, stage.now + 6 * DAY)
        stage.pass_time(3 * DAY)
        allowed, banned = proposed(stage, "PO-1"), proposed(stage, "PO-2")
        with somebody(browser, service, stage.parties[CARRIER].key) as carrier:
            ask(carrier, allowed)
            sure = carrier.page.get_by_role("button", name="Sign it")
            sure.wait_for()
            for told in (
                "Rules of markets, as the service reads them; their files are not checked here:",
                "CN, import: clearance for import before delivery, signed by customs (rule import).",
                "CN, import: tax vat of 9.1 % (rule vat).",
                "The terms do not require clearance for import in CN before delivery (import).",
            ):
                assert told in carrier.text, carrier.text
            with carrier.page.expect_navigation():
                sure.click()
            stage.settle()
            assert stage.held_by(allowed)[0] == CARRIER
        stage.pass_time(4 * DAY)
        with somebody(browser, service, stage.parties[CARRIER].key) as carrier:
            ask(carrier, banned)
            carrier.page.locator("[role=status]").filter(has_text="rule ban").wait_for()
            assert "a market refuses these goods" in carrier.text
            assert carrier.page.get_by_role("button", name="Sign it").count() == 0
            assert carrier.errors == []
