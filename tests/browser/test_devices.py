"""A phone makes its key, the office grants it by a text or a code, the phone signs, the office takes the key back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.common.canonical import parse_json
from ledger.common.ids import RecordId, to_hex
from ledger.records.types import KeyGrant
from ledger.records.wallet_input import envelope_from_wallet
from ledger.store import records
from tests.browser.people import Lock, Person, Service, filmed, serving, somebody
from tests.browser.reading import chromium
from tests.e2e.stage import CARRIER, MAKER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.browser
NAME = "Phone at gate 3"


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(founded, tmp_path_factory.mktemp("devices") / "home") as running:
        yield running


@pytest.fixture
def people(browser: "Browser", service: Service) -> Iterator[Any]:
    """Makes people, and sends them home after the test."""
    with ExitStack() as stack:
        yield lambda partner=None: stack.enter_context(
            somebody(browser, service, None if partner is None else service.stage.parties[partner].key)
        )


def make_key(phone: Person, *, opened: bool = False) -> str:
    """Fill in the form on the phone, on the page that is `opened` or anew; the text of the request."""
    page = phone.page if opened else phone.open(f"/devices?partner={CARRIER}")
    page.get_by_label("What this device is called").fill(NAME)
    page.get_by_role("button", name="Make the key").click()
    page.wait_for_selector(".key[data-status=waiting] .qr")
    return page.get_by_label("The request as text").input_value()


def read_request(office: Person, text: str) -> None:
    page = office.open("/devices")
    page.get_by_label("Text of the request").fill(text)
    page.get_by_role("button", name="Read the text").click()


def grant(office: Person, text: str) -> None:
    """The office reads the request and signs it with its wallet; then the chain records it."""
    read_request(office, text)
    office.page.get_by_role("button", name="Sign it with the wallet in this browser").click()
    office.page.locator("#grant .done").wait_for()
    office.service.stage.settle()


def granted(phone: Person) -> str:
    """The address of the phone's key, once it may sign."""
    page = phone.open("/devices")
    page.wait_for_selector(".key[data-status='in force']")
    return page.locator(".key").first.get_attribute("data-address") or ""


def kept(phone: Person) -> list[dict[str, Any]]:
    """What lies in the browser of each key, bytes as their number."""
    result: list[dict[str, Any]] = phone.page.evaluate(
        """async () => (await (await import("/static/signers/store.js")).entries()).map(({ address, wrapping }) => ({
          address, kind: wrapping.kind, fields: Object.keys(wrapping).sort(),
          extractable: wrapping.key instanceof CryptoKey ? wrapping.key.extractable : null }))"""
    )
    return result


def proposed_handoff(service: Service) -> RecordId:
    """A handoff from maker to carrier, which the maker has signed."""
    stage = service.stage
    shipment = stage.open(lot="L9")
    record = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    answer = stage.node.submission.submit(stage.trial.signed(record, *stage.keys([MAKER])))
    return RecordId(answer.record_id)


def sign_in(phone: Person) -> None:
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Sign in with this key").click()
    phone.page.wait_for_selector("h2:has-text('Keys of Partner 3')")


@pytest.mark.parametrize("kind", ["prf", "browser"])
def test_a_phone_gets_a_key_signs_with_it_and_loses_it(people: Any, service: Service, kind: str) -> None:
    phone, office = people(), people(CARRIER)
    if kind == "prf":
        Lock.of(phone)
    text = make_key(phone)
    expected = {
        "prf": (["credential", "iv", "kind", "salt", "sealed"], None),
        "browser": (["iv", "key", "kind", "sealed"], False),
    }[kind]
    (entry,) = kept(phone)
    assert (entry["kind"], entry["fields"], entry["extractable"]) == (kind, *expected)

    # The office sees what it grants, and signs.
    read_request(office, text)
    office.page.get_by_text("The device has signed this request").wait_for()
    assert f"Partner 3 (partner 3) lets the key {entry['address']} sign in its name: Handoff, Split" in office.text
    grant(office, text)
    assert granted(phone) == entry["address"]

    # The phone signs in with it, and signs a handoff that it was told of in words.
    handoff = proposed_handoff(service)
    sign_in(phone)
    assert NAME not in phone.text.partition("Keys of Partner 3")[2], "a device sees no grants, and no names in them"
    page = phone.open(f"/records/{to_hex(handoff)}")
    page.locator("#sign button[data-signer=device]").click()
    page.locator("#sign [data-act=sign]").wait_for()
    said = " ".join(page.locator("#sign .shown").inner_text().split())
    assert "Partner 2 (partner 2) gives 10 packages to Partner 3 (partner 3)." in said
    assert "You sign as receiver, for Partner 3." in said
    assert "complete and without damage" in said
    assert "order and goods are not shown" in said
    assert "What a delay costs is not shown to you." in said
    with page.expect_navigation():
        page.locator("#sign [data-act=sign]").click()
    view = service.stage.node.reader.views.record(handoff)
    assert view.log.status != "proposed"
    assert entry["address"] in signers(service, handoff)

    # The office takes the key back; the phone signs nothing any more.
    page = office.open("/sign-in?back=/devices")
    with page.expect_navigation():
        page.locator("#signers button[data-signer=wallet]").click()
    page.get_by_text("Add a device").click()
    page.get_by_role("img", name="Code of this page's address").wait_for()
    row = page.locator("tr", has_text=entry["address"][:10])
    assert NAME in row.inner_text()
    row.get_by_role("button", name="Revoke").click()
    page.locator("#confirm .shown").get_by_text("at once and for ever").wait_for()
    page.locator("#confirm").get_by_role("button", name="Sign it with the wallet").click()
    page.locator("#confirm .done").wait_for()
    service.stage.settle()
    assert "revoked" in office.open("/devices").locator("tr", has_text=entry["address"][:10]).inner_text()
    phone.open("/devices").wait_for_selector(".key[data-status=revoked]")
    page = phone.open(f"/records/{to_hex(proposed_handoff(service))}")
    assert page.locator("#sign button").count() == 0
    assert (phone.errors, office.errors) == ([], [])


def signers(service: Service, record: RecordId) -> list[str]:
    """Addresses of the keys that signed a record in the log."""
    reader = service.stage.node.reader
    with service.stage.node.home.database.read() as connection:
        row = records.get(connection, record)
    assert row is not None
    return [to_hex(key) for key in reader.registry.signer_keys.of(row)]


def test_the_office_reads_the_code_with_its_camera(
    browser: "Browser", people: Any, service: Service, tmp_path: Path
) -> None:
    phone = people()
    film = filmed(make_key(phone), tmp_path / "code.y4m")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    arguments = [
        "--no-sandbox",
        *camera,
        f"--use-file-for-fake-video-capture={film}",
        "--host-resolver-rules=MAP *.test localhost",
    ]
    watching = browser.browser_type.launch(executable_path=chromium(), args=arguments)
    try:
        with somebody(watching, service, service.stage.parties[CARRIER].key) as office:
            office.open("/devices").get_by_role("button", name="Scan the code").click()
            office.page.get_by_text("The device has signed this request").wait_for()
            assert kept(phone)[0]["address"] in office.text
            assert not office.page.locator("video").is_visible(), "the camera is off again"
            office.page.get_by_role("button", name="Sign it with the wallet in this browser").click()
            office.page.locator("#grant .done").wait_for()
            # Over an unencrypted connection from elsewhere there are neither keys nor cameras, and the page says so.
            office.page.goto(service.url.replace("localhost", "lading.test") + f"/devices?partner={CARRIER}")
            office.page.get_by_label("What this device is called").fill(NAME)
            office.page.get_by_role("button", name="Make the key").click()
            office.page.locator("#make [role=status]", has_text="encrypted connection").wait_for()
            assert office.errors == []
    finally:
        watching.close()
    service.stage.settle()
    granted(phone)


def test_a_browser_without_a_camera_says_so(people: Any) -> None:
    office = people()
    office.open("/devices").get_by_role("button", name="Scan the code").click()
    office.page.locator("#grant [role=status]", has_text="camera cannot be used").wait_for()


def test_a_grant_is_signed_elsewhere_where_no_wallet_is(people: Any, service: Service) -> None:
    """The page gives a file and what to type; what `lading sign` and `lading submit` make of it is taken in."""
    phone, office = people(), people()
    read_request(office, make_key(phone))
    link = office.page.get_by_role("link", name="Save it as grant.json")
    with office.page.expect_download() as waiting:
        link.click()
    given = parse_json(Path(waiting.value.path()).read_bytes())
    assert "lading submit grant.json" in office.text
    stage = service.stage
    signed = envelope_from_wallet(given)
    assert isinstance(signed.record, KeyGrant)
    master = stage.parties[CARRIER].key.sign(stage.node.home.domain, signed.record)
    stage.node.submission.submit(replace(signed, signatures=(*signed.signatures, master)))
    stage.settle()
    assert granted(phone) == to_hex(signed.record.key)


def test_a_device_takes_its_own_key_back(people: Any, service: Service) -> None:
    phone, office = people(), people(CARRIER)
    Lock.of(phone)
    grant(office, make_key(phone))
    granted(phone)
    phone.page.get_by_role("button", name="Revoke it").click()
    phone.page.get_by_role("button", name="Sign it with this device's key").click()
    phone.page.locator("#confirm .done").wait_for()
    service.stage.settle()
    page = phone.open("/devices")
    page.wait_for_selector(".key[data-status=revoked]")
    page.get_by_role("button", name="Forget this key").click()
    page.get_by_text("This device has no key yet.").wait_for()
    assert kept(phone) == []


def test_who_does_not_unlock_the_device_makes_no_key_and_uses_none(people: Any, service: Service) -> None:
    phone, office = people(), people(CARRIER)
    lock = Lock.of(phone)
    grant(office, make_key(phone))
    granted(phone)
    lock.refuse()
    phone.page.get_by_role("button", name="Sign in with this key").click()
    phone.page.locator(".key [role=status]", has_text="was not unlocked").wait_for()
    assert "Keys of Partner 3" not in phone.text
    phone.page.get_by_text("Make a key for this device").click()
    phone.page.get_by_label("What this device is called").fill("Another")
    phone.page.get_by_label("Number of the partner").fill(str(CARRIER))
    phone.page.get_by_role("button", name="Make the key").click()
    phone.page.locator("#make [role=status]", has_text="was not unlocked").wait_for()
    assert [entry["kind"] for entry in kept(phone)] == ["prf"]


def test_a_device_signs_in_nowhere_but_where_it_is(people: Any, service: Service) -> None:
    phone, office = people(), people(CARRIER)
    grant(office, make_key(phone))
    granted(phone)
    here = service.url.partition("//")[2]
    alter(phone, "/v1/session/challenge", lambda said: said.update(message=said["message"].replace(here, "bank.test")))
    phone.page.get_by_role("button", name="Sign in with this key").click()
    phone.page.locator(".key [role=status]", has_text="calls itself bank.test").wait_for()
    assert not [sent for sent in phone.asked if sent.startswith("POST") and "/v1/session" in sent]


def test_a_lock_without_prf_is_no_lock_for_keys(people: Any, service: Service) -> None:
    phone = people()
    Lock.of(phone, prf=False)
    make_key(phone)
    assert [entry["kind"] for entry in kept(phone)] == ["browser"]


ALTERATIONS: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "another consortium": (
        "/v1/consortium",
        lambda said: said["trust"].update(consortiumId="0x" + "11" * 32),
        "for another consortium",
    ),
    "another id": (
        "/v1/records/typed-data",
        lambda said: said.update(id="0x" + "11" * 32),
        "another record than the one",
    ),
    "another name": (
        "/v1/records/typed-data",
        lambda said: said["signer"].update(partner=MAKER, name="Partner 2"),
        "says otherwise",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_a_service_that_says_something_else_than_it_gives_to_sign_is_not_signed_for(
    people: Any, service: Service, name: str
) -> None:
    path, change, refusal = ALTERATIONS[name]
    phone, office = people(), people(CARRIER)
    text = make_key(phone)
    alter(office, path, change)
    read_request(office, text)
    if path != "/v1/consortium":
        office.page.get_by_role("button", name="Sign it with the wallet in this browser").click()
    office.page.locator("#grant [role=status]", has_text=refusal).first.wait_for()
    assert not [sent for sent in office.asked if sent.startswith("POST") and sent.split("\n")[1].endswith("/records")]


def test_names_that_the_log_has_not_signed_are_not_shown(people: Any, service: Service) -> None:
    phone, office = people(), people(CARRIER)
    text = make_key(phone)
    alter(office, "/v1/partners/book", lambda said: said["entries"][CARRIER - 1].update(name="Somebody else"))
    read_request(office, text)
    office.page.get_by_text("The device has signed this request").wait_for()
    assert "partner 3 lets the key" in office.text
    assert "Somebody else" not in office.text
    assert "partners are shown by number" in office.text


def alter(who: Person, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the service answers at `path` before it reaches the browser."""

    def handle(route: "Route") -> None:
        answer = route.fetch()
        said = answer.json()
        change(said)
        route.fulfill(response=answer, json=said)

    who.page.route(lambda url: url.partition("?")[0].endswith(path), handle)


def test_a_key_that_may_read_terms_is_told_goods_and_cost(people: Any, service: Service) -> None:
    phone, office = people(), people(CARRIER)
    page = phone.open(f"/devices?partner={CARRIER}")
    page.get_by_label("Shipment terms").check()
    grant(office, make_key(phone, opened=True))
    page.wait_for_selector(".key[data-status='in force']")  # it hears of its grant by itself
    sign_in(phone)
    page = phone.open(f"/records/{to_hex(proposed_handoff(service))}")
    page.locator("#sign button[data-signer=device]").click()
    page.locator("#sign [data-act=sign]").wait_for()
    said = " ".join(page.locator("#sign .shown").inner_text().split())
    assert "order PO-1, 60 tin of Infant formula" in said
    assert "Partner 3 (partner 3) owes Partner 7 (partner 7) 100.00 EUR for one day, 900.00 EUR for three" in said


def test_the_page_fits_a_narrow_screen_and_says_what_it_needs_without_scripts(
    browser: "Browser", people: Any, service: Service
) -> None:
    phone, office = people(), people(CARRIER)
    for who in (phone, office):
        who.page.set_viewport_size({"width": 360, "height": 740})
    text = make_key(phone)
    assert width(phone) <= 360
    read_request(office, text)
    office.page.get_by_text("The device has signed this request").wait_for()
    office.page.get_by_text("field by field").click()
    assert width(office) <= 360
    grant(office, text)
    granted(phone)
    sign_in(phone)
    assert width(phone) <= 360
    page = phone.open(f"/records/{to_hex(proposed_handoff(service))}")
    page.locator("#sign button[data-signer=device]").click()
    page.locator("#sign [data-act=sign]").wait_for()
    assert width(phone) <= 360
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{service.url}/devices")
        assert "may not run" in page.locator("noscript").inner_text()
        assert not page.get_by_role("button", name="Make the key").is_visible()
    finally:
        context.close()


def width(who: Person) -> int:
    return int(who.page.evaluate("document.documentElement.scrollWidth"))
