"""What forms of the pages send."""

from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from ledger.api.deps import read_body
from ledger.errors import MalformedRecord, NotPermitted

MOST_FORM = 8192
MOST_FIELDS = 20


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was sent from one of our own pages; raises `NotPermitted` for another site's."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotPermitted("sent by another site", where="Sec-Fetch-Site")
    text = (await read_body(request, MOST_FORM)).decode("utf-8", "replace")
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=MOST_FIELDS).items()}
    except ValueError:
        raise MalformedRecord("too many fields", where="body", expected=f"at most {MOST_FIELDS}") from None


def local(address: str, otherwise: str = "/") -> str:
    """`address` if it is a path of this service, else `otherwise`: nobody is sent elsewhere by a form."""
    parts = urlsplit(address) if address.startswith("/") and not address.startswith(("//", "/\\")) else None
    return address if parts and not parts.netloc and "\\" not in address else otherwise
