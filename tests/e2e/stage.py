"""A consortium with a partner for every part in a journey, founded once and copied for each test."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.chain.contracts import encode_call
from ledger.chain.deploy import TokenPlan
from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, NO_KEY, Deal, Scribe, details, no_duty, place, salt
from ledger.cli.sandbox import OPERATOR, Party, Trial, found_trial, open_for_business, open_trial
from ledger.codes import (
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    HoldCause,
    Mode,
    Purpose,
    Regime,
    RegistryAction,
    Role,
    SplitReason,
    StatementKind,
)
from ledger.common.ids import RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.common.periods import DAY
from ledger.penalties.statement import PenaltyStatement
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import signing_partners
from ledger.records.signing import SigningKey
from ledger.records.types import (
    Attestation,
    BonusAgreement,
    Child,
    Claims,
    Endorsement,
    Handoff,
    Observation,
    Record,
    Require,
    ShipmentRef,
    Split,
    Statement,
)
from ledger.registry.changes import change
from ledger.registry.enrolment import RoleRequest
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.settings import read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.relay.sender import Intent, Sender
from ledger.services.state.award_sizes import first_award_size
from ledger.services.views.models import ChainTrack, ShipmentView
from ledger.store import checkpoints, records
from ledger.store.projections import outcomes

START = 1_760_000_000
DELAY = 3600
HOUR = 3600
SCHEMA = "lading/authenticity/1"
PREFIX = "9421900"
LOT = "L1"
MAKER, CARRIER, SECOND, OCEAN, WAREHOUSE, SHOP, LOCKER, BROKER, NZ, CN, AUTHORITY, AUDITOR = range(2, 14)
ROLES: dict[int, Sequence[RoleRequest]] = {
    MAKER: (RoleRequest(Role.SUPPLIER), RoleRequest(Role.BRAND, PREFIX), RoleRequest(Role.ISSUER, SCHEMA)),
    CARRIER: (RoleRequest(Role.CARRIER),),
    SECOND: (RoleRequest(Role.CARRIER),),
    OCEAN: (RoleRequest(Role.MAIN_CARRIER),),
    WAREHOUSE: (RoleRequest(Role.WAREHOUSE),),
    SHOP: (RoleRequest(Role.RETAILER), RoleRequest(Role.PLATFORM)),
    LOCKER: (RoleRequest(Role.LOCKER),),
    BROKER: (RoleRequest(Role.BROKER),),
    NZ: (RoleRequest(Role.CUSTOMS, "NZ"),),
    CN: (RoleRequest(Role.CUSTOMS, "CN"),),
    AUTHORITY: (RoleRequest(Role.AUTHORITY),),
    AUDITOR: (RoleRequest(Role.AUDITOR),),
}
NONE = ExceptionBit(0)
SHORT = ExceptionBit.SHORT
REFUSED = ExceptionBit.REFUSED
ALPHA, CAP = 100_00, 5_000_00
PROMISED = 10 * DAY
"""Seconds from the signing of the terms to the promised time; the grace is half a day."""


def key_of(name: str) -> SigningKey:
    return SigningKey(keccak256(b"stage key of " + name.encode()))


PURSE = key_of("purse")
CONSUMER = key_of("consumer")


def parties() -> dict[int, Party]:
    return {number: Party(number, f"Partner {number}", key_of(str(number))) for number in (OPERATOR, *ROLES)}


def found_stage(home: Path) -> int:
    """Found the consortium in `home` and admit everybody; the time at which it stands afterwards."""
    clock = ManualClock(START)
    settings = read_settings({}, home=home)
    found_trial(settings, clock, delay=DELAY, token=TokenPlan("Stage Euro", "sEUR", PURSE.address, 10**10))
    trial = open_trial(settings, clock)
    cast = parties()
    open_for_business(trial, cast[OPERATOR])
    trial.admit([(cast[number], "", roles) for number, roles in ROLES.items()])
    clock.advance(DELAY + 600)
    trial.node.settle()
    trial.node.close()
    return clock.now()


@dataclass
class Stage:
    """A running node whose clock the test moves. Partners are named by number, recipient keys by `SigningKey`."""

    trial: Trial
    clock: ManualClock
    parties: dict[int, Party]
    scribe: Scribe

    @property
    def node(self) -> Any:
        return self.trial.node

    @property
    def now(self) -> int:
        return self.clock.now()

    # --- acting ------------------------------------------------------------------------------------------------------

    def keys(self, signers: Sequence[int | SigningKey]) -> list[SigningKey]:
        return [s if isinstance(s, SigningKey) else self.parties[s].key for s in signers]

    def submit(self, record: Record, *signers: int | SigningKey) -> RecordId:
        """Sign and submit; the chain has not seen it yet."""
        result = self.trial.node.submission.submit(self.trial.signed(record, *self.keys(signers)))
        assert isinstance(result, Accepted), result
        return result.record_id

    def sign(self, record: Record, *signers: int | SigningKey) -> RecordId:
        """Sign, submit, and wait until nothing moves any more."""
        record_id = self.submit(record, *signers)
        self.settle()
        return record_id

    def settle(self) -> None:
        """To the chain and back until nothing moves; anchoring is left to `audited`."""
        node = self.trial.node
        while node.work.relay().submitted or node.work.follow().events:
            pass
        with node.home.database.write() as connection:
            node.projector.catch_up(connection)  # what only the log takes has no event that would bring it in
        node.pools.listen(changed=True)

    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.settle()

    def award_size(self, agreement: RecordId, grace: int = 0) -> int:
        """The size at which an award of `agreement` is computed, once anybody's record was logged after its period."""
        self.log_anything()
        with self.node.home.database.read() as connection:
            stored = records.get(connection, agreement)
            assert stored is not None
            assert isinstance(stored.record, BonusAgreement)
            return first_award_size(connection, stored.record, grace)

    def log_anything(self) -> int:
        """A record that changes no figure is logged, and what is logged is anchored: at which size."""
        self.sign(Observation(CARRIER, keccak256(b"%d" % self.now), self.now), CARRIER)
        self.node.settle()
        with self.node.home.database.read() as connection:
            anchored = checkpoints.latest_anchored(connection)
        assert anchored is not None
        return anchored.size

    def decide(self, action: RegistryAction, **fields: Any) -> RecordId:
        """Let the council sign a registry change and the chain record it."""
        accepted = self.trial.change(change(self.trial.next_sequence(), action, **fields))
        self.settle()
        return accepted.record_id

    def straight_to_the_contract(self, record: Record, *signers: int | SigningKey, heard_after: int = 0) -> RecordId:
        """As anyone may submit it, past this operator, which hears of it from the chain so many seconds later."""
        node = self.trial.node
        signed = self.trial.signed(record, *self.keys(signers))
        record_id = node.home.domain.record_id(record)
        with node.home.database.read() as connection:
            target = node.reader.book.target(connection, record, record_id)
        assert target is not None
        sender = Sender(node.home, node.chain, key_of(f"stranger {record_id.hex()}"), self.clock)
        sender.begin([Intent(f"direct:{record_id.hex()}", target, encode_call(signed))])
        sender.push()
        with node.home.database.write() as connection:
            sender.finish(connection, sender.settle())
        self.clock.advance(heard_after)
        self.settle()
        return record_id

    # --- records -----------------------------------------------------------------------------------------------------

    def open(
        self,
        packages: int = 10,
        *,
        consignor: int = MAKER,
        consignee: int = SHOP,
        holder: int | None = None,
        liable: int = CARRIER,
        beneficiary: int = SHOP,
        requires: Sequence[Require] = (),
        parents: Sequence[ShipmentRef] = (),
        purpose: Purpose = Purpose.ORIGINAL,
        recipient_key: bytes = NO_KEY,
        signers: Sequence[int | SigningKey] | None = None,
        lot: str = LOT,
        endorsed: bool = True,
    ) -> RecordId:
        """Open a shipment under the usual terms, endorsed by who would owe a penalty and to whom."""
        deal = Deal("PO-1", 10_000_00, CAP, self.now + PROMISED, ALPHA, CAP, liable, beneficiary)
        terms = self.scribe.terms(
            deal,
            lot,
            consignor=consignor,
            consignee=consignee,
            packages=packages,
            holder=holder,
            requires=requires,
            parents=parents,
            purpose=purpose,
            recipient_key=recipient_key,
            mode=Mode.ROAD,
        )
        both = (consignor,) if terms.holder == consignor else (consignor, terms.holder)
        shipment = self.sign(terms, *(signers or both))
        if endorsed:
            self.endorse(shipment, *sorted({liable, beneficiary} - {0}))
        return shipment

    def endorse(self, target: RecordId, *partners: int) -> None:
        for partner in partners:
            self.sign(Endorsement(partner, target), partner)

    def scribe_handoff(
        self,
        releaser: int,
        receiver: int,
        *items: tuple[bytes, int, int] | tuple[bytes, int, int, ExceptionBit],
        due_at: int = 0,
        occurred_at: int | None = None,
    ) -> Handoff:
        """A manifest of (shipment, sequence, packages[, exceptions])."""
        lines = [(RecordId(item[0]), item[1], item[2], item[3] if len(item) == 4 else NONE) for item in items]
        where = place("CN", "CNNGB", "Ningbo") if receiver == LOCKER else place("NZ", "NZAKL", "Auckland")
        record = self.scribe.handoff(lines, releaser, receiver, where, due_at=due_at)
        return record if occurred_at is None else replace(record, occurredAt=occurred_at)

    def hand(
        self,
        releaser: int,
        receiver: int,
        *items: tuple[bytes, int, int] | tuple[bytes, int, int, ExceptionBit],
        by: Sequence[int | SigningKey] | None = None,
        due_at: int = 0,
    ) -> RecordId:
        """A manifest, signed by both and settled."""
        return self.sign(self.scribe_handoff(releaser, receiver, *items, due_at=due_at), *(by or (releaser, receiver)))

    def scribe_split(self, by: int, shipment: bytes, sequence: int, *packages: int) -> Split:
        children = tuple(Child(count, ()) for count in packages)
        return Split(by, shipment, sequence, children, int(SplitReason.PARCELS), self.now, details())

    def split(self, by: int, shipment: bytes, sequence: int, *packages: int) -> list[bytes]:
        """Split a shipment into children of so many packages; their ids."""
        self.sign(self.scribe_split(by, shipment, sequence, *packages), by)
        return [child_id(shipment, sequence, i) for i in range(len(packages))]

    def statement(
        self, kind: StatementKind, by: int, shipment: bytes, sequence: int, counterparty: int = 0
    ) -> Statement:
        where = place("CN", "CNNGB", "Ningbo")
        return Statement(by, counterparty, int(kind), shipment, sequence, self.now, where, details())

    def state(
        self,
        kind: StatementKind,
        by: int | SigningKey,
        shipment: bytes,
        sequence: int,
        counterparty: int = 0,
        *,
        witness: int | SigningKey | None = None,
    ) -> RecordId:
        number = by if isinstance(by, int) else 0
        record = self.statement(kind, number, shipment, sequence, counterparty)
        return self.sign(record, by, *(() if witness is None else (witness,)))

    def clear(
        self,
        by: int,
        status: ClearanceStatus,
        *items: tuple[bytes, int],
        jurisdiction: str = "NZ",
        regime: Regime = Regime.EXPORT,
        cause: HoldCause | None = None,
        caused_by: int = 0,
        assurance: Assurance | None = None,
        declarant: int | None = None,
        duty: Any = None,
    ) -> RecordId:
        """A clearance, signed and settled; unless told otherwise the maker declares what the broker says."""
        backed = assurance or (Assurance.BROKER_WORD if by == BROKER else Assurance.AUTHORITY_SIGNED)
        if declarant is None:
            declarant = BROKER if backed == Assurance.AUTHORITY_SIGNED else MAKER
        record = self.scribe.clearance(
            by,
            [(RecordId(shipment), sequence) for shipment, sequence in items],
            jurisdiction,
            regime,
            status,
            declarant=declarant,
            cause=cause,
            caused_by=caused_by,
            assurance=backed,
            duty=duty or no_duty(),
        )
        return self.sign(record, *signing_partners(record))

    def attest(self, lot: str) -> RecordId:
        """The maker vouches for a lot of its product."""
        return self.sign(self.attestation(lot), MAKER)

    def attestation(self, lot: str) -> Attestation:
        """Of a lot of the maker's product, for 300 days from now."""
        return Attestation(
            MAKER, hashlib.sha256(SCHEMA.encode()).digest(), f"01/{GTIN}/10/{lot}", NO_HASH, self.now,
            self.now + 300 * DAY, NO_HASH, Claims(salt(), "{}"), NO_HASH, details(),
        )  # fmt: skip

    # --- what stands -------------------------------------------------------------------------------------------------

    def view(self, shipment: bytes) -> ShipmentView:
        found = self.trial.node.reader.views.shipment(shipment)
        assert isinstance(found, ShipmentView)
        return found

    def status(self, shipment: bytes) -> str:
        return self.view(shipment).summary.status

    def held_by(self, shipment: bytes) -> tuple[int, int, int]:
        """Custodian, packages, sequence."""
        summary = self.view(shipment).summary
        return summary.custodian.id, summary.packages, summary.sequence

    def outcome(self, record_id: RecordId) -> list[str]:
        """What the chain made of each item so far, in words."""
        return [item.outcome for item in self.track(record_id).items]

    def track(self, record_id: RecordId) -> ChainTrack:
        return self.trial.node.reader.views.record(record_id).chain

    def settled(self, record_id: RecordId) -> bool:
        with self.trial.node.home.database.read() as connection:
            return bool(outcomes.of(connection, record_id))

    def penalty(self, shipment: bytes, at: int | None = None) -> PenaltyStatement:
        return self.trial.node.reader.numbers.penalty(shipment, at)

    def audited(self) -> None:
        """The whole home, anchored, audits clean."""
        self.trial.node.settle()
        report = audit(self.trial.node)
        assert report.ok, report.to_json()["findings"]


@contextmanager
def staged(founded: Path, home: Path, **settings: str) -> Iterator[Stage]:
    """A copy of the founded home, running; with `settings`, where others than the usual are in force."""
    shutil.copytree(founded, home, dirs_exist_ok=True)
    clock = ManualClock(int((founded / "now").read_text()))
    trial = open_trial(read_settings(settings, home=home), clock)
    cast = parties()
    trial.parties = cast
    try:
        yield Stage(trial, clock, cast, Scribe(trial, cast))
    finally:
        trial.node.close()


@contextmanager
def living(founded: Path, home: Path) -> Iterator[Stage]:
    """As `staged`, in a home from which others can be staged once this ends: what they all begin with happens once."""
    with staged(founded, home) as stage:
        yield stage
        stage.node.settle()
        (home / "now").write_text(str(stage.now))


def remainder(shipment: bytes, sequence: int) -> bytes:
    return remainder_id(shipment, sequence)


def hexed(*ids: bytes) -> tuple[str, ...]:
    return tuple(to_hex(one) for one in ids)
