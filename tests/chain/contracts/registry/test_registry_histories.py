"""Random histories of the registry: the contract and the pure rules give the same, step by step and looking back.

Small pools of partners, keys and scopes make collisions, repetitions and refusals as common as what succeeds.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.codes import ContractKind, RegistryAction, Role
from ledger.common.ids import KeyAddress, LogId
from ledger.records.signing import SigningKey
from ledger.records.types import KeyGrant, KeyRevoke, RegistryChange
from ledger.registry.history import RegistryRecord, RegistryView
from ledger.registry.keys import DEVICE_SCOPES
from ledger.registry.state import AddressKind
from tests.chain.contracts.consortium import COUNCIL, ZERO, key_of
from tests.chain.contracts.harness import Reverted
from tests.chain.contracts.twin import NO_DETAILS, USED, Twin

A = RegistryAction
DELAY = 1000
STEPS = 160
KEYS = tuple(sorted((*COUNCIL, *(key_of(f"key {i}") for i in range(40))), key=lambda k: k.address))
PARTNERS = range(4)
ROLES = (0, 1, 2, Role.CUSTOMS, Role.BRAND, Role.LOCKER, 15)
SCOPES = (ZERO, ZERO, b"DE".ljust(32, b"\0"), b"FR".ljust(32, b"\0"), b"09506000".ljust(32, b"\0"))
FITTING = (
    *((role, ZERO) for role in (Role.SUPPLIER, Role.CARRIER, Role.LOCKER)),
    (Role.CUSTOMS, SCOPES[2]),
    (Role.CUSTOMS, SCOPES[3]),
    (Role.BRAND, SCOPES[4]),
)
ENTERING = (A.ADMIT, A.ADD_KEY, A.ADD_COUNCIL_MEMBER, A.REGISTER_LOG, A.OPEN_CONTRACT)
LOGS = tuple(LogId(bytes([i]) * 32) for i in range(4))


@dataclass
class Player:
    """Makes up records that are right more often than not."""

    rng: random.Random
    twin: Twin = field(default_factory=lambda: Twin(delay=DELAY))
    taken: Counter[str] = field(default_factory=Counter)
    reasons: set[str] = field(default_factory=set)

    def step(self) -> None:
        if self.rng.random() < 0.3:
            self.twin.wait(self.rng.choice((1, 400, 1000, 1001, 5000)))
        record, signers = self.record()
        try:
            self.twin.submit(record, *signers)
            self.taken[A(record.action).name if isinstance(record, RegistryChange) else type(record).__name__] += 1
        except Reverted as reverted:
            self.reasons.add(reverted.name)

    def record(self) -> tuple[RegistryRecord, tuple[SigningKey, ...]]:
        rng, now = self.rng, self.twin.now
        kind = rng.random()
        if kind < 0.12:
            starts = now + rng.choice((-100, 0, 700))
            grant = KeyGrant(
                partner=self.partner(),
                key=self.fresh().address,
                actor=rng.choice((0, 0, 1, 2, 9)),
                scopes=rng.choice((1 << 4, 1 << 4, 1 << 9, 1 << 9, DEVICE_SCOPES, 1)),
                validFrom=starts,
                validUntil=starts + rng.choice((0, 300, 3000, 3000, 3000, 90 * 86_400, 90 * 86_400, 91 * 86_400)),
                details=NO_DETAILS,
            )
            consent = next(k for k in KEYS if k.address == grant.key) if rng.random() < 0.9 else self.key()
            return grant, (self.master_of(grant.partner), consent)
        if kind < 0.2:
            partner = self.partner()
            revoke = KeyRevoke(partner, self.key_of_partner(partner).address, NO_DETAILS)
            itself = next(k for k in KEYS if k.address == revoke.key)
            return revoke, (itself if rng.random() < 0.3 else self.master_of(revoke.partner),)
        return self.change(), self.council()

    def change(self) -> RegistryRecord:
        rng = self.rng
        action = rng.choice((*A, A.ADMIT, A.ADD_KEY, A.GRANT_ROLE, A.GRANT_ROLE, A.ADD_COUNCIL_MEMBER))
        partner = rng.choice(PARTNERS) if action is A.ADMIT else self.partner()
        fields: dict[str, Any] = {
            "notBefore": rng.choice((0, 0, self.twin.now + 300, self.twin.now + 2500)),
            "partner": partner,
            "key": (self.fresh() if action in ENTERING else self.key_of_partner(partner)).address,
            "role": rng.choice(ROLES),
            "scope": rng.choice(LOGS if action in (A.REGISTER_LOG, A.RETIRE_LOG) else SCOPES),
            "number": rng.choice((0, 1, 2, 3, 4, 5, 6)),
            "document": rng.choice(LOGS),
        }
        if action is A.REGISTER_LOG and rng.random() < 0.6:
            fields["number"], fields["document"] = 0, ZERO
        if action in (A.GRANT_ROLE, A.REVOKE_ROLE) and rng.random() < 0.7:
            fields["role"], fields["scope"] = rng.choice(FITTING)
        held = self.now().roles(partner)
        if action is A.REVOKE_ROLE and held and rng.random() < 0.7:
            fields["role"], fields["scope"] = rng.choice(sorted(held))
        if action is A.REMOVE_COUNCIL_MEMBER and rng.random() < 0.7:
            fields["key"] = rng.choice(sorted(self.now().council().members))
        logs = [log_id for log_id, _ in self.now().logs()]
        if action is A.RETIRE_LOG and logs and rng.random() < 0.7:
            fields["scope"] = rng.choice(logs)
        if action is A.OPEN_CONTRACT and rng.random() < 0.8:
            kind = fields["number"] = rng.choice((ContractKind.BONUS, ContractKind.ANCHOR))
            known = self.now().state.contracts(kind)
            # Now and then one that goes on from nothing, or is of another kind.
            latest = known.latest if known and rng.random() < 0.9 else bytes(20)
            fields["key"] = self.twin.contract(kind if rng.random() < 0.9 else ContractKind.ATTESTATION, latest)
        if action is A.CLOSE_CONTRACT and rng.random() < 0.8:
            fields["number"] = rng.choice((ContractKind.BONUS, ContractKind.ANCHOR))
            known = self.now().state.contracts(fields["number"])
            fields["key"] = known.latest if known else fields["key"]
        unused = [name for name in fields if name not in USED[action].split()]
        for name in unused:
            if rng.random() > 0.01:
                fields[name] = 0 if isinstance(fields[name], int) else bytes(len(fields[name]))
        sequence = self.twin.history.next_sequence + (rng.random() < 0.02)
        return self.twin.make(action, sequence=sequence, **fields)

    def council(self) -> tuple[SigningKey, ...]:
        """Mostly enough members in force."""
        council = self.now().council()
        members = [k for k in KEYS if k.address in council.members]
        if self.rng.random() < 0.05:
            members = sorted(self.rng.sample(KEYS, 2), key=lambda k: k.address)
        if self.rng.random() < 0.03:
            self.rng.shuffle(members)
        return tuple(members[: council.threshold - (self.rng.random() < 0.03)] or members[:1])

    def master_of(self, partner: int) -> SigningKey:
        """Mostly a master key of the partner in force."""
        time = self.twin.now
        entered = self.now().keys_of(partner)
        keys = {key for key, one in entered if one.kind == AddressKind.MASTER_KEY and one.in_force(time)}
        mine = [k for k in KEYS if k.address in keys]
        return self.rng.choice(mine) if mine and self.rng.random() < 0.9 else self.key()

    def key_of_partner(self, partner: int) -> SigningKey:
        """Mostly one that the partner has, be it revoked."""
        keys = {key for key, _ in self.now().keys_of(partner)}
        mine = [k for k in KEYS if k.address in keys]
        return self.rng.choice(mine) if mine and self.rng.random() < 0.8 else self.key()

    def partner(self) -> int:
        """Mostly one that was admitted."""
        known = [partner for partner in PARTNERS if self.now().partner(partner)]
        return self.rng.choice(known if known and self.rng.random() < 0.9 else PARTNERS)

    def key(self) -> SigningKey:
        """Mostly one that the registry knows."""
        known = [k for k in KEYS if self.now().address(KeyAddress(k.address))]
        return self.rng.choice(known if self.rng.random() < 0.8 else KEYS)

    def fresh(self) -> SigningKey:
        """Mostly one that the registry does not know."""
        unknown = [k for k in KEYS if not self.now().address(KeyAddress(k.address))]
        return self.rng.choice(unknown if unknown and self.rng.random() < 0.8 else KEYS)

    def now(self) -> RegistryView:
        return self.twin.history.now(self.twin.now)

    def compare(self) -> None:
        """Every question, asked of both."""
        twin = self.twin
        for key in KEYS:
            twin.signer(key, self.rng.choice((4, 5, 10)))
            twin.compare_address(key.address)
        for partner in PARTNERS:
            twin.compare_partner(partner)
            for role in ROLES:
                twin.has_role(partner, role, self.rng.choice(SCOPES))
        for kind in ContractKind:
            twin.contract_of(kind)
        for log_id in LOGS:
            twin.anchor_key(log_id)
        council = self.now().council()
        assert twin.needed() == council.threshold
        assert len(council.members) >= council.threshold >= 1
        assert twin.registry.read("changes") == twin.history.next_sequence - 1

    def picture(self, view: RegistryView) -> object:
        """What a view answers to a set of questions, to be compared with what it answers later."""
        return (
            [view.signer(KeyAddress(key.address), 5) for key in KEYS],
            [view.roles(partner) for partner in PARTNERS],
            [view.suspended(partner) for partner in PARTNERS],
            [view.contract(kind) for kind in ContractKind],
            [view.anchor_key(log_id) for log_id in LOGS],
            view.council(),
        )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.drill) for seed in range(1, 10))])
def test_contract_and_history_agree(seed: int) -> None:
    player = Player(random.Random(seed))
    before: list[tuple[int, int, object]] = []
    for step in range(STEPS):
        before.append((player.twin.blocks, player.twin.now, player.picture(player.now())))
        player.step()
        if step % 20 == 0:
            player.compare()
    player.twin.wait(10_000)
    player.compare()
    assert player.taken.total() > STEPS // 4, "most of it was refused, so little was tested"
    assert len(player.reasons) > 12
    # Looking back, every moment answers as it did then: later records change nothing about it.
    for blocks, time, picture in before:
        assert player.picture(player.twin.history.at_block(blocks, time)) == picture
