"""Which addresses are everybody's, and which are somebody's inside."""

from ipaddress import ip_address

import pytest

from ledger.client.outbound import check_url
from ledger.common.web_addresses import is_public, networks_of
from ledger.errors import MalformedRecord, Misconfigured

INSIDE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808", "2a00:1450:4001::8a")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "http://example.org/", "ftp://example.org/", "https://", "https:///path", "https://a b/",
        "https://user@example.org/", "https://user:pass@example.org/", "https://example.org/#part", "https://[::1",
        "https://example.org:0/", "https://example.org:99999/", "https://exämple.org/", "https://a/\r\nX: y",
        "https://example.org/" + "a" * 500, "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_to_deliver_to_is_refused(url: str) -> None:
    with pytest.raises(MalformedRecord):
        check_url(url)


def test_what_is_one_is_taken() -> None:
    for url in (
        "https://example.org",
        "https://example.org:8443/a?b=c",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
    ):
        check_url(url)
    check_url("http://example.org/", plain=True)


def test_networks_are_read_strictly() -> None:
    assert [str(one) for one in networks_of("10.0.0.0/8, fd00::/8", "X")] == ["10.0.0.0/8", "fd00::/8"]
    assert networks_of("", "X") == ()
    for text in ("10.0.0.1/8", "everything", "10.0.0.0/33"):
        with pytest.raises(Misconfigured):
            networks_of(text, "X")
