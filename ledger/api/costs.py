"""What a request costs, in points: about the milliseconds that one core works on it, half of it being kept from before.

The price is that of the path, not of the moment: otherwise it would tell whether somebody else asked before.
"""

import re
from urllib.parse import parse_qsl

CHEAP = 1
"""Up to here a request is served at once; what is dearer waits for its turn."""
DEFAULT = 5
FILE = 200
"""A list of shipments as a file."""
LIST = "/v1/shipments"
_ID = "[^/]+"
TABLE: tuple[tuple[str, int], ...] = (
    ("/healthz|/readyz", 0),  # whoever watches the service is never sent away
    # Measuring may wait for the chain's node, and so is done once for all who ask, beside the turns.
    ("/static/.*|/v1/log/checkpoint|/v1/log/tile/.*|/metrics", CHEAP),
    (f"/v1/products/codes/{_ID}|/v1/bonuses/{_ID}/awards/{_ID}", 100),
    ("/v1/session(?:/challenge)?|/sign-in", 20),
    ("/v1/products/(?:bundle|data)/.*", 20),
    ("/v1/products/pictures/.*", DEFAULT),
    ("/v1/products/.*|/p/.*|/p-scan", 25),
    (f"/v1/network|/network|(?:/v1)?/partners/{_ID}/score(?:/.*)?|(?:/v1)?/(?:access|league|markets)(?:/.*)?", 20),
    (f"/partners/{_ID}", 40),
    ("/v1/plans/.*|/plans(?:/.*)?", 100),
    (f"/v1/penalties|/penalties|/partners/{_ID}/penalties|/v1/shipments/{_ID}/penalty", 40),
    ("/v1/stock(?:/holdings)?|/stock", 60),
    ("/v1/recalls/trace/sheet|/recalls/sheet", 100),
    ("(?:/v1)?/recalls/.*", 40),
    ("(?:/v1)?/provenance|/v1/provenance/gaps|/gaps", 100),
    ("/epcis/capture.*", 60),
    ("/epcis/.*", 20),
    (f"/v1/documents/.*|(?:/v1)?/shipments/{_ID}/documents/{_ID}", 60),
    ("/v1/dock", 60),
    ("(?:/v1)?/worklist", 20),
    (f"/records/{_ID}/sheet", 100),  # with order and goods of a hundred shipments
    (f"/records/{_ID}(?:/beside/{_ID})?|/v1/records/{_ID}/rivals|/council", 15),
    ("(?:/v1)?/shipments/.*|/v1/records/typed-data|/docs|/openapi.json", 20),
    ("/import/(?:preview|document)", 100),
    (f"/v1/events(?:/stream)?|/v1/webhooks(?:/.*)?|/webhooks(?:/.*)?|/devices|/v1/partners/(?:book|{_ID}/keys)", 15),
    ("/|(?:/v1)?/(?:search|records|shipments|bonuses|recalls|partners|enrolments)", 15),
)
"""The first pattern that fits a path says what it costs."""
_TABLE = tuple((re.compile(pattern), points) for pattern, points in TABLE)
_SUBMISSION = re.compile(rf"/v1/records(?:/batch|/{_ID}/signatures)?")


def points_of(path: str, query: bytes = b"") -> int:
    """`query`: as it was sent; it decides where one path gives a page of a list, or a file of thousands of rows."""
    if path == LIST and query and dict(parse_qsl(query.decode("latin-1"))).get("format") == "csv":
        return FILE
    return next((points for pattern, points in _TABLE if pattern.fullmatch(path)), DEFAULT)


def is_sign_in(path: str) -> bool:
    """Whether it has a budget of its own: what floods from an address keeps nobody there from signing in."""
    return path in ("/v1/session", "/v1/session/challenge", "/sign-in")


def is_batch(path: str) -> bool:
    """Whether many records are handed in, each of which is paid for."""
    return path == "/v1/records/batch"


def is_submission(method: str, path: str) -> bool:
    """Whether signed records are handed in: these cost 1 each, of the budget for writing."""
    return method == "POST" and _SUBMISSION.fullmatch(path) is not None
