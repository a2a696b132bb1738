"""What every request passes: methods, headers, limits, and errors that say nothing of the inside."""

import logging

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from tests.api.world import UNLIMITED, World
from tests.e2e.stage import MAKER

HTML = {"Accept": "text/html"}


def test_head_is_get_without_a_body(world: World) -> None:
    for path in ("/v1/log/checkpoint", "/", "/v1/records?limit=1", "/healthz", "/static/lading.css"):
        whole, head = world.client.get(path), world.client.head(path)
        assert head.status_code == whole.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == whole.headers["content-length"]
    assert world.client.head("/v1/records/0x12").status_code == 400


def test_what_everybody_gets_alike_is_compressed_and_what_one_reader_sees_is_not(world: World) -> None:
    for path in ("/v1/records?limit=50", "/static/lading.css", "/partners"):
        public = world.client.get(path)
        assert public.headers["content-encoding"] == "gzip"
        assert int(public.headers["content-length"]) < len(public.content)
        for name, value in (("Authorization", f"Bearer {'x' * 20}"), ("Cookie", "lading_session=x")):
            signed_in = world.client.get(path, headers={name: value})
            assert ("content-encoding" in signed_in.headers) == path.startswith("/static/"), "files hold no secret"
        plain = world.client.get(path, headers={"Accept-Encoding": "identity"})
        assert (plain.content, "content-encoding" in plain.headers) == (public.content, False)


def test_unchanged_files_of_pages_and_tiles_are_not_sent_again(world: World) -> None:
    size = world.get("/v1/log")["published"]["size"]
    tile = "/v1/log/tile/0/000" if size >= 256 else f"/v1/log/tile/0/000.p/{size}"
    for path, kept in (("/static/lading.css", "no-cache"), (tile, "public, max-age=31536000, immutable")):
        first = world.client.get(path)
        assert first.headers["cache-control"] == kept
        again = world.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == kept
        other = world.client.get(path, headers={"If-None-Match": '"another"'})
        assert (other.status_code, other.content) == (200, first.content)


def test_what_one_reader_sees_is_kept_for_nobody_else(world: World) -> None:
    shipment, session = world.id("late"), {"Authorization": f"Bearer {world.token(MAKER)}"}
    for path in (
        "/v1/shipments", "/v1/shipments?format=csv", f"/v1/shipments/{shipment}", f"/v1/shipments/{shipment}/penalty",
        f"/v1/records/{shipment}", "/v1/search?q=PO-1", "/v1/dock", "/v1/worklist", "/v1/session", "/v1/penalties",
        "/v1/records/0x12", "/shipments", f"/shipments/{shipment}", "/search?q=PO-1", "/worklist",
    ):  # fmt: skip
        answer = world.client.get(path, headers=session | HTML, follow_redirects=False)
        assert answer.headers["cache-control"] == "private, no-cache", path


def test_options_says_what_a_path_allows(world: World) -> None:
    for path, allowed in (
        ("/v1/records", "GET, HEAD, POST, OPTIONS"),
        ("/v1/log/checkpoint", "GET, HEAD, OPTIONS"),
        ("/v1/session", "GET, HEAD, POST, DELETE, OPTIONS"),
        (f"/v1/products/codes/{world.id('attested')}", "GET, HEAD, PUT, OPTIONS"),
    ):
        answer = world.client.options(path)
        assert (answer.status_code, answer.headers["allow"]) == (204, allowed)
        assert answer.headers["access-control-allow-origin"] == "*"
    assert world.client.options("/v1/nowhere").status_code == 404


def test_a_page_elsewhere_may_send_every_documented_header_and_read_how_long_to_wait(world: World) -> None:
    document = world.client.get("/openapi.json").json()
    operations = [one for path in document["paths"].values() for one in path.values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", [])]
    documented = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    assert {"authorization", "lading-device"} <= documented
    answer = world.client.options("/v1/records", headers={"Access-Control-Request-Method": "POST"})
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert documented | {"content-type"} <= allowed
    assert "Retry-After" in world.client.get("/v1/log").headers["access-control-expose-headers"]


def test_another_method_is_refused_with_what_is_allowed(world: World) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = world.client.request(method, "/v1/records")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/v1/nowhere", "/v1/records/", "/v1", "/nowhere", "/static/../app.py", "/v1/partners/4000", "/static/none"]
)
def test_an_unknown_path_is_a_problem_document(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_line_break_behind_a_path_makes_it_another(world: World, method: str) -> None:
    """What it costs and what serves it are found by the path: both have to mean the same one."""
    for path in ("/v1/penalties", "/v1/network", "/v1/records", "/v1/session", "/network"):
        assert world.client.request(method, f"{path}%0A").status_code == 404, path


def test_people_get_the_problem_as_a_page_outside_the_api(world: World) -> None:
    shown = world.client.get(f"/shipments/0x{'77' * 32}", headers=HTML)
    assert shown.status_code == 404
    assert shown.headers["content-type"].startswith("text/html")
    assert "There is nothing here" in shown.text
    assert world.client.get("/v1/nowhere", headers=HTML).headers["content-type"] == "application/problem+json"


def test_every_answer_carries_the_security_headers(world: World) -> None:
    for path in ("/", "/v1/log", "/nowhere", "/static/lading.css", "/openapi.json", "/docs"):
        headers = world.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert ("access-control-allow-origin" in headers) is path.startswith("/v1")


class Broken:
    """A node, its home or its reader, whose every part fails in a way that nobody foresaw."""

    def __init__(self, whole: object) -> None:
        self._whole = whole

    def __getattr__(self, name: str) -> object:
        if name in ("home", "reader"):
            return Broken(getattr(self._whole, name))
        if name in ("settings", "keys", "domain", "clock", "consortium", "database"):
            return getattr(self._whole, name)
        raise RuntimeError("the database password is hunter2")


@pytest.fixture
def broken(world: World) -> TestClient:
    return TestClient(create_app(Broken(world.stage.node), UNLIMITED), raise_server_exceptions=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/v1/log", "/v1/records", "/v1/partners/2", "/readyz", "/metrics", "/log"])
def test_an_unforeseen_error_is_a_503_that_tells_nothing(
    broken: TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = broken.get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "hunter2" in caplog.text  # the operator's log has it all


def test_an_unforeseen_error_is_a_page_for_people(broken: TestClient) -> None:
    answer = broken.get("/shipments", headers=HTML)
    assert answer.status_code == 503
    assert "Not now" in answer.text
    assert "hunter2" not in answer.text


def test_health_does_not_depend_on_anything(broken: TestClient) -> None:
    assert broken.get("/healthz").json() == {"status": "ok"}


def test_readiness_names_each_part(world: World) -> None:
    world.stage.node.work.publish()  # no worker does so here
    assert world.get("/readyz") == {
        "status": "ok",
        "checks": {"database": "ok", "chain": "ok", "log": "ok", "clock": "ok", "worker": "ok"},
    }


def test_metrics_are_those_of_prometheus(world: World) -> None:
    text = world.client.get("/metrics").text
    assert f"lading_log_size {float(world.get('/v1/log')['size'])}" in text
    assert "lading_outbox_waiting" in text


def test_the_log_has_a_line_a_request_without_queries_and_secrets(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="lading.access")
    world.client.get("/v1/session?secret=1", headers={"Authorization": "Bearer hunter2"})
    world.client.get("/a%0Ab")
    lines = [record.getMessage() for record in caplog.records if record.name == "lading.access"]
    assert lines[0].startswith("method=GET path=/v1/session status=400 ms=")
    assert lines[1].startswith("method=GET path=/a\\nb status=404")
    assert "hunter2" not in caplog.text
    assert "secret" not in caplog.text
