"""Honest operation of a home, drawn by a seed: steps as an operator, its partners and accidents make them.

After every step the audit must find nothing. Homes are small, so that thousands of steps can be audited.
"""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.demo.cast import subject
from ledger.cli.sandbox import open_trial
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import LadingError
from ledger.records.erasure import ErasureReason
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import RegistryChange
from ledger.registry.changes import change
from ledger.scores.adopted_card import CARDS
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.run import audit
from ledger.services.home import kept_rules
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.contract_succession import replace_contract
from ledger.services.lifecycle.rebuild import rebuild_projections, restore_from_chain
from ledger.services.views.access_journal import AccessJournal, AccessRight, Opened
from ledger.store import openings, records
from tests.e2e.figures.test_scorecards import OWN
from tests.e2e.lifecycle.test_rebuild import copies, lose_the_database
from tests.e2e.stage import CARRIER, DELAY, LOT, Stage, key_of, staged
from tests.e2e.wandering import Wandering

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE = 60
"""Steps of a home before another one is begun: audits take longer as homes grow."""


class Honest:
    """A running `stage` and what happens to it; `last` says what the newest step was."""

    def __init__(self, stage: Stage, seed: int, folder: Path) -> None:
        self._stage = stage
        self._chance = random.Random(seed)
        self._folder = folder
        self._copies = 0
        wandering = Wandering(stage, seed, LIFE)
        self._signed = [wandering.granted, *wandering.journey.signed]
        self._members: list[SigningKey] = []
        self._replaced = False
        self.last = "founded"
        self._draws: list[tuple[int, Callable[[], None]]] = [
            (14, self.submit), (4, self.propose), (6, self.relay), (6, self.follow), (5, self.tick), (6, self.settle),
            (4, self.publish), (4, self.pass_minutes), (2, self.pass_days), (3, self.restart), (3, self.be_killed),
            (2, self.scan), (2, self.read), (2, self.erase), (2, self.rebuild), (1, self.restore), (2, self.govern),
            (1, self.succeed), (1, self.keep_card), (1, self.lose_tiles),
        ]  # fmt: skip

    def step(self) -> None:
        weights, actions = [weight for weight, _ in self._draws], [action for _, action in self._draws]
        action = self._chance.choices(actions, weights)[0]
        self.last = action.__name__
        action()

    def audited(self) -> AuditReport:
        return audit(self._stage.node.home.settings, patience=0)

    # --- partners ----------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """The next record of the journey, by all who sign it; what comes too early may be refused."""
        if self._signed:
            self._hand_in(self._signed.pop(0))

    def propose(self) -> None:
        """The next record by its first signer alone; the others come with a later step."""
        if self._signed and len(self._signed[0].signatures) > 1:
            self._hand_in(SignedRecord(self._signed[0].record, self._signed[0].signatures[:1]))

    def _hand_in(self, signed: SignedRecord) -> None:
        try:
            self._stage.node.submission.submit(signed)
        except LadingError as error:
            self.last = f"{self.last}, refused: {error}"

    def scan(self) -> None:
        serial = f"{self._chance.randrange(3):04d}"
        self._stage.node.reader.products.look_up(subject(LOT, serial), "d" * 22, keep=True)

    def read(self) -> None:
        for record_id, paths in self._opened():
            journal = AccessJournal(self._stage.node.home.database, self._stage.clock)
            journal.note(CARRIER, b"\1" * 20, {record_id: Opened(paths, AccessRight.PARTY)})

    # --- the operator ------------------------------------------------------------------------------------------------

    def relay(self) -> None:
        self._stage.node.work.relayer.step()

    def follow(self) -> None:
        self._stage.node.work.follower.step()

    def tick(self) -> None:
        self._stage.node.tick()

    def settle(self) -> None:
        self._stage.node.settle()

    def publish(self) -> None:
        self._stage.node.reader.publisher.publish(self._stage.now)

    def pass_minutes(self) -> None:
        self._stage.pass_time(self._chance.randrange(60, 7200))

    def pass_days(self) -> None:
        self._stage.pass_time(self._chance.randrange(1, 5) * DAY)

    def erase(self) -> None:
        for record_id, _ in self._opened():
            self._stage.node.erasing.erase(record_id, ["details"], reason=ErasureReason.MISTAKE)

    def _opened(self) -> list[tuple[RecordId, list[str]]]:
        """One record of which details are open, and what else is; none when there is none."""
        with self._stage.node.home.database.read() as connection:
            rows = list(records.stream(connection))
            known = openings.of_many(connection, rows)
        found = [(record_id, sorted(parts)) for record_id, parts in known.items() if "details" in parts]
        return [self._chance.choice(found)] if found else []

    def keep_card(self) -> None:
        with self._stage.node.home.database.write() as connection:
            card = kept_rules.keep(connection, CARDS, OWN).hash
        self._decide(change(0, RegistryAction.ADOPT_RULES, document=card, number=self._stage.now + DAY))

    def govern(self) -> None:
        """The council takes a member in or lets it go, or asks for more signatures or fewer."""
        if self._members and self._chance.random() < 0.5:
            key = self._members.pop()
            self._decide(change(0, RegistryAction.REMOVE_COUNCIL_MEMBER, key=key.address))
        elif self._chance.random() < 0.5:
            self._members.append(key_of(f"member {self._stage.now} {len(self._members)}"))
            self._decide(change(0, RegistryAction.ADD_COUNCIL_MEMBER, key=self._members[-1].address))
        else:
            self._decide(change(0, RegistryAction.SET_THRESHOLD, number=self._chance.choice((2, 3))))
        self._stage.pass_time(self._chance.choice((60, DELAY + 60)))

    def _decide(self, record: RegistryChange) -> None:
        """As many of the founding members sign as have to now."""
        trial = self._stage.trial
        with trial.node.home.database.read() as connection:
            needed = trial.node.reader.registry.refreshed(connection).now().council().threshold
        try:
            trial.sign_and_submit(replace(record, sequence=trial.next_sequence()), *trial.council[:needed])
        except LadingError as error:
            self.last = f"{self.last}, refused: {error}"
        self._stage.settle()

    def succeed(self) -> None:
        """The custody contract is replaced, once."""
        node = self._stage.node
        node.settle()
        if self._replaced:
            return
        self._replaced = True
        with node.home.database.read() as connection:
            history = node.reader.registry.refreshed(connection).history
        kind, clock = ContractKind.CUSTODY, node.home.clock
        found = replace_contract(node.home.settings, node.chain, node.home.consortium, history, kind, clock)
        for each in found.changes:
            self._decide(each)
        self._stage.pass_time(DELAY + 60)

    # --- what happens to a home --------------------------------------------------------------------------------------

    def restart(self) -> None:
        self._stage.node.close()
        self._open(self._stage.node.home.settings.home)

    def be_killed(self) -> None:
        """Nothing is closed or put in order: what lies on the disk at this moment is opened elsewhere."""
        self._copies += 1
        home = self._stage.node.home.settings.home
        copy = Path(shutil.copytree(home, self._folder / f"copy-{self._copies}"))
        self._stage.node.close()
        shutil.rmtree(home)
        self._open(copy)

    def rebuild(self) -> None:
        self._stage.node.close()
        rebuild_projections(self._stage.node.home.settings)
        self._open(self._stage.node.home.settings.home)

    def restore(self) -> None:
        """The database is lost; partners give back what the chain does not have."""
        self._stage.node.settle()
        self._stage.node.close()
        settings = self._stage.node.home.settings
        given = list(copies(settings))
        lose_the_database(settings)
        assert restore_from_chain(settings, given=given, clock=self._stage.clock).done
        self._open(settings.home)

    def lose_tiles(self) -> None:
        """The published tiles are lost, and written anew at the next start."""
        self._stage.node.close()
        shutil.rmtree(self._stage.node.home.settings.home / "log" / "tile", ignore_errors=True)
        self._open(self._stage.node.home.settings.home)

    def _open(self, home: Path) -> None:
        parties = self._stage.trial.parties
        self._stage.trial = self._stage.scribe.trial = open_trial(read_settings({}, home=home), self._stage.clock)
        self._stage.trial.parties = parties


def audits(founded: Path, folder: Path, seed: int, steps: int) -> list[str]:
    """Play `steps` steps of one home under `folder`, and audit after each; what the first that found anything found."""
    with staged(founded, folder / "home") as stage:
        honest = Honest(stage, seed, folder)
        for number in range(steps):
            honest.step()
            if findings := honest.audited().findings:
                return [f"seed {seed}, step {number}, {honest.last}: {[f.to_json() for f in findings[:3]]}"]
    return []
