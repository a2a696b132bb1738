"""A follower's cursor is of one log, whatever the service says."""

import json

import pytest

from ledger.client.following import EVERY, Following
from ledger.errors import VerificationFailed


def told(index: int, log: str) -> tuple[str, str, str]:
    return "record", str(index), json.dumps({"index": index, "logId": log})


def test_it_asks_for_the_log_that_it_has_followed_and_believes_no_other() -> None:
    following = Following(EVERY, 4)
    assert following.call().path == "/v1/events/stream"
    following.take(*told(5, "0xaa"))
    again = following.call()
    assert again.path == "/v1/events/stream?log=0xaa"
    assert again.headers()["Last-Event-ID"] == "5"
    with pytest.raises(VerificationFailed, match="another log"):
        following.take(*told(6, "0xbb"))
    assert following.after == 5
