"""README and guides, run as they stand there: a demo, its service, and every command of every guide in their order."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.cli.processes import LADING, ROOT, environment, free_port, served, wait_for

BLOCK = re.compile(r"^```sh\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
NETWORK = "docs/guides/network.md"
"""Not about the demo: what it tells people to type is run by the tests of the network."""
TABLES = ("docs/guides/systems.md", "docs/guides/governing.md")
"""Tables of further guides: what these tell people to type is run by the tests of their subjects."""
GUIDE = re.compile(r"^\| \[[^\]]+\]\((docs/guides/[a-z-]+\.md)\) \|", re.MULTILINE)
LINK = re.compile(r"^\| \[[^\]]+\]\(([a-z0-9-]+\.md)\) \|", re.MULTILINE)
VARYING = re.compile(r"0x[0-9a-f]+…?")
PATIENCE = 600


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def steps() -> Iterator[str]:
    """All shell blocks of the README's part about guides, and of the guides in the order of its table."""
    part = readme().split("## Guides")[1].split("\n## ")[0]
    for text in (part, *((ROOT / guide).read_text(encoding="utf-8") for guide in GUIDE.findall(part))):
        yield from (match["code"] for match in BLOCK.finditer(text))


def run(script: str, folder: Path, env: dict[str, str], patience: int = PATIENCE) -> tuple[str, str]:
    """What a shell prints and says that runs `script` there; ends what it left running. Fails unless it ends with 0
    within `patience` seconds.
    """
    out, err = folder / "out", folder / "err"
    with out.open("w") as told, err.open("w") as said:
        shell = subprocess.Popen(
            ["bash", "-euxo", "pipefail", "-c", script],
            cwd=folder,
            env=env,
            stdout=told,
            stderr=said,
            start_new_session=True,
        )
        try:
            status = shell.wait(patience)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    assert status == 0, err.read_text()[-3000:]
    return out.read_text(), err.read_text()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like this one, where what the guides write harms nothing; `told` is what the demo printed."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("docs", "ledger"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    home = folder / "var" / "demo"
    demo = subprocess.run(
        [*LADING, "demo", "--no-serve"],
        env=environment(home, COLUMNS="200"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout[-3000:]
    (folder / "told").write_text(demo.stdout)
    return folder


def test_the_demo_prints_what_the_readme_shows(clone: Path) -> None:
    told = {VARYING.sub("0x", line).rstrip() for line in (clone / "told").read_text().splitlines()}
    shown = readme().split("## What it prints")[1].split("```text\n")[1].split("```")[0].splitlines()
    assert len(shown) > 15
    assert [line for line in shown if line != "…" and VARYING.sub("0x", line) not in told] == []


@pytest.mark.drill
@pytest.mark.skipif(shutil.which("curl") is None, reason="the guides use curl")
def test_every_command_of_every_guide_works_in_order(clone: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    shutil.rmtree(clone / "var" / "demo")
    with served(clone / "var" / "demo", "demo") as (url, _):  # with its witnesses, which a bundle is held to
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok", PATIENCE)
        script = "\n".join(steps()).replace("http://127.0.0.1:8000", url).replace("8100", str(free_port()))
        told, _ = run(script, clone, kept | {"PYTHONPATH": str(ROOT)})
    assert told.count("ok: the ledger is as it was signed, published and recorded") == 6
    assert told.count("ok: what came after") == 1
    assert len(re.findall(r"^201 ", told, re.MULTILINE)) == 5
    assert "NO " not in told
    assert "proposed" in told
    assert (clone / "var" / "desk" / "report.html").stat().st_size > 1000


def test_the_guides_are_those_of_the_table() -> None:
    further = [name for table in TABLES for name in LINK.findall((ROOT / table).read_text(encoding="utf-8"))]
    listed = [*GUIDE.findall(readme()), NETWORK, *(f"docs/guides/{name}" for name in further)]
    assert NETWORK in readme()
    assert sorted(listed) == sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "guides").iterdir())
    assert len(listed) == len(set(listed)) >= 15
