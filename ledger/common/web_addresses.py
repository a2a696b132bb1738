"""Web addresses that somebody else chose: which may be posted to, and which of the Internet's are everybody's."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from ledger.errors import MalformedRecord, Misconfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_URL = 500
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 behind NAT64 (RFC 6052)."""
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("64:ff9b:1::/48"))
"""Of IANA's registries of special addresses, what some releases of Python take for global."""


def networks_of(text: str, where: str) -> tuple[Network, ...]:
    """Networks with commas between them; raises `Misconfigured`."""
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise Misconfigured(
            "not a network", where=where, expected="such as 10.0.0.0/8, with commas between", found=str(error)[:80]
        ) from None


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


def is_public(address: Address) -> bool:
    """Whether it is one of the whole Internet's: neither private, local, shared, reserved nor of many, nor an IPv6
    address that only wraps such a one."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address.is_site_local or (inner is not None and not is_public(inner)):
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
