"""`pip install lading` alone signs, submits and verifies: the wheel in an environment that holds the base's lock."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.common.canonical import canonical_json
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.cli.processes import LADING, ROOT, environment, forked, wait_for
from tests.e2e.stage import MAKER, SHOP, Stage
from tests.once import made_once
from tests.unit.test_architecture import PURE, module_name, our_files, package_of

PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
NODE = {"web3", "eth_tester", "eth", "sqlalchemy", "alembic", "psycopg", "fastapi", "uvicorn", "jinja2", "numpy"}
OF_NODES = {"ledger.columns", "ledger.formats"}
"""Pure, of libraries that only nodes have: nothing in the base imports them."""
Lading = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (built,) = (made_once(tmp_path_factory, "wheel", build) / "dist").iterdir()
    return built


def build(folder: Path) -> None:
    """The wheel, from a copy, so that nothing is left in the sources."""
    shutil.copytree(ROOT / "ledger", folder / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist", "."]
    subprocess.run([*PIP, "wheel", *options], cwd=folder, check=True, timeout=120)


@pytest.fixture(scope="session")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that nobody changes."""
    return made_once(tmp_path_factory, "base", partial(install, wheel)) / "venv" / "bin"


def install(wheel: Path, above: Path) -> None:
    """A fresh environment: the wheel, and what requirements/base.txt names as it is installed here."""
    folder = above / "venv"
    venv.create(folder, symlinks=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    for line in (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8").splitlines():
        name, pinned, _ = line.partition("==")
        if pinned and not any(f"sys_platform == '{other}'" in line for other in ("win32", "emscripten")):
            copy_distribution(name, site)
    python = ["--python", str(folder / "bin" / "python")]
    options = ["--no-deps", "--no-index", "--no-compile"]  # of nine hundred modules few are imported
    subprocess.run([*PIP, *python, "install", *options, str(wheel)], check=True, timeout=120)
    # The wheel's own requirements, and those of what it requires, are all there.
    checked = subprocess.run([*PIP, *python, "check"], capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def lading(base: Path, tmp_path: Path) -> Lading:
    """The base's `lading`, on a desk with its own home."""
    desk = tmp_path / "desk"
    desk.mkdir()

    def run(*arguments: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LADING_", "PYTHON"))}
        done = subprocess.run(
            [str(base / "lading"), *arguments],
            cwd=desk,
            env=kept | {"LADING_HOME": str(desk)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def copy_distribution(name: str, site: Path) -> None:
    found = importlib.metadata.distribution(name)
    for file in found.files or ():
        if ".." not in file.parts and file.suffix != ".pyc":
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path(str(file.locate())), target)


def test_the_wheel_holds_ledger_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        tops = {name.partition("/")[0] for name in content.namelist()}
        (entry_points,) = (name for name in content.namelist() if name.endswith("/entry_points.txt"))
        commands = content.read(entry_points).decode().split()
    assert tops == {"ledger", f"lading-{importlib.metadata.version('lading')}.dist-info"}
    assert commands == ["[console_scripts]", "lading", "=", "ledger.cli.main:main"]


def test_the_base_holds_no_library_of_the_node(base: Path) -> None:
    probe = f"import importlib.util as u; print([n for n in {sorted(NODE)} if u.find_spec(n)])"
    shown = subprocess.run([str(base / "python"), "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.strip() == "[]"


def test_every_pure_module_works_in_the_base(base: Path, tmp_path: Path) -> None:
    pure = [
        module_name(path)
        for path in our_files()
        if (package_of(module_name(path)) or "") in {*PURE, "ledger.client"} - OF_NODES
        and not path.name.startswith("_")
    ]
    assert len(pure) > 80
    probe = f"import importlib; [importlib.import_module(name) for name in {pure}]"
    subprocess.run([str(base / "python"), "-c", probe], cwd=tmp_path, env={}, timeout=60, check=True)


def test_the_base_signs_submits_and_verifies(lading: Lading, stage: Stage, tmp_path: Path) -> None:
    desk, home = tmp_path / "desk", Path(stage.node.home.settings.home)
    for partner in (MAKER, SHOP):
        write_keystore(desk / "keys" / f"{partner}.json", stage.parties[partner].key, DEMO_PASSPHRASE, demo=True)
    (desk / "trust.json").write_bytes(canonical_json(stage.trial.node.home.consortium.trust_file()))
    stage.trial.node.close()
    now = int(time.time())
    promised = datetime.fromtimestamp(now + 86400, timezone(timedelta(hours=8)))
    commercial: dict[str, Any] = {"orderRef": "PO-1", "value": "100", "currency": "EUR"}
    commercial |= {"promisedAt": promised.isoformat(), "liable": MAKER, "beneficiary": SHOP}
    terms = {
        "consignor": MAKER,
        "consignee": SHOP,
        "holder": MAKER,
        "purpose": "original",
        "packages": 1,
        "mode": "road",
    }
    terms |= {"submitBy": now + 86400, "commercial": commercial}
    (desk / "terms.json").write_text(json.dumps({"type": "ShipmentTerms", "message": terms}), encoding="utf-8-sig")

    told = lading("sign", str(MAKER), "terms.json", "--yes", "--out", "signed.json").stderr
    assert "PO-1" in told
    with forked(home, tmp_path / "log") as (url, _):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        assert f"partner {SHOP}".lower() in lading("partners", "--url", url).stdout.lower()
        answer = json.loads(lading("submit", "signed.json", "--url", url, "--json").stdout)["records"][0]
        assert answer["status"] == "accepted"
        wait_for(f"{url}/v1/records/{answer['id']}", lambda record: record["chain"]["status"] == "recorded")
        export = ["export", "--shipment", answer["id"], "--out", str(desk / "bundle.json")]
        subprocess.run([*LADING, *export], env=environment(home), check=True, capture_output=True, timeout=60)

    steps = json.loads(lading("verify", "bundle.json", "--json").stdout)
    assert steps["ok"] is True
    bundle = json.loads((desk / "bundle.json").read_bytes())
    bundle["records"][-1]["logTime"] = 1
    (desk / "bundle.json").write_text(json.dumps(bundle))
    assert "NO " in lading("verify", "bundle.json", status=1).stdout


@pytest.mark.parametrize(
    "words", [["serve"], ["audit", "--json"], ["demo"], ["trust"], ["report", "--help"], ["partners"], ["submit", "x"]]
)
def test_what_needs_the_node_says_so_in_a_line(lading: Lading, tmp_path: Path, words: list[str]) -> None:
    if words == ["submit", "x"]:
        vector = json.loads((ROOT / "docs" / "vectors" / "bundles" / "shipment.json").read_bytes())["records"][0]
        record = {"type": vector["type"], "message": vector["message"], "signatures": vector["signatures"]}
        (tmp_path / "desk" / "x").write_text(json.dumps(record))
    said = lading(*words, status=2)
    assert said.stdout == ""
    assert said.stderr.count("\n") == 1
    assert "pip install 'lading[node]'" in said.stderr
    assert ("--url" in said.stderr) is (words[0] in ("partners", "submit"))
