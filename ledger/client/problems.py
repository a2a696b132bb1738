"""The error that a service's problem document (RFC 9457) names."""

from ledger import errors
from ledger.common.canonical import parse_json
from ledger.errors import InvalidInput, LadingError, RuleBroken, Unavailable

_SAME = (errors.MalformedRecord, errors.BadSignature, errors.NotPermitted, RuleBroken, errors.NotFound)


def error_of(text: bytes, status: int) -> LadingError:
    """The error in the body `text` of an answer with HTTP `status`.

    `Unavailable` for statuses 429 and 5xx, `InvalidInput` or `RuleBroken` for an answer that names none of ours.
    """
    try:
        body = parse_json(text, where="answer")
    except InvalidInput:
        body = None
    return error_in(body, status)


def error_in(body: object, status: int) -> LadingError:
    """As `error_of`, of a problem document that was read already."""
    if not isinstance(body, dict):
        kind: type[LadingError] = Unavailable if status >= 500 else RuleBroken
        return kind("the service refused", found=f"status {status}")
    facts = {name: str(body.get(name, "")) for name in ("where", "expected", "found", "mend")}
    what = str(body.get("what") or body.get("detail") or body.get("title") or f"status {status}")
    named = getattr(errors, str(body.get("type", "")).rpartition("#")[2], None)
    if named in _SAME:
        error: LadingError = named(what, **facts)
        return error
    if status >= 500 or status == 429:
        return Unavailable(what, **facts)
    return InvalidInput(what, **facts) if status in (400, 408, 413, 415) else RuleBroken(what, **facts)
