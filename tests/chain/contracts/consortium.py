"""A consortium on the in-memory chain: council, partners with keys and roles, contracts in force.

`consortium()` gives a fresh copy each time; the original is set up once a process, with `DELAY` waited out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from ledger.codes import ContractKind, RegistryAction, Role
from ledger.common.ids import ConsortiumId
from ledger.common.keccak import keccak256
from ledger.records.signing import Domain, SigningKey
from ledger.records.types import Record, RegistryChange
from tests.chain.contracts.harness import Contract, Evm

CONSORTIUM = ConsortiumId(keccak256(b"a consortium of tests"))
DOMAIN = Domain(CONSORTIUM)
THRESHOLD = 2
DELAY = 3600
ZERO = bytes(32)


def key_of(name: str) -> SigningKey:
    """The same key for the same name, always."""
    return SigningKey(keccak256(b"key of " + name.encode()))


COUNCIL = tuple(sorted((key_of(f"council {i}") for i in range(3)), key=lambda k: k.address))

MAKER, BRAND, WAREHOUSE, CARRIER, MAIN_CARRIER, LOCKER, PLATFORM, RETAILER = range(1, 9)
CUSTOMS, BROKER, AUDITOR, IDLE_CARRIER = range(9, 13)
"""Partners by what they are. IDLE_CARRIER is a carrier for tests that suspend one."""

ROLES: dict[int, tuple[tuple[Role, bytes], ...]] = {
    MAKER: ((Role.SUPPLIER, ZERO),),
    BRAND: ((Role.BRAND, b"09506000".ljust(32, b"\0")),),
    WAREHOUSE: ((Role.WAREHOUSE, ZERO),),
    CARRIER: ((Role.CARRIER, ZERO),),
    MAIN_CARRIER: ((Role.MAIN_CARRIER, ZERO),),
    LOCKER: ((Role.LOCKER, ZERO),),
    PLATFORM: ((Role.PLATFORM, ZERO),),
    RETAILER: ((Role.RETAILER, ZERO),),
    CUSTOMS: ((Role.CUSTOMS, b"DE".ljust(32, b"\0")), (Role.CUSTOMS, b"US".ljust(32, b"\0"))),
    BROKER: ((Role.BROKER, ZERO),),
    AUDITOR: ((Role.AUDITOR, ZERO),),
    IDLE_CARRIER: ((Role.CARRIER, ZERO),),
}
CONTRACTS = (
    (ContractKind.CUSTODY, "CustodyLedger"),
    (ContractKind.CLEARANCE, "ClearanceLedger"),
    (ContractKind.ATTESTATION, "AttestationRegistry"),
)


def partner_key(partner: int) -> SigningKey:
    """The master key of a partner of the tests."""
    return key_of(f"partner {partner}")


@dataclass
class Consortium:
    """What a test holds: the chain, the contracts, and who can sign."""

    evm: Evm
    registry: Contract
    contracts: dict[str, Contract] = field(default_factory=dict)
    changes: int = 0

    @property
    def custody(self) -> Contract:
        return self.contracts["CustodyLedger"]

    @property
    def clearance(self) -> Contract:
        return self.contracts["ClearanceLedger"]

    def fork(self) -> "Consortium":
        evm = self.evm.fork()
        contracts = {name: contract.on(evm) for name, contract in self.contracts.items()}
        return Consortium(evm, self.registry.on(evm), contracts, self.changes)

    def change(self, action: RegistryAction, **fields: int | bytes) -> RegistryChange:
        """Record a change that the council signed; it is in force after `DELAY`, or at once."""
        values = {
            "notBefore": 0, "partner": 0, "key": bytes(20), "role": 0, "scope": ZERO, "number": 0, "document": ZERO,
        } | fields  # fmt: skip
        change = RegistryChange(sequence=self.changes + 1, action=action, **values)  # type: ignore[arg-type]
        self.registry.record("change", change, sign(change, *COUNCIL[:THRESHOLD]))
        self.changes += 1
        return change

    def wait(self, seconds: int = DELAY) -> None:
        self.evm.now += seconds

    def admit(self, partner: int, roles: Iterable[tuple[Role, bytes]]) -> None:
        document = keccak256(f"partner {partner}".encode())
        self.change(RegistryAction.ADMIT, partner=partner, key=partner_key(partner).address, document=document)
        for role, scope in roles:
            self.change(RegistryAction.GRANT_ROLE, partner=partner, role=role, scope=scope)

    def deploy(self, kind: ContractKind, name: str, predecessor: bytes = bytes(20)) -> Contract:
        """Deploy a contract and have the council open it; in force after `DELAY`."""
        contract = self.evm.deploy(name, self.registry.address, predecessor)
        self.change(RegistryAction.OPEN_CONTRACT, key=contract.address, number=kind)
        return contract

    def suspend(self, partner: int) -> None:
        self.change(RegistryAction.SUSPEND, partner=partner)


def consortium() -> Consortium:
    """A consortium of its own with all partners of `ROLES` and the contracts of `CONTRACTS` in force."""
    return _original().fork()


def sign(record: Record, *keys: SigningKey | int) -> bytes:
    """The signatures of keys, or of partners by their master key, in the order given."""
    digest = DOMAIN.record_id(record)
    return b"".join((partner_key(k) if isinstance(k, int) else k).sign_digest(digest) for k in keys)


def council_addresses(keys: Sequence[SigningKey] = COUNCIL) -> list[bytes]:
    return [key.address for key in keys]


@cache
def _original() -> Consortium:
    evm = Evm()
    registry = evm.deploy("PartnerRegistry", CONSORTIUM, THRESHOLD, DELAY, council_addresses())
    made = Consortium(evm, registry)
    for partner, roles in ROLES.items():
        made.admit(partner, roles)
    for kind, name in CONTRACTS:
        made.contracts[name] = made.deploy(kind, name)
    made.wait()
    return made
