"""Signed messages as Standard Webhooks has them (standardwebhooks.com, symmetric signatures `v1`).

A secret is written `whsec_` and Base64. What is signed is `id.timestamp.body`, by HMAC-SHA256. Who receives one checks
it with `verify`, against replays by the time that it carries.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from ledger.errors import BadSignature, MalformedRecord

PREFIX = "whsec_"
ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300
"""Seconds by which a message's time may differ from the receiver's."""
_VERSION = "v1,"
_LEAST, _MOST = 24, 64
"""Bytes of a secret."""


def secret_text(secret: bytes) -> str:
    return PREFIX + base64.b64encode(secret).decode()


def secret_of(text: str) -> bytes:
    """The bytes of a secret as it was shown; raises `MalformedRecord`."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not _LEAST <= len(secret) <= _MOST:
        raise MalformedRecord("not a webhook's secret", where="secret", expected=f"{PREFIX} and Base64")
    return secret


def headers(message: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers; one signature a secret, while one replaces another."""
    signatures = " ".join(_VERSION + _signature(secret, message, timestamp, body) for secret in secrets)
    return {ID: message, TIME: str(timestamp), SIGNATURE: signatures}


def verify(secret: bytes, received: Mapping[str, str], body: bytes, now: int, tolerance: int = TOLERANCE) -> str:
    """The id of a message that this secret signed within `tolerance` seconds of `now` (UTC seconds): who has taken in
    that id before has this event already.

    `received`: the headers, whatever the case of their names. Raises `MalformedRecord` where one is missing or is none,
    `BadSignature` for another time or secret, or another body.
    """
    found = {name.lower(): value for name, value in received.items()}
    missing = [name for name in (ID, TIME, SIGNATURE) if not found.get(name)]
    if missing:
        raise MalformedRecord("not a signed message", where=missing[0], expected="the three headers of a webhook")
    moment = found[TIME]
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 15):
        raise MalformedRecord("not a time", where=TIME, expected="UTC seconds", found=moment[:40])
    if abs(now - int(moment)) > tolerance:
        raise BadSignature("sent at another time", where=TIME, expected=f"within {tolerance} s of {now}", found=moment)
    expected = _signature(secret, found[ID], int(moment), body).encode()
    given = [one.removeprefix(_VERSION) for one in found[SIGNATURE].split(" ") if one.startswith(_VERSION)]
    if not any(hmac.compare_digest(one.encode("utf-8", "replace"), expected) for one in given):
        raise BadSignature("this secret has not signed this body", where=SIGNATURE)
    return found[ID]


def _signature(secret: bytes, message: str, timestamp: int, body: bytes) -> str:
    signed = f"{message}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
