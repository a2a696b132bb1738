"""The guide of the network, run as it stands there: a network by hand, and a consortium founded on it."""

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.cli.processes import LADING, ROOT, environment
from tests.e2e.cli.test_guides import BLOCK, run
from tests.ports import first_free_port

pytestmark = pytest.mark.network
GUIDE = ROOT / "docs" / "guides" / "network.md"
FOUND = """
lading keys new member --demo
lading found --council $(lading keys show member | cut -d " " -f 1) --threshold 1 --delay 0
"""


def test_the_network_by_hand_carries_a_consortium(tmp_path: Path) -> None:
    blocks = [match["code"] for match in BLOCK.finditer(GUIDE.read_text(encoding="utf-8"))]
    up, down = (block for block in blocks if "$root/var/validators" in block)
    port = first_free_port(4)
    script = (up + FOUND + down).replace("--validators 4", f"--validators 4 --port {port}").replace("8545", str(port))
    program = tmp_path / "bin" / "lading"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(LADING)} "$@"\n')
    program.chmod(0o700)
    env = environment(
        tmp_path, root=str(tmp_path), PATH=f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    if named := os.environ.get("LADING_NETWORK_PROGRAM"):
        env["LADING_NETWORK_PROGRAM"] = named
    out, _ = run(script, tmp_path, env)
    assert "4 running, blocks are made" in out
    assert out.count(" well") == 4
    assert "registry" in out
    assert out.splitlines()[-1] == "4 stopped"
