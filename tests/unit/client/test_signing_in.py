"""What a service may have signed at sign-in: a text for this key and this host, and no other's that it passes on."""

import json

import pytest

from ledger.client import flows
from ledger.client.calls import Answer
from ledger.client.service import Client
from ledger.common.ids import checksum_address
from ledger.errors import MalformedRecord
from ledger.records.signing import SigningKey

KEY = SigningKey((7).to_bytes(32, "big"))
TEXT = (
    "{host} wants you to sign in with your Ethereum account:\n{address}\n\nSign in.\n\nURI: https://{host}\nVersion: 1"
)


def asked(url: str, host: str, address: str = checksum_address(KEY.address)) -> object:
    """The call that follows the challenge of a service at `url`, which calls itself `host`."""
    flow = flows.sign_in(KEY, url)
    next(flow)
    message = TEXT.format(host=host, address=address)
    return flow.send(Answer(200, json.dumps({"message": message}).encode(), {}))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ledger.example", "ledger.example"),
        ("https://LEDGER.example:8443/below", "ledger.example:8443"),
        ("http://127.0.0.1:9000", "ledger.example"),
        ("http://[::1]:9000", "ledger.example"),
    ],
)
def test_the_text_of_the_service_that_was_named_is_signed(url: str, host: str) -> None:
    assert getattr(asked(url, host), "path", "") == "/v1/session"


@pytest.mark.parametrize(
    "host", ["ledger.example", "evil.example@ledger.example", "", "[", "evil.example.ledger.example"]
)
def test_a_text_for_another_host_is_not_signed(host: str) -> None:
    with pytest.raises(MalformedRecord, match="somewhere else"):
        asked("https://evil.example", host)


def test_a_text_for_another_key_is_not_signed() -> None:
    with pytest.raises(MalformedRecord, match="something else"):
        asked("https://ledger.example", "ledger.example", checksum_address(bytes(20)))


@pytest.mark.parametrize("path", ["@evil.example/v1/log", ".evil.example/", ":80@evil.example/", "v1/log", ""])
def test_no_token_goes_to_another_host_by_a_path(path: str) -> None:
    client = Client("https://ledger.invalid")
    for ask in (client.get, client.delete, lambda one: client.post(one, {}), lambda one: client.put(one, {})):
        with pytest.raises(MalformedRecord, match="not a path"):
            ask(path)
