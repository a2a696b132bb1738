"""What another user of the machine, such as a web server, sees of a home: the log, and nothing else."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli.processes import ROOT, served, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts a process of another user")
STRANGER = 65534
UNIT = ROOT / "packaging" / "systemd" / "lading.service"


def as_stranger(*command: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, user=STRANGER, group=STRANGER, extra_groups=[], capture_output=True, check=False)


@pytest.fixture(scope="module")
def home(founded: Path) -> Iterator[Path]:
    """A home that was served, in a folder that the unit's mode lets others pass."""
    folder = Path(tempfile.mkdtemp(prefix="lading-users-"))  # pytest's own folder lets nobody pass
    folder.chmod(0o711)
    made = folder / "home"
    try:
        shutil.copytree(founded, made, ignore=shutil.ignore_patterns("now"))
        (mode,) = re.findall(r"^StateDirectoryMode=(\d+)$", UNIT.read_text(), re.MULTILINE)
        made.chmod(int(mode, 8))
        with served(made) as (url, process):
            wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
            process.terminate()
            process.wait(timeout=30)
        yield made
    finally:
        shutil.rmtree(folder)


def test_another_user_reads_every_file_of_the_log(home: Path) -> None:
    shown = [path for path in (home / "log").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {path.relative_to(home / "log").parts[0] for path in shown} == {"checkpoint", "cose-heads", "tile"}
    for path in shown:
        assert as_stranger("cat", str(path)).stdout == path.read_bytes(), path
    assert as_stranger("ls", str(home / "log" / "tile")).returncode == 0


def test_another_user_reads_nothing_else_and_writes_nowhere(home: Path) -> None:
    kept = [path for path in home.rglob("*") if path.is_file() and "log" not in path.relative_to(home).parts]
    assert {"ledger.db", "chain.db", "relayer.json", "log.pem", "session.key"} <= {path.name for path in kept}
    for path in kept:
        assert as_stranger("cat", str(path)).returncode != 0, path
    for folder in (home, home / "keys"):
        assert as_stranger("ls", str(folder)).returncode != 0, folder
    for folder in (home, home / "log", home / "log" / "tile"):
        assert as_stranger("touch", str(folder / "x")).returncode != 0, folder
