"""People with browsers at one service: devices with and without a lock of their own, and offices with a wallet."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

import segno
import uvicorn
from eth_account import Account
from eth_account.messages import encode_defunct

from ledger.api.app import create_app
from ledger.common.ids import checksum_address
from ledger.records.signing import SigningKey
from tests.browser.reading import PHONE, TIMEOUT
from tests.e2e.cli.processes import free_port
from tests.e2e.stage import Stage, staged

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

WALLET = """
window.ethereum = { request: async (asked) => JSON.parse(await window.walletAnswers(JSON.stringify(asked))) };
"""


@dataclass
class Service:
    """`url`: as browsers call it; a name, for passkeys know no addresses in numbers."""

    stage: Stage
    url: str


@contextmanager
def serving(founded: Path, home: Path) -> Iterator[Service]:
    """A copy of the founded consortium with its service in a thread."""
    port = free_port()
    url = f"http://localhost:{port}"
    with staged(founded, home, LADING_PUBLIC_URL=url) as stage:
        config = uvicorn.Config(
            create_app(stage.node), host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none"
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.02)
        try:
            yield Service(stage, url)
        finally:
            server.should_exit = True
            thread.join(30)


@dataclass
class Person:
    """One browser with its memory. `asked`: what it sent to anybody, and `errors` of its scripts."""

    context: "BrowserContext"
    page: "Page"
    service: Service
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> "Page":
        self.page.goto(f"{self.service.url}{path}")
        return self.page

    @property
    def text(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())


def person(context: "BrowserContext", service: Service, wallet: SigningKey | None = None) -> Person:
    """Somebody at a browser whose clock shows the ledger's time; with `wallet`, one that has such a wallet."""
    if wallet is not None:
        context.expose_function("walletAnswers", lambda asked: json.dumps(_answer(wallet, json.loads(asked))))
        context.add_init_script(WALLET)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.clock.set_fixed_time(datetime.fromtimestamp(service.stage.now, UTC))
    one = Person(context, page, service)
    page.on("pageerror", lambda error: one.errors.append(str(error)))
    page.on("request", lambda request: one.asked.append(_sent(request)))
    return one


def _sent(request: "Request") -> str:
    return "\n".join([request.method, request.url, json.dumps(request.headers), request.post_data or ""])


def _answer(key: SigningKey, asked: dict[str, Any]) -> Any:
    """As wallets answer (EIP-1193), by the usual library for signatures."""
    match asked["method"]:
        case "eth_requestAccounts":
            return [checksum_address(key.address)]
        case "eth_signTypedData_v4":
            signed = Account.sign_typed_data(key.secret(), full_message=json.loads(asked["params"][1]))
        case "personal_sign":
            signed = Account.sign_message(encode_defunct(hexstr=asked["params"][0]), key.secret())
        case other:
            raise AssertionError(other)
    return "0x" + bytes(signed.signature).hex()


@dataclass
class Lock:
    """The lock of a device that offers WebAuthn PRF, as Chromium plays it."""

    session: Any
    authenticator: str

    @classmethod
    def of(cls, who: Person, *, prf: bool = True) -> "Lock":
        session = who.context.new_cdp_session(who.page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True, "hasPrf": prf,
        }  # fmt: skip
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, str(made["authenticatorId"]))

    def refuse(self, refused: bool = True) -> None:
        """Whoever is at the device is no longer the one whom it knows."""
        given = {"authenticatorId": self.authenticator, "isUserVerified": not refused}
        self.session.send("WebAuthn.setUserVerified", given)

    @property
    def passkeys(self) -> int:
        given = {"authenticatorId": self.authenticator}
        return len(self.session.send("WebAuthn.getCredentials", given)["credentials"])


def filmed(texts: str | Sequence[str], place: Path, pixels: int = 4) -> Path:
    """A film of QR codes in front of a camera, half a second each, as Chromium's fake one plays it (YUV4MPEG2)."""
    width, height, repeated = 640, 480, 5
    shown = [_filmed(text, width, height, pixels) for text in ([texts] if isinstance(texts, str) else texts)]
    film = b"".join((b"FRAME\n" + picture + b"\x80" * (width * height // 2)) * repeated for picture in shown)
    place.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420\n" % (width, height) + film)
    return place


def _filmed(text: str, width: int, height: int, pixels: int) -> bytes:
    """The brightness of each pixel of a picture with the code in its middle."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix]
    shade = [bytearray(b"\xeb" * width) for _ in range(height)]
    left, top = (width - len(rows) * pixels) // 2, (height - len(rows) * pixels) // 2
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            for line in range(top + y * pixels, top + (y + 1) * pixels):
                if dark:
                    shade[line][left + x * pixels : left + (x + 1) * pixels] = b"\x10" * pixels
    return b"".join(shade)


@contextmanager
def somebody(browser: "Browser", service: Service, wallet: SigningKey | None = None) -> Iterator[Person]:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    try:
        yield person(context, service, wallet)
    finally:
        context.close()
