"""A subscription to a named query as EPCIS 2.0's REST binding has it: what is posted for one, and the signature of what
it delivers.

The standard leaves the kind of signature open. Here `GS1-Signature` is the Base64 of HMAC-SHA256 over the body, keyed
with the UTF-8 of the subscriber's `signatureToken`.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.errors import BadSignature, MalformedRecord
from ledger.formats.epcis.index import micros
from ledger.formats.epcis.schedule import FIELDS, Schedule, parse_schedule

SIGNATURE = "GS1-Signature"
LEAST_TOKEN, MOST_TOKEN = 12, 200
"""Characters of a token; GS1's shortest example has twelve."""
CONTROLS = frozenset({"schedule", "stream", "reportIfEmpty", "initialRecordTime", "minRecordTime"})
"""What a subscription says of when it reports: wrong ones are a `SubscriptionControlsException`."""
_MEMBERS = CONTROLS | {"dest", "signatureToken"}


@dataclass(frozen=True, slots=True)
class Controls:
    """When results are reported, and from where on. Without a `schedule`: whenever an event comes.

    Times are microseconds of UTC. `initial`: the record time from which events count at first, None for those that come
    from now on; `least`: the smallest record time of all that is told.
    """

    schedule: Schedule | None
    report_if_empty: bool = False
    initial: int | None = None
    least: int | None = None

    @property
    def record_from(self) -> int | None:
        """Events recorded before are not told."""
        return max((one for one in (self.initial, self.least) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`token` is empty where nothing is to be signed."""

    dest: str
    token: str
    controls: Controls


def parse_subscription(body: object) -> Subscription:
    """What the JSON of a subscription says; raises `MalformedRecord`."""
    if not isinstance(body, Mapping):
        raise MalformedRecord("not an object", where="body", expected=", ".join(sorted(_MEMBERS)))
    if unknown := sorted(str(name) for name in body if name not in _MEMBERS and name != "@context"):
        mend = "Name it signatureToken, as EPCIS 2.0 does." if unknown[0] == "secret" else ""
        raise MalformedRecord(
            "no such member", where="body", expected=", ".join(sorted(_MEMBERS)), found=unknown[0][:80], mend=mend
        )
    dest, token = body.get("dest"), body.get("signatureToken", "")
    if not isinstance(dest, str):
        raise MalformedRecord("no address", where="dest", expected="the address that results are posted to")
    if not isinstance(token, str) or (token and not _is_token(token)):
        raise MalformedRecord(
            "no token", where="signatureToken", expected=f"{LEAST_TOKEN} to {MOST_TOKEN} printable characters of ASCII"
        )
    return Subscription(dest, token, parse_controls(body))


def parse_controls(members: Mapping[str, Any]) -> Controls:
    """`schedule` or `stream`, `reportIfEmpty`, `initialRecordTime`, `minRecordTime`; raises `MalformedRecord`."""
    stream = members.get("stream", False)
    if not isinstance(stream, bool):
        raise MalformedRecord("not true or false", where="stream", found=str(stream)[:40])
    if stream == ("schedule" in members):
        raise MalformedRecord(
            "when to report is not said" if not stream else "both of the two",
            where="schedule, stream",
            expected="a schedule, or stream: true",
        )
    empty = members.get("reportIfEmpty", False)
    if not isinstance(empty, bool):
        raise MalformedRecord("not true or false", where="reportIfEmpty", found=str(empty)[:40])
    schedule = None if stream else parse_schedule(members["schedule"])
    if empty and schedule is None:
        raise MalformedRecord("only for scheduled queries", where="reportIfEmpty", mend="Leave it out of a stream.")
    return Controls(schedule, empty, _moment(members, "initialRecordTime"), _moment(members, "minRecordTime"))


def split_parameters(parameters: Mapping[str, Any]) -> tuple[Controls, dict[str, Any]]:
    """The same from the parameters of an address, where the fields of a schedule stand beside each other, and the
    parameters that are none of these. Raises `MalformedRecord`, also where none of them is given."""
    flags = {"true": True, "false": False}
    own: dict[str, Any] = {name: value for name, value in parameters.items() if name in CONTROLS - {"schedule"}}
    fields = {name: value for name, value in parameters.items() if name in FIELDS}
    rest = {name: value for name, value in parameters.items() if name not in own and name not in fields}
    for name in ("stream", "reportIfEmpty"):
        if name in own:
            own[name] = flags.get(str(own[name]), own[name])
    return parse_controls(own | ({"schedule": fields} if fields else {})), rest


def _moment(members: Mapping[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    found = micros(value) if isinstance(value, str) else None
    if found is None or not 0 <= found < 1 << 62:
        raise MalformedRecord(
            "not a time", where=name, expected="a date-time with an offset, as 2026-01-31T10:00:00Z",
            found=str(value)[:80],
        )  # fmt: skip
    return found


def _is_token(text: str) -> bool:
    return LEAST_TOKEN <= len(text) <= MOST_TOKEN and text.isascii() and text.isprintable()


def signature(token: bytes, body: bytes) -> str:
    """The value of `GS1-Signature`."""
    return base64.b64encode(hmac.new(token, body, hashlib.sha256).digest()).decode()


def verify(token: str, received: Mapping[str, str], body: bytes) -> None:
    """That whoever knows `token` sent this body. `received`: the headers, whatever the case of their names. Raises
    `BadSignature`."""
    found = {name.lower(): value for name, value in received.items()}.get(SIGNATURE.lower(), "")
    if not hmac.compare_digest(found.encode("utf-8", "replace"), signature(token.encode(), body).encode()):
        raise BadSignature("this token has not signed this body", where=SIGNATURE)
