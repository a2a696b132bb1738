"""From when and until when a credential is valid: never for longer than its record."""

import re
from collections.abc import Mapping
from typing import Any

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import LATEST, moment

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
"""As `moment` prints it: such texts sort as the times do."""


def check_end(told: object, until: int) -> None:
    """A credential may end before its record, and not after it."""
    if not 0 < until <= LATEST or (isinstance(told, str) and _MOMENT.fullmatch(told) and told <= moment(until)):
        return
    raise VerificationFailed(
        "valid for longer than the record", where="validUntil", expected=moment(until), found=str(told or "no end")[:40]
    )


def check_valid(claims: Mapping[str, Any], now: int) -> str:
    since, until = claims.get("validFrom"), claims.get("validUntil")
    for name, value in (("validFrom", since), ("validUntil", moment(now) if "validUntil" not in claims else until)):
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise MalformedRecord(
                "not a time", where=name, expected="such as 2026-01-31T10:00:00Z", found=str(value)[:40]
            )
    if str(since) > moment(now) or (until and until <= moment(now)):
        raise VerificationFailed(
            "not valid now", where="validity", expected=f"from {since} to {until or 'ever'}", found=moment(now)
        )
    return f"from {since} to {until or 'ever'}"
