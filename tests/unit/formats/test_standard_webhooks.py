"""Signatures of webhooks: those of the published examples, and no other."""

import pytest

from ledger.errors import BadSignature, MalformedRecord
from ledger.formats import standard_webhooks as hooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
NOW = 1_614_265_330
PUBLISHED = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(NOW),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""From the tests of the reference libraries (standard-webhooks/standard-webhooks)."""


def test_a_published_example_is_made_and_accepted() -> None:
    secret = hooks.secret_of(SECRET)
    made = hooks.headers(PUBLISHED["Webhook-Id"], NOW, BODY, [secret])
    assert made == {name.lower(): value for name, value in PUBLISHED.items()}
    assert hooks.verify(secret, PUBLISHED, BODY, NOW) == PUBLISHED["Webhook-Id"]
    assert hooks.secret_text(secret) == SECRET


def test_one_of_several_signatures_is_enough() -> None:
    secret, other = hooks.secret_of(SECRET), bytes(32)
    made = hooks.headers("m", NOW, BODY, [other, secret])
    assert hooks.verify(secret, made, BODY, NOW) == "m"
    assert hooks.verify(other, made, BODY, NOW) == "m"
    made["webhook-signature"] = "v1a,abc " + made["webhook-signature"]
    assert hooks.verify(other, made, BODY, NOW) == "m"


@pytest.mark.parametrize("place", range(len(BODY)))
def test_each_flipped_byte_of_the_body_is_found(place: int) -> None:
    body = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    with pytest.raises(BadSignature):
        hooks.verify(hooks.secret_of(SECRET), PUBLISHED, body, NOW)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"Webhook-Id": "msg_other"}, "webhook-signature"),
        ({"Webhook-Timestamp": str(NOW + 1)}, "webhook-signature"),
        ({"Webhook-Timestamp": str(NOW - 301)}, "webhook-timestamp"),
        ({"Webhook-Timestamp": str(NOW + 301)}, "webhook-timestamp"),
        ({"Webhook-Signature": "v1,"}, "webhook-signature"),
        ({"Webhook-Signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "webhook-signature"),
        ({"Webhook-Signature": "v1,é"}, "webhook-signature"),
    ],
)
def test_what_another_signed_or_sent_at_another_time_is_refused(change: dict[str, str], where: str) -> None:
    with pytest.raises(BadSignature) as refused:
        hooks.verify(hooks.secret_of(SECRET), PUBLISHED | change, BODY, NOW)
    assert refused.value.where == where


@pytest.mark.parametrize("change", [{"Webhook-Id": ""}, {"Webhook-Timestamp": "1e9"}, {"Webhook-Timestamp": "²"}])
def test_what_is_no_message_is_told_so(change: dict[str, str]) -> None:
    with pytest.raises(MalformedRecord):
        hooks.verify(hooks.secret_of(SECRET), PUBLISHED | change, BODY, NOW)
    with pytest.raises(MalformedRecord):
        hooks.verify(hooks.secret_of(SECRET), {}, BODY, NOW)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_AAAA", "whsec_!!!", "whsec_" + "A" * 200])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        hooks.secret_of(text)
