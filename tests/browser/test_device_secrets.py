"""Where a device's private key must not be: nothing that a browser stores, sends or shows has it in any spelling."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.common.ids import to_hex
from ledger.records.signing import SigningKey
from tests.browser.people import Lock, Person, Service, person, serving
from tests.browser.reading import PHONE, chromium
from tests.browser.test_devices import grant, granted, make_key, proposed_handoff, sign_in
from tests.e2e.stage import CARRIER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser

# What the browser draws at random is remembered, outside of what is searched: the key is derived from it once more.
REMEMBERED = """
const drawn = crypto.getRandomValues.bind(crypto);
crypto.getRandomValues = (array) => {
  drawn(array);
  if (array.length === 48) window.drawnForTheTest(Array.from(array));
  return array;
};
"""
SECRET = """
async (seed) => {
  const { secp256k1 } = await import("/static/lib/curves.js");
  return Array.from(secp256k1.utils.randomSecretKey(Uint8Array.from(seed)));
}
"""
# Everything that scripts can get at: databases down to the bytes, both storages, cookies, caches and the page itself.
STORED = """
async () => {
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const spelt = async (value) => {
    if (value instanceof CryptoKey) {
      const raw = await crypto.subtle.exportKey("raw", value).then((bytes) => hex(new Uint8Array(bytes)), () => "kept");
      return `CryptoKey ${value.type} ${value.extractable} ${raw}`;
    }
    if (value instanceof ArrayBuffer) return hex(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (Array.isArray(value)) return `[${(await Promise.all(value.map(spelt))).join()}]`;
    if (value !== null && typeof value === "object") {
      const fields = Object.entries(value).map(async ([name, one]) => `${name}:${await spelt(one)}`);
      return `{${(await Promise.all(fields)).join()}}`;
    }
    return String(value);
  };
  const answered = (request) =>
    new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = failed;
    });
  const places = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const all = await answered(database.transaction(store).objectStore(store).getAll());
      places[`indexedDB ${name} ${store}`] = await spelt(all);
    }
    database.close();
  }
  places.localStorage = JSON.stringify({ ...localStorage });
  places.sessionStorage = JSON.stringify({ ...sessionStorage });
  places.cookie = document.cookie;
  places.caches = JSON.stringify(await caches.keys());
  places.address = location.href + JSON.stringify(history.state) + window.name;
  const fields = [...document.querySelectorAll("input, textarea")].map(({ value }) => value);
  places.page = document.documentElement.outerHTML + fields.join();
  return places;
}
"""


def spellings(secret: bytes) -> list[str]:
    """How a key might be written, in small letters, from the whole of it down to half."""
    encoded = [base64.b64encode(secret), base64.urlsafe_b64encode(secret), base64.b32encode(secret)]
    texts = [secret.hex(), secret[::-1].hex(), str(int.from_bytes(secret, "big")), ",".join(map(str, secret))]
    halves = [secret.hex()[:32], secret.hex()[32:]]
    return [text.lower() for text in (*texts, *halves, *(one.decode().rstrip("=") for one in encoded))]


def seen(text: str, secret: bytes) -> list[str]:
    return [spelling for spelling in spellings(secret) if spelling in text.lower()]


class Watched:
    """A phone whose random numbers are remembered outside of it."""

    def __init__(self, context: "BrowserContext", service: Service) -> None:
        self.drawn: list[list[int]] = []
        context.expose_function("drawnForTheTest", self.note)
        context.add_init_script(REMEMBERED)
        self.phone: Person = person(context, service)

    def note(self, seed: list[int]) -> None:
        self.drawn.append(seed)

    def secret(self, address: str) -> bytes:
        """The private key of `address`, which this browser has made."""
        for seed in self.drawn:
            secret = bytes(self.phone.page.evaluate(SECRET, seed))
            if to_hex(SigningKey(secret).address) == address:
                return secret
        raise AssertionError("its random numbers were not seen")

    def found(self, secret: bytes) -> dict[str, list[str]]:
        """Where the key is, and in which spelling."""
        places: dict[str, str] = self.phone.page.evaluate(STORED)
        assert any(name.startswith("indexedDB") for name in places), "nothing was searched"
        places["sent"] = "\n".join(self.phone.asked)
        places["state of the browser"] = str(self.phone.context.storage_state(indexed_db=True))
        return {place: spelt for place, text in places.items() if (spelt := seen(text, secret))}


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(founded, tmp_path_factory.mktemp("secrets") / "home") as running:
        yield running


@pytest.fixture
def office(browser: "Browser", service: Service) -> Iterator[Person]:
    context = browser.new_context()
    yield person(context, service, service.stage.parties[CARRIER].key)
    context.close()


def live(watched: Watched, office: Person, service: Service) -> str:
    """All that a phone does with its key; the key's address."""
    phone = watched.phone
    grant(office, make_key(phone))
    address = granted(phone)
    assert watched.found(watched.secret(address)) == {}, "while it is shown"
    sign_in(phone)
    page = phone.open(f"/records/{to_hex(proposed_handoff(service))}")
    page.locator("#sign button[data-signer=device]").click()
    with page.expect_navigation():
        page.locator("#sign [data-act=sign]").click()
    page.wait_for_selector(".check")
    return address


@pytest.mark.parametrize("lock", [True, False], ids=["with a lock", "without"])
def test_the_key_is_in_nothing_that_the_browser_stores_sends_or_shows(
    browser: "Browser", service: Service, office: Person, lock: bool
) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    watched = Watched(context, service)
    if lock:
        Lock.of(watched.phone)
    secret = watched.secret(live(watched, office, service))
    assert watched.found(secret) == {}
    keys = [text for name, text in watched.phone.page.evaluate(STORED).items() if name.startswith("indexedDB")]
    assert ("CryptoKey secret false kept" in "".join(keys)) is not lock

    # The search finds what is there: in a database, in a storage, on the page, in what is sent.
    for put, place in (
        ("(s) => localStorage.setItem('x', btoa(String.fromCharCode(...s)))", "localStorage"),
        ("(s) => { document.title = String(s); }", "page"),
        ("(s) => fetch('/healthz?' + s.map((b) => b.toString(16).padStart(2, '0')).join(''))", "sent"),
        (
            "async (s) => (await import('/static/signers/store.js')).keep({ address: '', x: Uint8Array.from(s) })",
            "indexedDB lading-devices keys",
        ),
    ):
        watched.phone.page.evaluate(put, list(secret))
        assert place in watched.found(secret)
    context.close()


def test_the_key_is_in_no_file_of_the_browser(
    browser: "Browser", service: Service, office: Person, tmp_path: Path
) -> None:
    """Not only what scripts can see: the bytes of all files that the browser leaves on the disk."""
    profile = tmp_path / "profile"
    kind: Any = browser.browser_type
    context = kind.launch_persistent_context(profile, executable_path=chromium(), args=["--no-sandbox"], viewport=PHONE)
    watched = Watched(context, service)
    address = live(watched, office, service)
    secret = watched.secret(address)
    context.close()
    files = {path: path.read_bytes() for path in profile.rglob("*") if path.is_file()}
    assert any(address.encode() in data or address.encode("utf-16-le") in data for data in files.values()), (
        "not on disk"
    )
    for path, data in files.items():
        assert secret not in data, path
        assert seen(data.decode("latin-1"), secret) == [], path
        assert seen(data.decode("utf-16-le", "replace"), secret) == [], path
