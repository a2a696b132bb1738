"""What a home tells of its founding is held to the registry itself, and to the trust file that an auditor has."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.bundle.format import parse_trust
from ledger.cli.main import app
from ledger.cli.sandbox import OPERATOR, Party, Trial, open_for_business
from ledger.codes import RegistryAction
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import Misconfigured
from ledger.records.signing import SigningKey
from ledger.registry.changes import change
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.held_evidence import Held
from ledger.services.audit.run import audit
from ledger.services.home.chains import open_chain
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import found, read_consortium, write_network
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.node import Node
from scripts.vectors.paper_network import PaperNetwork
from tests.e2e.stage import DELAY, START, Stage, key_of

COUNCIL = sorted((key_of(f"council {i}") for i in range(3)), key=lambda key: key.address)
ROGUE = key_of("the operator's own")


@dataclass(frozen=True, slots=True)
class Founded:
    settings: Settings
    clock: ManualClock

    def tell(self, alter: Callable[[dict[str, Any]], None]) -> None:
        """Let consortium.json say something else."""
        path = self.settings.home / "consortium.json"
        data = json.loads(path.read_bytes())
        alter(data["deployment"])
        path.write_text(json.dumps(data, indent=1))

    def audited(self, trust: dict[str, Any] | None = None) -> AuditReport:
        held = Held(trust=parse_trust(canonical_json(trust))) if trust else Held()
        return audit(self.settings, held=held, patience=0)


def founding(home: Path, council: Sequence[SigningKey], threshold: int = 2, delay: int = DELAY) -> Founded:
    """A consortium founded with this council, whose contracts the council of three has opened."""
    settings, clock = read_settings({}, home=home), ManualClock(START)
    addresses = [key.address for key in council]
    found(
        settings,
        lambda: open_chain(settings, clock, begin=True),
        clock.now,
        council=addresses,
        threshold=threshold,
        delay=delay,
        demo=True,
    )
    node = Node(settings, clock)
    try:
        open_for_business(Trial(node, COUNCIL), Party(OPERATOR, "Operator", key_of("operator")))
        clock.advance(DELAY + 60)
        node.settle()
    finally:
        node.close()
    return Founded(settings, clock)


def fields(report: AuditReport) -> set[str]:
    return {finding.field for finding in report.findings}


def test_an_operator_that_adds_itself_to_the_council_at_the_founding_is_found(tmp_path: Path) -> None:
    """Though consortium.json names the council that was agreed, and the one more never signed anything."""
    rogue = founding(tmp_path, [*COUNCIL, ROGUE])
    assert rogue.audited().ok, "nothing is told otherwise than it is"
    rogue.tell(lambda said: said["council"].remove(to_hex(ROGUE.address)))
    report = rogue.audited()
    assert fields(report) == {"consortium.json: council"}
    assert report.findings[0].found == to_hex(ROGUE.address)


@pytest.mark.parametrize(
    ("field", "alter"),
    [
        ("council", lambda said: said["council"].pop()),
        ("council", lambda said: said["council"].append("0x" + "ff" * 20)),
        ("threshold", lambda said: said.update(threshold=1)),
        ("delay", lambda said: said.update(delay=0)),
        ("consortiumId", lambda said: said.update(consortiumId="0x" + "11" * 32)),
        ("registry", lambda said: said.update(registry=said["contracts"]["custody"])),
        ("contracts.custody", lambda said: said["contracts"].update(custody=said["contracts"]["anchor"])),
    ],
    ids=["fewer", "more", "threshold", "delay", "consortium", "registry", "contract"],
)
def test_consortium_json_tells_of_the_founding_as_it_was(
    tmp_path: Path, field: str, alter: Callable[[dict[str, Any]], None]
) -> None:
    honest = founding(tmp_path, COUNCIL)
    honest.tell(alter)
    assert f"consortium.json: {field}" in fields(honest.audited())


def test_a_trust_file_tells_whether_the_council_is_the_one_that_was_agreed(tmp_path: Path) -> None:
    """The operator that tells the truth about a founding of its own is found by who knows another."""
    rogue = founding(tmp_path / "rogue", [*COUNCIL, ROGUE])
    own = read_consortium(rogue.settings.home).trust_file()
    assert rogue.audited(own).ok
    genesis = own["genesis"]
    agreed = genesis | {"council": [one for one in genesis["council"] if one != to_hex(ROGUE.address)]}
    for name, trust in (
        ("council", own | {"genesis": agreed}),
        ("threshold", own | {"genesis": genesis | {"threshold": 3}}),
        ("delay", own | {"genesis": genesis | {"delay": DELAY + 1}}),
        ("registry", own | {"registry": "0x" + "22" * 20}),
        ("logs", own | {"logs": [own["logs"][0] | {"key": "0x" + "33" * 32}]}),
    ):
        assert fields(rogue.audited(trust)) == {f"trust file: {name}"}
    validators = own | {"cometbft": PaperNetwork().network.to_json()}
    assert fields(rogue.audited(validators)) == {"trust file: cometbft"}
    write_network(rogue.settings.home, PaperNetwork().network)
    assert rogue.audited(validators).ok


def test_the_command_takes_a_trust_file(tmp_path: Path) -> None:
    honest = founding(tmp_path / "home", COUNCIL)
    own = read_consortium(honest.settings.home).trust_file()
    other = own | {"genesis": own["genesis"] | {"threshold": 1}}
    for trust, status in ((own, 0), (other, 1)):
        (tmp_path / "trust.json").write_bytes(canonical_json(trust))
        arguments = ["audit", "--json", "--trust", str(tmp_path / "trust.json")]
        done = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(honest.settings.home)})
        assert done.exit_code == status, done.output
        assert [f["field"] for f in json.loads(done.stdout)["findings"]] == ["trust file: threshold"] * status


def test_the_council_may_change_after_the_founding(stage: Stage) -> None:
    """By recorded changes: members come and go, and the threshold with them."""
    new = key_of("a new member")
    stage.decide(RegistryAction.ADD_COUNCIL_MEMBER, key=new.address)
    stage.audited()
    stage.pass_time(DELAY + 60)
    stage.decide(RegistryAction.SET_THRESHOLD, number=3)
    stage.audited()
    stage.pass_time(DELAY + 60)
    removal = change(stage.trial.next_sequence(), RegistryAction.REMOVE_COUNCIL_MEMBER, key=new.address)
    stage.trial.sign_and_submit(removal, *stage.trial.council)
    stage.settle()
    stage.audited()


def test_a_deployment_without_its_bonus_pool_is_refused_in_words(tmp_path: Path) -> None:
    honest = founding(tmp_path, COUNCIL)
    honest.tell(lambda said: said["contracts"].pop("bonus"))
    with pytest.raises(Misconfigured, match="not a consortium file"):
        honest.audited()
