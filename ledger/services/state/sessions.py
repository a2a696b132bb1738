"""Signing in with Ethereum (EIP-4361): a partner's key signs a text made here, and gets a session for reading.

A challenge carries its own MAC, so asking for one writes nothing; that it has served, and the session, stand in the
database until they expire: both hold in every process that serves this home. A session is kept as the hash of its
random token, so that nobody signs in with what the database holds. Sessions read, and erase what their own key signed;
every other write is authenticated by the record's signatures.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ledger.common.ids import KeyAddress, checksum_address, to_hex
from ledger.common.periods import HOUR
from ledger.errors import BadSignature, InvalidInput, NotPermitted
from ledger.records.signing import recover
from ledger.records.wallet_input import address_from_wallet
from ledger.registry.enrolment import personal_digest
from ledger.services.home.clock import Clock
from ledger.store.database import Database
from ledger.store.visits import sessions

CHALLENGE_SECONDS = 300
REMEMBERED_SECONDS = HOUR
"""So long it is known that a challenge has served: longer than it is valid, for the clocks of processes differ."""
SESSION_SECONDS = HOUR
TOKEN_BYTES = 32
STATEMENT = "Sign in to read the private parts of records that concern you. This signs no record and costs nothing."


@dataclass
class Sessions:
    """`secret`: 32 bytes known to whoever serves this home only. `public_url`: what the browser's address bar shows."""

    secret: bytes = field(repr=False)
    public_url: str
    chain_id: int
    clock: Clock
    database: Database

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
        token = secrets.token_hex(TOKEN_BYTES)
        with self.database.write() as connection:
            sessions.remove_expired(connection, now)
            if not sessions.use(connection, nonce, issued + REMEMBERED_SECONDS):
                raise InvalidInput("the challenge was used before", where="message", mend="Ask for a new one.")
            sessions.begin(connection, _hash(token), key, now + SESSION_SECONDS)
        return key, token

    def reader(self, token: str) -> KeyAddress:
        """The address behind a session token; raises `NotPermitted` for one that was never given, has expired or was
        signed out.
        """
        with self.database.read() as connection:
            key = sessions.key_of(connection, _hash(token), self.clock.now())
        if key is None:
            raise NotPermitted(
                "no session has this token: it expired, was signed out, or was never given",
                where="Authorization",
                mend="Sign in again.",
            )
        return key

    def sign_out(self, token: str) -> None:
        """End the session of `token`, in every process; one that is no more stays ended."""
        with self.database.write() as connection:
            sessions.end(connection, _hash(token))

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

    def _mac(self, purpose: bytes, data: bytes) -> str:
        return hmac.new(self.secret, purpose + b"\0" + data, hashlib.sha256).hexdigest()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
