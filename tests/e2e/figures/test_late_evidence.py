"""Cosignatures that arrive late move the figures of a running service as those of one that has just begun."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.figures import statements_of
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.log.cosignature import Cosigner, WitnessPolicy
from ledger.log.witness_policy import AskedWitnesses
from ledger.records.evidence import Basis
from ledger.scores.incremental import Running
from ledger.scores.tallies import Tallies
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.store import checkpoints
from ledger.store.checkpoints import StoredCosignature
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage

NAMES = ("witness.example/one", "witness.example/two")


class Watched:
    """The stage's home as one whose checkpoints count once both witnesses have cosigned them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.witnesses = [Cosigner(name, Ed25519PrivateKey.generate()).identity for name in NAMES]
        asked = AskedWitnesses(WitnessPolicy(2, tuple(self.witnesses)), ("http://one", "http://two"))
        plain = stage.node.home
        self.home = replace(plain, consortium=replace(plain.consortium, witnesses=asked))
        self.numbers = Numbers(self.home, stage.node.reader.registry, stage.node.reader.views, b"secret")

    def cosign(self, size: int, time: int, *who: int) -> None:
        rows = [
            StoredCosignature(size, self.witnesses[number].verifier_key(), bytes(32), time, bytes(64)) for number in who
        ]
        with self.home.database.write() as connection:
            checkpoints.add_cosignatures(connection, rows)

    def agrees(self) -> Any:
        """Statements and scorecards of the running figures; they are those of a reader that has just begun."""
        period = Period(0, 2**40 - 1, self.stage.now)
        with self.home.database.read() as connection:
            registry = self.stage.node.reader.registry.refreshed(connection)
            journeys = Journeys(VerifiedRecords(connection, self.home.consortium, registry).all())
        card, tallies = self.numbers.card(0), Tallies(journeys, period)
        cards = [tallies.score(partner, role, card) for role in card.roles for partner in tallies.partners(role)]
        statements = statements_of(journeys, period.at)
        assert self.numbers.penalties(at=period.at) == statements
        assert list(self.numbers.scorecards(period=period)) == cards
        with self.numbers._figures() as (_, running):
            running.judge(period)
            assert [running.score(c.partner, c.role, card) for c in cards] == cards
        return statements


def test_running_figures_follow_cosignatures_that_arrive_late(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two witnesses is no evidence; with the second, a delivery logged in time was known eight days later."""
    watched = Watched(stage)
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(3 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    stage.pass_time(20 * DAY)
    (calm,) = watched.agrees()
    journeys, size = watched.numbers.journeys(), stage.node.reader.log_state()["size"]
    replaced: list[str] = []
    replace_one = Running.replace

    def counted(running: Running, verified: Any) -> None:
        replaced.append(to_hex(verified.id))
        replace_one(running, verified)

    monkeypatch.setattr(Running, "replace", counted)
    watched.cosign(size, stage.now, 0)
    assert watched.agrees() == [calm]
    assert replaced == []
    watched.cosign(size, stage.now - DAY, 1)
    (late,) = watched.agrees()
    assert late.late_seconds > calm.late_seconds == 0, "it was known with the second cosignature, the lag after"
    assert len(replaced) == len(set(replaced)) > 0
    assert watched.numbers.journeys() is journeys, "nothing was read anew"
    with watched.numbers._figures() as (_, running):
        delivery = running.journeys.moves(shipment)[-1].verified
    assert (delivery.basis, delivery.evidenced) == (Basis.WITNESSES, stage.now)

    replaced.clear()
    second = stage.open()
    watched.agrees()
    assert replaced == [], "an older checkpoint says nothing of newer leaves"
    stage.pass_time(60)
    watched.cosign(stage.node.reader.log_state()["size"], stage.now, 0, 1)
    watched.agrees()
    assert to_hex(second) in replaced
    assert to_hex(shipment) not in replaced, "what was evidenced stays as it is"
