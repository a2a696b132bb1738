"""`lading network`: founding, starting, watching and stopping validators, with a program that stands in for theirs."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.errors import LadingError, MalformedRecord, Misconfigured, Unavailable
from ledger.services.validators import health
from tests.ports import first_free_port

STAND_IN = Path(__file__).with_name("lading_node.py")
RELAYER = "0x" + "11" * 20


class Command:
    """`lading network …` on one folder, and what it leaves running."""

    def __init__(self, tmp_path: Path) -> None:
        tmp_path.mkdir(exist_ok=True)
        self.folder = tmp_path / "net"
        program = tmp_path / "lading-node"
        program.write_text(f"#!{sys.executable}\n" + STAND_IN.read_text())
        program.chmod(0o700)
        self.env = {"LADING_NETWORK_PROGRAM": str(program), "LADING_HOME": str(tmp_path / "home")}

    def __call__(self, name: str, *options: str, status: int = 0) -> dict[str, Any]:
        result = CliRunner().invoke(app, ["network", name, str(self.folder), "--json", *options], env=self.env)
        assert result.exit_code == status, (result.output, result.exception)
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def refused(self, name: str, *options: str) -> LadingError:
        result = CliRunner().invoke(app, ["network", name, str(self.folder), *options], env=self.env)
        assert isinstance(result.exception, LadingError), result.output
        return result.exception

    def init(self, validators: int = 2) -> dict[str, Any]:
        port = str(first_free_port(validators))
        return self("init", "--validators", str(validators), "--creator", RELAYER, "--port", port)

    def pid(self, name: str) -> int:
        return int((self.folder / name / "node.pid").read_text())


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    running = Command(tmp_path)
    yield running
    for file in running.folder.glob("*/node.pid"):
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_network_goes_up_is_well_and_goes_down(command: Command) -> None:
    founded = command.init()
    up = command("up")
    assert up["started"] == ["validator-1", "validator-2"]
    assert up["height"] > 0
    assert up["jsonRpc"] == founded["jsonRpc"]
    told = command("status")
    assert (told["healthy"], [each["faults"] for each in told["validators"]]) == (True, [[], []])
    assert command("up")["started"] == []
    assert command("down") == {"stopped": ["validator-1", "validator-2"]}
    assert command("down") == {"stopped": []}
    assert list(command.folder.glob("*/node.pid")) == []


def test_the_program_gets_none_of_our_environment(command: Command) -> None:
    command.env["LADING_PASSPHRASE"] = "a secret"
    command.init(1)
    command("up")
    assert b"secret" not in Path(f"/proc/{command.pid('validator-1')}/environ").read_bytes()
    command("down")


def test_status_says_which_one_is_missing_and_fails(command: Command) -> None:
    command.init()
    command("up")
    os.kill(command.pid("validator-2"), signal.SIGKILL)
    os.waitpid(command.pid("validator-2"), 0)
    told = command("status", status=1)
    assert [each["faults"] for each in told["validators"]] == [[], ["not running"]]
    assert [each["up"] for each in told["validators"]] == [True, False]
    assert command("up")["started"] == ["validator-2"]
    command("down")


def test_status_of_what_was_never_started(command: Command) -> None:
    command.init()
    told = command("status", status=1)
    assert (told["healthy"], told["height"]) == (False, 0)


def test_a_validator_that_ends_at_once_is_named_with_its_last_words(command: Command) -> None:
    command.init()
    (command.folder / "validator-2" / "mood").write_text("quit")
    error = command.refused("up")
    assert isinstance(error, Unavailable)
    assert (error.where, error.found) == ("validator-2", "the genesis is another network's")
    command("down")


def test_waiting_for_blocks_has_an_end(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.init()
    (command.folder / "validator-1" / "mood").write_text("mute")
    monkeypatch.setattr(health, "START_SECONDS", 2)
    error = command.refused("up")
    assert isinstance(error, Unavailable)
    assert "validator-1" in error.where
    command("down")


def test_another_process_with_the_same_number_is_left_alone(command: Command) -> None:
    """As after a restart of the machine: the number in the file is somebody else's now."""
    command.init(1)
    file = command.folder / "validator-1" / "node.pid"
    file.write_text(str(os.getpid()))
    assert command("status", status=1)["validators"][0]["up"] is False
    assert command("down") == {"stopped": []}
    assert not file.exists()


def test_a_port_in_use_starts_nothing(command: Command) -> None:
    founded = command.init()
    with socket.create_server(("127.0.0.1", founded["validators"][1]["ports"]["peer"])):
        error = command.refused("up")
    assert isinstance(error, Misconfigured)
    assert "another program listens there" in str(error)
    assert list(command.folder.glob("*/node.pid")) == []


def test_without_the_program_it_says_how_to_build_it(command: Command, tmp_path: Path) -> None:
    command.init()
    command.env["LADING_NETWORK_PROGRAM"] = str(tmp_path / "nothing")
    error = command.refused("up")
    assert isinstance(error, Misconfigured)
    assert "make network-node" in error.mend


@pytest.mark.parametrize(
    ("options", "kind", "where"),
    [
        ((), Misconfigured, "--validators or --member"),
        (("--validators", "4"), Misconfigured, "--creator"),
        (("--validators", "4", "--creator", "0x12"), MalformedRecord, "--creator"),
        (("--validators", "0", "--anybody"), Misconfigured, "--validators"),
        (("--validators", "4", "--anybody", "--creator", RELAYER), Misconfigured, "--anybody"),
        (("--member", "none.json", "--anybody"), Misconfigured, "--genesis-time"),
    ],
)
def test_what_init_refuses(command: Command, options: tuple[str, ...], kind: type[LadingError], where: str) -> None:
    error = command.refused("init", *options)
    assert (type(error), error.where) == (kind, where)
    assert not command.folder.exists()


def test_a_ceremony_of_two_members_gives_one_genesis(tmp_path: Path) -> None:
    homes = [Command(tmp_path / name) for name in ("one", "two")]
    for home, name in zip(homes, ("harbour", "carrier"), strict=True):
        home("member", "--name", name, "--address", f"{name}.example:26656")
    files = [str(home.folder / f"{name}.json") for home, name in zip(homes, ("harbour", "carrier"), strict=True)]
    options = ["--member", files[0], "--member", files[1], "--creator", RELAYER, "--genesis-time", "1800000000"]
    networks = [home("init", *options) for home in homes]
    assert networks[0]["genesis"] == networks[1]["genesis"]
    assert [[each["name"] for each in network["validators"]] for network in networks] == [["harbour"], ["carrier"]]


def test_how_lanes_perform_is_still_asked_without_a_name(tmp_path: Path) -> None:
    """`lading network --by lane`, as guides and scripts have it, and its longer form."""
    env = {"LADING_HOME": str(tmp_path)}
    for words in (["network", "--by", "lane"], ["network", "show", "--by", "lane"], ["network"]):
        result = CliRunner().invoke(app, words, env=env)
        assert isinstance(result.exception, Misconfigured)
        assert "no consortium here" in str(result.exception)
