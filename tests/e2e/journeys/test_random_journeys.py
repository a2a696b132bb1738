"""Random journeys through API, log and contracts: what they come to is what the same records come to on paper.

The tales are those of `tests.unit.penalties.tales`; here every record is signed, submitted, carried to the chain
and followed, and the figures are the node's own.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from ledger.codes import AmendmentKind, Assurance, Gate, Outcome
from ledger.errors import Refused, RuleBroken
from ledger.penalties.statement import penalty_of
from ledger.records.signers import signing_partners
from ledger.records.types import (
    Amendment,
    Clearance,
    Endorsement,
    Handoff,
    Record,
    Require,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.services.intake.submission import Accepted
from ledger.services.state import shipment_state
from ledger.shipments.history import Journeys
from tests.e2e import stage as at_stage
from tests.e2e.stage import Stage
from tests.unit import history as on_paper
from tests.unit.history import History
from tests.unit.penalties.tales import PAIRS, REQUIRED, START, THIRD, WITNESS, Tale

PARTNERS = {
    0: 0,
    on_paper.MAKER: at_stage.MAKER,
    on_paper.CARRIER: at_stage.CARRIER,
    on_paper.SECOND: at_stage.SECOND,
    on_paper.LOCKER: at_stage.LOCKER,
    on_paper.SHOP: at_stage.SHOP,
    on_paper.BROKER: at_stage.BROKER,
    THIRD: at_stage.OCEAN,
    WITNESS: at_stage.AUDITOR,
}
CUSTOMS = {PAIRS[0][0]: (b"NZ", at_stage.NZ), PAIRS[1][0]: (b"CN", at_stage.CN)}
LONG = 20 * on_paper.DAY


class Lived(History):
    """A history that happens: each record goes through submission and chain. `base` is the tale's second 0."""

    def __init__(self, stage: Stage, base: int, seed: int) -> None:
        super().__init__()
        self._stage = stage
        self._base = base
        self._salt = seed << 32
        self._signers: dict[bytes, tuple[int, ...]] = {}

    def log(
        self, record: Record, signers: Sequence[int], known: int, *, roles: Sequence[int] = (), **_: Any
    ) -> VerifiedRecord:
        """Live the record, and write it down as it should be known."""
        stage, lived = self._stage, self._lived(record, known)
        stage.clock.advance(max(0, self._base + known - stage.now))
        by = self._signed_by(lived, signers)
        result = stage.node.submission.submit(stage.trial.signed(lived, *stage.keys(by)))
        assert isinstance(result, Accepted)
        stage.settle()
        if not isinstance(lived, Amendment | Endorsement):
            assert stage.outcome(result.record_id) == ["applied"], type(lived).__name__
        self._signers[result.record_id] = by
        index, at = len(self.records), self._base + known
        items = len(lived.items) if isinstance(lived, Handoff | Clearance) else 1
        facts = Facts(index, at, index, at, 0, (Outcome.APPLIED,) * items, index)
        if isinstance(lived, Amendment | Endorsement):
            facts = Facts(index, at)
        self.records.append(already_verified(result.record_id, lived, by, facts, roles=tuple(roles)))
        return self.records[-1]

    def amend(
        self,
        target: bytes,
        kind: AmendmentKind,
        changes: dict[str, Any],
        signers: Sequence[int],
        at: int,
        previous: bytes = bytes(32),
    ) -> VerifiedRecord:
        return super().amend(target, kind, self._shifted(changes), signers, at, previous)

    def override(self, *_: object, **__: object) -> VerifiedRecord:
        raise RuleBroken("the council takes its delay, and these tales are over by then")

    def _shifted(self, value: Any) -> Any:
        """Times in an amendment's changes, on the stage's clock."""
        if isinstance(value, list):
            return [self._shifted(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        times = ("promisedAt", "occurredAt", "from", "until")
        return {name: entry + self._base if name in times else self._shifted(entry) for name, entry in value.items()}

    def _signed_by(self, record: Record, signers: Sequence[int]) -> tuple[int, ...]:
        if isinstance(record, Amendment) and record.kind == AmendmentKind.CORRECTION:
            return self._signers[record.target]
        if isinstance(record, Clearance):
            return signing_partners(record)
        if isinstance(record, ShipmentTerms):
            return tuple(dict.fromkeys((record.consignor, record.holder)))
        return tuple(PARTNERS[signer] for signer in signers)

    def _lived(self, record: Record, known: int) -> Record:
        """The record with the stage's partners and times."""
        until = self._base + known + LONG
        match record:
            case ShipmentTerms():
                terms = cast("Any", record.commercial)
                holder, packages = PARTNERS[record.holder], record.packages
                if record.parents:
                    with self._stage.node.home.database.read() as connection:
                        slot = cast("Any", shipment_state.holding(connection, record.parents[0].shipment)).slot
                    holder, packages = slot.custodian, slot.packages
                return replace(
                    record,
                    consignor=PARTNERS[record.consignor],
                    consignee=PARTNERS[record.consignee],
                    holder=holder,
                    packages=packages,
                    requires=tuple(
                        replace(r, jurisdiction=CUSTOMS[r.jurisdiction][0], gate=Gate.SALE, relay=True)
                        for r in record.requires
                    ),
                    submitBy=until,
                    commercial=replace(
                        terms,
                        promisedAt=terms.promisedAt + self._base,
                        liable=PARTNERS[terms.liable],
                        beneficiary=PARTNERS[terms.beneficiary],
                    ),
                )
            case Handoff():
                return replace(
                    record,
                    releaser=PARTNERS[record.releaser],
                    receiver=PARTNERS[record.receiver],
                    occurredAt=record.occurredAt + self._base,
                    dueAt=record.dueAt and record.dueAt + self._base,
                    submitBy=until,
                )
            case Split():
                return replace(record, by=PARTNERS[record.by], occurredAt=record.occurredAt + self._base)
            case Statement():
                return replace(
                    record,
                    by=PARTNERS[record.by],
                    counterparty=PARTNERS[record.counterparty],
                    occurredAt=record.occurredAt + self._base,
                )
            case Clearance():
                jurisdiction, office = CUSTOMS[record.jurisdiction]
                word = record.assurance == Assurance.BROKER_WORD
                return replace(
                    record,
                    by=at_stage.BROKER if word else office,
                    declarant=at_stage.MAKER if word else PARTNERS[record.declarant],
                    assurance=Assurance.BROKER_WORD if word else Assurance.AUTHORITY_SIGNED,
                    jurisdiction=jurisdiction,
                    causedBy=PARTNERS[record.causedBy],
                    occurredAt=record.occurredAt + self._base,
                )
            case Endorsement():
                return replace(record, by=PARTNERS[record.by])
            case _:
                return record


class LivedTale(Tale):
    """A tale that is lived: what the ledger refuses did not happen."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.base = stage.now - START
        self.told = self.refused = 0
        self._stage = stage
        super().__init__(seed)

    def new_history(self, seed: int) -> History:
        return Lived(self._stage, self.base, seed)

    def required(self) -> tuple[Require, ...]:
        """A broker decides only where the terms let it relay."""
        return REQUIRED

    def step(self) -> None:
        before = dict(self.history.sequences)
        self.told += 1
        try:
            super().step()
        except Refused:
            # Customs may not say everything after everything.
            self.history.sequences = before
            self.refused += 1


def compare(stage: Stage, tale: LivedTale, seed: int) -> tuple[int, int]:
    at = tale.dice.choice((None, tale.now, tale.now + 15, tale.now + 60))
    judged = None if at is None else at + tale.base
    journeys = Journeys(tale.history.records)
    owed = 0
    for shipment in {journeys.own_shipment(pile.shipment) for pile in tale.piles}:
        lived, paper = stage.penalty(shipment, judged), penalty_of(shipment, journeys, judged)
        for name in ("amount", "amount_high", "late_seconds", "uncapped", "cap", "indicative", "evidence"):
            assert getattr(lived, name) == getattr(paper, name), (seed, at, name)
        assert [(leg.partner, leg.amount) for leg in lived.legs] == [(leg.partner, leg.amount) for leg in paper.legs]
        owed += lived.amount > 0
    return len(tale.piles), owed


def live(stage: Stage, seeds: Sequence[int]) -> None:
    compared = owed = steps = refused = 0
    for seed in seeds:
        tale = LivedTale(stage, seed)
        more, money = compare(stage, tale, seed)
        compared, owed = compared + more, owed + money
        steps, refused = steps + tale.told, refused + tale.refused
        stage.clock.advance(120)
    assert compared >= len(seeds)
    assert owed >= len(seeds) // 8
    assert refused * 5 < steps, "most of what the tales tell is lived"
    stage.audited()


def test_random_journeys_through_api_and_contracts_come_to_what_they_come_to_on_paper(stage: Stage) -> None:
    live(stage, range(8))


@pytest.mark.drill
def test_many_random_journeys_through_api_and_contracts_come_to_what_they_come_to_on_paper(stage: Stage) -> None:
    live(stage, range(1_000, 1_400))
