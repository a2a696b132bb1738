"""Every error reaches the caller as a problem document (RFC 9457): which status, which facts, and no secrets."""

import inspect
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from ledger import errors
from ledger.api.problems import STATUS, install, problem_of, status_of
from ledger.errors import LadingError
from tests.unit.test_errors import every_kind, one_of

EXPECTED = {
    "InvalidInput": 400,
    "MalformedRecord": 400,
    "BadSignature": 400,
    "Refused": 422,
    "NotPermitted": 403,
    "RuleBroken": 422,
    "Conflict": 409,
    "NotFound": 404,
    "VerificationFailed": 422,
    "NotSealed": 422,
    "InconsistentLog": 422,
    "Unavailable": 503,
    "Busy": 429,
    "ChainUnavailable": 503,
    "LeaseLost": 503,
    "ClockWrong": 503,
    "StorageFailed": 503,
    "DiskFailed": 503,
    "Misconfigured": 503,
}
"""A new error class has to be given its status here and in `ledger.api.problems.STATUS`."""

KINDS = [kind for kind in every_kind() if kind is not LadingError and kind.__module__ == "ledger.errors"]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_every_error_has_a_status() -> None:
    public = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LadingError)}
    assert public - {"LadingError"} == EXPECTED.keys()
    assert {kind.__name__ for kind in KINDS} == EXPECTED.keys()


def test_errors_are_raised_from_one_file_only() -> None:
    """Errors of our own outside `ledger/errors.py` would escape the tree drawn there."""
    outside = [kind for kind in every_kind() if kind.__module__.split(".")[0] in ("ledger", "api", "scripts")]
    assert {kind.__module__ for kind in outside} == {"ledger.errors"}


@each_kind
def test_the_status_is_the_agreed_one(kind: type[LadingError]) -> None:
    assert status_of(one_of(kind)) == EXPECTED[kind.__name__]


def test_a_branch_of_the_table_is_not_hidden_by_its_parent() -> None:
    for i, (kind, _) in enumerate(STATUS):
        assert not any(issubclass(kind, earlier) for earlier, _ in STATUS[:i])


@each_kind
def test_the_document_carries_the_facts(kind: type[LadingError]) -> None:
    error = one_of(kind)
    body = problem_of(error, "/v1/records")
    assert body["type"] == f"/problems#{kind.__name__}"
    assert body["status"] == EXPECTED[kind.__name__]
    assert body["detail"] == str(error)
    assert body["instance"] == "/v1/records"
    for name in ("what", "where", "expected", "found", "mend"):
        assert body.get(name, "") == getattr(error, name)
    assert "" not in body.values()
    assert body["title"] == body["title"].capitalize()


def test_a_conflict_shows_both_records() -> None:
    body = problem_of(one_of(errors.Conflict))
    assert (body["first"], body["second"]) == ("0x01", "0x02")


def test_two_views_of_a_log_are_both_shown() -> None:
    body = problem_of(one_of(errors.InconsistentLog))
    assert body["first"] == {"size": 1, "root": "0x01"}
    assert body["second"] == {"size": 1, "root": "0x02"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    install(app)

    @app.get("/raise/{name}")
    def raise_one(name: str) -> None:
        raise one_of(getattr(errors, name))

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError("the database password is hunter2")

    @app.get("/number")
    def number(n: int) -> int:
        return n

    @app.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418, "short and stout", headers={"X-Spout": "yes"})

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@each_kind
def test_the_answer_is_a_problem_document(client: TestClient, kind: type[LadingError]) -> None:
    answer = client.get(f"/raise/{kind.__name__}")
    assert answer.status_code == EXPECTED[kind.__name__]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == problem_of(one_of(kind), f"/raise/{kind.__name__}")
    assert ("retry-after" in answer.headers) is issubclass(kind, errors.Unavailable)


def test_busy_says_when_to_come_back(client: TestClient) -> None:
    assert client.get("/raise/Busy").headers["retry-after"] == "7"


def test_an_unforeseen_error_tells_the_caller_nothing_of_the_inside(client: TestClient) -> None:
    answer = client.get("/crash")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "look" in answer.json()["mend"].lower()


def test_errors_of_the_framework_are_problem_documents_too(client: TestClient) -> None:
    for path, status in (("/number?n=x", 400), ("/nowhere", 404), ("/teapot", 418)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    assert client.get("/number?n=x").json()["where"] == "query.n"
    assert client.get("/teapot").headers["x-spout"] == "yes"
    assert client.post("/number?n=1").status_code == 405
