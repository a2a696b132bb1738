"""compose.yaml as a project that can be run, in namespaces instead of containers."""

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from tests.e2e.cli.processes import ROOT
from tests.e2e.cli.test_guides import BLOCK

GUIDE = ROOT / "docs" / "packaging.md"
ASK = (
    "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=10); "
    "c.request('GET', sys.argv[1]); print(c.getresponse().read().decode())"
)


def may_make_containers() -> bool:
    """Whether this process may make namespaces, mounts and bridges, and every user may read what containers are of."""
    if shutil.which("ip") is None or shutil.which("setpriv") is None or sys.version_info >= (3, 13):
        return False
    shown = [ROOT, ROOT / "ledger" / "__init__.py", Path(sysconfig.get_path("purelib"), "psycopg")]
    if not all(path.stat().st_mode & stat.S_IROTH for path in shown):
        return False  # a container's user would not see them either
    tried = ["unshare", "--mount", "--net", "sh", "-c", "mount -t tmpfs tmpfs /opt && ip link add b0 type bridge"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


class Compose:
    """The project in a folder that looks like a clone."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` are in the environment of what is run, beside those that compose.yaml asks for."""
        self.folder, self.state = folder, folder / "engine"
        shutil.copytree(ROOT / "packaging", folder / "packaging", ignore=shutil.ignore_patterns("secrets", "office"))
        docker = folder / "bin" / "docker"
        docker.parent.mkdir()
        docker.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.e2e.network.engine "$@"\n')
        docker.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
        self.env = kept | {
            "PATH": f"{docker.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ENGINE_STATE": str(self.state),
            "LADING_ORIGIN": "ledger.example.org/log",
            "LADING_PUBLIC_URL": "https://ledger.example.org",
            **settings,
        }

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = ["docker", "compose", "--file", "packaging/compose.yaml", *words]
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)

    def inside(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return self("exec", "-T", service, *words)

    def get(self, service: str, path: str) -> str:
        answer = self.inside(service, "python", "-c", ASK, path)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def ask(self, service: str, path: str) -> Any:
        return json.loads(self.get(service, path))

    def check_confined(self, service: str) -> None:
        """Its process is nobody in particular, may gain nothing, and writes its volumes alone."""
        pid = (self.state / "containers" / f"{service}.pid").read_text()
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        user = "999" if service == "postgres" else "10001"
        assert status["Uid"].split() == status["Gid"].split() == [user] * 4
        assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"] == "1"
        mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
        modes = {words[4]: words[5].split(",")[0] for words in mounts}
        assert {modes[place] for place in ("/", "/opt", "/var/lib", "/run")} == {"ro"}
        written = self.inside(service, "sh", "-c", 'touch "$(mktemp)" && touch /etc/x 2>&1')
        assert b"Read-only file system" in written.stdout.encode()


def script(blocks: int | None = None) -> str:
    """What the guide says of a network in containers; the first `blocks` of it."""
    section = GUIDE.read_text(encoding="utf-8").split("## A network in containers")[1].split("\n## ")[0]
    return "\n".join([match["code"] for match in BLOCK.finditer(section)][:blocks])
