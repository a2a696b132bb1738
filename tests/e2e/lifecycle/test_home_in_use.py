"""A home is not changed under the service that uses it, whatever its chain; and a crash leaves no lock."""

import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import Misconfigured, StorageFailed
from ledger.services.home.clock import ManualClock
from ledger.services.home.home_lock import unused
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.upgrade import upgrade
from ledger.services.node.node import Node
from tests.e2e.cli.processes import environment, forked, get
from tests.forks import Lading

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def away(founded: Path, tmp_path: Path) -> Settings:
    """A home on a network whose node does not answer: it has no chain of its own whose lock would show its use."""
    shutil.copytree(founded, tmp_path / "home")
    (tmp_path / "home" / "chain.db").unlink()
    return read_settings({"LADING_CHAIN": NOBODY}, home=tmp_path / "home")


def clock_of(settings: Settings) -> ManualClock:
    return ManualClock(int((settings.home / "now").read_text()))


def test_an_upgrade_is_refused_while_a_service_on_a_network_runs_and_done_once_it_was_killed(
    away: Settings, tmp_path: Path
) -> None:
    said = tmp_path / "said"

    def upgraded() -> int:
        said.unlink(missing_ok=True)
        return Lading(["upgrade"], environment(away.home, LADING_CHAIN=NOBODY), said).wait()

    with forked(away.home, tmp_path / "log", LADING_CHAIN=NOBODY) as (url, process):
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            try:
                get(url + "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        assert upgraded() == 2
        assert "in use by another process" in said.read_text()
        assert "Traceback" not in said.read_text()
        process.kill()
        process.wait()
    assert upgraded() == 0, said.read_text()


def test_services_on_a_network_may_share_a_home_and_the_last_one_frees_it(away: Settings) -> None:
    with closing(Node(away, clock_of(away))):
        with closing(Node(away, clock_of(away))), pytest.raises(Misconfigured, match="in use"):
            upgrade(away)
        with pytest.raises(Misconfigured, match="in use"):
            upgrade(away)
    assert upgrade(away).size > 0


def test_no_service_starts_while_a_home_is_upgraded(away: Settings) -> None:
    with unused(away.home):
        with pytest.raises(Misconfigured, match="being upgraded"):
            Node(away, clock_of(away))
        with pytest.raises(Misconfigured, match="in use"):
            upgrade(away)
    Node(away, clock_of(away)).close()


def test_a_service_that_does_not_open_leaves_the_home_free(away: Settings) -> None:
    (away.home / "ledger.db").rename(away.home / "aside.db")
    with pytest.raises(StorageFailed, match="gone"):
        Node(away, clock_of(away))
    (away.home / "aside.db").rename(away.home / "ledger.db")
    assert upgrade(away).size > 0
