"""BonusPool and pool_rules agree on random histories: the same actions at the same times are accepted and
refused by both, pay the same amounts, and leave the same books. Every unit ends where it belongs."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ledger.bonuses.agreement import AgreementStatus
from ledger.bonuses.amounts import AmountProof, Line, amount_proof
from ledger.common.keccak import keccak256
from ledger.errors import LadingError
from ledger.records.types import Claim, Dispute, Ruling, Share
from tests.chain.contracts.bonus import pool_rules as rules
from tests.chain.contracts.harness import Reverted
from tests.chain.contracts.pool import (
    ARBITER,
    ARBITER_WINDOW,
    AWARDER,
    DAY,
    DISPUTE_WINDOW,
    FUNDER,
    FUNDER_2,
    RESIDUAL,
    RICH,
    A,
    B,
    C,
    Pool,
    bonus_pool,
    lines_of,
    purse,
)

STEPS = 30
PARTIES = (A, B, C)


@dataclass
class Game:
    """One agreement, played on the chain and in Python side by side."""

    pool: Pool
    dice: random.Random
    agreement: rules.Agreement
    lines: list[Line] = field(default_factory=lambda: lines_of(0, 0, 0))
    drafted: list[Line] = field(default_factory=list)
    paid_out: int = 0
    accepted: int = 0

    def both(self, name: str, chain: Callable[[], Any], pure: Callable[[int], tuple[rules.Agreement, int]]) -> bool:
        """Do it on both sides: both accept or both refuse. The mirror sees the time of the block."""
        time = self.pool.evm.now
        try:
            chain()
        except Reverted as error:
            refusal = error
        else:
            self.agreement, paid = pure(time)
            self.paid_out += paid
            self.accepted += 1
            return True
        with pytest.raises(LadingError):
            pure(time)
        assert refusal.name.startswith(("BonusPool", "Rfc9162")), f"{name}: {refusal}"
        return False

    def step(self) -> None:
        now = rules.status(self.agreement, self.pool.evm.now)
        # Mostly what may work, sometimes anything.
        likely: dict[AgreementStatus, list[Callable[[], None]]] = {
            AgreementStatus.OPEN: [self.fund],
            AgreementStatus.FUNDED: [self.fund, self.award, self.award, self.wait],
            AgreementStatus.AWARDED: [self.dispute, self.wait],
            AgreementStatus.DISPUTED: [self.rule, self.rule, self.rule, self.wait],
            AgreementStatus.VOIDED: [self.award, self.award, self.wait],
            AgreementStatus.CLAIMABLE: [self.claim, self.claim, self.claim_residual, self.refund, self.wait],
            AgreementStatus.LAPSED: [self.claim_residual, self.refund],
            AgreementStatus.REFUNDABLE: [self.refund],
        }
        anything = [
            self.fund, self.award, self.dispute, self.rule, self.claim, self.claim_residual, self.refund, self.wait,
        ]  # fmt: skip
        self.dice.choice(likely.get(now, anything) if self.dice.random() < 0.8 else anything)()

    def wait(self) -> None:
        windows = [1, DAY, 5 * DAY]
        if self.agreement.award is not None:
            windows += [DISPUTE_WINDOW, DISPUTE_WINDOW + 1, ARBITER_WINDOW + 1]
        self.pool.evm.now += self.dice.choice(windows)

    def fund(self) -> None:
        amount = self.dice.choice([0, 1, 7, self.dice.randrange(1, 10**9)])
        funder = self.dice.choice([FUNDER, FUNDER_2])
        self.both(
            "fund",
            lambda: self.pool.fund(self.agreement.id, amount, funder),
            lambda t: (rules.fund(self.agreement, funder.address, amount, t), 0),
        )

    def award(self) -> None:
        funded = self.agreement.funded
        total = self.dice.choice([funded, funded, funded // 2, funded + 1, self.dice.randint(0, funded)])
        # Sometimes more than the total together: an awarder may be careless.
        amounts = [self.dice.choice([0, total // 3, self.dice.randint(0, total // 2)]) for _ in PARTIES]
        lines = lines_of(*amounts)
        version = self.agreement.version + self.dice.choice([1, 1, 1, 1, 0])
        by = self.dice.choice([AWARDER] * 5 + [A])
        record = self.pool.award_record(self.agreement.id, lines, total, version=version, by=by)
        if self.both(
            "award",
            lambda: self.pool.contract.record("award", record, self.pool.sign(record, by)),
            lambda t: (rules.award(self.agreement, record, t), 0),
        ):
            self.lines = lines

    def dispute(self) -> None:
        by = self.dice.choice([*PARTIES, A, B, C, AWARDER])
        record = Dispute(by=by, agreement=self.agreement.id, version=self._version(), reason=keccak256(b"?"))
        self.both(
            "dispute",
            lambda: self.pool.contract.record("dispute", record, self.pool.sign(record, by)),
            lambda t: (rules.dispute(self.agreement, record, t), 0),
        )

    def rule(self) -> None:
        by = self.dice.choice([ARBITER] * 5 + [AWARDER])
        upheld = self.dice.random() < 0.5
        record = Ruling(
            by=by, agreement=self.agreement.id, version=self._version(), upheld=upheld, reason=keccak256(b"!")
        )
        self.both(
            "rule",
            lambda: self.pool.contract.record("rule", record, self.pool.sign(record, by)),
            lambda t: (rules.rule(self.agreement, record, t), 0),
        )

    def claim(self) -> None:
        by = self.dice.choice(PARTIES)
        version = self._version()
        amount = next(line.amount for line in self.lines if line.partner == by) + self.dice.choice([0] * 9 + [1])
        record = self._claim_record(by, version, amount)
        proof = amount_proof(self.agreement.id, version, self.lines, by)
        if self.dice.random() < 0.1:
            proof = AmountProof(proof.index, proof.size, proof.path[:-1])
        signatures = self.pool.sign(record, by)
        self.both(
            "claim",
            lambda: self.pool.contract.record("claim", record, proof.index, proof.size, list(proof.path), signatures),
            lambda t: rules.claim(self.agreement, record, proof, t),
        )

    def claim_residual(self) -> None:
        by = self.dice.choice([self.agreement.terms.residual] * 7 + [AWARDER])
        lines = self.lines if self.dice.random() < 0.9 else lines_of(1, 1, 1)
        self.submit_residual(by, self._version(), self._some_residual_amount(), lines)

    def submit_residual(self, by: int, version: int, amount: int, lines: list[Line]) -> bool:
        record = self._claim_record(by, version, amount)
        pairs = [(line.partner, line.amount) for line in lines]
        return self.both(
            "claimResidual",
            lambda: self.pool.contract.record("claimResidual", record, pairs, self.pool.sign(record, by)),
            lambda t: rules.claim_residual(self.agreement, record, lines, t),
        )

    def refund(self) -> None:
        self.submit_refund(self.dice.randint(0, len(self.agreement.deposits)))

    def submit_refund(self, index: int) -> bool:
        return self.both(
            "refund",
            lambda: self.pool.refund(self.agreement.id, index),
            lambda t: rules.refund(self.agreement, index, t),
        )

    def compare(self) -> None:
        """The same books, and no unit lost: paid out + refunded + remaining = funded."""
        state = self.pool.state(self.agreement.id)
        mirror = self.agreement
        assert self.pool.status(mirror.id) is rules.status(mirror, self.pool.evm.now)
        assert (state["funded"], state["refunded"], state["paid"], state["paidToResidual"]) == (
            mirror.funded,
            mirror.refunded,
            mirror.paid,
            mirror.paid_to_residual,
        )
        assert (state["version"], state["total"], state["upheld"]) == (mirror.version, mirror.total, mirror.upheld)
        assert state["disputedAt"] == (mirror.disputed_at or 0)
        assert state["ruledAt"] == (mirror.ruled_at or 0)
        assert self.pool.balance(self.pool.contract.address) == mirror.remaining
        assert self.paid_out == mirror.paid + mirror.refunded
        assert mirror.paid + mirror.refunded + mirror.remaining == mirror.funded

    def finish(self) -> None:
        """Everybody takes what is left for him: in the end nothing is."""
        self.pool.evm.now += 200 * DAY
        if rules.status(self.agreement, self.pool.evm.now) is AgreementStatus.LAPSED:
            due = rules.residual_due(self.agreement, self.lines, self.pool.evm.now)
            if due > self.agreement.paid_to_residual:
                assert self.submit_residual(self.agreement.terms.residual, self.agreement.version, due, [])
        for index, deposit in enumerate(self.agreement.deposits):
            if not deposit.refunded:
                self.submit_refund(index)
        self.compare()
        assert self.agreement.remaining == 0
        got = sum(self.pool.balance(purse(partner)) for partner in (*PARTIES, RESIDUAL))
        back = self.pool.balance(FUNDER.address) + self.pool.balance(FUNDER_2.address)
        assert got == self.agreement.paid
        assert back == 2 * RICH - got

    def _version(self) -> int:
        return max(0, self.agreement.version + self.dice.choice([0] * 9 + [1]))

    def _claim_record(self, by: int, version: int, amount: int) -> Claim:
        return replace(self.pool.claim_record(self.agreement.id, by, amount), version=version)

    def _some_residual_amount(self) -> int:
        others = sum(line.amount for line in self.lines if line.partner != self.agreement.terms.residual)
        due = max(0, self.agreement.total - others)
        return self.dice.choice([due, due, due // 2, due + 1, self.agreement.total])


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.drill) for seed in range(5, 40))])
def test_random_histories(seed: int) -> None:
    dice = random.Random(seed)
    pool = bonus_pool()
    terms = pool.terms(
        salt=dice.randbytes(16),
        periodEnd=pool.start + dice.choice([-1, 2 * DAY]),
        residual=dice.choice([RESIDUAL, RESIDUAL, B]),
        parties=tuple(Share(p, dice.randint(0, 3_333)) for p in dice.sample(PARTIES, 3)),
        claimUntil=pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW + dice.choice([0, 30 * DAY]),
    )
    time = pool.evm.now
    game = Game(pool, dice, rules.agree(pool.agree(terms), terms, time))
    for _ in range(STEPS):
        game.step()
        game.compare()
    game.finish()
    assert game.accepted >= 2, "funded and awarded at least"


def test_both_refuse_the_same_terms() -> None:
    pool = bonus_pool()
    plain = pool.terms()
    shares = plain.parties
    windows = DISPUTE_WINDOW + ARBITER_WINDOW
    for terms in (
        replace(plain, parties=()),
        replace(plain, parties=(*shares, shares[0])),
        replace(plain, parties=(Share(0, 1),)),
        replace(plain, parties=(Share(A, 10_000), Share(B, 1))),
        replace(plain, awarder=0),
        replace(plain, arbiter=0),
        replace(plain, residual=0),
        replace(plain, arbiter=plain.awarder),
        replace(plain, arbiter=plain.residual),
        replace(plain, arbiter=shares[1].partner),
        replace(plain, currency=""),
        replace(plain, periodEnd=plain.periodStart),
        replace(plain, periodEnd=plain.deadline),
        replace(plain, periodStart=1, periodEnd=2, deadline=3),
        replace(plain, disputeWindow=0),
        replace(plain, arbiterWindow=0),
        replace(plain, claimUntil=plain.deadline + windows - 1),
    ):
        time = pool.evm.now
        with pytest.raises(Reverted):
            pool.agree(terms)
        with pytest.raises(LadingError):
            rules.agree(pool.domain.record_id(terms), terms, time)
