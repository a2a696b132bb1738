"""The registry twice: the contract on a chain in memory and the pure history, which must never disagree."""

from dataclasses import dataclass, field
from typing import Any

from ledger.chain.contracts import CONTRACT_OF_KIND
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import KeyAddress, PartnerId
from ledger.errors import Refused
from ledger.records.eip712 import Withheld
from ledger.records.signing import SigningKey
from ledger.records.types import KeyGrant, KeyRevoke, RegistryChange
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory, RegistryRecord
from ledger.registry.state import AddressKind
from tests.chain.contracts.consortium import CONSORTIUM, COUNCIL, DELAY, DOMAIN, THRESHOLD, ZERO, key_of
from tests.chain.contracts.harness import Contract, Evm, Recorded, Reverted

FUNCTIONS = {RegistryChange: "change", KeyGrant: "grantKey", KeyRevoke: "revokeKey"}
ADDRESS_KINDS = {0: None} | {int(kind): kind for kind in AddressKind}
NO_DETAILS = Withheld(ZERO)
A = RegistryAction
USED = {
    A.ADMIT: "notBefore partner key document",
    A.SUSPEND: "partner",
    A.REINSTATE: "notBefore partner",
    A.ADD_KEY: "notBefore partner key",
    A.REVOKE_KEY: "partner key",
    A.GRANT_ROLE: "notBefore partner role scope",
    A.REVOKE_ROLE: "partner role scope",
    A.ADD_COUNCIL_MEMBER: "notBefore key",
    A.REMOVE_COUNCIL_MEMBER: "notBefore key",
    A.SET_THRESHOLD: "notBefore number",
    A.REGISTER_LOG: "notBefore partner key scope number document",
    A.RETIRE_LOG: "scope",
    A.OPEN_CONTRACT: "notBefore key number",
    A.CLOSE_CONTRACT: "notBefore key number",
    A.ADOPT_RULES: "number document",
}
"""The fields that each action uses, as RECORDS lists them; the others are zero."""


@dataclass
class Twin:
    evm: Evm = field(default_factory=Evm)
    delay: int = DELAY
    council: tuple[SigningKey, ...] = COUNCIL
    threshold: int = THRESHOLD
    registry: Contract = field(init=False)
    history: RegistryHistory = field(init=False)
    blocks: int = 0

    def __post_init__(self) -> None:
        members = tuple(KeyAddress(key.address) for key in self.council)
        self.registry = self.evm.deploy("PartnerRegistry", CONSORTIUM, self.threshold, self.delay, list(members))
        self.history = RegistryHistory(Genesis(CONSORTIUM, self.threshold, self.delay, members))

    @property
    def now(self) -> int:
        """The time of the next block."""
        return self.evm.now

    def wait(self, seconds: int) -> None:
        self.evm.now += seconds

    def change(self, action: int, *signers: SigningKey, sequence: int | None = None, **fields: Any) -> Recorded:
        """Submit a change to both. Signed by the first members of the council unless `signers` are given."""
        record = self.make(action, sequence=sequence, **fields)
        return self.submit(record, *(signers or self.council[: self.threshold]))

    def make(self, action: int, *, sequence: int | None = None, **fields: Any) -> RegistryChange:
        values: dict[str, Any] = {
            "notBefore": 0, "partner": 0, "key": bytes(20), "role": 0, "scope": ZERO, "number": 0, "document": ZERO,
        } | fields  # fmt: skip
        following = self.history.next_sequence if sequence is None else sequence
        return RegistryChange(sequence=following, action=action, **values)

    def submit(self, record: RegistryRecord, *signers: SigningKey) -> Recorded:
        """Both take it, or both refuse it for the same reason, which is raised as `Reverted`."""
        digest = DOMAIN.record_id(record)
        signatures = b"".join(key.sign_digest(digest) for key in signers)
        keys = [KeyAddress(key.address) for key in signers]
        recorded: Recorded | Reverted
        try:
            recorded = self.registry.record(FUNCTIONS[type(record)], record, signatures)
        except Reverted as reverted:
            recorded = reverted
        if isinstance(recorded, Reverted):
            if recorded.name == "PartnerRegistryWrongContract":
                raise recorded  # what stands at an address the chain alone knows: a history holds what was recorded
            reason = self._refusal(record, keys)
            assert reason == recorded.name, f"{record}: contract {recorded}, history {reason or 'takes it'}"
            raise recorded
        assert recorded.id == digest
        assert recorded.outcomes == b"\x01"
        self.blocks += 1
        time = self.evm.now - 1
        self.history.apply(record, keys, RecordedAt(self.blocks, time, 0, None))
        return recorded

    def contract(self, kind: int, predecessor: bytes = bytes(20), name: str = "") -> bytes:
        """The address of a new contract of this kind that names the registry and `predecessor`, not opened yet."""
        return self.evm.deploy(name or CONTRACT_OF_KIND[ContractKind(kind)], self.registry.address, predecessor).address

    def _refusal(self, record: RegistryRecord, keys: list[KeyAddress]) -> str:
        # A reverted transaction took a block too: its time is one second back.
        try:
            self.history.check(record, keys, self.evm.now - 1)
        except Refused as refused:
            return refused.where
        return ""

    # --- shorthands ---

    def admit(self, partner: int, **fields: Any) -> Recorded:
        return self.change(RegistryAction.ADMIT, partner=partner, key=master(partner).address, **fields)

    def grant_role(self, partner: int, role: int, scope: bytes = ZERO, **fields: Any) -> Recorded:
        return self.change(RegistryAction.GRANT_ROLE, partner=partner, role=role, scope=scope, **fields)

    def grant_key(
        self,
        partner: int,
        key: SigningKey,
        by: SigningKey | None = None,
        consent: SigningKey | None = None,
        **fields: Any,
    ) -> Recorded:
        values: dict[str, Any] = {
            "actor": 0, "scopes": 1 << 4, "validFrom": self.now, "validUntil": self.now + 86_400, "details": NO_DETAILS,
        } | fields  # fmt: skip
        grant = KeyGrant(partner=partner, key=key.address, **values)
        return self.submit(grant, by or master(partner), consent or key)

    def revoke_key(self, partner: int, key: SigningKey, by: SigningKey | None = None) -> Recorded:
        return self.submit(KeyRevoke(partner, key.address, NO_DETAILS), by or master(partner))

    # --- comparing ---

    def signer(self, key: SigningKey, type_number: int = 5) -> tuple[int, int, bool]:
        """What the contract says, after asserting that the history says the same."""
        found: tuple[int, int, bool] = self.registry.read("signer", key.address, type_number)
        standing = self.history.now(self.now).signer(KeyAddress(key.address), type_number)
        expected = (0, 0, False) if standing is None else (standing.partner, standing.roles, standing.suspended)
        assert found == expected
        assert self.registry.read("partnerOf", key.address, type_number) == found[0]
        return found

    def has_role(self, partner: int, role: int, scope: bytes = ZERO) -> bool:
        found: bool = self.registry.read("hasRole", partner, role, scope)
        assert found == self.history.now(self.now).has_role(partner, role, scope)
        return found

    def contract_of(self, kind: int) -> bytes | None:
        found = as_bytes(self.registry.read("contractOf", kind))
        assert found == self.history.now(self.now).contract(kind)
        if found is not None:
            assert self.registry.read("isOpen", kind, found)
        return found

    def anchor_key(self, log_id: Any) -> bytes | None:
        found = as_bytes(self.registry.read("anchorKey", log_id))
        assert found == self.history.now(self.now).anchor_key(log_id)
        return found

    def needed(self) -> int:
        found: int = self.registry.read("threshold")
        assert found == self.history.now(self.now).council().threshold
        return found

    def compare_address(self, key: bytes) -> None:
        kind, partner, actor, since, until, scopes = self.registry.read("addressInfo", key)
        known = self.history.now(self.now).address(KeyAddress(key))
        if known is None:
            assert (kind, partner, actor, since, until, scopes) == (0, 0, 0, 0, 0, 0)
            return
        if known.since == 0:  # a member of the genesis council: in force from the contract's deployment
            since = 0
        assert (ADDRESS_KINDS[kind], partner, actor, since, until, scopes) == (
            known.kind,
            known.partner,
            known.actor,
            known.since,
            known.until,
            known.scopes,
        )

    def compare_partner(self, partner: int) -> None:
        known = self.history.now(self.now).partner(PartnerId(partner))
        expected = (0, 0) if known is None else (known.since, known.suspended_until)
        assert self.registry.read("partnerInfo", partner) == expected


def master(partner: int) -> SigningKey:
    """The first master key of a partner."""
    return key_of(f"master {partner}")


def as_bytes(address: str) -> bytes | None:
    """The 20 bytes of an address as eth_abi gives it; None for zero."""
    raw = bytes.fromhex(address[2:])
    return raw if any(raw) else None
