"""Which addresses of the Internet are everybody's, and which are somebody's inside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from ledger.errors import Misconfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
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
