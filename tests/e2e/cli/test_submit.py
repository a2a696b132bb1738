"""`lading submit` at a home: whoever waits for the chain sees that it is waited for, and for how many records."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ledger.cli import output
from ledger.cli.main import app
from ledger.codes import StatementKind
from ledger.common.canonical import canonical_json
from ledger.errors import ChainUnavailable, Unavailable
from ledger.services.node.node import Node
from tests.e2e.stage import CARRIER, MAKER, SHOP, staged


@pytest.fixture
def submitted(founded: Path, tmp_path: Path) -> list[str]:
    """The words that hand in a statement, at a home that nobody serves."""
    file = tmp_path / "statement.json"
    with staged(founded, tmp_path / "home") as stage:
        goods = stage.open(10)
        # Without a deadline, which by the clock of the command would be over.
        stage.hand(MAKER, CARRIER, (goods, 0, 10))
        said = stage.statement(StatementKind.TENDER, CARRIER, goods, 1, SHOP)
        signed = stage.trial.signed(said, *stage.keys([CARRIER]))
        file.write_bytes(canonical_json(signed.to_json()))
    return ["submit", str(file)]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal shows of standard error, of a home in the environment."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    shown = io.StringIO()
    monkeypatch.setattr(output, "err", Console(file=shown, force_terminal=True, width=100))
    return shown


def away(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The chain cannot be asked so many times, and then again."""
    tick, left = Node.tick, [times]

    def unless_away(self: Node, *, anchor: bool = True) -> bool:
        if left[0] > 0:
            left[0] -= 1
            raise ChainUnavailable("no node answers")
        return tick(self, anchor=anchor)

    monkeypatch.setattr(Node, "tick", unless_away)


def test_it_shows_how_many_wait_until_none_does(
    submitted: list[str], terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(monkeypatch, 4)
    done = CliRunner().invoke(app, [*submitted, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    (answer,) = json.loads(done.stdout)["records"]
    assert answer["status"] == "accepted"
    assert "waiting for the chain" in terminal.getvalue()
    assert "1/?" in terminal.getvalue()


def test_it_gives_up_with_the_number_that_is_pending(
    submitted: list[str], terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(monkeypatch, 100)
    done = CliRunner().invoke(app, [*submitted, "--wait", "1"])
    assert done.exit_code == 1
    assert isinstance(done.exception, Unavailable)
    assert "1 records are still pending after 1 s" in str(done.exception)
    assert "waiting for the chain" in terminal.getvalue()


def test_where_nobody_looks_nothing_is_drawn(
    submitted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    away(monkeypatch, 2)
    done = CliRunner().invoke(app, submitted)
    assert (done.exit_code, done.stderr) == (0, "")
