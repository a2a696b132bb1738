"""Answers that everybody gets alike are sent compressed.

Not those for who is signed in: how much a secret compresses beside something that a stranger chose tells of the secret
(BREACH); but the files of the pages, which hold none, are compressed for everybody. Nor tiles, which are hashes, nor
answers about what is handed in: of a batch each is to arrive when it is given, and one alone is short.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.api.costs import is_submission

LEAST = 1_000
"""Bytes; less fits into one packet anyhow."""
LEVEL = 5
"""Of gzip: a third of the time of the best one, for a few percent more."""
_SIGNED_IN = (b"authorization", b"cookie")


class PublicCompression:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=LEAST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._compressed if _is_public(scope) else self._app)(scope, receive, send)


def _is_public(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    if path.startswith("/static/"):
        return True
    signed_in = any(name in _SIGNED_IN for name, _ in scope["headers"])
    return not (signed_in or path.startswith("/v1/log/tile/") or is_submission(scope["method"], path))
