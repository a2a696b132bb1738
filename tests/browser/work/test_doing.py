"""What waits is done in the browser: a form asks for what no draft can know, the record stands there in words, a key of
this browser signs it, and the ledger takes it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import ClearanceStatus, Gate, Hazard, HoldCause, RecallAction, Regime, StatementKind
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.types import (
    Attestation,
    Claims,
    Clearance,
    Endorsement,
    Recall,
    RecallAnswer,
    Record,
    Require,
    Statement,
)
from ledger.records.wallet_input import envelope_from_wallet
from ledger.store import openings, records
from ledger.store.records import StoredRecord
from tests.api.world import GTIN
from tests.browser.people import Person, Service, serving, somebody
from tests.e2e.stage import BROKER, CARRIER, CN, MAKER, OCEAN, PROMISED, SHOP, Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(founded, tmp_path_factory.mktemp("doing") / "home") as running:
        yield running


@pytest.fixture
def people(browser: "Browser", service: Service) -> Iterator[Any]:
    """Makes people whose wallet has a partner's key, and sends them home after the test."""
    with ExitStack() as stack:
        yield lambda partner: stack.enter_context(somebody(browser, service, service.stage.parties[partner].key))


def sign_in(who: Person) -> None:
    page = who.open("/sign-in?back=/worklist")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in with the wallet in this browser").click()


def choose(who: Person, title: str) -> None:
    item = who.page.locator(".work > li").filter(has_text=title)
    item.first.locator("a.button").click()


def show(who: Person) -> str:
    """What is to be signed, in words."""
    who.page.get_by_role("button", name="Show what is to be signed").click()
    who.page.locator("#shown .sentences").wait_for()
    return " ".join(who.page.locator("#shown").inner_text().split())


def sign(who: Person) -> Record:
    """The record, signed here and taken in."""
    who.page.get_by_role("button", name="Sign with the wallet in this browser").click()
    who.page.locator("#shown .done").wait_for()
    assert who.page.locator("#do").is_hidden(), "nobody signs the same twice"
    address = who.page.locator("#shown a").first.get_attribute("href") or ""
    stage = who.service.stage
    stage.settle()
    assert who.errors == []
    return stored(stage, RecordId(bytes.fromhex(address.rpartition("0x")[2]))).record


def stored(stage: Stage, record_id: RecordId) -> StoredRecord:
    with stage.node.home.database.read() as connection:
        row = records.get(connection, record_id)
    assert row is not None
    return row


def test_a_customs_officer_holds_and_releases_on_a_phone(people: Any, service: Service) -> None:
    stage = service.stage
    shipment = stage.open(lot="L9", requires=[Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True)])
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    officer = people(CN)
    sign_in(officer)
    choose(officer, "Declarations to decide")
    page = officer.page
    page.locator("#do").wait_for()
    assert page.get_by_label("Cause of the hold").is_hidden()
    page.get_by_label("Status").select_option(label="Held")
    page.get_by_label("Cause of the hold").select_option(label="Documents")
    page.get_by_label("Number of the partner who caused it").fill(str(BROKER))
    assert "declares 1 shipment held: import, CN" in show(officer)
    page.get_by_label("Note").fill("packing list missing")
    page.get_by_label("Note").blur()
    assert page.locator("#shown").is_hidden(), "what stood there is not what would be signed now"
    show(officer)
    held = sign(officer)
    assert isinstance(held, Clearance)
    assert (held.by, held.status, held.holdCause) == (CN, ClearanceStatus.HELD, HoldCause.DOCUMENTS)
    assert held.causedBy == BROKER
    officer.open(f"/shipments/0x{bytes(shipment).hex()}")
    page.get_by_role("link", name="Decide").click()
    page.get_by_label("Customs reference").fill("26CN0001")
    assert "declares 1 shipment released: import, CN" in show(officer)
    released = sign(officer)
    assert isinstance(released, Clearance)
    assert (released.status, released.holdCause, released.causedBy) == (ClearanceStatus.RELEASED, 0, 0)
    assert stage.view(shipment).clearances[0].released
    assert "Nothing waits for you." in officer.open("/worklist").inner_text("main")


def test_what_acceptance_would_refuse_is_said_and_not_signed(people: Any, service: Service) -> None:
    stage = service.stage
    shipment = stage.open(lot="L9")
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(PROMISED)
    stage.state(StatementKind.TENDER, CARRIER, shipment, 1, SHOP)
    shop = people(SHOP)
    sign_in(shop)
    choose(shop, "Delivery offered")
    shop.page.get_by_label("UN/LOCODE").fill("NZ1")
    show(shop)
    shop.page.get_by_role("button", name="Sign with the wallet in this browser").click()
    shop.page.locator("#shown [role=status]").filter(has_text="locode").wait_for()
    shop.page.get_by_label("Name of the place").fill("Ramp 2")
    shop.page.get_by_label("UN/LOCODE").fill("cnngb")
    shop.page.get_by_label("Note").fill("nobody came")
    assert "Ramp 2, CNNGB, CN" in show(shop)
    contest = sign(shop)
    assert isinstance(contest, Statement)
    assert (contest.kind, contest.by, contest.counterparty) == (StatementKind.CONTEST, SHOP, CARRIER)


def test_a_recall_is_answered(people: Any, service: Service) -> None:
    stage = service.stage
    stage.attest("L12")
    shipment = stage.open(lot="L12")
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    lots = canonical_json([{"lot": "L12"}]).decode()
    record = Recall(
        MAKER, f"01/{GTIN}", lots, int(Hazard.CHEMICAL), int(RecallAction.RETURN), "recall@maker.example", NO_HASH,
        stage.now, details(),
    )  # fmt: skip
    stage.sign(record, MAKER)
    carrier = people(CARRIER)
    sign_in(carrier)
    choose(carrier, "Recalls to answer")
    page = carrier.page
    for label, count in (("Found", 9), ("In quarantine", 7), ("Disposed", 2)):
        page.get_by_label(label).fill(str(count))
    page.get_by_role("button", name="Show what is to be signed").click()
    page.locator("#shown dl.facts").wait_for()
    answer = sign(carrier)
    assert isinstance(answer, RecallAnswer)
    assert (answer.by, answer.found, answer.quarantined, answer.disposed) == (CARRIER, 9, 7, 2)


def test_who_is_liable_reads_the_terms_and_endorses_them(people: Any, service: Service) -> None:
    stage = service.stage
    shipment = stage.open(liable=OCEAN, endorsed=False)
    carrier = people(OCEAN)
    sign_in(carrier)
    choose(carrier, "Terms to endorse")
    carrier.page.locator("#shown .sentences").wait_for()
    words = " ".join(carrier.page.locator("#shown").inner_text().split())
    assert "puts its name to the terms of shipment" in words
    assert "10 packages" in words
    assert "for one day" in words, "what a delay costs"
    record = sign(carrier)
    assert record == Endorsement(OCEAN, shipment)
    assert not stage.penalty(shipment).indicative
    assert "Terms to endorse" not in carrier.open("/worklist").inner_text("main")


def test_an_attestation_is_renewed(people: Any, service: Service) -> None:
    stage = service.stage
    claims = Claims(salt(), '{"organic":true}')
    ending = replace(stage.attestation("L77"), validUntil=stage.now + 9 * DAY, claims=claims)
    stage.sign(ending, MAKER)
    issuer = people(MAKER)
    sign_in(issuer)
    choose(issuer, "Attestations that end")
    issuer.page.get_by_label("Valid until").fill("2031-12-31")
    issuer.page.get_by_role("button", name="Show what is to be signed").click()
    issuer.page.locator("#shown dl.facts").wait_for()
    renewed = sign(issuer)
    assert isinstance(renewed, Attestation)
    assert (renewed.subject, renewed.schema) == (ending.subject, ending.schema)
    assert (renewed.validFrom, renewed.validUntil) == (ending.validUntil + 1, 1956527999)
    with stage.node.home.database.read() as connection:
        (opened,) = openings.of_many(connection, [stored(stage, stage.node.home.domain.record_id(renewed))]).values()
    assert isinstance(opened["claims"], Claims)
    assert opened["claims"].text == claims.text
    assert opened["claims"].salt != claims.salt
    assert "Attestations that end" not in issuer.open("/worklist").inner_text("main")


def test_without_a_key_in_this_browser_the_record_is_saved_for_one_elsewhere(people: Any, service: Service) -> None:
    stage = service.stage
    shipment = stage.open(lot="L9", requires=[Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True)])
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    officer = people(CN)
    sign_in(officer)
    officer.context.add_init_script("delete window.ethereum")
    officer.open("/worklist")
    choose(officer, "Declarations to decide")
    show(officer)
    assert officer.page.get_by_role("button", name="Sign with").count() == 0
    with officer.page.expect_download() as saving:
        officer.page.get_by_role("link", name="Save it as record.json").click()
    saved = envelope_from_wallet(parse_json(Path(saving.value.path()).read_bytes()))
    assert (type(saved.record), saved.signatures) == (Clearance, ())
    assert stage.outcome(stage.sign(saved.record, CN)) == ["applied"]
