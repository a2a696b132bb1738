"""The first steps of the README, run as they stand there: a demo, its service, and every command of every user."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```sh\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PATIENCE = 300
LADING = (sys.executable, "-m", "ledger.cli.main")


def steps(url: str) -> str:
    """All shell blocks of "First steps", for another port and another folder."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## First steps")[1].split("## Settings")[0]
    code = "\n".join(match["code"] for match in BLOCK.finditer(text))
    code = code.replace("export LADING_HOME=$PWD/var/demo PATH=$PWD/.venv/bin:$PATH\n", "")
    return code.replace("http://127.0.0.1:8000", url).replace(
        ".venv/bin/python docs/", f"{sys.executable} {ROOT}/docs/"
    )


@contextmanager
def served(environment: dict[str, str], url: str) -> Iterator[None]:
    with subprocess.Popen([*LADING, "serve"], cwd=ROOT, env=environment) as service:
        try:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 our own
                        break
                except OSError:
                    assert service.poll() is None, "the service ended"
                    assert time.monotonic() < until, "the service does not answer"
                    time.sleep(0.5)
            yield
        finally:
            service.terminate()


@pytest.mark.drill
@pytest.mark.skipif(shutil.which("curl") is None, reason="the steps use curl")
def test_every_step_works(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"LADING_HOME": str(tmp_path / "demo"), "LADING_PORT": str(port), "PATH": paths}
    subprocess.run([*LADING, "demo", "--no-serve", "--json"], cwd=ROOT, env=environment, check=True, timeout=PATIENCE)
    folder = tmp_path / "desk"
    folder.mkdir()
    with served(environment, url):
        script = ["bash", "-euxo", "pipefail", "-c", steps(url)]
        done = subprocess.run(
            script, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE * 2, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "ok: the ledger is as it was signed, published and recorded" in done.stdout
    assert done.stdout.count("201 ") == 5
    assert "NO " not in done.stdout
    assert (folder / "report.html").stat().st_size > 1000
