"""`lading serve` and `lading partners` as processes of their own: what an operator and a council do by hand."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ledger.cli.main import main
from ledger.common.ids import to_hex
from tests.e2e.cli.processes import LADING, environment, forked, free_port, get, served, wait_for
from tests.e2e.stage import Stage


def lading(home: Path, *arguments: str, status: int = 0, **settings: str) -> str:
    """What the command prints, on standard error where another `status` than 0 is expected. It runs in this process:
    a new one would spend seconds on importing."""
    printed, said = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(said):
        for name in [name for name in os.environ if name.startswith("LADING_")]:
            patch.delenv(name)
        for name, value in {"LADING_HOME": str(home), **settings}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["lading", *arguments])
        try:
            main()
            ended = 0
        except SystemExit as ending:
            ended = int(ending.code or 0)
    assert ended == status, said.getvalue()
    return printed.getvalue() if status == 0 else said.getvalue()


@pytest.fixture
def home(stage: Stage) -> Path:
    """A home that no process has open."""
    stage.trial.node.close()
    return Path(stage.node.home.settings.home)


def test_a_council_admits_a_partner_through_the_service(home: Path, tmp_path: Path) -> None:
    with forked(home, tmp_path / "log") as (url, process):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        lading(home, "keys", "new", "newcomer", "--demo")
        asked = json.loads(
            lading(
                home, "partners", "enrol", "newcomer", "--name", "Newcomer", "--role", "carrier", "--url", url, "--json"
            )
        )
        assert (
            json.loads(lading(home, "partners", "enrolments", "--url", url, "--json"))["enrolments"][-1]
            == get(f"{url}/v1/enrolments?limit=100")["enrolments"][-1]
        )
        changes = tmp_path / "changes"
        lading(home, "partners", "admit", asked["document"], "--url", url, "--out", str(changes))
        files = sorted(changes.iterdir())
        assert [file.name.split("-", 1)[1] for file in files] == ["admit.json", "grant-role.json"]
        consortium = get(f"{url}/v1/consortium")["trust"]["consortiumId"]
        for file in files:
            for member in ("council-1", "council-2"):
                file.write_text(lading(home, "sign", member, str(file), "--yes", "--consortium", consortium))
        out = json.loads(lading(home, "submit", *map(str, files), "--url", url, "--json"))
        assert [record["status"] for record in out["records"]] == ["accepted", "accepted"]
        for record in out["records"]:
            wait_for(f"{url}/v1/records/{record['id']}", lambda answer: answer["chain"]["status"] == "recorded")
        number = json.loads(files[0].read_text())["message"]["partner"]
        found = get(f"{url}/v1/partners/{number}")
        assert (found["name"], found["roles"][0]["role"]) == ("Newcomer", "carrier")
        # The list is read from the home beside the running service; to write there it must be asked.
        assert "Newcomer" in lading(home, "partners")
        assert "--url" in lading(home, "partners", "suspend", "2", status=2)
        token = lading(home, "partners", "sign-in", "newcomer", "--url", url).strip()
        assert re.fullmatch("[0-9a-f]{64}", token)
        assert lading(home, "worklist", "newcomer", "--url", url).strip() == "nothing waits"
        assert json.loads(lading(home, "worklist", "newcomer", "--url", url, "--json"))["items"] == []
        assert "nothing to sign" in lading(home, "worklist", "newcomer", "--url", url, "--draft", "x", status=1)
        refused = lading(home, "partners", "admit", asked["document"], "--url", url, status=1)
        assert "admitted already" in refused

        process.terminate()
        status, log = process.wait(30), (tmp_path / "log").read_text()
        assert status == 0, log
        assert "Lading serves" in log
        assert "level=INFO logger=lading.access method=POST path=/v1/records/batch status=200" in log
        assert token not in log
    # It was left in order: the next process opens it at once.
    assert "Newcomer" in lading(home, "partners")


def test_one_signature_waits_for_the_others(home: Path, tmp_path: Path) -> None:
    """The changes may also be signed apart, and handed in to the home itself."""
    printed = json.loads(lading(home, "partners", "suspend", "2"))
    file = tmp_path / "suspend.json"
    file.write_text(json.dumps(printed["changes"][0]))
    for member, status in (("council-3", "proposed"), ("council-1", "accepted")):
        signed = tmp_path / f"{member}.json"
        signed.write_text(lading(home, "sign", member, str(file), "--yes", "--consortium", printed["consortium"]))
        answer = json.loads(lading(home, "submit", str(signed), "--json"))["records"][0]
        assert answer["status"] == status
    partner = json.loads(lading(home, "partners", "--json"))["partners"][1]
    assert (partner["id"], partner["suspended"]) == (2, True)


def test_an_address_in_use_is_said_so_and_no_service_manager_hears_that_it_is_ready(home: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, socket.create_server(("127.0.0.1", 0)) as taken:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*LADING, "serve"],
            env=environment(home, LADING_PORT=port, NOTIFY_SOCKET=str(tmp_path / "notify")),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        with pytest.raises(BlockingIOError):
            manager.recv(100)
    assert done.returncode == 2
    assert "cannot listen there" in done.stderr
    assert "LADING_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_asks_for_its_address_before_it_plays(tmp_path: Path) -> None:
    """It plays for half a minute, and replaces an earlier demo."""
    home = tmp_path / "demo"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = lading(home, "demo", status=2, LADING_PORT=str(taken.getsockname()[1]))
    assert "cannot listen there" in told
    assert not home.exists()


def test_it_heeds_its_settings_and_ctrl_c_ends_it_in_order(home: Path) -> None:
    with served(home, LADING_QUOTA_READS="1", LADING_QUOTA_READ_BURST="40") as (url, process):
        wait_for(f"{url}/healthz", lambda answer: answer["status"] == "ok")
        _quotas_are_the_environments_and_a_proxy_on_this_machine_says_who_asks(url)
        _the_public_address_follows_the_port(url)
        _what_a_ledger_does_not_have_is_said_so(home, url)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=30)
        assert process.returncode == 0, log
        assert "Traceback" not in log


def _quotas_are_the_environments_and_a_proxy_on_this_machine_says_who_asks(url: str) -> None:
    def ask(*forwarded: str) -> int:
        headers = {"X-Forwarded-For": ", ".join(forwarded)} if forwarded else {}
        connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/v1/network", headers=headers)
        answer = connection.getresponse()
        assert (answer.status == 429) == (answer.getheader("Retry-After") is not None)
        connection.close()
        return answer.status

    assert [ask("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    # What a client claims itself stands before what the proxy saw, and counts for nothing.
    assert ask("198.51.100.7", "192.0.2.1") == 429
    assert [ask("192.0.2.2"), ask()] == [200, 200]


def _the_public_address_follows_the_port(url: str) -> None:
    message = get(f"{url}/v1/session/challenge?address=0x{'11' * 20}")["message"]
    assert message.startswith(f"{url.removeprefix('http://')} wants you to sign in")
    assert f"\nURI: {url}\n" in message


def _what_a_ledger_does_not_have_is_said_so(home: Path, url: str) -> None:
    document = to_hex(bytes(32))
    assert "no such enrolment" in lading(home, "partners", "admit", document, "--url", url, status=1)
    assert "no such role" in lading(home, "partners", "grant", "2", "king", "--url", url, status=2)


def test_a_url_that_is_no_ledger_is_said_so(home: Path) -> None:
    assert "does not answer" in lading(home, "partners", "--url", f"http://127.0.0.1:{free_port()}", status=1)
    assert "not a web address" in lading(home, "partners", "--url", "ftp://x", status=2)


def test_a_service_manager_hears_when_requests_are_answered_and_when_they_end(home: Path, tmp_path: Path) -> None:
    """sd_notify(3): ready is said after the first request can be answered, and not before; stopping when told to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        with served(home, NOTIFY_SOCKET=str(tmp_path / "notify")) as (url, process):
            assert manager.recv(100) == b"READY=1"
            assert get(f"{url}/healthz")
            process.send_signal(signal.SIGTERM)
            assert manager.recv(100) == b"STOPPING=1"
            assert process.wait(60) == 0
