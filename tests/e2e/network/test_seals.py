"""Bundles with what the four validators sealed: proved, and refused with any of it altered."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.steps import PROVED
from ledger.bundle.verify import verify_bundle
from ledger.cli.main import app
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from tests.e2e.network.conftest import NetworkStage, Running
from tests.e2e.stage import CARRIER, MAKER, SHOP

pytestmark = pytest.mark.network
ALTERED = 300
"""Characters, each in a copy of its own."""


def lading(*arguments: str) -> str:
    """What a command that ends well prints."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def proved(
    consortium: NetworkStage, running: Running, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Trust]:
    """A delivered shipment's bundle, exported by the commands as the guide has them, and whom it is trusted by."""
    folder = tmp_path_factory.mktemp("seals")
    shipment = consortium.open()
    consortium.hand(MAKER, CARRIER, (shipment, 0, 10))
    consortium.hand(CARRIER, SHOP, (shipment, 1, 10))
    consortium.node.settle()
    validators, trust, bundle = (str(folder / name) for name in ("validators.json", "trust.json", "bundle.json"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LADING_HOME", str(consortium.node.home.settings.home))
        patch.setenv("LADING_CHAIN", running.url)
        patch.setenv("LADING_COMETBFT", running.network.validators[0].comet)
        assert "4 validators" in lading("validators", "propose", "--out", validators)
        lading("validators", "adopt", validators)
        lading("trust", "--out", trust)
        lading("export", "--shipment", to_hex(shipment), "--out", bundle)
        told = json.loads(lading("verify", bundle, "--trust", trust, "--json"))
    assert told["ok"]
    return json.loads(Path(bundle).read_bytes()), parse_trust(Path(trust).read_bytes())


def test_outcomes_anchors_and_state_are_proved(proved: tuple[dict[str, Any], Trust]) -> None:
    bundle, trust = proved
    steps = {step.name: step for step in verify_bundle(canonical_json(bundle), trust)}
    assert {name for name, step in steps.items() if step.ok} == set(steps)
    assert {steps[name].basis for name in ("seals", "outcomes", "anchors", "state")} == {PROVED}
    assert "all of which are here; nothing moved the shipment that is not here" in steps["state"].why


def test_no_character_of_the_seals_may_be_another(proved: tuple[dict[str, Any], Trust]) -> None:
    bundle, trust = proved
    chance, text = random.Random(1), json.dumps(bundle["seals"])
    places = [place for place, character in enumerate(text) if character in "0123456789abcdef"]
    for place in chance.sample(places, ALTERED):
        other = chance.choice([one for one in "0123456789abcdef" if one != text[place]])
        try:
            seals = json.loads(text[:place] + other + text[place + 1 :])
        except ValueError:
            continue  # no JSON any more
        steps = verify_bundle(canonical_json(bundle | {"seals": seals}), trust)
        assert not all(step.ok for step in steps), (place, text[place - 40 : place + 40], other)
