"""An operator's services on a real chain and a real database, with a consortium that tests can order about."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.chain.client import ChainClient
from ledger.chain.contracts import encode_call
from ledger.chain.deploy import Deployment, TokenPlan, deploy
from ledger.chain.transactions import sign_transaction
from ledger.codes import ContractKind, Purpose, RegistryAction, Role
from ledger.common.ids import ConsortiumId, RecordId
from ledger.common.keccak import keccak256
from ledger.log.leaf import LogSigner
from ledger.records.eip712 import Withheld
from ledger.records.index_keys import concerns
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Details, Handoff, HandoffItem, Record, RegistryChange, ShipmentTerms
from ledger.registry.history import Genesis
from ledger.services.home.clock import ManualClock, SystemClock
from ledger.services.home.consortium import Consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import read_settings
from ledger.services.intake.sequencer import Entry, Sequencer
from ledger.services.publish.publisher import Publisher
from ledger.services.relay.anchorer import Anchorer, lease_name
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.follower import Follower
from ledger.services.relay.lease import SECONDS, Lease
from ledger.services.relay.relayer import Relayer, RelayOptions
from ledger.services.relay.sender import Sender
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.projections import Projector
from ledger.store import outbox, records
from ledger.store.database import Database
from ledger.store.pending import Slot
from ledger.store.projections import outcomes
from ledger.store.projections.outcomes import ItemOutcome

MAKER, CARRIER, SHOP = 1, 2, 3
ROLES = {MAKER: Role.SUPPLIER, CARRIER: Role.CARRIER, SHOP: Role.RETAILER}
DELAY = 60
FORTNIGHT = 14 * 86_400
ZERO = bytes(32)
_salts = itertools.count(1)


def key_of(name: str) -> SigningKey:
    return SigningKey(keccak256(b"key of " + name.encode()))


COUNCIL = tuple(sorted((key_of(f"council {i}") for i in range(3)), key=lambda key: key.address))
PARTNERS = {number: key_of(f"partner {number}") for number in ROLES}


def genesis(name: str) -> Genesis:
    council = tuple(key.address for key in COUNCIL)
    return Genesis(ConsortiumId(keccak256(name.encode())), 2, DELAY, council)


def salt() -> bytes:
    return next(_salts).to_bytes(16, "big")


@dataclass
class Operator:
    """One operator: a log, a database, and the services between them and `chain`.

    `crash` leaves everything as it is on disk and starts anew from there.
    """

    home: Path
    chain: ChainClient
    deployment: Deployment
    clock: ManualClock
    name: str = "one"
    changes: int = 0
    lease_seconds: int = 0
    """How long a lease outlives its holder, where another process may be at work; 0: none is."""
    db: Database = field(init=False)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.relay_key = key_of(f"relayer {self.name}")
        self.anchor_key = key_of(f"anchor {self.name}")
        secret = Ed25519PrivateKey.from_private_bytes(keccak256(self.name.encode()))
        self.signer = LogSigner(f"log.example/{self.name}", secret)
        self.domain = self.deployment.domain()
        self.start()

    def start(self) -> None:
        self.db = Database.open(f"sqlite:///{self.home / 'ledger.db'}")
        self.sequencer = Sequencer(self.db, self.signer, self.clock)
        self.publisher = Publisher(self.db, self.signer, self.home / "log", self.home / "highest")
        consortium = Consortium(self.deployment, self.signer.identity, demo=True)
        self.node_home = Home(read_settings({}, home=self.home), consortium, self.db, self.chain, self.clock)
        self.log_id = self.node_home.log_id
        self.lease = self._lease(f"relayer {self.name}")
        if not self.lease_seconds:
            self.lease.take()
        self.sender = Sender(self.node_home, self.chain, self.relay_key, self.clock, self.lease)
        registry = CurrentRegistry(self.deployment.genesis, self.clock)
        self.follower = Follower(self.node_home, self.sequencer, project=Projector(registry).catch_up)
        relaying = RelayOptions(self.follower.step)
        self.relayer = Relayer(self.node_home, self.sender, self.sequencer, relaying, self.lease)
        lease = self._lease(lease_name(self.log_id))
        anchoring = Sender(self.node_home, self.chain, self.anchor_key, self.clock, lease)
        self.anchorer = Anchorer(self.node_home, anchoring, self.anchor_key, self.publisher, lease)

    def _lease(self, name: str) -> Lease:
        seconds = self.lease_seconds or SECONDS
        return Lease(self.db, name, SystemClock(), alone=not self.lease_seconds, seconds=seconds)

    def crash(self, chain: ChainClient | None = None) -> None:
        self.db.close()
        self.chain = chain or self.chain
        self.start()

    def close(self) -> None:
        self.db.close()

    # --- records -----------------------------------------------------------------------------------------------------

    def sign(self, record: Record, *keys: SigningKey | int) -> SignedRecord:
        made = [PARTNERS[key] if isinstance(key, int) else key for key in keys]
        return SignedRecord(record, tuple(key.sign(self.domain, record) for key in made))

    def entry(self, signed: SignedRecord, *, slots: Iterable[Slot] = ()) -> Entry:
        record_id = self.domain.record_id(signed.record)
        submit_by = getattr(signed.record, "submitBy", 0)
        found = concerns(record_id, signed.record)
        return Entry(signed, record_id, concerns=found, slots=tuple(slots), relay=True, submit_by=submit_by)

    def accept(self, *signed: SignedRecord) -> list[RecordId]:
        """Into the log, checked by nobody: what the contracts say is the point here."""
        entries = [self.entry(one) for one in signed]
        self.sequencer.append(entries)
        return [entry.record_id for entry in entries]

    def terms(self, *, submit_by: int = 0, salted: bytes | None = None) -> SignedRecord:
        hidden = Withheld(keccak256(b"hidden"))
        terms = ShipmentTerms(
            salt=salted or salt(),
            consignor=MAKER,
            consignee=SHOP,
            holder=MAKER,
            recipientKey=bytes(20),
            purpose=Purpose.ORIGINAL,
            parents=(),
            packages=10,
            mode=3,
            fulfilment=3,
            origin=hidden,
            destination=hidden,
            contents=hidden,
            commercial=hidden,
            requires=(),
            submitBy=submit_by or self.clock.now() + FORTNIGHT,
            details=Details(salted or salt(), ""),
        )
        return self.sign(terms, MAKER)

    def handoff(
        self, items: Iterable[tuple[RecordId, int]], releaser: int, receiver: int, *, submit_by: int = 0
    ) -> SignedRecord:
        hidden = Withheld(keccak256(b"hidden"))
        handoff = Handoff(
            items=tuple(HandoffItem(shipment, sequence, 10, 0) for shipment, sequence in sorted(items)),
            releaser=releaser,
            receiver=receiver,
            place=hidden,
            load=hidden,
            occurredAt=self.clock.now(),
            dueAt=0,
            submitBy=submit_by or self.clock.now() + FORTNIGHT,
            details=Details(salt(), ""),
        )
        return self.sign(handoff, releaser, receiver)

    def change(self, action: RegistryAction, **fields: Any) -> SignedRecord:
        self.changes += 1
        values: dict[str, Any] = {
            "notBefore": 0, "partner": 0, "key": bytes(20), "role": 0, "scope": ZERO, "number": 0, "document": ZERO,
        } | fields  # fmt: skip
        change = RegistryChange(sequence=self.changes, action=action, **values)
        return self.sign(change, *COUNCIL[:2])

    def founding(self) -> list[SignedRecord]:
        """What the council signs to begin: partners, roles, this log, the contracts."""
        found = [
            self.change(RegistryAction.OPEN_CONTRACT, key=address, number=int(kind))
            for kind, address in self.deployment.contracts.items()
        ]
        for partner, role in ROLES.items():
            document = keccak256(b"enrolment of %d" % partner)
            key = PARTNERS[partner].address
            found.append(self.change(RegistryAction.ADMIT, partner=partner, key=key, document=document))
            found.append(self.change(RegistryAction.GRANT_ROLE, partner=partner, role=int(role)))
        found.append(self.register_log())
        return found

    def register_log(self) -> SignedRecord:
        return self.change(
            RegistryAction.REGISTER_LOG, partner=MAKER, key=self.anchor_key.address, scope=self.log_id, document=ZERO
        )

    # --- rounds ------------------------------------------------------------------------------------------------------

    def begin(self) -> int:
        """Store what is due, as a step of the relayer does before it sends; how many records."""
        assert self.lease.take()
        return self.relayer._begin()

    def settle(self, rounds: int = 60) -> None:
        """Relay and follow until nothing moves. The clock stands still."""
        quiet = 0
        for _ in range(rounds):
            moved = self.relayer.step()
            followed = self.follower.step()
            quiet = 0 if moved.submitted or followed.events or self.sender.unfinished() else quiet + 1
            if quiet == 2:
                return
        raise AssertionError("it never settles")

    def found(self) -> None:
        """Record the founding and let the council's delay pass."""
        self.accept(*self.founding())
        self.settle()
        # Blocks made while the clock stands still are a second apart, so the newest is a little ahead of it.
        self.clock.advance(DELAY + 60)

    def submit_directly(self, signed: SignedRecord, key: SigningKey, *extras: Any) -> bytes:
        """A stranger's transaction, past this operator. Its hash."""
        with self.db.read() as connection:
            target = ContractBook(self.chain, self.deployment).target(
                connection, signed.record, self.domain.record_id(signed.record)
            )
        assert target is not None
        transaction = sign_transaction(
            key,
            chain_id=self.chain.chain_id,
            nonce=self.chain.nonce(key.address),
            to=target,
            data=encode_call(signed, *extras),
            gas_limit=5_000_000,
            gas_price=0,
        )
        self.chain.send(transaction.raw)
        self.chain.seal(self.clock.now())
        return transaction.hash

    # --- what stands -------------------------------------------------------------------------------------------------

    def outcomes(self, record_id: RecordId) -> list[int]:
        with self.db.read() as connection:
            return [one.outcome for one in outcomes.of(connection, record_id)]

    def outcome_rows(self, record_id: RecordId) -> list[ItemOutcome]:
        with self.db.read() as connection:
            return outcomes.of(connection, record_id)

    def row(self, record_id: RecordId) -> outbox.OutboxRow:
        with self.db.read() as connection:
            found = outbox.get(connection, record_id)
        assert found is not None
        return found

    def logged(self) -> list[tuple[int, RecordId]]:
        """Type number and id of every leaf, in log order."""
        with self.db.read() as connection:
            return [(row.type_number, row.record_id) for row in records.stream(connection)]


def launch(chain: ChainClient, clock: ManualClock, name: str) -> Deployment:
    """A consortium's contracts on `chain`."""
    token = TokenPlan("Euro", "EUR", key_of("treasury").address, 10**12)
    deployment = deploy(chain, key_of(f"deployer {name}"), genesis(name), clock.now, token=token, patience=20)
    assert set(deployment.contracts) == set(ContractKind)
    return deployment
