"""A world of its own, with what answers rest on: rate cards, gates, a market's rules, a tax that deviates from them.

And the bundles of its ledger.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.access.adopted_gates import GATES as GATES_FILES
from ledger.api.pages.plans.positions import positions
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import examined
from ledger.codes import ClearanceStatus, ExceptionBit, Regime, RegistryAction
from ledger.common.canonical import canonical_json
from ledger.common.periods import DAY
from ledger.records.types import TaxLine
from ledger.services.answers.verify import verify_answer
from ledger.services.exports.bundle import Exporter
from ledger.services.home import kept_rules
from tests.api.plans.conftest import attested
from tests.api.world import NEEDS_IMPORT, World, running_world
from tests.e2e.figures.test_access import GATES
from tests.e2e.markets.test_markets import FILE, STRICTER, adopt, duty
from tests.e2e.stage import AUDITOR, CARRIER, CN, MAKER, OCEAN, SECOND, SHOP

READERS = (AUDITOR, MAKER, SHOP, CARRIER)


@dataclass
class Asked:
    """The world, and the bundle of its ledger for each reader (0: whoever may read all)."""

    world: World
    trust: Trust
    bundles: Mapping[int, bytes]

    def answer(self, path: str, who: int = AUDITOR, body: Any = None) -> bytes:
        """The file that the API gives."""
        headers = {"Authorization": f"Bearer {self.world.token(who)}"}
        client = self.world.client
        found = client.get(path, headers=headers) if body is None else client.post(path, json=body, headers=headers)
        assert found.status_code == 200, found.text
        assert found.json()["inputs"] is not None
        return found.content

    def verify(self, answer: bytes, who: int = AUDITOR) -> list[Step]:
        return verify_answer(answer, self.bundles[0 if who == AUDITOR else who], self.trust, positions())

    def examined(self, who: int = AUDITOR) -> BundleChecks:
        """A bundle that was verified once, for many answers."""
        steps, work = examined(self.bundles[0 if who == AUDITOR else who], self.trust)
        assert work is not None, steps
        assert all(step.ok for step in steps), steps
        return work


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("answers") / "home") as running:
        _rules(running)
        sea = {"mode": 1, "from": "CNSHA", "to": "NZAKL", "perConsignment": 10_000, "perPackage": 100}
        air = {"mode": 4, "from": "CN", "to": "NZ", "perKilometre": {"amount": 7, "per": 1}}
        attested(running, OCEAN, [sea], **{"for": "partners"})
        attested(running, SECOND, [air])
        _goods(running)
        running.stage.settle()
        running.stage.node.settle()
        yield running


def _rules(world: World) -> None:
    stage = world.stage
    with stage.node.home.database.write() as connection:
        gates = kept_rules.keep(connection, GATES_FILES, GATES)
    stage.decide(RegistryAction.ADOPT_RULES, document=gates.hash, number=stage.now + DAY)
    adopt(stage, FILE, stage.now + DAY)
    stage.pass_time(2 * DAY)
    adopt(stage, STRICTER, stage.now + 300 * DAY)


def _goods(world: World) -> None:
    """A clearance whose tax is too low, a part that is missing, and a split that is on its way."""
    stage = world.stage
    cleared = stage.open(requires=NEEDS_IMPORT, lot="L9")
    stage.hand(MAKER, CARRIER, (cleared, 0, 10))
    stage.clear(
        CN, ClearanceStatus.RELEASED, (cleared, 0), jurisdiction="CN", regime=Regime.IMPORT,
        duty=duty(TaxLine("vat", 1_000_000, 91_000, 90_999, 0)),
    )  # fmt: skip
    short = stage.open(lot="L8")
    stage.hand(MAKER, CARRIER, (short, 0, 8, ExceptionBit.SHORT))
    stage.hand(CARRIER, SHOP, (short, 1, 8))
    parted = stage.open(lot="L7")
    stage.hand(MAKER, CARRIER, (parted, 0, 10))
    stage.split(CARRIER, parted, 1, 4, 6)
    stage.pass_time(60 * DAY)
    world.ids |= {"cleared": cleared, "short": short, "parted": parted}


@pytest.fixture(scope="package")
def asked(world: World) -> Asked:
    reader = world.stage.node.reader
    exporter = Exporter(reader)
    bundles = {who: exporter.ledger(who) for who in (0, MAKER, SHOP, CARRIER)}
    return Asked(world, parse_trust(canonical_json(reader.home.consortium.trust_file())), bundles)


def changed(answer: bytes, **members: Any) -> bytes:
    """The answer with other members."""
    return json.dumps(json.loads(answer) | members).encode()
