"""Posting to an address that somebody else chose, without being led to where that one cannot go (SSRF).

The name is resolved here, each address that it has is looked at, and the connection goes to one of those: the name is
not resolved again. Nothing private, local or reserved is spoken to but in networks that the operator allows. No
redirect is followed, no proxy of the environment asked, no answer believed but its status; all has one deadline.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2

from ledger.common.web_addresses import Address, Network, is_public
from ledger.errors import MalformedRecord

SECONDS = 10
"""For the name, the connection, the request and the head of the answer, together."""
MOST_URL = 500
MOST_TRIED = 3
"""Addresses of one name."""
MOST_ANSWER = 4096
"""Bytes of an answer's body that are taken, and thrown away."""
BODY_SECONDS = 1
"""For so much of it, so that the connection serves again."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0: there was none, and `problem` says why. `retry_after`: seconds that the answer asks for, else 0."""

    status: int
    problem: str = ""
    retry_after: int = 0

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str, *, plain: bool = False) -> None:
    """Raise `MalformedRecord` for what is no address to post to; `plain`: without TLS too."""
    expected = f"an {'http or ' if plain else ''}https URL of at most {MOST_URL} characters, without user and fragment"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MalformedRecord("not a web address", where="url", expected=expected, found=url[:80]) from None
    if (
        len(url) > MOST_URL
        or not url.isascii()
        or not url.isprintable()
        or " " in url
        or parts.scheme not in (("http", "https") if plain else ("https",))
        or not parts.hostname
        or "@" in parts.netloc
        or parts.fragment
        or port == 0
    ):
        raise MalformedRecord("not an address to deliver to", where="url", expected=expected, found=url[:80])


class Outbound:
    """`async with` it for several posts: the connections to a host are kept until the next. `allowed`: networks beside
    the public ones, and the only ones that are spoken to without TLS.
    """

    def __init__(self, allowed: Sequence[Network] = (), *, seconds: float = SECONDS) -> None:
        self._allowed = tuple(allowed)
        self._seconds = seconds
        self._kept: tuple[str, httpx2.AsyncClient] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept[1].aclose()

    async def _client_for(self, host: str) -> httpx2.AsyncClient:
        """Of one host only: a kept connection was checked against the name that it was made for, and knows only the
        address."""
        if self._kept is not None and self._kept[0] != host:
            await self.__aexit__(None, None, None)
        if self._kept is None:
            limits = httpx2.Limits(max_connections=4, max_keepalive_connections=2)
            client = httpx2.AsyncClient(
                verify=trust(), trust_env=False, follow_redirects=False, timeout=self._seconds, limits=limits
            )
            self._kept = host, client
        return self._kept[1]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """What the endpoint answers. Whatever goes wrong is said in the reply, without what was found inside a network:
        who registers addresses must not learn from it what stands where."""
        try:
            check_url(url, plain=bool(self._allowed))
            async with asyncio.timeout(self._seconds):
                return await self._posted(url, body, headers)
        except MalformedRecord as error:
            return Reply(0, error.what)
        except (TimeoutError, httpx2.TimeoutException):
            return Reply(0, f"no answer within {self._seconds:g} s")
        except (httpx2.TransportError, OSError, UnicodeError) as error:
            return Reply(0, f"no connection: {type(error).__name__}")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            return Reply(0, "no answer of HTTP")

    async def _posted(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        addresses = await self._addresses(host, port)
        if not addresses or not all(self._may(address, parts.scheme) for address in addresses):
            # One answer to both: else it would tell which names there are inside.
            return Reply(0, "not an address that may be delivered to")
        failure: Exception = OSError("no address")
        for address in addresses[:MOST_TRIED]:
            try:
                return await self._sent(parts.scheme, host, (address, port), _target(url), (body, headers))
            except httpx2.ConnectError as error:
                failure = error
        raise failure

    async def _sent(
        self, scheme: str, host: str, place: tuple[Address, int], target: str, content: tuple[bytes, Mapping[str, str]]
    ) -> Reply:
        address, port = place
        client = await self._client_for(host)
        body, headers = content
        literal = f"[{address}]" if address.version == 6 else str(address)
        named = f"[{host}]" if ":" in host else host
        authority = named if port == _PORTS[scheme] else f"{named}:{port}"
        request = client.build_request(
            "POST",
            f"{scheme}://{literal}:{port}{target}",
            content=body,
            headers={**headers, "Host": authority, "Content-Type": "application/json", "User-Agent": "Lading"},
            extensions={"sni_hostname": host},
        )
        answer = await client.send(request, stream=True)
        try:
            after = answer.headers.get("Retry-After", "")
            wait = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
            taken = 200 <= answer.status_code < 300
            with suppress(TimeoutError, httpx2.HTTPError):  # it has answered: what more it says counts for nothing
                async with asyncio.timeout(BODY_SECONDS):
                    await _skip(answer)
            return Reply(answer.status_code, "" if taken else f"status {answer.status_code}", wait)
        finally:
            await answer.aclose()

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            return []
        return list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))

    def _may(self, address: Address, scheme: str) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        inside = any((mapped or address) in network for network in self._allowed)
        return inside or (scheme == "https" and is_public(address))


async def _skip(answer: httpx2.Response) -> None:
    """Take a short body off the connection, so that it serves again; of a long one nothing more is read."""
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > MOST_ANSWER:
            return


def _target(url: str) -> str:
    """Path and query as they were given."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@cache
def trust() -> ssl.SSLContext:
    """The authorities that certificates are checked against. Kept: to read them takes longer than a delivery."""
    return httpx2.create_ssl_context()
