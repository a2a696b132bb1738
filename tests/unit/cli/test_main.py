"""The command line: light where no node is needed, grouped, and clear about what the base package lacks."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.main import COMMANDS, PANELS, app, loaded
from ledger.codes import RegistryAction
from ledger.registry.changes import change

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {
    "alembic", "eth", "eth_abi", "eth_account", "eth_keyfile", "eth_keys", "eth_tester", "eth_utils", "fastapi",
    "jinja2", "prometheus_client", "psycopg", "sqlalchemy", "starlette", "uvicorn", "web3",
}  # fmt: skip
OURS_HEAVY = ("ledger.store", "ledger.chain", "ledger.api", "ledger.services.node", "ledger.services.state")
PROBE = """
import json, sys
from ledger.cli.main import main
sys.argv = ["lading", *sys.argv[1:]]
try:
    main()
    status = 0
except SystemExit as ending:
    status = ending.code or 0
print(json.dumps({"status": status, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def run(*arguments: str, home: Path) -> Any:
    """Exit status and imported modules of a `lading` in a process of its own."""
    environment = {"PYTHONPATH": str(ROOT), "LADING_HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stderr.splitlines()[-1])


ORDERS = """order_id,order_status,order_estimated_delivery_date,order_delivered_customer_date
a1,delivered,2017-10-18 00:00:00,2017-10-10 21:25:13
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a key, a council's change and its signed form."""
    home = tmp_path_factory.mktemp("desk")
    message = change(1, RegistryAction.SUSPEND, partner=7).to_json()
    (home / "change.json").write_text(json.dumps({"type": "RegistryChange", "message": message, "signatures": []}))
    return home


def commands(desk: Path) -> list[tuple[int, list[str]]]:
    """Exit status and words of what a thin client does, in order."""
    unsigned, signed = str(desk / "change.json"), str(desk / "signed.json")
    (desk / "orders.csv").write_text(ORDERS)
    bundle = str(ROOT / "docs" / "vectors" / "bundles" / "shipment.json")
    return [
        (0, ["--help"]),
        (0, ["sign", "--help"]),
        (0, ["submit", "--help"]),
        (0, ["keys", "--help"]),
        (0, ["verify", "--help"]),
        (0, ["partners", "--help"]),
        (0, ["keys", "new", "member", "--demo"]),
        (0, ["keys", "show", "member", "--json"]),
        (0, ["sign", "member", unsigned, "--yes", "--out", signed, "--consortium", "0x" + "07" * 32]),
        (1, ["submit", signed, "--url", "http://127.0.0.1:9"]),
        (1, ["partners", "--url", "http://127.0.0.1:9"]),
        (0, ["verify", bundle]),
        (0, ["import", str(desk / "orders.csv"), "--map", "olist-orders"]),
        (2, ["no-such-command"]),
    ]


def test_what_signs_submits_and_verifies_imports_no_node(desk: Path) -> None:
    for status, words in commands(desk):
        found = run(*words, home=desk)
        assert found["status"] == status, words
        tops = {module.partition(".")[0] for module in found["modules"]}
        assert not tops & HEAVY, (words, tops & HEAVY)
        ours = [module for module in found["modules"] if module.startswith(OURS_HEAVY)]
        assert not ours, (words, ours)


def test_the_list_says_what_each_command_says_of_itself() -> None:
    for name, entry in COMMANDS.items():
        first = " ".join(loaded(name).help.split("\n\n")[0].split())
        assert first.startswith(entry.help), name


@pytest.mark.parametrize("words", [["replay"], ["contracts", "replace"]], ids=" ".join)
def test_paragraphs_of_help_end_where_the_terminal_does(words: list[str]) -> None:
    """Not where lines of the source ended: in a wide one each is a line."""
    wide = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "2000", "TERMINAL_WIDTH": "2000"}).stdout
    help_text = wide.partition("Usage")[2].partition("╭")[0]
    lines = [line.strip() for line in help_text.splitlines()[1:] if line.strip()]
    assert len(lines) > 1, "a paragraph and one more"
    assert all(line.endswith(".") for line in lines), lines


def test_the_list_is_grouped_and_names_each_command_once() -> None:
    assert list(PANELS) == ["Sign", "Shipments", "Numbers", "Verify", "Run"]
    assert len(COMMANDS) == sum(map(len, PANELS.values()))
    shown = CliRunner().invoke(app, ["--help"]).stdout
    places = [shown.index(f" {title} ─") for title in PANELS]
    assert places == sorted(places)
    assert all(f" {name} " in shown for name in COMMANDS)


def test_one_sign_and_one_submit() -> None:
    names = [f"{name} {sub}" for name in COMMANDS for sub in getattr(loaded(name), "commands", ())]
    assert [name for name in names if name.split()[1] in ("sign", "submit")] == []


def test_it_says_its_version() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    answer = CliRunner().invoke(app, ["--version"])
    assert (answer.exit_code, answer.output) == (0, f"lading {declared}\n")
