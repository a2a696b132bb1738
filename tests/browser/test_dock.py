"""Two phones hand goods over where no network is: composed, counted, signed, closed in between, handed in later."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from ledger.api.pages import dock
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.records.signing import SigningKey
from ledger.records.types import Details, Handoff, KeyGrant, Require
from tests.browser.people import Lock, Person, Service, filmed, person, serving
from tests.browser.reading import chromium
from tests.e2e.stage import CARRIER, MAKER, SECOND, key_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

# Puts a key that the test knows into the browser's own store, wrapped as keys are that are made there.
PLANT = """
async ([secret, address, name, partner]) => {
  const { wrap } = await import("/static/signers/wrapping.js");
  const { keep } = await import("/static/signers/store.js");
  const wrapping = await wrap(Uint8Array.from(secret), address, name);
  await keep({ address, name, partner, created: Date.now(), wrapping });
}
"""


KEPT = """
async () => {
  const keys = async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
  return (await Promise.all((await caches.keys()).map(keys))).flat();
}
"""


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(founded, tmp_path_factory.mktemp("dock") / "home") as running:
        for partner in (MAKER, CARRIER):
            key = device_of(partner)
            until = running.stage.now + 90 * DAY
            grant = KeyGrant(
                partner, key.address, 0, key_scopes((4, 5)), running.stage.now, until, Details(bytes(16), "")
            )
            running.stage.sign(grant, partner, key)
        yield running


def device_of(partner: int) -> SigningKey:
    return key_of(f"device at the dock of {partner}")


class Phone:
    """A phone with a browser of its own, whose memory stays on its disk when it is closed."""

    def __init__(self, browser: "Browser", service: Service, disk: Path, partner: int, *arguments: str) -> None:
        self._kind, self.service, self._disk, self.partner = browser.browser_type, service, disk, partner
        self._arguments = ["--no-sandbox", *arguments]
        self.who = self._start()

    def _start(self) -> Person:
        context: BrowserContext = self._kind.launch_persistent_context(
            str(self._disk), executable_path=chromium(), args=self._arguments, viewport={"width": 390, "height": 844}
        )
        return person(context, self.service)

    @property
    def page(self) -> "Page":
        return self.who.page

    def offline(self, away: bool = True) -> None:
        self.who.context.set_offline(away)

    def close(self) -> None:
        self.who.context.close()

    def open_again(self, *, away: bool) -> None:
        """The browser is closed, and opened once more at the dock."""
        self.close()
        self.who = self._start()
        self.offline(away)
        self.dock()

    def dock(self) -> None:
        self.page.goto(f"{self.service.url}/dock")
        self.page.wait_for_selector("html[data-dock=ready]")

    def prepared(self) -> "Phone":
        """It has its key, signs in, learns what its partner holds, and goes where no network is."""
        self.who.open("/devices")
        key = device_of(self.partner)
        self.page.evaluate(PLANT, [list(key.secret()), to_hex(key.address), f"Phone {self.partner}", self.partner])
        self.refreshed()
        self.offline()
        return self

    def refreshed(self) -> None:
        self.dock()
        if self.page.locator(".ways button").count():
            self.page.locator(".ways button").click()
        self.page.locator(".age", has_text="less than a minute old").wait_for()
        self.page.wait_for_selector("#state[data-offline=ready]")

    # --- acting ---

    def compose(self, shipments: list[bytes], receiver: int, **counts: Any) -> None:
        page = self.page
        page.locator("#receiver").select_option(str(receiver))
        for shipment in shipments:
            page.locator(f"fieldset[data-shipment='{to_hex(shipment)}'] [name=chosen]").check()
        page.get_by_label("UN/LOCODE").fill("NZAKL")
        for name, value in counts.items():
            page.locator(f"#compose [name={name}]").set_input_files(value)
        page.get_by_role("button", name="Show what is to be signed").click()
        page.wait_for_selector("#shown .record h3")

    def sign(self) -> str:
        """Sign what is shown; the codes as text."""
        self.page.locator("#shown").get_by_role("button", name="Sign it with").click()
        self.page.wait_for_selector("#shown .done")
        return self.codes

    @property
    def codes(self) -> str:
        self.page.wait_for_selector("#shown .film .qr")
        return self.page.locator("#shown .film textarea").input_value()

    def read(self, text: str) -> None:
        """Take in what the other device shows, as text."""
        page = self.page
        if not page.locator("#pasted").is_visible():
            page.locator("#read summary").click()
        page.locator("#pasted").fill(text)
        page.get_by_role("button", name="Read the text").click()

    @property
    def shown(self) -> str:
        return " ".join(self.page.locator("#shown .record").inner_text().split())

    def said(self, text: str) -> None:
        self.page.locator("#read [role=status]", has_text=text).wait_for()

    def states(self) -> list[str]:
        return [str(one.get_attribute("data-state")) for one in self.page.locator(".handoff").all()]

    def back(self) -> None:
        """The network is there again: what waits is handed in."""
        self.offline(False)
        self.page.locator(".queued[data-count='0']").wait_for()


@pytest.fixture
def phones(browser: "Browser", service: Service, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:

        def made(partner: int, *arguments: str) -> Phone:
            phone = Phone(browser, service, tmp_path / f"disk {partner}", partner, *arguments)
            stack.callback(phone.close)
            return phone

        yield made


def opened(service: Service, count: int, **terms: Any) -> Sequence[bytes]:
    """Shipments of the maker, recorded together: one after another takes a block each."""
    stage = service.stage
    with patch.object(type(stage), "settle", lambda _: None):
        result = sorted(stage.open(10, endorsed=False, **terms) for _ in range(count))
    stage.settle()
    return result


def handed(service: Service) -> list[Handoff]:
    """The handoffs of the log."""
    views = service.stage.node.reader.views.records(types=(Handoff.NUMBER,), limit=100)
    return [view.id for view in views]


def test_thirty_cartons_change_hands_without_a_network(phones: Any, service: Service, tmp_path: Path) -> None:
    goods = opened(service, 30)
    maker, carrier = phones(MAKER).prepared(), phones(CARRIER).prepared()
    picture = tmp_path / "pallet.jpg"
    picture.write_bytes(b"a picture of a pallet")
    hash_ = hashlib.sha256(picture.read_bytes()).hexdigest()

    # The maker composes and signs; its browser is closed and opened again before anybody reads the codes.
    maker.compose(goods, CARRIER, photos=str(picture))
    assert "Partner 2 (partner 2) gives 300 packages to Partner 3 (partner 3)." in maker.shown
    assert hash_ in (maker.page.locator("#shown .record").text_content() or "")
    maker.sign()
    maker.open_again(away=True)
    assert maker.states() == ["open"]
    maker.page.get_by_role("button", name="Show it").click()
    offer = maker.codes
    assert 1 < len(offer.split()) < 10

    # Nonsense is no handoff, and half of one neither.
    for nonsense, refusal in (
        ("hello", "it begins with LADING1."), ("{}", "This is no record."), ("{", "This is no record."),
        (offer.split()[0], "Not all codes of the record are here."),
        (offer[:-1] + ("B" if offer[-1] == "A" else "A"), "A code was misread."),
    ):  # fmt: skip
        carrier.read(nonsense)
        carrier.said(refusal)
    assert not carrier.page.locator("#shown").is_visible()

    # The carrier reads it, counts, finds one short and damaged and another refused, and signs that.
    carrier.read(offer)
    carrier.page.wait_for_selector("#shown .counting")
    assert "Partner 2 (partner 2) has signed it." in carrier.shown
    carrier.page.locator("#shown .counting summary").first.click()
    short, refused = (carrier.page.locator(f"#shown fieldset[data-shipment='{to_hex(one)}']") for one in goods[:2])
    short.locator("[name=packages]").fill("8")
    short.locator("summary").click()
    short.get_by_label("damaged").check()
    refused.locator("[name=packages]").fill("0")
    carrier.page.get_by_role("button", name="Take over what I counted").click()
    carrier.page.locator("#shown", has_text="gives 288 packages").wait_for()
    assert "8 packages: short, damaged." in carrier.shown
    changed = carrier.sign()

    # The maker reads what was changed, in words, and signs too; the carrier reads that.
    maker.read(changed)
    maker.page.locator("#shown", has_text="It is not what you signed before:").wait_for()
    assert "8 packages, short, damaged. You signed 10 packages." in maker.shown
    assert "0 packages, refused. You signed 10 packages." in maker.shown
    whole = maker.sign()
    carrier.read(whole)
    carrier.page.wait_for_selector("#shown .done.whole")
    assert sorted(maker.states()) == ["open", "replaced"]
    assert handed(service) == []

    # Closed once more; then each hands in what it has, the carrier first.
    carrier.open_again(away=True)
    carrier.back()
    carrier.page.locator(".handoff[data-state=accepted]").wait_for()
    service.stage.settle()
    (record,) = handed(service)
    maker.back()
    maker.page.locator(".handoff[data-state=accepted]").wait_for()
    service.stage.settle()
    assert handed(service) == [record], "the same record twice is one record"
    assert service.stage.held_by(goods[0]) == (CARRIER, 8, 1)
    assert service.stage.held_by(goods[1]) == (MAKER, 10, 1)
    assert service.stage.held_by(goods[2]) == (CARRIER, 10, 1)

    # The photo can be saved from the device that took it; neither keys nor photo went anywhere.
    with maker.page.expect_download() as waiting:
        maker.page.locator(".handoff[data-state=accepted]").get_by_role("button", name="Save the photo").click()
    assert Path(waiting.value.path()).read_bytes() == picture.read_bytes()
    for phone in (maker, carrier):
        sent = "\n".join(phone.who.asked)
        assert device_of(phone.partner).secret().hex() not in sent
        assert "a picture of a pallet" not in sent
        assert phone.who.errors == []


@pytest.mark.parametrize("count", [1, 200])
def test_one_carton_and_two_hundred(phones: Any, service: Service, count: int) -> None:
    goods = opened(service, count)
    maker, carrier = phones(MAKER).prepared(), phones(CARRIER).prepared()
    maker.compose(goods, CARRIER)
    assert f"gives {count * 10 if count == 1 else '2,000'} packages" in maker.shown
    carrier.read(maker.sign())
    carrier.page.wait_for_selector("#shown .counting")
    maker.read(carrier.sign())
    maker.page.wait_for_selector("#shown .done.whole")
    maker.back()  # who gave hands in first this time
    maker.page.locator(".handoff[data-state=accepted]").wait_for()
    carrier.back()
    carrier.page.locator(".handoff[data-state=accepted]").wait_for()
    service.stage.settle()
    assert {service.stage.held_by(one) for one in goods[:5]} == {(CARRIER, 10, 1)}


def test_the_camera_reads_what_the_other_phone_plays(phones: Any, service: Service, tmp_path: Path) -> None:
    goods = opened(service, 12)
    maker = phones(MAKER)
    Lock.of(maker.who)
    maker.prepared()
    maker.compose(goods, CARRIER)
    frames = maker.sign().split()
    assert len(frames) > 1
    first = maker.page.locator("#shown .film .qr").get_attribute("aria-label")
    maker.page.wait_for_function(
        "(first) => document.querySelector('#shown .film .qr').getAttribute('aria-label') !== first", arg=first
    )
    film = filmed(frames, tmp_path / "offer.y4m", pixels=3)
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    carrier = phones(CARRIER, *camera, f"--use-file-for-fake-video-capture={film}").prepared()
    carrier.page.get_by_role("button", name="Scan the codes").click()
    carrier.page.locator("#shown", has_text="gives 120 packages").wait_for()
    assert not carrier.page.locator("video").is_visible(), "the camera is off again"
    maker.read(carrier.sign())
    maker.page.wait_for_selector("#shown .done.whole")


def test_what_the_ledger_would_refuse_is_not_signed(phones: Any, service: Service) -> None:
    (kept,) = opened(service, 1, requires=(Require(b"NZ", 2, 1 | 2, False),), consignee=CARRIER)
    (gone,) = opened(service, 1)
    maker = phones(MAKER).prepared()
    maker.compose([kept], CARRIER)
    assert "The ledger would refuse it: Not released by customs: NZ, procedure 2." in maker.shown
    assert maker.page.get_by_role("button", name="Sign it with").count() == 0
    # A handoff to nobody who may take goods is not even offered; one that the other side may not take is refused there.
    maker.page.locator(f"fieldset[data-shipment='{to_hex(kept)}'] [name=chosen]").uncheck()
    maker.compose([gone], CARRIER)
    offer = maker.sign()
    service.stage.hand(MAKER, SECOND, (gone, 0, 10))
    carrier = phones(CARRIER).prepared()
    carrier.read(offer)
    carrier.page.locator("#shown", has_text="Only the service and the chain can say").wait_for()
    # Signed all the same: the service says which record was first, and the device keeps that.
    maker.read(carrier.sign())
    maker.page.wait_for_selector("#shown .done.whole")
    maker.back()
    refused = maker.page.locator(".handoff[data-state=refused]")
    refused.wait_for()
    assert "another record used this sequence" in refused.inner_text()


def test_only_the_dock_is_kept_for_where_no_network_is(phones: Any, service: Service) -> None:
    maker = phones(MAKER).prepared()
    maker.dock()
    assert "There is no network." in maker.page.locator(".age").inner_text()
    kept = maker.page.evaluate(KEPT)
    assert "/dock" in kept
    assert not [path for path in kept if path.startswith("/v1/")]
    for path in ("/", "/shipments", "/docs"):
        with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
            maker.page.goto(f"{service.url}{path}")
    maker.offline(False)
    manifest = json.loads(maker.page.request.get(f"{service.url}/dock/app.webmanifest").text())
    assert (manifest["start_url"], manifest["display"]) == ("/dock", "standalone")
    session = maker.who.context.new_cdp_session(maker.page)
    maker.dock()
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []


def test_a_new_version_takes_over_when_it_is_asked_to(
    phones: Any, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = phones(MAKER).prepared()
    before = maker.page.evaluate("() => caches.keys()")
    monkeypatch.setattr(dock, "version", lambda: "another")
    maker.offline(False)
    maker.dock()
    notice = maker.page.locator("#update button")
    notice.wait_for()
    assert set(before) < set(maker.page.evaluate("() => caches.keys()")), "the old one serves until then"
    with maker.page.expect_navigation():
        notice.click()
    maker.page.wait_for_selector("html[data-dock=ready]")
    maker.offline()
    maker.dock()
    assert maker.page.evaluate("() => caches.keys()") == ["lading-dock another"]


SIGN_IN = """
async (address) => {
  const { deviceSigners } = await import("/static/signers/device.js");
  const { signIn } = await import("/static/sign_in.js");
  await signIn((await deviceSigners()).find((one) => one.address === address));
}
"""


def test_what_one_took_along_is_not_there_for_the_next_who_signs_in(phones: Any, service: Service) -> None:
    (goods,) = opened(service, 1)
    phone, other = phones(MAKER).prepared(), device_of(CARRIER)
    of_maker = phone.page.locator(f"fieldset[data-shipment='{to_hex(goods)}']")
    assert of_maker.count() == 1
    phone.compose([goods], CARRIER)
    phone.sign()
    phone.page.locator(".handoff[data-state=open]").wait_for()

    # Somebody else signs in: of the maker's goods and handoffs nothing is left, though it signed here.
    phone.offline(False)
    phone.page.evaluate(PLANT, [list(other.secret()), to_hex(other.address), "Another", CARRIER])
    phone.page.evaluate(SIGN_IN, to_hex(other.address))
    phone.dock()
    phone.page.locator(".age", has_text="less than a minute old").wait_for()
    assert (of_maker.count(), phone.states()) == (0, [])
    assert "is shown to who signed it" in phone.page.locator("#kept").inner_text()

    # Signed out, the dock knows nothing; what was signed waits, and is there again for who signed it.
    phone.page.goto(f"{service.url}/shipments")
    phone.page.get_by_role("button", name="Sign out").click()
    phone.page.get_by_role("link", name="Sign in").wait_for()
    phone.dock()
    assert "This device knows nothing yet" in phone.page.locator(".age").inner_text()
    phone.page.evaluate(SIGN_IN, to_hex(device_of(MAKER).address))
    phone.refreshed()
    assert (of_maker.count(), phone.states()) == (1, ["open"])
    assert phone.who.errors == []
