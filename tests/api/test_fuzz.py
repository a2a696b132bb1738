"""Whatever is sent, the answer is one that was meant: no 5xx but 503 by design, and problems say what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.records.types import RECORDS
from tests.api.world import World

SHORT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
NAMES = [kind.__name__ for kind in RECORDS]
FIELDS = sorted({member.name for kind in RECORDS for member in kind.members()})
HEX = st.binary(max_size=70).map(lambda data: "0x" + data.hex())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=40) | HEX,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=20,
)
ENVELOPES = st.fixed_dictionaries(
    {"type": st.sampled_from(NAMES) | VALUES, "message": VALUES, "signatures": st.lists(HEX, max_size=3) | VALUES}
)
SEGMENT = st.sampled_from(
    ["0x" + "00" * 32, "0x" + "ff" * 32, "0x", "-1", "1", "2", "99999999999999999999", "%00", "..", "%2e%2e", "proof",
     "receipt", "penalty", "score", "checkpoint", "01", "09421900000012", "10", "L1", "%ff%fe", "x" * 300, "é", "codes"]
)  # fmt: skip
PLACES = [
    "/v1/records", "/v1/search",
    "/v1/shipments", "/v1/products", "/v1/partners", "/v1/bonuses", "/v1/log", "/v1/log/tile",
    "/v1/session", "/v1/enrolments", "/v1/consents",
    "/records", "/shipments", "/partners", "/bonuses", "/p", "/01", "/static", "/docs",
    "",
]  # fmt: skip
QUERY = st.dictionaries(
    st.sampled_from(
        ["limit", "after", "before", "type", "partner", "shipment", "subject", "target", "size", "index", "first",
         "second", "at", "address", "code", "back"]
    ),
    st.sampled_from(["", "0", "1", "-1", "x", "9" * 30, "0x" + "11" * 32, "Handoff", "\x00", "01/09421900000012"]),
    max_size=3,
)  # fmt: skip


def meant(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.headers["content-type"] != "text/html; charset=utf-8":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert "Traceback" not in answer.text


@SHORT
@given(body=ENVELOPES | VALUES)
def test_any_json_as_a_record(world: World, body: Any) -> None:
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for path in (
        "/v1/records",
        "/v1/records/batch",
        "/v1/records/typed-data",
        "/v1/enrolments",
        "/v1/consents",
        "/v1/session",
        "/v1/products/scans",
    ):
        answer = world.client.post(path, content=content, headers={"Content-Type": "application/json"})
        meant(answer)
        assert answer.status_code >= 400


@SHORT
@given(content=st.binary(max_size=300))
def test_any_bytes_as_a_body(world: World, content: bytes) -> None:
    for path in ("/v1/records", "/v1/records/batch", f"/v1/records/0x{'11' * 32}/signatures", "/v1/session", "/p-scan"):
        meant(world.client.post(path, content=content, headers={"Content-Type": "application/json"}))
    for path in ("/sign-in", "/sign-out"):
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        meant(world.client.post(path, content=content, headers=form))
        world.client.cookies.clear()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_of_too_many_fields_is_refused_in_words(world: World, path: str) -> None:
    answer = world.client.post(path, data={f"field-{i}": "1" for i in range(21)})
    assert answer.status_code == 400
    assert "too many fields" in answer.text


@SHORT
@given(
    place=st.sampled_from(PLACES),
    segments=st.lists(SEGMENT, max_size=4),
    query=QUERY,
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]),
    accept=st.sampled_from(["text/html", "*/*"]),
)
def test_any_path(
    world: World, place: str, segments: list[str], query: dict[str, str], method: str, accept: str
) -> None:
    path = "/".join([place, *segments]) or "/"
    answer = world.client.request(method, path, params=query, headers={"Accept": accept})
    if method != "HEAD":
        meant(answer)
    assert answer.status_code < 500


@SHORT
@given(
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=100),
    scheme=st.sampled_from(["Bearer", "bearer", "Basic", ""]),
)
def test_any_token(world: World, token: str, scheme: str) -> None:
    answer = world.client.get("/v1/session", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status_code == 401
    meant(answer)
