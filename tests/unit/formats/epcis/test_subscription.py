"""What is posted for a subscription, and the signature of what it delivers."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from ledger.errors import BadSignature, MalformedRecord
from ledger.formats.epcis.subscription import Controls, parse_subscription, signature, split_parameters, verify

DEST = "https://client.example.com/queryCallback"
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"


def test_the_examples_of_the_binding_are_taken() -> None:
    scheduled = parse_subscription(
        {"dest": DEST, "signatureToken": TOKEN, "reportIfEmpty": True, "schedule": {"hour": "1", "minute": "5"}}
    )
    assert (scheduled.dest, scheduled.token, scheduled.controls.report_if_empty) == (DEST, TOKEN, True)
    assert scheduled.controls.schedule is not None
    assert scheduled.controls.schedule.given == {"minute": "5", "hour": "1"}
    streamed = parse_subscription({"dest": DEST, "stream": True, "initialRecordTime": "2020-04-04T20:33:31.116-06:00"})
    assert streamed.controls == Controls(None, False, 1_586_054_011_116_000, None)
    assert streamed.token == ""


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"stream": None}, "stream"),
        ({"stream": False}, "schedule, stream"),
        ({"schedule": {"hour": "1"}}, "schedule, stream"),
        ({"stream": "true"}, "stream"),
        ({"reportIfEmpty": True}, "reportIfEmpty"),
        ({"reportIfEmpty": 1}, "reportIfEmpty"),
        ({"initialRecordTime": "yesterday"}, "initialRecordTime"),
        ({"initialRecordTime": "2020-04-04T20:33:31"}, "initialRecordTime"),
        ({"initialRecordTime": "1969-12-31T23:00:00Z"}, "initialRecordTime"),
        ({"minRecordTime": 5}, "minRecordTime"),
        ({"dest": None}, "dest"),
        ({"signatureToken": "short"}, "signatureToken"),
        ({"signatureToken": "x" * 201}, "signatureToken"),
        ({"signatureToken": "twelve\nchars here"}, "signatureToken"),
        ({"signatureToken": 123456789012}, "signatureToken"),
        ({"secret": TOKEN}, "body"),
    ],
)
def test_what_is_no_subscription_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_subscription({"dest": DEST, "stream": True} | change)
    assert refused.value.where == where
    with pytest.raises(MalformedRecord):
        parse_subscription([])


def test_later_of_two_record_times_counts() -> None:
    both = {"dest": DEST, "stream": True, "initialRecordTime": "1970-01-01T00:00:01Z"}
    assert parse_subscription(both).controls.record_from == 1_000_000
    assert parse_subscription(both | {"minRecordTime": "1970-01-01T00:00:02Z"}).controls.record_from == 2_000_000


def test_parameters_of_an_address_say_the_same() -> None:
    controls, rest = split_parameters({"minute": "5", "hour": "1", "reportIfEmpty": "true", "EQ_action": "ADD"})
    assert controls.schedule is not None
    assert (dict(controls.schedule.given), controls.report_if_empty) == ({"minute": "5", "hour": "1"}, True)
    assert rest == {"EQ_action": "ADD"}
    assert split_parameters({"stream": "true"}) == (Controls(None), {})
    for wrong in ({}, {"stream": "yes"}, {"stream": ["true", "true"]}, {"stream": "true", "minute": "1"}, {"a": "b"}):
        with pytest.raises(MalformedRecord):
            split_parameters(wrong)


def test_a_signature_is_that_of_the_body_under_the_token() -> None:
    body = b'{"type":"EPCISQueryDocument"}'
    expected = base64.b64encode(hmac.new(TOKEN.encode(), body, hashlib.sha256).digest()).decode()
    assert signature(TOKEN.encode(), body) == expected
    verify(TOKEN, {"gs1-signature": expected}, body)
    for headers, text, token in (
        ({"GS1-Signature": expected}, body + b" ", TOKEN),
        ({"GS1-Signature": expected}, body, TOKEN + "x"),
        ({}, body, TOKEN),
    ):
        with pytest.raises(BadSignature):
            verify(token, headers, text)
