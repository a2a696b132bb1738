"""What `lading opening` prepares: just what the council has not decided yet, numbered on."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.bundle.format import Trust, parse_trust
from ledger.cli.main import app
from ledger.cli.sandbox import OPERATOR, Party, found_trial, open_for_business, open_trial
from ledger.codes import RegistryAction, Role
from ledger.errors import Misconfigured, RuleBroken
from ledger.log.leaf import parse_verifier_key
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.keystores import new_key
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.founding import outstanding_changes

START = 1_790_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"LADING_HOME": str(tmp_path / "home")})


def test_contracts_then_the_log_then_nothing(settings: Settings) -> None:
    clock = ManualClock(START)
    found_trial(settings, clock, delay=3600)

    first = outstanding_changes(settings, clock, None)
    assert [change.sequence for change in first] == [1, 2, 3, 4, 5]
    assert {change.action for change in first} == {RegistryAction.OPEN_CONTRACT}
    with pytest.raises(RuleBroken, match="no partner yet"):
        outstanding_changes(settings, clock, OPERATOR)

    trial = open_trial(settings, clock)
    try:
        trial.change(first[0])
        trial.node.settle()
        # Recorded is enough, though it is in force only after the delay; and a served home can be asked.
        assert outstanding_changes(settings, clock, None) == first[1:]

        for change in first[1:]:
            trial.change(change)
        operator = Party(OPERATOR, "Harbour Ledger", new_key())
        trial.admit([(operator, "", [RoleRequest(Role.OPERATOR)])])
        (log_change,) = outstanding_changes(settings, clock, OPERATOR)
        assert log_change.action == RegistryAction.REGISTER_LOG
        assert log_change.scope == trial.node.home.consortium.log.log_id
        assert log_change.key == trial.node.reader.keys.anchor.address

        trial.change(log_change)
        trial.node.settle()
        assert outstanding_changes(settings, clock, OPERATOR) == []
    finally:
        trial.node.close()


def test_a_home_without_a_consortium_is_named(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="no consortium here"):
        outstanding_changes(settings, ManualClock(START), None)


def test_witnesses_can_be_told_the_log_before_it_is_served(settings: Settings) -> None:
    environment = {"LADING_HOME": str(settings.home), "LADING_PASSPHRASE": "a long passphrase"}
    command = ["found", "--council", "0x" + "11" * 20, "--threshold", "1"]
    result = CliRunner().invoke(app, command, env=environment)
    assert result.exit_code == 0, result.output
    (told,) = (line for line in result.stdout.splitlines() if line.startswith("witnesses  know it as "))
    key = parse_verifier_key(told.removeprefix("witnesses  know it as "))
    assert key == read_consortium(settings.home).log


def trust_of(settings: Settings, file: Path) -> Trust:
    """What `lading trust` writes in this home."""
    result = CliRunner().invoke(app, ["trust", "--out", str(file)], env={"LADING_HOME": str(settings.home)})
    assert result.exit_code == 0, result.output
    return parse_trust(file.read_bytes())


def test_a_trust_file_has_a_partner_book_once_there_are_partners(settings: Settings, tmp_path: Path) -> None:
    clock, party = ManualClock(START), Party(1, "Maker", new_key())
    found_trial(settings, clock, delay=0)
    assert trust_of(settings, tmp_path / "trust.json").partners is None, "a home that was founded and never opened"
    trial = open_trial(settings, clock)
    try:
        open_for_business(trial, party)
        book = trust_of(settings, tmp_path / "trust.json").partners
        assert book is not None
        assert book.names == {1: "Maker"}
        assert book.owner(party.key.address) == book.entries[0]
        assert set(book.council) == trial.node.reader.registry.now().council().members
    finally:
        trial.node.close()
