"""The secrets that sign deliveries: derived from `keys/session.key` and a random salt, and never stored.

Who reads the database, or a copy of it, has the salts only and can sign nothing. A fingerprint tells when the home's
key was replaced, so that no delivery goes out under another secret than the one that was shown.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import RuleBroken
from ledger.store.events.webhooks import Webhook

LENGTH = 32
OVERLAP = 24 * 3600
"""Seconds for which a secret that was replaced still signs beside the new one."""


@dataclass(frozen=True, slots=True)
class Salted:
    """What is stored of a secret."""

    salt: bytes
    fingerprint: bytes


def new_secret(home_key: bytes, webhook: str) -> tuple[bytes, Salted]:
    salt = secrets.token_bytes(LENGTH)
    secret = _derived(home_key, webhook, salt)
    return secret, Salted(salt, _fingerprint(secret))


def signing_secrets(home_key: bytes, webhook: Webhook, now: int) -> list[bytes]:
    """Those that sign for a webhook now. Raises `RuleBroken` where the home's key is another than it was."""
    stored = [Salted(webhook.salt, webhook.fingerprint)]
    if webhook.old_salt and webhook.old_fingerprint and now < webhook.old_until:
        stored.append(Salted(webhook.old_salt, webhook.old_fingerprint))
    result = []
    for one in stored:
        secret = _derived(home_key, webhook.id, one.salt)
        if not hmac.compare_digest(_fingerprint(secret), one.fingerprint):
            raise RuleBroken(
                "the secret is lost: the service's own key was replaced",
                where="secret",
                mend="Ask for a new secret; then resume.",
            )
        result.append(secret)
    return result


def _derived(home_key: bytes, webhook: str, salt: bytes) -> bytes:
    return HKDF(SHA256(), LENGTH, salt, b"lading webhook " + webhook.encode()).derive(home_key)


def _fingerprint(secret: bytes) -> bytes:
    return hashlib.sha256(b"lading webhook fingerprint\0" + secret).digest()[:8]
