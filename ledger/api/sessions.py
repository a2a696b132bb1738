"""Signing in with Ethereum (EIP-4361): a partner's key signs a text made here, and gets a session for reading.

Nothing is kept but the nonces used in the last minutes: a challenge and a session token both carry their own MAC.
Sessions read, and erase
what their own key signed; every other write is authenticated by the record's signatures.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from urllib.parse import urlsplit

from ledger.common.ids import KeyAddress, checksum_address, to_hex
from ledger.common.periods import HOUR
from ledger.errors import BadSignature, InvalidInput, NotPermitted
from ledger.records.signing import recover
from ledger.records.wallet_input import address_from_wallet
from ledger.registry.enrolment import personal_digest
from ledger.services.home.clock import Clock

CHALLENGE_SECONDS = 300
SESSION_SECONDS = HOUR
STATEMENT = "Sign in to read the private parts of records that concern you. This signs no record and costs nothing."


@dataclass
class Sessions:
    """`secret`: 32 bytes known to this service only. `public_url`: what the browser's address bar shows."""

    secret: bytes = field(repr=False)
    public_url: str
    chain_id: int
    clock: Clock
    _used: dict[str, int] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def challenge(self, address: str) -> str:
        """The EIP-4361 message for `address` (20 bytes in hex), valid for five minutes."""
        key = KeyAddress(address_from_wallet(address.strip()))
        issued = self.clock.now()
        nonce = secrets.token_hex(8)
        return self._message(key, nonce + self._mac(b"nonce", f"{to_hex(key)}{nonce}{issued}".encode())[:16], issued)

    def sign_in(self, message: str, signature: bytes) -> tuple[KeyAddress, str]:
        """The address that signed a challenge made here, and its session token.

        Raises `InvalidInput` for a text that was not made here or was used before, `BadSignature` for another key.
        """
        key, nonce, issued = self._parse(message)
        if message != self._message(key, nonce, issued) or not hmac.compare_digest(
            nonce[16:].encode(), self._mac(b"nonce", f"{to_hex(key)}{nonce[:16]}{issued}".encode())[:16].encode()
        ):
            raise InvalidInput("not a message of this service", where="message", mend="Ask for a new challenge.")
        now = self.clock.now()
        if not issued <= now <= issued + CHALLENGE_SECONDS:
            raise InvalidInput("the challenge has expired", where="message", mend="Ask for a new one.")
        signer = recover(personal_digest(message.encode()), signature)
        if signer != key:
            raise BadSignature("another key signed", where="signature", expected=to_hex(key), found=to_hex(signer))
        with self._lock:
            self._used = {n: until for n, until in self._used.items() if until >= now}
            if nonce in self._used:
                raise InvalidInput("the challenge was used before", where="message", mend="Ask for a new one.")
            self._used[nonce] = issued + CHALLENGE_SECONDS
        return key, self._token(key, now + SESSION_SECONDS)

    def reader(self, token: str) -> KeyAddress:
        """The address behind a session token; raises `NotPermitted` for a forged or expired one."""
        try:
            body, mac = token.encode("ascii").split(b".")
        except ValueError:
            raise NotPermitted("not a session token", where="Authorization", mend="Sign in again.") from None
        # The MAC first: what follows parses only what was made here.
        if not hmac.compare_digest(mac, self._mac(b"token", body).encode()):
            raise NotPermitted("not a session token of this service", where="Authorization", mend="Sign in again.")
        data = json.loads(base64.urlsafe_b64decode(body))
        if data["until"] < self.clock.now():
            raise NotPermitted("the session has expired", where="Authorization", mend="Sign in again.")
        return KeyAddress(bytes.fromhex(data["key"]))

    def _message(self, key: KeyAddress, nonce: str, issued: int) -> str:
        return (
            f"{urlsplit(self.public_url).netloc} wants you to sign in with your Ethereum account:\n"
            f"{checksum_address(key)}\n\n{STATEMENT}\n\n"
            f"URI: {self.public_url}\nVersion: 1\nChain ID: {self.chain_id}\nNonce: {nonce}\n"
            f"Issued At: {_iso(issued)}\nExpiration Time: {_iso(issued + CHALLENGE_SECONDS)}"
        )

    def _parse(self, message: str) -> tuple[KeyAddress, str, int]:
        lines = message.split("\n") if len(message) < 2000 else []
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        try:
            issued = datetime.strptime(fields["Issued At"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return KeyAddress(bytes.fromhex(lines[1].removeprefix("0x"))), fields["Nonce"], int(issued.timestamp())
        except (KeyError, ValueError, IndexError):
            raise InvalidInput("not an EIP-4361 message of this service", where="message") from None

    def _token(self, key: KeyAddress, until: int) -> str:
        body = base64.urlsafe_b64encode(json.dumps({"key": key.hex(), "until": until}).encode()).decode()
        return f"{body}.{self._mac(b'token', body.encode())}"

    def _mac(self, purpose: bytes, data: bytes) -> str:
        return hmac.new(self.secret, purpose + b"\0" + data, hashlib.sha256).hexdigest()


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
